"""Slash commands: what an app is told of them, over either way, and what the person sees."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from tests.sandbox.slack_people import (
    DANA,
    MAYA,
    PRIVATE,
    SALES,
    TESS,
    App,
    Json,
    Person,
    modal,
)
from triage_agent.sandbox.slack.timing import Timing

pytestmark = pytest.mark.long

Start = Callable[..., str]
DIRECT = "D0MAYA00002"
PRIVATELY = {"response_type": "ephemeral", "text": "All is well"}


@pytest.fixture
def told_url(start: Start, app: App) -> str:
    """A sandbox of a test's own: what people are told stays."""
    return start(request_url=app.url)


def test_a_command_is_told_as_documented(app: App, maya: Person) -> None:
    """The app gets a signed form that says who typed what, where."""
    trouble = maya.type("/triage find  Acme & Sons 100%")
    (told,) = app.told

    assert trouble is None
    assert app.genuine[-1]
    assert 3 == len(told.pop("trigger_id").split("."))
    assert "/hooks/commands/T0BRIGHT001/" in told.pop("response_url")
    assert {
        "token": "sandbox-verification-token",
        "team_id": "T0BRIGHT001",
        "team_domain": "brightfield",
        "channel_id": SALES,
        "channel_name": "sales-triage",
        "user_id": MAYA,
        "user_name": "maya",
        "command": "/triage",
        "text": "find  Acme & Sons 100%",
        "api_app_id": "A0TRIAGE001",
        "is_enterprise_install": "false",
    } == told


def test_a_command_alone_has_no_text(app: App, maya: Person) -> None:
    """Its text is empty, and there."""
    maya.type("/triage")

    assert [""] == [told["text"] for told in app.told]


@pytest.mark.parametrize(
    "answer", [PRIVATELY, {"text": "All is well"}, b"All is well", b'"All is well"']
)
def test_the_answer_is_for_that_person_alone(
    app: App, told_url: str, bot: WebClient, maya: Person, answer: object
) -> None:
    """What the app acknowledges with, as JSON or as text, is seen by whoever typed."""
    app.answer = lambda _: (200, answer)
    maya.type("/triage status")
    (note,) = maya.notes()

    assert "All is well" == note["text"].strip('"')
    assert note["is_ephemeral"] is True
    assert [] == Person(told_url, TESS).notes()
    assert [] == bot.conversations_history(channel=SALES)["messages"]


def test_an_app_may_answer_everybody(app: App, bot: WebClient, maya: Person) -> None:
    """In the channel where it wants that; with nothing at all nothing is seen."""
    app.answer = lambda _: (200, {"response_type": "in_channel", "text": "Hear, hear"})
    maya.type("/triage status")
    app.answer = lambda _: (200, None)
    maya.type("/triage status")
    (message,) = bot.conversations_history(channel=SALES)["messages"]

    assert "Hear, hear" == message["text"]
    assert [] == maya.notes()


def test_it_is_answered_later_at_its_own_address(app: App, maya: Person) -> None:
    """The response URL takes what comes after the acknowledgement; there is nothing to replace."""
    maya.type("/triage status")
    url = app.told[0]["response_url"]
    later = requests.post(url, json={"text": "Later"}, timeout=10)
    replaced = requests.post(url, json={"text": "Other", "replace_original": True}, timeout=10)

    assert (200, 400) == (later.status_code, replaced.status_code)
    assert ["Later"] == [note["text"] for note in maya.notes()]


def test_its_trigger_opens_a_modal(app: App, bot: WebClient, maya: Person) -> None:
    """As that of a click does."""
    maya.type("/triage resume")
    bot.views_open(trigger_id=app.told[0]["trigger_id"], view=modal())

    assert "Hand back" == maya.view()["title"]["text"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, None), "http_service_error"),
        ((0, None), "dispatch_failed"),
        ((200, {"text": "x" * 40_001}), "invalid_command_response"),
    ],
)
def test_a_command_that_fails_is_told(
    app: App, maya: Person, answer: tuple[int, object], code: str
) -> None:
    """The person sees Slack's own word for what went wrong."""
    app.answer = lambda _: answer

    assert f'/triage failed with the error "{code}"' == maya.type("/triage status")
    assert [] == maya.notes()


