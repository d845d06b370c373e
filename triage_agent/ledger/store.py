"""The ledger's store. Invariant: an event is never changed, and never lost once appended.

`append` is one transaction and durable when it returns; the projection in `items` is written
with the events and says nothing that they don't. `chain.check` proves each stream.
One run writes at a time (`only_run`), from one thread.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Insert, Select, func, select

from triage_agent.chunks import chunks
from triage_agent.decision.events import Event, Happened
from triage_agent.decision.item import Mode
from triage_agent.decision.story import Story
from triage_agent.errors import AnotherOrg, StreamMoved
from triage_agent.ledger import rows
from triage_agent.ledger.chain import Head, Sealed, opened, random_salt, seal
from triage_agent.ledger.database import Database
from triage_agent.ledger.opening import open_database
from triage_agent.ledger.projection import projected
from triage_agent.ledger.rows import OF_EVENT, SEALED
from triage_agent.ledger.tables import WAITING, belongs_to, events, items, streams

_NOTHING: Mapping[str, int] = MappingProxyType({})
_TRIES = 9  # others tell of something once in a while, not all the time
RUN_PREFIX = "run-"
"""How the stream of a run begins."""
ORG, WORKSPACE, APP = "Salesforce org", "Slack workspace", "Slack app"
"""What a ledger is about, and stays about."""
AGENT = "agent"
"""The stream of what people do to the agent as a whole; every other stream is an item's."""


def is_item(stream: str) -> bool:
    """Whether a stream is an item's."""
    return stream != AGENT and not stream.startswith(RUN_PREFIX)


