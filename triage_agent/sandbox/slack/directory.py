"""Who and what is in the workspace: the calls that only look something up."""

from triage_agent.sandbox.slack.call import Json, SlackCall
from triage_agent.sandbox.slack.refusal import SlackError


def auth_test(call: SlackCall) -> Json:
    team, bot = call.workspace.team, call.workspace.bot
    who = {"user": bot["user"], "user_id": bot["user_id"], "bot_id": bot["bot_id"]}
    where = {"url": team["url"], "team": team["name"], "team_id": team["id"]}
    return {**where, **who, "is_enterprise_install": False}


def team_info(call: SlackCall) -> Json:
    team = call.workspace.team
    shown = {"id": team["id"], "name": team["name"], "url": team["url"], "domain": team["domain"]}
    return {"team": {**shown, "email_domain": ""}}


def open_connection(call: SlackCall) -> Json:
    """Where a socket may be opened."""
    return {"url": call.workspace.live.links.invite()}


def conversation_info(call: SlackCall) -> Json:
    return {"channel": _channel(call, call.channel())}


def conversation_list(call: SlackCall) -> Json:
    """All of them on one page, as there are few; private ones only where they are asked for."""
    private = call.workspace.private
    kinds = (call.text("types") or "public_channel").split(",")
    shown = [
        _channel(call, channel)
        for channel in call.workspace.channels
        if ("private_channel" if channel in private else "public_channel") in kinds
    ]
    return {"channels": shown}


def user_info(call: SlackCall) -> Json:
    identifier = call.text("user")
    if identifier not in call.workspace.everybody:
        raise SlackError("user_not_found")
    return {"user": _user(call, identifier)}


def user_list(call: SlackCall) -> Json:
    """All of them on one page, as there are few."""
    return {"members": [_user(call, identifier) for identifier in call.workspace.everybody]}


def _channel(call: SlackCall, channel: str) -> Json:
    name = call.workspace.channels[channel]
    private = channel in call.workspace.private
    kind = {
        "is_channel": not private,
        "is_group": private,
        "is_private": private,
        "is_archived": channel in call.workspace.archived,
        "is_member": channel not in call.workspace.not_joined,
    }
    return {"id": channel, "name": name, "name_normalized": name, **kind}


def _user(call: SlackCall, identifier: str) -> Json:
    name = call.workspace.everybody[identifier]
    return {
        "id": identifier,
        "team_id": call.workspace.team["id"],
        "name": call.workspace.login(identifier),
        "real_name": name,
        "deleted": False,
        "is_bot": identifier == call.workspace.bot["user_id"],
        "profile": {
            "title": call.workspace.titles.get(identifier, ""),
            "real_name": name,
            "display_name": name,
        },
    }
