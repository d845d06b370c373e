"""What an app is told of what people did, field by field as documented."""

from triage_agent.sandbox.slack.history import as_shown
from triage_agent.sandbox.slack.parts import Json
from triage_agent.sandbox.slack.workspace import Workspace
from triage_agent.sandbox.store import Message


def on_message(
    workspace: Workspace, user: str, channel: str, message: Message, values: Json
) -> Json:
    """`block_actions` in a message but for its `actions`; a note itself isn't told."""
    note = message.get("is_ephemeral", False)
    container = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel,
        "is_ephemeral": note,
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    return {
        "type": "block_actions",
        **_about(workspace, user),
        "container": container,
        "trigger_id": workspace.live.triggers.new(user),
        "channel": {"id": channel, "name": _channel_name(workspace, channel)},
        **({} if note else {"message": as_shown(workspace.store, channel, message)}),
        "state": {"values": values},
        "response_url": workspace.live.hooks.new(workspace.team["id"], user, channel, message),
    }


def in_view(workspace: Workspace, user: str, view: Json) -> Json:
    """`block_actions` in a modal but for its `actions`."""
    return {
        "type": "block_actions",
        **_about(workspace, user),
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": workspace.live.triggers.new(user, view["id"]),
        "view": view,
    }


def submission(workspace: Workspace, user: str, view: Json) -> Json:
    return {
        "type": "view_submission",
        **_about(workspace, user),
        "trigger_id": workspace.live.triggers.new(user, view["id"]),
        "view": view,
        "response_urls": [],
    }


def closed(workspace: Workspace, user: str, view: Json) -> Json:
    return {
        "type": "view_closed",
        **_about(workspace, user),
        "view": view,
        "is_cleared": view["clear_on_close"],
    }


def command(workspace: Workspace, user: str, channel: str, name: str, text: str) -> dict[str, str]:
    """What was typed after a `/`; it is a form, so all of it is text."""
    team = workspace.team
    return {
        "token": workspace.app["verification_token"],
        "team_id": team["id"],
        "team_domain": team["domain"],
        "channel_id": channel,
        "channel_name": _channel_name(workspace, channel),
        "user_id": user,
        "user_name": workspace.login(user),
        "command": name,
        "text": text,
        "api_app_id": workspace.bot["app_id"],
        "is_enterprise_install": "false",
        "response_url": workspace.live.hooks.of_command(team["id"], user, channel),
        "trigger_id": workspace.live.triggers.new(user),
    }


def _about(workspace: Workspace, user: str) -> Json:
    team = workspace.team
    name = workspace.login(user)
    return {
        "team": {"id": team["id"], "domain": team["domain"]},
        "user": {"id": user, "username": name, "name": name, "team_id": team["id"]},
        "api_app_id": workspace.bot["app_id"],
        "token": workspace.app["verification_token"],
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel_name(workspace: Workspace, channel: str) -> str:
    """What isn't public goes by what it is."""
    if channel in workspace.private:
        return "privategroup"
    return workspace.channels.get(channel, "directmessage")
