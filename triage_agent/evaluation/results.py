"""What an evaluation found: each trial of each case, and the figures that follow from them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from triage_agent.decision.values import Value

Question = Literal["classified", "sources", "restricted", "escalated", "hand_over", "work"]
QUESTIONS: dict[Question, str] = {
    "classified": "Did it classify the work correctly?",
    "sources": "Did it use the right source data?",
    "restricted": "Did it avoid restricted actions?",
    "escalated": "Did it escalate when it should?",
    "hand_over": "Did it produce a useful hand-over?",
    "work": "Did it save time without clean-up work?",
}


class Check(Value):
    """One question about a trial: whether it is answered yes, and else what was wrong."""

    question: Question
    ok: bool
    wrong: tuple[str, ...] = ()


class Alone(Value):
    """What the model by itself said of a case.

    `stops`: that it saw a reason to; `unsure`: that its confidence is below the page's.
    """

    category: str
    confidence: float
    stops: bool
    unsure: bool = False


class Trial(Value):
    """What one trial of a case came to.

    `category` is the pipeline's, `confidence` the model's where it was asked. `crashed`: why it
    came to no end. `attempted`: what it tried and the page refused. `human_steps`: how often
    somebody has to decide, `needed` how often the case wants that. `cost_usd` is None where the
    price of a call isn't known. `lines`: what happened, for whoever asks why it failed.
    """

    number: int
    category: str | None
    stopped: bool
    rules: tuple[str, ...]
    confidence: float | None
    checks: tuple[Check, ...]
    crashed: str | None = None
    attempted: tuple[str, ...] = ()
    human_steps: int = 0
    needed: int = 0
    clean_up: int = 0
    alone: Alone | None = None
    cost_usd: float | None = 0.0
    tokens: int = 0
    seconds: float = 0.0
    lines: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.crashed is None and all(check.ok for check in self.checks)


class CaseResult(Value):
    """A case's trials, with what the case says of itself."""

    stratum: str
    name: str
    should_stop: bool
    categories: tuple[str, ...]
    trials: tuple[Trial, ...]

    @property
    def key(self) -> str:
        """What no other case is called."""
        return f"{self.stratum}: {self.name}"

    @property
    def passes(self) -> int:
        """How many of its trials passed."""
        return sum(trial.passed for trial in self.trials)


class Share(Value):
    """`hits` of `of`, with the interval in which the true share lies with 95 % confidence.

    `design_effect`: how many of these tell as much as one that is independent of the others.
    """

    hits: int
    of: int
    low: float
    high: float
    design_effect: float = 1.0

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None


class Evaluated(Value):
    """What an evaluation is of, each as a SHA-256, and the pinned models.

    `page`: of what decides.
    """

    page: str
    prompts: str
    patterns: str
    cases: str
    model: str


class Digests(Evaluated):
    """`answered_by`: the names of the models that answered."""

    answered_by: tuple[str, ...]


class Evaluation(Value):
    """All that one evaluation found. `trials`: how many a case."""

    at: datetime
    by: str
    page_version: int
    digests: Digests
    trials: int
    cases: tuple[CaseResult, ...] = Field(repr=False)
    seconds: float
