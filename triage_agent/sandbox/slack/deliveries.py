"""How an app learns what people did: through its socket, else at its Request URL."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import h11
from starlette.websockets import WebSocketDisconnect

from triage_agent.sandbox.content import parsed
from triage_agent.sandbox.slack import links, outward
from triage_agent.sandbox.slack.parts import Json
from triage_agent.sandbox.slack.workspace import Workspace

_NOW = 0  # long ago by any loop's clock


class Undelivered(Exception):
    """The app didn't acknowledge; the message is a sentence for whoever waits."""


@dataclass(frozen=True)
class Deliveries:
    """`request_url`: where the app listens if it holds no socket open; `seen`: the door's log."""

    workspace: Workspace
    request_url: str | None
    seen: list[dict[str, Any]]
    _deadlines: set[asyncio.Timeout] = field(default_factory=set)

    async def deliver(self, payload: Json) -> Json:
        """What the app answered; empty if it only acknowledged."""
        async with self._answered_in_time():
            if self.workspace.live.links:
                entry = self._noted(links.PATH.rstrip("/"), payload)
                answer = await self.workspace.live.links.deliver(payload)
                entry["status"] = HTTPStatus.OK
                return answer
            if self.request_url:
                return await self._posted(self.request_url, payload)
        raise Undelivered("No app listens: none holds a socket open, and there is no Request URL.")

    async def end(self) -> None:
        """Tell all that listen that the sandbox ends, and wait for nobody any more."""
        for deadline in self._deadlines:
            if not deadline.expired():
                deadline.reschedule(_NOW)
        await self.workspace.live.links.end()

    async def _posted(self, url: str, payload: Json) -> Json:
        entry = self._noted(urlsplit(url).path or "/", payload)
        secret = self.workspace.app["signing_secret"]
        status, body = await outward.post(url, *outward.signed(json.dumps(payload), secret))
        entry["status"] = status
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Undelivered(f"The app answered with status {status}.")
        if payload["type"] != "view_submission" or not body.strip():
            return {}
        try:
            answer = parsed(body)
        except ValueError as error:
            raise Undelivered("The app answered with something that is no JSON.") from error
        if not isinstance(answer, dict):
            raise Undelivered("The app answered with JSON that is no object.")
        return answer

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
            raise Undelivered("The sandbox ends." if deadline.when() == _NOW else late) from error
        except (OSError, h11.ProtocolError, WebSocketDisconnect) as error:
            raise Undelivered("The app can't be reached.") from error
        finally:
            self._deadlines.remove(deadline)

    def _noted(self, path: str, payload: Json) -> dict[str, Any]:
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
        return entry
