"""How people have what a target's agent did undone, and learn what came of it, by a command."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from triage_agent.targets import Target, systems
from triage_agent.wiring import Clock, Terms, acting, brake_of, join, login, now, open_ledger

if TYPE_CHECKING:
    from triage_agent.decision.rejudging import Comparison
    from triage_agent.decision.undoing import Reversal
    from triage_agent.recovery.rollback import Selection
    from triage_agent.recovery.undoing import Parts


@dataclass(frozen=True)
class Undone:
    """A rollback's own stream, and how many things are undone, left to people, or failed.

    `untold`: whom the page wants told of it, and Slack couldn't, or nobody knows whether it has.
    """

    run: str
    undone: int
    left: int
    failed: int
    untold: tuple[str, ...]


def selection(run: str | None, item: str | None, since: datetime | None) -> "Selection":
    """Whose doings are undone: those of a run, for an item or record, or since a moment."""
    from triage_agent.recovery.rollback import Selection

    return Selection(run, item, since)


def preview(target: Target, what: "Selection") -> "list[Reversal]":
    """What a rollback would undo and leave now; it changes nothing."""
    from triage_agent.recovery import rollback

    with _parts(target, now, time.sleep) as parts:
        return rollback.preview(parts, what)


def roll_back(  # noqa: PLR0913 - who and why, and when
    target: Target,
    what: "Selection",
    named: str | None,
    *,
    reason: str,
    found: str,
    again: bool = False,
    clock: Clock = now,
    sleep: Callable[[float], None] = time.sleep,
) -> Undone:
    """Undoes what is selected as a person whom the page names; the agent stays paused."""
    from triage_agent.decision.events import Failed, Unclear
    from triage_agent.decision.rollback_events import RollbackFinished
    from triage_agent.project import read_model
    from triage_agent.recovery import rollback

    page = read_model(target.project).page
    by = acting(target, page, page.recovery.may_roll_back, named)
    with _parts(target, clock, sleep) as parts:
        run = rollback.roll_back(parts, what, rollback.Order(by, reason, found, again))
        (ended,) = parts.ledger.told(run, "RollbackFinished")
        assert isinstance(ended.event, RollbackFinished)
        told = [one.event for one in parts.ledger.told(run, "Failed", "Unclear")]
        names = (event.action for event in told if isinstance(event, Failed | Unclear))
        untold = tuple(name.removeprefix(rollback.TELL) for name in names)
        return Undone(run, **ended.event.model_dump(exclude={"kind"}), untold=untold)


def incident(target: Target, name: str | None, *, as_json: bool) -> str:
    """The note of a rollback, the last one where none is named: in Markdown, or as one object."""
    from triage_agent.project import read_model
    from triage_agent.recovery import incident as notes

    page = read_model(target.project).page
    with closing(open_ledger(target)) as ledger:
        told = notes.incident(ledger, page, name)
    return told.model_dump_json(indent=2) if as_json else notes.as_markdown(told, page).rstrip()


@dataclass(frozen=True)
class Tried:
    """A version of the page, its digest, and what it would have decided of each item."""

    version: int
    sha256: str
    found: "list[Comparison]"


def try_page(target: Target, what: "Selection", version: int) -> Tried:
    """What another version of the page would have decided; only the model is asked."""
    import secrets

    from triage_agent.jobs.rejudging import Inquiry, page_of, rejudge
    from triage_agent.ledger.store import RUN_PREFIX
    from triage_agent.project import read_prices, read_rules
    from triage_agent.settings import Settings

    rules, prices = read_rules(target.project), read_prices(target.project)
    settings = Settings.of(target.project)
    if target.is_real:
        settings.require_real()
    with systems(target, settings) as found, closing(open_ledger(target)) as ledger:
        model, items = page_of(version, rules.model, ledger), what.items(ledger)
        brake = brake_of(target, settings, ledger)
        run = f"{RUN_PREFIX}{now():%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        inquiry = Inquiry(login(), str(what), run)
        with closing(join(found, Terms(rules, prices, "shadow"), ledger, brake)) as parts:
            return Tried(version, model.sha256, rejudge(parts, model, inquiry, items))


@contextmanager
def _parts(target: Target, clock: Clock, sleep: Callable[[float], None]) -> "Iterator[Parts]":
    from triage_agent.authority.reversing import ReversingWire
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.connectors.salesforce.client import SalesforceClient
    from triage_agent.connectors.salesforce.writing import Writer
    from triage_agent.ledger.store import ORG, WORKSPACE
    from triage_agent.project import read_model
    from triage_agent.recovery.undoing import Parts
    from triage_agent.settings import Settings

    page, settings = read_model(target.project).page, Settings.of(target.project)
    if target.is_real:
        settings.require_real()
    with systems(target, settings) as found, closing(open_ledger(target)) as ledger:
        calls, wire = CallLog(), ReversingWire(page, found.hosts)
        guard = Guard(wire, calls, brake=lambda: None)  # the agent is paused meanwhile
        slack = found.slack(calls, guard, sleep)
        with closing(SalesforceClient(found.salesforce, calls, guard, sleep)) as org:
            ledger.claim_for(ORG, org.org())
            ledger.claim_for(WORKSPACE, slack.workspace())
            brake = brake_of(target, settings, ledger)
            writer = Writer(org, wire.approved)
            yield Parts(page, ledger, brake, wire, calls, org, writer, slack, clock, sleep)
