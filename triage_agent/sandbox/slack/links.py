"""Socket Mode: the sockets that an app holds open, and what is told through them."""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect

from triage_agent.sandbox.content import parsed
from triage_agent.sandbox.slack.parts import Json
from triage_agent.sandbox.slack.timing import Timing

PATH = "/link/"
_MOST = 10
_HOST = "sandbox"  # which of Slack's machines it is


class Links:
    """`url`: the sandbox's base URL."""

    def __init__(self, url: str, app: str, timing: Timing) -> None:
        self._url = url.replace("http", "ws", 1)
        self._app = app
        self._timing = timing
        self._tickets: dict[str, float] = {}
        self._open: deque[WebSocket] = deque()
        self._leaving: set[WebSocket] = set()
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    def invite(self) -> str:
        """Where a socket may be opened, once and soon."""
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = time.monotonic()
        return f"{self._url}{PATH}?ticket={ticket}&app_id={self._app}"

    def __bool__(self) -> bool:
        """Whether anybody listens."""
        return bool(self._open)

    async def deliver(self, kind: str, payload: Json, *, answerable: bool) -> Json:
        """Hand a payload to one of those that listen; what it is acknowledged with.

        Waits without an end; a `WebSocketDisconnect` when all of them are gone.
        """
        name = str(uuid4())
        envelope = {
            "envelope_id": name,
            "type": kind,
            "accepts_response_payload": answerable,
            "payload": payload,
        }
        self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            await self._to_one(envelope)
            return await self._waiting[name]
        finally:
            del self._waiting[name]

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from its opening to its end."""
        if not self._redeem(socket.query_params):
            await socket.close()  # before it is accepted, that is a 403
            return
        await socket.accept()
        if len(self._open) >= _MOST:
            await _end(socket, "too_many_websockets")
            return
        self._open.append(socket)
        life = asyncio.create_task(self._live(socket))
        try:
            await socket.send_json(self._hello())
            await self._listen(socket)
        except WebSocketDisconnect:
            pass  # gone while it was greeted
        finally:
            life.cancel()
            self._open.remove(socket)
            self._leaving.discard(socket)

    async def end(self) -> None:
        """Tell everybody that it is over."""
        for socket in list(self._open):
            await _end(socket, "refresh_requested")

    def _redeem(self, given: Mapping[str, str]) -> bool:
        issued = self._tickets.pop(given.get("ticket", ""), None)
        fresh = issued is not None and time.monotonic() - issued <= self._timing.ticket
        return fresh and given.get("app_id") == self._app

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {
                "host": _HOST,
                "started": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.000}",
                "build_number": 1,
                "approximate_connection_time": int(self._timing.connection),
            },
            "connection_info": {"app_id": self._app},
        }

    async def _live(self, socket: WebSocket) -> None:
        await asyncio.sleep(max(0, self._timing.connection - self._timing.warning))
        with suppress(WebSocketDisconnect):
            self._leaving.add(socket)
            await socket.send_json(_farewell("warning"))
            await asyncio.sleep(self._timing.warning)
        await _end(socket, "refresh_requested")

    async def _listen(self, socket: WebSocket) -> None:
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            self._acknowledge(message.get("text") or "")

    def _acknowledge(self, text: str) -> None:
        """Whatever is no acknowledgement of something that waits for one is passed over."""
        try:
            given = parsed(text)
        except ValueError:
            return
        name = given.get("envelope_id") if isinstance(given, dict) else None
        waiting = self._waiting.get(name) if isinstance(name, str) else None
        if waiting and not waiting.done():
            answer = given.get("payload")
            waiting.set_result(answer if isinstance(answer, dict) else {})

    async def _to_one(self, envelope: Json) -> None:
        """To each in turn, those that were warned of their end last; one that is gone is passed."""
        text = json.dumps(envelope)
        for socket in sorted(self._open, key=self._leaving.__contains__):
            self._open.rotate(-1)
            with suppress(WebSocketDisconnect):
                await socket.send_text(text)
                return
        raise WebSocketDisconnect


def _farewell(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}}


async def _end(socket: WebSocket, reason: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # it was faster
        await socket.send_json(_farewell(reason))
        await socket.close()
