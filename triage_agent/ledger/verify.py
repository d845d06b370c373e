"""Is the ledger what it was? Each stream by its chain, all of them by the anchors.

`verify` reads everything once, in the order in which it was written; `faults_of` a few streams.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from triage_agent.chunks import chunks
from triage_agent.decision.events import Event
from triage_agent.decision.run_events import Anchored, TextsExpired
from triage_agent.ledger import rows
from triage_agent.ledger.anchors import Anchor, AnchorFile, Fold
from triage_agent.ledger.chain import Head, Sealed, check, faults, opened
from triage_agent.ledger.projection import unlike_events
from triage_agent.ledger.rows import SEALED
from triage_agent.ledger.store import AGENT, Ledger, is_item
from triage_agent.ledger.tables import events, items, payloads, streams

_STREAMED = {"yield_per": 2000}
_NAMES = 500
_DIGEST = 32
_NO_FILE = "{}: this file of anchors is missing or empty, though there were some"


_UNREADABLE = "{}: what is stored there can't be read"
_SPOILT = (ValueError, TypeError, AttributeError, OverflowError)
"""What reading raises of values that no ledger writes."""


@dataclass(frozen=True)
class Verdict:
    """What was checked, and each fault with its place. `anchor`: the last one it was held against.

    `since`: how many events are younger than that, so that nothing says whether one is missing.
    """

    events: int
    streams: int
    faults: tuple[str, ...]
    anchor: Anchor | None
    since: int


def verify(ledger: Ledger, file: AnchorFile | None) -> Verdict:
    """Checks all events, the projection and the anchors; faults that were accepted are left out."""
    anchors = file.all() if file else iter(())  # before the moment that is looked at: no younger
    with ledger.database.snapshot() as connection:
        accepted = _accepted(connection, file)
        scan = _Scan(connection, _expired(connection), anchors)
        found = dict.fromkeys([*scan.run(), *_unlike_the_projection(connection, scan)])
        if file and scan.anchor is None and _was_anchored(connection):
            found[_NO_FILE.format(file.path)] = None
    left = tuple(fault for fault in found if fault not in accepted)
    last = scan.anchor.anchored.events if scan.anchor else 0
    return Verdict(scan.events, scan.streams, left, scan.anchor, scan.fold.count - last)


def _accepted(connection: Connection, file: AnchorFile | None) -> frozenset[str]:
    """The faults that people let stand: by the file where there is one, which is outside."""
    if file:
        return file.accepted()
    told = _told(connection, "Anchored")
    return frozenset(f for event in told if isinstance(event, Anchored) for f in event.accepted)


def _expired(connection: Connection) -> datetime | None:
    """Up to when texts are gone because the page keeps them no longer."""
    told = _told(connection, "TextsExpired")
    return max((event.before for event in told if isinstance(event, TextsExpired)), default=None)


def _told(connection: Connection, kind: str) -> Iterator[Event]:
    """What was said of the agent as a whole; what doesn't read is a fault of its stream."""
    query = SEALED.where(streams.c.name == AGENT, events.c.kind == kind)
    for row in connection.execute(query.order_by(events.c.sequence)):
        with suppress(*_SPOILT):
            yield opened(rows.sealed(row)).event


def _was_anchored(connection: Connection) -> bool:
    told = select(events.c.number).where(events.c.kind == "Anchored")
    query = told.order_by(events.c.number.desc()).limit(1)
    return connection.execute(query).first() is not None


class _Heads:
    """The ends of all streams by their numbers, in little room: there may be millions.

    Numbers above `most` are none that the ledger gave, so there are few.
    """

    def __init__(self, most: int) -> None:
        self._most, self._others = most, dict[int, Head]()
        self._lengths = array("q", bytes(8 * (most + 1)))
        self._hashes = bytearray(_DIGEST * (most + 1))

    def head(self, stream: int) -> Head:
        if not 0 <= stream <= self._most:
            return self._others.get(stream, Head())
        digest = self._hashes[_DIGEST * stream : _DIGEST * (stream + 1)]
        length = self._lengths[stream]
        return Head(length, digest.hex()) if length else Head()

    def move(self, stream: int, length: int, digest: bytes) -> None:
        if not 0 <= stream <= self._most:
            self._others[stream] = Head(length, digest.hex())
            return
        kept = digest[:_DIGEST].ljust(_DIGEST)  # what was spoilt leaves the others in their places
        self._lengths[stream] = length
        self._hashes[_DIGEST * stream : _DIGEST * (stream + 1)] = kept


def _all(connection: Connection) -> Iterator[tuple[int, Any]]:
    """All events by their numbers; None for one that the database's driver can't make out."""
    last = None
    try:
        query = SEALED.order_by(events.c.number)
        for row in connection.execute(query, execution_options=_STREAMED):
            yield row.number, row
            last = row.number
    except (*_SPOILT, OperationalError) as exc:
        _raise_unless_spoilt(exc)
        yield from _one_by_one(connection, last)


