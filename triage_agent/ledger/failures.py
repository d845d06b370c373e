"""What a database's error means for whoever runs the agent: a cause and its cure.

A database's own words are left out where a row may stand in them; addresses and passwords always.
"""

import re
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError, IntegrityError

from triage_agent.errors import LedgerFailed, StreamMoved


class Trouble(NamedTuple):
    """Why the ledger fails, and what to do about it."""

    cause: str
    cure: str


FULL = Trouble("its disk is full", "free some space")
LOCKED = Trouble("another process keeps it locked", "end that process")
GONE = Trouble("its file was removed or replaced while it was open", "put the file back")
READ_ONLY = Trouble("it is read-only", "make it writable")
LOST = Trouble(
    "its server can't be reached or ended the connection",
    "see that the server is up, and that TRIAGE_LEDGER_URL leads there",
)
_NO_ANSWER = "OperationalError"  # psycopg's, without a SQLSTATE: no server said anything
_REFUSED = "the system refused to read or write its file"

_BY_SQLITE = {
    "SQLITE_FULL": FULL,
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_CANTOPEN": GONE,
    "SQLITE_IOERR": Trouble(_REFUSED, "check its disk, and limits on the size of files"),
}
_BY_POSTGRES = {
    "08": LOST,
    "25006": READ_ONLY,
    "53100": FULL,
    "53300": Trouble("the server takes no more connections", "end some of them"),
    "55P03": LOCKED,
    "57P": LOST,
}


def trouble(exc: DBAPIError) -> Trouble | None:
    """What the outside world did to the ledger; None where it did nothing."""
    code = _code(exc)
    if exc.connection_invalidated or code == _NO_ANSWER:
        return LOST
    for begins, found in {**_BY_SQLITE, **_BY_POSTGRES}.items():
        if code.startswith(begins):
            return found
    return None


def failed(place: str, exc: DBAPIError) -> LedgerFailed:
    """The error that ends whatever needed the ledger."""
    if isinstance(exc, IntegrityError):
        return StreamMoved(f"the ledger {place}: another process told of the same just now")
    unknown = Trouble("the database refused it", "look the code up")
    return stopped(place, trouble(exc) or unknown, _code(exc))


def stopped(place: str, found: Trouble, code: str = "") -> LedgerFailed:
    """The error for a trouble that is known."""
    named = f" ({code})" if code else ""
    return LedgerFailed(
        f"the ledger {place} can't be used: {found.cause}{named}; nothing further was done. "
        f"To go on, {found.cure}, and run again",
    )


def first_words(exc: DBAPIError, secrets: list[str]) -> str:
    """The database's own first line, for faults of opening, where no row is there to be told."""
    text = str(exc.orig).partition("\n")[0]
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return re.sub(r"\s+", " ", text)


def _code(exc: DBAPIError) -> str:
    """SQLite's name of the error or PostgreSQL's SQLSTATE."""
    for name in ("sqlite_errorname", "sqlstate"):
        if code := getattr(exc.orig, name, None):
            return str(code)
    return type(exc.orig).__name__
