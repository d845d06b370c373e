"""Does each item's row say what its events say? By it runs find their work."""

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from triage_agent.decision.events import Call
from triage_agent.decision.story import Story
from triage_agent.ledger import fired
from triage_agent.ledger.chain import opened
from triage_agent.ledger.rows import BARE, micros, sealed
from triage_agent.ledger.tables import COST, events, items, streams

_STREAMED = {"yield_per": 2000}
_SILENT = ("Read", "Assessed", "Outcome")
"""Events that say nothing of where an item stands; most of them are long."""
_TOLD = (
    BARE.add_columns(
        items.c.object,
        items.c.record_id,
        items.c.mode,
        items.c.status,
        items.c.failures,
        items.c.waits,
        items.c.received_at,
        items.c.category,
        items.c.rules,
        items.c.came_by,
        items.c.tokens,
        items.c.cost,
    )
    .join(items, items.c.stream == events.c.stream)
    .where(events.c.kind.not_in(_SILENT))
    .order_by(events.c.stream, events.c.sequence)
)


def unlike_events(
    connection: Connection, but: Container[int] = (), name: str | None = None
) -> Iterator[str]:
    """The items whose rows say otherwise than their events; of all but some, or of one alone."""
    query = _TOLD if name is None else _TOLD.where(streams.c.name == name)
    found = connection.execute(query, execution_options=_STREAMED)
    for stream, of_one in groupby(found, key=lambda row: row.stream):
        if stream not in but:
            yield from _unlike(list(of_one))


def _unlike(told: list[Any]) -> Iterator[str]:
    row = told[0]
    with suppress(ValueError, LookupError):  # what doesn't read is a fault of its chain
        story = Story.of(opened(sealed(one[: len(BARE.selected_columns)])) for one in told)
        for column, says in projected(story).items():
            if getattr(row, column) != says:
                said = f"among the items its {column} is {getattr(row, column)}"
                yield f"{row.name}: {said}, by its events it is {says}"


def projected(story: Story) -> Mapping[str, object]:
    """What an item's row says besides how far its chain goes."""
    at = story.received_at
    return {
        "object": story.object,
        "record_id": story.record_id,
        "mode": story.mode,
        "status": story.status,
        "failures": len(story.failures),
        "waits": int(story.waits),
        "received_at": micros(at) if at else None,
        "category": story.category,
        "rules": fired.written(story.rules),
        "came_by": story.came_by,
        **_spent([call for _, call in story.calls]),
    }


def _spent(calls: Sequence[Call]) -> Mapping[str, int | None]:
    """What the model was paid for it; no cost where the price of a call isn't known."""
    costs = [call.cost_usd for call in calls]
    known = [round(cost / COST) for cost in costs if cost is not None]
    return {
        "tokens": sum(call.input_tokens + call.output_tokens for call in calls),
        "cost": sum(known) if len(known) == len(costs) else None,
    }
