"""A timeline: what happened in one stream, grouped by what a business asks afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from triage_agent.decision.cycle import CycleTime, cycle_time
from triage_agent.decision.events import Change, Happened, Outcome
from triage_agent.decision.run_events import Started
from triage_agent.decision.values import Value
from triage_agent.ledger.store import AGENT, Ledger, is_item
from triage_agent.ledger.words import words
from triage_agent.operating_model.schema import Page

_SHORT = 15
"""The characters of an id that name its record; the others only check them."""

QUESTIONS: dict[str, tuple[str, ...]] = {
    "What did the agent receive?": (
        "Received",
        "HandedOut",
        "Started",
        "GivenUp",
        "Finished",
        "RefusedToStart",
        "Broke",
        "Listening",
    ),
    "What data did it look at?": ("Read", "FollowedUp", "MeasuredBefore"),
    "What tools did it call?": ("ModelCalled", "Called", "Blocked"),
    "What did it decide?": (
        "Rejudged",
        "Assessed",
        "Stopped",
        "Drafted",
        "Planned",
        "Permitted",
        "Held",
        "Refused",
        "Failed",
    ),
    "What did it change?": (
        "Intended",
        "Done",
        "NotFound",
        "Unclear",
        "Overtaken",
        "Shown",
        "Reversed",
        "LeftAsIs",
    ),
    "Who reviewed or approved?": (
        "Paused",
        "Resumed",
        "PageChanged",
        "PageKept",
        "PageTried",
        "Cleared",
        "NotCleared",
        "ExcessAllowed",
        "Claimed",
        "Released",
        "Corrected",
        "Rejected",
        "Asked",
        "Approved",
        "Edited",
        "Expired",
        "Voided",
        "Reminded",
        "FellBack",
        "Withdrawn",
        "Requeued",
        "RollbackStarted",
        "RollbackFinished",
        "Erased",
        "TextsExpired",
        "Verified",
        "SummaryPosted",
        "Reviewed",
        "Anchored",
    ),
    "What happened after that?": ("Outcome",),
}


class Line(Value):
    """One event: its moment, its kind, what a person reads, and all that it holds."""

    at: datetime
    run: str
    kind: str
    words: str
    event: dict[str, Any]


class Timeline(Value):
    """One stream's events by question, each question in the order in which things happened.

    `runs`: how each run that worked on an item began. `happened`: the same events in one order,
    for whoever tells them otherwise. `cycle`: what its outcomes come to, by what the page counts.
    """

    stream: str
    about: str
    status: str | None
    items: list[str] = Field(default_factory=list)
    questions: dict[str, list[Line]]
    runs: dict[str, Started] = Field(default_factory=dict)
    happened: list[Happened] = Field(default_factory=list, exclude=True, repr=False)
    cycle: CycleTime | None = None


def timelines(ledger: Ledger, wanted: str, page: Page | None = None) -> list[Timeline]:
    """The timelines that an id means: an item, a run, or every item of a record.

    `page` says which outcomes are a first touch or clean-up, and what its people are called.
    """
    return [_timeline(ledger, stream, page) for stream in ledger.find(wanted)]


def _timeline(ledger: Ledger, stream: str, page: Page | None) -> Timeline:
    people = _people(page) if page else {}
    kept = ledger.events(stream)
    happened = [_with_names(one, people) for one in kept]
    lines = [_line(*pair) for pair in zip(kept, happened, strict=True)]
    story = ledger.story(stream) if is_item(stream) else None
    other = "the agent" if stream == AGENT else "a run"
    return Timeline(
        stream=stream,
        about=other if story is None else f"{story.object} {story.record_id}, {story.mode}",
        status=story.status if story else None,
        items=ledger.items_of(stream) if story is None else [],
        questions={
            question: [line for line in lines if line.kind in kinds]
            for question, kinds in QUESTIONS.items()
        },
        runs=_runs(ledger, happened) if story else {},
        happened=happened,
        cycle=cycle_time(page.outcomes, happened) if page else None,
    )


def _people(page: Page) -> dict[str, str]:
    """What the members of teams are called, by the part of their ids that names them."""
    members = (one for team in page.teams.values() for one in team.members)
    return {one.salesforce[:_SHORT]: one.name for one in members}


def _with_names(happened: Happened, people: Mapping[str, str]) -> Happened:
    """What people did afterwards, with their names in place of the other system's ids."""
    event = happened.event
    if not isinstance(event, Outcome):
        return happened

    def called(value: str | None) -> str | None:
        return people.get(value[:_SHORT], value) if value else value

    change = event.change and Change(
        was=called(event.change.was), became=called(event.change.became)
    )
    named = event.model_copy(update={"by": called(event.by), "change": change})
    return happened.model_copy(update={"event": named})


def _runs(ledger: Ledger, happened: list[Happened]) -> dict[str, Started]:
    """How they began; what people do to an item is in no run.

    A batch that was taken over began again, maybe by another page, after some items had ended.
    """
    last = {one.run: one.at for one in happened}
    return {
        name: one.event
        for name, at in last.items()
        for one in ledger.told(name, "Started")
        if isinstance(one.event, Started) and one.at <= at
    }


def _line(kept: Happened, named: Happened) -> Line:
    return Line(
        at=kept.at,
        run=kept.run,
        kind=kept.event.kind,
        words=words(named.event),
        event=kept.event.model_dump(mode="json", exclude={"kind"}),
    )
