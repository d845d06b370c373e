"""How things stand at this moment: all of it is found by indexes, however much is kept."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Executable, func, select

from triage_agent.decision.item import Mode
from triage_agent.ledger import rows
from triage_agent.ledger.chain import event_of
from triage_agent.ledger.packing import unpacked
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import COST, IS_TOLD, WAITING, events, items, streams
from triage_agent.ledger.weekly import Told

_QUEUE: tuple[ColumnElement[Any], ...] = (func.count(), func.min(items.c.received_at))
_SPENT: tuple[ColumnElement[Any], ...] = (
    func.sum(items.c.tokens),
    func.sum(items.c.cost),
    func.count() - func.count(items.c.cost),
)
_TOLD = select(streams.c.name, events.c.at, events.c.kind, events.c.body).join(
    streams, streams.c.id == events.c.stream
)


class Queue(NamedTuple):
    """Items of a kind, and when the oldest of them was received."""

    items: int
    oldest: datetime | None


class Spent(NamedTuple):
    """What the model was paid. `unpriced`: items that cost more than that, at unknown prices."""

    tokens: int
    usd: float
    unpriced: int


def unended(ledger: Ledger, mode: Mode) -> dict[str, Queue]:
    """The items that haven't ended, by status."""
    query = (
        select(items.c.status, *_QUEUE)
        .where(items.c.mode == mode, items.c.status.in_(("open", "failed")))
        .group_by(items.c.status)
    )
    return {row[0]: _queue(row[1], row[2]) for row in _all(ledger, query)}


def waiting(ledger: Ledger, mode: Mode) -> Queue:
    """The items that wait for people."""
    ((count, oldest),) = _all(ledger, select(*_QUEUE).where(items.c.mode == mode, WAITING))
    return _queue(count, oldest)


def _queue(count: int, oldest: int | None) -> Queue:
    return Queue(count, None if oldest is None else rows.moment(oldest))


def received(ledger: Ledger, mode: Mode, since: datetime) -> dict[str, int]:
    """How many of the items received since then stand where, by status."""
    status = func.coalesce(items.c.status, "")  # not by its index, which holds every year
    query = (
        select(status, func.count())
        .where(items.c.received_at >= rows.micros(since), items.c.mode == mode)
        .group_by(status)
    )
    return {row[0]: row[1] for row in _all(ledger, query)}


def spent(ledger: Ledger, since: datetime) -> Spent:
    """For the items received since then, in whichever mode: it is paid in shadow, too."""
    query = select(*_SPENT).where(items.c.received_at >= rows.micros(since))
    ((tokens, cost, unpriced),) = _all(ledger, query)
    return Spent(int(tokens or 0), int(cost or 0) * COST, unpriced)


def newest(ledger: Ledger, kind: str, most: int = 1) -> Iterator[Told]:
    """The last events of one of the kinds in `TOLD`, the last one first."""
    query = _TOLD.where(IS_TOLD, events.c.kind == kind).order_by(events.c.at.desc()).limit(most)
    return map(_told, _all(ledger, query))


def ending(ledger: Ledger, run: str) -> Told | None:
    """How a run ended, if it has."""
    of_run = streams.c.name == run, events.c.kind.in_(("Finished", "Broke"))
    query = _TOLD.where(*of_run).order_by(events.c.sequence.desc()).limit(1)
    return next(map(_told, _all(ledger, query)), None)


def _told(row: Any) -> Told:  # noqa: ANN401 - a row of `_TOLD`
    name, at, kind, body = row
    return Told(name, rows.moment(at), event_of(kind, unpacked(body)))


def _all(ledger: Ledger, query: Executable) -> list[Any]:
    with ledger.database.reading() as connection:
        return list(connection.execute(query))
