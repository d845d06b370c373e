"""The ledger's tables as they stand after all migrations."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Counts for as long as there are events; SQLite counts by itself only in an INTEGER."""

events = Table(
    "events",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("stream", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", String(40), nullable=False),
    Column("run", String(64), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("private", String(64)),
    UniqueConstraint("stream", "sequence"),
)

payloads = Table(
    "payloads",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("salt", String(32), nullable=False),
    Column("body", Text, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("item", String(64), nullable=False, unique=True),
    Column("object", String(64), nullable=False),
    Column("record_id", String(64), nullable=False, index=True),
    Column("mode", String(8), nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("failures", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("head", String(64), nullable=False),
)

belongs_to = Table(
    "belongs_to",
    metadata,
    Column("system", String(32), primary_key=True),
    Column("identity", String(64), nullable=False),
)
