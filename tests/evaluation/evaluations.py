"""Evaluations, made by hand, and the document about one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.evaluation.trials import case, said, trial
from triage_agent.evaluation.comparison import Change
from triage_agent.evaluation.page import as_html
from triage_agent.evaluation.results import CaseResult, Check, Digests, Evaluation, Question
from triage_agent.operating_model.schema import Page

MOMENT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def evaluation(cases: Sequence[CaseResult], trials: int = 3, **told: Any) -> Evaluation:  # noqa: ANN401 - any of its fields
    """Of some cases."""
    known: dict[str, Any] = {
        "at": MOMENT,
        "by": "kim",
        "page_version": 7,
        "digests": Digests(
            page="a", prompts="b", patterns="c", cases="d", model="m", answered_by=("m-1",)
        ),
        "trials": trials,
        "cases": tuple(cases),
        "seconds": 12.0,
    }
    return Evaluation(**(known | told))


def html(
    page: Page,
    cases: Sequence[CaseResult],
    compared: Mapping[str, Sequence[Change]] | None = None,
    **told: Any,  # noqa: ANN401 - any field of an evaluation
) -> str:
    """The document about some cases, answered by a model."""
    return as_html(evaluation(cases, **told), page, compared or {}, is_baseline=False)


def wrong(*words: str, question: Question = "escalated", **told: Any) -> dict[str, Any]:  # noqa: ANN401
    """A trial's fields where one question is answered with no."""
    return {"checks": (Check(question=question, ok=False, wrong=words),), **told}


SOME = [
    case(said(0.95), said(0.9), said(0.62, "valves"), name="sure"),
    case(
        trial(**wrong("went on, and should have stopped", lines=("Received: first words",))),
        trial(**wrong("went on, and should have stopped", lines=("Received: second words",))),
        trial(stopped=True, rules=("legal",)),
        name="wavers",
        stratum="hard_ones",
        should_stop=True,
        categories=("pumps", "valves"),
    ),
    case(
        *[trial(crashed="the agent never took it up", **wrong("the agent never took it up"))] * 3,
        name="breaks",
        stratum="hard_ones",
    ),
]
