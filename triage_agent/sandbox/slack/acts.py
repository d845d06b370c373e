"""`POST /sandbox/slack/ACT`: a person does in Slack what only its user interface can do.

No protocol between agent and sandbox has it. It is for tests, and for whoever plays a person.
Every act answers with a `trouble`: null, or the sentence that the person sees.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.slack.interactivity import Interactivity
from triage_agent.sandbox.strict import Strict


class _Act(Strict):
    """`user`: whose act it is, by the Slack id."""

    user: str = Field(alias="as")


class Click(_Act):
    channel: str
    ts: str
    block_id: str
    action_id: str
    chosen: str | list[str] | None = None


class Choose(_Act):
    view_id: str
    block_id: str
    action_id: str
    chosen: str | list[str] | None = None


class Submit(_Act):
    """`values`: by block_id, then action_id."""

    view_id: str
    values: dict[str, dict[str, str | list[str] | None]]


class Close(_Act):
    view_id: str


class Command(_Act):
    """`text`: all of it, from its `/` on."""

    channel: str
    text: str


class Look(_Act):
    channel: str


async def answer(request: Request) -> Response:
    """Does it; what the person sees then, or a 400 that says what is wrong."""
    name = request.path_params["act"]
    interactivity: Interactivity = request.app.state.interactivity
    if name not in _ACTS:
        return _wrong(f"{name}: write one of {', '.join(_ACTS)}")
    shape, done = _ACTS[name]
    try:
        act = shape.model_validate_json(await request.body())
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors()]
        return _wrong("; ".join(problems))
    if act.user not in interactivity.workspace.users:
        return _wrong(f"as: {act.user!r} is nobody of the workspace; name one by the id")
    return JSONResponse({"trouble": None, **await done(interactivity, act)})


async def _click(to: Interactivity, act: Click) -> Mapping[str, Any]:
    where = (act.channel, act.ts, act.block_id, act.action_id)
    return {"trouble": await to.click(act.user, *where, act.chosen)}


async def _choose(to: Interactivity, act: Choose) -> Mapping[str, Any]:
    where = (act.view_id, act.block_id, act.action_id)
    return {"trouble": await to.choose(act.user, *where, act.chosen)}


async def _submit(to: Interactivity, act: Submit) -> Mapping[str, Any]:
    values = {(b, a): value for b, parts in act.values.items() for a, value in parts.items()}
    came = await to.submit(act.user, act.view_id, values)
    if isinstance(came, str):
        return {"trouble": came}
    return {"errors": dict(came or {})}


async def _close(to: Interactivity, act: Close) -> Mapping[str, Any]:
    await to.close(act.user, act.view_id)
    return {}


async def _command(to: Interactivity, act: Command) -> Mapping[str, Any]:
    return {"trouble": await to.commands.type(act.user, act.channel, act.text)}


async def _look(to: Interactivity, act: Look) -> Mapping[str, Any]:
    notes = list(to.notes_for(act.user, act.channel))
    return {"view": to.view_of(act.user), "notes": notes}


def _wrong(message: str) -> Response:
    return JSONResponse({"error": message}, HTTPStatus.BAD_REQUEST)


_Done = Callable[[Interactivity, Any], Awaitable[Mapping[str, Any]]]
_ACTS: Mapping[str, tuple[type[_Act], _Done]] = {
    "click": (Click, _click),
    "choose": (Choose, _choose),
    "submit": (Submit, _submit),
    "close": (Close, _close),
    "command": (Command, _command),
    "look": (Look, _look),
}
