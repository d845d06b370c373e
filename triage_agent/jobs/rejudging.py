"""What another page would have decided about items, judged as a run would; nothing is written.

Only the model is asked, and only what it hasn't answered about these items before.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from triage_agent.authority.limits import Breaker
from triage_agent.chunks import chunks
from triage_agent.decision.events import Event, Failed, Happened, ModelCalled
from triage_agent.decision.progress import Assess, Draft, step_of
from triage_agent.decision.rejudging import (
    Comparison,
    as_decided,
    as_received,
    decision,
    differences,
)
from triage_agent.decision.rollback_events import Rejudged
from triage_agent.decision.run_events import PageTried, Started
from triage_agent.decision.story import Story
from triage_agent.effects.deliver import Entry
from triage_agent.errors import BadPage, WrongUsage
from triage_agent.jobs import bookkeeping
from triage_agent.jobs.parts import Parts
from triage_agent.jobs.steps import Steps, Work, taken
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.loading import OperatingModel, load

AT_ONCE = 100
"""How many items are judged before what was paid for them is kept."""


def page_of(version: int, current: OperatingModel, ledger: Ledger) -> OperatingModel:
    """The project's page where it has that version, else the last one with it that a run went by.

    `WrongUsage` where there is none, or none that this program can read any more.
    """
    kept = {one.version: one.text for one in bookkeeping.pages(ledger)}
    if version == current.page.version:
        return current
    if version not in kept:
        known = ", ".join(map(str, sorted({*kept, current.page.version})))
        raise WrongUsage(f"no page of version {version} is known, only of {known}")
    try:
        return load(kept[version])
    except BadPage as exc:
        raise WrongUsage(f"version {version} of the page can't be used any more:\n{exc}") from exc


@dataclass(frozen=True)
class Inquiry:
    """Who asks, of which run, item or time, and the name under which it is on record."""

    login: str
    selection: str
    run: str


def rejudge(
    parts: Parts, model: OperatingModel, inquiry: Inquiry, items: Sequence[str]
) -> list[Comparison]:
    """Of each item what was decided, and what the page of that model would have decided.

    What the model was asked is on record. Beyond what the project's own page lets a run use up no
    item is judged.
    """
    judge, found = _Judge(parts, model, inquiry.run), list[Comparison]()
    breaker = Breaker(parts.rules.page.limits)
    with ThreadPoolExecutor(parts.rules.page.limits.concurrency) as pool:
        for some in chunks(items, AT_ONCE):
            cases = [judge.read(item, breaker.tripped) for item in some]
            judged = [*pool.map(judge.judged, cases)]
            asked = [entry for one in judged for entry in one.asked]
            parts.ledger.keep(inquiry.run, parts.clock(), asked)
            for _, event in asked:
                breaker.count(event)
            found += [one.comparison for one in judged]
    tried = PageTried(
        login=inquiry.login,
        selection=inquiry.selection,
        version=model.page.version,
        page_sha256=model.sha256,
        items=len(found),
        differ=sum(bool(one.differs) for one in found),
        untold=sum(bool(one.untold) for one in found),
    )
    parts.ledger.keep(inquiry.run, parts.clock(), [(inquiry.run, tried)])
    return found


@dataclass(frozen=True)
class _Case:
    """An item's events, and why another page's decision can't be told, where that is known."""

    item: str
    events: list[Happened]
    untold: str | None


@dataclass(frozen=True)
class _Judged:
    comparison: Comparison
    asked: list[Entry]


class _Judge:
    def __init__(self, parts: Parts, model: OperatingModel, run: str) -> None:
        self._ledger, self._model, self._run = parts.ledger, model, run
        self._steps = Steps(replace(parts, rules=replace(parts.rules, model=model)))
        self._unread: dict[str, str | None] = {}

    def read(self, item: str, why_not: str | None) -> _Case:
        """What is on record of an item."""
        events = self._ledger.events(item)
        return _Case(item, events, why_not or self._lacks(events[0].run))

    def _lacks(self, run: str) -> str | None:
        """What the page reads and a run didn't."""
        if run not in self._unread:
            started = [one.event for one in self._ledger.told(run, "Started")]
            had = [one.reads for one in started if isinstance(one, Started)]
            lacking = [
                f"{name}.{field}"
                for name, read in self._model.page.reads.items()
                for field in read.fields
                if not any(field in reads.get(name, ()) for reads in had)
            ]
            why = f"that page reads {', '.join(lacking)}, which wasn't read"
            self._unread[run] = why if lacking else None
        return self._unread[run]

    def judged(self, case: _Case) -> _Judged:
        """What comes of a case; no ledger is touched, so any thread may do it."""
        was, story = as_decided(case.events), as_received(case.events)
        then = decision(was)
        blank = Comparison(case.item, was.record_id, then)
        erased = story.record is None and "its texts have been erased"
        if why := case.untold or (then is None and "nothing was decided about it") or erased:
            return _Judged(replace(blank, untold=why), [])
        told = self._decided(case.item, story)
        asked: list[Event] = [event for event in told if isinstance(event, ModelCalled)]
        if asked:
            page = self._model.page
            asked.insert(0, Rejudged(version=page.version, page_sha256=self._model.sha256))
        entries = [(case.item, event) for event in asked]
        failed = [event.reason for event in told if isinstance(event, Failed)]
        if failed:
            return _Judged(replace(blank, untold=failed[-1]), entries)
        differs = tuple(differences(was, story, self._model.page))
        return _Judged(replace(blank, would=decision(story), differs=differs), entries)

    def _decided(self, item: str, story: Story) -> list[Event]:
        """Has the story go on to where a run would act, and tells what happened on the way."""
        told: list[Event] = []
        while not story.failures and isinstance(step := step_of(story), Assess | Draft):
            work = Work(story.item(item, self._model.page), story.judged(), story.paid)
            name = step.action if isinstance(step, Draft) else "assess"
            is_draft = isinstance(step, Draft)
            way = self._steps.draft(work, name) if is_draft else self._steps.assess(work)
            for _, event in taken(item, name, way):
                assert story.received_at
                story.tell(Happened(at=story.received_at, run=self._run, event=event))
                told.append(event)
        return told
