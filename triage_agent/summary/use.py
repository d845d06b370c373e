"""Whether what the agent is allowed is too little, or too much: requests of a day, and actions."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from triage_agent.decision.output import spaced
from triage_agent.ledger.phrases import joined
from triage_agent.operating_model.action_rules import PostAction
from triage_agent.operating_model.schema import Page
from triage_agent.summary.findings import Finding
from triage_agent.summary.metrics import Counts

FULL = 0.8
"""Beyond so much of a day's requests somebody had better see to it."""


def unused(page: Page, weeks: Sequence[Counts]) -> tuple[str, ...]:
    """The actions that live runs might have done in each of these weeks, and that nobody needed.

    What hands over isn't among them: that nothing had to be is no reason to take it away.
    """
    hands_over = dict(page.actions(PostAction))
    return tuple(
        name
        for name in page.may
        if name not in hands_over and all(week.used.actions.get(name) == 0 for week in weeks)
    )


def of_use(now: Counts, earlier: Sequence[Counts], never: Sequence[str]) -> Iterator[Finding]:
    """Requests that run short, and the actions that are `never` done."""
    told = now.used.allowance
    if told and told.share > FULL:
        usual = [one.used.allowance.share for one in earlier if one.used.allowance]
        compared = f", usually {fmean(usual):.1%}" if usual else ""
        yield Finding(
            what="the org's requests of a day run short",
            evidence=f"{told.used:,} of {told.of:,} ({told.share:.1%}) used at most{compared}; "
            f"runs that week: {now.happened['Finished']:,}",
            concerns="whoever runs the agent",
            change="run it less often, or shorten workflow.item.look_back; see in the org's set-up "
            "which other app makes requests, for these count as well; or buy more",
            rank="risk",
            weight=told.share,
        )
    if never:
        weeks = [now, *earlier]
        runs = sum(one.happened["Finished"] for one in weeks)
        yield Finding(
            what=f"{joined([*map(spaced, never)])} may be done, and never is",
            evidence=f"not done once in {runs:,} runs of {len(weeks)} weeks, nor approved",
            concerns="the page's owner",
            change=f"take {joined([f'may.{name}' for name in never])} off the page, and write "
            "triage-agent grants again",
            weight=0.5,
        )
