"""A timeline: what happened in one stream, grouped by what a business asks afterwards."""

from datetime import datetime
from typing import Any

from pydantic import Field

from triage_agent.decision.cycle import CycleTime, cycle_time
from triage_agent.decision.events import Happened
from triage_agent.decision.run_events import Started
from triage_agent.decision.values import Value
from triage_agent.ledger.store import AGENT, Ledger, is_item
from triage_agent.ledger.words import words
from triage_agent.operating_model.outcome_rules import Outcomes

QUESTIONS: dict[str, tuple[str, ...]] = {
    "What did the agent receive?": (
        "Received",
        "Started",
        "Finished",
        "RefusedToStart",
        "Broke",
    ),
    "What data did it look at?": ("Read", "FollowedUp", "MeasuredBefore"),
    "What tools did it call?": ("ModelCalled", "Called", "Blocked"),
    "What did it decide?": (
        "Assessed",
        "Stopped",
        "Drafted",
        "Planned",
        "Permitted",
        "Held",
        "Refused",
        "Failed",
    ),
    "What did it change?": ("Intended", "Done", "NotFound", "Unclear", "Overtaken"),
    "Who reviewed or approved?": (
        "Paused",
        "Resumed",
        "PageChanged",
        "ExcessAllowed",
        "Erased",
        "TextsExpired",
        "Verified",
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


def timelines(ledger: Ledger, wanted: str, counted: Outcomes | None = None) -> list[Timeline]:
    """The timelines that an id means: an item, a run, or every item of a record.

    `counted`: which outcomes are a first touch or clean-up; without it neither is told.
    """
    return [_timeline(ledger, stream, counted) for stream in ledger.find(wanted)]


def _timeline(ledger: Ledger, stream: str, counted: Outcomes | None) -> Timeline:
    happened = ledger.events(stream)
    lines = [_line(one) for one in happened]
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
        cycle=cycle_time(counted, happened) if counted else None,
    )


def _runs(ledger: Ledger, happened: list[Happened]) -> dict[str, Started]:
    """How they began; what people do to an item is in no run."""
    names = dict.fromkeys(one.run for one in happened)
    began = {name: ledger.last(name, "Started") for name in names}
    return {
        name: one.event for name, one in began.items() if one and isinstance(one.event, Started)
    }


def _line(happened: Happened) -> Line:
    event = happened.event
    return Line(
        at=happened.at,
        run=happened.run,
        kind=event.kind,
        words=words(event),
        event=event.model_dump(mode="json", exclude={"kind"}),
    )
