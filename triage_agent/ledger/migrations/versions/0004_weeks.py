"""Each item's row says when it came, what it was taken for, why it stopped, and what it cost.

That a week's items are counted without reading their events. The events of people and of what
happened afterwards are found by their moment.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from triage_agent.ledger.packing import unpacked

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT_ONCE = 1000
TOLD = sa.text("""
    SELECT stream, kind, at, body FROM events
    WHERE kind IN ('Received', 'Planned', 'Stopped', 'ModelCalled')
    AND stream >= :first AND stream < :end AND stream IN (SELECT stream FROM items)
    ORDER BY stream, sequence
""")
KINDS = (
    "'Claimed', 'Released', 'Corrected', 'Rejected', 'Asked', 'Approved', 'Edited', 'Expired', "
    "'Reminded', 'FellBack', 'Withdrawn', 'Refused', 'Outcome', 'Started', 'Finished', 'Paused', "
    "'Verified', 'Cleared', 'NotCleared', 'PageChanged', 'Reviewed'"
)
TOLD_OF = sa.text(f"kind IN ({KINDS})")


def upgrade() -> None:
    op.add_column("items", sa.Column("received_at", sa.BigInteger))
    op.add_column("items", sa.Column("category", sa.Text))
    op.add_column("items", sa.Column("rules", sa.Text))
    op.add_column("items", sa.Column("tokens", sa.BigInteger))
    op.add_column("items", sa.Column("cost", sa.BigInteger))
    columns = ("stream", "received_at", "category", "rules", "tokens", "cost")
    items, connection = sa.table("items", *map(sa.column, columns)), op.get_bind()
    update = sa.update(items).where(items.c.stream == sa.bindparam("of"))
    last = connection.execute(sa.select(sa.func.max(items.c.stream))).scalar() or 0
    for first in range(0, last + 1, AT_ONCE):
        if some := list(_told(connection, first)):
            connection.execute(update, some)
    op.create_index("ix_items_received", "items", ["received_at", "mode"])
    op.create_index(
        "ix_events_told", "events", ["kind", "at"], sqlite_where=TOLD_OF, postgresql_where=TOLD_OF
    )


def _told(connection: sa.Connection, first: int) -> Iterator[dict[str, Any]]:
    """What the rows are to say of the items among so many streams."""
    rows = connection.execute(TOLD, {"first": first, "end": first + AT_ONCE})
    for stream, events in groupby(rows, key=lambda row: row.stream):
        one: dict[str, Any] = {
            "of": stream,
            "received_at": None,
            "category": None,
            "rules": None,
            "tokens": 0,
            "cost": 0,
        }
        for row in events:
            _add(one, row.kind, row.at, {} if row.kind == "Received" else _fields(row.body))
        yield one


def _add(one: dict[str, Any], kind: str, at: int, fields: dict[str, Any]) -> None:
    match kind:
        case "Received":
            one["received_at"] = at
        case "Planned":
            one["category"] = fields.get("category")
        case "Stopped":
            fired = {rule["rule"] for rule in fields.get("rules", ())}
            one["rules"] = (
                ",".join(sorted(fired | {*(one["rules"] or "").split(",")} - {""})) or None
            )
        case "ModelCalled":
            call = fields.get("call", {})
            one["tokens"] += call.get("input_tokens", 0) + call.get("output_tokens", 0)
            usd = call.get("cost_usd")
            known = usd is not None and one["cost"] is not None
            one["cost"] = one["cost"] + round(usd / 1e-8) if known else None


def _fields(body: bytes) -> dict[str, Any]:
    """An event's public fields; of what somebody has spoilt, none."""
    try:
        fields: dict[str, Any] = json.loads(unpacked(body))
    except ValueError:
        return {}
    return fields


def downgrade() -> None:
    op.drop_index("ix_events_told", "events")
    op.drop_index("ix_items_received", "items")
    for name in ("received_at", "category", "rules", "tokens", "cost"):
        op.drop_column("items", name)
