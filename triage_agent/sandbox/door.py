"""The one place that every request passes, whatever it asks for and whoever answers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage_agent.sandbox.content import parsed
from triage_agent.sandbox.fault_file import Arrival
from triage_agent.sandbox.faults import Faults
from triage_agent.sandbox.strict import System

_LONGEST_URL = 16_384  # bytes; Salesforce answers a longer one with 414
_SYSTEMS: dict[str, System] = {
    "services": "salesforce",
    "api": "slack",
    "hooks": "slack",
    "v1": "model",
}
_SECRETS = frozenset({"assertion", "client_secret", "password", "refresh_token", "token"})
_FORM = "application/x-www-form-urlencoded"


@dataclass
class Door:
    """Reads a request whole, passes it on, and writes down what came of it in `seen`.

    What isn't answered, or not yet, has no status there. `clocks`: by how much the clock of a
    system is off, as the Date of its answers shows.
    """

    app: ASGIApp
    seen: list[dict[str, Any]]
    faults: Faults
    clocks: Mapping[str, timedelta]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a socket is opened, or not, where it leads
            await self.app(scope, receive, send)
            return
        system = _SYSTEMS.get(scope["path"].split("/")[1])
        send = self._dated(send, system)
        if system is None:
            await self.app(scope, receive, send)
            return
        body = await _whole_body(receive)
        entry = _entry(system, scope, body)
        self.seen.append(entry)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        mishap = self.faults.of(Arrival(system, entry["method"], entry["path"], entry["body"]))
        app = self._answering(scope)
        await mishap.befall(app, _unslashed(scope), _replayed(body, receive), answer)

    def _dated(self, send: Send, system: System | None) -> Send:
        """Sends each answer with the Date that the system's clock shows."""
        off = self.clocks.get(system or "", timedelta())

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(datetime.now(UTC) + off, usegmt=True).encode()
                message = {**message, "headers": [*message["headers"], (b"date", date)]}
            await send(message)

        return send_dated

    def _answering(self, scope: Scope) -> ASGIApp:
        if len(_target(scope)) > _LONGEST_URL:
            return PlainTextResponse("URI Too Long", HTTPStatus.REQUEST_URI_TOO_LONG)
        return self.app


async def _whole_body(receive: Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever the client still sends."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _unslashed(scope: Scope) -> Scope:
    """A path with a slash at its end is the same path; simple-salesforce writes them so."""
    return {**scope, "path": scope["path"].rstrip("/") or "/"}


def _target(scope: Scope) -> bytes:
    raw: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return raw + b"?" + query if query else raw


def _entry(system: System, scope: Scope, body: bytes) -> dict[str, Any]:
    return {
        "system": system,
        "method": scope["method"],
        "path": _target(scope).decode("latin-1"),
        "body": _readable(body, dict(scope["headers"])),
        "status": None,
        "at": datetime.now(UTC).isoformat(),
    }


def _readable(body: bytes, headers: Mapping[bytes, bytes]) -> object:
    """The body parsed, or its text; never a password or token."""
    text = body.decode(errors="replace")
    kind = headers.get(b"content-type", b"").decode("latin-1")
    if "xml" in kind:
        return "(a login)"
    if kind.startswith(_FORM):
        return _without_secrets(dict(parse_qsl(text, keep_blank_values=True)))
    try:
        content = parsed(text) if text else None
    except ValueError:
        return text
    return _without_secrets(content) if isinstance(content, dict) else content


def _without_secrets(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in _SECRETS}
