"""One call of the Slack Web API as its methods see it, and what surrounds every one of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.content import parsed
from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.slack.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True)
class SlackCall:
    """`given`: the arguments, of a form or of JSON."""

    workspace: Workspace
    given: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.given.get(name)
        return str(value) if value is not None else ""

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        text = self.text(name) or str(default)
        if not text.isdigit() or not 1 <= int(text) <= most:
            raise SlackError(f"invalid_{name}")
        return int(text)

    def structure(self, name: str, error: str) -> Any:  # noqa: ANN401 - JSON of the caller's making
        """An argument that is JSON: itself in a JSON body, as text in a form; None: not given."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return parsed(value) if value else None
        except ValueError as problem:
            raise SlackError(error) from problem

    def channel(self) -> str:
        found = self.workspace.channel(self.text("channel"))
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def joined_channel(self) -> str:
        """A channel that the bot is in; what isn't public can't be told from what isn't there."""
        found = self.channel()
        if found in self.workspace.not_joined:
            private = found in self.workspace.private
            raise SlackError("channel_not_found" if private else "not_in_channel")
        return found

    def open_channel(self) -> str:
        """A channel that the bot may write in."""
        found = self.joined_channel()
        if found in self.workspace.archived:
            raise SlackError("is_archived")
        return found


# Methods for the token of the app; all others are for its bot in a workspace.
_OF_APP_TOKENS = frozenset({"apps.connections.open"})

Method = Callable[[SlackCall], Json]


def endpoint(methods: Mapping[str, tuple[str, Method]]) -> Callable[[Request], Awaitable[Response]]:
    """All of `/api/`: `methods` by name, each with the scope that it needs."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        workspace: Workspace = request.app.state.workspace
        headers = {}
        try:
            given = _arguments(request, body)
            name = request.path_params["method"]
            scopes = _scopes(_token(request, given), name, workspace)
            headers["x-oauth-scopes"] = ",".join(scopes)
            call = SlackCall(workspace, given)
            method = _permitted(methods, name, call, scopes)
            with workspace.store.changing():
                content = {"ok": True, **method(call)}
        except SlackError as error:
            content = error.answer
        return JSONResponse(content, headers=headers)

    return answer


def _arguments(request: Request, body: bytes) -> Mapping[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    if not request.headers.get("content-type", "").startswith("application/json"):
        return {**given, **dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))}
    try:
        content = parsed(body or b"{}")
    except ValueError as error:
        raise SlackError("invalid_json") from error
    if not isinstance(content, dict):
        raise SlackError("json_not_object")
    return {**given, **content}


def _token(request: Request, given: Mapping[str, Any]) -> str:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer if scheme == "Bearer" else given.get("token")
    if not token:
        raise SlackError("not_authed")
    return str(token)


def _scopes(token: str, method: str, workspace: Workspace) -> Sequence[str]:
    """What a token was granted, if it is of the kind that the method takes."""
    granted = {**workspace.tokens, **workspace.app_tokens}
    if token not in granted:
        raise SlackError("invalid_auth")
    if (token in workspace.app_tokens) != (method in _OF_APP_TOKENS):
        raise SlackError("not_allowed_token_type")
    return granted[token]


def _permitted(
    methods: Mapping[str, tuple[str, Method]], name: str, call: SlackCall, scopes: Sequence[str]
) -> Method:
    if name not in methods:
        raise SlackError("unknown_method", req_method=name)
    scope, method = methods[name]
    if _is_private(call):
        scope = scope.replace("channels:", "groups:")
    if scope and scope not in scopes:
        raise SlackError("missing_scope", needed=scope, provided=",".join(scopes))
    return method


def _is_private(call: SlackCall) -> bool:
    """Whether a call is about private channels, which take scopes of their own."""
    channel = call.workspace.channel(call.text("channel"))
    return channel in call.workspace.private or "private_channel" in call.text("types").split(",")
