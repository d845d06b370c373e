"""Which database a URL means. A URL may hold a password: none of it is ever repeated."""

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from triage_agent.errors import WrongUsage
from triage_agent.ledger.database import Database
from triage_agent.ledger.sqlite import SqliteDatabase

_FORMS = "sqlite:///PATH or postgresql://USER@HOST/DATABASE"


def open_database(url: str) -> Database:
    """The database with its tables made or upgraded; `WrongUsage` or `LedgerFailed` without."""
    database = _database(_parsed(url))
    try:
        database.prepare()
    except BaseException:
        database.engine.dispose()
        raise
    return database


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as exc:  # the latter for a port that is no number
        raise WrongUsage(f"TRIAGE_LEDGER_URL is no database URL; write {_FORMS}") from exc
    if url.count("@") > (parsed.username is not None):  # a piece of it would pass for the host
        raise WrongUsage(
            "TRIAGE_LEDGER_URL: write an @ in a user's name or password as %40",
        )
    return parsed


def _database(url: URL) -> Database:
    if url.drivername == "sqlite":
        if url.host or url.query or url.database in (None, "", ":memory:"):
            raise WrongUsage("TRIAGE_LEDGER_URL: after sqlite:/// stands a file's path, no more")
        return SqliteDatabase(url)
    if url.drivername in ("postgresql", "postgresql+psycopg"):
        from triage_agent.ledger.postgres import PostgresDatabase  # noqa: PLC0415 - most need it not

        try:
            return PostgresDatabase(url)
        except ImportError as exc:
            raise WrongUsage(
                "a ledger on PostgreSQL needs its driver: pip install 'triage-agent[postgres]'",
            ) from exc
    raise WrongUsage(f"TRIAGE_LEDGER_URL: the ledger can be {_FORMS}, nothing else")
