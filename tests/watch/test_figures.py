"""Each number by which the agent is watched, from a ledger that holds just what makes it up."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import HOME, NewLedger
from tests.ledger.conftest import CALL, EXAMPLES
from tests.ledger.history import SETTLED, STARTED, received
from tests.ledger.test_weekly import plan
from triage_agent.decision import events, run_events, weekly
from triage_agent.decision.item import Mode
from triage_agent.ledger import present
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.project import read_model
from triage_agent.recovery.pause import ITSELF, Brake
from triage_agent.watch.figures import DAY, RUNS, Figures, figures

pytestmark = pytest.mark.long

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # ten in the morning of a Wednesday in New York
HOUR = timedelta(hours=1)
STOPPED = EXAMPLES["Stopped"]
FAILED = events.Failed(action="tag", code="ROW_LOCKED", reason="refused")
PLANNED = events.Planned(names=("tag",), category="demo_request")
HANDED_OVER = EXAMPLES["Planned"].model_copy(update={"names": ("escalate",)})
DONE = events.Done(action="escalate", key="k", reference="C/1.2")
ENDED = run_events.Finished(received=3, settled=1, escalated=1, failed=1, deferred=0, refused=0)


@pytest.fixture(scope="module")
def model() -> OperatingModel:
    return read_model(HOME)


@pytest.fixture
def read(ledger: Ledger, model: OperatingModel, tmp_path: Path) -> Callable[..., Figures]:
    """The figures of the ledger as they stand."""

    def now(mode: Mode = "live", setting: str | None = None, at: datetime = NOW) -> Figures:
        brake = Brake(ledger, tmp_path / "PAUSED", setting, lambda: at)
        return figures(ledger, model.page, mode, brake, at)

    return now


def paid(tokens: int, usd: float | None) -> events.Event:
    """A call of the model."""
    changes = {"input_tokens": tokens, "output_tokens": 1, "cost_usd": usd}
    return events.ModelCalled(call=CALL.model_copy(update=changes))


def test_nothing_yet(read: Callable[..., Figures]) -> None:
    """An empty ledger has numbers, too: none of a run, and no item."""
    told = read()

    assert (None, None, None, None) == (
        told.last_run_id,
        told.last_run_began_at,
        told.last_run_how,
        told.last_run_failed_items,
    )
    assert (0, 0, 0, {}) == (
        told.open_items,
        told.failed_items,
        told.waiting_items,
        told.recent_items,
    )
    assert (None, None) == (told.oldest_open_age_seconds, told.oldest_waiting_age_seconds)
    assert (0, 0.0, None, None) == (
        told.recent_tokens,
        told.today_usd,
        told.org_requests_used,
        told.paused_by,
    )


def test_items_and_their_ages(ledger: Ledger, read: Callable[..., Figures]) -> None:
    """Open, failed and waiting are counted of one mode, each kind with the age of its oldest."""

    def begins(name: str, hours: int, *then: events.Event, mode: Mode = "live") -> None:
        entries = [(name, one) for one in (received(name, mode=mode), *then)]
        ledger.append("run-1", NOW - hours * HOUR, entries)

    begins("in shadow", 50, mode="shadow")
    begins("failed", 30, PLANNED, FAILED)
    begins("open", 3)
    begins("settled", 2, SETTLED)
    begins("handed over", 1, STOPPED, HANDED_OVER, DONE)
    told = read()

    assert (1, 1) == (told.open_items, told.failed_items)
    assert 30 * 3600.0 == told.oldest_open_age_seconds
    assert {"open": 1, "settled": 1, "escalated": 1} == told.recent_items
    assert (1, 3600.0) == (told.waiting_items, told.oldest_waiting_age_seconds)
    assert 50 * 3600.0 == read("shadow").oldest_open_age_seconds


@pytest.mark.parametrize("how", ["finished", "broke", "unended"])
def test_the_last_run(ledger: Ledger, read: Callable[..., Figures], how: str) -> None:
    """It is the one that began last, with when and how it ended, and what it came to."""
    ends: dict[str, events.Event] = {
        "finished": ENDED,
        "broke": run_events.Broke(reason="slack: can't be reached"),
    }
    ledger.append("run-1", NOW - 5 * HOUR, [("run-1", STARTED), ("run-1", ENDED)])
    ledger.append("run-2", NOW - 3 * HOUR, [("run-2", STARTED)])
    if how in ends:
        ledger.append("run-2", NOW - 2 * HOUR, [("run-2", ends[how])])
        ledger.append("run-2", NOW - HOUR, [("run-2", EXAMPLES["Anchored"])])
    told = read()

    assert ("run-2", NOW - 3 * HOUR, how) == (
        told.last_run_id,
        told.last_run_began_at,
        told.last_run_how,
    )
    assert (NOW - 2 * HOUR if how in ends else None) == told.last_run_ended_at
    counts = (
        told.last_run_settled_items,
        told.last_run_escalated_items,
        told.last_run_failed_items,
    )
    assert ((1, 1, 1) if how == "finished" else (None, None, None)) == counts


def test_in_shadow_where_it_is_not_cleared(ledger: Ledger, read: Callable[..., Figures]) -> None:
    """After a run that wasn't cleared, what is counted is what it left: in shadow."""
    started = STARTED.model_copy(update={"mode": "shadow", "uncleared": ("the prompts changed",)})
    ledger.append("run-1", NOW, [("run-1", started), ("s", received("s", mode="shadow"))])
    uncleared = read()
    ledger.append("run-2", NOW + HOUR, [("run-2", STARTED)])

    assert (True, "shadow", 1) == (uncleared.uncleared, uncleared.mode, uncleared.open_items)
    assert (False, "live", 0) == (read().uncleared, read().mode, read().open_items)


