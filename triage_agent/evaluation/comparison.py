"""The last record of an evaluation, against which the next one of the same model is held."""

from collections.abc import Iterator, Mapping

from triage_agent.decision.values import Value
from triage_agent.evaluation.results import Evaluation

BASELINE_FILE = "baseline.json"


class Record(Value):
    """By case, how many of its trials passed; `model`: who answered; `scores`: by threshold.

    It lies beside the cases and is checked in, so that a change that makes figures fall is seen.
    """

    model: str
    trials: int
    passes: dict[str, int]
    scores: dict[str, float]


def record_of(evaluation: Evaluation, scores: Mapping[str, float]) -> Record:
    """What is kept of an evaluation, and of its scores."""
    return Record(
        model=" and ".join(evaluation.digests.answered_by),
        trials=evaluation.trials,
        passes={case.key: case.passes for case in evaluation.cases},
        scores={**scores},
    )


class Change(Value):
    """A case that comes out otherwise than on record: shares of its trials that passed."""

    case: str
    was: float
    now: float

    @property
    def fell(self) -> bool:
        return self.now < self.was


def changes(before: Record, evaluation: Evaluation) -> Iterator[Change]:
    """Each case of both that comes out otherwise."""
    for case in evaluation.cases:
        if case.key in before.passes:
            was = before.passes[case.key] / before.trials
            now = case.passes / len(case.trials)
            if was != now:
                yield Change(case=case.key, was=was, now=now)
