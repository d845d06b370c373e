"""Events as rows of the tables, and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, null, select

from triage_agent.chunks import chunks
from triage_agent.decision.events import Happened
from triage_agent.ledger.chain import Head, Payload, Sealed, opened
from triage_agent.ledger.packing import packed, unpacked
from triage_agent.ledger.tables import events, payloads, streams

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_RUNS = streams.alias("runs")
OF_EVENT = and_(payloads.c.stream == events.c.stream, payloads.c.sequence == events.c.sequence)
"""Which text belongs to which event."""
MANY = 500
"""Values in one IN list: below every database's limit."""
_NEAR = 1000  # events from the end: there is most often what was told last
_ADD_EVENTS, _ADD_PAYLOADS = insert(events), insert(payloads)


def micros(at: datetime) -> int:
    """A moment as the tables hold it."""
    return (at - _BEGINNING) // timedelta(microseconds=1)


def moment(number: int) -> datetime:
    """The moment that the tables hold as a number."""
    return _BEGINNING + timedelta(microseconds=number)


def selected(texts: ColumnElement[bool]) -> Select[Any]:
    """All events, with the names of their streams and runs, and with those texts."""
    return (
        select(
            events.c.number,
            events.c.stream,
            streams.c.name,
            events.c.sequence,
            events.c.at,
            _RUNS.c.name.label("run"),
            events.c.kind,
            events.c.body,
            events.c.hash,
            events.c.private,
            payloads.c.salt,
            payloads.c.body.label("text"),
        )
        .outerjoin(streams, streams.c.id == events.c.stream)
        .outerjoin(_RUNS, _RUNS.c.id == events.c.run)
        .outerjoin(payloads, texts)
    )


SEALED = selected(OF_EVENT)
BARE = SEALED.with_only_columns(
    *(null() if one.name in ("salt", "text") else one for one in SEALED.selected_columns)
)
"""Events without their texts."""


def sealed(row: Any) -> Sealed:  # noqa: ANN401 - a row of `SEALED`
    """An event in the form that the chain knows."""
    _, _, name, sequence, at, run, kind, body, digest, private, salt, text = row
    return Sealed(
        stream=str(name),
        sequence=sequence,
        at=moment(at).isoformat(),
        run=str(run),
        kind=kind,
        body=unpacked(body),
        hash=digest.hex(),
        private=private.hex() if private else None,
        payload=Payload(salt.hex(), unpacked(text)) if salt is not None else None,
    )


def stream_of(connection: Connection, name: str) -> Iterator[Sealed]:
    """A stream as it is stored, from its start."""
    query = SEALED.where(streams.c.name == name).order_by(events.c.sequence)
    return map(sealed, connection.execute(query))


def happened(connection: Connection, name: str) -> Iterator[Happened]:
    """What happened in a stream, from its start."""
    return map(opened, stream_of(connection, name))


def add(connection: Connection, links: Sequence[Sealed], ids: Mapping[str, int]) -> None:
    """Puts events into the tables. `ids`: what their streams and runs are known by there."""
    connection.execute(_ADD_EVENTS, [_event_row(link, ids) for link in links])
    if kept := [_payload_row(link, link.payload, ids) for link in links if link.payload]:
        connection.execute(_ADD_PAYLOADS, kept)


def _event_row(link: Sealed, ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "stream": ids[link.stream],
        "sequence": link.sequence,
        "at": micros(datetime.fromisoformat(link.at)),
        "run": ids[link.run],
        "kind": link.kind,
        "body": packed(link.body),
        "hash": bytes.fromhex(link.hash),
        "private": bytes.fromhex(link.private) if link.private else None,
    }


def _payload_row(link: Sealed, payload: Payload, ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "stream": ids[link.stream],
        "sequence": link.sequence,
        "salt": bytes.fromhex(payload.salt),
        "body": packed(payload.body),
    }


def newest(connection: Connection, query: Select[Any]) -> Any:  # noqa: ANN401 - a row of `SEALED`
    """The last of all events, searched for from the end, further and further back.

    Asked for it at once, a database that thinks it rare reads all there is.
    """
    last = connection.execute(select(func.max(events.c.number))).scalar() or 0
    reach = _NEAR
    while True:
        near = query.where(events.c.number > last - reach).order_by(events.c.number.desc())
        found = connection.execute(near.limit(1)).first()
        if found or reach >= last:
            return found
        reach *= 10


def numbered(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """The numbers of those of these streams that there are."""
    found: dict[str, int] = {}
    for some in chunks(names, MANY):
        query = select(streams.c.name, streams.c.id).where(streams.c.name.in_(some))
        found |= dict(connection.execute(query).all())
    return found


def heads(connection: Connection, names: Iterable[str]) -> dict[str, Head]:
    """The ends of those of these streams that hold anything."""
    found: dict[str, Head] = {}
    for some in chunks(names, MANY):
        last = (
            select(events.c.stream, func.max(events.c.sequence).label("sequence"))
            .join(streams, streams.c.id == events.c.stream)
            .where(streams.c.name.in_(some))
            .group_by(events.c.stream)
            .subquery()
        )
        ends = (events.c.stream == last.c.stream) & (events.c.sequence == last.c.sequence)
        query = (
            select(streams.c.name, events.c.sequence, events.c.hash)
            .join(last, ends)
            .join(streams, streams.c.id == events.c.stream)
        )
        found |= {
            row.name: Head(row.sequence + 1, row.hash.hex()) for row in connection.execute(query)
        }
    return found
