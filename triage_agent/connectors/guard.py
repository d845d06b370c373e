"""Stands under every vendor client: what the page doesn't give doesn't leave."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import parse_qs, urljoin, urlsplit

from triage_agent.authority.wire import Request, System
from triage_agent.connectors.calls import CallLog
from triage_agent.errors import OutsidePage

Pass = Callable[[Request], None]
"""Lets a request leave by returning; what it raises instead reaches the caller as it is."""


class Wire(Protocol):
    """What may leave: for a run the page's rules, for `doctor` those of looking only."""

    def refuses(self, request: Request) -> str | None:
        """Why a request may not leave; None: it may."""

    def writes(self, request: Request) -> bool:
        """Whether a request is held back while the agent is paused."""


class Guard:
    """The wire's rules, with their refusals on record; `brake` raises while the agent is paused."""

    def __init__(self, wire: Wire, calls: CallLog, brake: Callable[[], None]) -> None:
        self._wire, self._calls, self._brake = wire, calls, brake

    def __call__(self, request: Request) -> None:
        """Returns where the page gives this request; `OutsidePage` where it doesn't."""
        if reason := self._wire.refuses(request):
            self._calls.block(request.system, request.method, request.path, reason)
            raise OutsidePage(request.system, "OUTSIDE_PAGE", reason)
        if self._wire.writes(request):
            self._brake()


def outgoing(system: System, method: str, url: str, body: Any = None) -> Request:  # noqa: ANN401 - JSON
    """A request as the wire's rules look at it; a composite one with its parts."""
    where = urlsplit(url)
    inside = body.get("compositeRequest", ()) if isinstance(body, dict) else ()
    return Request(
        system,
        method,
        where.netloc,
        where.path,
        parse_qs(where.query),
        body,
        tuple(
            outgoing(system, part["method"], urljoin(url, part["url"]), part.get("body"))
            for part in inside
        ),
    )
