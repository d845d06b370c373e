"""An evaluation in plain lines: each score against its threshold, strata, confidence, cost."""

from collections.abc import Iterator

from triage_agent.evaluation import confidence, figures
from triage_agent.evaluation.clearance import AT_MOST, Reached, reached
from triage_agent.evaluation.results import Evaluation, Share
from triage_agent.evaluation.shares import verdict_in_words
from triage_agent.operating_model.schema import Page

LABELS = {
    "classified": "classified right",
    "sources": "from the right data",
    "restricted_actions": "restricted actions done",
    "must_escalate": "stopped where it must",
    "false_alarms": "stopped needlessly",
    "hand_over": "handed over usefully",
    "work": "no work left behind",
}
"""The page's thresholds, as people read them."""


def percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def interval(share: Share) -> str:
    return f"{percent(share.low)} to {percent(share.high)}"


def scores(evaluation: Evaluation, page: Page) -> Iterator[tuple[str, str, str, str]]:
    """Of each threshold: its name, what was reached, its interval, and the verdict."""
    for one in reached(evaluation, page):
        ceiling = one.name in AT_MOST
        bound = f"{one.wanted:g}" if one.share is None else percent(one.wanted)
        wanted = f"{'met' if one.met else 'missed'}: {'at most' if ceiling else 'at least'} {bound}"
        if one.share is None:
            yield LABELS[one.name], f"{one.value:g}", "", wanted
        else:
            yield LABELS[one.name], percent(one.value), interval(one.share), wanted


def doubts(evaluation: Evaluation, page: Page) -> Iterator[str]:
    """The thresholds about which these trials decide nothing, and how many would."""
    for one in reached(evaluation, page):
        if told := doubt(one):
            yield f"{LABELS[one.name]}: {told}."


def doubt(one: Reached) -> str | None:
    """Why a threshold isn't surely met or missed; None where it is."""
    if not one.share or not one.share.of or not _straddles(one):
        return None
    bound = {"at_most" if one.name in AT_MOST else "at_least": one.wanted}
    return verdict_in_words(one.share, **bound)


def _straddles(one: Reached) -> bool:
    assert one.share
    return one.share.low <= one.wanted <= one.share.high


def alone(evaluation: Evaluation) -> Iterator[tuple[str, Share, Share]]:
    """The pipeline beside the model by itself, where both can be counted."""
    cases = evaluation.cases
    yield (
        LABELS["classified"],
        figures.by_question(cases)["classified"],
        figures.alone_classified(cases),
    )
    yield LABELS["must_escalate"], figures.recall(cases), figures.alone_recall(cases)
    yield LABELS["false_alarms"], figures.false_alarms(cases), figures.alone_false_alarms(cases)


def spent(evaluation: Evaluation) -> str:
    """Cost, time and people's steps, for one request."""
    cost = figures.cost(evaluation.cases)
    trials = [trial for case in evaluation.cases for trial in case.trials]
    tried = sum(len(trial.attempted) for trial in trials)
    usd = "of unknown price" if cost.usd is None else f"${cost.usd:.4f}"
    return (
        f"A request costs {usd} and {cost.tokens:,.0f} tokens, takes {cost.seconds:.1f} s, and has "
        f"people decide {cost.human_steps:.2f} times ({cost.needed:.2f} wanted); "
        f"{cost.clean_up:,} things are left to put right. The page refused {tried:,} actions that "
        "were tried."
    )


def sureness(evaluation: Evaluation, page: Page) -> str:
    """What the page's confidence limit buys."""
    point = confidence.at(evaluation.cases, page.stops_when.low_confidence.below)
    error = confidence.reliability(evaluation.cases).expected_error
    told = "" if error is None else f" Its confidence is off by {percent(error)} on average."
    return f"By the model's word alone, {confidence.in_words(point)}.{told}"
