"""A timeline: what happened in one stream, grouped by what a business asks afterwards."""

from datetime import datetime
from typing import Any

from pydantic import Field

from triage_agent.decision.events import Event, FiredRule, Happened
from triage_agent.decision.stops import Stop
from triage_agent.decision.values import Value
from triage_agent.ledger.store import RUN_PREFIX, Ledger

QUESTIONS: dict[str, tuple[str, ...]] = {
    "What did the agent receive?": ("Received", "Started", "Finished", "Broke"),
    "What data did it look at?": ("Read",),
    "What tools did it call?": ("ModelCalled", "Called"),
    "What did it decide?": (
        "Assessed",
        "Stopped",
        "Drafted",
        "Planned",
        "Permitted",
        "Refused",
        "Failed",
    ),
    "What did it change?": ("Intended", "Done", "NotFound"),
    "Who reviewed or approved?": (),
    "What happened after that?": (),
}


class Line(Value):
    """One event: its moment, its kind, what a person reads, and all that it holds."""

    at: datetime
    run: str
    kind: str
    words: str
    event: dict[str, Any]


class Timeline(Value):
    """One stream's events by question, each question in the order in which things happened."""

    stream: str
    about: str
    status: str | None
    items: list[str] = Field(default_factory=list)
    questions: dict[str, list[Line]]


def timelines(ledger: Ledger, wanted: str) -> list[Timeline]:
    """The timelines that an id means: an item, a run, or every item of a record."""
    return [_timeline(ledger, stream) for stream in ledger.find(wanted)]


def _timeline(ledger: Ledger, stream: str) -> Timeline:
    happened = ledger.events(stream)
    lines = [_line(one) for one in happened]
    is_run = stream.startswith(RUN_PREFIX)
    story = None if is_run else ledger.story(stream)
    return Timeline(
        stream=stream,
        about="a run" if story is None else f"{story.object} {story.record_id}, {story.mode}",
        status=story.status if story else None,
        items=ledger.items_of(stream) if is_run else [],
        questions={
            question: [line for line in lines if line.kind in kinds]
            for question, kinds in QUESTIONS.items()
        },
    )


def _line(happened: Happened) -> Line:
    event = happened.event
    return Line(
        at=happened.at,
        run=happened.run,
        kind=event.kind,
        words=words(event),
        event=event.model_dump(mode="json", exclude={"kind"}),
    )


def words(event: Event) -> str:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of event
    """An event in one or a few plain lines."""
    match event.kind:
        case "Received":
            again = f", after item {event.replaces}" if event.replaces else ""
            return f"{event.object} {event.record_id} ({event.mode}){again}" + _request(event)
        case "Read":
            found = ", ".join(event.record_ids) or "nothing"
            return f"looked for {', '.join(event.looked_at) or 'nothing'}; found {found}"
        case "ModelCalled":
            call = event.call
            cost = "unknown cost" if call.cost_usd is None else f"${call.cost_usd:.6f}"
            tokens = f"{call.input_tokens} + {call.output_tokens} tokens"
            return (
                f"asked {call.asked} to {call.purpose}: {call.outcome}; "
                f"{tokens}, {cost}, {call.seconds:.2f} s"
            )
        case "Called":
            return f"{event.system}: {event.method} {event.path} → {event.status or 'no answer'}"
        case "Assessed":
            said = f": {event.assessment.summary}" if event.assessment else ""
            return f"the model says {event.category}, confidence {event.confidence:.2f}{said}"
        case "Stopped":
            return "\n".join(f"stopped by {line}" for line in _stops(event))
        case "Drafted":
            return f"a draft of {event.words} words" + (f":\n{event.text}" if event.text else "")
        case "Planned":
            return f"category {event.category}; wants {', '.join(event.names) or 'nothing'}"
        case "Permitted":
            return f"{event.action} is allowed by {event.line}"
        case "Refused":
            return f"{event.action} is refused by {event.line}: {event.reason}"
        case "Intended":
            return f"about to {event.action} in {event.system}, key {event.key}"
        case "Done":
            found = " (found after an interruption)" if event.found else ""
            return f"{event.action} is done: {event.reference}{found}"
        case "NotFound":
            return f"{event.action} had not happened; it may be done again"
        case "Failed":
            return f"{event.action} failed: {event.reason}"
        case "Started":
            return (
                f"{event.mode} run on page version {event.page_version} "
                f"({event.page_sha256[:12]}), model {event.model}, "
                f"{event.unfinished} unfinished items taken up"
            )
        case "Finished":
            return (
                f"{event.received} received: {event.settled} settled, "
                f"{event.escalated} escalated, {event.failed} failed, "
                f"{event.deferred} deferred; {event.refused} actions refused"
            )
        case "Broke":
            return f"the run broke off: {event.reason}"


def _request(event: Any) -> str:  # noqa: ANN401 - a Received
    if event.record is None:
        return "; its texts have been erased"
    return "\n" + "\n".join(
        f"{name}: {value}" for name, value in event.record.fields.items() if value not in (None, "")
    )


def _stops(event: Any) -> list[str]:  # noqa: ANN401 - a Stopped
    if event.stops is None:
        return [_rule(rule) for rule in event.rules]
    return [f"{_rule(stop)}: {stop.evidence}" for stop in event.stops]


def _rule(fired: FiredRule | Stop) -> str:
    topic = f".{fired.topic}" if fired.topic else ""
    return f"{fired.rule}{topic} ({fired.source})"
