"""The chain: each event is sealed over the one before, so none can be changed unseen.

A stream is an item or a run. What is hashed is exactly what is stored: the canonical bytes of

    {"v": 1, "stream", "sequence", "previous", "at", "run", "event": {…}, "private": digest}

`previous` is the hash of the stream's event before, or 64 zeros. `private` is there where an
event has private fields: the SHA-256 of a random salt (in bytes) and the fields' canonical bytes.
`check` proves a stream.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from triage_agent.decision.events import EVENT, Happened, private_fields
from triage_agent.decision.values import canonical

FORMAT = 1
FIRST = "0" * 64


@dataclass(frozen=True)
class Payload:
    """An event's private fields, and the salt without which their digest says nothing."""

    digest: str
    salt: str
    body: str


@dataclass(frozen=True)
class Sealed:
    """An event in the form that the ledger stores."""

    stream: str
    sequence: int
    kind: str
    at: str
    run: str
    body: str
    hash: str
    payload: Payload | None = None


@dataclass(frozen=True)
class Head:
    """The end of a stream: how many events it has and the last one's hash."""

    length: int = 0
    hash: str = FIRST


def seal(stream: str, head: Head, happened: Happened, new_salt: Callable[[], str]) -> Sealed:
    """Puts an event behind the head of its stream. `new_salt` gives 32 hex digits."""
    public = happened.event.model_dump(mode="json")
    names = private_fields(type(happened.event))
    private = {name: public.pop(name) for name in names if public[name] is not None}
    for name in names & public.keys():
        del public[name]
    payload = _payload(private, new_salt()) if private else None
    at = happened.at.isoformat()
    body: dict[str, Any] = {
        "v": FORMAT,
        "stream": stream,
        "sequence": head.length,
        "previous": head.hash,
        "at": at,
        "run": happened.run,
        "event": public,
    }
    if payload:
        body["private"] = payload.digest
    text = canonical(body)
    digest = hashlib.sha256(text).hexdigest()
    kind = happened.event.kind
    return Sealed(stream, head.length, kind, at, happened.run, text.decode(), digest, payload)


def random_salt() -> str:
    """Sixteen random bytes, in hex."""
    return secrets.token_hex(16)


def _payload(private: dict[str, Any], salt: str) -> Payload:
    body = canonical(private)
    digest = hashlib.sha256(bytes.fromhex(salt) + body).hexdigest()
    return Payload(digest, salt, body.decode())


def opened(sealed: Sealed) -> Happened:
    """The event as it was; its private fields read as None once they have been erased."""
    body = json.loads(sealed.body)
    event = body["event"]
    if sealed.payload:
        event |= json.loads(sealed.payload.body)
    return Happened(at=body["at"], run=body["run"], event=EVENT.validate_python(event))


def check(stream: Iterable[Sealed]) -> Iterator[str]:
    """Every fault of one stream, read from its start; nothing where it is whole."""
    head = Head()
    for sealed in stream:
        for fault in _faults(sealed, head):
            yield f"{sealed.stream} event {sealed.sequence}: {fault}"
        head = Head(sealed.sequence + 1, sealed.hash)


def _faults(sealed: Sealed, head: Head) -> Iterator[str]:
    if hashlib.sha256(sealed.body.encode()).hexdigest() != sealed.hash:
        yield "its text is not the one that was sealed"
        return
    try:
        body = json.loads(sealed.body)
        place, previous = body["sequence"], body["previous"]
        said = (body["stream"], body["event"]["kind"], body["at"], body["run"])
    except (ValueError, LookupError, TypeError):
        yield "its text is no event"
        return
    if (sealed.sequence, place) != (head.length, head.length):
        yield f"event {head.length} should stand here"
    if previous != head.hash:
        yield "it does not follow the event before it"
    if (sealed.stream, sealed.kind, sealed.at, sealed.run) != said:
        yield "its columns differ from its text"
    if sealed.payload and not _is_payload(sealed.payload, body.get("private")):
        yield "its private part is not the one that was sealed"


def _is_payload(payload: Payload, digest: str | None) -> bool:
    try:
        salted = bytes.fromhex(payload.salt) + payload.body.encode()
    except ValueError:
        return False
    return payload.digest == digest == hashlib.sha256(salted).hexdigest()
