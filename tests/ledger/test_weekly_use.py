"""What the runs of a span used is read from how they ended, and from what people approved."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import KINDS, NewLedger
from tests.ledger.conftest import EXAMPLES
from triage_agent.decision.events import Event
from triage_agent.decision.run_events import Allowance, Finished
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly_use import Used, used

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NONE: dict[str, Any] = dict.fromkeys(
    ("received", "settled", "escalated", "failed", "deferred", "refused"), 0
)


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, new_ledger: NewLedger) -> Iterator[Ledger]:
    """One of each kind."""
    with closing(Ledger.open(new_ledger(request.param))) as opened:
        yield opened


def tell(ledger: Ledger, day: int, event: Event, stream: str = "run-1") -> None:
    ledger.append("run-1", MONDAY + timedelta(days=day), [(stream, event)])


def finished(used: int | None = None, of: int = 100, **done: int) -> Finished:
    """How a run ended that did these."""
    return Finished(**NONE, done=done, allowance=used and Allowance(used=used, of=of))


def within(ledger: Ledger, days: int = 7) -> Used:
    return used(ledger, MONDAY, MONDAY + timedelta(days=days))


def test_the_fullest_counts(ledger: Ledger) -> None:
    """By its share of what was granted then, not the last and not the most; others don't count."""
    for day, told in enumerate([finished(), finished(60), finished(90, 1000), finished(50)]):
        tell(ledger, day, told)
    tell(ledger, 7, finished(99))

    assert Allowance(used=60, of=100) == within(ledger).allowance
    assert 0.6 == Allowance(used=60, of=100).share


def test_nothing_told_is_nothing_known(ledger: Ledger) -> None:
    """A run of before that was counted neither uses nor spares anything."""
    nothing = within(ledger)
    tell(ledger, 1, finished())

    assert Used(allowance=None, actions={}) == nothing == within(ledger)


def test_actions_are_counted_where_they_might_be_done(ledger: Ledger) -> None:
    """What no run did is there with 0; a yes to one counts as well as a run that does it."""
    tell(ledger, 1, finished(tag=2, set_status=0, create_task=0))
    tell(ledger, 2, finished(tag=3, set_status=0, create_task=0))
    for kind in ("Received", "Approved"):
        tell(ledger, 2, EXAMPLES[kind], stream="item-1")

    assert {"tag": 5, "set_status": 1, "create_task": 0} == within(ledger).actions
    assert {"tag": 2, "set_status": 0, "create_task": 0} == within(ledger, 2).actions
