"""What people did in a span of time, with what each item was when they did it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from triage_agent.decision.events import Event
from triage_agent.decision.item import Mode
from triage_agent.ledger import fired, rows
from triage_agent.ledger.chain import event_of
from triage_agent.ledger.packing import unpacked
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import IS_TOLD, events, items, streams
from triage_agent.ledger.weekly import at_some_time


class Deed(NamedTuple):
    """Something that happened to an item, and what its row says of the item."""

    item: str
    at: datetime
    event: Event
    received_at: datetime
    category: str | None
    rules: tuple[str, ...]


def deeds(
    ledger: Ledger, mode: Mode, since: datetime, until: datetime, kinds: Sequence[str]
) -> list[Deed]:
    """What happened of some kinds, of those in `TOLD`, to the items of a mode; in order."""
    told = (events.c.at, events.c.kind, events.c.body)
    known = (items.c.received_at, items.c.category, items.c.rules)
    query = (
        select(streams.c.name, *told, *known)
        .select_from(events.join(items, items.c.stream == events.c.stream))
        .join(streams, streams.c.id == events.c.stream)
        .where(IS_TOLD, events.c.kind.in_(kinds), at_some_time(since, until), items.c.mode == mode)
        .order_by(events.c.number)
    )
    with ledger.database.reading() as connection:
        return [
            Deed(
                item=name,
                at=rows.moment(at),
                event=event_of(kind, unpacked(body)),
                received_at=rows.moment(received_at),
                category=category,
                rules=fired.names(fired.read(rules)),
            )
            for name, at, kind, body, received_at, category, rules in connection.execute(
                query
            ).all()
        ]
