"""A ledger in a PostgreSQL database, for more than one machine.

A run holds a session's advisory lock and writes through that very session. So the lock ends with
its process, wherever that was, and whoever lost the lock can write no more.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from triage_agent.errors import RunRefused, WrongUsage
from triage_agent.ledger.database import Database
from triage_agent.ledger.failures import LOST, failed, stopped

DRIVER = "postgresql+psycopg"
RUN_LOCK, REMINDER_LOCK = 1_953_655_143, 1_953_655_145
"""The keys of the advisory locks; they have a database to themselves, so any number will do."""
_BATCHES = 2**31
"""From this key on each batch has its own; that two have the same makes one wait."""
_LONGEST_NAME = 63
_ALIVE = {
    "connect_timeout": "10",  # seconds, as are the next two
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "6",
    "tcp_user_timeout": "60000",  # milliseconds
}
_SETTINGS = {
    "synchronous_commit": "on",
    # A machine that dies says no good-bye: the server asks, so that its lock ends within minutes.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
}
_NAME = text("SELECT set_config('application_name', :name, false)")
_LOCK = text("SELECT pg_try_advisory_lock(:key)")
_UNLOCK = text("SELECT pg_advisory_unlock(:key)")
_HOLDER = text("""
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = 0 AND objid = :key AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


_HANDS_OUT = text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")
_BATCHES_LEFT = text("""
    SELECT args->>'batch' FROM procrastinate_jobs
    WHERE args ? 'batch' AND status IN ('todo', 'doing')
""")
"""In whichever queue: what a newer program hands out may be in one of its own."""


class PostgresDatabase(Database):
    insert = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        named = url.host or url.query.get("host") or "localhost"
        host = named if isinstance(named, str) else ",".join(named)
        port = f":{url.port}" if url.port else ""
        secrets = [str(url.password or ""), str(url.query.get("password") or "")]
        engine = create_engine(
            url.set(drivername=DRIVER),
            isolation_level="READ COMMITTED",  # a server's default may show the past to a waiter
            hide_parameters=True,
            connect_args={k: v for k, v in _ALIVE.items() if k not in url.query}
            | {"client_encoding": "utf8"},
        )
        super().__init__(engine, f"{host}{port}/{url.database or ''}", secrets)
        event.listen(engine, "connect", _set_up)
        self._run: Connection | None = None

    def check_fit(self, connection: Connection) -> None:
        encoding = connection.execute(text("SHOW server_encoding")).scalar()
        if encoding != "UTF8":
            raise WrongUsage(
                f"the ledger {self.place} has the encoding {encoding}, which lacks characters "
                "that people write; make a database with ENCODING 'UTF8' TEMPLATE template0",
            )

    def hold_still(self, connection: Connection, *, settled: bool) -> None:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        if settled:  # an append that is under way has taken its numbers already
            connection.execute(text("LOCK TABLE events IN SHARE MODE"))

    def scrub(self) -> bool:
        with self.reading() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            alone.execute(text("VACUUM payloads"))
        return True

    @contextmanager
    def begun(self) -> Iterator[Connection]:
        if self._run is None:
            with self.engine.begin() as connection:
                yield connection
            return
        if self._run.invalidated:  # it would connect anew, without the lock
            raise stopped(self.place, LOST)
        with self._run.begin():
            yield self._run

    def only_run(self, run: str, now: datetime) -> AbstractContextManager[None]:
        return self._writing_through(RUN_LOCK, run, now)

    def only_batch(self, batch: str, now: datetime) -> AbstractContextManager[None]:
        return self._writing_through(_BATCHES + crc32(batch.encode()) % _BATCHES, batch, now)

    @contextmanager
    def _writing_through(self, key: int, run: str, now: datetime) -> Iterator[None]:
        with self._holding(key, run, now) as connection:
            self._run = connection
            try:
                yield
            finally:
                self._run = None

    def batches(self) -> list[str]:
        with self.transaction() as connection:
            if not connection.execute(_HANDS_OUT).scalar():
                return []
            return [str(name) for name in connection.execute(_BATCHES_LEFT).scalars()]

    @contextmanager
    def only_reminder(self, run: str, now: datetime) -> Iterator[None]:
        with self._holding(REMINDER_LOCK, run, now) as connection:
            yield
            with suppress(DBAPIError), connection.begin():  # the session's end may take a moment
                connection.execute(_UNLOCK, {"key": REMINDER_LOCK})

    @contextmanager
    def _holding(self, key: int, run: str, now: datetime) -> Iterator[Connection]:
        """The session that holds a lock."""
        try:
            connection = self.engine.connect()
        except DBAPIError as exc:
            raise failed(self.place, exc) from exc
        with connection:
            connection.detach()  # closing it ends the session, and the lock with it
            self._lock(connection, key, run, now)
            yield connection

    def _lock(self, connection: Connection, key: int, run: str, now: datetime) -> None:
        """Takes the lock for the connection's session; named first, so that others see by whom."""
        try:
            with connection.begin():
                connection.execute(_NAME, {"name": _name(run, now)})
                if connection.execute(_LOCK, {"key": key}).scalar():
                    return
                holder = connection.execute(_HOLDER, {"key": key}).scalar()
        except DBAPIError as exc:
            raise failed(self.place, exc) from exc
        raise RunRefused(
            f"{_told(holder or '')} holds the lock; it is released when that run ends",
        )


def _name(run: str, now: datetime) -> str:
    """What a session is called: all that a refused run is told, the host cut where it must be."""
    whole = f"{run} {os.getpid()} {now:%H:%M:%S} {socket.gethostname()}"
    return whole.encode("ascii", "replace")[:_LONGEST_NAME].decode()


def _told(name: str) -> str:
    """What `_name` says, as a sentence's subject; a name from elsewhere as it is."""
    try:
        run, process, since, host = name.split(" ", 3)
    except ValueError:  # a session that may not see the other's name, or whose holder just ended
        return name or "another run"
    return f"{run} (process {process} on {host}, since {since})"


def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DB-API connection
    with connection.cursor() as cursor:
        for name, value in _SETTINGS.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()
