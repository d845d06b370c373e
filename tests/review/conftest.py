"""A sandbox with two requests that stop, the agent's run over them, and somebody who listens."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import Kind, NewLedger, copied
from tests.jobs.conftest import written
from tests.sandbox.slack_people import SALES, Person
from triage_agent import wiring
from triage_agent.connectors import patience
from triage_agent.decision.events import Event
from triage_agent.listening import listen
from triage_agent.sandbox.server import running
from triage_agent.targets import Target

REVIEW = ("review", "claim")
STOPS = "We will take legal action against you unless you answer us."


@dataclass
class Desk:
    """One sandbox, one project, and what people do there."""

    target: Target
    url: str

    def run(self) -> None:
        """One sweep of the agent."""
        wiring.run(
            self.target, shadow=False, limit=None, only=None, progress=lambda _ended, _of: None
        )

    def person(self, user: str) -> Person:
        return Person(self.url, user)

    def messages(self) -> list[dict[str, Any]]:
        """The agent's hand-overs, oldest first."""
        state = requests.get(f"{self.url}/sandbox/state", timeout=10).json()
        found: list[dict[str, Any]] = state["slack"][SALES]
        return found

    def requests(self, path: str) -> list[dict[str, Any]]:
        """What the sandbox was asked there."""
        state = requests.get(f"{self.url}/sandbox/state", timeout=10).json()
        return [one for one in state["requests"] if one["path"] == path]

    def message(self, number: int = 0) -> str:
        """The ts of a hand-over."""
        return str(self.messages()[number]["ts"])

    def text(self, number: int = 0) -> str:
        """All that a hand-over says, as one text."""
        return str(self.messages()[number]["blocks"])

    def item(self, number: int = 0) -> str:
        """The item that a hand-over is about."""
        key: str = self.messages()[number]["metadata"]["event_payload"]["key"]
        return key.partition(".")[0]

    def told(self, number: int, *kinds: str) -> list[Event]:
        """What the ledger has of an item, of some kinds."""
        with closing(wiring.open_ledger(self.target)) as ledger:
            return [
                one.event for one in ledger.events(self.item(number)) if one.event.kind in kinds
            ]


Open = Callable[..., Desk]
Listen = Callable[[Desk], None]


@pytest.fixture
def open_desk(tmp_path: Path, new_ledger: NewLedger) -> Iterator[Open]:
    """A desk after the agent's first run; `timing`: how long the sandbox's Slack waits."""
    with ExitStack() as stack:

        def opened(kind: Kind = "sqlite", **served: Any) -> Desk:  # noqa: ANN401 - as `running`
            folder = copied(tmp_path / "project")
            if kind == "postgres":
                (folder / ".env").write_text(f"TRIAGE_LEDGER_URL={new_ledger(kind)}\n")
            leads = [{"Company": name, "Description": STOPS} for name in ("Acme", "Boreal")]
            path = written(tmp_path / "leads.jsonl", leads)
            url = stack.enter_context(running(state=None, leads=path, **served))
            desk = Desk(Target(folder, sandbox_url=url), url)
            desk.run()
            return desk

        yield opened


@pytest.fixture
def desk(open_desk: Open) -> Desk:
    return open_desk()


@pytest.fixture
def start_listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Desk], None]]:
    """Has somebody listen from now on, until the test is over or told to stop."""
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.0)
    over = threading.Event()
    with ThreadPoolExecutor() as pool:
        running_on = []

        def started(desk: Desk) -> None:
            ready = threading.Event()
            future = pool.submit(listen, desk.target, over, ready.set)
            future.add_done_callback(lambda _: ready.set())
            ready.wait(20)
            running_on.append(future)

        yield started
        over.set()
    for future in running_on:
        future.result()
