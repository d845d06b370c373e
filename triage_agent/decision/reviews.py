"""How what people were told of stands with them, read from an item's story alone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from triage_agent.decision.actions import Approval, Message, PostHandOver
from triage_agent.decision.asking import editable
from triage_agent.decision.events import Done, Failed, Overtaken
from triage_agent.decision.output import clock, spaced, worded
from triage_agent.decision.questions import Question, Told
from triage_agent.decision.review_events import (
    Approved,
    Corrected,
    Decided,
    Edited,
    Expired,
    FellBack,
    Rejected,
    Voided,
)
from triage_agent.decision.story import Story
from triage_agent.decision.values import Value
from triage_agent.operating_model.schema import Page

Button = Literal["claim", "release", "correct", "not_useful", "approve", "edit", "reject"]
WRONG = {
    "category": "The category is another one",
    "rule": "It should not have been stopped",
    "not_an_item": "It is no request for us at all",
}
"""What can be wrong, by its name."""


class Did(Value):
    """What was done, for people: `Claimed by`, a Slack user's id if somebody did it, and more."""

    label: str
    user: str | None
    more: str


class Standing(Value):
    """What a message says of how it stands: what was done, and what can be done still.

    `withdrawn`: what it is about was undone.
    """

    did: tuple[Did, ...] = ()
    can: tuple[Button, ...] = ()
    withdrawn: bool = False


UNDECIDED = Standing(can=("claim", "release", "correct", "not_useful"))
"""How a hand-over stands about which nobody has decided anything."""


def fresh(message: Message, page: Page) -> Standing:
    """How a message stands to which nobody has said anything."""
    if isinstance(message, PostHandOver):
        return UNDECIDED
    return Standing(can=_open_to(message.approval, page))


def standing(story: Story, message: Message, page: Page) -> Standing:
    """How a message stands now, by the page's clock."""
    if message.name in story.questions:
        question = story.questions[message.name]
        did = tuple(_answered(question, page))
        waits = question.waits and not story.withdrawn
        can = _open_to(question.approval, page) if question.approval and waits else ()
        did = (*did, *_withdrawn(story, page))
        return Standing(did=did, can=can, withdrawn=bool(story.withdrawn))
    did = (*_did(story, page), *_withdrawn(story, page))
    if story.released or story.closed or story.withdrawn:
        return Standing(did=did, withdrawn=bool(story.withdrawn))
    can = fresh(message, page).can
    return Standing(did=did, can=can[1:] if story.claimed else can)


def _open_to(approval: Approval, page: Page) -> tuple[Button, ...]:
    return ("approve", "edit", "reject") if editable(page, approval) else ("approve", "reject")


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


def _withdrawn(story: Story, page: Page) -> Iterator[Did]:
    if story.withdrawn:
        yield _told("Withdrawn by ", *story.withdrawn, page, ": what the agent did was undone.")


def _correction(event: Corrected) -> str:
    said = WRONG[event.wrong].lower()
    return f"{said} ({spaced(event.category)})" if event.category else said


def _answered(question: Question, page: Page) -> Iterator[Did]:
    for event, at in question.told:
        yield _answer(question, event, at, page)


def _answer(question: Question, event: Told, at: datetime, page: Page) -> Did:  # noqa: PLR0911 - one return a kind
    match event:
        case Approved():
            return _told("Approved by ", event, at, page, ".")
        case Edited():
            return _told("Changed by ", event, at, page, f": {_changes(question)}.")
        case Rejected():
            reason = f" {event.reason}" if event.reason else ""
            return _told("Rejected by ", event, at, page, f": nothing was changed.{reason}")
        case Expired():
            return _noted("Expired", at, page, ": nobody decided, and nothing was changed.")
        case Voided():
            return _noted("Not done", at, page, f": {event.reason}.")
        case Overtaken():
            return _noted("Not done", at, page, f": since it was read, the record {event.how}.")
        case Failed():
            return _noted("Failed", at, page, f": {event.reason}.")
        case Done():
            return _noted("Done", at, page, ".")


def _changes(question: Question) -> str:
    """What was edited, as far as its texts are there."""
    asked, now = question.asked.approval, question.approval
    if asked is None or now is None:
        return "otherwise than it was asked"
    other = (
        f"{spaced(name)} {worded(value)}"
        for name, value in now.action.fields.items()
        if value != asked.action.fields[name]
    )
    return ", ".join(other)


def _told(label: str, event: Decided | FellBack, at: datetime, page: Page, more: str) -> Did:
    return Did(label=label, user=event.slack, more=f", {local_time(at, page)}{more}")


def _noted(label: str, at: datetime, page: Page, more: str) -> Did:
    return Did(label=label, user=None, more=f", {local_time(at, page)}{more}")


def local_time(at: datetime, page: Page) -> str:
    """A moment by the page's clock, for people: `Mon 23 Nov, 09:30`."""
    return clock(at.astimezone(page.workflow.time.zone))
