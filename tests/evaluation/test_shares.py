"""Shares: their intervals, and whether they surely keep to a bound."""
# ruff: noqa: E501 - a sentence stands on one line, as in a table

from math import sqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.evaluation.trials import FLAGS
from triage_agent.chance import Z, wilson
from triage_agent.evaluation.results import Share
from triage_agent.evaluation.shares import (
    MOST_NEEDED,
    clustered,
    share,
    verdict,
    verdict_in_words,
)

COUNTS = st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


def width(found: Share) -> float:
    return found.high - found.low


def ends(found: Share) -> tuple[float, float]:
    return found.low, found.high


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # The centre of 8/10 is (0.8 + 0.19207) / 1.38415 = 0.71674, half the width
        # 1.959964 * sqrt(0.016 + 0.0096036) / 1.38415 = 0.22657.
        (8, 10, 0.4902, 0.9433),
        # Of 0/10, low is 0 and high is 0.38415 / 1.38415: the centre is as far from both.
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 1, 0.2065, 1.0),
        (50, 100, 0.4038, 0.5962),
        (0, 0, 0.0, 1.0),
    ],
)
def test_known_intervals(hits: int, of: int, low: float, high: float) -> None:
    """Wilson's interval is what comes out by hand; of nothing, anything may be true."""
    found = share(hits, of)

    assert (hits, of, low, high) == (
        found.hits,
        found.of,
        round(found.low, 4),
        round(found.high, 4),
    )


@given(COUNTS)
def test_an_interval_holds_its_share(counts: tuple[int, int]) -> None:
    """What was observed lies in the interval, and that within 0 and 1."""
    found = share(*counts)

    assert found.value is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(COUNTS, st.integers(2, 9))
def test_more_observations_narrow_it(counts: tuple[int, int], times: int) -> None:
    """The same share of more has the narrower interval."""
    hits, of = counts

    assert width(share(times * hits, times * of)) < width(share(hits, of))


@given(COUNTS)
def test_its_ends_are_as_far_as_chance_goes(counts: tuple[int, int]) -> None:
    """If either end were the truth, the observed share would be Z standard errors away."""
    hits, of = counts
    found = share(hits, of)
    for end in {found.low, found.high} - {0.0, 1.0}:
        away = abs(hits / of - end) / sqrt(end * (1 - end) / of)

        assert pytest.approx(Z, rel=1e-6) == away


@given(st.lists(st.booleans(), max_size=30))
def test_one_trial_a_case(flags: list[bool]) -> None:
    """With one trial a case there is nothing to correct."""
    assert share(sum(flags), len(flags)) == clustered([[flag] for flag in flags])


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 6))
@example([True], 3)
@example([True, True, True], 3)
def test_trials_that_all_end_alike(flags: list[bool], trials: int) -> None:
    """Where each case's trials end alike, the interval is that of the cases."""
    found = clustered([[flag] * trials for flag in flags])

    assert (trials * sum(flags), trials * len(flags)) == (found.hits, found.of)
    assert pytest.approx(ends(share(sum(flags), len(flags)))) == ends(found)


@given(FLAGS)
@example([[True, False], [False, True]])
def test_a_cluster_never_tells_more(flags: list[list[bool]]) -> None:
    """The interval is never narrower than that of independent trials, and holds the share."""
    found = clustered(flags)
    plain = share(sum(map(sum, flags)), sum(map(len, flags)))

    assert (plain.hits, plain.of) == (found.hits, found.of)
    assert 0 <= found.low <= plain.low + 1e-12
    assert plain.high - 1e-12 <= found.high <= 1
    assert found.value is None or found.low <= found.value <= found.high


def test_a_known_design_effect() -> None:
    """Two cases of two trials, one of which passes in half, counted by hand."""
    # With the two that are added: hits 2, 1, 2, 0 of 2 each, so the mean is 0.625. Between:
    # 2 * (0.375^2 + 0.125^2 + 0.375^2 + 0.625^2) / 3 = 0.458333; within: 2 * 0.25 / 4 = 0.125.
    # rho = (0.458333 - 0.125) / (0.458333 + 0.125) = 0.571429; 1 + (2 - 1) * rho.
    found = clustered([[True, True], [True, False]])

    assert 1.5714 == round(found.design_effect, 4)
    assert wilson(0.75, 4 / found.design_effect) == ends(found)


def test_cases_of_unequal_size() -> None:
    """Where one case has most of the trials, and all end alike, it counts for most of it."""
    # Kish: (4 + 1 + 1)^2 / (16 + 1 + 1) = 2 cases' worth.
    found = clustered([[True] * 4, [False], [False], []])

    assert pytest.approx(3.0) == found.design_effect
    assert pytest.approx(wilson(4 / 6, 2)) == ends(found)


@pytest.mark.parametrize("cases", [1, 5, 30, 100, 1000])
def test_a_failure_does_not_look_like_proof(cases: int) -> None:
    """One trial that fails doesn't lift the low end of what all passed."""
    all_pass = [[True] * 3 for _ in range(cases)]
    one_fails = [*all_pass[1:], [True, True, False]]

    assert clustered(one_fails).low < clustered(all_pass).low + 1e-6