class Ledger:
    """Events by stream. The story of each item being worked on is kept folded."""

    def __init__(self, database: Database, anchors: Path | None = None) -> None:
        self.database, self.anchors = database, anchors
        self._ids: dict[str, int] = {}
        self._heads: dict[str, Head] = {}
        self._stories: dict[str, Story] = {}

    @classmethod
    def open(cls, url: str, anchors: Path | None = None) -> "Ledger":
        """Opens a ledger, creating or upgrading its tables; `anchors`: the file that tells of it.

        `WrongUsage` where the URL leads to none, `LedgerFailed` where it can't be used just now.
        """
        return cls(open_database(url), anchors)

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

    def only_batch(self, batch: str, now: datetime) -> AbstractContextManager[None]:
        """Holds the lock of one batch, likewise; `WrongUsage` where the database has no such."""
        return self.database.only_batch(batch, now)

    def only_reminder(self, run: str, now: datetime) -> AbstractContextManager[None]:
        """Holds the lock of whoever reminds people, so that nobody is told twice; likewise."""
        return self.database.only_reminder(run, now)

    def append(
        self,
        run: str,
        at: datetime,
        new: Sequence[tuple[str, Event]],
        also: Callable[[Connection], object] | None = None,
        after: Mapping[str, int] = _NOTHING,
    ) -> None:
        """Adds events to the ends of their streams, all or none; durable when this returns.

        `also`: done in the same transaction, with these or not at all. `after`: how many events
        some streams had when this was decided; `StreamMoved` where they have others by now.
        `LedgerFailed`, and what was to follow must not be done, where they aren't there.
        """
        if not new:
            return
        with self._forgetting_on_failure(new), self.database.transaction() as connection:
            links = []
            for stream in after:
                self.forget(stream)
            self._find_streams(connection, dict.fromkeys([run, *(stream for stream, _ in new)]))
            if any(self._heads[stream].length != length for stream, length in after.items()):
                raise StreamMoved(f"the ledger {self.place}: somebody else was faster")
            for stream, what in new:
                happened = Happened(at=at, run=run, event=what)
                link = seal(stream, self._heads[stream], happened, random_salt)
                self._heads[stream] = Head(link.sequence + 1, link.hash)
                if is_item(stream):
                    self._story(connection, stream, link.sequence).tell(happened)
                links.append(link)
            rows.add(connection, links, self._ids)
            if also:
                also(connection)
            self._project(connection, dict.fromkeys(stream for stream, _ in new))

    def keep(self, run: str, at: datetime, new: Sequence[tuple[str, Event]]) -> None:
        """Adds what has happened, whatever others tell of the same streams at that moment."""
        for _ in range(_TRIES):
            try:
                self.append(run, at, new)
            except StreamMoved:
                continue
            return
        self.append(run, at, new)

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
        for kept in (self._ids, self._heads, self._stories):
            kept.pop(stream, None)

    def story(self, item: str) -> Story:
        """Where an item stands. Read it, don't change it."""
        if item not in self._stories:
            with self.database.transaction() as connection:
                self._stories[item] = Story.of(rows.happened(connection, item))
        return self._stories[item]

    def events(self, stream: str) -> list[Happened]:
        """All that happened in a stream, in order."""
        with self.database.transaction() as connection:
            return list(rows.happened(connection, stream))

    def last(self, stream: str | None, *kinds: str) -> Happened | None:
        """The last of some kinds that happened in a stream, or in any, as it is now.

        It may be asked from any thread.
        """
        query = SEALED.where(events.c.kind.in_(kinds))
        with self.database.reading() as connection:
            if stream is None:
                found = rows.newest(connection, query)
            else:
                query = query.where(streams.c.name == stream).order_by(events.c.sequence.desc())
                found = connection.execute(query.limit(1)).first()
        return opened(rows.sealed(found)) if found else None

    def sealed(self, stream: str) -> list[Sealed]:
        """A stream as it is stored, for `chain.check`."""
        with self.database.transaction() as connection:
            return list(rows.stream_of(connection, stream))

    def known(self, mode: Mode, record_ids: Iterable[str]) -> dict[str, list[str]]:
        """The items that there are of some records, oldest first, by record id."""
        found: dict[str, list[str]] = {}
        with self.database.transaction() as connection:
            for some in chunks(record_ids, rows.MANY):
                records = connection.execute(
                    select(items.c.record_id, streams.c.name)
                    .join(streams, streams.c.id == items.c.stream)
                    .where(items.c.mode == mode, items.c.record_id.in_(some))
                    .order_by(items.c.stream),
                )
                for record_id, item in records:
                    found.setdefault(record_id, []).append(item)
        return found

    def requeued(self, mode: Mode) -> set[str]:
        """The withdrawn items whose records somebody wants taken up afresh."""
        query = (
            select(streams.c.name)
            .join(items, items.c.stream == streams.c.id)
            .join(events, events.c.stream == streams.c.id)
            .where(items.c.mode == mode, items.c.status == "withdrawn")
            .where(events.c.kind == "Requeued")
        )
        return {*self._names(query)}

    def unfinished(self, mode: Mode) -> list[str]:
        """The items that haven't ended, oldest first."""
        query = (
            select(streams.c.name)
            .join(items, items.c.stream == streams.c.id)
            .where(items.c.mode == mode, items.c.status.in_(("open", "failed")))
            .order_by(items.c.stream)
        )
        return self._names(query)

    def waiting(self, mode: Mode) -> list[tuple[str, int]]:
        """The items that wait for people, oldest first, and how many events each has."""
        query = (
            select(streams.c.name, items.c.length)
            .join(items, items.c.stream == streams.c.id)
            .where(items.c.mode == mode, WAITING)
            .order_by(items.c.stream)
        )
        with self.database.transaction() as connection:
            return [(row.name, row.length) for row in connection.execute(query)]

    def streams(self) -> list[str]:
        """Every stream, in the order in which they began."""
        began = events.c.sequence == 0
        query = select(streams.c.name).join(events, events.c.stream == streams.c.id)
        return self._names(query.where(began).order_by(events.c.number))

    def last_run(self) -> str | None:
        """The stream of the run that began last."""
        started = self.last(None, "Started")
        return started.run if started else None

    def told(self, stream: str, *kinds: str) -> list[Happened]:
        """What happened of some kinds in a stream, in order."""
        query = SEALED.where(streams.c.name == stream, events.c.kind.in_(kinds))
        with self.database.transaction() as connection:
            found = connection.execute(query.order_by(events.c.sequence))
            return [opened(rows.sealed(row)) for row in found]

    def counts(self, mode: Mode) -> dict[str, int]:
        """How many items stand where, by status."""
        query = select(items.c.status, func.count()).where(items.c.mode == mode)
        with self.database.transaction() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(items.c.status))}

    def find(self, wanted: str) -> list[str]:
        """The streams that an id means: an item, a run, or all items of a record."""
        if not wanted.isprintable():  # no id is; and databases refuse some such text
            return []
        of_record = (
            select(streams.c.name)
            .join(items, items.c.stream == streams.c.id)
            .where(items.c.record_id == wanted)
            .order_by(items.c.stream)
        )
        named = select(streams.c.name).where(streams.c.name == wanted)
        return self._names(named) or self._names(of_record)

    def beginning(self, prefix: str) -> list[str]:
        """The items whose ids begin so."""
        if not prefix.isprintable():
            return []
        query = (
            select(streams.c.name)
            .join(items, items.c.stream == streams.c.id)
            .where(streams.c.name.startswith(prefix, autoescape=True))
            .order_by(items.c.stream)
        )
        return self._names(query)

    def items_of(self, run: str) -> list[str]:
        """The items that a run worked on, in the order in which it took them up.

        That it heard what had become of an item is no work on it.
        """
        query = (
            select(streams.c.name)
            .join(items, items.c.stream == streams.c.id)
            .join(events, events.c.stream == streams.c.id)
            .where(
                events.c.run == select(streams.c.id).where(streams.c.name == run).scalar_subquery(),
                events.c.kind != "Outcome",
            )
            .group_by(streams.c.name)
            .order_by(func.min(events.c.number))
        )
        return self._names(query)

    def changed_since(self, moment: datetime) -> list[str]:
        """The items for which something was about to be done at a moment or after it, in order."""
        query = (
            select(streams.c.name)
            .join(items, items.c.stream == streams.c.id)
            .join(events, events.c.stream == streams.c.id)
            .where(events.c.at >= rows.micros(moment), events.c.kind == "Intended")
            .group_by(streams.c.name)
            .order_by(func.min(events.c.number))
        )
        return self._names(query)

    def worked_on(self, run: str, *whole: str) -> dict[str, list[Happened]]:
        """All that has happened to the items of a run, in the order in which it took them up.

        Only events of the kinds in `whole` come with their texts: the others are many, and large.
        """
        found: dict[str, list[Happened]] = {item: [] for item in self.items_of(run)}
        number = select(streams.c.id).where(streams.c.name == run).scalar_subquery()
        of_run = (
            select(events.c.stream)
            .join(items, items.c.stream == events.c.stream)
            .where(events.c.run == number, events.c.kind != "Outcome")
        )
        query = rows.selected(OF_EVENT & events.c.kind.in_(whole))
        query = query.where(events.c.stream.in_(of_run)).order_by(events.c.number)
        with self.database.transaction() as connection:
            for row in connection.execute(query):
                found[row.name].append(opened(rows.sealed(row)))
        return found

    def _names(self, query: Select[tuple[str]]) -> list[str]:
        with self.database.transaction() as connection:
            return [str(name) for name in connection.execute(query).scalars()]

    def identity(self, system: str) -> str | None:
        """The org, workspace or app that the ledger is about, if it is bound to one yet."""
        query = select(belongs_to.c.identity).where(belongs_to.c.system == system)
        with self.database.transaction() as connection:
            return connection.execute(query).scalar()

    def claim_for(self, system: str, identity: str) -> None:
        """Binds the ledger to one org, workspace or app for good; another one is refused."""
        with self.database.transaction() as connection:
            query = select(belongs_to.c.identity).where(belongs_to.c.system == system)
            bound = connection.execute(query).scalar()
            if bound is None:
                row = {"system": system, "identity": identity}
                first = self.database.insert(belongs_to).on_conflict_do_nothing()
                connection.execute(first, row)  # somebody else may be first just now
                bound = connection.execute(query).scalar()
            if bound != identity:
                raise AnotherOrg(
                    f"this ledger belongs to the {system} {bound}, the credentials lead to "
                    f"{identity}; correct them, or give this one a ledger of its own "
                    "with TRIAGE_LEDGER_URL",
                )

    def _find_streams(self, connection: Connection, names: Iterable[str]) -> None:
        """Makes sure that these streams have a number, and that their ends are known."""
        unknown = [name for name in names if name not in self._ids]
        self._ids |= rows.numbered(connection, unknown)
        if new := [name for name in unknown if name not in self._ids]:
            statement = self.database.insert(streams).on_conflict_do_nothing()
            connection.execute(statement, [{"name": name} for name in new])
            self._ids |= rows.numbered(connection, new)
        self._heads |= dict.fromkeys(unknown, Head()) | rows.heads(
            connection, set(unknown) - {*new}
        )

    def _story(self, connection: Connection, item: str, length: int) -> Story:
        if item not in self._stories:
            self._stories[item] = Story.of(rows.happened(connection, item)) if length else Story()
        return self._stories[item]

    def _project(self, connection: Connection, names: Iterable[str]) -> None:
        if projected := [self._projected(stream) for stream in names if is_item(stream)]:
            connection.execute(self._upsert, projected)

    @cached_property
    def _upsert(self) -> Insert:
        statement = self.database.insert(items)
        changing = (
            *("status", "failures", "length", "head", "waits"),
            *("category", "rules", "tokens", "cost"),
        )
        excluded: Any = statement.excluded
        changes = {name: excluded[name] for name in changing}
        upsert: Insert = statement.on_conflict_do_update(
            index_elements=[items.c.stream], set_=changes
        )
        return upsert

    def _projected(self, item: str) -> dict[str, Any]:
        story, head = self._stories[item], self._heads[item]
        return {
            "stream": self._ids[item],
            "length": head.length,
            "head": bytes.fromhex(head.hash),
            **projected(story),
        }
