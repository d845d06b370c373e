"""How an app learns what people did: through its socket, else at its Request URL."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import h11
from starlette.websockets import WebSocketDisconnect

from triage_agent.sandbox.content import parsed
from triage_agent.sandbox.outcomes import Outcomes
from triage_agent.sandbox.slack import outward
from triage_agent.sandbox.slack.links import PATH
from triage_agent.sandbox.slack.parts import Json
from triage_agent.sandbox.slack.workspace import Workspace

_NOW = 0  # long ago by any loop's clock


class Undelivered(Exception):
    """The app didn't acknowledge; the message is a sentence for whoever waits.

    `code`: what Slack calls it where it was a command.
    """

    def __init__(self, message: str, code: str = "dispatch_failed") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Deliveries:
    """`request_url`: where the app listens if it holds no socket open; the rest is the door's."""

    workspace: Workspace
    request_url: str | None
    seen: list[dict[str, Any]]
    outcomes: Outcomes
    _deadlines: set[asyncio.Timeout] = field(default_factory=set)

    async def deliver(self, payload: Json) -> Json:
        """What the app answered to an act; empty if it only acknowledged."""
        answerable = payload["type"] == "view_submission"
        form = {"payload": json.dumps(payload)}
        answer = await self._told("interactive", payload, form, answerable=answerable)
        if isinstance(answer, dict):
            return answer
        return _object(answer) if answerable and answer.strip() else {}

    async def deliver_command(self, payload: Mapping[str, str]) -> Json:
        """The same for a command, whose answer may be text alone."""
        answer = await self._told("slash_commands", {**payload}, payload, answerable=True)
        if isinstance(answer, dict):
            return answer
        try:
            return _object(answer)
        except Undelivered:
            return {"text": answer.decode(errors="replace")}

    async def _told(
        self, kind: str, payload: Json, form: Mapping[str, str], *, answerable: bool
    ) -> Json | bytes:
        async with self._answered_in_time():
            links = self.workspace.live.links
            if links:
                with self._noted(PATH.rstrip("/"), payload) as entry:
                    answer = await links.deliver(kind, payload, answerable=answerable)
                    entry["status"] = HTTPStatus.OK
                return answer
            if self.request_url:
                return await self._posted(self.request_url, payload, form)
        raise Undelivered("No app listens: none holds a socket open, and there is no Request URL.")

    async def end(self) -> None:
        """Tell all that listen that the sandbox ends, and wait for nobody any more."""
        for deadline in self._deadlines:
            if not deadline.expired():
                deadline.reschedule(_NOW)
        await self.workspace.live.links.end()

    async def _posted(self, url: str, payload: Json, form: Mapping[str, str]) -> bytes:
        secret = self.workspace.app["signing_secret"]
        with self._noted(urlsplit(url).path or "/", payload) as entry:
            status, body = await outward.post(url, *outward.signed(form, secret))
            entry["status"] = status
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Undelivered(f"The app answered with status {status}.", "http_service_error")
        return body

    @asynccontextmanager
    async def _answered_in_time(self) -> AsyncIterator[None]:
        seconds = self.workspace.live.timing.answer
        deadline = asyncio.timeout(seconds)
        self._deadlines.add(deadline)
        try:
            async with deadline:
                yield
        except TimeoutError as error:
            late = f"The app didn't answer within {seconds:g} seconds."
            message = "The sandbox ends." if deadline.when() == _NOW else late
            raise Undelivered(message, "operation_timeout") from error
        except (OSError, h11.ProtocolError, WebSocketDisconnect) as error:
            raise Undelivered("The app can't be reached.") from error
        finally:
            self._deadlines.remove(deadline)

    @contextmanager
    def _noted(self, path: str, payload: Json) -> Iterator[dict[str, Any]]:
        """Writes it down beside the requests that come in."""
        entry = {
            "system": "slack",
            "method": "POST",
            "path": path,
            "body": {name: value for name, value in payload.items() if name != "token"},
            "status": None,
            "at": datetime.now(UTC).isoformat(),
        }
        self.seen.append(entry)
        number = len(self.seen)
        self.outcomes.begin(number, entry)
        try:
            yield entry
        finally:
            self.outcomes.end(number, entry)


def _object(body: bytes) -> Json:
    try:
        answer = parsed(body)
    except ValueError as error:
        raise Undelivered("The app answered with something that is no JSON.") from error
    if not isinstance(answer, dict):
        raise Undelivered("The app answered with JSON that is no object.")
    return answer
