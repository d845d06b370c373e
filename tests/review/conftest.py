"""A sandbox with requests that stop, the agent's run over them, and somebody who listens."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import pytest
import requests

from tests.conftest import Kind, NewLedger, copied
from tests.jobs.conftest import written
from tests.sandbox.slack_people import SALES, Person
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.connectors import patience
from triage_agent.decision.events import Event
from triage_agent.decision.run_events import Finished
from triage_agent.errors import Paused, RunRefused
from triage_agent.ledger import chain
from triage_agent.listening import ROUND, listen
from triage_agent.operating_model.loading import FILE
from triage_agent.sandbox.slack.timing import Timing
from triage_agent.targets import Target

STOPS = "We will take legal action against you unless you answer us."
STOPPED, SETTLED = {"Description": STOPS}, dict[str, str]()
REQUESTS = 8
UNHURRIED = Timing(answer=30, trigger=60)
"""Slack's patience, for machines that have much else to do."""


def soon(holds: Callable[[], object]) -> bool:
    """Whether it comes about within half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


@dataclass
class Clock:
    """Ten in the morning of a Tuesday in New York, until a test lets time pass."""

    moment: datetime = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def passes(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Desk:
    """One sandbox, one project, and what people do there; each test has a hand-over of its own."""

    target: Target
    url: str
    clock: wiring.Clock = wiring.now
    channel: str = SALES
    _used: int = field(default=-1)

    def run(self) -> None:
        """One sweep of the agent, once a run that a listener began has ended."""
        assert soon(self._ran)

    def _ran(self) -> bool:
        try:
            wiring.run(
                self.target,
                shadow=False,
                limit=None,
                only=None,
                progress=lambda _ended, _of: None,
                clock=self.clock,
            )
        except Paused:
            raise
        except RunRefused:
            return False
        return True

    def another(self) -> "HandedOver":
        """A hand-over that no test has used before."""
        self._used += 1
        return HandedOver(self, self._used)

    def question(self) -> "HandedOver":
        """A request for somebody's word that no test has used before."""
        self._used += 1
        return HandedOver(self, self._used, "triage_approval")

    def person(self, user: str) -> Person:
        """Somebody at the team's channel."""
        return Person(self.url, user, self.channel)

    def click(self, user: str, ts: str, button: str = "claim") -> str | None:
        """What somebody sees after they pressed a button; None: nothing unusual."""
        trouble: str | None = self.person(user).click(ts, ("review", button))
        return trouble

    def form(self, user: str, one: "HandedOver", button: str) -> dict[str, Any] | None:
        """The form that somebody has before them after they pressed a button."""
        person, before = self.person(user), self.notes(user)
        person.click(one.ts, ("review", button))
        soon(lambda: person.view() or self.notes(user) != before)
        view: dict[str, Any] | None = person.view()
        return view

    def send(self, user: str, view: Mapping[str, Any], **given: str | None) -> Any:  # noqa: ANN401 - JSON
        """What came of sending that form, each field being called as its block."""
        values = {name: {name: value} for name, value in given.items()}
        return self.person(user).act("submit", view_id=view["id"], values=values)

    def records(self, name: str) -> dict[str, dict[str, Any]]:
        """The records of an object, by id."""
        state = requests.get(f"{self.url}/sandbox/state", timeout=10).json()
        return {one["Id"]: one for one in state["salesforce"][name]}

    def change(self, name: str, record_id: str, **fields: object) -> None:
        """Changes a record as a person would."""
        requests.patch(
            f"{self.url}/services/data/v62.0/sobjects/{name}/{record_id}",
            json=fields,
            headers={"Authorization": "Bearer sandbox"},
            timeout=10,
        ).raise_for_status()

    def rewrite(self, *pairs: tuple[str, str]) -> None:
        """Edits the project's page."""
        path = self.target.project / FILE
        text = path.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def notes(self, user: str) -> list[str]:
        """What somebody alone was told, newest first."""
        return [note["text"] for note in self.person(user).notes()][::-1]

    def messages(self) -> list[dict[str, Any]]:
        """The agent's hand-overs, oldest first."""
        return self.posted("triage_hand_over")

    def posted(self, kind: str) -> list[dict[str, Any]]:
        """Its messages of a kind, as their metadata call it, oldest first."""
        state = requests.get(f"{self.url}/sandbox/state", timeout=10).json()
        found: list[dict[str, Any]] = state["slack"][self.channel]
        return [one for one in found if one.get("metadata", {}).get("event_type") == kind]

    def told(self, channel: str = SALES) -> list[str]:
        """What somebody was reminded of, message by message: in a team's channel or alone."""
        state = requests.get(f"{self.url}/sandbox/state", timeout=10).json()
        messages = state["slack"].get(channel, [])
        return [str(one["blocks"]) for one in messages if "for a person" in one["text"]]

    def asked(self, path: str) -> int:
        """How often the sandbox was asked there."""
        state = requests.get(f"{self.url}/sandbox/state", timeout=10).json()
        return sum(one["path"] == path for one in state["requests"])

    def last_run(self) -> dict[str, int]:
        """What the last run has come to; nothing while it is under way, or where it broke."""
        with closing(wiring.open_ledger(self.target)) as ledger:
            run = ledger.last_run()
            ended = ledger.last(run, "Finished") if run else None
        if ended is None or not isinstance(ended.event, Finished):
            return {}
        return ended.event.model_dump(include={"received", "settled", "escalated"})

    def faults(self) -> list[str]:
        """What is wrong with the ledger's chains."""
        with closing(wiring.open_ledger(self.target)) as ledger:
            return [f for name in ledger.streams() for f in chain.check(ledger.sealed(name))]