def test_an_app_that_is_late_is_told(start: Start, app: App) -> None:
    """Three seconds it has; after that the person is told, whatever comes then."""
    over = threading.Event()

    def late(_payload: Json) -> tuple[int, object]:
        over.wait(10)
        return 200, PRIVATELY

    app.answer = late
    maya = Person(start(request_url=app.url, timing=Timing(answer=0.05)), MAYA)
    trouble = maya.type("/triage status")
    over.set()

    assert 3 == Timing().answer
    assert '/triage failed with the error "operation_timeout"' == trouble
    assert [] == maya.notes()


def test_nobody_listens(start: Start) -> None:
    """Without an app nothing is dispatched."""
    maya = Person(start(), MAYA)

    assert '/triage failed with the error "dispatch_failed"' == maya.type("/triage status")


def test_only_the_apps_commands_are_known(app: App, maya: Person) -> None:
    """Anything else that begins with a slash is no valid command, and text alone isn't taken."""
    assert str(maya.type("/foo bar")).startswith("/foo is not a valid command. In Slack, all")
    assert str(maya.type("/")).startswith("/ is not a valid command.")
    assert str(maya.type("/triages")).startswith("/triages is not a valid command.")
    assert "Only commands can be typed here" in str(maya.type("hello /triage"))
    assert [] == app.told


def test_without_the_scope_there_is_no_command(start: Start, app: App, tmp_path: Path) -> None:
    """Where the app wasn't granted `commands`, its own is no valid one either."""
    faults = tmp_path / "faults.yaml"
    faults.write_text("org: [{fault: scopes, missing: [commands]}]")
    maya = Person(start(request_url=app.url, faults=faults), MAYA)

    assert str(maya.type("/triage status")).startswith("/triage is not a valid command.")


@pytest.mark.parametrize(
    ("user", "channel"), [(TESS, PRIVATE), (MAYA, DIRECT), (MAYA, "C0NOWHERE00")]
)
def test_typing_takes_a_channel(told_url: str, app: App, user: str, channel: str) -> None:
    """Nobody types where they aren't, nor in the messages tab of an app that is for reading."""
    assert "Nothing can be typed here." == Person(told_url, user).type("/triage", channel)
    assert [] == app.told


def test_a_private_channel_is_not_named(told_url: str, app: App) -> None:
    """A command typed there tells where by the id alone."""
    Person(told_url, DANA).type("/triage", PRIVATE)

    assert [(PRIVATE, "privategroup")] == [(t["channel_id"], t["channel_name"]) for t in app.told]


class Listener:
    """An app on slack-sdk's own socket, which says that all is well."""

    def __init__(self, url: str) -> None:
        web = WebClient(base_url=f"{url}/api/")
        self.client = SocketModeClient("xapp-sandbox", web_client=web)
        self.client.socket_mode_request_listeners.append(self._hear)
        self.heard: list[SocketModeRequest] = []
        self.client.connect()

    def _hear(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.heard.append(request)
        client.send_socket_mode_response(SocketModeResponse(request.envelope_id, PRIVATELY))


@pytest.fixture
def on_socket(told_url: str) -> Iterator[Listener]:
    found = Listener(told_url)
    yield found
    found.client.close()


def test_a_socket_hears_of_it(on_socket: Listener, app: App, maya: Person) -> None:
    """Over Socket Mode it comes in an envelope of its own kind, which takes an answer."""
    trouble = maya.type("/triage status")
    (request,) = on_socket.heard

    assert trouble is None
    assert ("slash_commands", True) == (request.type, request.accepts_response_payload)
    assert ("/triage", "status") == (request.payload["command"], request.payload["text"])
    assert ["All is well"] == [note["text"] for note in maya.notes()]
    assert [] == app.told
