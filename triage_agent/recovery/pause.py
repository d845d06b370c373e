"""Pausing: by a person of the page, by the agent itself, by a file, by the environment.

The ledger keeps who paused and resumed, and why. The file and the setting are for whoever has
nothing else; they hold until they are taken away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from triage_agent.authority.people import Somebody
from triage_agent.decision.run_events import Answer, Resumed
from triage_agent.decision.run_events import Paused as PausedEvent
from triage_agent.decision.values import Value
from triage_agent.errors import Paused, WrongUsage
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.operating_model.schema import Page

FILE = "PAUSED"
SETTING = "TRIAGE_PAUSED"
ITSELF = "the agent itself"
KINDS = ("Paused", "Resumed")

By = Literal["person", "agent", "file", "setting"]


class Hold(Value):
    """What holds the agent. `since`: known of a person and of the agent itself."""

    by: By
    name: str
    reason: str | None = None
    since: datetime | None = None

    @property
    def words(self) -> str:
        """What it is, and what would end it."""
        if self.by == "setting":
            return f"{self.name} is set ({self.reason}); unset it to go on"
        if self.by == "file":
            return f"{self.name} exists; remove it to go on"
        return f"by {self.name} at {self.since:%Y-%m-%d %H:%M} UTC: {self.reason}"


@dataclass(frozen=True)
class Brake:
    """Everything that can hold the agent; asked before each write, from any thread."""

    ledger: Ledger
    file: Path
    setting: str | None
    clock: Callable[[], datetime]

    def hold(self) -> Hold | None:
        """Who or what paused the agent; None while it may work."""
        if self.setting is not None:
            return Hold(by="setting", name=SETTING, reason=self.setting)
        if self.file.exists():
            return Hold(by="file", name=str(self.file))
        last = self.ledger.last(AGENT, *KINDS)
        if last is None or not isinstance(last.event, PausedEvent):
            return None
        name, reason = last.event.by, last.event.reason
        by: By = "agent" if name == ITSELF else "person"
        return Hold(by=by, name=name, reason=reason, since=last.at)

    def why(self) -> str | None:
        """The same in words, with what would end it."""
        hold = self.hold()
        return hold.words if hold else None

    def check(self) -> None:
        """Raises `Paused` where the agent may not write now."""
        if why := self.why():
            raise Paused(f"the agent is paused: {why}")

    def pause(self, by: str, reason: str) -> None:
        """Holds the agent from its next write on, in every run on this ledger."""
        self._tell(PausedEvent(by=by, reason=reason))

    def resume(self, page: Page, by: Somebody, answers: Sequence[str]) -> None:
        """Lets the agent go on, once each question of the page's checklist is answered."""
        questions = page.recovery.before_resuming
        answered = [answer.strip() for answer in answers]
        if len(answered) != len(questions) or not all(answered):
            raise WrongUsage(
                "answer each of these, in this order, with --answer:\n" + "\n".join(questions)
            )
        pairs = zip(questions, answered, strict=True)
        checklist = tuple(Answer(question=question, answer=answer) for question, answer in pairs)
        self._tell(Resumed(by=by.name, login=by.login, checklist=checklist))

    def _tell(self, event: PausedEvent | Resumed) -> None:
        self.ledger.forget(AGENT)  # another process may have told of something since
        self.ledger.keep(AGENT, self.clock(), [(AGENT, event)])
