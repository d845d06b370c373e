"""A timeline as one HTML document that needs nothing else: no script, no address, nothing to load.

What strangers wrote is text here: see `documents`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from typing import Any

from triage_agent.decision.batch_events import GivenUp
from triage_agent.decision.events import Call, Drafted, Happened, ModelCalled, Received
from triage_agent.decision.output import spaced, worded
from triage_agent.decision.run_events import (
    Broke,
    Called,
    Finished,
    Paused,
    RefusedToStart,
    Resumed,
    Started,
)
from triage_agent.decision.story import Story
from triage_agent.ledger import phrases
from triage_agent.ledger.documents import templates
from triage_agent.ledger.gist import STOP, Names, answers, headline, rule_words
from triage_agent.ledger.overview import Row, Spent, asked
from triage_agent.ledger.store import AGENT
from triage_agent.ledger.timeline import Timeline
from triage_agent.ledger.words import words

_WHOLE = frozenset({"Read", "ModelCalled", "Assessed", "Stopped", "Planned", "Outcome"})
"""Kinds whose events hold more than their words say."""
_SIGNS = {
    "settled": "✓",
    "finished": "✓",
    "not paused": "✓",
    "escalated": "▲",
    "paused": "▲",
    "failed": "✕",
    "broke off": "✕",
    "did not begin": "✕",
    "erased": "∅",
    "withdrawn": "↶",
}
"""Beside its word, so that a status is seen at a glance; others are under way."""


def as_html(found: Sequence[Timeline], names: Names, rows: Sequence[Row] = ()) -> str:
    """What an id means as a document: a record's items, an item, a run with its rows, the agent."""
    first = found[0]
    if any(isinstance(one.event, Received) for one in first.happened):
        return _record(found, names)
    return _agent(first) if first.stream == AGENT else _run(first, rows)


_TEMPLATES = templates()
_TEMPLATES.filters |= {"rule": rule_words}
_TEMPLATES.globals |= {"signs": _SIGNS}


def _rendered(name: str, **context: object) -> str:
    return _TEMPLATES.get_template(name).render(**context)


