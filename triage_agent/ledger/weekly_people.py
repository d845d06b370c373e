"""What people did in a span of time, with what each item was when they did it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from triage_agent.chunks import chunks
from triage_agent.decision.events import Event, Happened
from triage_agent.decision.item import Mode
from triage_agent.decision.values import Value
from triage_agent.ledger import fired, rows
from triage_agent.ledger.store import Ledger, is_item
from triage_agent.ledger.tables import items, streams
from triage_agent.ledger.weekly import told


class Deed(Value):
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
    """What happened of some kinds to the items of a mode, in order."""
    happened = [(item, one) for item, one in told(ledger, since, until, kinds) if is_item(item)]
    known = _known(ledger, mode, [item for item, _ in happened])
    return [_deed(item, one, known[item]) for item, one in happened if item in known]


_Row = tuple[int, str | None, str | None]


def _deed(item: str, happened: Happened, row: _Row) -> Deed:
    received_at, category, rules = row
    return Deed(
        item=item,
        at=happened.at,
        event=happened.event,
        received_at=rows.moment(received_at),
        category=category,
        rules=fired.names(fired.read(rules)),
    )


def _known(ledger: Ledger, mode: Mode, names: Sequence[str]) -> dict[str, _Row]:
    found: dict[str, _Row] = {}
    columns = (items.c.received_at, items.c.category, items.c.rules)
    query = select(streams.c.name, *columns).join(items, items.c.stream == streams.c.id)
    with ledger.database.reading() as connection:
        for some in chunks(dict.fromkeys(names), rows.MANY):
            chosen = query.where(items.c.mode == mode, streams.c.name.in_(some))
            for name, *row in connection.execute(chosen):
                found[name] = tuple(row)
    return found
