"""Slack's Request URL: what people do, posted by Slack to an address of ours, and signed.

It speaks plain HTTP, behind a reverse proxy that has the certificate and lets Slack in. Given a
port alone it is reached from its own machine only; in a container, or for a proxy elsewhere, the
address to listen at is named as well, like 0.0.0.0:8080. Whoever gets there without Slack's
signature can do no more than ask for its health.
"""

import asyncio
import json
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from http import HTTPStatus
from threading import BoundedSemaphore, Thread
from typing import TypeVar
from urllib.parse import parse_qs

import structlog
import uvicorn
from slack_sdk.signature import Clock, SignatureVerifier
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from triage_agent.connectors.slack_socket import Click, Command, Taken, clicks, command_of
from triage_agent.errors import TriageError, WrongUsage

log = structlog.get_logger()
T = TypeVar("T")
ACTIONS, COMMANDS, HEALTH = "/slack/actions", "/slack/commands", "/health"
LONGEST = 1_048_576
"""Bytes of a request, at most; Slack's hold one message or one form."""
WAITING = 500
"""How many requests are acknowledged at most, and not worked off yet."""
_WORKERS = 10
_PATIENCE = 3.0  # seconds, as Slack's own with us
_HOST = "127.0.0.1"
_LAST_PORT = 65_535
_ADDRESS = re.compile(r"(?:(?P<host>[^:]+|\[[^]]+\]):)?(?P<port>[0-9]{1,5})")


class RequestUrl:
    """A server beside the caller's own work. `place` names it to people, once it is open."""

    place: str

    def __init__(
        self,
        address: str,
        secret: str,
        ledger: Callable[[], object],
        page: Callable[[], int],
        clock: Callable[[], datetime],
    ) -> None:
        """`address`: a port, or HOST:PORT. `secret` is the app's; Slack signs with it.

        For whoever asks for its health, `ledger` reads something in the ledger, `page` gives the
        page's version.
        """
        self._address = _parsed(address)
        self._verifier = SignatureVerifier(secret, _Clock(clock))
        self._ledger, self._page, self._clock = ledger, page, clock
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
        listener = self._ends.enter_context(_bound(*self._address))
        server = uvicorn.Server(self._config())
        thread = Thread(target=server.run, args=([listener],))

        def end() -> None:
            server.should_exit = True
            thread.join()

        thread.start()
        self._ends.callback(end)
        self._since = self._clock()
        self.place = f"at {_url(listener)}{ACTIONS}"

    def close(self) -> None:
        """Lets nobody in any more, and waits until all is done that was acknowledged."""
        self._ends.close()

    def _config(self) -> uvicorn.Config:
        routes = [
            Route(ACTIONS, self._posted, methods=["POST"]),
            Route(COMMANDS, self._typed, methods=["POST"]),
            Route(HEALTH, self._health, methods=["GET"]),
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _refused})
        app.router.redirect_slashes = False  # nobody is sent on to where they say they came to
        return uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(_PATIENCE) + 1,
        )

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

    def _health(self, _request: Request) -> Response:
        """Whether decisions can be taken: for that ledger and page must be readable."""
        ledger, version = _answer(self._ledger), _answer(self._page)
        told = {
            "listening_since": self._since.isoformat(),
            "last_heard": self._last_heard.isoformat() if self._last_heard else None,
            "ledger": "readable" if ledger is not None else "unreadable",
            "page_version": version,
        }
        healthy = ledger is not None and version is not None
        return JSONResponse(told, HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE)


class _Clock(Clock):
    """The caller's clock, for the vendor's verifier."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now().timestamp()


def _parsed(address: str) -> tuple[str, int]:
    found = _ADDRESS.fullmatch(address)
    if not found or int(found["port"]) > _LAST_PORT:
        raise WrongUsage(f"--http {address!r}: write a port like 8080, or one like 0.0.0.0:8080")
    return (found["host"] or _HOST).strip("[]"), int(found["port"])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, UnicodeError) as exc:
        raise WrongUsage(
            f"--http {host}:{port}: can't listen there ({exc}); choose another port, or 0 for any"
        ) from exc


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _body(request: Request) -> bytes:
    """All of it, if it comes soon and is no longer than Slack's can be."""
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
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


async def _refused(_request: Request, refused: Exception) -> Response:
    """Nobody learns more than the status; whoever runs this learns that it happens."""
    if not isinstance(refused, HTTPException):
        raise refused
    log.warning("a request was refused", status=refused.status_code, why=refused.detail)
    return Response(None, refused.status_code, {"Connection": "close"})


def _answer(ask: Callable[[], T]) -> T | None:
    """What is read, or nothing where it can't be."""
    try:
        return ask()
    except TriageError as exc:
        log.warning("not healthy", reason=str(exc))
        return None
