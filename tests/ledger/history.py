"""A ledger with a history: three items in two runs, each anchored; and ways to rewrite it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from tests.ledger.conftest import MOMENT, Kept
from triage_agent.decision import events, run_events
from triage_agent.decision.events import Event
from triage_agent.decision.item import Mode, Record
from triage_agent.ledger import anchors, chain, rows, tables
from triage_agent.ledger.anchors import Anchor, AnchorFile
from triage_agent.ledger.chain import Head, Sealed
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.verify import Verdict, verify

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
STARTED = run_events.Started(
    mode="live", page_version=4, page_sha256="p", prompts_sha256="q", model="m", unfinished=0
)
FINISHED = run_events.Finished(received=1, settled=1, escalated=0, failed=0, deferred=0, refused=0)
SETTLED = events.Planned(names=(), category="demo_request")
FIRST_RUN = "the anchor of run-1 (2026-11-23 09:30 UTC)"
SECOND_RUN = "the anchor of run-2 (2026-11-23 10:30 UTC)"


def received(record: str, text: str | None = None, mode: Mode = "live") -> Event:
    """An item begins, with a text or without."""
    kept = Record(object="Lead", id=record, fields={"Description": text}) if text else None
    return events.Received(mode=mode, object="Lead", record_id=record, record=kept)


def drafted(text: str) -> Event:
    return events.Drafted(action="draft_reply", words=2, text=text)


@dataclass(frozen=True)
class History:
    """A ledger, its file of anchors, and its tables behind its back."""

    ledger: Ledger
    file: AnchorFile
    database: Kept

    def append(self, run: int, *new: tuple[str, Event]) -> None:
        """Events of a run; each run is an hour after the one before."""
        self.ledger.append(f"run-{run}", _when(run), new)

    def anchor(self, run: int) -> Anchor:
        return anchors.anchor(self.ledger, self.file, f"run-{run}", _when(run))

    def verdict(self) -> Verdict:
        return verify(self.ledger, self.file)

    def faults(self) -> list[str]:
        return list(self.verdict().faults)

    def change(self, *statements: str) -> None:
        for statement in statements:
            self.database.change(statement)

    def rows(self) -> Rows:
        """All that the tables hold."""
        with self.database.begun() as connection:
            return {
                table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in _tables()
            }

    def put_back(self, kept: Rows) -> None:
        """Makes the tables hold this, and nothing else."""
        with self.database.begun() as connection:
            for table in _tables():
                connection.execute(table.delete())
                if kept[table.name]:
                    connection.execute(insert(table), list(kept[table.name]))

    def reseal(self, stream: str, **changed: Callable[[Sealed], Sealed]) -> None:
        """Rewrites events of a stream as somebody who knows how: `e1=…` changes event 1."""
        head = Head()
        with self.database.begun() as connection:
            ids = _ids(connection)
            for link in list(rows.stream_of(connection, stream)):
                change = changed.get(f"e{link.sequence}", _same)
                sealed = chain.with_hash(change(link), head.hash)
                head = Head(link.sequence + 1, sealed.hash)
                _rewrite(connection, sealed, ids)
            mine = tables.items.c.stream == ids[stream]
            end: dict[str, Any] = {"length": head.length, "head": bytes.fromhex(head.hash)}
            connection.execute(update(tables.items).where(mine).values(end))

    def put_in(self, stream: str, event: Event, *, number: int | None = None) -> None:
        """Adds an event that is chained correctly, and leaves the projection as it is."""
        links = self.ledger.sealed(stream)
        head = Head(len(links), links[-1].hash) if links else Head()
        happened = events.Happened(at=_when(2), run="run-2", event=event)
        link = chain.seal(stream, head, happened, chain.random_salt)
        with self.database.begun() as connection:
            ids = _ids(connection)
            if stream not in ids:
                ids[stream] = max(ids.values()) + 1
                row = {"id": ids[stream], "name": stream}
                connection.execute(insert(tables.streams).values(row))
            rows.add(connection, [link], ids)
            if number is not None:
                last = select(func.max(tables.events.c.number)).scalar_subquery()
                moved = update(tables.events).where(tables.events.c.number == last)
                connection.execute(moved.values(number=number))


def _tables() -> list[Table]:
    return [tables.streams, tables.events, tables.payloads, tables.items]


def _when(run: int) -> datetime:
    return MOMENT + timedelta(hours=run - 1)


def _ids(connection: Connection) -> dict[str, int]:
    named = connection.execute(select(tables.streams.c.name, tables.streams.c.id))
    return {row.name: row.id for row in named}


def _rewrite(connection: Connection, link: Sealed, ids: Mapping[str, int]) -> None:
    """Puts an event where the one of the same place was."""
    events_, payloads = (
        (table, (table.c.stream == ids[link.stream]) & (table.c.sequence == link.sequence))
        for table in (tables.events, tables.payloads)
    )
    number = connection.execute(select(tables.events.c.number).where(events_[1])).scalar_one()
    for table, place in (events_, payloads):
        connection.execute(table.delete().where(place))
    rows.add(connection, [link], ids)
    connection.execute(update(tables.events).where(events_[1]).values(number=number))


def _same(link: Sealed) -> Sealed:
    return link


def with_body(old: str, new: str) -> Callable[[Sealed], Sealed]:
    """A change of an event's text, for `reseal`."""

    def changed(link: Sealed) -> Sealed:
        assert old in link.body
        return replace(link, body=link.body.replace(old, new))

    return changed


def filled(ledger: Ledger, database: Kept, folder: Path) -> History:
    """Two runs, three items, five texts. Numbers: events 1 to 14, in the order below."""
    history = History(ledger, AnchorFile(folder / "ledger.db-anchors.jsonl"), database)
    history.append(1, ("run-1", STARTED), ("item-1", received("1", "Lind one")))
    history.append(1, ("item-1", drafted("Dear one")), ("item-2", received("2", "Lind two")))
    history.append(1, ("item-1", SETTLED), ("item-2", drafted("Dear two")), ("run-1", FINISHED))
    history.anchor(1)
    history.append(2, ("run-2", STARTED), ("item-3", received("3", "Lind three")))
    history.append(2, ("item-2", SETTLED), ("item-3", SETTLED), ("run-2", FINISHED))
    history.anchor(2)
    return history
