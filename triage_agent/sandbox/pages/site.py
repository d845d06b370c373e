"""What all pages share: the frame around them, who looks at them, and what browsers may do there.

What strangers wrote is text here: templates escape all of it. A page takes nothing from elsewhere,
and nothing from a form that another site shows.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.slack.workspace import Workspace

Answer = Callable[[Request], Awaitable[Response]]

_HERE = Path(__file__).parent
_PERSON = "person"
_OURS = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Person:
    """Somebody whom the visitor can be. `salesforce`: their user's id, if they have one."""

    slack: str
    name: str
    title: str
    salesforce: str | None


def route(path: str, answer: Answer, *methods: str) -> Route:
    """A page, or what its forms do, for this machine's own browser alone."""

    async def guarded(request: Request) -> Response:
        refusal = _refusal(request)
        response = refusal or await answer(request)
        response.headers.update(_HEADERS)
        return response

    return Route(path, guarded, methods=list(methods) or ["GET"])


def shown(
    request: Request, template: str, *, status: int = HTTPStatus.OK, **values: object
) -> Response:
    """A page within the frame."""
    html = _TEMPLATES.get_template(template).render(
        path=request.url.path,
        person=person(request),
        people=people(request),
        faults_on=len(request.app.state.switches.faults),
        here=str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
        **values,
    )
    return HTMLResponse(html, status)


def missing(request: Request, what: str) -> Response:
    """What was looked for isn't here."""
    return shown(request, "missing.html", status=HTTPStatus.NOT_FOUND, what=what)


def back(to: str) -> Response:
    """To a page of ours after a form was taken; anything else leads to the first page."""
    is_ours = to.startswith("/") and not to.startswith(("//", "/\\"))
    return RedirectResponse(to if is_ours else "/", HTTPStatus.SEE_OTHER)


def org_of(request: Request) -> Org:
    org: Org = request.app.state.org
    return org


def workspace_of(request: Request) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return workspace


def people(request: Request) -> list[Person]:
    """Everybody in the workspace, with their user in the org by their name."""
    users = {user["Name"]: user["Id"] for user in org_of(request).store.records("User")}
    workspace = workspace_of(request)
    return [
        Person(identifier, name, workspace.titles[identifier], users.get(name))
        for identifier, name in workspace.users.items()
    ]


def person(request: Request) -> Person:
    """Who the visitor is: whom they chose, at first the workspace's first."""
    everybody = people(request)
    chosen = request.cookies.get(_PERSON)
    return next((one for one in everybody if one.slack == chosen), everybody[0])


def upright(text: str) -> str:
    """Text in which nothing turns round what stands beside it."""
    return text.translate(_TURNING)


async def form(request: Request) -> dict[str, str]:
    """A form's fields, the last of those with one name."""
    return dict(await fields(request))


async def fields(request: Request) -> list[tuple[str, str]]:
    """All of a form's fields by name; lines end as everywhere but in forms."""
    text = (await request.body()).decode(errors="replace")
    given = parse_qsl(text, keep_blank_values=True)
    return [(name, value.replace("\r\n", "\n")) for name, value in given]


def routes() -> Iterable[Route]:
    yield route("/person", _choose, "POST")


def assets() -> StaticFiles:
    return StaticFiles(directory=_HERE / "assets")


async def _choose(request: Request) -> Response:
    given = await form(request)
    response = back(given.get("back", "/"))
    response.set_cookie(_PERSON, given.get("person", ""), samesite="strict", httponly=True)
    return response


def _refusal(request: Request) -> Response | None:
    """A name that only seems to be this machine's, or a form on somebody else's page."""
    if request.url.hostname not in _OURS:
        return PlainTextResponse("open this as http://127.0.0.1", HTTPStatus.MISDIRECTED_REQUEST)
    origin = request.headers.get("origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.url.netloc:
        return PlainTextResponse("this form is of another site", HTTPStatus.FORBIDDEN)
    return None


def _when(value: str | float) -> str:
    """A moment as people here read it: the time of today, else the day and the time."""
    moment = _moment(value).astimezone()
    is_today = moment.date() == datetime.now(UTC).astimezone().date()
    return f"{moment:%H:%M}" if is_today else f"{moment:%b} {moment.day}, {moment:%H:%M}"


def _iso(value: str | float) -> str:
    return _moment(value).isoformat(timespec="seconds")


def _moment(value: str | float) -> datetime:
    """Of Salesforce's and ISO's text, or of Slack's seconds."""
    if isinstance(value, float):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: object) -> Any:  # noqa: ANN401 - whatever a template shows
    return upright(value) if type(value) is str else value


_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_text,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(when=_when, iso=_iso)
