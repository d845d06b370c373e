"""The figures of an evaluation, against what comes out by hand."""

from itertools import combinations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.trials import EVEN, case, passing, trial
from triage_agent.evaluation import figures
from triage_agent.evaluation.results import QUESTIONS, Alone, Check, Share
from triage_agent.evaluation.shares import clustered, share


def counts(found: Share) -> tuple[int, int]:
    return found.hits, found.of


def test_each_question_counts_where_it_is_asked() -> None:
    """A trial counts for the questions it was asked; a question that nobody asks has none."""
    both = (Check(question="classified", ok=True), Check(question="work", ok=False))
    lost = tuple(check.model_copy(update={"ok": False}) for check in both)
    asked = [case(trial(checks=both), trial(checks=lost, crashed="cut off")), case(trial())]
    found = figures.by_question(asked)

    assert [*QUESTIONS] == [*found]
    assert [(2, 3), (0, 0), (0, 2)] == [counts(found[q]) for q in ("classified", "sources", "work")]
    assert clustered([[True, False], [True]]) == found["classified"]
    assert share(0, 0) == found["sources"]


def test_what_stops_and_what_should() -> None:
    """Recall is of what should stop, false alarms of what shouldn't; a crash stops nothing."""
    stops, goes_on = trial(stopped=True), trial()
    crashed = trial(stopped=True, crashed="cut off")
    cases = [
        case(stops, stops, goes_on, should_stop=True),
        case(stops, crashed, should_stop=True),
        case(stops, goes_on, crashed, goes_on),
    ]

    assert clustered([[True, True, False], [True, False]]) == figures.recall(cases)
    assert clustered([[True, False, False, False]]) == figures.false_alarms(cases)


def test_the_model_by_itself() -> None:
    """It counts where it was asked, whatever the pipeline made of it."""
    right = trial(category=None, stopped=True, alone=_alone("pumps", stops=False))
    wrong = trial(alone=_alone("valves", stops=True))
    not_asked = trial(stopped=True)
    cases = [
        case(right, wrong, not_asked, should_stop=True),
        case(right, not_asked, right, wrong),
        case(wrong, categories=("fans", "valves")),
        case(right, categories=()),
    ]

    assert (1, 2) == counts(figures.alone_recall(cases))
    assert (2, 5) == counts(figures.alone_false_alarms(cases))
    assert (4, 6) == counts(figures.alone_classified(cases))
    assert clustered([[True, False], [True, True, False], [True]]) == (
        figures.alone_classified(cases)
    )


def _alone(category: str, *, stops: bool) -> Alone:
    return Alone(category=category, confidence=0.9, stops=stops)


def test_a_known_pass_hat() -> None:
    """Of four trials, four, two and none passed."""
    cases = [passing([True] * 4), passing([True, True, False, False]), passing([False] * 4)]

    # (1 + 2/4 + 0) / 3, (1 + 1/6 + 0) / 3, then only the first can pass.
    assert pytest.approx([0.5, 7 / 18, 1 / 3, 1 / 3]) == [
        figures.pass_hat(cases, k) for k in (1, 2, 3, 4)
    ]


def test_pass_hat_of_more_trials_than_there_are() -> None:
    """Nothing is said of more trials than every case has, of none, and of no case."""
    cases = [passing([True] * 3), passing([True] * 2)]

    assert [None, 1.0, 1.0, None] == [figures.pass_hat(cases, k) for k in (0, 1, 2, 3)]
    assert figures.pass_hat([], 1) is None


@given(EVEN)
def test_pass_hat_falls(flags: list[list[bool]]) -> None:
    """For one trial it is the share that passes; it doesn't rise with more, and can't pass 1."""
    found = figures.passes([passing(some) for some in flags])

    assert len(flags[0]) == len(found.pass_hat)
    assert pytest.approx(found.passed.value) == found.pass_hat[0]
    assert sorted(found.pass_hat, reverse=True) == pytest.approx(list(found.pass_hat))
    assert pytest.approx(fmean(all(some) for some in flags)) == found.pass_hat[-1]


@given(st.integers(1, 6), st.integers(0, 6), st.integers(1, 6))
def test_pass_hat_counts_choices(trials: int, passed: int, k: int) -> None:
    """It is the share of the ways to choose k trials in which all passed."""
    flags = [number < passed for number in range(trials)]
    ways = [all(some) for some in combinations(flags, k)]

    assert (pytest.approx(fmean(ways)) if ways else None) == figures.pass_hat([passing(flags)], k)


def test_a_crash_passes_nothing() -> None:
    """Even where every check that it got to is answered yes."""
    crashed = case(trial(), trial(crashed="cut off"))

    assert (1, 2) == counts(figures.passes([crashed]).passed)


def test_each_stratum_by_itself() -> None:
    """Strata come in the order of their first case, each with its own trials a case."""
    cases = [
        passing([True, True], "rough"),
        passing([True, True, False], "plain"),
        passing([False, True], "rough"),
    ]
    found = figures.by_stratum(cases)

    assert ["rough", "plain"] == [*found]
    assert (2, 1) == (found["rough"].cases, found["plain"].cases)
    assert clustered([[True, True], [False, True]]) == found["rough"].passed
    assert pytest.approx((0.75, 0.5)) == found["rough"].pass_hat
    assert pytest.approx((2 / 3, 1 / 3, 0)) == found["plain"].pass_hat
    assert {} == figures.by_stratum([])


def test_what_trials_cost() -> None:
    """Sums over all, and means for one trial."""
    dear = trial(cost_usd=0.5, tokens=300, seconds=2.0, human_steps=2, needed=1, clean_up=2)
    cheap = trial(cost_usd=0.25, tokens=100, seconds=1.0, human_steps=1)
    found = figures.cost([case(dear, cheap), case(cheap, trial(clean_up=1))])

    assert (4, 1.0, 0.25) == (found.trials, found.total_usd, found.usd)
    assert (500, 125, 1.0) == (found.total_tokens, found.tokens, found.seconds)
    assert (1.0, 0.25, 3) == (found.human_steps, found.needed, found.clean_up)


def test_a_cost_that_is_not_known() -> None:
    """One price that isn't known leaves the cost open, and nothing else."""
    found = figures.cost([case(trial(cost_usd=None, tokens=7), trial(cost_usd=0.5))])

    assert (None, None, 7) == (found.total_usd, found.usd, found.total_tokens)


def test_figures_of_nothing() -> None:
    """Without a case there is no figure that says anything, and none that fails."""
    spent, passed = figures.cost([]), figures.passes([])

    assert (0, 0.0, 0.0, 0.0) == (spent.trials, spent.total_usd, spent.usd, spent.seconds)
    assert (0, share(0, 0), ()) == (passed.cases, passed.passed, passed.pass_hat)
    assert share(0, 0) == figures.recall([]) == figures.alone_classified([])
