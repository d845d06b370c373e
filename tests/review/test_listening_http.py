"""Somebody listens over HTTP: the sandbox's Slack posts, and signs, through a proxy."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier
from structlog.testing import capture_logs

from tests.conftest import REAL, TypeIn
from tests.review.conftest import Desk, HandedOver, Listen, Open, soon
from tests.sandbox.slack_people import MAYA, SECRET, App, Json, Person, listening
from triage_agent.decision.review_events import Claimed, Corrected

pytestmark = pytest.mark.long

PROGRAM = [sys.executable, "-m", "triage_agent", "listen", "--http"]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/slack/actions")
PASSED_ON = ("Content-Type", "X-Slack-Request-Timestamp", "X-Slack-Signature")


class Proxy(App):
    """What stands between Slack and an app; it keeps all that it passes on.

    `other`: what a payload has in place of its own, signed by Slack as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.to = ""
        self.other: Json = {}
        self.passed: list[tuple[bytes, Json]] = []

    def hear(self, body: bytes, headers: Json) -> tuple[int, bytes]:
        headers = {name: headers[name] for name in PASSED_ON}
        if self.other:
            payload = {**json.loads(parse_qs(body.decode())["payload"][0]), **self.other}
            body = urlencode({"payload": json.dumps(payload)}).encode()
            signature = SignatureVerifier(SECRET).generate_signature(
                timestamp=headers["X-Slack-Request-Timestamp"], body=body
            )
            headers["X-Slack-Signature"] = signature
        self.passed.append((body, headers))
        return self.send(body, headers)

    def send(self, body: bytes, headers: Json) -> tuple[int, bytes]:
        answer = requests.post(self.to, body, headers=headers, timeout=20)
        return answer.status_code, answer.content


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with listening(Proxy()) as found:
        yield found


@pytest.fixture(scope="module")
def desk(open_desk: Open, start_listening: Listen, proxy: Proxy) -> Desk:
    """A desk at which somebody listens over HTTP."""
    opened = open_desk(request_url=proxy.url)
    (proxy.to,) = ADDRESS.findall(start_listening(opened, "0"))
    return opened


def test_who_claims_has_it(desk: Desk) -> None:
    """A click that Slack posted and signed is decided, and the message says so."""
    one = desk.another()

    assert desk.click(MAYA, one.ts) is None
    assert soon(lambda: "Claimed by" in one.text)
    (claimed,) = one.told("Claimed")
    assert isinstance(claimed, Claimed)
    assert MAYA == claimed.slack


def test_a_form_is_opened_and_taken(desk: Desk) -> None:
    """A button's form comes back within its seconds, and what it was filled in with is kept."""
    one, person = desk.another(), Person(desk.url, MAYA)
    person.click(one.ts, ("review", "correct"))
    assert soon(person.view)
    view, given = person.view(), {"wrong": {"wrong": "not_an_item"}}
    sent = person.act("submit", view_id=view["id"], values=given)

    assert sent["trouble"] is None
    assert soon(lambda: "Corrected by" in one.text)
    (corrected,) = one.told("Corrected")
    assert isinstance(corrected, Corrected)


def test_a_replay_decides_nothing(desk: Desk, proxy: Proxy) -> None:
    """The same signed request again is acknowledged, and has nothing decided a second time."""
    one = desk.another()
    desk.click(MAYA, one.ts)
    assert soon(lambda: one.told("Shown"))
    told, before = len(desk.notes(MAYA)), one.text
    statuses = [proxy.send(*proxy.passed[-1])[0] for _ in range(5)]

    assert [200] * 5 == statuses
    assert soon(lambda: len(desk.notes(MAYA)) == told + 5)
    assert "You have it already." == desk.notes(MAYA)[0]
    assert 1 == len(one.told("Claimed"))
    assert before == one.text
    assert [] == desk.faults()


def test_another_workspace_or_app(desk: Desk, proxy: Proxy) -> None:
    """What Slack signs for another one than the ledger's is dropped, and logged; ours counts."""
    first, one = desk.another(), desk.another()
    desk.click(MAYA, first.ts)
    assert soon(lambda: first.told("Shown"))
    notes, troubles = desk.notes(MAYA), []
    with capture_logs() as logs:
        for other in ({"team": {"id": "T0OTHER0001"}}, {"api_app_id": "A0OTHER0001"}):
            proxy.other = other
            troubles.append(desk.click(MAYA, one.ts))
        proxy.other = {}

        assert soon(lambda: len(logs) == 2)
    said = {entry["event"] for entry in logs}
    assert {"heard something of another workspace", "heard something of another app"} == said
    assert [None, None] == troubles  # whoever clicked sees nothing unusual
    assert notes == desk.notes(MAYA)
    assert [] == one.told("Claimed")

    desk.click(MAYA, one.ts)

    assert soon(lambda: one.told("Claimed"))


