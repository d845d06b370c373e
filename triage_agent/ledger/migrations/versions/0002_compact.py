"""Less room: streams are named once, hashes are bytes, texts are packed; so all is sealed anew.

Whoever tampered before shows no more: anchors, by which more than a changed event would show, come
with this revision.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from triage_agent.ledger.packing import packed

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
AT_ONCE = 1000
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
OLD = sa.text("""
    SELECT e.number, e.stream, e.sequence, e.kind, e.at, e.run, e.body, e.private,
           p.salt, p.body AS text
    FROM events e LEFT JOIN payloads p ON p.digest = e.private
    WHERE e.number > :after ORDER BY e.number LIMIT :most
""")


def upgrade() -> None:
    tables = _new_tables()
    _name_streams()
    connection = op.get_bind()
    ids = {row.name: row.id for row in connection.execute(sa.select(tables["streams"]))}
    heads: dict[str, str] = {}
    for some in _old_events(connection):
        rows = [_sealed(row, ids, heads) for row in some]
        connection.execute(sa.insert(tables["new_events"]), rows)
        if texts := [_payload(row, ids) for row in some if row.salt]:
            connection.execute(sa.insert(tables["new_payloads"]), texts)
    _move_items(tables["new_items"], ids, heads)
    for name in ("events", "payloads", "items"):
        op.drop_table(name)
        op.rename_table(f"new_{name}", name)
    op.create_index("ix_events_run", "events", ["run"])
    op.create_index("ix_items_record_id", "items", ["record_id"])
    op.create_index("ix_items_status", "items", ["status"])


def _new_tables() -> dict[str, sa.Table]:
    made = (_streams(), _events(), _payloads(), _items())
    return {table.name: table for table in made}


def _streams() -> sa.Table:
    return op.create_table(
        "streams",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
    )


def _events() -> sa.Table:
    return op.create_table(
        "new_events",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("stream", sa.Integer, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("private", sa.LargeBinary(32)),
        sa.UniqueConstraint("stream", "sequence"),
    )


def _payloads() -> sa.Table:
    return op.create_table(
        "new_payloads",
        sa.Column("stream", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def _items() -> sa.Table:
    return op.create_table(
        "new_items",
        sa.Column("stream", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
    )


def _name_streams() -> None:
    """In the order of their beginning; last the runs that say nothing themselves."""
    op.execute(
        "INSERT INTO streams (name) SELECT stream FROM events GROUP BY stream ORDER BY min(number)",
    )
    op.execute(
        "INSERT INTO streams (name) "
        "SELECT DISTINCT run FROM events WHERE run NOT IN (SELECT name FROM streams)",
    )


def _old_events(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    after = 0
    while some := connection.execute(OLD, {"after": after, "most": AT_ONCE}).all():
        yield some
        after = some[-1].number


def _sealed(row: Any, ids: dict[str, int], heads: dict[str, str]) -> dict[str, Any]:  # noqa: ANN401 - a row
    at = datetime.fromisoformat(row.at).astimezone(UTC)
    place = [2, row.stream, row.sequence, heads.get(row.stream, "0" * 64)]
    place += [at.isoformat(), row.run, row.kind, row.private]
    body = _canonical(_fields(row))
    digest = hashlib.sha256(f"{_canonical(place)}\n{body}".encode()).hexdigest()
    heads[row.stream] = digest
    return {
        "stream": ids[row.stream],
        "sequence": row.sequence,
        "at": (at - BEGINNING) // timedelta(microseconds=1),
        "run": ids[row.run],
        "kind": row.kind,
        "body": packed(body),
        "hash": bytes.fromhex(digest),
        "private": bytes.fromhex(row.private) if row.private else None,
    }


def _fields(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
    """An event's public fields. A plan says in them what hands its item over: texts may go."""
    event = json.loads(row.body)["event"]
    fields = {name: value for name, value in event.items() if name != "kind"}
    if row.kind == "Planned" and row.text:
        actions = json.loads(row.text)["actions"]
        posts = [action["name"] for action in actions if action["kind"] == "post"]
        fields.setdefault("hand_overs", posts)
    return fields


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _payload(row: Any, ids: dict[str, int]) -> dict[str, Any]:  # noqa: ANN401 - a row
    return {
        "stream": ids[row.stream],
        "sequence": row.sequence,
        "salt": bytes.fromhex(row.salt),
        "body": packed(row.text),
    }


def _move_items(items: sa.Table, ids: dict[str, int], heads: dict[str, str]) -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT * FROM items ORDER BY number")).mappings().all():
        kept = {name: row[name] for name in items.columns.keys() if name in row}  # noqa: SIM118 - names
        item = row["item"]
        kept |= {"stream": ids[item], "head": bytes.fromhex(heads[item])}
        connection.execute(sa.insert(items).values(kept))


def downgrade() -> None:
    raise NotImplementedError("a ledger isn't sealed as it was; put a copy back")
