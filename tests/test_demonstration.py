"""The whole loop as a visitor starts it: one command, one address, and an end without a trace."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.long

PROGRAM = [sys.executable, "-m", "triage_agent", "demo", "--port", "0"]
REQUEST = {
    "LastName": "Lind",
    "Company": "Heating & Sons",
    "Email": "lind@heating.example",
    "Description": "We have 40 technicians and would like to buy your scheduling software.",
}
Begin = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def begin(project: Path) -> Iterator[Begin]:
    """Starts it on any free port; the process and the address that it prints."""
    begun: list[subprocess.Popen[str]] = []

    def start(**settings: str) -> tuple[subprocess.Popen[str], str]:
        environment = {**os.environ, **settings}
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*PROGRAM, "--project", str(project)],
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        begun.append(process)
        assert process.stderr
        (url,) = re.findall(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
        return process, url

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str], wanted: str) -> str:
    """The next line of its stderr that has this in it; empty where it ended without."""
    assert process.stderr
    return next((line for line in process.stderr if re.search(wanted, line)), "")


def test_what_a_visitor_sends_is_taken_up(begin: Begin) -> None:
    """The samples are triaged, then what was typed in, at once; told to end it ends well.

    Another word while it ends, as make passes one on, doesn't keep it from that.
    """
    process, url = begin()
    samples = line_of(process, "taken up")
    requests.post(f"{url}/", REQUEST, timeout=5).raise_for_status()
    visitor = line_of(process, "taken up")
    for _ in range(2000):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.01)  # signals that come at once are one
        if process.poll() is not None:
            break
    _, said = process.communicate(timeout=20)

    assert ("60", "1") == (samples.split()[0], visitor.split()[0])
    assert (0, "") == (process.returncode, said)


@pytest.mark.parametrize(
    ("told", "waited"),
    [(signal.SIGTERM, False), (signal.SIGINT, True)],
    ids=["at once", "after the first page"],
)
def test_it_ends_while_it_begins(begin: Begin, told: signal.Signals, *, waited: bool) -> None:
    """Told to end before everything is there, it ends as well."""
    process, url = begin()
    if waited:
        requests.get(url, timeout=5).raise_for_status()
    process.send_signal(told)
    _, said = process.communicate(timeout=20)

    assert 0 == process.returncode
    assert "Traceback" not in said


def test_an_agent_that_may_not_act_says_so(begin: Begin) -> None:
    """What keeps a sweep from running is said, and the pages stay."""
    process, url = begin(TRIAGE_PAUSED="wrong tags")

    assert line_of(process, "wrong tags")
    assert "What came in" in requests.get(url, timeout=5).text
