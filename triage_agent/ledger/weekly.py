"""What a span of time holds, counted by the database: items by what became of them, and events."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select

from triage_agent.decision.events import Happened
from triage_agent.decision.item import Mode
from triage_agent.decision.states import Status
from triage_agent.decision.values import Value
from triage_agent.ledger import rows
from triage_agent.ledger.chain import opened
from triage_agent.ledger.rows import SEALED
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import COST, IS_TOLD, events, items, streams

ANY = "*"
"""A category that no page has: any will do."""


class Group(Value):
    """Items that were received in a span and came out alike.

    `cost_usd` is None where the price of a call isn't known.
    """

    status: Status
    category: str | None
    rules: tuple[str, ...]
    items: int
    tokens: int
    cost_usd: float | None


def groups(ledger: Ledger, mode: Mode, since: datetime, until: datetime) -> list[Group]:
    """The items received in a span, by what became of them until now."""
    alike = (items.c.status, items.c.category, items.c.rules)
    query = (
        select(
            *alike,
            func.count(),
            func.sum(items.c.tokens),
            func.sum(items.c.cost),
            func.count(items.c.cost),
        )
        .where(_within(mode, since, until))
        .group_by(*alike)
        .order_by(*alike)
    )
    with ledger.database.reading() as connection:
        return [
            Group(
                status=status,
                category=category,
                rules=tuple(rules.split(",")) if rules else (),
                items=number,
                tokens=int(tokens or 0),
                cost_usd=int(cost or 0) * COST if priced == number else None,
            )
            for status, category, rules, number, tokens, cost, priced in connection.execute(query)
        ]


def happened(ledger: Ledger, mode: Mode, since: datetime, until: datetime) -> dict[str, int]:
    """How often each kind of event that a week is told by happened in a span.

    Those of the other mode's items don't count; runs, and what people do to the agent, always do.
    """
    of_others = exists().where(items.c.stream == events.c.stream, items.c.mode != mode)
    query = (
        select(events.c.kind, func.count())
        .where(IS_TOLD, _at(since, until), ~of_others)
        .group_by(events.c.kind)
    )
    with ledger.database.reading() as connection:
        return {row.kind: int(row[1]) for row in connection.execute(query)}


def told(
    ledger: Ledger, since: datetime, until: datetime, kinds: Sequence[str]
) -> list[tuple[str, Happened]]:
    """The events of some kinds, of those in `TOLD`, in a span, each with its stream, in order."""
    query = SEALED.where(IS_TOLD, events.c.kind.in_(kinds), _at(since, until)).order_by(
        events.c.number
    )
    with ledger.database.reading() as connection:
        sealed = map(rows.sealed, connection.execute(query))
        return [(one.stream, opened(one)) for one in sealed]


class Wanted(Value):
    """Which items of a span: of a status, a category (None: of none), or stopped by a rule."""

    status: Status | None = None
    rule: str | None = None
    category: str | None = ANY


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
        query = query.where(rules.contains(f",{wanted.rule},", autoescape=True))
    if wanted.category != ANY:
        query = query.where(items.c.category == wanted.category)
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
        .where(IS_TOLD, events.c.kind == kind, _at(since, until), items.c.mode == mode)
        .group_by(streams.c.name)
        .order_by(func.max(events.c.number).desc())
        .limit(most)
    )
    with ledger.database.reading() as connection:
        return [str(name) for name in connection.execute(query).scalars()]


def _within(mode: Mode, since: datetime, until: datetime) -> ColumnElement[bool]:
    moment = items.c.received_at
    span = (moment >= rows.micros(since)) & (moment < rows.micros(until))
    return (items.c.mode == mode) & span


def _at(since: datetime, until: datetime) -> ColumnElement[bool]:
    return (events.c.at >= rows.micros(since)) & (events.c.at < rows.micros(until))
