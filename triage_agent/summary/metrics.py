"""What is counted: one definition a metric, with its unit. Nothing else in the room counts."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from triage_agent.decision.values import Value
from triage_agent.ledger.weekly import Group
from triage_agent.operating_model.schema import UNCLEAR

Unit = Literal["items", "times", "share", "USD", "tokens"]


class Counts(Value):
    """A span as the ledger counts it: items received by what became of them, events by kind."""

    groups: tuple[Group, ...]
    happened: dict[str, int]


@dataclass(frozen=True)
class Metric:
    """A number that a span has. `of` is None where it can't be said; `means` says what it is."""

    name: str
    unit: Unit
    means: str
    of: Callable[[Counts], float | None]


def received(counts: Counts) -> int:
    return sum(group.items for group in counts.groups)


def _with(status: str) -> Callable[[Counts], float]:
    return lambda counts: sum(one.items for one in counts.groups if one.status == status)


def _stopped(counts: Counts) -> int:
    return sum(one.items for one in counts.groups if one.rules)


def _share(counts: Counts) -> float | None:
    return _stopped(counts) / received(counts) if received(counts) else None


def _times(kind: str) -> Callable[[Counts], float]:
    return lambda counts: counts.happened.get(kind, 0)


def _cost(counts: Counts) -> float | None:
    costs = [group.cost_usd for group in counts.groups]
    return None if None in costs else sum(cost or 0.0 for cost in costs)


METRICS = (
    Metric("received", "items", "new items, each version of a request one", received),
    Metric("settled", "items", "of these, settled by now", _with("settled")),
    Metric("escalated", "items", "of these, handed to people and not released by now",
           _with("escalated")),
    Metric("failed", "items", "of these, come to no end by now", _with("failed")),
    Metric("open", "items", "of these, still under way", _with("open")),
    Metric("rolled back", "items", "of these, withdrawn by somebody", _with("withdrawn")),
    Metric("stopped", "share", "the part of the new items that a rule stopped", _share),
    Metric("claimed", "times", "somebody took an item on", _times("Claimed")),
    Metric("released", "times", "somebody let an item go on", _times("Released")),
    Metric("corrected", "times", "somebody said what was wrong", _times("Corrected")),
    Metric("rejected", "times", "a hand-over or an action was turned down", _times("Rejected")),
    Metric("approved", "times", "an action was approved", _times("Approved")),
    Metric("edited", "times", "an action was changed before it was approved", _times("Edited")),
    Metric("expired", "times", "nobody decided on an action in time", _times("Expired")),
    Metric("reminded", "times", "somebody was reminded", _times("Reminded")),
    Metric("fell back", "times", "a claim came to nothing in time", _times("FellBack")),
    Metric("refused", "times", "an action was refused by the page", _times("Refused")),
    Metric("runs", "times", "runs that ended well", _times("Finished")),
    Metric("paused", "times", "the agent was paused", _times("Paused")),
    Metric("tokens", "tokens", "tokens that these items took", lambda counts: sum(
        group.tokens for group in counts.groups)),
    Metric("cost", "USD", "what these items cost; unknown where a price isn't known", _cost),
)  # fmt: skip


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
