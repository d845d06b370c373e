"""Five questions that somebody asks of an item first, each answered in a sentence and some points.

Everything is read from the item's events; what a stranger wrote stands in `quote` alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from triage_agent.decision.actions import PostHandOver
from triage_agent.decision.events import (
    Assessed,
    Erased,
    FiredRule,
    Happened,
    Held,
    ModelCalled,
    Outcome,
    Permitted,
    Planned,
    Read,
    Received,
    Refused,
)
from triage_agent.decision.output import spaced
from triage_agent.decision.review_events import (
    Approved,
    Claimed,
    Corrected,
    Edited,
    Rejected,
    Released,
)
from triage_agent.decision.rollback_events import Requeued, Withdrawn
from triage_agent.decision.stops import Stop
from triage_agent.decision.story import Story
from triage_agent.decision.text import clipped
from triage_agent.decision.values import Value
from triage_agent.ledger.deeds import STATES, deeds
from triage_agent.ledger.phrases import count, joined, listed, moment
from triage_agent.ledger.timeline import Timeline
from triage_agent.ledger.words import cycle_in_words, words

By = Claimed | Released | Corrected | Rejected | Edited | Approved | Withdrawn | Requeued | Erased
PEOPLE = (
    *(Claimed, Released, Corrected, Rejected, Edited, Approved),
    *(Withdrawn, Requeued, Erased),
)
"""What people do to an item. A kind that is added here is told under "Who decided?"."""

STOP = "Why did it stop?"
REQUEST_LENGTH = 240
"""Characters of the request in the first answer; all of it stands with its event."""
HEADLINE_LENGTH = 120
_SOURCES = {"floor": "a fixed rule", "model": "the model's word"}
_KIND = TypeVar("_KIND")


class Names(Value):
    """Which of a record's fields name it, and which hold what was asked: as the page has it."""

    headline: tuple[str, ...] = ()
    request: tuple[str, ...] = ()


class Point(Value):
    """One thing to know: what it is about, what is to be said, somebody's own words, a remark."""

    about: str
    words: str = ""
    quote: str | None = None
    note: str = ""


class Answer(Value):
    """`gist` is one short sentence or two, unless it is `quoted` from the request."""

    question: str
    gist: str
    points: tuple[Point, ...] = ()
    quoted: bool = False


@dataclass(frozen=True)
class _Case:
    """An item as its events tell it, and folded."""

    timeline: Timeline
    names: Names
    story: Story

    def people(self) -> list[By]:
        events = (one.event for one in self.timeline.happened)
        return [event for event in events if isinstance(event, PEOPLE)]

    def all(self, *kinds: type[_KIND]) -> list[_KIND]:
        events = (one.event for one in self.timeline.happened)
        return [event for event in events if isinstance(event, kinds)]


def answers(timeline: Timeline, names: Names) -> list[Answer]:
    """The five answers about an item, in their order."""
    case = _Case(timeline, names, Story.of(timeline.happened))
    return [answer(case) for answer in (_came_in, _saw, _stopped, _decided, _changed)]


def headline(happened: Sequence[Happened], names: Names) -> str:
    """What the page calls the record, or what it is called anywhere."""
    received = next(one.event for one in happened if isinstance(one.event, Received))
    named = " - ".join(_texts(received, names.headline))
    return clipped(named, HEADLINE_LENGTH) or f"{received.object} {received.record_id}"


def rule_words(fired: FiredRule | Stop) -> str:
    """The name of a rule as people say it."""
    rule = spaced(fired.rule).capitalize()
    return f"{rule}: {spaced(fired.topic)}" if fired.topic else rule


def _texts(received: Received, fields: Sequence[str]) -> list[str]:
    record = received.record
    values = (record.value(name) for name in fields) if record else ()
    return [" ".join(str(value).split()) for value in values if value]


def _came_in(case: _Case) -> Answer:
    received = case.all(Received)[0]
    request = clipped(" ".join(_texts(received, case.names.request)), REQUEST_LENGTH)
    record = Point(about="Record", words=f"{received.object} {received.record_id}")
    at = case.story.received_at
    points = [record, *([Point(about="Received", words=moment(at))] if at else [])]
    if received.replaces:
        points.append(Point(about="Version", words=f"comes after item {received.replaces}"))
    return Answer(
        question="What came in?",
        gist=request or _without_request(case, received),
        points=tuple(points),
        quoted=bool(request),
    )


