"""Somebody takes an item on themselves: one person, once, whoever else clicks at that moment."""

from dataclasses import dataclass
from datetime import datetime

from triage_agent.authority.people import Somebody, known_in_slack, listed
from triage_agent.decision.events import Claimed
from triage_agent.decision.progress import Story
from triage_agent.errors import StreamMoved
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.schema import Page, PostAction

_TRIES = 5


@dataclass(frozen=True)
class Clicked:
    """Somebody wants to decide about an item, and is known by a Slack user id."""

    item: str
    user: str
    run: str
    at: datetime


def claim(ledger: Ledger, page: Page, clicked: Clicked) -> str | None:
    """Puts on record that this person has the item; else what is to be told to them alone."""
    for _ in range(_TRIES):
        events = ledger.events(clicked.item)
        somebody = _may(Story.of(events), page, clicked)
        if isinstance(somebody, str):
            return somebody
        event = Claimed(
            by=somebody.name,
            login=somebody.login,
            slack=somebody.slack,
            salesforce=getattr(somebody, "salesforce", None),
        )
        try:
            ledger.append(
                clicked.run, clicked.at, [(clicked.item, event)], after={clicked.item: len(events)}
            )
        except StreamMoved:
            continue
        return None
    return "Somebody else is at it at this moment; look again."


def _may(story: Story, page: Page, clicked: Clicked) -> Somebody | str:
    """Who clicked, where they may have it; otherwise why not."""
    rule = page.may.get(story.posted or "")
    if not isinstance(rule, PostAction) or story.posted not in story.actions:  # or its texts went
        return "The agent's record has no hand-over like this one any more, so nothing was done."
    somebody = known_in_slack(page, [rule.post_to], clicked.user)
    if somebody is None:
        return f"Only these can claim it, by the operating model: {listed(page, [rule.post_to])}."
    if story.claimed is None:
        return somebody
    claimed, _ = story.claimed
    if claimed.slack == somebody.slack:
        return "You have it already."
    return f"{claimed.by} has it already."
