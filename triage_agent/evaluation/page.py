"""An evaluation as one HTML document that needs nothing else: no script, no address.

What strangers and models wrote is text here: see `ledger.documents`. Its filters are the
stylesheet's, so that everything can be read without them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage_agent.evaluation import confidence, figures, plots, telling
from triage_agent.evaluation.clearance import AT_MOST, Reached, reached
from triage_agent.evaluation.comparison import Change
from triage_agent.evaluation.results import (
    QUESTIONS,
    CaseResult,
    Check,
    Evaluation,
    Question,
    Trial,
)
from triage_agent.ledger import phrases
from triage_agent.ledger.documents import templates
from triage_agent.operating_model.schema import Page

_MOST_CHANCES = 3
"""So many columns for pass^k fit beside the others, on a phone, too."""
_SIGNS = {"may act": "✓", "may not act": "✕"}

_TEMPLATES = templates(Path(__file__).parent / "pages")
_TEMPLATES.filters |= {
    "percent": telling.percent,
    "interval": telling.interval,
    "joined": phrases.joined,
}
_TEMPLATES.globals |= {
    "signs": _SIGNS,
    "questions": QUESTIONS,
    "bar_x": plots.bar_x,
    "count": phrases.count,
}


def as_html(
    evaluation: Evaluation,
    page: Page,
    compared: Mapping[str, Sequence[Change]],
    *,
    is_baseline: bool,
) -> str:
    """All that was found. `compared`: by the file of a record, what came out otherwise since."""
    may_act, verdict = _verdict(evaluation, page, is_baseline=is_baseline)
    cases = _cases(evaluation)
    failed = [one for one in cases if one.fails]
    return _TEMPLATES.get_template("evaluation.html").render(
        title=f"Evaluation of page version {evaluation.page_version}",
        status="may act" if may_act else "may not act",
        verdict=verdict,
        evaluation=evaluation,
        moment=phrases.moment(evaluation.at),
        thresholds=list(_thresholds(evaluation, page)),
        chances=_chances(evaluation.trials),
        strata=figures.by_stratum(evaluation.cases),
        everything=figures.passes(evaluation.cases),
        alone=list(telling.alone(evaluation)),
        **_sureness(evaluation, page),
        spent=telling.spent(evaluation),
        numbers=_numbers(evaluation),
        compared={file: _sorted(changes) for file, changes in compared.items()},
        ids={one.result.key: one.id for one in cases},
        cases=cases,
        failing=len(failed),
        failing_in=Counter(one.result.stratum for one in failed),
        failing_at=Counter(question for one in failed for question in one.failed),
    )


def _verdict(evaluation: Evaluation, page: Page, *, is_baseline: bool) -> tuple[bool, str]:
    """Whether it may act once this is recorded, and why, in a sentence."""
    found, wanted = reached(evaluation, page), page.evaluation.trials
    met, trials = sum(one.met for one in found), evaluation.trials
    tried = f"{phrases.count(len(evaluation.cases), 'case')}, {phrases.count(trials, 'trial')} each"
    told = f"{tried}: {met} of {len(found)} thresholds are met"
    if is_baseline:
        return False, (
            f"{told}; it may not act on real systems, for the sandbox's own model answered."
        )
    if met < len(found):
        return False, f"{told}; it may not act."
    if trials < wanted:
        return False, f"{told}, but the page wants {wanted} trials each; it may not act."
    return True, f"{told}; once this is recorded, it may act."


@dataclass(frozen=True)
class Threshold:
    """A threshold of the page as a row; `verdict` is about what was reached, `doubt` about it."""

    reached: Reached
    label: str
    value: str
    interval: str
    verdict: str
    doubt: str | None

    @property
    def allowed(self) -> tuple[float, float]:
        """The shares that the page allows."""
        wanted = self.reached.wanted
        return (0.0, wanted) if self.reached.name in AT_MOST else (wanted, 1.0)


def _thresholds(evaluation: Evaluation, page: Page) -> Iterator[Threshold]:
    rows = zip(reached(evaluation, page), telling.scores(evaluation, page), strict=True)
    for one, words in rows:
        yield Threshold(one, *words, telling.doubt(one))


def _chances(trials: int) -> list[int]:
    """Which k of pass^k are shown: the first ones, and the last."""
    known = list(range(2, trials + 1))
    return known if len(known) <= _MOST_CHANCES else [*known[: _MOST_CHANCES - 1], known[-1]]


def _sureness(evaluation: Evaluation, page: Page) -> dict[str, object]:
    """What the model's confidence is worth, and what the page's limit on it buys."""
    points = confidence.risk_coverage(evaluation.cases)
    mark = confidence.at(evaluation.cases, page.stops_when.low_confidence.below)
    return {
        "reliability": confidence.reliability(evaluation.cases),
        "points": points,
        "mark": mark,
        "sureness": telling.sureness(evaluation, page),
        "square": plots.Frame(),
        "risk": plots.framed(one.errors for one in (*points, mark)),
    }


def _numbers(evaluation: Evaluation) -> list[tuple[str, str]]:
    cost = figures.cost(evaluation.cases)
    total = "unknown" if cost.total_usd is None else f"${cost.total_usd:,.2f}"
    return [
        ("Trials", f"{cost.trials:,}"),
        ("Cost of all", total),
        ("Tokens of all", f"{cost.total_tokens:,}"),
        ("Evaluated in", phrases.length(evaluation.seconds)),
    ]


def _sorted(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """What got worse, by how much, before what got better."""
    by_much = sorted(changes, key=lambda change: change.now - change.was)
    return {
        "worse": [one for one in by_much if one.fell],
        "better": [one for one in reversed(by_much) if not one.fell],
    }


@dataclass(frozen=True)
class Shown:
    """A case. `stratum`: the number of its stratum, from 1."""

    result: CaseResult
    id: str
    stratum: int

    @property
    def fails(self) -> bool:
        return self.result.passes < len(self.result.trials)

    @property
    def sign(self) -> str:
        """Beside the words, so that it is seen at a glance."""
        if not self.fails:
            return "✓"
        return "▲" if self.result.passes else "✕"

    @property
    def look(self) -> str:
        """Which pill it is."""
        return {"✓": "settled", "▲": "escalated", "✕": "failed"}[self.sign]

    @property
    def failed(self) -> list[Question]:
        """The questions that a trial of it answers with no."""
        checks = [check for trial in self.result.trials for check in trial.checks]
        return [one for one in QUESTIONS if any(c.question == one and not c.ok for c in checks)]

    @property
    def why(self) -> str:
        """What was wrong, each thing once."""
        wrong = [word for trial in self.result.trials for one in trial.checks for word in one.wrong]
        return "; ".join(phrases.listed(wrong))

    @property
    def expected(self) -> str:
        """The end that the case wants."""
        ends = "stops" if self.result.should_stop else "goes on"
        return f"{ends}{f', as {chosen}' if (chosen := self._categories) else ''}"

    @property
    def _categories(self) -> str:
        return " or ".join(self.result.categories)

    @property
    def came(self) -> dict[str, list[str]]:
        """What its trials came to, with the numbers of those that came to the same."""
        ends: dict[str, list[str]] = {}
        for number, trial in enumerate(self.result.trials, 1):
            ends.setdefault(_end(trial), []).append(str(number))
        return ends

    @property
    def failures(self) -> list[tuple[int, Trial, list[Check]]]:
        """The trials that failed: number, trial, and the checks that a crash doesn't explain."""
        return [
            (number, trial, [one for one in trial.checks if not one.ok and not trial.crashed])
            for number, trial in enumerate(self.result.trials, 1)
            if not trial.passed
        ]


def _end(trial: Trial) -> str:
    if trial.crashed is not None:
        return f"came to no end: {trial.crashed}"
    ended = "stopped" if trial.stopped else "went on"
    told = f"{ended} by {phrases.joined(trial.rules)}" if trial.stopped and trial.rules else ended
    told += f", as {trial.category}" if trial.category else ", without a category"
    return told if trial.confidence is None else f"{told}, confidence {trial.confidence:.2f}"


def _cases(evaluation: Evaluation) -> list[Shown]:
    """Those that fail come first, and of these those that fail most."""
    strata = list(figures.by_stratum(evaluation.cases))
    shown = [
        Shown(case, f"case-{number}", strata.index(case.stratum) + 1)
        for number, case in enumerate(evaluation.cases, 1)
    ]
    return sorted(shown, key=_passes)


def _passes(one: Shown) -> float:
    return one.result.passes / len(one.result.trials) if one.fails else 1.0
