"""Reads a week from the ledger, beside the week before and the mean of four."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from triage_agent.decision.item import Mode
from triage_agent.decision.values import Value
from triage_agent.ledger import outcomes, weekly, weekly_use
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly import Wanted
from triage_agent.ledger.weekly_people import deeds
from triage_agent.operating_model.schema import Page
from triage_agent.summary.causes import changes, explained
from triage_agent.summary.findings import Finding, findings
from triage_agent.summary.metrics import (
    DOUBT,
    METRICS,
    UNKNOWN,
    Counts,
    Lacking,
    Metric,
    Unit,
    by_category,
    by_doubt,
    by_rule,
    by_topic,
    by_way,
    lacking,
)
from triage_agent.summary.people import KINDS, People, people
from triage_agent.summary.people_findings import of_people
from triage_agent.summary.standing import Standing, of_standing, standing
from triage_agent.summary.use import of_use, unused
from triage_agent.summary.waits import waits
from triage_agent.summary.weeks import Week

WEEKS = 4
"""So many weeks before are what is usual."""
SHOWN = 5


class Figure(Value):
    """A number of a week, of the week before, and the mean of the four before; None: unknown.

    `weeks`: of each of these four, the latest first. `items`: some of those that it counts.
    """

    name: str
    unit: Unit
    now: float | None
    before: float | None
    mean: float | None
    weeks: tuple[float | None, ...] = ()
    items: tuple[str, ...] = ()


class Restated(Value):
    """A figure that was another one when the week was told first; None: unknown."""

    name: str
    unit: Unit
    was: float | None
    now: float | None


class Summary(Value):
    """A week by the page's clock: `since` to `until` in UTC; `weeks`: how many there are before.

    `topics`: `rule.topic`; `doubts`: what the agent took those for that it wasn't sure of; `ways`:
    how records came, and `lacking` what is missing in the records that came so.
    `told_at`: when somebody was told of it first; `restated`: what has changed since.
    """

    week: str
    since: datetime
    until: datetime
    mode: Mode
    weeks: int
    figures: tuple[Figure, ...]
    categories: tuple[Figure, ...]
    rules: tuple[Figure, ...]
    topics: tuple[Figure, ...]
    doubts: tuple[Figure, ...]
    ways: tuple[Figure, ...]
    lacking: tuple[Lacking, ...]
    people: People
    standing: Standing
    findings: tuple[Finding, ...]
    told_at: datetime | None = None
    restated: tuple[Restated, ...] = ()

    def figure(self, name: str) -> Figure:
        """One of `figures`."""
        return next(one for one in self.figures if one.name == name)


def read(ledger: Ledger, page: Page, mode: Mode, week: Week) -> Summary:
    """A week as it stands now: what became of its items later is part of it."""
    zone = page.workflow.time.zone
    spans = [(one.begins(zone), one.ends(zone)) for one in map(week.before, range(WEEKS + 1))]
    this, *before = [_Span(ledger, page, mode, *span) for span in spans]
    now, ends = this.counts(), [one.until for one in before]
    used = _used([one.counts() for one in before], ends, outcomes.span(ledger, mode))
    rules = tuple(_each(by_rule, now, used, lambda rule: this.shown(Wanted(rule=rule))))
    decided = people(deeds(ledger, mode, this.since, this.until, KINDS), page.outcomes)
    never = unused(page, [now, *used]) if mode == "live" and len(used) == WEEKS else ()
    stands = standing(ledger, this.until, never)
    more = [
        *of_standing(stands, this.until),
        *of_people(now, decided),
        *of_use(now, used, never),
    ]
    found = findings(now, used, {one.name: one.items for one in rules}, more)
    return Summary(
        week=str(week),
        since=this.since,
        until=this.until,
        mode=mode,
        weeks=len(used),
        figures=tuple(this.figure(metric, now, used) for metric in METRICS),
        categories=tuple(
            _each(by_category, now, used, lambda name: this.shown(Wanted(category=name)))
        ),
        rules=rules,
        topics=tuple(_each(by_topic, now, used, lambda topic: this.shown(Wanted(rule=topic)))),
        doubts=tuple(
            _each(by_doubt, now, used, lambda name: this.shown(Wanted(rule=DOUBT, category=name)))
        ),
        ways=tuple(
            _each(
                by_way,
                now,
                used,
                lambda way: this.shown(Wanted(came_by=None if way == UNKNOWN else way)),
            )
        ),
        lacking=lacking(now),
        people=decided,
        standing=stands,
        findings=tuple(explained(found, now, changes(ledger, spans[0]), page.workflow.time.zone)),
    )


@dataclass(frozen=True)
class _Span:
    ledger: Ledger
    page: Page
    mode: Mode
    since: datetime
    until: datetime

    def counts(self) -> Counts:
        span = (self.ledger, self.mode, self.since, self.until)
        groups = tuple(weekly.groups(*span))
        return Counts(
            groups=groups,
            happened=weekly.happened(*span),
            waits=waits(
                self.ledger,
                self.mode,
                (self.since, self.until),
                sum(group.items for group in groups),
                self.page.outcomes.first_touch,
            ),
            used=weekly_use.used(self.ledger, self.since, self.until),
        )

    def shown(self, wanted: Wanted) -> tuple[str, ...]:
        """Some of its items."""
        found = weekly.examples(self.ledger, self.mode, self.since, self.until, wanted, SHOWN)
        return tuple(found)

    def figure(self, metric: Metric, now: Counts, earlier: Sequence[Counts]) -> Figure:
        """A metric, with some of the items that it counts."""
        value, items = metric.of(now), tuple[str, ...]()
        if value and metric.kind:
            span = (self.ledger, self.mode, self.since, self.until)
            items = tuple(weekly.happened_to(*span, metric.kind, SHOWN))
        elif value and metric.status:
            items = self.shown(Wanted(status=metric.status))
        return _figure(metric.name, metric.unit, value, [metric.of(one) for one in earlier], items)


def _used(
    earlier: Sequence[Counts], ends: Sequence[datetime], span: tuple[datetime, datetime] | None
) -> list[Counts]:
    """The weeks before, the latest first, but for those before the agent's time.

    `ends`: of each. `span`: when the first item was received, and the last one.
    """
    used = [
        bool(one.groups or one.happened or (span and span[0] < end))
        for one, end in zip(earlier, ends, strict=True)
    ]
    return [one for number, one in enumerate(earlier) if any(used[number:])]


def _figure(
    name: str,
    unit: Unit,
    now: float | None,
    earlier: Sequence[float | None],
    items: tuple[str, ...] = (),
) -> Figure:
    known = [one for one in earlier if one is not None]
    return Figure(
        name=name,
        unit=unit,
        now=now,
        before=earlier[0] if earlier else None,
        mean=fmean(known) if known else None,
        weeks=tuple(earlier),
        items=items,
    )


def _each(
    count: Callable[[Counts], dict[str, int]],
    now: Counts,
    earlier: Sequence[Counts],
    shown: Callable[[str], tuple[str, ...]],
) -> "list[Figure]":
    """A figure for every name that counts in any of these weeks, the most frequent first."""
    this, before = count(now), [count(one) for one in earlier]
    names = dict.fromkeys([*this, *(name for one in before for name in one)])
    return [
        _figure(
            name,
            "items",
            this.get(name, 0),
            [one.get(name, 0) for one in before],
            shown(name) if name in this else (),
        )
        for name in names
    ]
