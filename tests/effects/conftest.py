"""A sandbox, our connectors on it, and a line between them that can lose what passes."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tests.conftest import passes
from tests.sandboxes import running
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import Credentials, SalesforceClient
from triage_agent.connectors.salesforce.writing import Writer
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.actions import CreateRecord, HandOver, PostHandOver, UpdateRecord
from triage_agent.decision.item import Record
from triage_agent.effects.deliver import (
    Effect,
    Entry,
    Messages,
    Overflow,
    Posting,
    deliver_posts,
    deliver_records,
)
from triage_agent.operating_model.loading import load
from triage_agent.operating_model.schema import Page

ROOT = Path(__file__).parents[2]
Fate = Literal["passes", "never arrives", "answer lost"] | int
"""What becomes of a request; a number is a status with which it is refused on the way."""

Decide = Callable[[str, int], Fate]
"""The fate of a request, by its path and how many requests for such a path came before."""


class _Line(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, target: str, decide: Decide) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.decide = urlsplit(target).netloc, decide
        self.passed: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: _Line
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        fate = self.server.decide(path, self.server.passed.count(path))
        self.server.passed.append(path)
        self.close_connection = True
        if fate == "never arrives":
            return
        status, content = self._forwarded(body) if isinstance(fate, str) else (fate, b"[{}]")
        if fate == "answer lost":
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PATCH = do_POST  # noqa: N815 - names that the parent looks for

    def _forwarded(self, body: bytes) -> tuple[int, bytes]:
        with closing(HTTPConnection(self.server.target)) as connection:
            headers = {**self.headers, "Accept-Encoding": "identity"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """A sandbox in memory, without leads."""
    with running(state=None, leads=None) as base:
        yield base


@pytest.fixture
def line(url: str) -> Iterator[Callable[[Decide], str]]:
    """Puts a line before the sandbox that does to requests what it is told; its URL."""
    with ExitStack() as stack:

        def opened(decide: Decide) -> str:
            server = _Line(url, decide)
            thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            for step in (server.server_close, thread.join, server.shutdown):
                stack.callback(step)
            return server.url

        yield opened


@pytest.fixture
def writer_to() -> Iterator[Callable[[str], Writer]]:
    """A writer to the org at a URL."""
    with ExitStack() as stack:

        def connected(base: str) -> Writer:
            credentials = Credentials(base, access_token="sandbox")
            client = SalesforceClient(credentials, CallLog(), passes, lambda _seconds: None)
            return Writer(stack.enter_context(closing(client)))

        yield connected


@pytest.fixture
def slack_to() -> Callable[[str], SlackConnector]:
    """A connector to the workspace at a URL."""

    def connected(base: str) -> SlackConnector:
        calls, nap = CallLog(), lambda _seconds: None
        address, link = f"{base}/api/", "https://org.example/"
        return SlackConnector("xoxb-sandbox", address, link, calls, passes, nap)

    return connected


@pytest.fixture
def deliver(slack_to: Callable[[str], SlackConnector], page: Page) -> Callable[..., list[Entry]]:
    """Posts to the workspace at a URL: `deliver(url, effects)`, with `messages` and `overflow`."""

    def delivered(
        base: str,
        effects: Sequence[Effect],
        messages: Messages | None = None,
        overflow: Overflow | None = None,
    ) -> list[Entry]:
        posting = Posting(slack_to(base), page, lambda _seconds: None)
        return deliver_posts(posting, messages or Messages(20), effects, overflow)

    return delivered


@pytest.fixture
def write(page: Page) -> Callable[..., list[Entry]]:
    """Writes records: `write(writer, effects)`."""
    return lambda writer, effects: deliver_records(writer, page, effects)


@pytest.fixture
def effect(lead: Callable[..., str]) -> Callable[..., Effect]:
    """An action of an item on its way out, about a lead that is there: `effect("a", action)`.

    `Field=…` is what the lead's field holds as far as the agent knows.
    """

    def made(item: str, action: Any, **held: str | None) -> Effect:  # noqa: ANN401 - any action
        about = action.record_id if isinstance(action, UpdateRecord) else lead()
        record = Record(object="Lead", id=about, fields={"Company": "Acme"})
        return Effect.of(item, action, record, held=held)

    return made


@pytest.fixture
def state(url: str) -> Callable[[], Any]:
    """All that the sandbox holds."""

    def seen() -> Any:  # noqa: ANN401 - JSON
        with urlopen(f"{url}/sandbox/state") as answer:  # noqa: S310 - loopback
            return json.load(answer)

    return seen


@pytest.fixture(scope="session")
def page() -> Page:
    """The project's own page."""
    return load((ROOT / "operating_model.yaml").read_text(encoding="utf-8")).page


@pytest.fixture
def lead(url: str) -> Callable[..., str]:
    """Puts a lead into the sandbox: `lead(Field=value)` gives its id."""

    def made(**fields: str) -> str:
        credentials = Credentials(url, access_token="sandbox")
        with closing(SalesforceClient(credentials, CallLog(), passes)) as client:
            body = {"LastName": "Lovelace", "Company": "Acme", **fields}
            return str(client.write("POST", "sobjects/Lead", body)["id"])

    return made


@pytest.fixture
def tag() -> Callable[..., UpdateRecord]:
    """The action that tags a lead: `tag(id, Field=value)`."""

    def made(record_id: str, **fields: str) -> UpdateRecord:
        values = fields or {"Triage_Category__c": "demo_request"}
        return UpdateRecord(name="tag", object="Lead", record_id=record_id, fields=values)

    return made


@pytest.fixture
def task() -> Callable[..., CreateRecord]:
    """The action that creates an item's task: `task(item, Field=value)`."""

    def made(item: str, **fields: str) -> CreateRecord:
        key = {"Triage_Key__c": f"{item}.create_task"}
        return CreateRecord(
            name="create_task",
            object="Task",
            fields={"Subject": f"Call {item}", **key, **fields},
            key_field="Triage_Key__c",
        )

    return made


@pytest.fixture
def post() -> PostHandOver:
    """The action that hands an item over."""
    hand_over = HandOver(
        headline="Acme",
        assignee="U0MAYA00002",
        who=(("Company", "Acme"),),
        reply="Email ada@northwind.example.",
        records=(),
        reasons=(),
        request="A demo, please.",
        wants=None,
        done="Nothing.",
        next_step="Call.",
        item_id="abc",
        record_id="00Q000000000001AAA",
        page="version 1",
    )
    return PostHandOver(name="escalate", team="sales_development", hand_over=hand_over)