@dataclass(frozen=True)
class HandedOver:
    """A hand-over in Slack, and what the ledger has of its item."""

    desk: Desk
    number: int
    kind: str = "triage_hand_over"

    @property
    def message(self) -> dict[str, Any]:
        return self.desk.posted(self.kind)[self.number]

    @property
    def ts(self) -> str:
        return str(self.message["ts"])

    @property
    def text(self) -> str:
        """All that it says."""
        return str(self.message["blocks"])

    @property
    def item(self) -> str:
        key: str = self.message["metadata"]["event_payload"]["key"]
        return key.partition(".")[0]

    def told(self, *kinds: str) -> list[Event]:
        """What the ledger has of its item, of some kinds."""
        with closing(wiring.open_ledger(self.desk.target)) as ledger:
            events = [one.event for one in ledger.events(self.item)]
        return [event for event in events if event.kind in kinds]


Open = Callable[..., Desk]
Listen = Callable[..., str]


@pytest.fixture(scope="module")
def open_desk(tmp_path_factory: pytest.TempPathFactory, new_ledger: NewLedger) -> Iterator[Open]:
    """A desk after the agent's first run, on a sandbox that is served as told."""
    with ExitStack() as stack:

        def opened(
            kind: Kind = "sqlite",
            clock: wiring.Clock = wiring.now,
            lead: Mapping[str, str] = STOPPED,
            of: int = REQUESTS,
            page: Sequence[tuple[str, str]] = (),
            **served: Any,  # noqa: ANN401 - as `running`
        ) -> Desk:
            folder = tmp_path_factory.mktemp("desk")
            project = copied(folder / "project")
            if kind == "postgres":
                (project / ".env").write_text(f"TRIAGE_LEDGER_URL={new_ledger(kind)}\n")
            leads = [{"Company": f"Acme {n}", **lead} for n in range(of)]
            path = written(folder / "leads.jsonl", leads)
            served = {"timing": UNHURRIED, **served}
            url = stack.enter_context(running(state=None, leads=path, **served))
            desk = Desk(Target(project, sandbox_url=url), url, clock)
            desk.rewrite(*page)
            desk.run()
            return desk

        yield opened


@pytest.fixture(scope="module")
def start_listening() -> Iterator[Listen]:
    """Has somebody listen from now on, until the module's tests are over; what they say of it."""
    over = threading.Event()
    listeners: list[Future[None]] = []
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(20) as pool:
        patch.setattr(patience, "FIRST_PAUSE", 0.0)

        def started(desk: Desk, http: str | None = None, pause: float = ROUND) -> str:
            said: SimpleQueue[str] = SimpleQueue()
            given = (desk.target, over, said.put, http, desk.clock, pause)
            listeners.append(pool.submit(listen, *given))
            listeners[-1].add_done_callback(lambda _: said.put("Nobody listens."))
            return said.get(timeout=20)

        yield started
        over.set()
    for listener in listeners:
        listener.result()


@pytest.fixture(scope="module")
def desk(open_desk: Open, start_listening: Listen) -> Desk:
    """A desk at which somebody listens."""
    opened = open_desk()
    start_listening(opened)
    return opened