@pytest.mark.parametrize(
    ("hits", "of", "bound", "met", "straddles", "needed"),
    [
        # 3.841459 * 0.95 * 0.05 / 0.01^2 = 1824.7
        (480, 500, {"at_least": 0.95}, True, True, 1825),
        (470, 500, {"at_least": 0.95}, False, True, 1825),
        (1960, 2000, {"at_least": 0.95}, True, False, None),
        (100, 500, {"at_least": 0.95}, False, False, None),
        # 3.841459 * 0.05 * 0.95 / 0.02^2 = 456.2
        (3, 100, {"at_most": 0.05}, True, True, 457),
        (7, 100, {"at_most": 0.05}, False, True, 457),
        (15, 500, {"at_most": 0.05}, True, False, None),
        (50, 100, {"at_most": 0.05}, False, False, None),
        (95, 100, {"at_least": 0.95}, True, True, None),
        (9501, 10000, {"at_least": 0.95}, True, True, None),
        (100, 100, {"at_least": 1}, True, True, None),
        (99, 100, {"at_least": 1}, False, False, None),
        (0, 100, {"at_most": 0}, True, True, None),
        (0, 0, {"at_least": 0.95}, False, True, None),
        (0, 0, {"at_most": 0.05}, False, True, None),
    ],
)
def test_known_verdicts(
    hits: int,
    of: int,
    bound: dict[str, float],
    met: bool,  # noqa: FBT001 - a column of the table
    straddles: bool,  # noqa: FBT001 - likewise
    needed: int | None,
) -> None:
    """Whether a bound is met, whether that is sure, and else how many would settle it."""
    found = verdict(share(hits, of), **bound)

    assert (met, straddles, needed) == (found.met, found.straddles, found.needed)


@given(COUNTS, st.floats(0.01, 0.99))
def test_so_many_settle_it_and_one_less_does_not(counts: tuple[int, int], place: float) -> None:
    """A bound in the interval is left outside with so many, or not even with a million."""
    hits, of = counts
    found = share(hits, of)
    bound = found.low + place * (found.high - found.low)
    told = verdict(found, at_least=bound)

    def straddles(trials: int) -> bool:
        low, high = wilson(hits / of, trials)
        return low < bound < high

    assert told.straddles
    if told.needed is None:
        assert straddles(MOST_NEEDED)
    else:
        assert of < told.needed <= MOST_NEEDED
        assert straddles(told.needed - 1)
        assert not straddles(told.needed)


def test_trials_that_resemble_each_other_need_more() -> None:
    """Three trials a case that end alike need three times as many trials."""
    found = verdict(clustered([[number > 3] * 3 for number in range(100)]), at_least=0.95)

    # 3.841459 * 0.95 * 0.05 / 0.01^2 * 3 = 5474.1
    assert 5475 == found.needed


@pytest.mark.parametrize("bounds", [{}, {"at_least": 0.9, "at_most": 0.95}])
def test_a_share_is_held_against_one_bound(bounds: dict[str, float]) -> None:
    """Neither none nor two."""
    with pytest.raises(TypeError, match="one bound"):
        verdict(share(1, 2), **bounds)


@pytest.mark.parametrize(
    ("hits", "of", "bound", "words"),
    [
        (
            480, 500, {"at_least": 0.95},
            "0.96 reaches 0.95, but its interval 0.94 to 0.97 straddles it; 1,825 trials would settle it",
        ),
        (
            470, 500, {"at_least": 0.95},
            "0.94 misses 0.95, but its interval 0.92 to 0.96 straddles it; 1,825 trials would settle it",
        ),
        (
            3, 100, {"at_most": 0.05},
            "0.03 stays within 0.05, but its interval 0.01 to 0.08 straddles it; 457 trials would settle it",
        ),
        (
            9501, 10000, {"at_least": 0.95},
            "0.9501 reaches 0.9500, but its interval 0.9457 to 0.9542 straddles it; not even 1,000,000 trials would settle it",
        ),
        (1960, 2000, {"at_least": 0.95}, "0.98 reaches 0.95; its interval is 0.97 to 0.99"),
        (15, 500, {"at_most": 0.05}, "0.030 stays within 0.050; its interval is 0.018 to 0.049"),
        (50, 100, {"at_most": 0.05}, "0.50 exceeds 0.05; its interval is 0.40 to 0.60"),
        (80, 100, {"at_least": 0.995}, "0.800 misses 0.995; its interval is 0.711 to 0.867"),
        (0, 0, {"at_least": 0.95}, "there is no trial to hold against 0.95"),
    ],
)  # fmt: skip
def test_a_verdict_in_words(hits: int, of: int, bound: dict[str, float], words: str) -> None:
    """It is one sentence, with digits enough that nothing looks like the bound without being it."""
    assert words == verdict_in_words(share(hits, of), **bound)
