"""A run that is killed at any request leaves nothing that the next one can't put right."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
import requests

from tests.conftest import copied
from triage_agent.errors import RunRefused

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Kind
    from tests.jobs.conftest import Site

HOME = Path(__file__).parent.parent.parent
LEADS = [
    *({"Company": f"Buyer {n}"} for n in range(3)),
    *({"Company": f"Nobody {n}", "Email": None} for n in range(3)),
]
PROGRAM = """
import os, sys
import alembic.command, rich.progress, rich.table
from triage_agent import cli, project
from triage_agent.connectors import model, slack
from triage_agent.jobs import sweep
from triage_agent.ledger import postgres

for line in sys.stdin:
    if not (child := os.fork()):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["triage-agent", *line.split()]
        cli.main()
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs each line that it is given as a command, in a process of its own, without a slow start."""

WRITE, POST = r"composite/?$", r"chat\.postMessage"
When = Literal["before", "after"]
Place = tuple[str, int, When]
"""What is found in a path, at the how manieth time, and when the agent dies."""


class Agent:
    """The program in a process that can be killed: one after the other."""

    def __init__(self) -> None:
        self._starter = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONPATH": str(HOME)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._dead = threading.Event()
        self._process = 0

    def run(self, *words: str | Path) -> int:
        """Runs a command; its exit code, minus nine if it was killed."""
        starter = self._starter
        assert starter.stdin
        assert starter.stdout
        self._dead.clear()
        print(*words, file=starter.stdin, flush=True)
        self._process = int(starter.stdout.readline())
        code = int(starter.stdout.readline())
        self._dead.set()
        return code

    def kill(self) -> None:
        """Ends the command that runs, and waits until it is no more."""
        os.kill(self._process, signal.SIGKILL)
        self._dead.wait(10)

    def close(self) -> None:
        """Ends the process that starts the others."""
        self._starter.communicate()


class Wire(ThreadingHTTPServer):
    """Stands between agent and sandbox, and kills the agent at one of its requests.

    `before`: the request never arrives, though the agent meant to send it; `after`: it was
    carried out, and its answer never comes.
    """

    def __init__(self, url: str, agent: Agent) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.sandbox, self.agent = url, agent
        self.place: Place | None = None
        self._met = 0
        self._counting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def run_and_kill(self, site: Site, place: Place) -> int:
        """Runs the agent on a site, up to a place."""
        self.place, self._met = place, 0
        code = self.agent.run("run", "--sandbox-url", self.url, "--project", site.project)
        self.place = None
        wait_for_lock(site)
        return code

    def fatal(self, path: str) -> When | None:
        """When, if at all, this request kills."""
        if self.place is None or not re.search(self.place[0], path):
            return None
        with self._counting:
            self._met += 1
            return self.place[2] if self._met == self.place[1] else None


def wait_for_lock(site: Site) -> None:
    """Returns once the database has noticed that whoever held the lock of runs is dead."""
    end = time.monotonic() + 30
    with site.ledger() as ledger:
        while True:
            try:
                with ledger.only_run("run-probe", datetime.now(UTC)):
                    return
            except RunRefused:
                assert time.monotonic() < end
                time.sleep(0.02)


class _Passing(BaseHTTPRequestHandler):
    server: Wire

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fatal = self.server.fatal(self.path)
        answer = None if fatal == "before" else self._answer(body)
        if fatal or answer is None:
            self.server.agent.kill()
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        with suppress(ConnectionError):  # who was killed doesn't hear it
            self.wfile.write(answer.content)

    def _answer(self, body: bytes) -> requests.Response:
        hop = ("host", "connection")
        headers = {name: v for name, v in self.headers.items() if name.lower() not in hop}
        url = self.server.sandbox + self.path
        return requests.request(self.command, url, headers=headers, data=body, timeout=10)

    do_GET = do_POST = do_PATCH = _pass  # noqa: N815 - the names of the methods

    def log_message(self, *_args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def agent() -> Iterator[Agent]:
    with closing(Agent()) as started:
        yield started


@contextmanager
def _over_a_wire(site: Site, agent: Agent) -> Iterator[tuple[Site, Wire]]:
    copied(site.project)
    with Wire(site.url, agent) as between:
        thread = threading.Thread(target=between.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield replace(site, url=between.url), between
        finally:
            between.shutdown()
            thread.join()


@pytest.fixture
def wire(open_site: Callable[..., Site], agent: Agent, kind: Kind) -> Iterator[tuple[Site, Wire]]:
    """A site that is reached over a wire."""
    with _over_a_wire(open_site(LEADS, kind=kind), agent) as site:
        yield site


PLACES: list[Place] = [
    (r"FROM\+Lead\+WHERE", 1, "after"),
    ("chat/completions", 2, "after"),
    (WRITE, 1, "before"),
    (WRITE, 1, "after"),
    (POST, 1, "before"),
    (POST, 3, "after"),
]


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        *(("sqlite", place) for place in PLACES),
        *(("postgres", place) for place in PLACES if place[0] == WRITE),
    ],
    indirect=["kind"],
    ids=lambda of: of if isinstance(of, str) else re.sub(r"[^a-z\d]+", " ", f"{of[2]} {of[:2]}"),
)
def test_a_killed_run_is_put_right(
    wire: tuple[Site, Wire],
    place: Place,
) -> None:
    """After the next run every lead has one outcome, nothing is there twice, all chains check."""
    site, between = wire
    code = between.run_and_kill(site, place)
    interrupted = site.faults()
    report = site.sweep()
    outcomes = Counter(task["WhoId"] for task in site.tasks().values())
    outcomes.update(_handed_over(site))

    assert -signal.SIGKILL == code
    assert [] == interrupted == site.faults()
    assert dict.fromkeys(site.leads(), 1) == outcomes
    assert all(lead["Triage_Category__c"] for lead in site.leads().values())
    assert (0, 0) == (report.totals.failed, report.totals.deferred)
    assert [] == site.sweep().items


def _handed_over(site: Site) -> Iterator[str]:
    """The record of each hand-over that was posted."""
    for key, message in site.messages().items():
        if message["metadata"]["event_type"] == "triage_hand_over":
            (received, *_) = site.events(key.partition(".")[0])
            assert received.event.kind == "Received"
            yield received.event.record_id


def test_what_was_intended_is_looked_up(wire: tuple[Site, Wire]) -> None:
    """A task whose answer was lost is found by its key; one that never left is done again."""
    site, between = wire
    between.run_and_kill(site, (WRITE, 1, "after"))
    there = set(site.tasks())
    site.sweep()
    kinds = {
        key: [
            (e.kind, getattr(e, "found", None))
            for happened in site.events(key.partition(".")[0])
            if getattr(e := happened.event, "action", None) == "create_task"
        ]
        for key in there
    }

    assert there
    assert there == set(site.tasks())
    expected = [("Permitted", None), ("Intended", None), ("Done", True)]
    assert [expected] * len(there) == list(kinds.values())


def test_runs_that_are_killed_one_after_the_other(
    open_site: Callable[..., Site],
    agent: Agent,
) -> None:
    """Also a run that puts things right may be killed."""
    with _over_a_wire(open_site(LEADS[:3]), agent) as (site, between):
        places: list[Place] = [(WRITE, 1, "before"), (WRITE, 1, "after")]
        codes = [between.run_and_kill(site, place) for place in places]
        site.sweep()

        assert [-signal.SIGKILL] * 2 == codes
        assert 3 == len(site.tasks())
        assert [] == site.faults()
