"""A ledger in a file. SQLite goes on writing into a file that is no longer there: we look."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import ConnectionPoolEntry

from triage_agent.ledger import lock
from triage_agent.ledger.database import Database
from triage_agent.ledger.failures import GONE, stopped

PATIENCE = 10_000
"""Milliseconds that a transaction waits for another process to end its own."""
_TRIES = 10
_PRAGMAS = (
    "synchronous=FULL",
    "secure_delete=ON",  # what is erased is overwritten
)
Identity = tuple[int, int] | None
"""Device and inode of a file; None where there is none."""


class SqliteDatabase(Database):
    insert = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        self._path = Path(url.database or "").resolve()
        super().__init__(create_engine(url, hide_parameters=True), str(url.database), [])
        self._file: Identity = None
        event.listen(self.engine, "connect", self._connected)

    def _connected(self, connection: Any, record: ConnectionPoolEntry) -> None:  # noqa: ANN401 - a DB-API connection
        connection.execute(f"PRAGMA busy_timeout={PATIENCE}")
        _write_ahead(connection)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # opens the log, too
        self._file = self._file or _identity(self._path)
        record.info["log"] = _identity(self._log)

    @property
    def _log(self) -> Path:
        return self._path.with_name(f"{self._path.name}-wal")

    def check_fit(self, connection: Connection) -> None:
        """A file holds any text."""

    def hold_still(self, connection: Connection, *, settled: bool) -> None:  # noqa: ARG002 - always
        connection.exec_driver_sql("BEGIN")

    def scrub(self) -> bool:
        """Moves all of the log into the file, and cuts the log off, once nobody reads in it."""
        with self.reading() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        return not busy

    @contextmanager
    def begun(self) -> Iterator[Connection]:
        if self._file not in (None, _identity(self._path)):
            raise stopped(self.place, GONE)  # before a connection would make an empty file
        with self.engine.connect() as connection:
            with connection.begin():
                yield connection
            if (self._file, connection.info["log"]) != tuple(
                map(_identity, (self._path, self._log))
            ):
                raise stopped(self.place, GONE)

    def only_run(self, run: str, now: datetime) -> AbstractContextManager[None]:
        return lock.only_run(self._path.with_name(f"{self._path.name}.lock"), run, now)

    def only_reminder(self, run: str, now: datetime) -> AbstractContextManager[None]:
        return lock.only_run(self._path.with_name(f"{self._path.name}.reminders.lock"), run, now)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turns the log on. In a new file this fails at once where others do it too: so we wait."""
    for tried in range(1, _TRIES + 1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or tried == _TRIES:
                raise
            connection.execute("BEGIN EXCLUSIVE")  # this waits, as long as it may, for the others
            connection.execute("ROLLBACK")
        else:
            return


def _identity(path: Path) -> Identity:
    try:
        found = path.stat()
    except OSError:  # also a folder that is gone, or may no longer be entered
        return None
    return found.st_dev, found.st_ino
