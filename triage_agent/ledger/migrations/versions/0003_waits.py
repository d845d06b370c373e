"""Each item's row says whether the item waits for people, so that those that do are found."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from triage_agent.ledger.packing import unpacked

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AT_ONCE = 1000
WAITING = sa.text("waits = 1")
TOLD = sa.text("""
    SELECT stream, kind, body FROM events
    WHERE kind IN ('Planned', 'Done', 'Released', 'Corrected', 'Rejected', 'Erased')
    ORDER BY stream, sequence
""")


def upgrade() -> None:
    waits = sa.Column("waits", sa.Integer, nullable=False, server_default=sa.text("0"))
    op.add_column("items", waits)
    items, connection = sa.table("items", sa.column("stream"), sa.column("waits")), op.get_bind()
    found = [{"of": stream} for stream in _waiting(connection)]
    if found:
        update = sa.update(items).where(items.c.stream == sa.bindparam("of"))
        connection.execute(update.values(waits=1), found)
    op.create_index(
        "ix_items_waits",
        "items",
        ["stream"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def _waiting(connection: sa.Connection) -> Iterator[int]:
    rows = connection.execute(TOLD, execution_options={"yield_per": AT_ONCE})
    for stream, told in groupby(rows, key=lambda row: row.stream):
        if _waits((row.kind, _fields(row.body)) for row in told):
            yield stream


def _fields(body: bytes) -> dict[str, Any]:
    """An event's public fields; of what somebody has spoilt, none."""
    try:
        fields: dict[str, Any] = json.loads(unpacked(body))
    except ValueError:
        return {}
    return fields


def _waits(told: Iterable[tuple[str, dict[str, Any]]]) -> bool:
    """Whether a hand-over was posted, and nothing has ended it since."""
    hand_overs: set[str] = set()
    done: set[str] = set()
    closed = False
    for kind, fields in told:
        match kind:
            case "Planned":
                hand_overs |= {*fields.get("hand_overs", ())}
            case "Done":
                done.add(fields.get("action", ""))
            case "Corrected":
                closed = fields.get("wrong") == "not_an_item"
            case "Rejected":
                closed = True
            case _:
                return False
    return bool(hand_overs & done) and not closed


def downgrade() -> None:
    op.drop_index("ix_items_waits", "items")
    op.drop_column("items", "waits")
