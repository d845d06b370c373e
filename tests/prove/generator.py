"""A ledger as large as one likes, over a year up to now: copies of a real run.

Sealed, packed and anchored by the agent's own code; what is spared is folding each item's story
again. On PostgreSQL the very same rows are copied.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Connection, func, insert, select, text

from tests.prove.template import ITEMS, Copy, Template, Told
from triage_agent.decision.events import Happened, Received
from triage_agent.decision.run_events import Anchored, FollowedUp, Verified
from triage_agent.ledger import anchors, rows
from triage_agent.ledger.anchors import Anchor, AnchorFile, Fold
from triage_agent.ledger.chain import Head, Payload, Sealed, digest, random_salt, seal, with_hash
from triage_agent.ledger.projection import projected
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.ledger.tables import events, items, metadata, streams

YEAR = timedelta(days=365)
OPEN = 5
"""Items of a first run in shadow that never ended: a run that is live leaves them alone."""
Progress = Callable[[int], None]
"""Told how many items there are."""
_ROWS = 5000


def generate(ledger: Ledger, template: Template, number: int, progress: Progress) -> None:
    """Fills an empty ledger with so many items, and its file with their anchors."""
    runs = number // ITEMS
    last = datetime.now(UTC) - timedelta(minutes=10) - template.lasts
    begins = [last - YEAR * (runs - 1 - place) / runs for place in range(runs)]
    writing = _Writing(ledger, template.copy(runs, begins[0] - YEAR / runs))
    for place, began in enumerate(begins):
        writing.write(template.copy(place, began), verify=place == runs - 1)
        progress((place + 1) * ITEMS)


class _Writing:
    """What is known of the ledger while it grows; of streams what changed since the last anchor."""

    def __init__(self, ledger: Ledger, first: Copy) -> None:
        assert ledger.anchors
        self._ledger, self._file = ledger, AnchorFile(ledger.anchors)
        _begin_in_shadow(ledger, first)
        anchors.anchor(ledger, self._file, first.run, first.began)
        ledger.append(AGENT, first.began, [(AGENT, Verified(**_NOTHING_FOUND))])
        measured = anchors.measure(ledger, None)
        self._streams, self._last = measured.anchored.streams, measured.anchored.last
        self._fold = Fold(bytes.fromhex(measured.anchored.digest), measured.anchored.events)
        self._heads = {name: Head(*measured.heads[name]) for name in (first.run, AGENT)}
        self._ids = {AGENT: self._streams}
        self._verified = first.began

    def write(self, copy: Copy, *, verify: bool) -> None:
        """A run, its anchor, and where a week has passed what a verification says."""
        self._ids |= {name: self._streams + n for n, name in enumerate(copy.streams, 1)}
        self._streams += len(copy.streams)
        ends = copy.began + copy.template.lasts
        with self._ledger.database.transaction() as connection:
            named = [{"id": self._ids[name], "name": name} for name in copy.streams]
            connection.execute(insert(streams), named)
            self._add(connection, [self._sealed(copy, told) for told in copy.told()])
            connection.execute(insert(items), self._rows(copy))
            followed = FollowedUp(since=copy.began - YEAR / 12, until=copy.began, outcomes=0)
            self._tell(connection, copy.run, Happened(at=ends, run=copy.run, event=followed))
            made = self._anchor(copy.run, ends)
            self._tell(connection, copy.run, Happened(at=ends, run=copy.run, event=made.anchored))
            if verify or ends.isocalendar()[:2] != self._verified.isocalendar()[:2]:
                verified = Verified(**_NOTHING_FOUND)
                self._tell(connection, AGENT, Happened(at=ends, run=AGENT, event=verified))
                self._verified = ends
        self._file.add(made)
        self._ids = {AGENT: self._ids[AGENT]}
        self._heads = {name: self._heads[name] for name in (copy.run, AGENT)}

    def _sealed(self, copy: Copy, told: Told) -> Sealed:
        stream = copy.streams[told.stream]
        payload = Payload(random_salt(), told.private) if told.private else None
        head = self._heads.get(stream, Head())
        link = Sealed(
            stream=stream,
            sequence=head.length,
            at=told.at.isoformat(),
            run=copy.run,
            kind=told.kind,
            body=told.public,
            hash="",
            private=digest(payload) if payload else None,
            payload=payload,
        )
        link = with_hash(link, head.hash)
        self._heads[stream] = Head(link.sequence + 1, link.hash)
        return link

    def _tell(self, connection: Connection, stream: str, happened: Happened) -> None:
        link = seal(stream, self._heads[stream], happened, random_salt)
        self._heads[stream] = Head(link.sequence + 1, link.hash)
        self._add(connection, [link])

    def _add(self, connection: Connection, links: list[Sealed]) -> None:
        rows.add(connection, links, self._ids)
        for link in links:
            self._fold.take(bytes.fromhex(link.hash))
        self._last += len(links)

    def _rows(self, copy: Copy) -> list[dict[str, Any]]:
        known = zip(copy.streams[1:], copy.records, copy.template.stories, strict=True)
        return [
            {
                "stream": self._ids[name],
                **projected(story),
                "record_id": record,
                "received_at": rows.micros(copy.received(story)),
                "length": self._heads[name].length,
                "head": bytes.fromhex(self._heads[name].hash),
            }
            for name, record, story in known
        ]

    def _anchor(self, run: str, at: datetime) -> Anchor:
        anchored = Anchored(
            events=self._fold.count,
            streams=self._streams,
            last=self._last,
            digest=self._fold.digest.hex(),
        )
        heads = {name: (head.length, head.hash) for name, head in self._heads.items()}
        return Anchor(at=at, run=run, anchored=anchored, heads=heads)


_NOTHING_FOUND: dict[str, Any] = {
    "events": 0,
    "streams": 0,
    "found": 0,
    "faults": (),
    "seconds": 0.0,
}


def _begin_in_shadow(ledger: Ledger, first: Copy) -> None:
    """A run that was cut off, by the ledger's own means."""
    begun = [(n, one) for n, one in first.happened() if one.event.kind in ("Received", "Read")]
    for place, one in begun[: 2 * OPEN]:
        event = one.event
        if isinstance(event, Received):
            event = event.model_copy(update={"mode": "shadow"})
        ledger.append(first.run, one.at, [(first.streams[place], event)])


def copied(source: Ledger, target: Ledger) -> None:
    """Copies the rows of a ledger in SQLite into an empty one in PostgreSQL, as they came about."""
    with source.database.reading() as reading, target.database.transaction() as writing:
        driver = writing.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        for table in metadata.sorted_tables:
            names = ", ".join(table.columns.keys())
            rows_of = select(table).order_by(text("rowid")).execution_options(yield_per=_ROWS)
            with (
                driver.cursor() as cursor,
                cursor.copy(f"COPY {table.name} ({names}) FROM STDIN".encode()) as copy,
            ):
                for row in reading.execute(rows_of):
                    copy.write_row(row)
        for counted in (streams.c.id, events.c.number):
            sequence = func.pg_get_serial_sequence(counted.table.name, counted.name)
            writing.execute(
                select(func.setval(sequence, select(func.max(counted)).scalar_subquery()))
            )
