"""Socket Mode, through slack-sdk's own built-in client."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from wsproto import ConnectionType, WSConnection, events

from tests.sandbox.slack_people import BUTTONS, MAYA, SALES, App, Json, Person, listening, modal
from triage_agent.sandbox.server import running
from triage_agent.sandbox.slack.timing import Timing

pytestmark = pytest.mark.long

Start = Callable[..., str]
Connect = Callable[..., "Listener"]
Open = Callable[[str], "RawSocket"]


class Listener:
    """An app on a socket: what it was told; it answers a submission with `answer`."""

    def __init__(self, url: str) -> None:
        web = WebClient(base_url=f"{url}/api/")
        self.client = SocketModeClient("xapp-sandbox", web_client=web, ping_interval=0.1)
        self.client.message_listeners.append(self._see)
        self.client.socket_mode_request_listeners.append(self._hear)
        self.seen: list[Json] = []
        self.told: list[Json] = []
        self.answer: Json | None = None
        self.silent = False
        self._changed = threading.Condition()
        self.client.connect()
        self.await_seen("hello")

    def close(self) -> None:
        """At once; left alone, the client waits for its socket and its queue to time out."""
        client = self.client
        client.default_auto_reconnect_enabled = client.auto_reconnect_enabled = False
        client.closed = True
        client.enqueue_message("{}")
        client.message_processor.shutdown()  # type: ignore[no-untyped-call]
        session = client.current_session
        with suppress(
            AttributeError, OSError
        ):  # another of its threads, or the sandbox, was faster
            if session is not None and session.sock is not None:
                session.sock.shutdown(socket.SHUT_RDWR)
            client.disconnect()
        client.close()

    def await_seen(self, kind: str, times: int = 1) -> list[Json]:
        """The messages of that type, once there are so many."""

        def found() -> list[Json]:
            return [message for message in self.seen if message.get("type") == kind]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= times, timeout=5), self.seen
            return found()

    def _see(self, _client: object, message: Json, _raw: str | None = None) -> None:
        with self._changed:
            self.seen.append(message)
            self._changed.notify_all()

    def _hear(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.told.append(request.payload)
        if not self.silent:
            payload = self.answer if request.payload["type"] == "view_submission" else None
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects apps to a sandbox; they are closed before it ends."""
    with ExitStack() as stack:

        def connected(url: str) -> Listener:
            listener = Listener(url)
            stack.callback(listener.close)
            return listener

        yield connected


class RawSocket:
    """A WebSocket as it is on the wire; `status`: what its opening was answered with."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=5)
        self._peer = WSConnection(ConnectionType.CLIENT)
        target = f"{parts.path}?{parts.query}"
        self._socket.sendall(self._peer.send(events.Request(host=parts.netloc, target=target)))
        opening = self._next()
        self.status = opening.status_code if isinstance(opening, events.RejectConnection) else 101

    def reason(self) -> str | None:
        """Of the next message the reason, or else the type; None at the end of all."""
        event = self._next()
        while isinstance(event, events.Ping):
            event = self._next()
        if not isinstance(event, events.TextMessage):
            return None
        message: Json = json.loads(event.data)
        return str(message.get("reason", message["type"]))

    def close(self) -> None:
        self._socket.close()

    def _next(self) -> events.Event | None:
        while True:
            for event in self._peer.events():
                return event
            data = self._socket.recv(65_536)
            if not data:
                return None
            self._peer.receive_data(data)


@pytest.fixture
def opened() -> Iterator[Callable[[str], RawSocket]]:
    """Opens sockets at links; they are closed at the end of the test."""
    with ExitStack() as stack:

        def at(link: str) -> RawSocket:
            found = RawSocket(link)
            stack.callback(found.close)
            return found

        yield at


def invitation(url: str) -> str:
    client = WebClient(base_url=f"{url}/api/")
    return str(client.apps_connections_open(app_token="xapp-sandbox")["url"])


def post(url: str) -> str:
    bot = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
    return str(bot.chat_postMessage(channel=SALES, text="x", blocks=[BUTTONS])["ts"])


def test_a_click_goes_to_the_socket(start: Start, connect: Connect) -> None:
    """Greeted by a hello, the app is told there, and not at its Request URL; the log shows it."""
    with listening(App()) as app:
        url = start(request_url=app.url)
        listener = connect(url)
        trouble = Person(url, MAYA).click(post(url))
        (hello,) = listener.await_seen("hello")
        (envelope,) = listener.await_seen("interactive")

        assert trouble is None
        assert [] == app.told
    assert (1, {"app_id": "A0TRIAGE001"}) == (hello["num_connections"], hello["connection_info"])
    assert {"host", "started", "build_number", "approximate_connection_time"} == (
        hello["debug_info"].keys()
    )
    assert {"envelope_id", "type", "accepts_response_payload", "payload"} == envelope.keys()
    assert "block_actions" == envelope["payload"]["type"]


def test_a_submission_is_answered_through_the_socket(start: Start, connect: Connect) -> None:
    """With errors first, then with an empty acknowledgement that closes the modal."""
    url = start()
    listener = connect(url)
    maya = Person(url, MAYA)
    maya.click(post(url))
    bot = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
    view = bot.views_open(trigger_id=listener.told[0]["trigger_id"], view=modal())["view"]
    listener.answer = {"response_action": "errors", "errors": {"why": "No"}}
    first = maya.submit(view["id"], why="x")
    listener.answer = None
    second = maya.submit(view["id"], why="y")

    assert ({"why": "No"}, {}) == (first["errors"], second["errors"])
    assert maya.view() is None
    assert [False, True, True] == [
        envelope["accepts_response_payload"] for envelope in listener.await_seen("interactive", 3)
    ]


def test_sockets_share_the_events(start: Start, connect: Connect) -> None:
    """Each click goes to one of them, in turn."""
    url = start()
    listeners = [connect(url), connect(url)]
    ts = post(url)
    troubles = [Person(url, MAYA).click(ts) for _ in range(4)]

    assert [None] * 4 == troubles
    assert [2, 2] == [len(listener.told) for listener in listeners]
    assert 2 == listeners[1].await_seen("hello")[0]["num_connections"]


def test_a_silent_app_is_told_of(start: Start, connect: Connect) -> None:
    """Without an acknowledgement in time the person is warned; a late one is passed over."""
    url = start(timing=Timing(answer=0.2))
    listener = connect(url)
    listener.silent = True
    ts = post(url)
    trouble = Person(url, MAYA).click(ts)
    (envelope,) = listener.await_seen("interactive")
    for late in ({"envelope_id": envelope["envelope_id"]}, {"envelope_id": 7}, {}):
        listener.client.send_socket_mode_response(late)
    listener.client.send_message("nonsense")
    listener.client.send_message("[]")
    listener.silent = False

    assert "The app didn't answer within 0.2 seconds." == trouble
    assert Person(url, MAYA).click(ts) is None


def test_a_socket_that_is_gone_listens_no_more(start: Start, connect: Connect) -> None:
    """After it, the Request URL is told again."""
    with listening(App()) as app:
        url = start(request_url=app.url, timing=Timing(answer=0.2))
        ts = post(url)
        listener = connect(url)
        listener.close()
        listener.silent = True
        deadline = time.monotonic() + 5
        while not app.told and time.monotonic() < deadline:
            trouble = Person(url, MAYA).click(ts)

    assert (None, 1) == (trouble, len(app.told))


def test_a_connection_has_an_end(start: Start, connect: Connect) -> None:
    """Warned before it, the client opens another."""
    url = start(timing=Timing(connection=30, warning=29.8, ping=0.1))
    listener = connect(url)

    assert 2 == len(listener.await_seen("hello", 2)[:2])


def test_who_leaves_soon_is_told_last(start: Start, opened: Open) -> None:
    """Events go to those that weren't warned of their end yet."""
    url = start(timing=Timing(connection=30, warning=29.5, answer=0.1))
    first = opened(invitation(url))
    said = [first.reason(), first.reason()]
    second = opened(invitation(url))
    said.append(second.reason())
    Person(url, MAYA).click(post(url))
    said.append(second.reason())

    assert ["hello", "warning", "hello", "interactive"] == said


