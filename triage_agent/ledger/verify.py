"""Is the ledger what it was? Each stream by its chain, all of them by the anchors.

`verify` reads everything once, in the order in which it was written; `faults_of` a few streams.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from triage_agent.chunks import chunks
from triage_agent.decision.run_events import Anchored, TextsExpired
from triage_agent.ledger import rows
from triage_agent.ledger.anchors import Anchor, AnchorFile, Fold
from triage_agent.ledger.chain import Head, Sealed, faults
from triage_agent.ledger.rows import SEALED
from triage_agent.ledger.store import AGENT, Ledger, is_item
from triage_agent.ledger.tables import events, items, payloads, streams

_AT_ONCE = 2000
_NAMES = 500
_DIGEST = 32
_NO_FILE = "{}: this file of anchors is missing or empty, though there were some"


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
    accepted = _accepted(ledger)
    anchors = iter(file.all()) if file else iter(())
    with ledger.database.snapshot() as connection:
        scan = _Scan(connection, _expired(ledger), anchors)
        found = dict.fromkeys([*scan.run(), *_unlike_the_projection(connection, scan)])
        known = connection.execute(select(func.count()).select_from(streams)).scalar_one()
    if file and scan.anchor is None and ledger.last(None, "Anchored"):
        found[_NO_FILE.format(file.path)] = None
    left = tuple(fault for fault in found if fault not in accepted)
    last = scan.anchor.anchored.events if scan.anchor else 0
    return Verdict(scan.events, known, left, scan.anchor, scan.events - last)


def _accepted(ledger: Ledger) -> frozenset[str]:
    """The faults that people let stand."""
    told = (happened.event for happened in ledger.told(AGENT, "Anchored"))
    return frozenset(f for event in told if isinstance(event, Anchored) for f in event.accepted)


def _expired(ledger: Ledger) -> datetime | None:
    """Up to when texts are gone because the page keeps them no longer."""
    last = ledger.last(AGENT, "TextsExpired")
    return last.event.before if last and isinstance(last.event, TextsExpired) else None


class _Heads:
    """The ends of all streams by their numbers, in little room: there may be millions."""

    def __init__(self, most: int) -> None:
        self._lengths = array("i", bytes(4 * (most + 1)))
        self._hashes = bytearray(_DIGEST * (most + 1))

    def length(self, stream: int) -> int:
        return self._lengths[stream]

    def hash(self, stream: int) -> str:
        return self._hashes[_DIGEST * stream : _DIGEST * (stream + 1)].hex()

    def head(self, stream: int) -> Head:
        length = self._lengths[stream]
        return Head(length, self.hash(stream)) if length else Head()

    def move(self, stream: int, length: int, digest: bytes) -> None:
        self._lengths[stream] = length
        self._hashes[_DIGEST * stream : _DIGEST * (stream + 1)] = digest


class _Scan:
    """One pass over all events; what it found out about them stays."""

    def __init__(
        self, connection: Connection, expired: datetime | None, anchors: Iterator[Anchor]
    ) -> None:
        most = connection.execute(select(func.max(events.c.stream))).scalar() or 0
        self.heads, self.fold = _Heads(most), Fold()
        self.anchor: Anchor | None = None
        self.events = 0
        self._connection, self._anchors = connection, anchors
        self._expired = rows.micros(expired) if expired else 0
        self._textless: dict[int, list[str]] = {}
        self._texts = 0

    def run(self) -> Iterator[str]:
        """The faults, in the order in which they show."""
        coming = next(self._anchors, None)
        query = SEALED.order_by(events.c.number)
        for row in self._connection.execution_options(yield_per=_AT_ONCE).execute(query):
            while coming and row.number > coming.anchored.last:
                yield from self._held_against(coming)
                coming = next(self._anchors, None)
            yield from self._take(row)
        while coming:
            yield from self._held_against(coming)
            coming = next(self._anchors, None)
        yield from self._without_text()

    def _take(self, row: Any) -> Iterator[str]:  # noqa: ANN401 - a row of `SEALED`
        link = rows.sealed(row)
        yield from faults(link, self.heads.head(row.stream))
        self.heads.move(row.stream, link.sequence + 1, row.hash)
        self.fold.take(row.hash)
        self.events += 1
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
            yield f"{there - self._texts:,} private texts belong to no event"


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
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
        yield from _projected(row, scan.heads.head(row.id))


def _projected(row: Any, head: Head) -> Iterator[str]:  # noqa: ANN401 - a row of `_PROJECTED`
    if not is_item(row.name):
        return
    if row.head is None:
        yield f"{row.name}: its row among the items is missing"
    else:
        yield from unlike(row.name, head, Head(row.length, row.head.hex()))


def unlike_last_anchor(ledger: Ledger, file: AnchorFile) -> Iterator[str]:
    """Whether what the last anchor names is gone: its last event, and the streams that changed.

    What was gone before, `verify` finds: counting everything would take ever longer.
    """
    last = file.last()
    if last is None:
        if ledger.last(None, "Anchored"):
            yield _NO_FILE.format(file.path)
        return
    said = last.anchored
    tip = select(events.c.number).where(events.c.number == said.last)
    with ledger.database.snapshot() as connection:
        known = sum(_known(connection, some) for some in chunks(last.heads, _NAMES))
        if known < len(last.heads):
            yield f"{last.name}: {len(last.heads):,} streams were there, now {known:,} are"
        if said.last and connection.execute(tip).first() is None:
            yield f"{last.name}: its last event, number {said.last:,}, is missing"
        length, digest = last.heads.get(AGENT, (0, ""))
        if length and digest != _hash_of(connection, AGENT, length - 1):
            yield f"{AGENT} event {length - 1}: it isn't what was anchored, or is missing"


def _known(connection: Connection, names: Sequence[str]) -> int:
    """How many of these streams there are."""
    query = select(func.count()).select_from(streams).where(streams.c.name.in_(names))
    return connection.execute(query).scalar_one()


def _hash_of(connection: Connection, name: str, sequence: int) -> str:
    query = select(events.c.hash).join(streams, streams.c.id == events.c.stream)
    found = query.where(streams.c.name == name, events.c.sequence == sequence)
    return (connection.execute(found).scalar() or b"").hex()


def faults_of(ledger: Ledger, names: Iterable[str]) -> list[str]:
    """The faults of some streams, by their chains and by what the projection says of them."""
    found: list[str] = []
    expired = _expired(ledger)
    with ledger.database.snapshot() as connection:
        for name in names:
            chain = list(rows.stream_of(connection, name))
            head = Head()
            for link in chain:
                found += faults(link, head)
                head = Head(link.sequence + 1, link.hash)
            found += _texts_missing(chain, expired)
            query = _PROJECTED.where(streams.c.name == name)
            found += [fault for row in connection.execute(query) for fault in _projected(row, head)]
    accepted = _accepted(ledger)
    return [fault for fault in dict.fromkeys(found) if fault not in accepted]


def _texts_missing(chain: Sequence[Sealed], expired: datetime | None) -> Iterator[str]:
    erased = max((link.sequence for link in chain if link.kind == "Erased"), default=-1)
    for link in chain:
        kept = link.payload or not link.private or link.sequence < erased
        if not kept and not (expired and datetime.fromisoformat(link.at) < expired):
            yield _untold(link)
