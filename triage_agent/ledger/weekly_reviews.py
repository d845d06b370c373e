"""Who says that they have read of a week, wherever they say so."""

from datetime import datetime

from triage_agent.authority.people import Somebody, identified
from triage_agent.decision.weekly import Reviewed
from triage_agent.ledger.store import AGENT, Ledger


def review(ledger: Ledger, week: str, by: Somebody, now: datetime) -> None:
    """Puts on record that somebody has read of a week: once, however often they say so."""
    reviewed = Reviewed(**identified(by), week=week)
    if reviewed not in reviews(ledger, week):
        ledger.keep(AGENT, now, [(AGENT, reviewed)])


def reviews(ledger: Ledger, week: str) -> list[Reviewed]:
    """All who said so of that week."""
    told = (one.event for one in ledger.told(AGENT, "Reviewed"))
    return [one for one in told if isinstance(one, Reviewed) and one.week == week]
