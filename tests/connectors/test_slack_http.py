"""Slack's Request URL: who is let in, what is made of it, and how it begins and ends."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Thread
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier
from structlog.testing import capture_logs

from triage_agent.connectors import slack_http
from triage_agent.connectors.serving import HEALTH, METRICS, Watch
from triage_agent.connectors.slack_http import LONGEST, RequestUrl
from triage_agent.connectors.slack_socket import Click, Command, Taken
from triage_agent.errors import BadPage, LedgerFailed, WrongUsage

pytestmark = pytest.mark.long

SECRET = "the-app-s-own"
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
PRESSED = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "api_app_id": "A1",
    "user": {"id": "U1"},
    "trigger_id": "1.2",
    "container": {"type": "message", "channel_id": "C1", "message_ts": "1.0"},
    "actions": [{"action_id": "claim", "value": "item-1"}],
}
CLICK = Click("T1", "A1", "U1", "C1", None, "claim", "item-1", "1.2")

Payload = dict[str, Any]


@dataclass
class Ear:
    """A Request URL on any free port, with what it has heard."""

    url: str = ""
    heard: list[Click] = field(default_factory=list)
    typed: list[Command] = field(default_factory=list)
    work: Callable[[Click], None] = lambda _: None
    ledger: Callable[[], object] = lambda: "T1"
    page: Callable[[], int] = lambda: 4
    metrics: Callable[[], bytes] = lambda: b"up 1\n"
    at: datetime = NOW

    def hear(self, click: Click) -> None:
        self.work(click)
        self.heard.append(click)

    def take(self, command: Command) -> Taken:
        """Acknowledges with a word, and keeps what was typed once that is done."""
        return Taken(f"Heard <{command.text}>.", lambda: self.typed.append(command))

    @property
    def watch(self) -> Watch:
        """What is told of how it is, as a test has it at that moment."""
        return Watch(self.reads, self.version, self.numbers, "text/plain")

    def reads(self) -> object:
        return self.ledger()

    def version(self) -> int:
        return self.page()

    def numbers(self) -> bytes:
        return self.metrics()

    def post(self, body: bytes, headers: dict[str, str]) -> requests.Response:
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        return requests.post(self.url, body, headers=raw, timeout=20)

    def send(self, payload: object = PRESSED) -> int:
        """What Slack is answered."""
        return self.post(*signed(form(payload))).status_code

    def health(self, path: str = HEALTH) -> requests.Response:
        return requests.get(self.url.removesuffix("/slack/actions") + path, timeout=20)


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """Body and headers as Slack sends them."""
    stamp = str(int(at.timestamp()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return body, {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": str(signature)}


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def opened(ear: Ear) -> Iterator[Ear]:
    """One that listens until its test is over; it ends beside the next one."""
    found = listening(ear)
    yield ear
    Thread(target=found.close).start()


def listening(ear: Ear, address: str = "0") -> RequestUrl:
    found = RequestUrl(address, SECRET, ear.watch, lambda: ear.at)
    found.open(ear.hear, ear.take)
    ear.url = found.place.removeprefix("at ")
    return found


def test_a_click_is_acknowledged_and_heard(ear: Ear) -> None:
    """What Slack signed is answered with an empty 200, and told as over a socket."""
    with closing(listening(ear)):
        answer = ear.post(*signed(form(PRESSED)))

    assert (200, b"") == (answer.status_code, answer.content)
    assert [CLICK] == ear.heard


def test_a_command_is_answered_and_done(ear: Ear) -> None:
    """What the command says at once is the answer, for whoever typed it alone; then it is done."""
    fields = {"team_id": "T1", "api_app_id": "A1", "user_id": "U1", "channel_id": "C1"}
    typed = {**fields, "command": "/triage", "text": "find <x>", "trigger_id": "1.2"}
    with closing(listening(ear)):
        url = ear.url.replace("/actions", "/commands")
        body, headers = signed(urlencode(typed).encode())
        answer = requests.post(url, body, headers=headers, timeout=20)
        forged = requests.post(url, body + b"&x=1", headers=headers, timeout=20)
        others = signed(urlencode({**typed, "command": "/other"}).encode())
        less = signed(urlencode({"command": "/triage"}).encode())
        refused = [
            requests.post(url, *one[:1], headers=one[1], timeout=20) for one in (others, less)
        ]

    assert {"response_type": "ephemeral", "text": "Heard &lt;find &lt;x&gt;&gt;."} == answer.json()
    assert [Command("T1", "A1", "U1", "C1", "find <x>", "1.2")] == ear.typed
    assert [401, 400, 400] == [forged.status_code, *(one.status_code for one in refused)]


def test_several_actions(ear: Ear) -> None:
    """All that one request says is heard, in its order."""
    actions = [{"action_id": f"do-{n}", "value": "item-1"} for n in range(3)]
    with closing(listening(ear)):
        ear.send({**PRESSED, "actions": actions})

    assert ["do-0", "do-1", "do-2"] == [click.action for click in ear.heard]


def test_a_form_is_heard(ear: Ear) -> None:
    """A form that was sent says what it was filled in with, and what about."""
    view = {
        "callback_id": "correct",
        "private_metadata": json.dumps({"item": "item-1", "channel": "C1", "thread": None}),
        "state": {"values": {"note": {"note": {"value": "Not ours"}}}},
    }
    who = {key: PRESSED[key] for key in ("team", "api_app_id", "user")}
    with closing(listening(ear)):
        ear.send({**who, "type": "view_submission", "view": view})

    given = {"note": "Not ours"}
    assert [Click("T1", "A1", "U1", "C1", None, "correct", "item-1", given=given)] == ear.heard


def test_what_is_no_click_is_acknowledged(ear: Ear) -> None:
    """Slack is answered, and nothing comes of it."""
    with closing(listening(ear)):
        status = ear.send({"type": "view_closed"})

    assert (200, []) == (status, ear.heard)


BODY, HEADERS = signed(form(PRESSED))
TIME, SIGNATURE = HEADERS


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY, {}),
        (BODY, {TIME: HEADERS[TIME]}),
        (BODY, {SIGNATURE: HEADERS[SIGNATURE]}),
        (BODY, {**HEADERS, SIGNATURE: ""}),
        (BODY, {**HEADERS, SIGNATURE: "v0=" + "0" * 64}),
        (BODY, {**HEADERS, SIGNATURE: HEADERS[SIGNATURE].removeprefix("v0=")}),
        (BODY, {**HEADERS, SIGNATURE: "v0=\u00e9"}),
        (BODY.replace(b"item-1", b"item-2"), HEADERS),
        (BODY + b" ", HEADERS),
        (b"", HEADERS),
        (b"\xff", HEADERS),
        signed(BODY, secret="another-s"),
        (BODY, {**HEADERS, TIME: ""}),
        (BODY, {**HEADERS, TIME: "soon"}),
        (BODY, {**HEADERS, TIME: "1e9"}),
        (BODY, {**HEADERS, TIME: str(int(HEADERS[TIME]) + 1)}),
        (BODY, {**HEADERS, TIME: "9" * 5000}),
        signed(BODY, NOW - timedelta(seconds=301)),
        signed(BODY, NOW + timedelta(seconds=301)),
    ],
    ids=[
        "nothing",
        "no signature",
        "no time",
        "an empty signature",
        "a forged one",
        "without its version",
        "one that is no ASCII",
        "of another body",
        "of a shorter body",
        "of no body",
        "of no text",
        "by another secret",
        "an empty time",
        "words for a time",
        "a float for a time",
        "of another time",
        "a time without end",
        "five minutes ago",
        "in five minutes",
    ],
)
def test_what_slack_did_not_sign(opened: Ear, body: bytes, headers: dict[str, str]) -> None:
    """It is refused with 401 and no word, kept as a log line without content, and not heard."""
    with capture_logs() as logs:
        answer = opened.post(body, headers)

    assert (401, b"") == (answer.status_code, answer.content)
    assert [
        {
            "event": "a request was refused",
            "log_level": "warning",
            "status": 401,
            "why": "Unauthorized",
        }
    ] == logs
    assert opened.health().json()["last_heard"] is None
    assert [] == opened.heard


def test_it_may_be_a_little_late(opened: Ear) -> None:
    """Within five minutes of now a request counts, and so it does if clocks differ by as much."""
    for seconds in (-299, 299):
        at = NOW + timedelta(seconds=seconds)

        assert 200 == opened.post(*signed(BODY, at)).status_code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"command=/triage&text=status",
        b"payload=",
        b"payload={",
        b"payload=[]",
        b"payload=null",
        b"payload=7",
        b"payload={}&payload={}",
        b"payload=" + b"[" * 100_000,
        form({"type": "block_actions", "container": {"type": "message"}}),
        form({**PRESSED, "team": None}),
        form({**PRESSED, "actions": 3}),
        form({**PRESSED, "actions": [{}]}),
        form({**PRESSED, "type": "view_submission"}),
        form(
            {
                **PRESSED,
                "type": "view_submission",
                "view": {"private_metadata": "", "callback_id": "x"},
            }
        ),
    ],
)
def test_what_cannot_be_read(opened: Ear, body: bytes) -> None:
    """Signed, but of no shape that Slack's requests have, it is answered with 400."""
    with capture_logs() as logs:
        answer = opened.post(*signed(body))

    assert (400, b"") == (answer.status_code, answer.content)
    assert [400] == [one["status"] for one in logs]
    assert [] == opened.heard
    assert 200 == opened.send()


