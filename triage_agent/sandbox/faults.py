"""Makes requests go wrong as those to real systems do, as a faults file says."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from triage_agent.sandbox.fault_answers import answer
from triage_agent.sandbox.fault_file import (
    Arrival,
    BadRow,
    Cut,
    Fault,
    FaultFile,
    Latency,
    RateLimit,
    ServerError,
    Torn,
)
from triage_agent.sandbox.salesforce.call import RefusedRow
from triage_agent.sandbox.strict import System

Clock = Callable[[], float]


class CuttableProtocol(H11Protocol):
    """HTTP whose every request knows how to end its connection: `scope["state"]["cut"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "cut": transport.abort}


class Faults:
    """What faults files say, kept over all requests: each fault counts those that fit it."""

    def __init__(self, *files: FaultFile, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self.start(*files)

    def start(self, *files: FaultFile) -> None:
        """From the next request on what these say happens, counted anew; the first file first."""
        self._watches = [
            _Watch(fault, Random(f"{file.seed}/{number}"), self._clock)  # noqa: S311 - to be repeatable
            for file in files
            for number, fault in enumerate(file.faults)
        ]

    def __len__(self) -> int:
        return len(self._watches)

    def of(self, arrival: Arrival) -> "Mishap":
        """What befalls a request: the delays that hit it, and of all else the first."""
        hits = [watch for watch in self._watches if watch.hits(arrival)]
        delay = sum(
            watch.chance.uniform(*watch.fault.seconds)
            for watch in hits
            if isinstance(watch.fault, Latency)
        )
        for watch in hits:
            if not isinstance(watch.fault, Latency):
                return Mishap(arrival.system, delay, watch.fault, watch.chance.random())
        return Mishap(arrival.system, delay)


@dataclass
class _Watch:
    """A fault, how many requests fitted it so far, and when the last ones were let through."""

    fault: Fault
    chance: Random
    clock: Clock
    fitted: int = 0
    passed: deque[float] = field(default_factory=deque)

    def hits(self, arrival: Arrival) -> bool:
        if not self.fault.fits(arrival):
            return False
        self.fitted += 1
        if self.fault.at is not None:
            return self.fitted in self.fault.at
        if self.fault.rate is not None:
            return self.chance.random() < self.fault.rate
        if isinstance(self.fault, RateLimit) and self.fault.per_second:
            return self._is_full(self.fault.per_second)
        return True

    def _is_full(self, most: int) -> bool:
        """What is refused takes no place, so that who waits as told gets through."""
        now = self.clock()
        while self.passed and self.passed[0] <= now - 1:
            self.passed.popleft()
        full = len(self.passed) >= most
        if not full:
            self.passed.append(now)
        return full


@dataclass(frozen=True)
class Mishap:
    """What befalls one request; `draw`, from 0 to 1, picks one of several."""

    system: System
    delay: float
    fault: Fault | None = None
    draw: float = 0

    async def befall(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request answered by `app`, as far as the mishap lets it."""
        try:
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:  # the sandbox stops, and answers nobody any more
            with suppress(asyncio.CancelledError):  # the loop's end cancels once more
                await _cut(scope, receive)
            return
        if isinstance(self.fault, Cut | ServerError) and self.fault.carried_out:
            await app(scope, receive, _nowhere)
        match self.fault:
            case None:
                await app(scope, receive, send)
            case BadRow(code=code):
                state = {**scope["state"], "bad_row": RefusedRow(code, self.draw)}
                await app({**scope, "state": state}, receive, send)
            case Cut():
                await _cut(scope, receive)
            case Torn():
                await (await _torn(app, scope, receive))(scope, receive, send)
            case fault:
                await answer(self.system, fault)(scope, receive, send)


async def _nowhere(_message: Message) -> None:
    pass


async def _cut(scope: Scope, receive: Receive) -> None:
    """End the connection, and wait until the server has noticed: then it misses no answer."""
    scope["state"]["cut"]()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _torn(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    body = b"".join(message.get("body", b"") for message in sent)
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in sent[0]["headers"]
        if name != b"content-length"
    }
    return Response(body[: len(body) // 2], headers=headers)
