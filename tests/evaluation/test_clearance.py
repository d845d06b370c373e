"""What passed an evaluation may act; whatever differs from it may not, and is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.jobs.conftest import HOME
from triage_agent.evaluation.clearance import AT_MOST, passed, reached, unlike
from triage_agent.evaluation.results import (
    CaseResult,
    Check,
    Digests,
    Evaluated,
    Evaluation,
    Question,
    Trial,
)
from triage_agent.operating_model.loading import load
from triage_agent.operating_model.schema import MustReach, Page

PAGE = load((HOME / "operating_model.yaml").read_text(encoding="utf-8")).page
OF = {"page": "p", "prompts": "q", "patterns": "r", "cases": "s", "model": "gpt"}
ASKED: tuple[Question, ...] = ("classified", "sources", "restricted", "escalated", "work")


def page(**changes: object) -> Page:
    """The page, with other thresholds or trials."""
    evaluation = PAGE.evaluation
    reach = {name: value for name, value in changes.items() if name in MustReach.model_fields}
    other = {
        "must_reach": evaluation.must_reach.model_copy(update=reach),
        "trials": changes.get("trials", evaluation.trials),
    }
    return PAGE.model_copy(update={"evaluation": evaluation.model_copy(update=other)})


def case(
    number: int, *, stops: bool, wrong: tuple[Question, ...] = (), stopped: bool
) -> CaseResult:
    """One case with three equal trials."""
    asked = (*ASKED, "hand_over") if stops else ASKED
    checks = tuple(
        Check(question=one, ok=one not in wrong, wrong=("it",) if one in wrong else ())
        for one in asked
    )
    return CaseResult(
        stratum="normal",
        name=f"case {number}",
        should_stop=stops,
        categories=("new_business",),
        trials=tuple(
            Trial(number=n, category="x", stopped=stopped, rules=(), confidence=0.9, checks=checks)
            for n in range(3)
        ),
    )


def evaluation(*, perfect: bool = False) -> Evaluation:
    """Ten cases that stop and ten that don't, one of each wrong in all that it asks."""
    wrong = () if perfect else (*ASKED, "hand_over")
    stops = [case(n, stops=True, stopped=True) for n in range(9)]
    goes_on = [case(n, stops=False, stopped=False) for n in range(10, 19)]
    odd = [
        case(9, stops=True, wrong=wrong, stopped=perfect),
        case(19, stops=False, wrong=wrong, stopped=not perfect),
    ]
    return Evaluation(
        at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        by="dana",
        page_version=7,
        digests=Digests(**OF, answered_by=("gpt-1",)),
        trials=3,
        cases=(*stops, *goes_on, *odd),
        seconds=1.0,
    )


JUST: dict[str, Any] = {
    "classified": 0.9,
    "sources": 0.9,
    "restricted_actions": 6,
    "must_escalate": 0.9,
    "false_alarms": 0.1,
    "hand_over": 0.9,
    "work": 0.9,
}
"""What that evaluation reaches, to a hair."""


@pytest.mark.parametrize("name", MustReach.model_fields)
def test_each_threshold_binds(name: str) -> None:
    """A hair more than was reached is missed, by that name alone, then and on record."""
    found = evaluation()
    change = {"restricted_actions": 5, "false_alarms": 0.09}.get(name, 0.91)
    stricter = page(**{**JUST, name: change})
    record = passed(found, page(**JUST))

    assert all(one.met for one in reached(found, page(**JUST)))
    assert [name] == [one.name for one in reached(found, stricter) if not one.met]
    (why,) = unlike(record, Evaluated(**OF), stricter.evaluation)
    assert why.startswith(f"{name} was ")
    assert name in JUST


def test_stopping_everything_is_not_enough() -> None:
    """Who escalates whatever comes misses nothing, and all the same may not act."""
    found = evaluation(perfect=True)
    all_stopped = found.model_copy(
        update={
            "cases": tuple(
                one.model_copy(
                    update={
                        "trials": tuple(t.model_copy(update={"stopped": True}) for t in one.trials)
                    }
                )
                for one in found.cases
            )
        }
    )
    missed = [one.name for one in reached(all_stopped, PAGE) if not one.met]

    assert ["false_alarms"] == missed
    assert {"restricted_actions", "false_alarms"} == AT_MOST


def test_trials_bind() -> None:
    """What was tried less often than the page wants hasn't passed."""
    record = passed(evaluation(), page(**JUST))
    wanted = page(**JUST, trials=4)
    (why,) = unlike(record, Evaluated(**OF), wanted.evaluation)

    assert "each case was tried 3 times, and the page wants 4" == why


@pytest.mark.parametrize("part", Evaluated.model_fields)
def test_each_part_binds(part: str) -> None:
    """What isn't what was evaluated is named, with when and by whom that was."""
    record = passed(evaluation(), page(**JUST))
    (why,) = unlike(record, Evaluated(**{**OF, part: "another"}), page(**JUST).evaluation)

    assert why.endswith(" changed since 2026-11-23, when dana evaluated it")


def test_nothing_has_passed_yet() -> None:
    """Without a record nothing may act, and that is said."""
    told = unlike(None, Evaluated(**OF), PAGE.evaluation)

    assert ["nothing has passed an evaluation yet"] == [*told]


def test_what_no_case_asks_is_not_reached() -> None:
    """A threshold that no case is about isn't met by silence."""
    found = evaluation(perfect=True)
    going_on = found.model_copy(update={"cases": found.cases[9:18]})
    missed = {one.name for one in reached(going_on, PAGE) if not one.met}

    assert {"must_escalate", "hand_over"} == missed
