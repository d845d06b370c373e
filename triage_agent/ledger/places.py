"""Places at the model: so many questions at once as the page says, whatever workers there are.

Each place is a lock of PostgreSQL's, so no two workers have the same one, and a worker that dies
leaves its own free. Who works has an equal part of them.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from triage_agent.ledger.failures import failed
from triage_agent.ledger.store import Ledger

AGAIN = 1.0
"""Seconds after which it is looked at again how many work."""
_WORKERS, _PLACES = 1_953_655_146, 1_953_655_147
_HERE = text("SELECT pg_advisory_lock_shared(:key)")
_COUNTED = text("""
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 0 AND objid = :key AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
_TAKE = text("""
    SELECT place FROM generate_series(1, :of) AS place
    WHERE CASE WHEN place = ANY(:held) THEN false
               ELSE pg_try_advisory_lock(CAST(:space AS int), CAST(place AS int)) END
    LIMIT :more
""")
_LEAVE = text("SELECT pg_advisory_unlock(CAST(:space AS int), CAST(:place AS int))")
_LEAVE_ALL = text("SELECT pg_advisory_unlock_all()")


class Places:
    """A worker's part, from now until it is closed."""

    def __init__(
        self, ledger: Ledger, of: int, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`of`: how many there are in all, which each worker names alike; `most`: of its own."""
        self._of, self._most, self._clock, self._place = of, most, clock, ledger.place
        self._held: list[int] = []
        self._due = clock()
        self._session = ledger.database.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        )
        self._session.detach()  # closing it ends the session, and its locks
        self._session.execute(_HERE, {"key": _WORKERS})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        with self._session, suppress(DBAPIError):  # the session's end may take a moment
            self._session.execute(_LEAVE_ALL)

    def __call__(self) -> int:
        """How many it has now, which may be none; `LedgerFailed` where that can't be known."""
        if self._clock() >= self._due:
            try:
                self._share()
            except DBAPIError as exc:
                raise failed(self._place, exc) from exc
            self._due = self._clock() + AGAIN
        return len(self._held)

    def _share(self) -> None:
        """Takes places, or leaves some, until it has as many as the others."""
        workers = self._session.execute(_COUNTED, {"key": _WORKERS}).scalar_one()
        fair = min(self._most, -(-self._of // workers))
        while len(self._held) > fair:
            self._session.execute(_LEAVE, {"space": _PLACES, "place": self._held.pop()})
        if more := fair - len(self._held):
            wanted = {"of": self._of, "held": self._held, "space": _PLACES, "more": more}
            self._held += self._session.execute(_TAKE, wanted).scalars()