def test_what_is_too_long(opened: Ear) -> None:
    """A body longer than any of Slack's is answered with 413, signed or not; one as long isn't."""
    body = form(PRESSED) + b"&more="
    fits = body + b"x" * (LONGEST - len(body))

    assert 200 == opened.post(*signed(fits)).status_code
    assert 413 == opened.post(*signed(fits + b"x")).status_code
    assert 413 == opened.post(fits + b"x", {}).status_code


def test_who_goes_away_or_never_ends(opened: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a request is given up after a while, or once its sender has gone; others are heard."""
    monkeypatch.setattr(slack_http, "PATIENCE", 0.1)
    host, _, port = opened.url.split("/")[2].partition(":")
    head = b"POST /slack/actions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\npay"
    with capture_logs() as logs, socket.create_connection((host, int(port)), 20) as slow:
        slow.sendall(head)
        answer = slow.recv(1000)
        monkeypatch.setattr(slack_http, "PATIENCE", 300)
        with socket.create_connection((host, int(port)), 20) as gone:
            gone.sendall(head)

        assert answer.startswith(b"HTTP/1.1 408")
        assert soon(lambda: [408, 408] == [one["status"] for one in logs])
        assert 200 == opened.send()


def soon(holds: Callable[[], bool]) -> bool:
    """Whether it comes about within half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("path", ["/", "/slack", "/docs", "/slack/actions/", "/health/x"])
def test_there_is_nothing_else(opened: Ear, path: str) -> None:
    """Whatever else is asked for there isn't; and what Slack posts to can't be looked at."""
    base = opened.url.removesuffix("/slack/actions")
    found = requests.get(base + path, timeout=20, allow_redirects=False)

    assert (404, b"") == (found.status_code, found.content)
    assert 405 == requests.get(opened.url, timeout=20).status_code
    assert 405 == requests.post(base + HEALTH, timeout=20).status_code


def test_slack_is_not_kept_waiting(ear: Ear) -> None:
    """A click is acknowledged while it is worked on, and two are worked on at once."""
    together, done = Barrier(3, timeout=20), Event()

    def work(_click: Click) -> None:
        together.wait()
        done.wait(20)

    ear.work = work
    with closing(listening(ear)):
        statuses = [ear.send(), ear.send()]
        together.wait()
        heard = list(ear.heard)
        done.set()

    assert ([200, 200], []) == (statuses, heard)
    assert [CLICK, CLICK] == ear.heard


def test_what_was_acknowledged_is_worked_off(ear: Ear) -> None:
    """Told to end it lets nobody in any more, and ends when all that it took is done."""
    done = Event()
    ear.work = lambda _: assert_holds(done.wait(20))
    url = listening(ear)
    statuses = [ear.send() for _ in range(30)]
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(url.close)
        refused = soon(lambda: not reachable(ear))
        before = (len(ear.heard), ending.done())
        done.set()
        ending.result(20)

    assert [200] * 30 == statuses
    assert (True, (0, False)) == (refused, before)
    assert 30 == len(ear.heard)


def assert_holds(holds: object) -> None:
    assert holds


def reachable(ear: Ear) -> bool:
    try:
        ear.health()
    except requests.ConnectionError:
        return False
    return True


def test_more_than_it_can_keep(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is no room for isn't acknowledged, so that Slack tells whoever clicked."""
    monkeypatch.setattr(slack_http, "WAITING", 3)
    done = Event()
    ear.work = lambda _: assert_holds(done.wait(20))
    with closing(listening(ear)):
        statuses = [ear.send() for _ in range(5)]
        done.set()
        again = soon(lambda: 200 == ear.send())

    assert [200, 200, 200, 503, 503] == statuses
    assert again
    assert 4 == len(ear.heard)


def test_what_breaks_is_logged(ear: Ear) -> None:
    """A click that nobody could make anything of stops no other; the log tells no content."""

    def broken(_click: Click) -> None:
        raise RuntimeError("a stranger's words")

    ear.work = broken
    with capture_logs() as logs, closing(listening(ear)):
        statuses = [ear.send() for _ in range(2)]

    assert [200, 200] == statuses
    entry = {"event": "what was heard broke", "error": "RuntimeError", "log_level": "error"}
    assert [entry, entry] == logs


def test_health(opened: Ear) -> None:
    """It says since when it listens, when Slack was heard last, and by which page; to anybody."""
    quiet = opened.health()
    opened.at += timedelta(seconds=40)
    opened.post(*signed(BODY, opened.at))
    heard = opened.health()

    told = {
        "listening_since": "2026-11-03T12:00:00+00:00",
        "last_heard": None,
        "ledger": "readable",
        "page_version": 4,
    }
    assert (200, told) == (quiet.status_code, quiet.json())
    later = {**told, "last_heard": "2026-11-03T12:00:40+00:00"}
    assert (200, later) == (heard.status_code, heard.json())


def test_it_is_not_healthy(opened: Ear) -> None:
    """Where ledger or page can't be read nobody can decide: 503, with a word on which it is."""

    def no_ledger() -> object:
        raise LedgerFailed("/somewhere/ledger.db is gone")

    def no_page() -> int:
        raise BadPage([])

    opened.ledger = no_ledger
    first = opened.health()
    opened.ledger, opened.page = (lambda: "T1"), no_page
    second = opened.health()

    assert (503, "unreadable", 4) == _of(first)
    assert "somewhere" not in first.text
    assert (503, "readable", None) == _of(second)


def test_metrics(opened: Ear) -> None:
    """The page that is scraped stands beside the health; one that can't be made is a bare 503."""

    def none() -> bytes:
        raise LedgerFailed("/somewhere/ledger.db is gone")

    there = opened.health(METRICS)
    opened.metrics = none
    gone = opened.health(METRICS)

    assert (200, b"up 1\n") == (there.status_code, there.content)
    assert "text/plain" == there.headers["Content-Type"]
    assert (503, b"") == (gone.status_code, gone.content)


def _of(answer: requests.Response) -> tuple[int, Any, Any]:
    told = answer.json()
    return answer.status_code, told["ledger"], told["page_version"]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("0", "at http://127.0.0.1:"),
        ("127.0.0.1:0", "at http://127.0.0.1:"),
        ("localhost:0", "at http://127.0.0.1:"),
        ("0.0.0.0:0", "at http://0.0.0.0:"),
        ("[::1]:0", "at http://[::1]:"),
    ],
)
def test_where_it_listens(ear: Ear, address: str, place: str) -> None:
    """A port alone is this machine's own; an address lets others in."""
    with closing(listening(ear, address)) as url:
        assert url.place.startswith(place)
        assert url.place.endswith("/slack/actions")
        ear.url = ear.url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - any address is ours
        assert 200 == ear.send()


@pytest.mark.parametrize(
    "address", ["70000", "", "soon", ":8080", "1.2.3.4", "::1:80", "http://x:80", "-1", "٨٠"]
)
def test_an_address_that_is_none(ear: Ear, address: str) -> None:
    """It is refused with what to write."""
    with pytest.raises(WrongUsage, match="write a port like 8080"):
        listening(ear, address)


@pytest.mark.parametrize("address", ["{taken}", "no.such.host.invalid:80", "..:80"])
def test_an_address_that_cannot_be_had(ear: Ear, address: str) -> None:
    """It is named, with the cure; and nothing of it stays."""
    with ExitStack() as stack:
        taken = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = address.format(taken=taken.getsockname()[1])
        url = RequestUrl(address, SECRET, ear.watch, lambda: NOW)
        with pytest.raises(WrongUsage, match="can't listen there"):
            url.open(ear.hear, ear.take)
        url.close()
