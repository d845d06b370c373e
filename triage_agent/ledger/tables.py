"""The ledger's tables as they stand after all migrations.

Room counts: a stream is named once, `at` is in microseconds since 1970 (UTC), hashes and salts are
bytes, and bodies and texts are packed. `rows` and `packing` know how. An item `waits` for people
(1) or doesn't (0).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Counts for as long as there are events; SQLite counts by itself only in an INTEGER."""

streams = Table(
    "streams",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
)

events = Table(
    "events",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("stream", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("run", Integer, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("private", LargeBinary(32)),
    UniqueConstraint("stream", "sequence"),
)

payloads = Table(
    "payloads",
    metadata,
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("body", LargeBinary, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("stream", Integer, primary_key=True, autoincrement=False),
    Column("object", String(64), nullable=False),
    Column("record_id", String(64), nullable=False, index=True),
    Column("mode", String(8), nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("failures", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
    Column("waits", Integer, nullable=False, server_default=text("0")),
    Column("received_at", BigInteger),
    Column("category", Text),
    Column("rules", Text),
    Column("came_by", Text),
    Column("tokens", BigInteger),
    Column("cost", BigInteger),
    Index("ix_items_received", "received_at", "mode"),
)
"""`received_at` in microseconds; `rules` as `fired` has them; `cost` in hundred-millionths."""
COST = 1e-8
"""US dollars that an item's `cost` is counted in."""

TOLD = (
    *("Claimed", "Released", "Corrected", "Rejected", "Asked", "Approved", "Edited", "Expired"),
    *("Reminded", "FellBack", "Withdrawn", "Refused", "Outcome", "Started", "Finished", "Paused"),
    *("Verified", "Cleared", "NotCleared", "PageChanged", "Reviewed"),
)
"""The kinds of events that a week is told by: they are few, and found by their moment."""
IS_TOLD = text(f"kind IN ({', '.join(map(repr, TOLD))})")
"""As the index has it: in other words, or with values bound to it, SQLite wouldn't use it."""
Index(
    "ix_events_told",
    events.c.kind,
    events.c.at,
    sqlite_where=IS_TOLD,
    postgresql_where=IS_TOLD,
)

WAITING = text("waits = 1")
Index("ix_items_waits", items.c.stream, sqlite_where=WAITING, postgresql_where=WAITING)
"""Few of many items wait, and these are asked for all the time."""

belongs_to = Table(
    "belongs_to",
    metadata,
    Column("system", String(32), primary_key=True),
    Column("identity", String(64), nullable=False),
)
