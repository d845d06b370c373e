"""`views.*`: opening modals, and changing those that are open."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

from triage_agent.sandbox.slack import blocks, parts
from triage_agent.sandbox.slack.call import Json, SlackCall
from triage_agent.sandbox.slack.checks import Problem, boolean, plain, shape, text, typed
from triage_agent.sandbox.slack.modals import MOST_IN_A_STACK, Modal
from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.slack.workspace import Workspace

_MOST_BLOCKS = 100
_LARGEST = 250_000  # bytes
_ID_BYTES = 5


def open_view(call: SlackCall) -> Json:
    """What a person has open already gives way to it."""
    view = _given(call)
    trigger = call.workspace.live.triggers.redeem(_trigger(call))
    call.workspace.live.modals.clear(trigger.user)
    return {"view": pushed(call.workspace, trigger.user, view)}


def push_view(call: SlackCall) -> Json:
    view = _given(call)
    trigger = call.workspace.live.triggers.redeem(_trigger(call))
    if trigger.view is None:
        raise SlackError("invalid_trigger_id")
    return {"view": pushed(call.workspace, trigger.user, view)}


def update_view(call: SlackCall) -> Json:
    view = _given(call)
    modals = call.workspace.live.modals
    if not call.text("view_id") and not call.text("external_id"):
        raise _wrong("missing required field: view_id")
    name = call.text("view_id")
    modal = modals.one(name) if name else modals.called(call.text("external_id"))
    if modal is None:
        raise SlackError("not_found")
    if call.text("hash") and call.text("hash") != modal.view["hash"]:
        raise SlackError("hash_conflict")
    return {"view": changed(call.workspace, modal, view)}


def pushed(workspace: Workspace, user: str, given: Json) -> Json:
    """The view as it is shown now, on top of a person's stack."""
    stack = workspace.live.modals.stack(user)
    if len(stack) >= MOST_IN_A_STACK:
        raise SlackError("push_limit_reached")
    _refuse_taken(workspace, given, None)
    name = f"V{secrets.token_hex(_ID_BYTES).upper()}"
    before = stack[-1].view["id"] if stack else None
    root = stack[0].view["id"] if stack else name
    links = {"root_view_id": root, "previous_view_id": before}
    workspace.live.modals.push(user, {"id": name, **_completed(workspace, given), **links})
    return _shown(workspace, name)


def changed(workspace: Workspace, modal: Modal, given: Json) -> Json:
    """The view as it is shown now, in the place of the one that was there."""
    _refuse_taken(workspace, given, modal)
    links = {key: modal.view[key] for key in ("root_view_id", "previous_view_id")}
    name = modal.view["id"]
    workspace.live.modals.change({"id": name, **_completed(workspace, given), **links})
    return _shown(workspace, name)


def checked(view: object) -> Json:
    """A view that is well formed; else an error that says what is wrong with it."""
    problems = [str(problem) for problem in _problems(view)]
    if problems:
        raise _wrong(*problems)
    assert isinstance(view, dict), "the checks refuse all else"
    if len(json.dumps(view).encode()) > _LARGEST:
        raise SlackError("view_too_large")
    return view


def _given(call: SlackCall) -> Json:
    view = call.structure("view", "invalid_arguments")
    if view is None:
        raise _wrong("missing required field: view")
    return checked(view)


def _trigger(call: SlackCall) -> str:
    name = call.text("trigger_id")
    if not name:
        raise _wrong("missing required field: trigger_id")
    return name


def _wrong(*messages: str) -> SlackError:
    told = [m if m.startswith("[ERROR]") else f"[ERROR] {m}" for m in messages]
    return SlackError("invalid_arguments", response_metadata={"messages": told})


def _refuse_taken(workspace: Workspace, given: Json, itself: Modal | None) -> None:
    """No two open views may go by the same external_id."""
    name = given.get("external_id")
    other = workspace.live.modals.called(name) if name else None
    if other and (itself is None or other.view["id"] != itself.view["id"]):
        raise SlackError("duplicate_external_id")


def _completed(workspace: Workspace, given: Json) -> Json:
    """A view with all that Slack adds but its place in a stack."""
    bot, team = workspace.bot, workspace.team["id"]
    return {
        "team_id": team,
        "type": given["type"],
        "blocks": parts.identified(given["blocks"]),
        "private_metadata": given.get("private_metadata", ""),
        "callback_id": given.get("callback_id", ""),
        "hash": f"{workspace.next_ts().partition('.')[0]}.{secrets.token_urlsafe(_ID_BYTES)}",
        "title": given["title"],
        "clear_on_close": given.get("clear_on_close", False),
        "notify_on_close": given.get("notify_on_close", False),
        "close": given.get("close"),
        "submit": given.get("submit"),
        "app_id": bot["app_id"],
        "external_id": given.get("external_id", ""),
        "app_installed_team_id": team,
        "bot_id": bot["bot_id"],
    }


def _shown(workspace: Workspace, name: str) -> Json:
    modal = workspace.live.modals.one(name)
    assert modal, "it was just put there"
    return modal.shown()


def _blocks(value: object, at: str) -> Iterator[Problem]:
    yield from blocks.check(value, at, _MOST_BLOCKS)


_MODAL = typed(
    {
        "modal": shape(
            {"title": plain(24), "blocks": _blocks},
            {
                "submit": plain(24),
                "close": plain(24),
                "private_metadata": text(3000, least=0),
                "callback_id": text(255, least=0),
                "external_id": text(255, least=0),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
            },
        )
    }
)


def _problems(view: Any) -> Iterator[Problem]:  # noqa: ANN401 - JSON of the caller's making
    yield from _MODAL(view, "/view")
    given = view.get("blocks") if isinstance(view, dict) else None
    kinds = [b.get("type") for b in given if isinstance(b, dict)] if isinstance(given, list) else []
    if "input" in kinds and "submit" not in view:
        yield Problem("/view/submit", "missing required field: submit")