def _one_by_one(connection: Connection, last: int | None) -> Iterator[tuple[int, Any]]:
    query = select(events.c.number).order_by(events.c.number)
    left = query if last is None else query.where(events.c.number > last)
    for number in connection.execute(left).scalars().all():
        try:
            row = connection.execute(SEALED.where(events.c.number == number)).one()
        except (*_SPOILT, OperationalError) as exc:
            _raise_unless_spoilt(exc)
            yield number, None
        else:
            yield number, row


def _raise_unless_spoilt(exc: Exception) -> None:
    """SQLite's driver tells of bytes that are no text as of any other trouble."""
    if isinstance(exc, OperationalError) and "decode" not in str(exc.orig):
        raise exc


def _most(connection: Connection) -> int:
    """The highest number of a stream; not one that somebody has put in far beyond all others."""
    query = select(func.max(streams.c.id), func.count()).select_from(streams)
    highest, there = connection.execute(query).one()
    return min(int(highest or 0), 2 * int(there) + 1000)


class _Scan:
    """One pass over all events; what it found out about them stays."""

    def __init__(
        self, connection: Connection, expired: datetime | None, anchors: Iterator[Anchor]
    ) -> None:
        self.heads, self.fold = _Heads(_most(connection)), Fold()
        self.anchor: Anchor | None = None
        self.events = self.streams = 0
        self.spoilt: set[int] = set()
        self._connection, self._anchors = connection, anchors
        self._expired = rows.micros(expired) if expired else 0
        self._textless: dict[int, list[str]] = {}
        self._texts = 0

    def run(self) -> Iterator[str]:
        """The faults, in the order in which they show."""
        coming = next(self._anchors, None)
        for number, row in _all(self._connection):
            while coming and number > coming.anchored.last:
                yield from self._held_against(coming)
                coming = next(self._anchors, None)
            self.events += 1
            self.streams += bool(row) and row.sequence == 0
            yield from self._take(row) if row else [_UNREADABLE.format(f"event number {number:,}")]
        while coming:
            yield from self._held_against(coming)
            coming = next(self._anchors, None)
        yield from self._without_text()

    def _take(self, row: Any) -> Iterator[str]:  # noqa: ANN401 - a row of `SEALED`
        try:
            link = rows.sealed(row)
            found = [*faults(link, self.heads.head(row.stream))]
            if row.name:
                self._note(row, link)
        except _SPOILT:
            found = [_UNREADABLE.format(f"{row.name} event {row.sequence}")]
        with suppress(*_SPOILT):
            self.heads.move(row.stream, row.sequence + 1, row.hash)
            self.fold.take(row.hash)
        if not row.name:
            found = [f"event number {row.number:,}: it is of no stream"]
        if found:
            self.spoilt.add(row.stream)
        yield from found

    def _note(self, row: Any, link: Sealed) -> None:  # noqa: ANN401 - a row of `SEALED`
        """Keeps which texts there are, and which should be."""
        self._texts += link.payload is not None
        if link.kind == "Erased":
            self._textless.pop(row.stream, None)
        elif link.private and not link.payload and row.at >= self._expired:
            self._textless.setdefault(row.stream, []).append(_untold(link))

    def _held_against(self, anchor: Anchor) -> Iterator[str]:
        """What was there when it was made, and isn't."""
        said, named = anchor.anchored, [*self._unlike(anchor)]
        yield from named
        if self.fold.count != said.events:
            yield f"{anchor.name}: {said.events:,} events were there, now {self.fold.count:,} are"
        elif self.fold.digest.hex() != said.digest and not named:
            yield f"{anchor.name}: its events aren't those that were there, or in another order"
        self.anchor, self.fold = anchor, Fold(bytes.fromhex(said.digest), said.events)

    def _unlike(self, anchor: Anchor) -> Iterator[str]:
        """The streams that don't end where they did."""
        for some in chunks(anchor.heads, _NAMES):
            query = select(streams.c.name, streams.c.id).where(streams.c.name.in_(some))
            numbers = dict(self._connection.execute(query).all())
            for name in some:
                length, digest = anchor.heads[name]
                number = numbers.get(name)
                head = self.heads.head(number) if number else Head()
                yield from unlike(name, head, Head(length, digest))

    def _without_text(self) -> Iterator[str]:
        """Texts that are gone without an erasure, and such as belong to nothing."""
        for missing in self._textless.values():
            yield from missing
        there = self._connection.execute(select(func.count()).select_from(payloads)).scalar_one()
        if there != self._texts:
            for row in self._connection.execute(_HOMELESS):
                stream = row.name or f"stream {row.stream}"
                yield f"{stream} event {row.sequence}: a private text that belongs to no event"


_HOMELESS = (
    select(streams.c.name, payloads.c.stream, payloads.c.sequence)
    .outerjoin(events, rows.OF_EVENT)
    .outerjoin(streams, streams.c.id == payloads.c.stream)
    .where(events.c.number.is_(None))
    .order_by(payloads.c.stream, payloads.c.sequence)
)


