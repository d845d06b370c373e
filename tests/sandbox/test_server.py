"""The server as a whole: what lasts, what it shows, how it starts and stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from slack_sdk import WebClient

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.server import running

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from tests.sandbox.conftest import Connect, Start


LEAD = {"LastName": "Ames", "Company": "Alpha"}
CHILD = """
import sys
from pathlib import Path
from triage_agent.sandbox.server import running
with running(state=Path(sys.argv[1]), leads=None) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
FOREGROUND = """
import sys
from pathlib import Path
from triage_agent.sandbox.server import serve
serve(state=Path(sys.argv[1]), leads=None, port=int(sys.argv[2]))
"""


@contextmanager
def child(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:  # noqa: S603 - our own program
        try:
            yield process
        finally:
            process.kill()


def state_of(url: str) -> dict[str, Any]:
    shown: dict[str, Any] = requests.get(f"{url}/sandbox/state", timeout=5).json()
    return shown


def test_what_was_answered_survives_a_kill(tmp_path: Path, start: Start, connect: Connect) -> None:
    """After SIGKILL the next start has every record, change and message that was answered."""
    with child(CHILD, str(tmp_path)) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        salesforce = connect(url)
        ids = [
            salesforce.restful("sobjects/Lead", method="POST", json=LEAD)["id"] for _ in range(20)
        ]
        salesforce.restful(f"sobjects/Lead/{ids[0]}", method="PATCH", json={"City": "Ulm"})
        salesforce.restful(f"sobjects/Lead/{ids[1]}", method="DELETE")
        slack = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
        ts = slack.chat_postMessage(channel="C0SALESDEV1", text="before")["ts"]
        before = state_of(url)
        process.send_signal(signal.SIGKILL)
        process.wait()
    url = start(state=tmp_path)
    after = state_of(url)
    later = WebClient("xoxb-sandbox", base_url=f"{url}/api/").chat_postMessage(
        channel="C0SALESDEV1", text="after"
    )

    assert before["salesforce"] == after["salesforce"]
    assert before["slack"] == after["slack"]
    assert 19 == len(after["salesforce"]["Lead"])
    assert ts < later["ts"]


def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path, start: Start, connect: Connect) -> None:
    """The end of a journal that a kill tore is no record, and no obstacle."""
    with running(state=tmp_path, leads=None) as url:
        connect(url).restful("sobjects/Lead", method="POST", json=LEAD)
        before = state_of(url)["salesforce"]
    journal = tmp_path / "journal.jsonl"
    with journal.open("a") as out:
        out.write('[{"object": "Lead", "record": {"Id": "00Q')
    after = state_of(start(state=tmp_path))["salesforce"]

    assert before == after
    assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_a_journal_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    """A whole line that isn't the sandbox's stops the start and is named."""
    (tmp_path / "journal.jsonl").write_text("hello\n")

    with pytest.raises(WrongUsage, match=r"journal\.jsonl:1: not a line that the sandbox wrote"):
        running(state=tmp_path, leads=None).__enter__()


def test_a_state_has_one_server(tmp_path: Path, start: Start) -> None:
    """A second sandbox on the same state is refused while the first runs, not after."""
    with running(state=tmp_path, leads=None), pytest.raises(WrongUsage, match="another process"):
        running(state=tmp_path, leads=None).__enter__()

    assert start(state=tmp_path)


def test_a_state_keeps_its_org(tmp_path: Path) -> None:
    """The Organization is another for every new state, and the same at every start of one."""
    organizations = []
    for state in (tmp_path / "a", tmp_path / "a", tmp_path / "b"):
        with running(state=state, leads=None) as url:
            (organization,) = state_of(url)["salesforce"]["Organization"]
            organizations.append(organization["Id"])

    assert organizations[0] == organizations[1]
    assert organizations[0] != organizations[2]


def test_a_port_in_use_is_refused() -> None:
    """A port that something else listens on is named, with the cure."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(WrongUsage, match=f"127.0.0.1:{port}: .* choose another port"):
            running(state=None, leads=None, port=port).__enter__()


def test_a_state_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """The state is a directory; anything else in its place is named."""
    path = tmp_path / "state"
    path.write_text("")

    with pytest.raises(WrongUsage, match="no place for the sandbox's state"):
        running(state=path, leads=None).__enter__()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_stops_when_told(tmp_path: Path, number: signal.Signals) -> None:
    """In the foreground it answers until a signal, then ends well and without a word."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with child(FOREGROUND, str(tmp_path), str(port)) as process:
        answer = _first_answer(port, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)

    assert "What came in" in answer
    assert (0, "", "") == (process.returncode, out, err)


def _first_answer(port: int, process: subprocess.Popen[str]) -> str:
    while process.poll() is None:
        try:
            return requests.get(f"http://127.0.0.1:{port}/", timeout=5).text
        except requests.ConnectionError:
            os.sched_yield()
    return ""


def test_the_state_shows_requests(start: Start, connect: Connect) -> None:
    """Each request to a system is listed with its body and outcome; looking at it is not."""
    url = start()
    salesforce = connect(url)
    identifier = salesforce.restful("sobjects/Lead", method="POST", json=LEAD)["id"]
    salesforce.query("SELECT Id FROM Lead")
    WebClient("xoxb-sandbox", base_url=f"{url}/api/").chat_postMessage(
        channel="C0SALESDEV1", text="hi"
    )
    state_of(url)
    state = state_of(url)
    seen = state["requests"]

    assert [
        ("salesforce", "POST", "/services/data/v64.0/sobjects/Lead", LEAD, 201),
        ("salesforce", "GET", "/services/data/v64.0/query/?q=SELECT+Id+FROM+Lead", None, 200),
        (
            "slack",
            "POST",
            "/api/chat.postMessage",
            {"channel": "C0SALESDEV1", "text": "hi"},
            200,
        ),
    ] == [tuple(entry[k] for k in ("system", "method", "path", "body", "status")) for entry in seen]
    assert [identifier] == [lead["Id"] for lead in state["salesforce"]["Lead"]]
    assert ["hi"] == [message["text"] for message in state["slack"]["C0SALESDEV1"]]


def test_the_package_is_cheap_to_import() -> None:
    """Importing the sandbox's package brings in no server."""
    program = "import sys, triage_agent.sandbox; print('starlette' in sys.modules)"
    with child(program) as process:
        out, _ = process.communicate(timeout=10)

    assert "False" == out.strip()
