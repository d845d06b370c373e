"""What people decided in a week, and what their decisions say should be changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.conftest import HOME
from triage_agent.decision import review_events
from triage_agent.decision.events import Outcome
from triage_agent.ledger.fired import Fired
from triage_agent.ledger.weekly import Group
from triage_agent.ledger.weekly_people import Deed
from triage_agent.operating_model.loading import load
from triage_agent.summary.metrics import Counts
from triage_agent.summary.people import people
from triage_agent.summary.people_findings import of_people

if TYPE_CHECKING:
    from triage_agent.decision.events import Event

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
OUTCOMES = load((HOME / "operating_model.yaml").read_text(encoding="utf-8")).page.outcomes
WHO = {"login": "x", "slack": "U1", "salesforce": None}


def deed(number: int, event: Event, *, rules: tuple[str, ...] = (), after: float = 10) -> Deed:
    """Something that happened to an item, so many minutes after it came."""
    return Deed(
        item=f"item-{number}",
        at=MONDAY + timedelta(minutes=after),
        event=event,
        received_at=MONDAY,
        category="new_business",
        rules=rules,
    )


def released(by: str = "Maya") -> review_events.Released:
    return review_events.Released(by=by, category="partnership", **WHO)


def corrected(category: str) -> review_events.Corrected:
    return review_events.Corrected(by="Maya", wrong="category", category=category, **WHO)


def outcome(name: str, after: float) -> Outcome:
    at = MONDAY + timedelta(minutes=after)
    return Outcome(name=name, object="Lead", record_id="1", happened_at=at, by=None)


def counts(rule: str, stopped: int) -> Counts:
    """A week in which a rule stopped so many of a hundred."""
    some: dict[str, Any] = {
        "status": "escalated", "waits": False, "came_by": None, "tokens": 0, "cost_usd": 0.0,
    }  # fmt: skip
    return Counts(
        groups=(
            Group(category="new_business", fired=(Fired(rule=rule),), items=stopped, **some),
            Group(category="new_business", fired=(), items=100 - stopped, **some),
        ),
        happened={},
    )


def test_where_they_differ_from_it() -> None:
    """Who was sorted anew, which rule was overruled, what was of no use, with some items."""
    told = people(
        [
            deed(1, corrected("partnership")),
            deed(2, corrected("partnership")),
            deed(3, released(), rules=("low_confidence", "missing_data")),
            deed(4, review_events.Rejected(by="Jonas", **WHO), rules=("missing_data",)),
            deed(5, review_events.Rejected(by="Jonas", action="set_status", **WHO)),
        ],
        OUTCOMES,
    )

    assert [("new_business → partnership", 2, ("item-1", "item-2"))] == [
        (one.what, one.times, one.items) for one in told.sorted_anew
    ]
    assert {"low_confidence": 1, "missing_data": 1} == {
        one.what: one.times for one in told.overruled
    }
    assert [("missing_data", 1)] == [(one.what, one.times) for one in told.of_no_use]
    assert {"Maya": 3, "Jonas": 2} == told.load


def test_what_they_put_right() -> None:
    """What the page calls cleaning up is counted by its names, and nothing else is."""
    told = people(
        [deed(1, outcome("contacted", 20)), deed(2, outcome("task_reassigned", 5))], OUTCOMES
    )

    assert {"task_reassigned": 1} == told.clean_up


@pytest.mark.parametrize(
    ("times", "stopped", "said"), [(14, 18, True), (9, 18, False), (4, 5, False)]
)
def test_a_rule_that_is_overruled(times: int, stopped: int, said: bool) -> None:  # noqa: FBT001
    """It is questioned where people surely let go on most of what it stops, and never on few."""
    told = people([deed(n, released(), rules=("outside_policy",)) for n in range(times)], OUTCOMES)
    found = list(of_people(counts("outside_policy", stopped), told))

    assert said == bool(found)
    for one in found:
        assert f"{times} of {stopped} this week" == one.evidence
        assert "triage-agent cases add item-0" in one.change
        assert "stops_when.outside_policy" in one.change


def test_categories_that_are_mixed_up() -> None:
    """What people sort anew again and again is told with both categories."""
    told = people([deed(n, corrected("partnership")) for n in range(20)], OUTCOMES)
    (found,) = of_people(counts("low_confidence", 0), told)

    assert "people sort new business anew as partnership" == found.what
    assert "20 of 100 this week" == found.evidence


def test_who_has_too_much_to_do() -> None:
    """Somebody with far more than an equal part is named; an even spread says nothing."""
    even = people([deed(n, released(("Ada", "Bo", "Cy")[n % 3])) for n in range(90)], OUTCOMES)
    uneven = people([deed(n, released("Ada" if n % 5 else "Bo")) for n in range(90)], OUTCOMES)
    few = people([deed(n, released("Ada" if n % 5 else "Bo")) for n in range(9)], OUTCOMES)
    week = counts("low_confidence", 0)

    assert [] == [*of_people(week, even)]
    assert [] == [*of_people(week, few)]
    assert ["Ada decides far more than the others"] == [one.what for one in of_people(week, uneven)]