def unlike(name: str, found: Head, said: Head) -> Iterator[str]:
    """What is wrong with a stream that ends at one place and should at another."""
    if found.length < said.length:
        yield _missing(name, found.length, said.length - 1)
    elif found.length > said.length:
        yield f"{name} event {said.length}: put in, or its place among the items is another one's"
    elif found.hash != said.hash:
        yield f"{name} event {said.length - 1}: it isn't what was sealed here"


def _missing(name: str, first: int, last: int) -> str:
    return f"{name} event {first}" + (f" to {last}: missing" if last > first else ": missing")


def _untold(link: Sealed) -> str:
    return f"{link.stream} event {link.sequence}: its private text is missing, without an erasure"


_PROJECTED = select(streams.c.name, streams.c.id, items.c.length, items.c.head).outerjoin(
    items, items.c.stream == streams.c.id
)


def _unlike_the_projection(connection: Connection, scan: _Scan) -> Iterator[str]:
    """Items whose row says otherwise than their events, or that have none."""
    query = _PROJECTED.order_by(streams.c.id)
    try:
        for row in connection.execute(query, execution_options=_STREAMED):
            found = _projected(row, scan.heads.head(row.id))
            if found:
                scan.spoilt.add(row.id)
            yield from found
        yield from unlike_events(connection, scan.spoilt)
    except (*_SPOILT, OperationalError) as exc:
        _raise_unless_spoilt(exc)
        yield _UNREADABLE.format("the rows of the items")


def _projected(row: Any, head: Head) -> list[str]:  # noqa: ANN401 - a row of `_PROJECTED`
    if not is_item(row.name):
        return []
    if row.head is None:
        return [f"{row.name}: its row among the items is missing"]
    try:
        return list(unlike(row.name, head, Head(row.length, row.head.hex())))
    except _SPOILT:
        return [_UNREADABLE.format(f"{row.name}, its row among the items")]


def unlike_last_anchor(ledger: Ledger, file: AnchorFile) -> Iterator[str]:
    """Whether what the last anchor names is gone: its last event, and the streams that changed.

    What was gone before, `verify` finds: counting everything would take ever longer.
    """
    last = file.last()
    if last is None:
        with ledger.database.reading() as connection:
            if _was_anchored(connection):
                yield _NO_FILE.format(file.path)
        return
    tip = select(events.c.number).where(events.c.number == last.anchored.last)
    with ledger.database.snapshot() as connection:
        for some in chunks(last.heads.items(), _NAMES):
            yield from _moved(connection, dict(some))
        if last.anchored.last and connection.execute(tip).first() is None:
            yield f"{last.name}: its last event, number {last.anchored.last:,}, is missing"


def _moved(connection: Connection, heads: Mapping[str, tuple[int, str]]) -> Iterator[str]:
    """Streams in which what was the last event, isn't there any more."""
    query = (
        select(streams.c.name, events.c.sequence, events.c.hash)
        .join(events, events.c.stream == streams.c.id)
        .where(streams.c.name.in_(heads))
    )
    there = {(row.name, row.sequence): row.hash.hex() for row in connection.execute(query)}
    for name, (length, digest) in heads.items():
        found = Head(length, there[name, length - 1]) if (name, length - 1) in there else Head()
        if found != Head(length, digest):
            yield f"{name} event {length - 1}: it isn't what was anchored, or is missing"


def faults_of(ledger: Ledger, names: Iterable[str], file: AnchorFile | None = None) -> list[str]:
    """The faults of some streams, by their chains and by what the projection says of them."""
    with ledger.database.snapshot() as connection:
        expired = _expired(connection)
        found = dict.fromkeys(f for name in names for f in _faults_of(connection, name, expired))
        accepted = _accepted(connection, file) if found else frozenset()
    return [fault for fault in found if fault not in accepted]


def _faults_of(connection: Connection, name: str, expired: datetime | None) -> Iterator[str]:
    try:
        chain = list(rows.stream_of(connection, name))
        found = list(check(chain))
        head = Head(chain[-1].sequence + 1, chain[-1].hash) if chain else Head()
        for row in connection.execute(_PROJECTED.where(streams.c.name == name)):
            found += _projected(row, head)
        yield from found or unlike_events(connection, name=name)
        yield from _texts_missing(chain, expired)
    except (*_SPOILT, OperationalError) as exc:
        _raise_unless_spoilt(exc)
        yield _UNREADABLE.format(name)


def _texts_missing(chain: Sequence[Sealed], expired: datetime | None) -> Iterator[str]:
    erased = max((link.sequence for link in chain if link.kind == "Erased"), default=-1)
    for link in chain:
        kept = link.payload or not link.private or link.sequence < erased
        if not kept and not (expired and datetime.fromisoformat(link.at) < expired):
            yield _untold(link)
