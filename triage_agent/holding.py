"""How people hold a target's agent and let it go on, by a command or in Slack; how it stands."""

from collections.abc import Callable, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage_agent.targets import Systems, Target, systems
from triage_agent.wiring import acting, brake_of, mode_of, open_ledger, uncleared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_agent.authority.people import Somebody
    from triage_agent.authority.wire import Wire
    from triage_agent.decision.item import Record
    from triage_agent.ledger.store import Ledger
    from triage_agent.operating_model.loading import OperatingModel
    from triage_agent.operating_model.schema import Page
    from triage_agent.recovery.pause import Brake
    from triage_agent.review.commands import Commands
    from triage_agent.review.listener import Listener
    from triage_agent.watch.status import Status

    Model = Callable[[], OperatingModel]

Ask = Callable[[Sequence[str]], Sequence[str]]
"""Puts questions to a person; their answers in order."""


def pause(target: Target, named: str | None, reason: str) -> str:
    """Pauses a target's agent as a person whom the page names; what is to be said of it."""
    page = _page(target)
    by = acting(target, page, page.recovery.may_pause, named)
    announce = Agent(target).pause(page, by, reason)
    return f"Paused by {by.name}. {announce()}"


def resume(target: Target, named: str | None, answers: Ask) -> str:
    """Lets a target's agent go on; `answers` is asked the page's checklist. What is to be said."""
    page = _page(target)
    by = acting(target, page, page.recovery.may_pause, named)
    return Agent(target).resume(page, by, answers)


@dataclass(frozen=True)
class Agent:
    """A target's agent, in the hands of those whom the page lets."""

    target: Target

    def pause(self, page: "Page", by: "Somebody", reason: str) -> Callable[[], str]:
        """Holds it at once; what is returned announces that, and says who was told."""
        with self._braked() as (_, brake):
            brake.pause(by.name, reason)
        return lambda: self._announce(page, f"{by.name} has paused the agent: {reason}")

    def resume(self, page: "Page", by: "Somebody", answers: Ask) -> str:
        """Lets it go on, and announces that; what is to be said of it."""
        with self._braked() as (_, brake):
            if not brake.why():
                return "The agent isn't paused."
            brake.resume(page, by, answers(page.recovery.before_resuming))
            if why := brake.why():
                return f"Resumed by {by.name} on the ledger, but the agent stays paused: {why}"
        told = self._announce(page, f"{by.name} has resumed the agent.")
        return f"Resumed by {by.name}. {told}"

    def why(self) -> str | None:
        """Who or what holds it, if anything does."""
        with self._braked() as (_, brake):
            return brake.why()

    def standing(self) -> "Status":
        """What is going on with it, for machines."""
        from triage_agent.project import read_model
        from triage_agent.watch.status import status

        model = read_model(self.target.project)
        missing = uncleared(self.target, model.page)
        with self._braked() as (ledger, brake):
            return status(model, mode_of(self.target, model.page), ledger, brake, missing)

    def status(self) -> dict[str, str]:
        """The same, in lines for people."""
        from triage_agent.watch.status import lines

        return lines(self.standing())

    @contextmanager
    def _braked(self) -> "Iterator[tuple[Ledger, Brake]]":
        from triage_agent.settings import Settings

        settings = Settings.of(self.target.project)
        with closing(open_ledger(self.target)) as ledger:
            yield ledger, brake_of(self.target, settings, ledger)

    def _announce(self, page: "Page", words: str) -> str:
        """Tells those whom the page wants told, in shadow the owner alone; says who was."""
        from triage_agent.authority.wire import Wire
        from triage_agent.connectors.calls import CallLog
        from triage_agent.connectors.guard import Guard
        from triage_agent.errors import TriageError
        from triage_agent.operating_model.schema import OWNER
        from triage_agent.settings import Settings

        live = mode_of(self.target, page) == "live"
        settings = Settings.of(self.target.project)
        names = page.recovery.tell if live else [OWNER]
        left = list(names)
        try:
            if self.target.is_real:
                settings.require_real()
            with systems(self.target, settings) as found:
                wire, calls = Wire(page, found.hosts, live=live), CallLog()
                guard = Guard(wire, calls, brake=lambda: None)  # it is about the pause
                slack = found.slack(calls, guard)
                for name in names:
                    slack.tell(page.channel_of(name), words)
                    left.remove(name)
        except TriageError as exc:
            return f"Not told in Slack ({exc}), so tell them: {', '.join(left)}."
        return f"Told in Slack: {', '.join(names)}."


def commands_of(
    target: Target, found: Systems, wire: "Wire", listener: "Listener", model: "Model"
) -> "Commands":
    """What people may type in Slack about a target's agent; `found` are its systems."""
    from triage_agent.connectors.guard import Guard
    from triage_agent.connectors.salesforce.client import SalesforceClient
    from triage_agent.connectors.salesforce.finding import records_like
    from triage_agent.operating_model.grants import posted_in
    from triage_agent.review.commands import Commands

    calls = listener.calls
    guard = Guard(wire, calls, brake=lambda: None)  # it reads, and tells whoever asked

    def records(page: "Page", words: str) -> "list[Record]":
        with closing(SalesforceClient(found.salesforce, calls, guard)) as org:
            return records_like(org, page, words)

    page = model().page
    return Commands(
        listener=listener,
        model=model,
        live=mode_of(target, page) == "live",
        channels=posted_in(page),
        agent=Agent(target),
        slack=found.slack(calls, guard),
        ledger=lambda: open_ledger(target),
        records=records,
    )


def _page(target: Target) -> "Page":
    from triage_agent.project import read_model

    return read_model(target.project).page
