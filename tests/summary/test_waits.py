"""How soon people come to what a week brought is told by the first time, whenever that was."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import NewLedger
from triage_agent.decision.events import Event, Outcome, Received
from triage_agent.decision.review_events import Claimed
from triage_agent.ledger.store import Ledger
from triage_agent.summary import waits as room
from triage_agent.summary.waits import Waits, waits

MONDAY = datetime(2026, 11, 16, 5, tzinfo=UTC)
SPAN = (MONDAY, MONDAY + timedelta(days=7))
TOUCHES = ["contacted", "status_changed"]


@pytest.fixture
def ledger(new_ledger: NewLedger) -> Iterator[Ledger]:
    """An empty one in SQLite: what the databases do alike is held elsewhere."""
    with closing(Ledger.open(new_ledger("sqlite"))) as opened:
        yield opened


def happen(ledger: Ledger, item: str, minutes: float, *events: Event) -> None:
    at = MONDAY + timedelta(minutes=minutes)
    ledger.append("run-1", at, [(item, event) for event in events])


def received(ledger: Ledger, item: str, minutes: float = 0) -> None:
    happen(ledger, item, minutes, Received(mode="live", object="Lead", record_id=item))


def touched(name: str, minutes: float) -> Outcome:
    at = MONDAY + timedelta(minutes=minutes)
    return Outcome(name=name, object="Lead", record_id="1", happened_at=at, by=None)


CLAIM = Claimed(by="Maya", login="maya", slack="U1", salesforce=None)


def test_the_first_time_counts(ledger: Ledger) -> None:
    """Of each item the first claim and the first touch, by the other system's own time."""
    received(ledger, "a")
    happen(ledger, "a", 10, CLAIM)
    happen(ledger, "a", 90, CLAIM, touched("status_changed", 50), touched("contacted", 20))
    received(ledger, "b", 5)
    happen(ledger, "b", 35, CLAIM, touched("task_reassigned", 6))

    assert waits(ledger, "live", SPAN, 2, TOUCHES) == Waits(claimed=(10, 30), touched=(20,))


def test_what_came_later_counts_for_the_week_in_which_the_item_came(ledger: Ledger) -> None:
    """A touch after the week's end is this week's; that of an item of the week before isn't."""
    received(ledger, "before", -30)
    happen(ledger, "before", 30, CLAIM, touched("contacted", 20))
    received(ledger, "late", 60)
    happen(ledger, "late", 20_000, touched("contacted", 15_060))

    assert waits(ledger, "live", SPAN, 1, TOUCHES) == Waits(claimed=(), touched=(15_000,))


def test_other_clocks_may_be_slow(ledger: Ledger) -> None:
    """Who was there at once, as the other system tells its seconds, came after no time."""
    received(ledger, "a", 0.5)
    happen(ledger, "a", 9, touched("contacted", 0))

    assert waits(ledger, "live", SPAN, 1, TOUCHES) == Waits(claimed=(), touched=(0,))


def test_of_many_items_some_tell_it(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much comes in a week, about so many items are looked at."""
    monkeypatch.setattr(room, "LOOKED_AT", 20)
    for number in range(200):
        received(ledger, f"item-{number}", number)
        happen(ledger, f"item-{number}", number + 30, CLAIM)

    claimed = waits(ledger, "live", SPAN, 200, TOUCHES).claimed

    assert 15 < len(claimed) < 25
    assert {30.0} == {*claimed}
