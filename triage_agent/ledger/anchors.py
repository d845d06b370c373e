"""Anchors: what the ledger held at a moment, told outside of it.

Whoever can write to the database could cut off a stream's end, or take out an item with all that
speaks of it, and leave a chain without a fault. An anchor counts what was there, and folds the
hashes of all events, in the order of their numbers, into one digest: each time the SHA-256 of the
digest so far (first 32 zero bytes) and the next hash. The file also keeps the ends of the streams
that changed since the anchor before, so that what is missing can be named.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO, Literal

from sqlalchemy import Connection, select

from triage_agent.decision.run_events import Anchored
from triage_agent.decision.values import Value, canonical
from triage_agent.errors import LedgerFailed
from triage_agent.ledger.chain import FIRST
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.ledger.tables import events, streams
from triage_agent.operating_model.schema import FILE, Page

_AT_ONCE = 2000
_BLOCK = 65536
_LET_STAND = b'"by":"'


class Anchor(Value):
    """A line of the file. `heads`: of each stream its length and its last event's hash."""

    at: datetime
    run: str
    anchored: Anchored
    heads: dict[str, tuple[int, str]]

    @property
    def name(self) -> str:
        """What people call it."""
        return f"the anchor of {self.run} ({self.at:%Y-%m-%d %H:%M} UTC)"


@dataclass
class Fold:
    """A digest that takes up one hash after the other."""

    digest: bytes = bytes.fromhex(FIRST)
    count: int = 0

    def take(self, digest: bytes) -> None:
        """One event more."""
        self.digest = hashlib.sha256(self.digest + digest).digest()
        self.count += 1


@dataclass(frozen=True)
class Measured:
    """What a ledger holds now, and the ends of what changed since, and of the agent's stream."""

    anchored: Anchored
    heads: Mapping[str, tuple[int, str]]


def measure(ledger: Ledger, since: Anchored | None) -> Measured:
    """What the ledger holds, counting on from what it was known to hold."""
    fold = Fold(bytes.fromhex(since.digest), since.events) if since else Fold()
    last, known = (since.last, since.streams) if since else (0, 0)
    heads: dict[str, tuple[int, str]] = {}
    with ledger.database.snapshot(settled=True) as connection:
        for number, name, sequence, digest in _after(connection, last):
            fold.take(digest)
            last, heads[name] = number, (sequence + 1, digest.hex())
            known += sequence == 0
        heads |= _agents(connection)
    anchored = Anchored(events=fold.count, streams=known, last=last, digest=fold.digest.hex())
    return Measured(anchored, heads)


