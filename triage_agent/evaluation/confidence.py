"""Whether the model's confidence says how often it is right, and what a threshold on it buys.

Counted are the trials in which the model was asked: not those that the floor alone stopped, which
have no confidence. Category and confidence are the model's own, for it is sure of its own answer.
"""

from collections.abc import Sequence
from math import fsum
from statistics import fmean

from triage_agent.decision.values import Value
from triage_agent.evaluation.figures import Cases, is_right
from triage_agent.evaluation.results import Alone, CaseResult, Share
from triage_agent.evaluation.shares import clustered

MOST_POINTS = 100
"""So many points draw a curve as well as more would."""


class Bin(Value):
    """The answers whose confidence lies from `low` to below `high`; 1 belongs to the last bin."""

    low: float
    high: float
    confidence: float
    right: Share


class Reliability(Value):
    """The bins that hold an answer, and the error over all of them; None where there is none.

    `expected_error` is the expected calibration error: by how much confidence and share of right
    answers differ in a bin, on average over the answers. It is expected in the sense of that
    average, not as a forecast (M. Pakdaman Naeini, G. Cooper, M. Hauskrecht, Obtaining well
    calibrated probabilities using Bayesian binning, AAAI 2015).
    """

    bins: tuple[Bin, ...]
    expected_error: float | None


class Point(Value):
    """What settling from a confidence on would do.

    `coverage`: how much of all would be settled. `errors`: how much of that wrongly, as its
    category is wrong or it should have stopped.
    """

    threshold: float
    coverage: float
    errors: Share


def reliability(cases: Cases, bins: int = 10) -> Reliability:
    """How often the model is right when it is so sure, in the cases that have a category."""
    asked = _asked([case for case in cases if case.categories])
    found = tuple(one for number in range(bins) if (one := _bin(asked, number, bins)))
    gaps = [(abs(one.confidence - one.right.hits / one.right.of), one.right.of) for one in found]
    answers = sum(of for _, of in gaps)
    error = fsum(gap * of for gap, of in gaps) / answers if answers else None
    return Reliability(bins=found, expected_error=error)


_Asked = Sequence[tuple[CaseResult, Sequence[Alone]]]


def _asked(cases: Cases) -> _Asked:
    """Each case with what the model said of it where it was asked."""
    return [
        (case, [one.alone for one in case.trials if one.alone and one.confidence is not None])
        for case in cases
    ]


def _bin(asked: _Asked, number: int, bins: int) -> Bin | None:
    within = [
        (case, [one for one in answers if min(int(one.confidence * bins), bins - 1) == number])
        for case, answers in asked
    ]
    sure = [one.confidence for _, answers in within for one in answers]
    if not sure:
        return None
    return Bin(
        low=number / bins,
        high=(number + 1) / bins,
        confidence=fmean(sure),
        right=clustered([[is_right(case, one) for one in answers] for case, answers in within]),
    )


def risk_coverage(cases: Cases) -> list[Point]:
    """A point for each confidence that the model had, from the lowest; of many, some evenly."""
    asked = _asked(cases)
    had = sorted({one.confidence for _, answers in asked for one in answers if not one.stops})
    if len(had) > MOST_POINTS:
        last = MOST_POINTS - 1
        had = [had[number * (len(had) - 1) // last] for number in range(MOST_POINTS)]
    return [_at(asked, threshold) for threshold in had]


def at(cases: Cases, threshold: float) -> Point:
    """What would come of settling whatever the model is so sure of and sees no reason to stop."""
    return _at(_asked(cases), threshold)


def _at(asked: _Asked, threshold: float) -> Point:
    wrong = [
        [_is_wrong(case, one) for one in answers if one.confidence >= threshold and not one.stops]
        for case, answers in asked
    ]
    errors, answers = clustered(wrong), sum(len(answers) for _, answers in asked)
    coverage = errors.of / answers if answers else 0.0
    return Point(threshold=threshold, coverage=coverage, errors=errors)


def _is_wrong(case: CaseResult, alone: Alone) -> bool:
    """Whether settling it so would be an error; a case without a category has none that is."""
    return case.should_stop or (bool(case.categories) and not is_right(case, alone))


def in_words(point: Point) -> str:
    """Like: at 0.75 it settles 68.0 % with 1.2 % errors (95 % interval 0.4 % to 3.1 %)."""
    errors = point.errors
    if errors.value is None:
        return f"at {point.threshold:g} it settles nothing"
    share, low, high = (f"{100 * one:.1f} %" for one in (errors.value, errors.low, errors.high))
    settled = f"at {point.threshold:g} it settles {100 * point.coverage:.1f} %"
    return f"{settled} with {share} errors (95 % interval {low} to {high})"
