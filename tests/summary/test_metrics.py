"""Each metric is what counting again from the raw events says, on either database."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import HOME, KINDS, Kind, NewLedger
from tests.ledger.conftest import CALL, EXAMPLES, Kept
from triage_agent.decision import events
from triage_agent.decision.events import Event, Happened
from triage_agent.decision.item import Mode
from triage_agent.decision.run_events import Allowance, Finished
from triage_agent.decision.story import Story
from triage_agent.ledger import tables
from triage_agent.ledger.store import AGENT, Ledger, is_item
from triage_agent.project import read_model
from triage_agent.summary.metrics import METRICS
from triage_agent.summary.reading import Summary, read
from triage_agent.summary.weeks import Week, of_day, parsed

pytestmark = pytest.mark.long

PAGE = read_model(HOME).page
ZONE = PAGE.workflow.time.zone
WEEKS = [parsed(f"2026-W{number}") for number in (42, 43, 44, 45)]
"""In the third one clocks are changed."""
EDGES = [week.begins(ZONE) for week in (*WEEKS, WEEKS[-1].before(-1))]
PEOPLE = (
    *("Claimed", "Released", "Corrected", "Rejected", "Asked", "Approved", "Edited", "Expired"),
    *("Reminded", "FellBack", "Withdrawn", "Refused", "Outcome", "Erased", "Shown"),
)
STATUSES = {
    "settled": "settled",
    "escalated": "escalated",
    "failed": "failed",
    "open": "open",
    "rolled back": "withdrawn",
}
TIMES = {
    "claimed": "Claimed",
    "released": "Released",
    "corrected": "Corrected",
    "rejected": "Rejected",
    "approved": "Approved",
    "edited": "Edited",
    "expired": "Expired",
    "reminded": "Reminded",
    "fell back": "FellBack",
    "refused": "Refused",
    "runs": "Finished",
    "paused": "Paused",
}


def stopped(*rules: tuple[str, str | None, bool]) -> Event:
    fired = (
        events.FiredRule(rule=rule, topic=topic, source="floor", order=order)
        for rule, topic, order in rules
    )
    return events.Stopped(rules=tuple(fired))


def called(cost: float | None, tokens: int = 13) -> Event:
    return events.ModelCalled(
        call=CALL.model_copy(update={"cost_usd": cost, "input_tokens": tokens, "output_tokens": 7})
    )


def contacted(kept: float | None) -> Event:
    return EXAMPLES["Outcome"].model_copy(update={"kept": kept})


PLANS = st.sampled_from(("demo_request", "partnership", "unclear")).map(
    lambda name: [events.Planned(names=(), category=name)]
)
HANDED_OVER = [
    events.Planned(names=("escalate",), category="unclear", hand_overs=("escalate",)),
    events.Permitted(action="escalate", line="may.escalate"),
    events.Intended(action="escalate", key="k", system="slack"),
    events.Done(action="escalate", key="k", reference="C1 1.2"),
]
FAILED = [
    events.Planned(names=("tag",), category="demo_request"),
    events.Permitted(action="tag", line="may.tag"),
    events.Failed(action="tag", code="X", reason="no"),
]
RULES = st.lists(
    st.tuples(
        st.sampled_from(("missing_data", "restricted_topic", "low_confidence")),
        st.sampled_from((None, "Email", "Phone")),
        st.booleans(),
    ),
    max_size=2,
)
WAYS = (None, "Web", "other")
TOUCH = events.Outcome(
    name="contacted", object="Lead", record_id="1", happened_at=EDGES[1], by=None
)
COSTS = st.sampled_from((None, 0.0, 0.00012, 0.4, 2.5e-8)) | st.floats(0, 10)
STEPS: st.SearchStrategy[Sequence[Event]] = st.one_of(
    PLANS,
    RULES.map(lambda rules: [stopped(*rules)]),
    st.builds(lambda cost: [called(cost)], COSTS),
    st.sampled_from([HANDED_OVER, FAILED]),
    st.sampled_from((None, 0.0, 0.29, 0.3, 0.94, 0.95, 1.0)).map(lambda kept: [contacted(kept)]),
    st.sampled_from(PEOPLE).map(lambda kind: [EXAMPLES[kind]]),
    st.sampled_from([[TOUCH]]),
)
MOMENTS = st.one_of(
    st.sampled_from(EDGES).flatmap(
        lambda edge: st.sampled_from([edge, edge - timedelta(microseconds=1)])
    ),
    st.datetimes(EDGES[0].replace(tzinfo=None), EDGES[-1].replace(tzinfo=None)).map(
        lambda moment: moment.replace(tzinfo=EDGES[0].tzinfo)
    ),
)
Step = tuple[timedelta, Sequence[Event]]
LAST: list[Step] = [(timedelta(0), [called(cost)]) for cost in (0.25, None, 0.5)]
"""So items that come out alike differ in what they cost."""
LATER = st.sampled_from([timedelta(hours=hours) for hours in (0, 1, 30, 24 * 7)])
ITEMS = st.lists(
    st.tuples(
        st.sampled_from(("live", "live", "shadow")),
        MOMENTS,
        st.lists(st.tuples(LATER, STEPS), max_size=4),
        st.integers(1, 3),
        st.sampled_from(WAYS),
    ),
    min_size=1,
    max_size=6,
)
FINISHED = st.builds(
    lambda allowance: EXAMPLES["Finished"].model_copy(update={"allowance": allowance}),
    st.none() | st.builds(Allowance, used=st.integers(0, 120), of=st.sampled_from((50, 100))),
)
RUNS = st.lists(
    st.tuples(MOMENTS, st.sampled_from([EXAMPLES["Started"], EXAMPLES["Paused"]]) | FINISHED),
    max_size=4,
)


@dataclass(frozen=True)
class Recount:
    """What is counted by reading all that happened, stream by stream."""

    streams: dict[str, list[Happened]]
    mode: Mode

    @classmethod
    def of(cls, ledger: Ledger, mode: Mode) -> "Recount":
        return cls({name: ledger.events(name) for name in ledger.streams()}, mode)

    def items(self, week: Week) -> Iterator[tuple[list[Happened], Story]]:
        """Those of this mode that were received in a week."""
        for name, told in self.streams.items():
            if is_item(name) and self._mode(told) == self.mode and _in(week, told[0]):
                yield told, Story.of(told)

    @staticmethod
    def _mode(told: list[Happened]) -> Mode:
        assert isinstance(told[0].event, events.Received)
        return told[0].event.mode

    def with_status(self, week: Week, status: str) -> int:
        return sum(story.status == status for _, story in self.items(week))

    def times(self, week: Week, kind: str) -> int:
        """Events of a kind, but for those of items of the other mode."""
        return sum(
            one.event.kind == kind and _in(week, one)
            for name, told in self.streams.items()
            for one in told
            if not is_item(name) or self._mode(told) == self.mode
        )

    def share(self, week: Week) -> float | None:
        fired = [bool(_rules(told)) for told, _ in self.items(week)]
        return sum(fired) / len(fired) if fired else None

    def tokens(self, week: Week) -> int:
        return sum(one.input_tokens + one.output_tokens for one in self._calls(week))

    def cost(self, week: Week) -> float | None:
        total = 0.0
        for one in self._calls(week):
            if one.cost_usd is None:
                return None
            total += one.cost_usd
        return total

    def allowance(self, week: Week) -> float | None:
        """The greatest part of the day's requests that any run told of."""
        told = [one for one in self.streams.get("run-1", []) if _in(week, one)]
        ends = [one.event for one in told if isinstance(one.event, Finished)]
        parts = [one.allowance.used / one.allowance.of for one in ends if one.allowance]
        return max(parts, default=None)

    def drafts(self, week: Week) -> Counter[str]:
        """By the most that people kept of each in a week, whenever its item came."""
        found = Counter[str]()
        for name, told in self.streams.items():
            if not is_item(name) or self._mode(told) != self.mode:
                continue
            outcomes = [one.event for one in told if _in(week, one) and one.event.kind == "Outcome"]
            shares = [one.kept for one in outcomes if one.kept is not None]
            if shares and max(shares) >= 0.95:
                found["used"] += 1
            elif shares:
                found["edited" if max(shares) >= 0.3 else "not used"] += 1
        return found

    def _calls(self, week: Week) -> Iterator[events.Call]:
        for told, _ in self.items(week):
            for one in told:
                if isinstance(one.event, events.ModelCalled):
                    yield one.event.call

    def categories(self, week: Week) -> Counter[str]:
        return Counter(_category(told) for told, _ in self.items(week))

    def rules(self, week: Week) -> Counter[str]:
        return Counter(rule for told, _ in self.items(week) for rule in _rules(told))

    def topics(self, week: Week) -> Counter[str]:
        return Counter(
            topic
            for told, _ in self.items(week)
            for topic in {f"{one.rule}.{one.topic}" for one in _fired(told) if one.topic}
        )

    def doubts(self, week: Week) -> Counter[str]:
        return Counter(
            _category(told) for told, _ in self.items(week) if "low_confidence" in _rules(told)
        )

    def ways(self, week: Week) -> Counter[str]:
        return Counter(_way(told) for told, _ in self.items(week))

    def lacking(self, week: Week) -> dict[tuple[str, str], tuple[int, int]]:
        of = self.ways(week)
        found = Counter(
            (_way(told), topic) for told, _ in self.items(week) for topic in _lacks(told)
        )
        return {(way, topic): (items, of[way]) for (way, topic), items in found.items()}

    def hostile(self, week: Week) -> int:
        return sum(any(one.order for one in _fired(told)) for told, _ in self.items(week))

    def waiting(self, week: Week) -> int:
        return sum(story.waits for _, story in self.items(week))

    def claim(self, week: Week) -> float | None:
        return _median(
            one.at - told[0].at
            for told, _ in self.items(week)
            for one in [one for one in told if one.event.kind == "Claimed"][:1]
        )

    def touch(self, week: Week) -> float | None:
        return _median(
            min(moments) - told[0].at
            for told, _ in self.items(week)
            if (moments := list(_touches(told)))
        )


