"""Everything the sandbox holds: records by object and id, messages by channel and time.

A record or message is replaced, never changed in place, and only within `changing()`: at its end
all changes are durable together, or, after an error, none has happened.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

from triage_agent.sandbox.journal import Change, Journal

Record = Mapping[str, Any]
Message = Mapping[str, Any]


class Store:
    """`keys`: of every object the fields that records are looked up by, besides their Id.

    `journal`: where changes last; None keeps them in memory only.
    """

    def __init__(self, keys: Mapping[str, Sequence[str]], journal: Journal | None) -> None:
        self._keys = keys
        self._journal = journal
        self._records: dict[str, dict[str, Record]] = {name: {} for name in keys}
        self._messages: dict[str, dict[str, Message]] = defaultdict(dict)
        self._holders: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._done: list[Change] = []
        self._undo: list[Callable[[], None]] = []
        if journal:
            for change in journal.changes():
                self._restore(change)
            journal.start_over(self._everything())

    @property
    def is_empty(self) -> bool:
        return not any(self._records.values())

    def records(self, entity: str) -> Iterable[Record]:
        """All records of an object, oldest first, those in the recycle bin among them."""
        return self._records[entity].values()

    def count(self, entity: str) -> int:
        return len(self._records[entity])

    def record(self, entity: str, identifier: str) -> Record | None:
        return self._records[entity].get(identifier)

    def any_record(self, identifier: str, entities: Iterable[str]) -> tuple[str, Record] | None:
        """The record of that id and its object, among these objects."""
        for entity in entities:
            record = self._records[entity].get(identifier)
            if record is not None:
                return entity, record
        return None

    def holding(self, entity: str, field: str, value: object) -> list[Record]:
        """The live records with that value in a unique or external-id field, any case."""
        found = self._holders.get((entity, field, str(value).lower()), ())
        return [self._records[entity][identifier] for identifier in sorted(found)]

    def put(self, entity: str, record: Record) -> None:
        before = self._records[entity].get(record["Id"])
        self._undo.append(partial(self._set_record, entity, record["Id"], before))
        self._set_record(entity, record["Id"], record)
        self._done.append({"object": entity, "record": record})

    def show_instead(self, entity: str, record: Record, other: Record) -> None:
        """Hold another record in one's place as long as the store lives; the journal keeps it."""
        self._set_record(entity, record["Id"], None)
        self._set_record(entity, other["Id"], other)

    def messages(self, channel: str) -> Iterable[Message]:
        """A channel's messages and thread replies, oldest first."""
        return self._messages[channel].values()

    def message(self, channel: str, ts: str) -> Message | None:
        return self._messages[channel].get(ts)

    def put_message(self, channel: str, message: Message) -> None:
        before = self._messages[channel].get(message["ts"])
        self._undo.append(partial(_set, self._messages[channel], message["ts"], before))
        _set(self._messages[channel], message["ts"], message)
        self._done.append({"channel": channel, "message": message})

    @contextmanager
    def changing(self) -> Iterator[None]:
        """All changes made within last together; after an error none of them is left."""
        try:
            yield
            if self._journal and self._done:
                self._journal.append(self._done)
        except BaseException:
            self.take_back()
            raise
        finally:
            self._done, self._undo = [], []

    @property
    def changes(self) -> int:
        """How many changes were made so far within `changing()`."""
        return len(self._done)

    def take_back(self, since: int = 0) -> None:
        """Undo the changes within `changing()` but for the first `since`."""
        for undo in reversed(self._undo[since:]):
            undo()
        del self._done[since:], self._undo[since:]

    def _restore(self, change: Change) -> None:
        if "channel" in change:
            message = change["message"]
            _set(self._messages[change["channel"]], message["ts"], message)
        else:
            record = change["record"]
            self._set_record(change["object"], record["Id"], record)

    def _set_record(self, entity: str, identifier: str, record: Record | None) -> None:
        for key in self._keys_of(entity, self._records[entity].get(identifier)):
            self._holders[key].discard(identifier)
        _set(self._records[entity], identifier, record)
        for key in self._keys_of(entity, record):
            self._holders[key].add(identifier)

    def _keys_of(self, entity: str, record: Record | None) -> list[tuple[str, str, str]]:
        if record is None or record["IsDeleted"]:
            return []
        return [
            (entity, field, str(record[field]).lower())
            for field in self._keys[entity]
            if record.get(field) is not None
        ]

    def _everything(self) -> Iterator[Change]:
        return chain(
            (
                {"object": entity, "record": record}
                for entity, records in self._records.items()
                for record in records.values()
            ),
            (
                {"channel": channel, "message": message}
                for channel, messages in self._messages.items()
                for message in messages.values()
            ),
        )


def _set(values: dict[str, Record], key: str, value: Record | None) -> None:
    if value is None:
        del values[key]
    else:
        values[key] = value
