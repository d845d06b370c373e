"""The ledger's store. Invariant: an event is never changed, and never lost once appended.

`append` is one transaction and durable when it returns; the projection in `items` is written
with the events and says nothing that they don't. `chain.check` proves each stream.
One run writes at a time (`only_run`), from one thread.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Insert, delete, func, insert, or_, select

from triage_agent.chunks import chunks
from triage_agent.decision.events import Event, Happened
from triage_agent.decision.item import Mode
from triage_agent.decision.progress import Story
from triage_agent.errors import AnotherOrg
from triage_agent.ledger.chain import Head, Payload, Sealed, opened, random_salt, seal
from triage_agent.ledger.database import Database
from triage_agent.ledger.opening import open_database
from triage_agent.ledger.tables import belongs_to, events, items, payloads

_MANY = 500  # values in one IN list: below every database's limit
RUN_PREFIX = "run-"
"""How the stream of a run begins."""
ORG, WORKSPACE = "Salesforce org", "Slack workspace"
"""What a ledger is about, and stays about."""
AGENT = "agent"
"""The stream of what people do to the agent as a whole; every other stream is an item's."""


def is_item(stream: str) -> bool:
    """Whether a stream is an item's."""
    return stream != AGENT and not stream.startswith(RUN_PREFIX)


