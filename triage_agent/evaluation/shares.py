"""Shares with their 95 % intervals, and whether they surely keep to a bound."""

from collections.abc import Sequence
from math import ceil

from triage_agent.chance import Z, wilson
from triage_agent.decision.values import Value
from triage_agent.evaluation.results import Share

MOST_NEEDED = 1_000_000
"""More trials than these are as good as never."""
_DIGITS = range(2, 7)


class Verdict(Value):
    """Whether a share keeps to a bound, and whether more trials could say otherwise.

    `met`: by the share as observed. `straddles`: its interval reaches to the other side.
    `needed`: where it straddles, how many trials in all would end that, if the share stayed as it
    is; None where it is the bound itself, or where that takes more than `MOST_NEEDED`.
    """

    met: bool
    straddles: bool
    needed: int | None


def share(hits: int, of: int) -> Share:
    """A share of independent observations, with its score interval."""
    low, high = wilson(hits / of, of) if of else (0.0, 1.0)
    return Share(hits=hits, of=of, low=low, high=high)


def clustered(flags_by_case: Sequence[Sequence[bool]]) -> Share:
    """A share of trials, where those of one case resemble each other.

    The interval is that of the effective sample size: the trials divided by the design effect
    1 + (m - 1) * rho, at least 1, for m trials a case that correlate by rho (L. Kish, Survey
    Sampling, Wiley 1965, chapters 5.4 and 8.2). Where every trial of a case ends alike, only cases
    count; with one trial a case it is Wilson's interval.
    """
    cases = [flags for flags in flags_by_case if flags]
    hits, of = sum(sum(flags) for flags in cases), sum(map(len, cases))
    effect = _design_effect(cases)
    low, high = wilson(hits / of, of / effect) if of else (0.0, 1.0)
    return Share(hits=hits, of=of, low=low, high=high, design_effect=effect)


def _design_effect(cases: Sequence[Sequence[bool]]) -> float:
    trials = sum(map(len, cases))
    if trials == len(cases):
        return 1.0
    size = sum(len(flags) ** 2 for flags in cases) / trials
    return max(1.0, 1 + (size - 1) * _correlation(cases, size))


def _correlation(cases: Sequence[Sequence[bool]], size: float) -> float:
    """How alike the trials of one case are, by the analysis of variance; 1 where they are equal.

    Two cases are added, one that always hits and one that never does. Without them nothing
    follows from trials that all end alike, and a single failure among them would look like proof
    that they are independent: a worse result would get the narrower interval.
    """
    counted = [(float(sum(flags)), float(len(flags))) for flags in cases]
    counted += [(size, size), (0.0, size)]
    total = sum(of for _, of in counted)
    mean = sum(hits for hits, _ in counted) / total
    groups = len(counted) - 1
    between = sum(of * (hits / of - mean) ** 2 for hits, of in counted) / groups
    within = sum(hits * (of - hits) / of for hits, of in counted) / (total - len(counted))
    typical = (total - sum(of * of for _, of in counted) / total) / groups
    return (between - within) / (between + (typical - 1) * within)


def verdict(
    share: Share, *, at_least: float | None = None, at_most: float | None = None
) -> Verdict:
    """Whether a share keeps to its one bound. Of nothing, it doesn't, but more trials may tell."""
    bound, is_lowest = _bound(at_least, at_most)
    value = share.value
    if value is None:
        return Verdict(met=False, straddles=True, needed=None)
    if is_lowest:
        met = value >= bound
        straddles = share.low < bound if met else share.high >= bound
    else:
        met = value <= bound
        straddles = share.high > bound if met else share.low <= bound
    return Verdict(
        met=met, straddles=straddles, needed=_needed(share, bound) if straddles else None
    )


def _bound(at_least: float | None, at_most: float | None) -> tuple[float, bool]:
    """The bound, and whether it is the lowest that is allowed."""
    if at_least is not None and at_most is None:
        return at_least, True
    if at_most is not None and at_least is None:
        return at_most, False
    raise TypeError("a share is held against one bound: at_least or at_most")


def _needed(share: Share, bound: float) -> int | None:
    """Trials in all, as alike as these.

    Wilson's interval has those shares in it from which the observed one is at most Z standard
    errors away. That is solved for the number of trials.
    """
    assert share.value is not None
    if share.value == bound:
        return None
    exact = Z * Z * bound * (1 - bound) / (share.value - bound) ** 2 * share.design_effect
    return None if exact > MOST_NEEDED else ceil(exact)


def verdict_in_words(
    share: Share, *, at_least: float | None = None, at_most: float | None = None
) -> str:
    """Like: 0.96 reaches 0.95, but its interval 0.93 to 0.98 straddles it; ... would settle it."""
    bound, is_lowest = _bound(at_least, at_most)
    found, value = verdict(share, at_least=at_least, at_most=at_most), share.value
    if value is None:
        return f"there is no trial to hold against {bound:g}"
    said, limit, low, high = _apart(bound, value, share.low, share.high)
    keeps, breaks = ("reaches", "misses") if is_lowest else ("stays within", "exceeds")
    told = f"{said} {keeps if found.met else breaks} {limit}"
    if not found.straddles:
        return f"{told}; its interval is {low} to {high}"
    told += f", but its interval {low} to {high} straddles it"
    if found.needed is None:
        return f"{told}; not even {MOST_NEEDED:,} trials would settle it"
    return f"{told}; {found.needed:,} trials would settle it"


def _apart(bound: float, value: float, *ends: float) -> list[str]:
    """Value, bound and ends with so many digits that none looks like the bound without being it."""

    def tells(digits: int) -> bool:
        shown = round(bound, digits)
        return shown == bound and all(
            (round(one, digits) == shown) == (one == bound) for one in (value, *ends)
        )

    digits = next(filter(tells, _DIGITS), _DIGITS[-1])
    return [f"{one:.{digits}f}" for one in (value, bound, *ends)]
