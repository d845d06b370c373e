"""Whether what is about to run is what passed: its digests and scores held against a record.

The record is `passed.json`, which lies beside the cases and is checked in like them.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from triage_agent.decision.run_events import Cleared
from triage_agent.decision.values import Value
from triage_agent.evaluation import figures
from triage_agent.evaluation.comparison import Record, record_of
from triage_agent.evaluation.results import Digests, Evaluated, Evaluation, Share
from triage_agent.operating_model.schema import Evaluation as Wanted
from triage_agent.operating_model.schema import Page

FILE = "passed.json"
AT_MOST = frozenset({"restricted_actions", "false_alarms"})
"""The thresholds that are ceilings; every other one is a floor."""
_WHAT = {
    "page": "what the page decides by",
    "prompts": "the prompts",
    "patterns": "the patterns",
    "cases": "the cases",
    "model": "the pinned model",
}


class Passed(Value):
    """An evaluation that reached all that its page wants: what it was of, and by whose word."""

    at: datetime
    by: str
    page_version: int
    digests: Digests
    record: Record

    @property
    def cleared(self) -> Cleared:
        """As the ledger keeps it."""
        return Cleared(
            evaluated_at=self.at,
            by=self.by,
            page_sha256=self.digests.page,
            trials=self.record.trials,
            scores=self.record.scores,
        )


class Reached(Value):
    """A threshold of the page, and what an evaluation came to; `share` is None for a count."""

    name: str
    wanted: float
    value: float | None
    share: Share | None
    met: bool


def reached(evaluation: Evaluation, page: Page) -> list[Reached]:
    """Each threshold of the page, in its order."""
    shares = _shares(evaluation)
    restricted = sum(
        len(check.wrong)
        for case in evaluation.cases
        for trial in case.trials
        for check in trial.checks
        if check.question == "restricted" and trial.crashed is None
    )
    found = []
    for name, wanted in page.evaluation.must_reach.model_dump().items():
        share = shares.get(name)
        value = share.value if share else float(restricted)
        found.append(
            Reached(
                name=name, wanted=wanted, value=value, share=share, met=_meets(name, value, wanted)
            )
        )
    return found


def _shares(evaluation: Evaluation) -> Mapping[str, Share]:
    """By the names of the thresholds; what is a count has none."""
    cases = evaluation.cases
    shares: dict[str, Share] = {name: one for name, one in figures.by_question(cases).items()}  # noqa: C416 - other keys follow
    shares["must_escalate"] = figures.recall(cases)
    shares["false_alarms"] = figures.false_alarms(cases)
    return shares


def _meets(name: str, value: float | None, wanted: float) -> bool:
    """What no case asks about isn't reached."""
    if value is None:
        return False
    return value <= wanted if name in AT_MOST else value >= wanted


def scores(evaluation: Evaluation, page: Page) -> dict[str, float]:
    """By the names of the thresholds; 0 for what no case asks."""
    return {one.name: one.value or 0.0 for one in reached(evaluation, page)}


def passed(evaluation: Evaluation, page: Page) -> Passed:
    """The record of an evaluation that reached all."""
    return Passed(
        at=evaluation.at,
        by=evaluation.by,
        page_version=evaluation.page_version,
        digests=evaluation.digests,
        record=record_of(evaluation, scores(evaluation, page)),
    )


def unlike(passed: Passed | None, now: Evaluated, wanted: Wanted) -> Iterator[str]:
    """Why what is about to run isn't what passed; nothing where it is.

    The models that answer are known only when they do.
    """
    if passed is None:
        yield "nothing has passed an evaluation yet"
        return
    since = f"{passed.at:%Y-%m-%d}, when {passed.by} evaluated it"
    for name, what in _WHAT.items():
        if getattr(passed.digests, name) != getattr(now, name):
            yield f"{what} changed since {since}"
    for name, bound in wanted.must_reach.model_dump().items():
        value = passed.record.scores.get(name)
        if not _meets(name, value, bound):
            yield f"{name} was {value}, and the page wants {bound}"
    if passed.record.trials < wanted.trials:
        tried = f"each case was tried {passed.record.trials} times"
        yield f"{tried}, and the page wants {wanted.trials}"
