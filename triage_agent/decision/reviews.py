"""How an item that was handed to people stands with them, read from its story alone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from triage_agent.decision.output import spaced
from triage_agent.decision.review_events import Corrected, Decided, FellBack
from triage_agent.decision.story import Story
from triage_agent.decision.values import Value
from triage_agent.operating_model.schema import Page

Button = Literal["claim", "release", "correct", "not_useful"]
WRONG = {
    "category": "The category is another one",
    "rule": "It should not have been stopped",
    "not_an_item": "It is no request for us at all",
}
"""What can be wrong, by its name."""


class Did(Value):
    """What somebody did, for people: `Claimed by`, a Slack user's id, when, and what follows."""

    label: str
    user: str
    more: str


class Standing(Value):
    """What a hand-over's message says of it: what was done, and what can be done still."""

    did: tuple[Did, ...] = ()
    can: tuple[Button, ...] = ("claim", "release", "correct", "not_useful")


def standing(story: Story, page: Page) -> Standing:
    """How it stands now, by the page's clock."""
    did = tuple(_did(story, page))
    if story.released or story.closed:
        return Standing(did=did, can=())
    if story.claimed:
        return Standing(did=did, can=("release", "correct", "not_useful"))
    return Standing(did=did)


def _did(story: Story, page: Page) -> Iterator[Did]:
    if story.corrected:
        corrected, at = story.corrected
        yield _told("Corrected by ", corrected, at, page, f": {_correction(corrected)}.")
    if story.fell_back:
        again = ", without a decision: anybody of the team may claim it."
        yield _told("Fell back from ", *story.fell_back, page, again)
    if story.claimed:
        yield _told("Claimed by ", *story.claimed, page, "")
    if story.released:
        goes_on = ": the agent goes on in their name."
        yield _told("Released by ", *story.released, page, goes_on)
    if story.closed and story.closed != story.corrected:
        yield _told("Set aside by ", *story.closed, page, ": this was not useful.")


def _correction(event: Corrected) -> str:
    said = WRONG[event.wrong].lower()
    return f"{said} ({spaced(event.category)})" if event.category else said


def _told(label: str, event: Decided | FellBack, at: datetime, page: Page, more: str) -> Did:
    return Did(label=label, user=event.slack, more=f", {local_time(at, page)}{more}")


def local_time(at: datetime, page: Page) -> str:
    """A moment by the page's clock, for people: `Mon 23 Nov, 09:30`."""
    local = at.astimezone(page.workflow.time.zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"
