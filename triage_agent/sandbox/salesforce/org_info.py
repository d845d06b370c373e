"""What a caller may ask about the API, its limits and itself."""

from collections.abc import Iterator
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from triage_agent.sandbox.salesforce.call import (
    DAILY_CALLS,
    VERSIONS,
    Call,
    Sessions,
    token_of,
)
from triage_agent.sandbox.salesforce.org import Org

_SEASONS = ("Winter", "Spring", "Summer")
_WINTER_26 = 65
_RESOURCES = ("composite", "limits", "query", "queryAll", "sobjects", "tooling", "ui-api")


async def versions(_request: Request) -> Response:
    """GET /services/data: known to everybody, oldest first."""
    return JSONResponse(list(_versions()))


def resources(call: Call) -> Response:
    """What is below a version's path, and who asks."""
    org = call.org
    identity = f"{call.sessions.url}/id/{org.id}/{org.running_user}"
    paths = {name: f"{call.base}/{name}" for name in _RESOURCES}
    return JSONResponse({**paths, "identity": identity})


def limits(call: Call) -> Response:
    """The one limit that the sandbox counts."""
    left = DAILY_CALLS - call.sessions.calls
    return JSONResponse({"DailyApiRequests": {"Max": DAILY_CALLS, "Remaining": left}})


async def userinfo(request: Request) -> Response:
    """GET /services/oauth2/userinfo: who the token was given to."""
    sessions: Sessions = request.app.state.sessions
    token = token_of(request)
    org = sessions.tokens.get(token)
    if org is None:
        fault = "Bad_OAuth_Token" if token else "Missing_OAuth_Token"
        return PlainTextResponse(fault, HTTPStatus.FORBIDDEN)
    return JSONResponse(_described(org, sessions.url))


def _versions() -> Iterator[dict[str, str]]:
    for number in VERSIONS:
        years, season = divmod(number - _WINTER_26, len(_SEASONS))
        label = f"{_SEASONS[season]} '{26 + years}"
        version = f"{number}.0"
        yield {"label": label, "url": f"/services/data/v{version}", "version": version}


def _described(org: Org, url: str) -> dict[str, object]:
    user = org.store.record("User", org.running_user) or {}
    return {
        "sub": f"{url}/id/{org.id}/{org.running_user}",
        "user_id": org.running_user,
        "organization_id": org.id,
        "preferred_username": user["Username"],
        "nickname": user["Alias"],
        "name": user["Name"],
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "email": user["Email"],
        "email_verified": True,
        "active": user["IsActive"],
        "user_type": "STANDARD",
    }
