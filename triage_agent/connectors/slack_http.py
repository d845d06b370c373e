"""Slack's Request URL: what people do, posted by Slack to an address of ours, and signed.

It speaks plain HTTP, behind a reverse proxy that has the certificate and lets Slack in. Whoever
gets there without Slack's signature can do no more than ask how it is: for its health and numbers.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from http import HTTPStatus
from threading import BoundedSemaphore
from urllib.parse import parse_qs

import structlog
from slack_sdk.signature import Clock, SignatureVerifier
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from triage_agent.connectors.serving import PATIENCE, Address, Watch, serving
from triage_agent.connectors.slack_socket import Click, Command, Taken, clicks, command_of

log = structlog.get_logger()
ACTIONS, COMMANDS = "/slack/actions", "/slack/commands"
LONGEST = 1_048_576
"""Bytes of a request, at most; Slack's hold one message or one form."""
WAITING = 500
"""How many requests are acknowledged at most, and not worked off yet."""
_WORKERS = 10


class RequestUrl:
    """A server beside the caller's own work. `place` names it to people, once it is open."""

    place: str

    def __init__(
        self,
        address: str,
        secret: str,
        watch: Watch,
        clock: Callable[[], datetime],
    ) -> None:
        """`address`: a port, or HOST:PORT. `secret` is the app's; Slack signs with it."""
        self._address = Address.of("--http", address)
        self._verifier = SignatureVerifier(secret, _Clock(clock))
        self._watch, self._clock = watch, clock
        self._since = clock()
        self._last_heard: datetime | None = None
        self._pool = ThreadPoolExecutor(_WORKERS)
        self._free = BoundedSemaphore(WAITING)
        self._ends = ExitStack()

    def open(self, heard: Callable[[Click], None], commanded: Callable[[Command], Taken]) -> None:
        """Serves, and from then on tells of what people do, on some thread.

        A click is acknowledged when it is told of, a command when `commanded` has returned: soon.
        """
        self._heard, self._commanded = heard, commanded
        self._ends.callback(self._pool.shutdown)  # what was acknowledged is worked off
        url = self._ends.enter_context(serving(self._address, self._routes()))
        self._since = self._clock()
        self.place = f"at {url}{ACTIONS}"

    def close(self) -> None:
        """Lets nobody in any more, and waits until all is done that was acknowledged."""
        self._ends.close()

    def _routes(self) -> list[Route]:
        return [
            Route(ACTIONS, self._posted, methods=["POST"]),
            Route(COMMANDS, self._typed, methods=["POST"]),
            *self._watch.routes(self._told),
        ]

    def _told(self) -> dict[str, str | None]:
        """What its health page tells of it."""
        heard = self._last_heard
        return {
            "listening_since": self._since.isoformat(),
            "last_heard": heard.isoformat() if heard else None,
        }

    async def _posted(self, request: Request) -> Response:
        found = _read(await self._signed(request))
        self._reserve()
        self._pool.submit(self._work_off, lambda: [self._heard(click) for click in found])
        return Response()

    async def _typed(self, request: Request) -> Response:
        fields = parse_qs((await self._signed(request)).decode(errors="replace"))
        try:
            command = command_of({name: some[0] for name, some in fields.items()})
        except KeyError as exc:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from exc
        if command is None:
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        self._reserve()
        try:
            taken = await run_in_threadpool(self._commanded, command)
        except BaseException:
            self._free.release()
            raise
        self._pool.submit(self._work_off, taken.then)
        return JSONResponse(taken.acknowledgement) if taken.acknowledgement else Response()

    def _reserve(self) -> None:
        """A place for what is to be worked off; without one Slack tells whoever did it."""
        if not self._free.acquire(blocking=False):
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE)

    async def _signed(self, request: Request) -> bytes:
        """The body of a request that is Slack's."""
        body = await _body(request)
        if not self._is_signed(body, request):
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        self._last_heard = self._clock()
        return body

    def _is_signed(self, body: bytes, request: Request) -> bool:
        """Whether Slack signed just this, within five minutes of now."""
        time = request.headers.get("X-Slack-Request-Timestamp")
        signature = request.headers.get("X-Slack-Signature")
        try:
            return self._verifier.is_valid(body, time, signature)
        except (TypeError, ValueError):  # a time that is no number, bytes that are no text
            return False

    def _work_off(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as exc:  # noqa: BLE001 - nobody asks the pool what came of it
            log.error("what was heard broke", error=type(exc).__name__)  # noqa: TRY400 - no traceback
        finally:
            self._free.release()


class _Clock(Clock):
    """The caller's clock, for the vendor's verifier."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now().timestamp()


async def _body(request: Request) -> bytes:
    """All of it, if it comes soon and is no longer than Slack's can be."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for some in request.stream():
                body += some
                if len(body) > LONGEST:
                    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except (TimeoutError, ClientDisconnect) as exc:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from exc
    return bytes(body)


def _read(body: bytes) -> list[Click]:
    """What a form says that somebody did; it is Slack's, but may have a shape unknown to us."""
    try:
        (payload,) = parse_qs(body.decode())["payload"]
        found = json.loads(payload)
        if isinstance(found, dict):
            return clicks(found)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as exc:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from exc
    raise HTTPException(HTTPStatus.BAD_REQUEST)