def _agents(connection: Connection) -> dict[str, tuple[int, str]]:
    """The end of the agent's own stream: each run asks whether it is paused."""
    query = (
        select(events.c.sequence, events.c.hash)
        .join(streams, streams.c.id == events.c.stream)
        .where(streams.c.name == AGENT)
        .order_by(events.c.sequence.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    return {AGENT: (last.sequence + 1, last.hash.hex())} if last else {}


def _after(connection: Connection, number: int) -> Iterator[tuple[int, str, int, bytes]]:
    query = (
        select(events.c.number, streams.c.name, events.c.sequence, events.c.hash)
        .join(streams, streams.c.id == events.c.stream)
        .where(events.c.number > number)
        .order_by(events.c.number)
    )
    yield from connection.execution_options(yield_per=_AT_ONCE).execute(query)


@dataclass(frozen=True)
class Standing:
    """Somebody's word that the ledger may stand as it is, in spite of its faults."""

    by: str
    reason: str
    faults: tuple[str, ...]


def anchor(
    ledger: Ledger,
    file: "AnchorFile | None",
    stream: str,
    now: datetime,
    standing: Standing | None = None,
) -> Anchor:
    """Anchors what the ledger holds: in a stream of its own, and in the file.

    What the anchors before say counts no more once somebody lets it stand as it is.
    """
    since = None if standing else _before(ledger, file)
    measured = measure(ledger, since)
    anchored = measured.anchored
    if standing:
        terms = {"by": standing.by, "reason": standing.reason, "accepted": standing.faults}
        anchored = anchored.model_copy(update=terms)
    made = Anchor(at=now, run=stream, anchored=anchored, heads=dict(measured.heads))
    ledger.forget(stream)
    ledger.append(stream, now, [(stream, anchored)])
    if file:
        file.add(made)
    return made


def _before(ledger: Ledger, file: "AnchorFile | None") -> Anchored | None:
    """The file's last anchor, else the ledger's own."""
    if file and (last := file.last()):
        return last.anchored
    try:
        told = ledger.last(None, "Anchored")
    except ValueError:  # somebody has changed it: all is counted from nothing
        return None
    return told.event if told and isinstance(told.event, Anchored) else None


@dataclass(frozen=True)
class AnchorFile:
    """Anchors, a line each. `LedgerFailed` where it can't be read or written."""

    path: Path

    @classmethod
    def of(cls, ledger: Ledger, page: Page) -> "AnchorFile | None":
        """A ledger's, where the page wants one."""
        wanted = FILE in page.logs.anchors_to
        return cls(ledger.anchors) if wanted and ledger.anchors else None

    def add(self, anchor: Anchor) -> None:
        """One anchor more; a line that was torn before it goes."""
        line = canonical(anchor.model_dump(mode="json")) + b"\n"
        with self._open("ab+") as file:
            *_, whole = _ends(file)
            file.truncate(whole)
            file.write(line)

    def last(self) -> Anchor | None:
        """The newest; None without any."""
        if not self.path.exists():
            return None
        with self._open("rb") as file:
            before, end = _ends(file)
            file.seek(before)
            return self._read(file.read(end - before)) if end else None

    def all(self) -> Iterator[Anchor]:
        """All that count and are there now, oldest first: from the last that was let stand on."""
        first = end = 0
        for start, line in self._lines(0):
            first, end = (start if _LET_STAND in line else first), start + len(line)
        return (self._read(line) for start, line in self._lines(first) if start < end)

    def accepted(self) -> frozenset[str]:
        """The faults that people let stand, whatever anchors count no more."""
        let_stand = (self._read(line) for _, line in self._lines(0) if _LET_STAND in line)
        return frozenset(fault for anchor in let_stand for fault in anchor.anchored.accepted)

    def _lines(self, first: int) -> Iterator[tuple[int, bytes]]:
        """The whole lines from a place on, each with its own."""
        if not self.path.exists():
            return
        with self._open("rb") as file:
            file.seek(first)
            for line in file:
                if line.endswith(b"\n"):
                    yield first, line
                first += len(line)

    @contextmanager
    def _open(self, mode: Literal["rb", "ab+"]) -> Iterator[BinaryIO]:
        try:
            with self.path.open(mode) as file:
                yield file
        except OSError as exc:
            raise self._failed(str(exc.strerror)) from exc

    def _read(self, line: bytes) -> Anchor:
        try:
            anchor = Anchor.model_validate_json(line)
            Fold(bytes.fromhex(anchor.anchored.digest))
        except ValueError as exc:
            raise self._failed("a line of it is no anchor") from exc
        return anchor

    def _failed(self, why: str) -> LedgerFailed:
        return LedgerFailed(
            f"the anchors in {self.path} can't be used: {why}; nothing further was done. "
            "Put the file right; or move it away, and say why with triage-agent ledger anchor",
        )


def _ends(file: BinaryIO) -> tuple[int, int]:
    """Where a file's last whole line begins and ends."""
    end = _newline_before(file, file.seek(0, SEEK_END))
    return _newline_before(file, end - 1), end


def _newline_before(file: BinaryIO, end: int) -> int:
    """The place behind the last line break before `end`; 0 where there is none."""
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        if (found := file.read(end - start).rfind(b"\n")) >= 0:
            return start + found + 1
        end = start
    return 0
