"""Slack's Socket Mode: what people do, over a connection that the agent opens itself."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.guard import Pass
from triage_agent.connectors.slack import UNREACHABLE, silent_client
from triage_agent.connectors.slack_manifest import COMMAND
from triage_agent.connectors.slack_texts import escaped
from triage_agent.errors import OutsidePage, Unavailable, WrongUsage


@dataclass(frozen=True)
class Click:
    """Somebody pressed a button of a message, or sent a form that was opened for them there.

    `team`, `app`, `user`, `channel` and `thread` are Slack's own, the last None outside of one.
    `action` is the button or the form, `value` the item that it is about. `trigger` opens a form;
    `given` is what one was filled in with, None for a button.
    """

    team: str
    app: str
    user: str
    channel: str
    thread: str | None
    action: str
    value: str
    trigger: str = ""
    given: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Command:
    """Somebody typed the app's command; `text` is what follows it, the rest as in a `Click`."""

    team: str
    app: str
    user: str
    channel: str
    text: str
    trigger: str


@dataclass(frozen=True)
class Taken:
    """What a command is acknowledged with, for whoever typed it alone, and what is done then."""

    words: str | None = None
    then: Callable[[], None] = lambda: None

    @property
    def acknowledgement(self) -> dict[str, str] | None:
        """As Slack takes it: the body of an answer, or of an envelope's."""
        if self.words is None:
            return None
        return {"response_type": "ephemeral", "text": escaped(self.words)}


class Socket:
    """One connection to Slack, which opens itself again whenever it is lost."""

    place = "over its Socket Mode"

    def __init__(self, token: str, url: str, calls: CallLog, guard: Pass) -> None:
        """`token` is the app's own, `url` ends in `/api/`."""
        client = silent_client(token, url, calls, guard)
        self._client = _Client(token, web_client=client, logger=client.logger)
        self._app: str | None = None
        self._client.message_listeners.append(self._greeted)

    def open(self, heard: Callable[[Click], None], commanded: Callable[[Command], Taken]) -> None:
        """Connects, and from then on tells of what people do, on some thread.

        A click is acknowledged when it is told of, a command when `commanded` has returned: soon.
        """

        def listener(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
            command = command_of(request.payload)
            is_ours = command is not None and command.app == self._app
            taken = commanded(command) if command and is_ours else Taken()
            client.send_socket_mode_response(
                SocketModeResponse(request.envelope_id, taken.acknowledgement)
            )
            taken.then()
            for click in clicks(request.payload):
                if click.app == self._app:
                    heard(click)

        self._client.socket_mode_request_listeners.append(listener)
        try:
            self._client.connect()
        except SlackApiError as exc:
            code = str(exc.response.get("error"))
            raise WrongUsage(f"Slack refuses SLACK_APP_TOKEN ({code})") from exc
        except OSError as exc:
            raise Unavailable("slack", "CONNECT", UNREACHABLE) from exc

    def close(self) -> None:
        """Ends the connection and the client's threads."""
        self._client.close()

    def _greeted(self, _client: object, message: Mapping[str, Any], _raw: str | None) -> None:
        """Slack says as which app it knows us before it sends anything else."""
        if message.get("type") == "hello":
            self._app = message["connection_info"]["app_id"]


class _Client(SocketModeClient):
    """The vendor's client, which connects to no other host than Slack's."""

    def connect(self) -> None:
        super().connect()
        if self.closed:  # it was told to end while it made its connection anew
            self.disconnect()

    def disconnect(self) -> None:
        with suppress(AttributeError):  # its own race: the socket may have gone in between
            super().disconnect()

    def issue_new_wss_url(self) -> str:
        url: str = super().issue_new_wss_url()
        given, ours = urlsplit(url), urlsplit(self.web_client.base_url)
        host = ours.hostname or ""
        is_ours = given.hostname == host or str(given.hostname).endswith(f".{host}")
        is_secure = given.scheme == "wss" or ours.scheme == "http"  # the latter on loopback alone
        if not (is_ours and is_secure):
            raise OutsidePage("slack", "OUTSIDE_PAGE", f"{given.hostname} is not the host of slack")
        return url


def clicks(payload: Mapping[str, Any]) -> list[Click]:
    """What a payload says that somebody did; nothing for what no button or form of ours sends."""
    match payload:
        case {"type": "block_actions", "container": {"type": "message"}}:
            return _pressed(payload)
        case {"type": "view_submission"}:
            return [_sent(payload)]
    return []


def command_of(payload: Mapping[str, Any]) -> Command | None:
    """The app's command, of an envelope's payload or a form's fields; else None."""
    if payload.get("command") != COMMAND:
        return None
    return Command(
        team=payload["team_id"],
        app=payload["api_app_id"],
        user=payload["user_id"],
        channel=payload["channel_id"],
        text=payload.get("text", ""),
        trigger=payload["trigger_id"],
    )


def _pressed(payload: Mapping[str, Any]) -> list[Click]:
    where = payload["container"]
    return [
        Click(
            **_who(payload),
            channel=where["channel_id"],
            thread=where.get("thread_ts"),
            action=action["action_id"],
            value=action.get("value", ""),
            trigger=payload["trigger_id"],
        )
        for action in payload["actions"]
    ]


def _sent(payload: Mapping[str, Any]) -> Click:
    view = payload["view"]
    place = json.loads(view["private_metadata"])
    filled = {
        name: part.get("value") or (part.get("selected_option") or {}).get("value")
        for block in view["state"]["values"].values()
        for name, part in block.items()
    }
    return Click(
        **_who(payload),
        channel=place["channel"],
        thread=place["thread"],
        action=view["callback_id"],
        value=place["item"],
        given={name: value for name, value in filled.items() if value},
    )


def _who(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "team": payload["team"]["id"],
        "app": payload["api_app_id"],
        "user": payload["user"]["id"],
    }