def _without_request(case: _Case, received: Received) -> str:
    if received.record is None:
        return "Its texts have been erased."
    if case.names.request:
        return "A record without a request."
    return "A record; its fields stand in the story."


def _saw(case: _Case) -> Answer:
    reads, calls = case.all(Read), case.all(ModelCalled)
    looked = listed(name for read in reads for name in read.looked_at)
    found = {record for read in reads for record in read.record_ids}
    shown = listed(name for call in calls for name in call.shown)
    masked = listed(name for call in calls for name in call.masked)
    models = listed(one.call.answered_by or one.call.asked for one in calls)
    asked = (
        f"{joined(models)} was shown {count(len(shown), 'field')}" if calls else "no model asked"
    )
    points = (
        ("Looked for", ", ".join(looked)),
        ("Found", _found(reads)),
        ("Asked", _asked(calls)),
        ("Shown to it", ", ".join(shown)),
        ("Masked in that", ", ".join(masked)),
    )
    return Answer(
        question="What did it see?",
        gist=f"{count(len(found), 'related record').capitalize()}; {asked}.",
        points=tuple(Point(about=about, words=told) for about, told in points if told),
    )


def _found(reads: list[Read]) -> str:
    """How many records of which kind, where that is still known; else their ids."""
    records = [record for read in reads for record in read.related or ()]
    kinds = [record.object for record in {record.id: record for record in records}.values()]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in listed(kinds))
    return counted or ", ".join(listed(one for read in reads for one in read.record_ids))


def _asked(calls: list[ModelCalled]) -> str:
    """Which model for what; where no answer came, what came instead."""
    told: dict[str, list[str]] = {}
    for call in (event.call for event in calls):
        outcome = "" if call.outcome == "answered" else f" ({spaced(call.outcome)})"
        told.setdefault(call.answered_by or call.asked, []).append(f"{call.purpose}{outcome}")
    return "; ".join(f"{model} to {joined(listed(what))}" for model, what in told.items())


def _stopped(case: _Case) -> Answer:
    story = case.story
    failures = tuple(Point(about=spaced(one.action), words=one.reason) for one in story.failures)
    stops = story.stops or story.rules
    if stops:
        gist = f"{_rules(stops)}."
        points = tuple(_stop(case, fired) for fired in stops)
    elif story.status == "settled":
        gist = f"It didn't: settled as {spaced(story.category or 'nothing')}{_confidence(case)}."
        points = _summary(story)
    elif story.withdrawn:
        gist, points = "It didn't, but was rolled back.", _summary(story)
    elif failures:
        gist, points = "No rule stopped it, but it failed.", ()
    else:
        gist, points = "It hasn't stopped; it hasn't come to an end either.", ()
    return Answer(question=STOP, gist=gist, points=points + failures)


def _rules(fired: Sequence[FiredRule | Stop]) -> str:
    """All that fired, each rule once with what it fired for."""
    topics: dict[str, list[str]] = {}
    for one in fired:
        rule, _, topic = rule_words(one).partition(": ")
        topics.setdefault(rule, []).append(topic)
    told = {rule: joined(listed(filter(None, some))) for rule, some in topics.items()}
    return "; ".join(f"{rule}: {some}" if some else rule for rule, some in told.items())


def _stop(case: _Case, fired: FiredRule | Stop) -> Point:
    source = f"({_SOURCES[fired.source]})"
    if isinstance(fired, FiredRule):
        return Point(about=rule_words(fired), note=source)
    return Point(
        about=rule_words(fired),
        words=_meaning(case, fired),
        quote=fired.quote,
        note=f"{fired.fact} {source}" if fired.fact else source,
    )


def _meaning(case: _Case, stop: Stop) -> str:
    """What the page said of the rule when it fired, where the hand-over leaves no doubt."""
    title, evidence = f"{rule_words(stop).partition(':')[0]}: ", (stop.quote, stop.fact)
    reasons = [reason for to in _hand_overs(case) for reason in to.hand_over.reasons]
    told = [reason.words for reason in reasons if (reason.quote, reason.fact) == evidence]
    meanings = [words.removeprefix(title) for words in told if words.startswith(title)]
    return meanings[0] if len(meanings) == 1 else ""


