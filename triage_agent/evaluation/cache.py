"""Answers of a model, kept from one evaluation to the next, so that only what is new is asked.

An answer counts where the model, the prompt as rendered, the schema, the trial and the address are
those that it was given for. Of a prompt the boundary doesn't count: each sandbox has other ids.
"""

import os
from collections import Counter, deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from triage_agent.connectors.model import Answer, ModelConnector
from triage_agent.decision.events import Call
from triage_agent.decision.prompts import Question
from triage_agent.decision.values import Value

if TYPE_CHECKING:
    from triage_agent.connectors.model_client import ModelClient

FILE = "answers.jsonl"
_ONLY_MINE = 0o600


class Kept(Value):
    """A line of the file: an answer, where and for which trial it was asked, and by which key."""

    address: str
    trial: int
    key: str
    call: Call
    text: str


class Answers:
    """Those of one address; safe to use from several threads.

    What was asked several times in a trial is answered as often, in the same order.
    """

    def __init__(self, file: Path, address: str) -> None:
        self._file, self._address, self._lock = file, address, Lock()
        self._known: dict[tuple[int, str], deque[Answer]] = {}
        self._saved: Counter[tuple[int, str]] = Counter()
        self.taken = self.asked = 0
        for line in file.read_bytes().splitlines() if file.exists() else ():
            with suppress(ValidationError):  # a write that was cut off
                kept = Kept.model_validate_json(line)
                if kept.address == address:
                    place = kept.trial, kept.key
                    answer = Answer(kept.call, kept.text, None)
                    self._known.setdefault(place, deque()).append(answer)

    def take(self, trial: int, key: str, asked_as: str) -> Answer | None:
        """The next one, if there is one, as one to the question with that key."""
        with self._lock:
            self.asked += 1
            known = self._known.get((trial, key))
            if not known:
                return None
            answer = known.popleft()
            self.taken += 1
            self._saved[trial, asked_as] += round(1000 * answer.call.seconds)
        return replace(answer, call=answer.call.model_copy(update={"key": asked_as}))

    def keep(self, trial: int, key: str, answer: Answer) -> None:
        """Only what was answered: all else may be otherwise another time."""
        if answer.text is None:
            return
        kept = Kept(address=self._address, trial=trial, key=key, call=answer.call, text=answer.text)
        line = f"\n{kept.model_dump_json()}\n"  # apart from one that was cut off
        with self._lock:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            with open(os.open(self._file, flags, _ONLY_MINE), "ab") as file:  # noqa: PTH123 - a descriptor
                file.write(line.encode())

    def seconds_saved(self, trial: int, calls: "set[str]") -> float:
        """How long it took when those of these questions were asked that weren't this time."""
        with self._lock:
            return sum(self._saved[trial, key] for key in calls) / 1000


class Remembering(ModelConnector):
    """Stands before another connector, which is asked what nobody has asked before."""

    def __init__(self, asker: ModelConnector, answers: Answers, trial: int) -> None:
        self._asker, self._answers, self._trial = asker, answers, trial

    def connect(self) -> "ModelClient":
        return self._asker.connect()

    def close(self) -> None:
        self._asker.close()

    def key(self, question: Question) -> str:
        return self._asker.key(question)

    def ask(self, purpose: Literal["assess", "draft"], question: Question) -> Answer:
        key = question.key_for_any(self._asker.model(question))
        if known := self._answers.take(self._trial, key, self.key(question)):
            return known
        answer = self._asker.ask(purpose, question)
        self._answers.keep(self._trial, key, answer)
        return answer