def _in(week: Week, one: Happened) -> bool:
    return of_day(one.at.astimezone(ZONE).date()) == week


def _fired(told: list[Happened]) -> list[events.FiredRule]:
    stops = (one.event for one in told if isinstance(one.event, events.Stopped))
    return [fired for stop in stops for fired in stop.rules]


def _rules(told: list[Happened]) -> set[str]:
    return {fired.rule for fired in _fired(told)}


def _lacks(told: list[Happened]) -> set[str]:
    return {one.topic for one in _fired(told) if one.rule == "missing_data" and one.topic}


def _way(told: list[Happened]) -> str:
    assert isinstance(told[0].event, events.Received)
    return told[0].event.came_by or "unknown"


def _touches(told: list[Happened]) -> Iterator[datetime]:
    for one in told:
        if isinstance(one.event, events.Outcome) and one.event.name in PAGE.outcomes.first_touch:
            yield one.event.happened_at


def _median(spans: Iterable[timedelta]) -> float | None:
    minutes = [max(span, timedelta()).total_seconds() / 60 for span in spans]
    return median(minutes) if minutes else None


def _category(told: list[Happened]) -> str:
    plans = [one.event.category for one in told if isinstance(one.event, events.Planned)]
    return plans[-1] if plans else "unclear"


NAIVE: dict[str, Callable[[Recount, Week], float | None]] = {
    "received": lambda count, week: len(list(count.items(week))),
    "stopped": Recount.share,
    "waiting": Recount.waiting,
    "hostile": Recount.hostile,
    "minutes to a claim": Recount.claim,
    "minutes to a touch": Recount.touch,
    "tokens": Recount.tokens,
    "cost": Recount.cost,
    "API allowance": Recount.allowance,
    **{name: partial(Recount.with_status, status=status) for name, status in STATUSES.items()},
    **{name: partial(Recount.times, kind=kind) for name, kind in TIMES.items()},
}