def _confidence(case: _Case) -> str:
    said = case.all(Assessed)
    return f", confidence {said[-1].confidence:.2f}" if said else ""


def _summary(story: Story) -> tuple[Point, ...]:
    said = story.assessment
    return (Point(about="In the model's words", quote=said.summary),) if said else ()


def _decided(case: _Case) -> Answer:
    versions = listed(str(run.page_version) for run in case.timeline.runs.values())
    page = f", within page version {joined(versions)}" if versions else ""
    shadow = ", in shadow" if case.story.mode == "shadow" else ""
    stopped = " stopped it" if case.story.rules else ""
    teams = listed(f"{spaced(held.who)} on {spaced(held.action)}" for held in _held(case))
    people = case.people()
    waits = f" Waits for the word of {joined(teams)}." if teams else ""
    did = "".join(f" {spaced(one.kind)} by {one.by}." for one in people)
    return Answer(
        question="Who decided?",
        gist=f"The agent{stopped}{shadow}{page}.{waits}{did}",
        points=(
            *(_verdict(event) for event in _last_verdicts(case).values()),
            *(_handed(case, to) for to in _hand_overs(case)),
            *(Point(about=spaced(one.kind), words=words(one)) for one in people),
        ),
    )


def _last_verdicts(case: _Case) -> dict[str, Permitted | Held | Refused]:
    verdicts: list[Permitted | Held | Refused] = case.all(Permitted, Held, Refused)
    return {verdict.action: verdict for verdict in verdicts}


def _held(case: _Case) -> list[Held]:
    """The actions that still wait for somebody."""
    if case.story.withdrawn:
        return []
    return [
        event
        for name, event in _last_verdicts(case).items()
        if isinstance(event, Held) and case.story.states.get(name) in ("held", "asked")
    ]


def _verdict(event: Permitted | Held | Refused) -> Point:
    match event:
        case Permitted():
            told = f"allowed by {event.line}"
        case Held():
            told = f"waits for {spaced(event.who)}, by {event.line}"
        case Refused():
            told = f"refused by {event.line}: {event.reason}"
    return Point(about=spaced(event.action), words=told)


def _hand_overs(case: _Case) -> list[PostHandOver]:
    return [action for action in case.story.actions.values() if isinstance(action, PostHandOver)]


def _handed(case: _Case, to: PostHandOver) -> Point:
    done = case.story.states.get(to.name) == "done"
    told = f"{spaced(to.team)}. {to.hand_over.next_step}"
    return Point(about="Handed to" if done else "Meant for", words=told)


def _changed(case: _Case) -> Answer:
    actions = case.story.states.keys() - case.story.questions.keys()
    told_of = deeds(one.event for one in case.timeline.happened)
    became = {name: deed for name, deed in told_of.items() if name in actions}
    states = sorted({state for state, _ in became.values()}, key=STATES.index)
    told = [
        f"{state}: {', '.join(spaced(name) for name, deed in became.items() if deed[0] == state)}."
        for state in states
    ]
    if case.story.mode == "shadow":
        told = ["Nothing: a shadow run records what it would do.", *told]
    outcomes, cycle = case.all(Outcome), case.timeline.cycle
    in_short = cycle_in_words(cycle) if cycle else ""
    if outcomes:
        told.append(f"Afterwards: {joined(listed(spaced(one.name) for one in outcomes))}.")
    return Answer(
        question="What changed?",
        gist=" ".join(told) or "Nothing.",
        points=(
            *(Point(about=spaced(name), words=deed) for name, (_, deed) in became.items()),
            *_would(case),
            *(Point(about="Afterwards", words=words(one)) for one in outcomes),
            *([Point(about="In short", words=in_short)] if in_short else []),
        ),
    )


def _would(case: _Case) -> Iterator[Point]:
    plans = case.all(Planned)
    if case.story.mode == "shadow" and plans:
        yield Point(about="It would", words=", ".join(map(spaced, plans[-1].names)) or "do nothing")
