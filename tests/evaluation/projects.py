"""Projects with a few of the shipped cases, for evaluations that go through the whole pipeline."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.jobs.conftest import Model, Reply
from triage_agent.evaluating import Told, evaluate
from triage_agent.evaluation.results import CaseResult, Question, Trial
from triage_agent.operating_model.loading import FILE
from triage_agent.project import read_cases

HOME = Path(__file__).parents[2]
BUYS, PARTNER = "a company that wants to buy", "pair 21 goes on: a partner is one"
MISROUTED, SPAM = "app freezes at job close", "developer applies for a job"
GOES_ON = (BUYS, "four-word price question", PARTNER, MISROUTED, SPAM)
THREAT, NO_REPLY = "a lawyer's threat", "promising but no way to reply"
"""The floor stops these without asking anybody."""
INVESTOR, COURTROOM = "investor wants to meet the founders", "pair 10 stops: see you in a courtroom"
"""These stop only by the model's word."""
STOPS = (THREAT, NO_REPLY, INVESTOR, COURTROOM)


def project(
    folder: Path, *changes: tuple[str, str], names: Sequence[str] = GOES_ON + STOPS
) -> Path:
    """The shipped project but for these changes of its page, and with these of its cases."""
    page = (HOME / FILE).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in page
        page = page.replace(old, new)
    (folder / FILE).write_text(page, encoding="utf-8")
    shutil.copytree(HOME / "prompts", folder / "prompts")
    cases = [one.case.model_dump(mode="json") for one in read_cases(HOME) if one.case.name in names]
    assert len(names) == len(cases)
    (folder / "eval_cases").mkdir()
    (folder / "eval_cases" / "few.yaml").write_text(json.dumps(cases), encoding="utf-8")
    return folder


def tried(folder: Path, model: Model, *names: str) -> Told:
    """An evaluation of those cases with a model that answers so."""
    found = project(folder, names=names or GOES_ON + STOPS)
    (found / ".env").write_text(f"OPENAI_BASE_URL={model.url}\n", encoding="utf-8")
    return evaluate(found, sleep=lambda _seconds: None)


class Answers(Model):
    """Answers whatever a function makes of a question: its form's name, and its last message.

    Here an answer that `hangs` is none: the connection is closed.
    """

    def __init__(self, answer: Callable[[str, str], Reply]) -> None:
        super().__init__()
        self._answer = answer

    def reply(self, request: dict[str, Any]) -> Reply:
        form = request["response_format"]["json_schema"]["name"]
        return self._answer(form, request["messages"][-1]["content"])


def case(told: Told, name: str) -> CaseResult:
    return next(one for one in told.evaluation.cases if one.name == name)


def trials(told: Told) -> dict[str, Trial]:
    """The first trial of each case, by its name."""
    return {one.name: one.trials[0] for one in told.evaluation.cases}


def failing(told: Told, question: Question) -> set[str]:
    """The cases that fail a question in some trial."""
    return {
        one.name
        for one in told.evaluation.cases
        for trial in one.trials
        for check in trial.checks
        if check.question == question and not check.ok
    }