class Ledger:
    """Events by stream. The story of each item being worked on is kept folded."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._heads: dict[str, Head] = {}
        self._stories: dict[str, Story] = {}

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """Opens a ledger, creating or upgrading its tables.

        `WrongUsage` where the URL leads to none, `LedgerFailed` where it can't be used just now.
        """
        return cls(open_database(url))

    @property
    def place(self) -> str:
        """Where it lies, for people: a path, or a host and a database."""
        return self.database.place

    def close(self) -> None:
        """Lets go of the database."""
        self.database.engine.dispose()

    def only_run(self, run: str, now: datetime) -> AbstractContextManager[None]:
        """Holds the lock of this ledger's runs, on all machines; `RunRefused` says who has it.

        It ends with its process. Whoever lost it before can't append any more.
        """
        return self.database.only_run(run, now)

    def append(self, run: str, at: datetime, new: Sequence[tuple[str, Event]]) -> None:
        """Adds events to the ends of their streams, all or none; durable when this returns.

        `LedgerFailed`, and what was to follow must not be done, where they aren't there.
        """
        if not new:
            return
        with self._forgetting_on_failure(new), self.database.transaction() as connection:
            sealed = []
            self._find_heads(connection, [stream for stream, _ in new])
            for stream, what in new:
                happened = Happened(at=at, run=run, event=what)
                link = seal(stream, self._heads[stream], happened, random_salt)
                self._heads[stream] = Head(link.sequence + 1, link.hash)
                if is_item(stream):
                    self._story(connection, stream, link.sequence).tell(happened)
                sealed.append(link)
            _write(connection, sealed)
            self._project(connection, dict.fromkeys(stream for stream, _ in new))

    @contextmanager
    def _forgetting_on_failure(self, new: Sequence[tuple[str, Event]]) -> Iterator[None]:
        """What was rolled back must not live on in memory."""
        try:
            yield
        except BaseException:
            for stream, _ in new:
                self.forget(stream)
            raise

    def forget(self, stream: str) -> None:
        """Frees the memory that an item takes; it is read again when needed."""
        self._heads.pop(stream, None)
        self._stories.pop(stream, None)

    def story(self, item: str) -> Story:
        """Where an item stands. Read it, don't change it."""
        if item not in self._stories:
            with self.database.transaction() as connection:
                self._stories[item] = Story.of(_events(connection, item))
        return self._stories[item]

    def events(self, stream: str) -> list[Happened]:
        """All that happened in a stream, in order."""
        with self.database.transaction() as connection:
            return list(_events(connection, stream))

    def last(self, stream: str, *kinds: str) -> Happened | None:
        """The last of some kinds that happened in a stream, as it is now; from any thread."""
        query = _STREAM.where(events.c.stream == stream, events.c.kind.in_(kinds))
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(events.c.sequence.desc()).limit(1))
            return next((opened(_from_row(row)) for row in rows), None)

    def sealed(self, stream: str) -> list[Sealed]:
        """A stream as it is stored, for `chain.check`."""
        with self.database.transaction() as connection:
            return list(_sealed(connection, stream))

    def known(self, mode: Mode, record_ids: Iterable[str]) -> dict[str, list[str]]:
        """The items that there are of some records, oldest first, by record id."""
        found: dict[str, list[str]] = {}
        with self.database.transaction() as connection:
            for some in chunks(record_ids, _MANY):
                rows = connection.execute(
                    select(items.c.record_id, items.c.item)
                    .where(items.c.mode == mode, items.c.record_id.in_(some))
                    .order_by(items.c.number),
                )
                for record_id, item in rows:
                    found.setdefault(record_id, []).append(item)
        return found

    def unfinished(self, mode: Mode) -> list[str]:
        """The items that haven't ended, oldest first."""
        with self.database.transaction() as connection:
            rows = connection.execute(
                select(items.c.item)
                .where(items.c.mode == mode, items.c.status.in_(("open", "failed")))
                .order_by(items.c.number),
            )
            return list(rows.scalars())

    def streams(self) -> list[str]:
        """Every stream, in the order in which they began."""
        with self.database.transaction() as connection:
            began = func.min(events.c.number)
            rows = connection.execute(
                select(events.c.stream).group_by(events.c.stream).order_by(began),
            )
            return list(rows.scalars())

    def last_run(self) -> str | None:
        """The stream of the run that began last."""
        with self.database.transaction() as connection:
            query = select(events.c.stream).where(events.c.kind == "Started")
            return connection.execute(query.order_by(events.c.number.desc()).limit(1)).scalar()

    def told(self, stream: str, *kinds: str) -> list[Happened]:
        """What happened of some kinds in a stream, in order."""
        query = _STREAM.where(events.c.stream == stream, events.c.kind.in_(kinds))
        with self.database.transaction() as connection:
            rows = connection.execute(query.order_by(events.c.sequence))
            return [opened(_from_row(row)) for row in rows]

    def counts(self, mode: Mode) -> dict[str, int]:
        """How many items stand where, by status."""
        query = select(items.c.status, func.count()).where(items.c.mode == mode)
        with self.database.transaction() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(items.c.status))}

    def find(self, wanted: str) -> list[str]:
        """The streams that an id means: an item, a run, or all items of a record."""
        if not wanted.isprintable():  # no id is; and databases refuse some such text
            return []
        with self.database.transaction() as connection:
            rows = connection.execute(
                select(items.c.item)
                .where(or_(items.c.item == wanted, items.c.record_id == wanted))
                .order_by(items.c.number),
            )
            if found := list(rows.scalars()):
                return found
            exists = select(events.c.stream).where(events.c.stream == wanted).limit(1)
            return list(connection.execute(exists).scalars())

    def items_of(self, run: str) -> list[str]:
        """The items that a run worked on, in the order in which it took them up."""
        with self.database.transaction() as connection:
            rows = connection.execute(
                select(events.c.stream)
                .where(events.c.run == run, events.c.stream != run)
                .group_by(events.c.stream)
                .order_by(func.min(events.c.number)),
            )
            return list(rows.scalars())

    def worked_on(self, run: str, *whole: str) -> dict[str, list[Happened]]:
        """All that has happened to the items of a run, in the order in which it took them up.

        Only events of the kinds in `whole` come with their texts: the others are many, and large.
        """
        found: dict[str, list[Happened]] = {item: [] for item in self.items_of(run)}
        of_run = select(events.c.stream).where(events.c.run == run, events.c.stream != run)
        texts = (payloads.c.digest == events.c.private) & events.c.kind.in_(whole)
        query = (
            select(events, payloads.c.salt, payloads.c.body.label("text"))
            .outerjoin(payloads, texts)
            .where(events.c.stream.in_(of_run))
            .order_by(events.c.number)
        )
        with self.database.transaction() as connection:
            for row in connection.execute(query):
                found[row.stream].append(opened(_from_row(row)))
        return found

    def drop_texts(self, before: datetime) -> None:
        """Forgets texts that came before a moment; what happened stays, and the chain holds.

        An item that hasn't ended keeps its own: they are still needed.
        """
        texts = select(events.c.private, events.c.at).where(
            events.c.private.in_(select(payloads.c.digest))
        )
        ended = select(items.c.item).where(items.c.status.in_(("settled", "escalated")))
        old = select(events.c.private).where(
            events.c.at < before.isoformat(), events.c.stream.in_(ended)
        )
        with self.database.transaction() as connection:
            first = connection.execute(texts.order_by(events.c.number).limit(1)).first()
            if first and first.at < before.isoformat():
                connection.execute(delete(payloads).where(payloads.c.digest.in_(old)))

    def identity(self, system: str) -> str | None:
        """The org or workspace that the ledger is about, if it is bound to one yet."""
        query = select(belongs_to.c.identity).where(belongs_to.c.system == system)
        with self.database.transaction() as connection:
            return connection.execute(query).scalar()

    def claim_for(self, system: str, identity: str) -> None:
        """Binds the ledger to one org or workspace for good; another one is refused."""
        with self.database.transaction() as connection:
            query = select(belongs_to.c.identity).where(belongs_to.c.system == system)
            bound = connection.execute(query).scalar()
            if bound is None:
                row = {"system": system, "identity": identity}
                connection.execute(insert(belongs_to).values(row))
            elif bound != identity:
                raise AnotherOrg(
                    f"this ledger belongs to the {system} {bound}, the credentials lead to "
                    f"{identity}; correct them, or give this one a ledger of its own "
                    "with TRIAGE_LEDGER_URL",
                )

    def _find_heads(self, connection: Connection, streams: Iterable[str]) -> None:
        """Makes sure that the ends of these streams are known."""
        unknown = [stream for stream in dict.fromkeys(streams) if stream not in self._heads]
        self._heads |= dict.fromkeys(unknown, Head())
        for some in chunks(unknown, _MANY):
            rows = connection.execute(
                select(events.c.stream, events.c.sequence, events.c.hash)
                .where(events.c.stream.in_(some))
                .order_by(events.c.stream, events.c.sequence),
            )
            self._heads |= {row.stream: Head(row.sequence + 1, row.hash) for row in rows}

    def _story(self, connection: Connection, item: str, length: int) -> Story:
        if item not in self._stories:
            self._stories[item] = Story.of(_events(connection, item)) if length else Story()
        return self._stories[item]

    def _project(self, connection: Connection, streams: Iterable[str]) -> None:
        rows = [self._projected(stream) for stream in streams if is_item(stream)]
        if not rows:
            return
        connection.execute(self._upsert, rows)

    @cached_property
    def _upsert(self) -> Insert:
        statement = self.database.insert(items)
        changing = ("status", "failures", "length", "head")
        excluded: Any = statement.excluded
        changes = {name: excluded[name] for name in changing}
        upsert: Insert = statement.on_conflict_do_update(
            index_elements=[items.c.item], set_=changes
        )
        return upsert

    def _projected(self, item: str) -> dict[str, Any]:
        story, head = self._stories[item], self._heads[item]
        return {
            "item": item,
            "object": story.object,
            "record_id": story.record_id,
            "mode": story.mode,
            "status": story.status,
            "failures": len(story.failures),
            "length": head.length,
            "head": head.hash,
        }