def test_who_holds_it(ledger: Ledger, read: Callable[..., Figures], tmp_path: Path) -> None:
    """It is told whether a person, the agent itself, a file or a setting holds it."""
    told = []
    for by in ("Dana Reyes", ITSELF):
        ledger.append(AGENT, NOW, [(AGENT, run_events.Paused(by=by, reason="odd tags"))])
        told.append(read().paused_by)
    (tmp_path / "PAUSED").touch()
    told += [read().paused_by, read(setting="1").paused_by]

    assert ["person", "agent", "file", "setting"] == told


def test_what_it_costs(ledger: Ledger, read: Callable[..., Figures]) -> None:
    """Spending is told of today by the page's clock, and of 24 hours, in whichever mode."""

    def begins(name: str, hours: int, call: events.Event, mode: Mode = "live") -> None:
        ledger.append(
            "run-1", NOW - hours * HOUR, [(name, received(name, mode=mode)), (name, call)]
        )

    begins("before", 25, paid(1000, 1.0))
    begins("yesterday", 11, paid(100, 0.5))  # eleven in the evening in New York
    begins("in shadow", 3, paid(10, 0.25), mode="shadow")
    begins("at no price", 2, paid(1, None))
    told = read()

    assert (101 + 11 + 2, 0.75, 1) == (
        told.recent_tokens,
        told.recent_usd,
        told.recent_unpriced_items,
    )
    assert (11 + 2, 0.25) == (told.today_tokens, told.today_usd)


def test_the_orgs_requests(ledger: Ledger, read: Callable[..., Figures]) -> None:
    """They are as last told: a run that didn't hear of them takes nothing from that."""
    for number, used in enumerate((100, 200, None)):
        allowance = run_events.Allowance(used=used, of=5000) if used else None
        ended = ENDED.model_copy(update={"allowance": allowance})
        ledger.append(f"run-{number}", NOW + number * HOUR, [(f"run-{number}", ended)])

    assert (200, 5000) == (read().org_requests_used, read().org_requests_allowed)


def test_a_week_that_nobody_has_read(ledger: Ledger, read: Callable[..., Figures]) -> None:
    """It is told once the page's day to read it by is over, until somebody says they have."""
    for week in ("2026-W45", "2026-W46"):
        posted = weekly.SummaryPosted(week=week, to="owner", reference="D/1.2")
        ledger.append(AGENT, NOW, [(AGENT, posted)])
    monday = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)  # the day to read of week 46
    before, after = read(at=monday), read(at=monday + DAY)
    said = EXAMPLES["Reviewed"].model_copy(update={"week": "2026-W46"})
    ledger.append(AGENT, NOW, [(AGENT, said)])

    assert (None, False) == (before.unread_week, before.week_unread)
    assert ("2026-W46", True) == (after.unread_week, after.week_unread)
    assert not read().week_unread


ASKED_OF_IT: dict[str, Callable[[Ledger, datetime], object]] = {
    "unended": lambda ledger, _: present.unended(ledger, "live"),
    "waiting": lambda ledger, _: present.waiting(ledger, "live"),
    "received": lambda ledger, at: present.received(ledger, "live", at),
    "spent": present.spent,
    "newest": lambda ledger, _: list(present.newest(ledger, "Finished", RUNS)),
    "ending": lambda ledger, _: present.ending(ledger, "run-1"),
}
FOUND_BY = {
    "unended": "SEARCH items USING INDEX ix_items_status (status=?)",
    "waiting": "SCAN items USING INDEX ix_items_waits",  # it holds none but those that wait
    "received": "SEARCH items USING INDEX ix_items_received (received_at>",
    "spent": "SEARCH items USING INDEX ix_items_received (received_at>",
    "newest": "SEARCH events USING INDEX ix_events_told (kind=?)",
    "ending": "SEARCH events USING INDEX sqlite_autoindex_events_1 (stream=?)",
}


@pytest.mark.parametrize("name", ASKED_OF_IT)
def test_it_is_found_by_indexes(new_ledger: NewLedger, name: str) -> None:
    """However much is kept, no number is read by going through all items or all events."""
    with closing(Ledger.open(new_ledger("sqlite"))) as ledger:
        steps = plan(ledger, ASKED_OF_IT[name], NOW)

    assert any(step.startswith(FOUND_BY[name]) for step in steps)
    assert [] == [one for one in steps if one.startswith("SCAN") and "ix_items_waits" not in one]
    assert [] == [one for one in steps if "FOR ORDER BY" in one]
