"""What is counted: one definition a metric, with its unit. Nothing else in the room counts."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from triage_agent.decision.states import Status
from triage_agent.decision.values import Value
from triage_agent.ledger.fired import names
from triage_agent.ledger.weekly import Group
from triage_agent.ledger.weekly_use import Used
from triage_agent.operating_model.schema import UNCLEAR
from triage_agent.summary.waits import Waits

UNKNOWN = "unknown"
MISSING, DOUBT = "missing_data", "low_confidence"
Unit = Literal["items", "times", "share", "minutes", "USD", "tokens"]


class Counts(Value):
    """A span as the ledger counts it: items received by what became of them, events by kind.

    `waits`: how soon people came to its items.
    """

    groups: tuple[Group, ...]
    happened: dict[str, int]
    waits: Waits = Waits(claimed=(), touched=())
    used: Used = Used()


@dataclass(frozen=True)
class Metric:
    """A number that a span has. `of` is None where it can't be said; `means` says what it is.

    `status`: that of the items which it counts; `kind`: that of the events, where it counts any.
    """

    name: str
    unit: Unit
    means: str
    of: Callable[[Counts], float | None]
    status: Status | None = None
    kind: str | None = None


def received(counts: Counts) -> int:
    return sum(group.items for group in counts.groups)


def _items(name: str, status: Status, means: str) -> Metric:
    def of(counts: Counts) -> float:
        return sum(one.items for one in counts.groups if one.status == status)

    return Metric(name, "items", means, of, status=status)


def _times(name: str, kind: str, means: str) -> Metric:
    return Metric(name, "times", means, lambda counts: counts.happened.get(kind, 0), kind=kind)


def _stopped(counts: Counts) -> int:
    return sum(one.items for one in counts.groups if one.fired)


def _orders(counts: Counts) -> float:
    return sum(one.items for one in counts.groups if any(rule.order for rule in one.fired))


def _share(counts: Counts) -> float | None:
    return _stopped(counts) / received(counts) if received(counts) else None


def _cost(counts: Counts) -> float | None:
    costs = [group.cost_usd for group in counts.groups]
    return None if None in costs else sum(cost or 0.0 for cost in costs)


def _median(minutes: Sequence[float]) -> float | None:
    return median(minutes) if minutes else None


def _allowance(counts: Counts) -> float | None:
    return counts.used.allowance.share if counts.used.allowance else None


METRICS = (
    Metric("received", "items", "new items, each version of a request one", received),
    _items("settled", "settled", "of these, settled by now"),
    _items("escalated", "escalated", "of these, handed to people and not released by now"),
    _items("failed", "failed", "of these, come to no end by now"),
    _items("open", "open", "of these, still under way"),
    _items("rolled back", "withdrawn", "of these, withdrawn by somebody"),
    Metric(
        "waiting",
        "items",
        "of these, still waiting for somebody's decision",
        lambda counts: sum(group.items for group in counts.groups if group.waits),
    ),
    Metric("stopped", "share", "the part of the new items that a rule stopped", _share),
    Metric("hostile", "items", "of these, stopped as they try to order the agent about", _orders),
    Metric(
        "minutes to a claim",
        "minutes",
        "until somebody took one of these on: the median",
        lambda counts: _median(counts.waits.claimed),
    ),
    Metric(
        "minutes to a touch",
        "minutes",
        "until somebody first touched one's record: the median",
        lambda counts: _median(counts.waits.touched),
    ),
    _times("claimed", "Claimed", "somebody took an item on"),
    _times("released", "Released", "somebody let an item go on"),
    _times("corrected", "Corrected", "somebody said what was wrong"),
    _times("rejected", "Rejected", "a hand-over or an action was turned down"),
    _times("approved", "Approved", "an action was approved"),
    _times("edited", "Edited", "an action was changed before it was approved"),
    _times("expired", "Expired", "nobody decided on an action in time"),
    _times("reminded", "Reminded", "somebody was reminded"),
    _times("fell back", "FellBack", "a claim came to nothing in time"),
    _times("refused", "Refused", "an action was refused by the page"),
    _times("runs", "Finished", "runs that ended well, in either mode"),
    _times("paused", "Paused", "the agent was paused, in either mode"),
    Metric(
        "tokens",
        "tokens",
        "tokens that these items took",
        lambda counts: sum(group.tokens for group in counts.groups),
    ),
    Metric("cost", "USD", "what these items cost; unknown where a price isn't known", _cost),
    Metric(
        "API allowance",
        "share",
        "the most that was used of the org's daily requests, by whoever, as a run told it",
        _allowance,
    ),
)


def by_category(counts: Counts) -> dict[str, int]:
    """New items by category, the most first; those that nothing was decided about are unclear."""
    found = Counter[str]()
    for group in counts.groups:
        found[group.category or UNCLEAR] += group.items
    return dict(found.most_common())


def by_rule(counts: Counts) -> dict[str, int]:
    """New items by each rule that stopped them, the most first; one may count for several."""
    found = Counter[str]()
    for group in counts.groups:
        for rule in names(group.fired):
            found[rule] += group.items
    return dict(found.most_common())


def by_doubt(counts: Counts) -> dict[str, int]:
    """New items that the agent wasn't sure of, by what it took them for, the most first."""
    found = Counter[str]()
    for group in counts.groups:
        if DOUBT in names(group.fired):
            found[group.category or UNCLEAR] += group.items
    return dict(found.most_common())


def by_topic(counts: Counts) -> dict[str, int]:
    """New items by what a rule stopped them for, as `rule.topic`, the most first."""
    found = Counter[str]()
    for group in counts.groups:
        for topic in {f"{one.rule}.{one.topic}" for one in group.fired if one.topic}:
            found[topic] += group.items
    return dict(found.most_common())


def by_way(counts: Counts) -> dict[str, int]:
    """New items by how their records came, the most first; unknown before that was told."""
    found = Counter[str]()
    for group in counts.groups:
        found[group.came_by or UNKNOWN] += group.items
    return dict(found.most_common())


class Lacking(Value):
    """How many of the new items that came in one way lack one thing, as `missing_data` says."""

    came_by: str
    lacks: str
    items: int
    of: int


def lacking(counts: Counts) -> tuple[Lacking, ...]:
    """What is missing, by how the records came, the most first."""
    found, of = Counter[tuple[str, str]](), by_way(counts)
    for group in counts.groups:
        for topic in {one.topic for one in group.fired if one.rule == MISSING and one.topic}:
            found[group.came_by or UNKNOWN, topic] += group.items
    return tuple(
        Lacking(came_by=way, lacks=topic, items=items, of=of[way])
        for (way, topic), items in found.most_common()
    )
