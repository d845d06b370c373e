"""The figures of an evaluation, each a function of its cases' results.

The trials of one case resemble each other, so every interval here has cases as its clusters.
"""

from collections.abc import Callable, Iterable, Sequence
from math import comb, fsum

from triage_agent.decision.values import Value
from triage_agent.evaluation.results import QUESTIONS, Alone, CaseResult, Question, Share
from triage_agent.evaluation.shares import clustered

Cases = Sequence[CaseResult]


class Passes(Value):
    """How many trials passed in whole; `pass_hat`: pass^k for k = 1 up to the trials a case."""

    cases: int
    passed: Share
    pass_hat: tuple[float, ...]


class Cost(Value):
    """What the trials cost. Means are for one trial: a request that is handled once.

    `usd` is None where a price isn't known. `human_steps`: how often somebody has to decide;
    `needed`: how often the case wants that. `clean_up`: what people have to put right, in all.
    """

    trials: int
    total_usd: float | None
    usd: float | None
    total_tokens: int
    tokens: float
    seconds: float
    human_steps: float
    needed: float
    clean_up: int


def by_question(cases: Cases) -> dict[Question, Share]:
    """How often each question is answered yes, in the trials of the cases that ask it."""
    return {question: _answered(cases, question) for question in QUESTIONS}


def _answered(cases: Cases, question: Question) -> Share:
    checks = ([check for trial in case.trials for check in trial.checks] for case in cases)
    return clustered([[one.ok for one in some if one.question == question] for some in checks])


def recall(cases: Cases) -> Share:
    """Of what should stop, how much did; a trial that crashed didn't."""
    return _stopped(cases, should_stop=True)


def false_alarms(cases: Cases) -> Share:
    """Of what should go on, how much stopped; a trial that crashed didn't."""
    return _stopped(cases, should_stop=False)


def _stopped(cases: Cases, *, should_stop: bool) -> Share:
    return clustered(
        [
            [trial.stopped and trial.crashed is None for trial in case.trials]
            for case in cases
            if case.should_stop == should_stop
        ]
    )


def alone_recall(cases: Cases) -> Share:
    """Recall of the model by itself, where it was asked."""
    return _alone((case for case in cases if case.should_stop), _stops)


def alone_false_alarms(cases: Cases) -> Share:
    """False alarms of the model by itself, where it was asked."""
    return _alone((case for case in cases if not case.should_stop), _stops)


def alone_classified(cases: Cases) -> Share:
    """How often the model by itself names a right category, in the cases that have one."""
    return _alone((case for case in cases if case.categories), is_right)


def _stops(_case: CaseResult, alone: Alone) -> bool:
    return alone.stops or alone.unsure


def is_right(case: CaseResult, alone: Alone) -> bool:
    """Whether the model by itself named a category that is right."""
    return alone.category in case.categories


def _alone(cases: Iterable[CaseResult], holds: Callable[[CaseResult, Alone], bool]) -> Share:
    return clustered(
        [[holds(case, one.alone) for one in case.trials if one.alone] for case in cases]
    )


def pass_hat(cases: Cases, k: int) -> float | None:
    """The chance that k trials of a case all pass: pass^k, the mean of C(c, k) / C(n, k).

    For c of a case's n trials that passed; that is unbiased (S. Yao et al., tau-bench, 2024,
    arXiv:2406.12045). None where a case has fewer than k trials, or where there is no case.
    """
    if not 1 <= k <= _trials_a_case(cases):
        return None
    return fsum(comb(case.passes, k) / comb(len(case.trials), k) for case in cases) / len(cases)


def _trials_a_case(cases: Cases) -> int:
    """How many trials every case has at least."""
    return min((len(case.trials) for case in cases), default=0)


def passes(cases: Cases) -> Passes:
    """What of these cases passed in whole."""
    chances = (pass_hat(cases, k) for k in range(1, _trials_a_case(cases) + 1))
    return Passes(
        cases=len(cases),
        passed=clustered([[trial.passed for trial in case.trials] for case in cases]),
        pass_hat=tuple(chance for chance in chances if chance is not None),
    )


def by_stratum(cases: Cases) -> dict[str, Passes]:
    """What passed of each stratum, in the order in which the strata come."""
    strata: dict[str, list[CaseResult]] = {}
    for case in cases:
        strata.setdefault(case.stratum, []).append(case)
    return {name: passes(some) for name, some in strata.items()}


def cost(cases: Cases) -> Cost:
    """What all trials cost, and one of them; zeros where there is none."""
    trials = [trial for case in cases for trial in case.trials]
    prices = [trial.cost_usd for trial in trials if trial.cost_usd is not None]
    usd = fsum(prices) if len(prices) == len(trials) else None
    tokens = sum(trial.tokens for trial in trials)
    of = len(trials) or 1
    return Cost(
        trials=len(trials),
        total_usd=usd,
        usd=None if usd is None else usd / of,
        total_tokens=tokens,
        tokens=tokens / of,
        seconds=fsum(trial.seconds for trial in trials) / of,
        human_steps=sum(trial.human_steps for trial in trials) / of,
        needed=sum(trial.needed for trial in trials) / of,
        clean_up=sum(trial.clean_up for trial in trials),
    )
