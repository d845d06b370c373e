"""A small HTTP server beside the caller's own work, and what it tells of how that stands.

Given a port alone it is reached from its own machine only; in a container, or for a proxy
elsewhere, the address to listen at is named as well, like 0.0.0.0:8080.
"""

import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from threading import Thread
from typing import TypeVar

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from triage_agent.errors import TriageError, WrongUsage

log = structlog.get_logger()
T = TypeVar("T")
HEALTH, METRICS = "/health", "/metrics"
PATIENCE = 3.0
"""Seconds that a request may take to come, and to be answered once the server ends."""
_HOST = "127.0.0.1"
_LAST_PORT = 65_535
_ADDRESS = re.compile(r"(?:(?P<host>[^:]+|\[[^]]+\]):)?(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Address:
    """Where to listen, as an `option` of the command line says it."""

    option: str
    host: str
    port: int

    @classmethod
    def of(cls, option: str, written: str) -> "Address":
        """Reads a port, or HOST:PORT."""
        found = _ADDRESS.fullmatch(written)
        if not found or int(found["port"]) > _LAST_PORT:
            raise WrongUsage(
                f"{option} {written!r}: write a port like 8080, or one like 0.0.0.0:8080"
            )
        return cls(option, (found["host"] or _HOST).strip("[]"), int(found["port"]))

    def bound(self) -> socket.socket:
        """Listens there."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            return socket.create_server((self.host, self.port), family=family, backlog=128)
        except (OSError, UnicodeError) as exc:
            raise WrongUsage(
                f"{self.option} {self.host}:{self.port}: can't listen there ({exc}); "
                "choose another port, or 0 for any"
            ) from exc


@contextmanager
def serving(address: Address, routes: Sequence[Route]) -> Iterator[str]:
    """Serves these until it is left; gives the URL. Whoever is refused learns only the status."""
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused})
    app.router.redirect_slashes = False  # nobody is sent on to where they say they came to
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(PATIENCE) + 1,
    )
    with address.bound() as listener:
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join()


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _refused(_request: Request, refused: Exception) -> Response:
    """Nobody learns more than the status; whoever runs this learns that it happens."""
    if not isinstance(refused, HTTPException):
        raise refused
    log.warning("a request was refused", status=refused.status_code, why=refused.detail)
    return Response(None, refused.status_code, {"Connection": "close"})


@dataclass(frozen=True)
class Watch:
    """What a process tells whoever asks, from threads of the server's.

    `ledger` reads something in the ledger, `page` gives the page's version, `metrics` the page
    that is scraped, of that media type; each raises a `TriageError` where it can't.
    """

    ledger: Callable[[], object]
    page: Callable[[], int]
    metrics: Callable[[], bytes]
    media_type: str

    def routes(self, more: Callable[[], Mapping[str, object]] = dict) -> list[Route]:
        """/health and /metrics. `more`: what else is told of its health."""

        def health(_request: Request) -> Response:
            """Whether it can work: for that ledger and page must be readable."""
            ledger, version = _answer(self.ledger), _answer(self.page)
            told = {
                **more(),
                "ledger": "readable" if ledger is not None else "unreadable",
                "page_version": version,
            }
            healthy = ledger is not None and version is not None
            return JSONResponse(told, HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE)

        def metrics(_request: Request) -> Response:
            told = _answer(self.metrics)
            if told is None:
                return Response(None, HTTPStatus.SERVICE_UNAVAILABLE)
            return Response(told, headers={"Content-Type": self.media_type})

        return [Route(HEALTH, health, methods=["GET"]), Route(METRICS, metrics, methods=["GET"])]


def _answer(ask: Callable[[], T]) -> T | None:
    """What is read, or nothing where it can't be."""
    try:
        return ask()
    except TriageError as exc:
        log.warning("not healthy", reason=str(exc))
        return None
