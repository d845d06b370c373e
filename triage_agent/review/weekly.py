"""Somebody says in Slack that they have read of a week: who may, and that it is on record."""

import re
from datetime import datetime

from triage_agent.authority.people import known_in_slack, listed
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly_reviews import review
from triage_agent.operating_model.schema import Page

_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")


def read(ledger: Ledger, page: Page, user: str, week: str, now: datetime) -> str:
    """What is to be told to whoever pressed the button."""
    names = page.weekly_review.by
    by = known_in_slack(page, names, user)
    if by is None:
        return f"You can't say that: {listed(page, names)} can."
    if not _WEEK.fullmatch(week):
        return "The agent knows no such week, so nothing was put on record."
    review(ledger, week, by, now)
    return f"It is on record that you have read the summary of {week}."
