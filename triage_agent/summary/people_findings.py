"""What people's decisions say should be changed. Silent where they are too few to tell."""

from collections.abc import Iterator, Mapping
from math import sqrt

from triage_agent.chance import wilson
from triage_agent.decision.output import spaced
from triage_agent.summary.findings import Finding
from triage_agent.summary.metrics import Counts, by_category, by_rule
from triage_agent.summary.people import NOT_USED, People

FEWEST = 8
"""Decisions of one kind without which nothing is said of it."""
Z = 4.0
"""Standard errors beyond which an uneven load isn't chance: it is looked at each week."""
_ADD = "triage-agent cases add {item} makes a case of one; then evaluate a change of "


def of_people(now: Counts, told: People) -> Iterator[Finding]:
    """Rules that people overrule, what they sort anew or throw away, and who has too much to do."""
    yield from _overruled(by_rule(now), told)
    yield from _sorted_anew(by_category(now), told)
    yield from _not_used(told)
    yield from _load(told.load)


def _overruled(stopped: Mapping[str, int], told: People) -> Iterator[Finding]:
    """A rule is questioned where people surely let go on most of what it stops."""
    for one in told.overruled:
        of = max(stopped.get(one.what, 0), one.times)
        if one.times >= FEWEST and wilson(one.times / of, of)[0] > 0.5:  # noqa: PLR2004 - most of them
            yield Finding(
                what=f"people let go on most of what {spaced(one.what)} stops",
                evidence=f"{one.times:,} of {of:,} this week",
                concerns="the page's owner",
                change=_ADD.format(item=one.items[0]) + f"stops_when.{one.what} and its patterns",
                weight=float(one.times),
                items=one.items,
            )


def _sorted_anew(received: Mapping[str, int], told: People) -> Iterator[Finding]:
    for one in told.sorted_anew:
        was, _, should = one.what.partition(" → ")
        of = max(received.get(was, 0), one.times)
        if one.times >= FEWEST and wilson(one.times / of, of)[0] > 0.1:  # noqa: PLR2004 - one in ten
            yield Finding(
                what=f"people sort {spaced(was)} anew as {spaced(should)}",
                evidence=f"{one.times:,} of {of:,} this week",
                concerns="the page's owner",
                change=_ADD.format(item=one.items[0])
                + f"workflow.categories.{was} and {should}, or of low_confidence.costly_pairs",
                weight=float(one.times),
                items=one.items,
            )


def _not_used(told: People) -> Iterator[Finding]:
    of = sum(one.times for one in told.drafts)
    for one in told.drafts:
        if one.what == NOT_USED and of >= FEWEST and wilson(one.times / of, of)[0] > 0.5:  # noqa: PLR2004 - most of them
            yield Finding(
                what="people use few of the drafts",
                evidence=f"{one.times:,} of {of:,} of which something is known this week",
                concerns="the page's owner",
                change=f"triage-agent timeline {one.items[0]} has one; then evaluate a change of "
                "prompts/draft.md or of drafts.facts",
                weight=float(one.times),
                items=one.items,
            )


def _load(load: Mapping[str, int]) -> Iterator[Finding]:
    """Somebody has more to do than an equal part, by more than chance and by half as much again."""
    total, people = sum(load.values()), len(load)
    if people < 2 or total < FEWEST * people:  # noqa: PLR2004 - a part of several
        return
    equal = 1 / people
    error = sqrt(equal * (1 - equal) / total)
    for name, times in load.items():
        if times / total > max(equal + Z * error, 1.5 * equal):
            yield Finding(
                what=f"{name} decides far more than the others",
                evidence=f"{times:,} of {total:,} decisions, of {people} people",
                concerns="the team, and the page's owner",
                change="spread it: teams.….members and whose turn it is, or who owns the records",
                weight=times - total * equal,
            )
