"""An evaluation beside what is on record: which cases come out otherwise."""

from datetime import UTC, datetime

from tests.evaluation.trials import passing
from triage_agent.evaluation.comparison import Change, Record, changes, record_of
from triage_agent.evaluation.results import CaseResult, Digests, Evaluation

DIGESTS = Digests(page="a", prompts="b", patterns="c", cases="d", model="m",
                  answered_by=("m-1", "m-2"))  # fmt: skip


def evaluation(*cases: CaseResult, trials: int = 2) -> Evaluation:
    named = tuple(
        one.model_copy(update={"name": f"case {number}"}) for number, one in enumerate(cases)
    )
    at = datetime(2026, 11, 20, tzinfo=UTC)
    return Evaluation(
        at=at, by="dana", page_version=7, digests=DIGESTS, trials=trials, cases=named, seconds=1.0
    )


def test_a_record_counts_what_passed() -> None:
    """It names who answered, and how many trials of each case passed."""
    kept = record_of(
        evaluation(passing([True, False]), passing([True, True], "rough")), {"work": 0.75}
    )

    assert ("m-1 and m-2", 2) == (kept.model, kept.trials)
    assert {"plain: case 0": 1, "rough: case 1": 2} == kept.passes
    assert {"work": 0.75} == kept.scores
    assert kept == Record.model_validate_json(kept.model_dump_json())


def test_only_what_comes_out_otherwise_is_a_change() -> None:
    """Shares are compared, so that another number of trials is no change; worse is worse."""
    before = record_of(evaluation(*(passing([True, False]) for _ in range(3))), {})
    now = evaluation(
        passing([True, False, True, False]), passing([True] * 4), passing([False] * 4), trials=4
    )
    found = [*changes(before, now)]

    assert [
        Change(case="plain: case 1", was=0.5, now=1.0),
        Change(case="plain: case 2", was=0.5, now=0.0),
    ] == found
    assert [False, True] == [one.fell for one in found]


def test_cases_that_only_one_of_them_has() -> None:
    """A new case and one that was taken out have nothing to be compared with."""
    before = Record(model="m", trials=1, passes={"plain: gone": 1}, scores={})

    assert [] == [*changes(before, evaluation(passing([False, False])))]
