"""Taking texts out for good: at a person's word, or because the page keeps them no longer.

An event's public part, its hash and the digest of what is gone stay, so that the chain holds. Why a
text is gone is told by an event: `Erased` on the item's own stream, `TextsExpired` on the agent's.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select

from triage_agent.authority.people import Somebody
from triage_agent.chunks import chunks
from triage_agent.decision.events import Done, Erased, Intended
from triage_agent.decision.run_events import TextsExpired
from triage_agent.errors import WrongUsage
from triage_agent.ledger.packing import unpacked
from triage_agent.ledger.rows import OF_EVENT, micros
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.ledger.tables import events, items, payloads, streams

_AT_ONCE = 500
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
ENDED = ("settled", "escalated", "erased", "withdrawn")


@dataclass(frozen=True)
class Left:
    """What an erased item has left in another system: what did it, and where it is to be found.

    `certain`: whether it is there; else it is known only that it was about to be written.
    """

    item: str
    record: str
    action: str
    place: str
    certain: bool


@dataclass(frozen=True)
class Erasure:
    """What was taken out, and what is left in other systems.

    `scrubbed`: whether nothing of it is left in the database's files. Else another process reads in
    them, and erasing again, once that has ended, cleans them.
    """

    items: int
    texts: int
    left: tuple[Left, ...]
    scrubbed: bool


def expire(ledger: Ledger, before: datetime, now: datetime) -> int:
    """Takes out the texts of what happened before a moment, but for items still open; how many."""
    with ledger.database.transaction() as connection:
        old = _old(_first_since(connection, before), before)
        count = select(func.count()).select_from(payloads).where(*old)
        there = connection.execute(count).scalar_one()
    if there:
        told = TextsExpired(before=before, texts=there)
        ledger.append(AGENT, now, [(AGENT, told)], _taking_out(*old))
        ledger.database.scrub()
    return there


def _old(first: int, before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Which texts are too old, of streams before `first`.

    Asked text by text: few are left of old streams, but all of their events and items.
    """
    at = select(events.c.at).where(OF_EVENT).scalar_subquery()
    status = select(items.c.status).where(items.c.stream == payloads.c.stream).scalar_subquery()
    return payloads.c.stream < first, at < micros(before), status.in_(ENDED)


def _first_since(connection: Connection, moment: datetime) -> int:
    """The first stream with texts that began at a moment or later: numbers go by beginning."""
    low = connection.execute(select(func.min(payloads.c.stream))).scalar() or 0
    high = 1 + (connection.execute(select(func.max(streams.c.id))).scalar() or 0)
    middle = low  # most often not even the oldest text is so old
    while low < high:
        began = (
            select(events.c.stream, events.c.at)
            .where(events.c.stream >= middle, events.c.sequence == 0)
            .order_by(events.c.stream)
            .limit(1)
        )
        row = connection.execute(began).first()
        if row is None or row.at >= micros(moment):
            high = middle
        else:
            low = row.stream + 1
        middle = (low + high) // 2
    return low


def items_naming(ledger: Ledger, address: str) -> list[str]:
    """The items whose texts hold an e-mail address, and the other items of the same records."""
    whole = _whole(address)
    with ledger.database.reading() as connection:
        naming = {stream for stream, text in _texts(connection) if whole.search(text)}
        found: dict[int, str] = {}
        for some in chunks(sorted(naming), _AT_ONCE):
            records = select(items.c.record_id).where(items.c.stream.in_(some))
            query = (
                select(items.c.stream, streams.c.name)
                .join(streams, streams.c.id == items.c.stream)
                .where(items.c.record_id.in_(records))
            )
            found |= dict(connection.execute(query).all())
    return [found[number] for number in sorted(found)]


def _whole(address: str) -> re.Pattern[str]:
    """An address in JSON, but no longer one that contains it.

    It may stand behind an escape as of a line break, which ends in a letter.
    """
    said = re.escape(json.dumps(address.casefold(), ensure_ascii=False)[1:-1])
    begins = r"(?:(?<![\w.+-])(?<!\w['&])|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4}))"
    return re.compile(rf"{begins}{said}(?![\w-]|\.\w)")


def _texts(connection: Connection) -> Iterator[tuple[int, str]]:
    query = select(payloads.c.stream, payloads.c.body)
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
        yield row.stream, unpacked(row.body).casefold()


def erase(ledger: Ledger, address: str, by: Somebody, now: datetime) -> Erasure:
    """Takes out every text of the items that hold an address.

    Whoever calls it holds the runs' lock, so that nothing of it is under way.
    """
    if not _ADDRESS.fullmatch(address):
        raise WrongUsage(f"{address!r} is no e-mail address; nothing was erased")
    naming = items_naming(ledger, address)
    left = tuple(one for item in naming for one in _left(ledger, item))
    texts = {item: sum(link.payload is not None for link in ledger.sealed(item)) for item in naming}
    told = [
        (item, Erased(by=by.name, login=by.login, texts=count))
        for item, count in texts.items()
        if count
    ]
    numbers = select(streams.c.id).where(streams.c.name.in_([item for item, _ in told]))
    ledger.append(AGENT, now, told, _taking_out(payloads.c.stream.in_(numbers)))
    return Erasure(len(told), sum(texts.values()), left, ledger.database.scrub())


def _taking_out(*texts: ColumnElement[bool]) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(delete(payloads).where(*texts))


def _left(ledger: Ledger, item: str) -> Iterator[Left]:
    story = ledger.story(item)
    record = f"{story.object} {story.record_id}"
    for happened in ledger.events(item):
        match happened.event:
            case Done(action=action, reference=reference):
                yield Left(item, record, action, reference, certain=True)
            case Intended(action=action, key=key) if action in story.open:
                yield Left(item, record, action, f"key {key}", certain=False)
            case _:
                pass
    ledger.forget(item)
