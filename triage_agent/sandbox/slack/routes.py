"""Slack's part of the server: the methods of the Web API that it speaks, in one table."""

from collections.abc import Mapping

from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from triage_agent.sandbox.slack import directory, history, links, messages, responding, views
from triage_agent.sandbox.slack.call import Json, Method, SlackCall, endpoint
from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.slack.workspace import Workspace


def routes() -> list[BaseRoute]:
    return [
        Route("/api/{method}", endpoint(_METHODS), methods=["GET", "POST"]),
        Route("/hooks/{kind}/{team}/{number}/{secret}", responding.answer, methods=["POST"]),
        WebSocketRoute(links.PATH, _linked),
    ]


async def _linked(socket: WebSocket) -> None:
    workspace: Workspace = socket.app.state.workspace
    await workspace.live.links.serve(socket)


def _not_spoken(_call: SlackCall) -> Json:
    raise SlackError("unknown_method")


_METHODS: Mapping[str, tuple[str, Method]] = {
    "apps.connections.open": ("connections:write", directory.open_connection),
    "auth.test": ("", directory.auth_test),
    "chat.getPermalink": ("", messages.permalink),
    "chat.postEphemeral": ("chat:write", messages.post_ephemeral),
    "chat.postMessage": ("chat:write", messages.post_message),
    "chat.update": ("chat:write", messages.update),
    "conversations.history": ("channels:history", history.history),
    "conversations.info": ("channels:read", directory.conversation_info),
    "conversations.list": ("channels:read", directory.conversation_list),
    "conversations.replies": ("channels:history", history.replies),
    "team.info": ("team:read", directory.team_info),
    "users.info": ("users:read", directory.user_info),
    "users.list": ("users:read", directory.user_list),
    "views.open": ("", views.open_view),
    "views.push": ("", views.push_view),
    "views.update": ("", views.update_view),
    # These are here only so that they are refused as Slack refuses them: no token has the scope.
    "conversations.join": ("channels:join", _not_spoken),
    "reactions.add": ("reactions:write", _not_spoken),
}
