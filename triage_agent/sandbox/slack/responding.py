"""What comes in at a response URL: a note or message more, or another instead of the first."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from triage_agent.sandbox.content import parsed
from triage_agent.sandbox.slack import messages
from triage_agent.sandbox.slack.call import Json, SlackCall
from triage_agent.sandbox.slack.hooks import Hook
from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.slack.workspace import Workspace

_GONE = ("invalid_url", "expired_url", "used_url")


async def answer(request: Request) -> Response:
    workspace: Workspace = request.app.state.workspace
    body = await request.body()
    try:
        hook = workspace.live.hooks.use(request.url.path)
        call = SlackCall(workspace, _object(body))
        with workspace.store.changing():
            _respond(call, hook)
    except SlackError as error:
        gone = error.answer["error"] in _GONE
        return JSONResponse(error.answer, HTTPStatus.NOT_FOUND if gone else HTTPStatus.BAD_REQUEST)
    return PlainTextResponse("ok")


def _object(body: bytes) -> Json:
    try:
        given = parsed(body)
    except ValueError as error:
        raise SlackError("invalid_payload") from error
    if not isinstance(given, dict):
        raise SlackError("invalid_payload")
    return given


def _respond(call: SlackCall, hook: Hook) -> None:
    notes = call.workspace.live.notes
    if call.flag("delete_original"):
        _delete(call, hook)
        return
    content = messages.said(call)
    if call.flag("replace_original"):
        note = notes.one(hook.user, hook.channel, hook.ts)
        if note:
            notes.put(hook.user, hook.channel, {**note, **content})
        else:
            messages.change(call.workspace, hook.channel, hook.ts, content)
        return
    thread = call.text("thread_ts")
    if thread:
        content["thread_ts"] = thread
    message = messages.made(call.workspace, content)
    if call.text("response_type") == "in_channel":
        call.workspace.store.put_message(hook.channel, message)
    else:
        notes.put(hook.user, hook.channel, {**message, "is_ephemeral": True})


def _delete(call: SlackCall, hook: Hook) -> None:
    """A note goes; of a message everybody sees there stays that it was there."""
    if hook.note:
        call.workspace.live.notes.remove(hook.user, hook.channel, hook.ts)
        return
    gone = {"subtype": "tombstone", "text": "This message was deleted.", "blocks": []}
    messages.change(call.workspace, hook.channel, hook.ts, gone)