def test_a_socket_hears_when_it_ends(start: Start, opened: Open) -> None:
    """First a warning, then that it is to be opened anew, then nothing."""
    url = start(timing=Timing(connection=0.1, warning=0.05))
    link = opened(invitation(url))

    assert ["hello", "warning", "refresh_requested", None] == [link.reason() for _ in range(4)]


def test_ten_sockets_are_the_most(start: Start, opened: Open) -> None:
    """An eleventh is told so, and closed."""
    url = start()
    sockets = [opened(invitation(url)) for _ in range(11)]

    assert ["hello"] * 10 + ["too_many_websockets"] == [socket.reason() for socket in sockets]
    assert sockets[10].reason() is None


def test_a_ticket_is_good_once_and_soon(start: Start, opened: Open) -> None:
    """A used, old or invented one, or one for another app, opens nothing."""
    url = start()
    ticket = invitation(url)
    opened(ticket)
    slow = start(timing=Timing(ticket=0))

    assert [403] * 4 == [
        opened(link).status
        for link in (
            ticket,
            invitation(slow),
            ticket.replace("ticket=", "ticket=0"),
            invitation(url).replace("A0TRIAGE001", "A0OTHER0001"),
        )
    ]


@pytest.mark.parametrize(
    ("token", "method"),
    [("xoxb-sandbox", "apps.connections.open"), ("xapp-sandbox", "chat.postMessage")],
)
def test_each_method_has_its_kind_of_token(url: str, token: str, method: str) -> None:
    """The app's token opens connections, and does nothing else."""
    client = WebClient(token, base_url=f"{url}/api/")
    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json={"channel": SALES, "text": "x"})

    assert "not_allowed_token_type" == refused.value.response["error"]


def test_the_sandbox_ends_with_sockets_open(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    """Soon, telling those that listen, and whoever waits for one that says nothing."""
    caplog.set_level(logging.CRITICAL, "slack_sdk")
    with running(state=None, leads=None) as url:
        link = opened(invitation(url))
        link.reason()
        ts = post(url)
        troubles: list[object] = []
        person = Person(url, MAYA)
        waiting = threading.Thread(target=lambda: troubles.append(person.click(ts)))
        waiting.start()
        assert "interactive" == link.reason()
        began = time.monotonic()
    took = time.monotonic() - began
    waiting.join()

    assert took < 2
    assert "refresh_requested" == link.reason()
    assert ["The sandbox ends."] == troubles
    assert [] == caplog.records
