"""Who was told of a week, and who says that they have read of it, wherever they say so."""

from datetime import datetime

from triage_agent.authority.people import Somebody, identified
from triage_agent.decision.weekly import Reviewed, SummaryPosted
from triage_agent.ledger.store import AGENT, Ledger


def posts(ledger: Ledger, week: str) -> list[tuple[datetime, SummaryPosted]]:
    """All who were told of that week, in order, each with when."""
    told = ((one.at, one.event) for one in ledger.told(AGENT, "SummaryPosted"))
    return [(at, one) for at, one in told if isinstance(one, SummaryPosted) and one.week == week]


def last_posted(ledger: Ledger) -> str | None:
    """The week that somebody was told of last."""
    told = (one.event for one in ledger.told(AGENT, "SummaryPosted"))
    return max((one.week for one in told if isinstance(one, SummaryPosted)), default=None)


def review(ledger: Ledger, week: str, by: Somebody, now: datetime) -> None:
    """Puts on record that somebody has read of a week: once, however often they say so."""
    reviewed = Reviewed(**identified(by), week=week)
    if reviewed not in reviews(ledger, week):
        ledger.keep(AGENT, now, [(AGENT, reviewed)])


def reviews(ledger: Ledger, week: str) -> list[Reviewed]:
    """All who said so of that week."""
    told = (one.event for one in ledger.told(AGENT, "Reviewed"))
    return [one for one in told if isinstance(one, Reviewed) and one.week == week]
