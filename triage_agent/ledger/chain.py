"""The chain: each event is sealed over the one before, so none can be changed unseen.

A stream is an item or a run. An event's hash is the SHA-256 of a line that says where it stands,
and of its own text as it is stored:

    [2,STREAM,SEQUENCE,PREVIOUS,AT,RUN,KIND,PRIVATE]⏎{…FIELDS…}

`PREVIOUS` is the hash of the stream's event before, or 64 zeros. `PRIVATE` is null, or where the
event has private fields the SHA-256 of a random salt (its bytes) and the fields' text. Both lines
are canonical JSON, in UTF-8. `faults` holds one event against the one before; `check` proves a
stream.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from triage_agent.decision.events import EVENT, Event, Happened
from triage_agent.decision.values import canonical, private_fields

FORMAT = 2
FIRST = "0" * 64


@dataclass(frozen=True)
class Payload:
    """An event's private fields, and the salt without which their digest says nothing."""

    salt: str
    body: str


@dataclass(frozen=True)
class Sealed:
    """An event in the form that the ledger keeps; `private` outlives the payload."""

    stream: str
    sequence: int
    at: str
    run: str
    kind: str
    body: str
    hash: str
    private: str | None = None
    payload: Payload | None = None


@dataclass(frozen=True)
class Head:
    """The end of a stream: how many events it has and the last one's hash."""

    length: int = 0
    hash: str = FIRST


def seal(stream: str, head: Head, happened: Happened, new_salt: Callable[[], str]) -> Sealed:
    """Puts an event behind the head of its stream. `new_salt` gives 32 hex digits."""
    public = happened.event.model_dump(mode="json", exclude={"kind"})
    names = private_fields(type(happened.event))
    private = {name: public.pop(name) for name in names if public[name] is not None}
    for name in names & public.keys():
        del public[name]
    payload = Payload(new_salt(), canonical(private).decode()) if private else None
    link = Sealed(
        stream=stream,
        sequence=head.length,
        at=happened.at.astimezone(UTC).isoformat(),
        run=happened.run,
        kind=happened.event.kind,
        body=canonical(public).decode(),
        hash="",
        private=digest(payload) if payload else None,
        payload=payload,
    )
    return with_hash(link, head.hash)


def with_hash(link: Sealed, previous: str) -> Sealed:
    """The event, sealed behind the hash of the one before."""
    values = {**link.__dict__, "hash": _hash(link, previous)}
    return Sealed(**values)


def random_salt() -> str:
    """Sixteen random bytes, in hex."""
    return secrets.token_hex(16)


def _hash(link: Sealed, previous: str) -> str:
    place: list[Any] = [FORMAT, link.stream, link.sequence, previous]
    place += [link.at, link.run, link.kind, link.private]
    return hashlib.sha256(canonical(place) + b"\n" + link.body.encode()).hexdigest()


def digest(payload: Payload) -> str:
    """What an event says of its private text."""
    salted = bytes.fromhex(payload.salt) + payload.body.encode()
    return hashlib.sha256(salted).hexdigest()


def opened(sealed: Sealed) -> Happened:
    """The event as it was; its private fields read as None once they have been erased."""
    texts = [sealed.body, *([sealed.payload.body] if sealed.payload else ())]
    return Happened(at=sealed.at, run=sealed.run, event=event_of(sealed.kind, *texts))


def event_of(kind: str, *texts: str) -> Event:
    """An event from its public fields, and its private ones where they are at hand."""
    fields = [f'"kind":{json.dumps(kind)}', *(text[1:-1] for text in texts)]
    return EVENT.validate_json(f"{{{','.join(filter(None, fields))}}}")


def check(stream: Iterable[Sealed]) -> Iterator[str]:
    """Every fault of one stream, read from its start; nothing where it is whole."""
    head = Head()
    for sealed in stream:
        yield from faults(sealed, head)
        head = Head(sealed.sequence + 1, sealed.hash)


def faults(sealed: Sealed, head: Head) -> Iterator[str]:
    """What is wrong with an event that stands behind `head`, each fault with its event."""
    name = f"{sealed.stream} event {sealed.sequence}"
    if sealed.sequence > head.length:
        last = f" to {sealed.sequence - 1}" if sealed.sequence - 1 > head.length else ""
        yield f"{sealed.stream} event {head.length}{last}: missing"
    elif sealed.sequence < head.length:
        yield f"{name}: out of its order, or put in"
    if sealed.sequence == head.length and _hash(sealed, head.hash) != sealed.hash:
        yield f"{name}: it isn't what was sealed here"
    if sealed.payload and digest(sealed.payload) != sealed.private:
        yield f"{name}: its private text isn't what was sealed"