@dataclass(frozen=True)
class Entry:
    """An event as a row of a story. `since`: seconds since the event before, None at the start."""

    happened: Happened
    since: float | None

    @property
    def kind(self) -> str:
        """In words: `ModelCalled` is `Model called`."""
        return spaced(self.happened.event.kind).capitalize()

    @property
    def words(self) -> str:
        """What is said of it; a record's fields and a draft's text are told apart."""
        told = words(self.happened.event)
        return told.partition("\n")[0] if self.fields or self.text else told

    @property
    def text(self) -> str | None:
        """The draft that was written."""
        event = self.happened.event
        return event.text if isinstance(event, Drafted) else None

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the record that came in."""
        event = self.happened.event
        record = event.record if isinstance(event, Received) else None
        filled = record.fields.items() if record else ()
        return {name: worded(value) for name, value in filled if value is not None}

    @property
    def whole(self) -> Mapping[str, Any]:
        """What its words leave out."""
        event = self.happened.event
        return event.model_dump(mode="json", exclude={"kind"}) if event.kind in _WHOLE else {}


@dataclass(frozen=True)
class Group:
    """Events in a row that happened in one run, or outside of any."""

    run: str
    began: Started | None
    entries: list[Entry]


def _entries(happened: Sequence[Happened]) -> Iterator[Entry]:
    before: datetime | None = None
    for one in happened:
        yield Entry(one, (one.at - before).total_seconds() if before else None)
        before = one.at


def _groups(timeline: Timeline) -> list[Group]:
    runs = groupby(_entries(timeline.happened), lambda entry: entry.happened.run)
    return [Group(run, timeline.runs.get(run), list(entries)) for run, entries in runs]


def _record(found: Sequence[Timeline], names: Names) -> str:
    latest = found[-1]
    events = [one.event for timeline in found for one in timeline.happened]
    calls = [event.call for event in events if isinstance(event, ModelCalled)]
    runs = phrases.listed(run for timeline in found for run in timeline.runs)
    return _rendered(
        "item.html",
        title=headline(latest.happened, names),
        about=_about(found),
        status=latest.status,
        answers=answers(latest, names),
        numbers=[
            ("Time", _until(latest)),
            ("Model", _model(calls)),
            ("Cost", _cost(Spent.on(calls))),
            ("Runs", str(len(runs))),
            ("Item", latest.stream),
        ],
        items=[_item(timeline, names) for timeline in found],
    )


def _about(found: Sequence[Timeline]) -> str:
    """Which record it is, in which mode, and whether it has been an item before."""
    latest = f"; the latest of its {len(found)} items" if len(found) > 1 else ""
    return f"{found[-1].about}{latest}"


def _item(timeline: Timeline, names: Names) -> dict[str, object]:
    why = next(one.gist for one in answers(timeline, names) if one.question == STOP)
    return {
        "stream": timeline.stream,
        "about": timeline.about,
        "status": timeline.status,
        "why": why,
        "groups": _groups(timeline),
    }


def _until(timeline: Timeline) -> str:
    """How long it took from when the item was received to where it stands."""
    story, began = Story(), timeline.happened[0].at
    ended = began
    for one in timeline.happened:
        before = story.status
        story.tell(one)
        if story.status != before:
            ended = one.at
    if story.status == "open":
        return "it is still open"
    return f"{phrases.length((ended - began).total_seconds())} from received to {story.status}"


def _model(calls: Sequence[Call]) -> str:
    spent = Spent.on(calls)
    if not calls:
        return "not asked"
    tokens = f"{spent.input_tokens:,} + {spent.output_tokens:,} tokens"
    return f"{phrases.count(spent.calls, 'call')}, {tokens}, {phrases.length(spent.seconds)}"


def _cost(spent: Spent) -> str:
    if not spent.calls:
        return "none"
    return "unknown" if spent.cost_usd is None else f"${spent.cost_usd:,.4f}"


def _run(timeline: Timeline, rows: Sequence[Row]) -> str:
    events = [one.event for one in timeline.happened]
    calls = [call for row in rows for call in row.calls]
    first, last = timeline.happened[0].at, timeline.happened[-1].at
    finished = [event for event in events if isinstance(event, Finished)]
    began = [event for event in events if isinstance(event, Started)]
    wrong = [
        event.reason for event in events if isinstance(event, Broke | GivenUp | RefusedToStart)
    ]
    entries = list(_entries(timeline.happened))
    return _rendered(
        "run.html",
        title=f"Run of {phrases.moment(first)}",
        stream=timeline.stream,
        status=_run_status(timeline),
        wrong=wrong,
        began=began[0] if began else None,
        counts=finished[-1].model_dump(exclude={"kind", "allowance", "done"}) if finished else {},
        numbers=[("Took", phrases.length((last - first).total_seconds())), *_sums(rows)],
        asked=asked(timeline.happened, calls),
        rows=[(row, _cost(row.spent)) for row in rows],
        entries=[one for one in entries if not isinstance(one.happened.event, Called)],
        requests=[one for one in entries if isinstance(one.happened.event, Called)],
    )


def _sums(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """What the items of a run came to, and cost, together."""
    calls = [call for row in rows for call in row.calls]
    rules = [phrases.listed(fired.rule for fired in row.rules) for row in rows]
    return [
        ("Model", _model(calls)),
        ("Cost", _cost(Spent.on(calls))),
        ("Categories", _counted(row.category for row in rows if row.category)),
        ("Stopped by", _counted(chain.from_iterable(rules))),
        ("Done", _counted(name for row in rows for name in row.done)),
    ]


def _run_status(timeline: Timeline) -> str:
    for one in reversed(timeline.happened):
        match one.event:
            case Finished():
                return "finished"
            case Broke():
                return "broke off"
            case GivenUp():
                return "given up"
            case RefusedToStart():
                return "did not begin"
    return "under way"


def _counted(names: Iterable[str]) -> str:
    counts = Counter(map(spaced, names)).most_common()
    return ", ".join(f"{name} {number}" for name, number in counts)


def _agent(timeline: Timeline) -> str:
    last = {one.event.kind: one for one in timeline.happened}
    brakes = [one for one in timeline.happened if isinstance(one.event, Paused | Resumed)]
    paused = bool(brakes) and isinstance(brakes[-1].event, Paused)
    return _rendered(
        "agent.html",
        title="The agent as a whole",
        status="paused" if paused else "not paused",
        last=[Entry(one, None) for one in reversed(last.values())],
        entries=list(_entries(timeline.happened)),
    )