def test_what_is_not_signed(desk: Desk, proxy: Proxy) -> None:
    """Whoever reaches the address without Slack's signature decides nothing."""
    first, one = desk.another(), desk.another()
    desk.click(MAYA, first.ts)
    assert soon(lambda: first.told("Shown"))
    body, headers = proxy.passed[-1]
    changed = body.replace(item(first).encode(), item(one).encode())
    statuses = [
        proxy.send(changed, headers)[0],
        proxy.send(body, {**headers, "X-Slack-Signature": "v0=" + "0" * 64})[0],
        proxy.send(body, {"Content-Type": headers["Content-Type"]})[0],
    ]

    assert body != changed
    assert [401, 401, 401] == statuses
    assert [] == one.told("Claimed")


def item(one: HandedOver) -> str:
    """The item of a hand-over, which its buttons carry."""
    key: str = one.desk.messages()[one.number]["metadata"]["event_payload"]["key"]
    return key.partition(".")[0]


@contextmanager
def program(*arguments: object, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program on its own, once it listens, and where Slack is to post to."""
    command = [*PROGRAM, "0", *map(str, arguments)]
    environment = {**os.environ, **settings}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603 - our own program
        assert process.stderr
        try:
            (address,) = ADDRESS.findall(process.stderr.readline())
            yield process, address
        finally:
            process.kill()


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told(open_desk: Open, told: signal.Signals) -> None:
    """Told to end it ends well, without a word; what it acknowledged before is decided."""
    with listening(Proxy()) as proxy:
        desk = open_desk(request_url=proxy.url)
        one, target = desk.another(), desk.target
        place = ("--project", target.project, "--sandbox-url", target.sandbox_url)
        with program(*place) as (process, proxy.to):
            trouble = desk.click(MAYA, one.ts)
            process.send_signal(told)
            _, said = process.communicate(timeout=20)

    assert trouble is None
    assert (0, "") == (process.returncode, said)
    assert one.told("Claimed")


def test_it_needs_no_token_of_the_app(desk: Desk, project: Path) -> None:
    """On real systems the signing secret is enough; its health page says that it listens."""
    settings = {
        "SALESFORCE_INSTANCE_URL": desk.url,
        "SALESFORCE_ACCESS_TOKEN": "sandbox",
        "SLACK_API_URL": f"{desk.url}/api/",
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_SIGNING_SECRET": SECRET,
        "OPENAI_API_KEY": "none",
    }
    with program("--project", project, **settings) as (process, address):
        answer = requests.get(address.replace("/slack/actions", "/health"), timeout=20)
        process.terminate()
        _, said = process.communicate(timeout=20)

    assert 200 == answer.status_code
    assert {"last_heard": None, "ledger": "readable", "page_version": 9}.items() <= (
        answer.json().items()
    )
    assert (0, "") == (process.returncode, said)


def test_without_its_secret_nobody_listens(
    project: Path, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On real systems the app's signing secret is needed for it; it is named."""
    for name, value in {
        **REAL,
        "SLACK_APP_TOKEN": "xapp-hush",
        "SLACK_SIGNING_SECRET": " ",
    }.items():
        monkeypatch.setenv(name, value)
    ran = type_in("listen", "--http", "0", "--project", project)

    assert 2 == ran.code
    assert "SLACK_SIGNING_SECRET is missing" in ran.err


def test_a_place_where_nobody_can_listen(desk: Desk, type_in: TypeIn) -> None:
    """What is no address ends with 2, and with what to write."""
    place = ("--project", desk.target.project, "--sandbox-url", desk.url)
    ran = type_in("listen", "--http", ":8080", *place)

    assert 2 == ran.code
    assert "--http ':8080': write a port like 8080, or one like 0.0.0.0:8080" in ran.err


def test_its_health_tells_of_the_ledger(desk: Desk, proxy: Proxy) -> None:
    """While the ledger is gone nobody can decide, and whoever asks learns so; anyone may ask."""
    page = proxy.to.replace("/slack/actions", "/health")
    ledger = desk.target.folder / "ledger.db"
    away = ledger.rename(ledger.with_name("away"))
    gone = requests.get(page, timeout=20)
    away.rename(ledger)
    back = requests.get(page, timeout=20)

    assert (503, "unreadable") == (gone.status_code, gone.json()["ledger"])
    assert (200, "readable") == (back.status_code, back.json()["ledger"])


def test_its_numbers(desk: Desk, proxy: Proxy) -> None:
    """Beside its health stands what is scraped; while the ledger is gone it is a bare 503."""
    page = proxy.to.replace("/slack/actions", "/metrics")
    there = requests.get(page, timeout=20)
    ledger = desk.target.folder / "ledger.db"
    away = ledger.rename(ledger.with_name("away"))
    gone = requests.get(page, timeout=20)
    away.rename(ledger)

    assert 200 == there.status_code
    assert "text/plain; version=0.0.4; charset=utf-8" == there.headers["Content-Type"]
    assert "triage_agent_page_version 9.0\n" in there.text
    assert (503, b"") == (gone.status_code, gone.content)
