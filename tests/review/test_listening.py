"""The program that listens: how it begins and ends, and what it does when its connection goes."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.conftest import REAL, TypeIn
from tests.review.conftest import Open, soon
from tests.sandbox.slack_people import MAYA
from triage_agent.sandbox.slack.timing import Timing
from triage_agent.targets import Target

pytestmark = pytest.mark.long

PROGRAM = [sys.executable, "-m", "triage_agent", "listen"]


@contextmanager
def program(target: Target, *more: str) -> Iterator[subprocess.Popen[str]]:
    """The program on its own, once it listens."""
    place = ("--project", str(target.project), "--sandbox-url", str(target.sandbox_url))
    command = [*PROGRAM, *place, *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stderr
        try:
            assert "Listening to Slack" in process.stderr.readline()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told(open_desk: Open, told: signal.Signals) -> None:
    """Told to end it ends well, without a word; what was clicked before is decided."""
    desk = open_desk()
    one = desk.another()
    with program(desk.target) as process:
        assert desk.click(MAYA, one.ts) is None
        process.send_signal(told)
        _, said = process.communicate(timeout=20)

    assert (0, "") == (process.returncode, said)
    assert one.told("Claimed")


def test_a_lost_connection_is_made_again(open_desk: Open) -> None:
    """Slack ends each connection now and then; who clicks afterwards is heard as well."""
    desk = open_desk(timing=Timing(connection=6, warning=4.5))
    one = desk.another()
    with program(desk.target):
        assert soon(lambda: desk.asked("/api/apps.connections.open") >= 2)
        assert soon(lambda: desk.click(MAYA, one.ts) is None)
        assert soon(lambda: one.told("Claimed"))


def test_a_wrong_token_is_named(
    open_desk: Open, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Slack doesn't take as the app's own token ends with 2, and with the setting's name."""
    desk = open_desk()
    monkeypatch.setattr("triage_agent.targets._SLACK_APP_TOKEN", "xapp-wrong")
    ran = type_in("listen", "--project", desk.target.project, "--sandbox-url", desk.url)

    assert 2 == ran.code
    assert "Slack refuses SLACK_APP_TOKEN (invalid_auth)" in ran.err


def test_without_a_token_nobody_listens(
    project: Path, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On real systems the app's own token is needed beside the others; it is named."""
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    ran = type_in("listen", "--project", project)

    assert 2 == ran.code
    assert "SLACK_APP_TOKEN is missing" in ran.err


def test_it_tells_how_it_is(open_desk: Open) -> None:
    """Over a socket, too, there is a page for whoever watches it, on this machine alone."""
    desk = open_desk()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    with program(desk.target, "--metrics", str(port)) as process:
        health, metrics, slack = (
            requests.get(f"{base}{path}", timeout=20)
            for path in ("/health", "/metrics", "/slack/actions")
        )
        process.terminate()
        _, said = process.communicate(timeout=20)

    assert (200, {"ledger": "readable", "page_version": 9}) == (health.status_code, health.json())
    assert "triage_agent_last_run_escalated_items 8.0\n" in metrics.text
    assert "Acme" not in metrics.text
    assert 404 == slack.status_code
    assert 0 == process.returncode
    assert "a request was refused" in said  # that nothing else is there, for whoever runs it


def test_where_it_cannot_tell(type_in: TypeIn, project: Path) -> None:
    """What is no address ends with 2 before anything is heard, and with what to write."""
    ran = type_in("listen", "--metrics", "soon", "--project", project)

    assert 2 == ran.code
    assert "--metrics 'soon': write a port like 8080" in ran.err
