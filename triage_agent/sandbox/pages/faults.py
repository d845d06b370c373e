"""The page of faults: a visitor makes the systems fail, and sees what the agent does then."""

import json
from collections.abc import Iterable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.switches import OWN, Switches, troubles
from triage_agent.sandbox.strict import Strict


def routes() -> Iterable[Route]:
    yield site.route("/faults", _faults)
    yield site.route("/faults", _switch, "POST")


async def _faults(request: Request) -> Response:
    return _page(request, _switches(request).text)


async def _switch(request: Request) -> Response:
    """`on` or `off` names what to switch, `text` is a visitor's own; without any, all go off."""
    given = await site.form(request)
    switches = _switches(request)
    name = given.get("on") or given.get("off")
    if name is None and "text" in given:
        return _write(request, given["text"])
    if name is None:
        switches.all_off()
        return site.back("/faults")
    if name not in switches.names():
        return site.missing(request, f"There is no fault called {name}.")
    switches.switch(name, on="on" in given)
    return site.back(f"/faults#{name}")


def _write(request: Request, text: str) -> Response:
    try:
        _switches(request).write(text)
    except WrongUsage as wrong:
        return _page(request, text, str(wrong).splitlines(), HTTPStatus.UNPROCESSABLE_ENTITY)
    return site.back(f"/faults#{OWN}")


def _page(
    request: Request, text: str, wrong: Iterable[str] = (), status: int = HTTPStatus.OK
) -> Response:
    switches = _switches(request)
    return site.shown(
        request,
        "faults.html",
        status=status,
        troubles=troubles(),
        switches=switches,
        line=_line,
        text=text,
        wrong=wrong,
    )


def _switches(request: Request) -> Switches:
    switches: Switches = request.app.state.switches
    return switches


def _line(fault: Strict) -> str:
    """A fault as a line of a faults file."""
    said = fault.model_dump(exclude_unset=True)
    parts = (f"{name}: {_plain(said[name])}" for name in sorted(said, key="fault".__ne__))
    return f"{{{', '.join(parts)}}}"


def _plain(value: object) -> str:
    match value:
        case list():
            return f"[{', '.join(map(_plain, value))}]"
        case float():
            return f"{value:g}"
        case str() if value.replace("_", "").replace(".", "").isalnum():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
