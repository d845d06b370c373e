"""What a span of time holds, counted by the database: items by what became of them, and events."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, RowMapping, exists, func, or_, select

from triage_agent.decision.events import Event
from triage_agent.decision.item import Mode
from triage_agent.decision.states import Status
from triage_agent.decision.values import Value
from triage_agent.ledger import fired, rows
from triage_agent.ledger.chain import event_of
from triage_agent.ledger.fired import Fired
from triage_agent.ledger.packing import unpacked
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import COST, IS_TOLD, events, items, streams

ANY = "*"
"""A category, and a way, that no page has: any will do."""


class Group(Value):
    """Items that were received in a span, came and came out alike; each rule for each topic.

    `cost_usd` is None where the price of a call isn't known.
    """

    status: Status
    category: str | None
    waits: bool
    came_by: str | None
    fired: tuple[Fired, ...]
    items: int
    tokens: int
    cost_usd: float | None


def groups(ledger: Ledger, mode: Mode, since: datetime, until: datetime) -> list[Group]:
    """The items received in a span, by what became of them until now."""
    alike = (items.c.status, items.c.category, items.c.waits, items.c.came_by, items.c.rules)
    counted = {
        "items": func.count(),
        "tokens": func.sum(items.c.tokens),
        "cost": func.sum(items.c.cost),
        "priced": func.count(items.c.cost),
    }
    query = (
        select(*alike, *(what.label(name) for name, what in counted.items()))
        .where(_within(mode, since, until))
        .group_by(*alike)
        .order_by(*alike)
    )
    with ledger.database.reading() as connection:
        return [_group(row) for row in connection.execute(query).mappings()]


def _group(row: RowMapping) -> Group:
    priced = row["priced"] == row["items"]
    return Group(
        status=row["status"],
        category=row["category"],
        waits=bool(row["waits"]),
        came_by=row["came_by"],
        fired=fired.read(row["rules"]),
        items=row["items"],
        tokens=int(row["tokens"] or 0),
        cost_usd=int(row["cost"] or 0) * COST if priced else None,
    )


def happened(ledger: Ledger, mode: Mode, since: datetime, until: datetime) -> dict[str, int]:
    """How often each kind of event that a week is told by happened in a span.

    Those of the other mode's items don't count; runs, and what people do to the agent, always do.
    """
    of_others = exists().where(items.c.stream == events.c.stream, items.c.mode != mode)
    query = (
        select(events.c.kind, func.count())
        .where(IS_TOLD, at_some_time(since, until), ~of_others)
        .group_by(events.c.kind)
    )
    with ledger.database.reading() as connection:
        return {row.kind: int(row[1]) for row in connection.execute(query)}


class Told(NamedTuple):
    """An event without its text, and its stream's name."""

    stream: str
    at: datetime
    event: Event


def told(ledger: Ledger, since: datetime, until: datetime, kinds: Sequence[str]) -> Iterator[Told]:
    """The events of some kinds, of those in `TOLD`, in a span, in order."""
    query = (
        select(streams.c.name, events.c.at, events.c.kind, events.c.body)
        .join(streams, streams.c.id == events.c.stream)
        .where(IS_TOLD, events.c.kind.in_(kinds), at_some_time(since, until))
        .order_by(events.c.number)
    )
    with ledger.database.reading() as connection:
        for name, at, kind, body in connection.execute(query).all():
            yield Told(name, rows.moment(at), event_of(kind, unpacked(body)))


class Wanted(Value):
    """Which items of a span: of a status, a category (None: of none), or a way (None: unknown).

    `rule`: stopped by it, or where it is `rule.topic` for that.
    """

    status: Status | None = None
    rule: str | None = None
    category: str | None = ANY
    came_by: str | None = ANY


def examples(
    ledger: Ledger, mode: Mode, since: datetime, until: datetime, wanted: Wanted, most: int
) -> list[str]:
    """Some items that were received in a span, the newest first."""
    query = (
        select(streams.c.name)
        .join(items, items.c.stream == streams.c.id)
        .where(_within(mode, since, until))
        .order_by(items.c.received_at.desc())
        .limit(most)
    )
    if wanted.status:  # not by its index: of a year's items most have the same
        query = query.where(func.coalesce(items.c.status, "") == wanted.status)
    if wanted.rule:
        rules = "," + items.c.rules + ","
        ends = (rules.contains(f",{wanted.rule}{end}", autoescape=True) for end in ".!,")
        query = query.where(or_(*ends))
    if wanted.category != ANY:
        query = query.where(items.c.category == wanted.category)
    if wanted.came_by != ANY:
        query = query.where(items.c.came_by == wanted.came_by)
    with ledger.database.reading() as connection:
        return [str(name) for name in connection.execute(query).scalars()]


def happened_to(
    ledger: Ledger, mode: Mode, since: datetime, until: datetime, kind: str, most: int
) -> list[str]:
    """Some items to which something happened in a span, the last first."""
    query = (
        select(streams.c.name)
        .join(items, items.c.stream == streams.c.id)
        .join(events, events.c.stream == items.c.stream)
        .where(IS_TOLD, events.c.kind == kind, at_some_time(since, until), items.c.mode == mode)
        .group_by(streams.c.name)
        .order_by(func.max(events.c.number).desc())
        .limit(most)
    )
    with ledger.database.reading() as connection:
        return [str(name) for name in connection.execute(query).scalars()]


class Later(NamedTuple):
    """What happened to an item, by its stream's number, and when the item had been received."""

    stream: int
    received_at: datetime
    at: datetime
    event: Event


def later(
    ledger: Ledger,
    mode: Mode,
    since: datetime,
    until: datetime,
    kinds: Sequence[str],
    every: int = 1,
) -> Iterator[Later]:
    """What has happened of some kinds to the items received in a span, up to now; without texts.

    `every`: of that many items one is looked at.
    """
    told = (events.c.stream, items.c.received_at, events.c.at, events.c.kind, events.c.body)
    query = (
        select(*told)
        .select_from(items.join(events, events.c.stream == items.c.stream))
        .where(_within(mode, since, until), items.c.stream % every == 0)
        .where(events.c.kind.in_(kinds))
    )
    with ledger.database.reading() as connection:
        for stream, received_at, at, kind, body in connection.execute(query).all():
            event = event_of(kind, unpacked(body))
            yield Later(stream, rows.moment(received_at), rows.moment(at), event)


def _within(mode: Mode, since: datetime, until: datetime) -> ColumnElement[bool]:
    moment = items.c.received_at
    span = (moment >= rows.micros(since)) & (moment < rows.micros(until))
    return (items.c.mode == mode) & span


def at_some_time(since: datetime, until: datetime) -> ColumnElement[bool]:
    """Of an event: that it happened in a span."""
    return (events.c.at >= rows.micros(since)) & (events.c.at < rows.micros(until))
