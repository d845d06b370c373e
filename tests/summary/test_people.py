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


def outcome(name: str, after: float, kept: float | None = None) -> Outcome:
    at = MONDAY + timedelta(minutes=after)
    return Outcome(name=name, object="Lead", record_id="1", happened_at=at, by=None, kept=kept)


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


def test_what_became_of_drafts() -> None:
    """Each item counts once, by the most that was kept; the median is of the edited ones."""
    shares = [1.0, 0.95, 0.949, 0.6, 0.3, 0.299, 0.0]
    told = people(
        [
            *(deed(n, outcome("contacted", 20, kept)) for n, kept in enumerate(shares)),
            deed(0, outcome("task_deleted", 30, 0.0)),
            deed(6, outcome("contacted", 40, 0.1)),
            deed(9, outcome("contacted", 40)),
        ],
        OUTCOMES,
    )

    assert [
        ("used", 2, ("item-0", "item-1")),
        ("edited", 3, ("item-2", "item-3", "item-4")),
        ("not used", 2, ("item-5", "item-6")),
    ] == [(one.what, one.times, one.items) for one in told.drafts]
    assert pytest.approx(0.4) == told.draft_changed


def test_without_drafts_nothing_is_said_of_any() -> None:
    """No share of nothing, in the figures or in words."""
    told = people([deed(1, outcome("contacted", 20))], OUTCOMES)

    assert ((), None) == (told.drafts, told.draft_changed)
    assert [] == [*of_people(counts("low_confidence", 0), told)]


@pytest.mark.parametrize(
    ("thrown", "of", "said"), [(7, 8, True), (6, 8, False), (7, 7, False), (30, 50, False)]
)
def test_drafts_that_are_thrown_away(thrown: int, of: int, said: bool) -> None:  # noqa: FBT001
    """Where most surely are, somebody is to look at the prompt; of few, nothing is said."""
    shares = [0.1 if n < thrown else 0.97 for n in range(of)]
    told = people([deed(n, outcome("contacted", 9, one)) for n, one in enumerate(shares)], OUTCOMES)
    found = list(of_people(counts("low_confidence", 0), told))

    assert said == bool(found)
    for one in found:
        assert "people use few of the drafts" == one.what
        assert f"{thrown} of {of} of which something is known this week" == one.evidence
        assert "the page's owner" == one.concerns
        assert "triage-agent timeline item-0" in one.change
        assert "prompts/draft.md or of drafts.facts" in one.change
