"""Each item's row says what a rule stopped it for, and how its record came.

So that topics and ways are counted without reading events, too. How an earlier record came isn't
known: it reads as NULL.
"""

import json
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from triage_agent.ledger.packing import unpacked

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT_ONCE = 1000
STOPPED = sa.text("""
    SELECT stream, body FROM events
    WHERE kind = 'Stopped' AND stream IN (
        SELECT stream FROM items WHERE rules IS NOT NULL AND stream >= :first AND stream < :end
    )
    ORDER BY stream
""")


def upgrade() -> None:
    op.add_column("items", sa.Column("came_by", sa.Text))
    _rewrite(_with_topic)


def _with_topic(rule: dict[str, Any]) -> str:
    topic = f".{rule['topic']}" if rule.get("topic") else ""
    return f"{rule['rule']}{topic}{'!' if rule.get('order') else ''}"


def _rewrite(told: Callable[[dict[str, Any]], str]) -> None:
    items = sa.table("items", sa.column("stream"), sa.column("rules"))
    update = sa.update(items).where(items.c.stream == sa.bindparam("of"))
    connection = op.get_bind()
    last = connection.execute(sa.select(sa.func.max(items.c.stream))).scalar() or 0
    for first in range(0, last + 1, AT_ONCE):
        rows = connection.execute(STOPPED, {"first": first, "end": first + AT_ONCE})
        some = [
            {"of": stream, "rules": ",".join(sorted(set(map(told, _fired(of_one))))) or None}
            for stream, of_one in groupby(rows, key=lambda row: row.stream)
        ]
        if some:
            connection.execute(update, some)


def _fired(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """The rules of an item's stops; none where somebody has spoilt them."""
    found: list[dict[str, Any]] = []
    for row in rows:
        try:
            found += json.loads(unpacked(row.body)).get("rules", ())
        except ValueError:
            continue
    return found


def downgrade() -> None:
    _rewrite(lambda rule: rule["rule"])
    op.drop_column("items", "came_by")
