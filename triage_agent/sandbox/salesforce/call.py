"""One request to the REST API as its handlers see it, and what surrounds every one of them."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.content import parsed
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.refusals import Refusal, bad_json, not_found
from triage_agent.sandbox.salesforce.schema import Entity
from triage_agent.sandbox.store import Record

DAILY_CALLS = 100_000
VERSIONS = range(50, 69)
"""The versions of the API that are spoken: Winter '21 to Winter '27."""

_CURSORS_KEPT = 100
_VERSION = re.compile(r"(\d+)\.0")


@dataclass
class Sessions:
    """What lasts as long as the server runs: tokens given out, calls counted, pages to come.

    `tokens`: the org by each token, as it is for the user whose token that is.
    """

    url: str
    tokens: dict[str, Org]
    calls: int = 0
    queries: int = 0
    cursors: OrderedDict[str, Sequence[dict[str, Any]]] = field(default_factory=OrderedDict)

    def keep(self, rows: Sequence[dict[str, Any]]) -> str:
        """Hold a query's rows for the pages to come; the locator that asks for them."""
        self.queries += 1
        locator = f"01g{self.queries:015d}"
        self.cursors[locator] = rows
        if len(self.cursors) > _CURSORS_KEPT:
            self.cursors.popitem(last=False)
        return locator


@dataclass(frozen=True)
class RefusedRow:
    """A row of a collection that is refused whatever it holds; `draw`, from 0 to 1, picks it."""

    code: str
    draw: float

    @property
    def refusal(self) -> Refusal:
        locked = self.code == "UNABLE_TO_LOCK_ROW"
        message = "unable to obtain exclusive access to this record" if locked else "not accepted"
        return Refusal(self.code, message)

    def of(self, count: int) -> int:
        """Which one of so many it is."""
        return int(self.draw * count)

    def within(self, count: int) -> "RefusedRow":
        """The choice that is left where one of so many collections was chosen."""
        return RefusedRow(self.code, self.draw * count % 1)


@dataclass(frozen=True)
class Call:
    """`path`: the parts of the URL that a route names; `base`: `/services/data/v64.0`."""

    org: Org
    sessions: Sessions
    base: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    bad_row: RefusedRow | None = None

    @property
    def auto_assign(self) -> bool:
        """Whether the assignment rule runs: it does, unless the caller says no."""
        return self.headers.get("sforce-auto-assign", "TRUE").upper() != "FALSE"

    @property
    def entity(self) -> Entity:
        """The object that the URL names."""
        entity = self.org.entity(self.path["entity"])
        if entity is None:
            raise not_found()
        return entity

    def json_object(self) -> dict[str, Any]:
        """The body, which has to be a JSON object."""
        try:
            content = parsed(self.body)
        except ValueError as error:
            raise bad_json(f"Unexpected character or end of input: {error}") from error
        if not isinstance(content, dict):
            raise bad_json("The HTTP entity body is required to be a JSON object")
        return content

    def full(self, entity: Entity, record: Record, names: Sequence[str]) -> dict[str, Any]:
        """A record as the API shows it, null fields and all."""
        url = f"{self.base}/sobjects/{entity.name}/{record['Id']}"
        attributes = {"type": entity.name, "url": url}
        return {"attributes": attributes, **{name: record.get(name) for name in names}}

    def field_names(self, entity: Entity, wanted: Sequence[str]) -> list[str]:
        """The fields' own spelling; refused where the object has no such field."""
        fields = {name: entity.named(name.strip()) for name in wanted}
        missing = [name for name, known in fields.items() if known is None]
        if missing:
            message = f"No such column '{missing[0]}' on sobject of type {entity.name}"
            raise Refusal("INVALID_FIELD", message)
        return [known.name for known in fields.values() if known]


Handler = Callable[[Call], Response]


def endpoint(handle: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A handler behind everything that all of the REST API shares."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        sessions: Sessions = request.app.state.sessions
        sessions.calls += 1
        try:
            response = _handled(handle, request, _authorised(request, sessions), body)
        except Refusal as refusal:
            response = refused(refusal)
        usage = f"api-usage={sessions.calls}/{DAILY_CALLS}"
        response.headers["Sforce-Limit-Info"] = usage
        return response

    return answer


def refused(refusal: Refusal) -> Response:
    return JSONResponse(refusal.as_answer(), refusal.status)


def token_of(request: Request) -> str:
    """The access token that a request brings; empty where it brings none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme in ("Bearer", "OAuth") else ""


def _authorised(request: Request, sessions: Sessions) -> Org:
    org = sessions.tokens.get(token_of(request))
    if org is None:
        message = "Session expired or invalid"
        raise Refusal("INVALID_SESSION_ID", message, status=HTTPStatus.UNAUTHORIZED)
    return org


def _handled(handle: Handler, request: Request, org: Org, body: bytes) -> Response:
    version = _VERSION.fullmatch(request.path_params["version"])
    if version is None or int(version[1]) not in VERSIONS:
        raise not_found()
    if "ApiEnabled" not in org.permissions.of_user:
        message = "The REST API is not enabled for this Organization."
        raise Refusal("API_DISABLED_FOR_ORG", message, status=HTTPStatus.FORBIDDEN)
    call = Call(
        org=org,
        sessions=request.app.state.sessions,
        base=f"/services/data/v{version[0]}",
        path=request.path_params,
        query=request.query_params,
        headers=request.headers,
        body=body,
        bad_row=getattr(request.state, "bad_row", None),
    )
    with org.store.changing():
        return handle(call)
