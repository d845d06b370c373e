"""Where a ledger lies. Invariant: what a transaction confirmed will be found there again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from triage_agent.errors import WrongUsage
from triage_agent.ledger.failures import GONE, failed, first_words, stopped, trouble
from triage_agent.ledger.migrate import migrate

NO_WORKERS = (
    "workers need a ledger on PostgreSQL: name it in TRIAGE_LEDGER_URL, like postgresql://HOST/NAME"
)


class Database(ABC):
    """Transactions and the runs' lock. `place` names it to people, without credentials."""

    insert: Callable[[Table], Any]
    """An INSERT of this database's own, which can be told what to do on a conflict."""

    def __init__(self, engine: Engine, place: str, secrets: list[str]) -> None:
        self.engine, self.place, self._secrets = engine, place, secrets

    def prepare(self) -> None:
        """Makes or upgrades the tables; `WrongUsage` where this can't be a ledger."""
        try:
            with self.engine.begin() as connection:
                self.check_fit(connection)
                migrate(connection)
        except DBAPIError as exc:
            words = first_words(exc, self._secrets)
            found = trouble(exc)
            if found and found is not GONE:  # what was never there is a wrong address
                raise stopped(self.place, found, words) from exc
            raise WrongUsage(f"the ledger {self.place} can't be opened: {words}") from exc

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing, and durable at its end; `LedgerFailed` where that can't be."""
        try:
            with self.begun() as connection:
                yield connection
        except DBAPIError as exc:
            raise failed(self.place, exc) from exc

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection of its own to read with, from any thread."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as exc:
            raise failed(self.place, exc) from exc

    @contextmanager
    def snapshot(self, *, settled: bool = False) -> Iterator[Connection]:
        """A connection of its own, whose every read sees the same moment.

        `settled`: one at which no append was half done, so that later ones have higher numbers;
        appends wait until it ends.
        """
        try:
            with self.engine.connect() as connection:
                self.hold_still(connection, settled=settled)
                yield connection
        except DBAPIError as exc:
            raise failed(self.place, exc) from exc

    @abstractmethod
    def hold_still(self, connection: Connection, *, settled: bool) -> None:
        """Has a connection see one moment from its next read on."""

    @abstractmethod
    def scrub(self) -> bool:
        """Leaves nothing in the database's files of what was deleted; whether it could."""

    @abstractmethod
    def check_fit(self, connection: Connection) -> None:
        """Raises `WrongUsage` where the database can't hold every text."""

    @abstractmethod
    def begun(self) -> AbstractContextManager[Connection]:
        """A transaction, with the database's own errors."""

    @abstractmethod
    def only_run(self, run: str, now: datetime) -> AbstractContextManager[None]:
        """Holds the lock of this ledger's runs; `RunRefused` names the run that holds it."""

    def only_batch(self, batch: str, now: datetime) -> AbstractContextManager[None]:
        """Holds the lock of one batch; `RunRefused` names the worker that holds it."""
        raise WrongUsage(
            f"{batch} ({now:%H:%M:%S}): {NO_WORKERS}, and the ledger {self.place} is a file"
        )

    def batches(self) -> list[str]:
        """The batches that workers have or will take, by name; a file has none."""
        return []

    @abstractmethod
    def only_reminder(self, run: str, now: datetime) -> AbstractContextManager[None]:
        """Holds the lock of whoever reminds people; likewise."""
