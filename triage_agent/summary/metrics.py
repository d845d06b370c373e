"""What is counted: one definition a metric, with its unit. Nothing else in the room counts."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from triage_agent.decision.states import Status
from triage_agent.decision.values import Value
from triage_agent.ledger.weekly import Group
from triage_agent.ledger.weekly_use import Used
from triage_agent.operating_model.schema import UNCLEAR

Unit = Literal["items", "times", "share", "USD", "tokens"]


class Counts(Value):
    """A span as the ledger counts it: items received by what became of them, events by kind."""

    groups: tuple[Group, ...]
    happened: dict[str, int]
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
    return sum(one.items for one in counts.groups if one.rules)


def _share(counts: Counts) -> float | None:
    return _stopped(counts) / received(counts) if received(counts) else None


def _cost(counts: Counts) -> float | None:
    costs = [group.cost_usd for group in counts.groups]
    return None if None in costs else sum(cost or 0.0 for cost in costs)


def _allowance(counts: Counts) -> float | None:
    return counts.used.allowance.share if counts.used.allowance else None


METRICS = (
    Metric("received", "items", "new items, each version of a request one", received),
    _items("settled", "settled", "of these, settled by now"),
    _items("escalated", "escalated", "of these, handed to people and not released by now"),
    _items("failed", "failed", "of these, come to no end by now"),
    _items("open", "open", "of these, still under way"),
    _items("rolled back", "withdrawn", "of these, withdrawn by somebody"),
    Metric("stopped", "share", "the part of the new items that a rule stopped", _share),
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
    _times("runs", "Finished", "runs that ended well"),
    _times("paused", "Paused", "the agent was paused"),
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
        for rule in group.rules:
            found[rule] += group.items
    return dict(found.most_common())
