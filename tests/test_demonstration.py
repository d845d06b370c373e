"""The whole loop as a visitor starts it: one command, one address, and an end without a trace."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

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


def leads(url: str) -> list[dict[str, Any]]:
    state = requests.get(f"{url}/sandbox/state", timeout=5).json()
    found: list[dict[str, Any]] = state["salesforce"]["Lead"]
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it didn't come about within a minute"
        time.sleep(0.05)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_what_a_visitor_sends_is_taken_up(begin: Begin, told: signal.Signals) -> None:
    """The samples are triaged, then what was typed in, at once; told to end it ends well."""
    process, url = begin()
    wait_until(lambda: all(lead.get("Triage_Category__c") for lead in leads(url)))
    sent = requests.post(f"{url}/", REQUEST, timeout=5)
    wait_until(lambda: all(lead.get("Triage_Category__c") for lead in leads(url)))
    process.send_signal(told)
    _, said = process.communicate(timeout=20)

    assert "Heating &amp; Sons" in sent.text
    assert ["60", "1"] == re.findall(r"(\d+) taken up", said)
    assert 0 == process.returncode
    assert "Traceback" not in said


def test_an_agent_that_may_not_act_says_so(begin: Begin) -> None:
    """What keeps a sweep from running is said, and the pages stay."""
    process, url = begin(TRIAGE_PAUSED="wrong tags")
    assert process.stderr
    assert any("wrong tags" in line for line in process.stderr)

    assert "What came in" in requests.get(url, timeout=5).text
