"""What has changed of a week since somebody was told of it: its items go on."""

from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly_reviews import posts
from triage_agent.summary.reading import Restated, Summary
from triage_agent.summary.telling import amount


def figures(told: Summary) -> dict[str, float | None]:
    """What is kept of a week when somebody is told of it, by the figures' names."""
    return {one.name: one.now for one in told.figures}


def with_restated(told: Summary, ledger: Ledger) -> Summary:
    """With each figure that reads otherwise than it did in the first post in the same mode."""
    first = next((one for one in posts(ledger, told.week) if one[1].mode == told.mode), None)
    if first is None:
        return told
    at, posted = first
    restated = tuple(
        Restated(name=one.name, unit=one.unit, was=posted.figures[one.name], now=one.now)
        for one in told.figures
        if one.name in posted.figures
        and amount(posted.figures[one.name], one.unit) != amount(one.now, one.unit)
    )
    return told.model_copy(update={"told_at": at, "restated": restated})
