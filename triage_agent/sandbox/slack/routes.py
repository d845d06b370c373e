"""Slack's part of the server: the methods of the Web API that it speaks, in one table."""

from collections.abc import Mapping

from starlette.routing import Route

from triage_agent.sandbox.slack import directory, history, messages
from triage_agent.sandbox.slack.call import Json, Method, SlackCall, SlackError, endpoint


def routes() -> list[Route]:
    return [Route("/api/{method}", endpoint(_METHODS), methods=["GET", "POST"])]


def _not_spoken(_call: SlackCall) -> Json:
    raise SlackError("unknown_method")


_METHODS: Mapping[str, tuple[str, Method]] = {
    "auth.test": ("", directory.auth_test),
    "chat.getPermalink": ("", messages.permalink),
    "chat.postMessage": ("chat:write", messages.post_message),
    "chat.update": ("chat:write", messages.update),
    "conversations.history": ("channels:history", history.history),
    "conversations.info": ("channels:read", directory.conversation_info),
    "conversations.list": ("channels:read", directory.conversation_list),
    "conversations.replies": ("channels:history", history.replies),
    "team.info": ("team:read", directory.team_info),
    "users.info": ("users:read", directory.user_info),
    "users.list": ("users:read", directory.user_list),
    # These are here only so that they are refused as Slack refuses them: no token has the scope.
    "conversations.join": ("channels:join", _not_spoken),
    "reactions.add": ("reactions:write", _not_spoken),
}
