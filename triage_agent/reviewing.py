"""What the `review` commands do: people decide at a terminal, whether Slack is there or not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

from triage_agent.errors import NotDecided, TriageError, WrongUsage
from triage_agent.targets import Target, systems
from triage_agent.wiring import acting, brake_of, mode_of, open_ledger, run

if TYPE_CHECKING:
    from triage_agent.effects.deliver import Entry
    from triage_agent.jobs.report import ItemReport
    from triage_agent.ledger.store import Ledger
    from triage_agent.operating_model.schema import Page
    from triage_agent.review.deciding import Clicked
    from triage_agent.review.waiting import Case, Waiting

Decision = Literal["claimed", "released", "corrected", "rejected"]
Decide = Callable[["Ledger", "Page", "Clicked"], str | None]
"""One of `review.deciding`: why it was not decided, if it was not."""


@dataclass(frozen=True)
class Came:
    """What came of a decision that is on the ledger.

    `not_shown`: why Slack's message doesn't tell it yet. After a release `went_on` is how far the
    agent has come with the item, and `left` why that is left to a later run.
    """

    item_id: str
    decision: Decision
    by: str
    login: str
    not_shown: str | None = None
    went_on: "ItemReport | None" = None
    left: str | None = None


def waiting(target: Target) -> "list[Waiting]":
    """What waits for people, oldest first."""
    from triage_agent.review.waiting import waiting as told

    with _opened(target) as (ledger, page):
        return told(ledger, page, mode_of(target, page))


def look(target: Target, wanted: str) -> "Case":
    """All that there is to know about one item before one decides."""
    from triage_agent.review.waiting import case, item_of

    with _opened(target) as (ledger, page):
        return case(ledger, page, item_of(ledger, wanted))


def claim(target: Target, wanted: str, named: str | None) -> Came:
    """Takes an item on oneself."""
    from triage_agent.review import deciding

    with _opened(target) as (ledger, page):
        return _decided(target, ledger, page, _Wish(wanted, named, "claimed", deciding.claim))


def release(target: Target, wanted: str, named: str | None, category: str) -> Came:
    """Has the agent go on with an item, as with one of that category; it does so at once."""
    from triage_agent.review import deciding

    with _opened(target) as (ledger, page):
        decide = partial(deciding.release, category=_known(page, category))
        came = _decided(target, ledger, page, _Wish(wanted, named, "released", decide))
    return _gone_on(target, came)


def correct(
    target: Target,
    wanted: str,
    named: str | None,
    wrong: str,
    category: str | None,
    note: str | None,
) -> Came:
    """Keeps what the agent got wrong."""
    from triage_agent.review import deciding

    with _opened(target) as (ledger, page):
        known = category and _known(page, category)
        decide = partial(deciding.correct, wrong=wrong, category=known, note=note)
        return _decided(target, ledger, page, _Wish(wanted, named, "corrected", decide))


def reject(target: Target, wanted: str, named: str | None, reason: str) -> Came:
    """Sets a hand-over aside as of no use."""
    from triage_agent.review import deciding

    if not reason.strip():
        raise WrongUsage("--reason is empty: say why the hand-over was of no use")
    with _opened(target) as (ledger, page):
        decide = partial(deciding.reject, reason=reason)
        return _decided(target, ledger, page, _Wish(wanted, named, "rejected", decide))


@dataclass(frozen=True)
class _Wish:
    """What was typed: about which item, in whose name, and what is to be decided."""

    wanted: str
    named: str | None
    decision: Decision
    decide: Decide


def _known(page: "Page", category: str) -> str:
    if category in page.workflow.categories:
        return category
    names = ", ".join(page.workflow.categories)
    raise WrongUsage(f"--category {category}: the operating model has only these: {names}")


def _decided(target: Target, ledger: "Ledger", page: "Page", wish: _Wish) -> Came:
    from triage_agent.ledger.store import AGENT
    from triage_agent.review.deciding import NOTHING_TO_DECIDE, Clicked, team_of
    from triage_agent.review.waiting import item_of

    item = item_of(ledger, wish.wanted)
    team = team_of(ledger.story(item), page)
    if team is None:
        raise NotDecided(NOTHING_TO_DECIDE)
    by = acting(target, page, [team], wish.named)
    if refused := wish.decide(ledger, page, Clicked(item, by.slack, AGENT, _now())):
        raise NotDecided(refused)
    not_shown = _shown(target, ledger, page, item)
    return Came(item, wish.decision, by.name, by.login, not_shown)


def _shown(target: Target, ledger: "Ledger", page: "Page", item: str) -> str | None:
    """Has the item's message tell it. Without Slack the decision stands all the same."""
    from triage_agent.authority.wire import Wire
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.connectors.slack import SlackConnector
    from triage_agent.ledger.store import AGENT, WORKSPACE
    from triage_agent.review.showing import show_decisions
    from triage_agent.settings import Settings

    def keep(entries: "Sequence[Entry]") -> None:
        ledger.forget(item)  # another process may have told of something since
        ledger.append(AGENT, _now(), entries)

    settings, calls = Settings.of(target.project), CallLog()
    try:
        if target.is_real:
            settings.require_real()
        with systems(target, settings) as found:
            wire = Wire(page, found.hosts, live=mode_of(target, page) == "live")
            guard = Guard(wire, calls, brake_of(target, settings, ledger).check)
            link = found.salesforce.instance_url.rstrip("/") + "/"
            slack = SlackConnector(found.slack_token, found.slack_url, link, calls, guard)
            try:
                ledger.claim_for(WORKSPACE, slack.workspace())
                return show_decisions(ledger, slack, page, item, keep)
            finally:
                keep([(item, event) for event in calls.drain()])
    except TriageError as exc:
        return f"It is on record; the message will say so later ({exc})."


def _gone_on(target: Target, came: Came) -> Came:
    """Has the agent go on with a released item, where it can do so now."""
    try:
        report = run(target, shadow=False, limit=None, only=came.item_id, progress=lambda *_: None)
    except TriageError as exc:
        return replace(came, left=str(exc))
    for item in report.items:
        if item.item_id == came.item_id:
            return replace(came, went_on=item)
    return replace(came, left=f"{report.run_id} had nothing to do for it")


@contextmanager
def _opened(target: Target) -> "Iterator[tuple[Ledger, Page]]":
    from triage_agent.project import read_model

    page = read_model(target.project).page
    with closing(open_ledger(target)) as ledger:
        yield ledger, page


def _now() -> datetime:
    return datetime.now(UTC)
