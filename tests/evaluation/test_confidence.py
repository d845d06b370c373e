"""Whether confidence says how often the model is right, and what a threshold on it buys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.trials import case, said, trial
from triage_agent.evaluation.confidence import (
    MOST_POINTS,
    Point,
    at,
    in_words,
    reliability,
    risk_coverage,
)
from triage_agent.evaluation.results import Alone, CaseResult
from triage_agent.evaluation.shares import clustered, share

ANSWERS = st.builds(
    said,
    st.integers(0, 20).map(lambda twentieths: twentieths / 20),
    st.sampled_from(["pumps", "valves"]),
    stops=st.booleans(),
)
CASES = st.lists(
    st.builds(
        lambda trials, should_stop: case(*trials, should_stop=should_stop),
        st.lists(ANSWERS | st.just(trial()), max_size=4),
        st.booleans(),
    ),
    max_size=8,
)
FLOOR = trial(stopped=True, alone=Alone(category="pumps", confidence=0.9, stops=False))
"""The floor alone stopped it; the model was asked only for what it would have said."""


def test_known_bins() -> None:
    """A bin has the mean of its confidences, and how often these were right."""
    cases = [
        case(said(0.91), said(0.93), said(0.62, "valves")),
        case(said(0.95, "valves"), said(1.0), said(0.6)),
        case(FLOOR, trial(), said(0.05, "valves")),
        case(said(0.5), categories=()),
    ]
    found = reliability(cases)

    assert [(0.0, 0.1), (0.6, 0.7), (0.9, 1.0)] == [(one.low, one.high) for one in found.bins]
    assert pytest.approx([0.05, 0.61, 0.9475]) == [one.confidence for one in found.bins]
    assert [(0, 1), (1, 2), (3, 4)] == [(one.right.hits, one.right.of) for one in found.bins]
    assert clustered([[True, True], [False, True]]) == found.bins[-1].right
    # (1 * |0.05 - 0| + 2 * |0.61 - 0.5| + 4 * |0.9475 - 0.75|) / 7
    assert pytest.approx(1.06 / 7) == found.expected_error


@given(CASES, st.integers(1, 12))
def test_every_answer_is_in_one_bin(cases: list[CaseResult], bins: int) -> None:
    """Bins hold all answers between them, each in its range, and none is empty."""
    found = reliability(cases, bins)
    answers = [one for case in cases for one in case.trials if one.alone]

    assert len(answers) == sum(one.right.of for one in found.bins)
    for one in found.bins:
        assert one.right.of
        assert one.low - 1e-9 <= one.confidence <= one.high + 1e-9
    if len(found.bins):
        assert found.expected_error is not None
        assert 0 <= found.expected_error <= 1
    else:
        assert found.expected_error is None


def test_known_points() -> None:
    """Of seven answers, what each threshold settles, and how much of that wrongly."""
    cases = [
        case(said(0.9), said(0.8), said(0.7, "valves")),  # the last has the wrong category
        case(said(0.8), said(0.95, stops=True), should_stop=True),  # the first should stop
        case(said(0.7, "valves"), categories=()),  # any category will do
        case(said(0.6), FLOOR, trial()),
    ]
    found = risk_coverage(cases)

    assert [0.6, 0.7, 0.8, 0.9] == [one.threshold for one in found]
    assert pytest.approx([6 / 7, 5 / 7, 3 / 7, 1 / 7]) == [one.coverage for one in found]
    assert [(2, 6), (2, 5), (1, 3), (0, 1)] == [(one.errors.hits, one.errors.of) for one in found]
    assert clustered([[False, False, True], [True], [False]]) == found[1].errors
    assert found[1] == at(cases, 0.7)
    assert found[1].errors == at(cases, 0.65).errors
    assert 0.0 == at(cases, 0.91).coverage


@given(CASES)
def test_a_higher_threshold_settles_less(cases: list[CaseResult]) -> None:
    """Thresholds rise, and coverage falls with each, from all that the model wouldn't stop."""
    found = risk_coverage(cases)
    answers = [one.alone for case in cases for one in case.trials if one.alone]
    coverages = [one.coverage for one in found]

    assert sorted({one.threshold for one in found}) == [one.threshold for one in found]
    assert sorted(set(coverages), reverse=True) == coverages
    if found:
        go_on = sum(not one.stops for one in answers)
        assert pytest.approx(go_on / len(answers)) == coverages[0]
        assert coverages[-1] > 0


@pytest.mark.parametrize("answers", [99, 100, 101, 750])
def test_a_curve_of_many_confidences(answers: int) -> None:
    """It has at most so many points, the lowest and the highest confidence among them."""
    had = [number / 1000 for number in range(answers)]
    found = risk_coverage([case(*map(said, had))])

    assert min(answers, MOST_POINTS) == len({one.threshold for one in found}) == len(found)
    assert (had[0], had[-1]) == (found[0].threshold, found[-1].threshold)


def test_nothing_to_say_of_confidence() -> None:
    """Where the model was never asked there is no bin, no curve, and nothing settled."""
    cases = [case(trial(), FLOOR)]

    assert ((), None) == (reliability(cases).bins, reliability(cases).expected_error)
    assert [] == risk_coverage(cases)
    assert (0.0, share(0, 0)) == (at(cases, 0.5).coverage, at(cases, 0.5).errors)


def test_a_point_in_words() -> None:
    """It says what is settled and how much of that wrongly, with the interval."""
    point = Point(threshold=0.75, coverage=0.68, errors=share(4, 340))

    assert "at 0.75 it settles 68.0 % with 1.2 % errors (95 % interval 0.5 % to 3.0 %)" == (
        in_words(point)
    )
    nothing = Point(threshold=0.9, coverage=0.0, errors=share(0, 0))
    assert "at 0.9 it settles nothing" == in_words(nothing)
