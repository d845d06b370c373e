"""What a ledger holds of some weeks beside the runs over their items: people, and idle runs.

Every fifth minute a run finds nothing. People claim each item that was handed over and decide on a
part of these, and somebody touches most of the records.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from triage_agent.chunks import chunks
from triage_agent.decision.events import Event, Outcome
from triage_agent.decision.review_events import Claimed, Corrected, Rejected
from triage_agent.decision.run_events import Allowance, Finished
from triage_agent.ledger.rows import micros, moment
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import items, streams

EVERY = timedelta(minutes=5)
AT_ONCE = 500
REPS = ("Maya Lindqvist", "Jonas Weber", "Priya Nair")
Row = tuple[int, str, str, int]
"""An item: its number, its name, how it stands, and when it was received."""


def make_busy(ledger: Ledger, since: datetime, until: datetime) -> int:
    """Adds all that to a ledger's live items of a span; how many events that are."""
    told = [*_idle(since, until)]
    for at, run, event in told:
        ledger.append(run, at, [(run, event)])
        ledger.forget(run)
    more = 0
    for some in chunks(_received(ledger, since, until), AT_ONCE):
        entries = [(row[1], event) for row in some for event in _by_people(row)]
        ledger.append("run-people", moment(some[-1][3]) + timedelta(hours=1), entries)
        for row in some:
            ledger.forget(row[1])
        more += len(entries)
    return len(told) + more


def _idle(since: datetime, until: datetime) -> Iterator[tuple[datetime, str, Event]]:
    nothing = {"received": 0, "settled": 0, "escalated": 0, "failed": 0, "deferred": 0}
    used = Allowance(used=21_000, of=100_000)
    ended = Finished(**nothing, refused=0, allowance=used, done={"tag": 0, "escalate": 0})
    for number in range((until - since) // EVERY):
        at = since + number * EVERY
        yield at, f"run-{at:%Y%m%dT%H%M%S}-idle", ended


def _received(ledger: Ledger, since: datetime, until: datetime) -> list[Row]:
    query = (
        select(items.c.stream, streams.c.name, items.c.status, items.c.received_at)
        .join(streams, streams.c.id == items.c.stream)
        .where(items.c.mode == "live")
        .where(items.c.received_at >= micros(since), items.c.received_at < micros(until))
        .order_by(items.c.received_at)
    )
    with ledger.database.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def _by_people(row: Row) -> Iterator[Event]:
    _, name, status, received_at = row
    number = int(name[:8], 16)
    who = {"by": REPS[number % 3], "login": "rep", "slack": "U1", "salesforce": None}
    if status == "escalated":
        yield Claimed(**who)
        if number % 10 == 0:
            yield Corrected(**who, wrong="category", category="partnership")
        elif number % 10 == 1:
            yield Rejected(**who)
    if number % 5:
        at = moment(received_at) + timedelta(minutes=7 + number % 90)
        kept = number % 11 / 10 if status == "settled" else None
        yield Outcome(
            name="contacted", object="Lead", record_id=name[:15], happened_at=at, by=None, kept=kept
        )
