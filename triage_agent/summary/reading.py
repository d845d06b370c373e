"""Reads a week from the ledger, beside the week before and the mean of four."""

from collections.abc import Callable, Sequence
from datetime import datetime
from statistics import fmean

from triage_agent.decision.item import Mode
from triage_agent.decision.values import Value
from triage_agent.ledger import outcomes, weekly
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly_people import deeds
from triage_agent.operating_model.schema import Page
from triage_agent.summary.causes import explained
from triage_agent.summary.findings import Finding, findings
from triage_agent.summary.metrics import METRICS, Counts, Unit, by_category, by_rule
from triage_agent.summary.people import KINDS, People, people
from triage_agent.summary.people_findings import of_people
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


class Summary(Value):
    """A week by the page's clock: `since` to `until` in UTC; `weeks`: how many there are before."""

    week: str
    since: datetime
    until: datetime
    mode: Mode
    weeks: int
    figures: tuple[Figure, ...]
    categories: tuple[Figure, ...]
    rules: tuple[Figure, ...]
    people: People
    findings: tuple[Finding, ...]

    def figure(self, name: str) -> Figure:
        """One of `figures`."""
        return next(one for one in self.figures if one.name == name)


def read(ledger: Ledger, page: Page, mode: Mode, week: Week) -> Summary:
    """A week as it stands now: what became of its items later is part of it."""
    zone = page.workflow.time.zone
    spans = [(one.begins(zone), one.ends(zone)) for one in map(week.before, range(WEEKS + 1))]
    now, *earlier = [_counts(ledger, mode, *span) for span in spans]
    used = _used(earlier, [until for _, until in spans[1:]], outcomes.span(ledger, mode))
    since, until = spans[0]

    def shown(rule: str | None = None) -> tuple[str, ...]:
        return tuple(weekly.examples(ledger, mode, since, until, most=SHOWN, rule=rule))

    rules = tuple(_each(by_rule, now, used, shown))
    decided = people(deeds(ledger, mode, since, until, KINDS), page.outcomes)
    items = {one.name: one.items for one in rules}
    found = findings(now, used, items, of_people(now, decided))
    return Summary(
        week=str(week),
        since=since,
        until=until,
        mode=mode,
        weeks=len(used),
        figures=tuple(
            _figure(metric.name, metric.unit, metric.of(now), [metric.of(one) for one in used])
            for metric in METRICS
        ),
        categories=tuple(_each(by_category, now, used, None)),
        rules=rules,
        people=decided,
        findings=tuple(explained(found, ledger, page, mode, (since, until))),
    )


def _counts(ledger: Ledger, mode: Mode, since: datetime, until: datetime) -> Counts:
    groups = weekly.groups(ledger, mode, since, until)
    return Counts(groups=tuple(groups), happened=weekly.happened(ledger, mode, since, until))


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
    shown: Callable[[str], tuple[str, ...]] | None,
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
            shown(name) if shown and name in this else (),
        )
        for name in names
    ]