SOMETIMES = ("cost", "minutes to a claim", "minutes to a touch")
"""What isn't known of each week."""


def test_each_metric_is_counted_here_again() -> None:
    """None is defined that isn't recounted below; and none is defined twice."""
    assert sorted(NAIVE) == sorted(metric.name for metric in METRICS)


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest, new_ledger: NewLedger) -> Kept:
    """One of each kind, emptied before each history."""
    kind: Kind = request.param
    return Kept(new_ledger(kind))


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(items=ITEMS, runs=RUNS)
def test_a_week_is_what_counting_its_events_says(
    database: Kept,
    items: list[tuple[Mode, datetime, list[Step], int, str | None]],
    runs: list[tuple[datetime, Event]],
) -> None:
    """Every metric, category and rule of every week, and what became of drafts, in either mode."""
    Ledger.open(database.url).close()
    for table in tables.metadata.tables:
        database.change(f"DELETE FROM {table}")  # noqa: S608 - our own names
    with closing(Ledger.open(database.url)) as ledger:
        for number, (mode, at, steps, alike, way) in enumerate(items):
            for other in range(alike):
                _happen(ledger, f"item-{number}-{other}", (mode, way), at, [*steps, LAST[other]])
        for at, event in runs:
            stream = AGENT if event.kind == "Paused" else "run-1"
            ledger.append("run-1", at, [(stream, event)])
        for mode in ("live", "shadow"):
            count = Recount.of(ledger, mode)
            told = [read(ledger, PAGE, mode, week) for week in WEEKS]
            for summary, week in zip(told, WEEKS, strict=True):
                _same(summary, count, week)
            for summary, (before, _) in zip(told[1:], pairwise(WEEKS), strict=True):
                _same_before(summary, count, before)


def _happen(
    ledger: Ledger,
    item: str,
    how: tuple[Mode, str | None],
    at: datetime,
    steps: list[Step],
) -> None:
    mode, way = how
    received = events.Received(mode=mode, object="Lead", record_id=item, came_by=way)
    ledger.append("run-1", at, [(item, received)])
    for later, step in steps:
        at += later
        ledger.append("run-1", at, [(item, event) for event in step])


def _same(summary: Summary, count: Recount, week: Week) -> None:
    for name, naive in NAIVE.items():
        assert pytest.approx(naive(count, week), abs=1e-6) == summary.figure(name).now, name
    for counted, figures in (
        (count.categories(week), summary.categories),
        (count.rules(week), summary.rules),
        (count.topics(week), summary.topics),
        (count.doubts(week), summary.doubts),
        (count.ways(week), summary.ways),
    ):
        assert counted == Counter({one.name: one.now for one in figures if one.now})
    assert count.lacking(week) == {
        (one.came_by, one.lacks): (one.items, one.of) for one in summary.lacking
    }
    assert count.drafts(week) == {one.what: one.times for one in summary.people.drafts}


def _same_before(summary: Summary, count: Recount, week: Week) -> None:
    """What is told as the week before is that week; nothing where there was none yet."""
    for name, naive in NAIVE.items():
        before = summary.figure(name).before
        if before is None:
            assert not naive(count, week) or name in SOMETIMES
        else:
            assert pytest.approx(naive(count, week), abs=1e-6) == before, name