_ADD_EVENTS, _ADD_PAYLOADS = insert(events), insert(payloads)


def _write(connection: Connection, sealed: Sequence[Sealed]) -> None:
    connection.execute(
        _ADD_EVENTS,
        [
            {
                "stream": link.stream,
                "sequence": link.sequence,
                "kind": link.kind,
                "at": link.at,
                "run": link.run,
                "body": link.body,
                "hash": link.hash,
                "private": link.payload.digest if link.payload else None,
            }
            for link in sealed
        ],
    )
    if kept := [link.payload.__dict__ for link in sealed if link.payload]:
        connection.execute(_ADD_PAYLOADS, kept)


_STREAM = select(events, payloads.c.salt, payloads.c.body.label("text")).outerjoin(
    payloads, payloads.c.digest == events.c.private
)


def _sealed(connection: Connection, stream: str) -> Iterator[Sealed]:
    query = _STREAM.where(events.c.stream == stream).order_by(events.c.sequence)
    return map(_from_row, connection.execute(query))


def _from_row(row: Any) -> Sealed:  # noqa: ANN401 - a row of `_STREAM`
    payload = Payload(row.private, row.salt, row.text) if row.salt else None
    return Sealed(row.stream, row.sequence, row.kind, row.at, row.run, row.body, row.hash, payload)


def _events(connection: Connection, stream: str) -> Iterator[Happened]:
    return (opened(sealed) for sealed in _sealed(connection, stream))
