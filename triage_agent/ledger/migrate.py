"""Brings a ledger's tables up to date; Alembic is imported only where there is work for it."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from triage_agent.errors import NewerLedger

NEWEST = "0005"
_LOCK = 1_953_655_144
"""The key of PostgreSQL's advisory lock: one process migrates at a time."""


def migrate(connection: Connection) -> None:
    """Upgrades the tables, all or none; a ledger of a newer program is refused."""
    if _revision(connection) == NEWEST:
        return
    _lock(connection)
    now = _revision(connection)
    if now == NEWEST:  # another process was quicker
        return
    if now and now > NEWEST:
        raise NewerLedger(f"the ledger is of a newer version ({now}); update this program")
    from alembic import command  # noqa: PLC0415 - 0.2 s that most starts don't need
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _lock(connection: Connection) -> None:
    """Waits until no other process migrates; holds until the transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver begins none for new tables
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
