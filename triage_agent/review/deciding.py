"""What a person decides about a handed-over item: once, whoever else clicks at that moment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from triage_agent.authority.people import Somebody, identified, known_in_slack, listed
from triage_agent.decision.review_events import Claimed, Corrected, Rejected, Released
from triage_agent.decision.story import Story
from triage_agent.errors import StreamMoved
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.action_rules import PostAction
from triage_agent.operating_model.schema import Page

GONE = "The operating model has no such category any more, so nothing was done."
NOTHING_TO_DECIDE = (
    "The agent's record has no hand-over like this one any more, so nothing was done."
)
BUSY = "Somebody else is at it at this moment; look again."
TRIES = 5
Decision = Callable[..., Claimed | Released | Corrected | Rejected]
"""The event of a decision, by who takes it."""


@dataclass(frozen=True)
class Clicked:
    """Somebody wants to decide about an item, and is known by a Slack user id."""

    item: str
    user: str
    run: str
    at: datetime


def claim(ledger: Ledger, page: Page, clicked: Clicked) -> str | None:
    """Puts on record that this person has the item; else what is to be told to them alone."""
    return _decide(ledger, page, clicked, Claimed)


def release(ledger: Ledger, page: Page, clicked: Clicked, category: str | None) -> str | None:
    """Has the agent go on in this person's name, with an item of that category; likewise."""
    if category not in page.workflow.categories:
        return GONE
    return _decide(ledger, page, clicked, partial(Released, category=category))


def correct(
    ledger: Ledger, page: Page, clicked: Clicked, wrong: str, category: str | None, note: str | None
) -> str | None:
    """Keeps what the agent got wrong, by a name of `Corrected.wrong`; likewise."""
    if category is not None and category not in page.workflow.categories:
        return GONE
    return _decide(
        ledger, page, clicked, partial(Corrected, wrong=wrong, category=category, note=note)
    )


def reject(ledger: Ledger, page: Page, clicked: Clicked, reason: str) -> str | None:
    """Sets a hand-over aside as of no use; likewise."""
    return _decide(ledger, page, clicked, partial(Rejected, reason=reason))


def may_not(ledger: Ledger, page: Page, clicked: Clicked) -> str | None:
    """Why this person can't decide about the item now, to be told to them alone; None: they can."""
    found = _may(Story.of(ledger.events(clicked.item)), page, clicked)
    return found if isinstance(found, str) else None


def team_of(story: Story, page: Page) -> str | None:
    """Whose members decide about an item, by the page; None where there is nothing to decide."""
    rule = page.may.get(story.posted or "")
    if not isinstance(rule, PostAction) or story.posted not in story.actions:  # or its texts went
        return None
    return rule.post_to


def _decide(ledger: Ledger, page: Page, clicked: Clicked, decision: Decision) -> str | None:
    for _ in range(TRIES):
        events = ledger.events(clicked.item)
        somebody = _may(Story.of(events), page, clicked)
        if isinstance(somebody, str):
            return somebody
        event = decision(**identified(somebody))
        if decision is Claimed and _has(Story.of(events), somebody):
            return "You have it already."
        try:
            ledger.append(
                clicked.run, clicked.at, [(clicked.item, event)], after={clicked.item: len(events)}
            )
        except StreamMoved:
            continue
        return None
    return BUSY


def _has(story: Story, somebody: Somebody) -> bool:
    return story.claimed is not None and story.claimed[0].slack == somebody.slack


def _may(story: Story, page: Page, clicked: Clicked) -> Somebody | str:
    """Who clicked, where they may decide; otherwise why not."""
    team = team_of(story, page)
    if team is None:
        return NOTHING_TO_DECIDE
    somebody = known_in_slack(page, [team], clicked.user)
    if somebody is None:
        return f"Only these can decide it, by the operating model: {listed(page, [team])}."
    if story.withdrawn:
        return f"{story.withdrawn[0].by} has had it rolled back."
    if over := story.released or story.closed:
        return f"{over[0].by} has decided it already."
    if story.claimed and story.claimed[0].slack != somebody.slack:
        return f"{story.claimed[0].by} has it already."
    return somebody
