"""Results of cases as the tests need them: all is well where nothing else is said."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from triage_agent.evaluation.results import Alone, CaseResult, Check, Trial


def trial(*, ok: bool = True, **told: Any) -> Trial:  # noqa: ANN401 - any of a trial's fields
    """A trial that is asked one question."""
    known: dict[str, Any] = {
        "number": 1,
        "category": "pumps",
        "stopped": False,
        "rules": (),
        "confidence": None,
        "checks": (Check(question="classified", ok=ok),),
    }
    return Trial(**(known | told))


def said(confidence: float, category: str = "pumps", *, stops: bool = False) -> Trial:
    """A trial in which the model was asked."""
    alone = Alone(category=category, confidence=confidence, stops=stops)
    return trial(confidence=confidence, alone=alone)


def case(*trials: Trial, **told: Any) -> CaseResult:  # noqa: ANN401 - any of a case's fields
    """A case of pumps that should go on."""
    known: dict[str, Any] = {
        "stratum": "plain",
        "name": "one",
        "should_stop": False,
        "categories": ("pumps",),
        "trials": trials,
    }
    return CaseResult(**(known | told))


def passing(flags: Sequence[bool], stratum: str = "plain") -> CaseResult:
    """A case whose trials pass or fail so."""
    return case(*(trial(ok=ok) for ok in flags), stratum=stratum)


FLAGS = st.lists(st.lists(st.booleans(), max_size=6), max_size=12)
"""Cases with the flags of their trials: of any number, even none."""
EVEN = st.integers(1, 5).flatmap(
    lambda trials: st.lists(
        st.lists(st.booleans(), min_size=trials, max_size=trials), min_size=1, max_size=12
    )
)
"""Likewise, with as many trials in each."""
