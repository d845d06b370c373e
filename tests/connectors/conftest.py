"""Sandboxes, our connectors on them, and a small server that answers whatever a test says."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.request import urlopen

import pytest

from tests.conftest import passes
from tests.sandboxes import running
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import Credentials, SalesforceClient
from triage_agent.connectors.salesforce.writing import Writer
from triage_agent.connectors.slack import SlackConnector
from triage_agent.operating_model.loading import load
from triage_agent.operating_model.schema import Page

ROOT = Path(__file__).parents[2]
RECORDS = "https://org.example/"

Request = dict[str, Any]
Answer = Mapping[str, Any]
Served = tuple[str, list[Request]]
Serve = Callable[..., Served]
LogIn = Callable[..., SalesforceClient]
PostTo = Callable[..., SlackConnector]


class _Server(ThreadingHTTPServer):
    """Answers in turn, the last one again and again; keeps what it was asked."""

    daemon_threads = True

    def __init__(self, answers: list[Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.seen = answers, list[Request]()
        self.closing = Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def next_answer(self, request: Request) -> Answer:
        answer = self.answers[min(len(self.seen), len(self.answers) - 1)]
        self.seen.append(request)
        found: Answer = answer(request) if callable(answer) else answer
        return found

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as its parent
        """A client that has gone away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    """An answer: {status, body (JSON, or text as it is), headers, cut, hang}."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        request = {"method": self.command, "path": self.path, "body": body}
        answer = self.server.next_answer({**request, "headers": dict(self.headers)})
        if answer.get("hang"):
            self.server.closing.wait(20)
        self.close_connection = True  # each request is answered, or not, on a connection of its own
        if answer.get("cut") or answer.get("hang"):
            return
        self._send(answer)

    do_GET = do_PATCH = do_PUT = do_DELETE = do_POST  # noqa: N815 - names that the parent looks for

    def _send(self, answer: Answer) -> None:
        body = answer.get("body", {})
        text = body if isinstance(body, str) else json.dumps(body)
        content = text.replace("{url}", self.server.url).encode()
        self.send_response(answer.get("status", 200))
        usual = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in {**usual, "Connection": "close", **answer.get("headers", {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers: `serve(answer, …)` gives the base URL and the requests as they come.

    An answer may be a function of the request.
    """
    with ExitStack() as stack:

        def served(*answers: Any) -> Served:  # noqa: ANN401 - an answer or what makes one
            server = _Server(list(answers))
            thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            for step in (server.server_close, thread.join, server.shutdown, server.closing.set):
                stack.callback(step)
            return server.url, server.seen

        yield served


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A sandbox in memory, without leads, shared by a module's tests."""
    with running(state=None, leads=None) as base:
        yield base


@pytest.fixture
def fresh_url() -> Iterator[str]:
    """A sandbox of a test's own, without leads."""
    with running(state=None, leads=None) as base:
        yield base


@pytest.fixture
def calls() -> CallLog:
    return CallLog()


@pytest.fixture
def naps() -> list[float]:
    """How long the connectors would have slept."""
    return []


@pytest.fixture
def log_in(calls: CallLog, naps: list[float]) -> Iterator[LogIn]:
    """Connects to a Salesforce: by the sandbox's token, or as the keywords say."""
    with ExitStack() as stack:

        def logged_in(base: str, **credentials: str) -> SalesforceClient:
            given = Credentials(base, **(credentials or {"access_token": "sandbox"}))
            return stack.enter_context(closing(SalesforceClient(given, calls, passes, naps.append)))

        yield logged_in


@pytest.fixture
def salesforce(url: str, log_in: LogIn) -> SalesforceClient:
    return log_in(url)


@pytest.fixture
def writer(salesforce: SalesforceClient) -> Writer:
    return Writer(salesforce)


@pytest.fixture
def post_to(calls: CallLog, naps: list[float]) -> PostTo:
    """Connects to a Slack, by the sandbox's token or another."""

    def connected(base: str, token: str | None = None) -> SlackConnector:
        address = f"{base}/api/"
        key = token or "xoxb-sandbox"
        return SlackConnector(key, address, RECORDS, calls, passes, naps.append)

    return connected


@pytest.fixture
def state() -> Callable[[str], Any]:
    """All that a sandbox holds and has been asked, by its base URL."""

    def seen(base: str) -> Any:  # noqa: ANN401 - JSON
        with urlopen(f"{base}/sandbox/state") as answer:  # noqa: S310 - loopback
            return json.load(answer)

    return seen


@pytest.fixture(scope="session")
def page() -> Page:
    """The project's own page."""
    return load((ROOT / "operating_model.yaml").read_text(encoding="utf-8")).page
