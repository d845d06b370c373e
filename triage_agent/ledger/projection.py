"""Does each item's row say what its events say? By it runs find their work."""

import json
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from triage_agent.decision.events import EVENT, Happened
from triage_agent.decision.progress import Story
from triage_agent.ledger.packing import unpacked
from triage_agent.ledger.rows import OF_EVENT, moment
from triage_agent.ledger.tables import events, items, payloads, streams

_STREAMED = {"yield_per": 2000}
_SILENT = ("Read", "ModelCalled", "Assessed", "Outcome")
"""Events that say nothing of where an item stands; most of them are long."""
_TOLD = (
    select(
        streams.c.id,
        streams.c.name,
        items.c.object,
        items.c.record_id,
        items.c.mode,
        items.c.status,
        items.c.failures,
        events.c.at,
        events.c.kind,
        events.c.body,
        payloads.c.body.label("text"),  # of a plan alone: it says what hands an item over
    )
    .select_from(events)
    .join(items, items.c.stream == events.c.stream)
    .join(streams, streams.c.id == events.c.stream)
    .outerjoin(payloads, OF_EVENT & (events.c.kind == "Planned"))
    .where(events.c.kind.not_in(_SILENT))
    .order_by(events.c.stream, events.c.sequence)
)


def unlike_events(
    connection: Connection, but: Container[int] = (), name: str | None = None
) -> Iterator[str]:
    """The items whose rows say otherwise than their events; of all but some, or of one alone."""
    query = _TOLD if name is None else _TOLD.where(streams.c.name == name)
    found = connection.execute(query, execution_options=_STREAMED)
    for stream, of_one in groupby(found, key=lambda row: row.id):
        if stream not in but:
            yield from _unlike(list(of_one))


def _unlike(told: list[Any]) -> Iterator[str]:
    row = told[0]
    with suppress(ValueError, LookupError):  # what doesn't read is a fault of its chain
        for column, says in _projected(Story.of(map(_happened, told))).items():
            if getattr(row, column) != says:
                said = f"among the items its {column} is {getattr(row, column)}"
                yield f"{row.name}: {said}, by its events it is {says}"


def _projected(story: Story) -> Mapping[str, object]:
    return {
        "object": story.object,
        "record_id": story.record_id,
        "mode": story.mode,
        "status": story.status,
        "failures": len(story.failures),
    }


def _happened(row: Any) -> Happened:  # noqa: ANN401 - a row of `_TOLD`
    event = {"kind": row.kind, **json.loads(row.body)}
    if row.text:
        event |= json.loads(unpacked(row.text))
    return Happened(at=moment(row.at), run="", event=EVENT.validate_python(event))
