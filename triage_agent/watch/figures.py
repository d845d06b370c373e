"""The numbers by which the agent is watched: `status --json` and `/metrics` tell these.

A field's description is what a metric's HELP, the JSON schema and the notes in deploy/ say of it.
No field holds the id of an item, nor anybody's words or name.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, Literal

from pydantic import Field

from triage_agent.decision.item import Mode
from triage_agent.decision.run_events import Finished, Started
from triage_agent.decision.values import Value
from triage_agent.ledger import present
from triage_agent.ledger.present import Queue
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly import Told
from triage_agent.ledger.weekly_reviews import last_posted
from triage_agent.operating_model.schema import Page
from triage_agent.recovery.pause import Brake, By
from triage_agent.summary.reviewing import unread
from triage_agent.summary.weeks import parsed

How = Literal["finished", "broke", "unended"]
DAY = timedelta(days=1)
RUNS = 50
"""So many runs are asked for what the org told them of its requests: not each of them hears it."""
NOBODY = Queue(0, None)


class Figures(Value):
    """How things stand at a moment. None where there is nothing to tell it by."""

    page_version: int = Field(description="The version of the page that lies in the project.")
    mode: Mode = Field(
        description="Whose items are counted: live, or shadow where the last run was in it."
    )
    paused_by: By | None = Field(
        description="Who or what holds the agent: a person, the agent itself (one of the page's "
        "limits was passed, or the ledger isn't whole), a file, or a setting."
    )
    uncleared: bool = Field(
        description="Whether the last run was in shadow, though its page is live."
    )
    last_run_id: str | None = Field(description="The run that began last.")
    last_run_began_at: datetime | None = Field(description="When the last run began.")
    last_run_ended_at: datetime | None = Field(
        description="When the last run ended; none while it is under way, or if it was killed."
    )
    last_run_how: How | None = Field(
        description="How the last run ended: it finished, it broke off, or it hasn't ended, or was "
        "killed (unended)."
    )
    last_run_settled_items: int | None = Field(description="Items that the last run settled.")
    last_run_escalated_items: int | None = Field(
        description="Items that the last run handed over to people."
    )
    last_run_failed_items: int | None = Field(description="Items that failed in the last run.")
    open_items: int = Field(description="Items that a run has taken up and not ended.")
    failed_items: int = Field(description="Items that failed; the next run takes them up again.")
    waiting_items: int = Field(description="Items that wait for people.")
    oldest_open_age_seconds: float | None = Field(
        description="How long ago the oldest item that is open or failed was received."
    )
    oldest_waiting_age_seconds: float | None = Field(
        description="How long ago the oldest item that waits for people was received."
    )
    recent_items: dict[str, int] = Field(
        description="Items received in the last 24 hours, by where they stand now."
    )
    week_unread: bool = Field(
        description="Whether nobody says that they have read of the last week that people were "
        "told of, though the day to read it by is over."
    )
    unread_week: str | None = Field(description="The week that nobody says they have read of.")
    today_tokens: int = Field(
        description="Tokens that the model used for items received today, by the page's clock."
    )
    today_usd: float = Field(
        description="What the model cost for items received today, as far as prices are known."
    )
    recent_tokens: int = Field(
        description="Tokens that the model used for items received in the last 24 hours."
    )
    recent_usd: float = Field(
        description="What the model cost for items received in the last 24 hours, as far as prices "
        "are known."
    )
    recent_unpriced_items: int = Field(
        description="Items received in the last 24 hours that cost more, at prices not known."
    )
    org_requests_used: int | None = Field(
        description="Of the org's daily requests those used, by whoever, as last told to a run."
    )
    org_requests_allowed: int | None = Field(
        description="The org's daily requests, as last told to a run."
    )


def figures(ledger: Ledger, page: Page, mode: Mode, brake: Brake, now: datetime) -> Figures:
    """As they stand now. `mode`: what the agent is in, once it is cleared.

    Any thread may ask, through a ledger by which no run writes at that moment.
    """
    begun = next(present.newest(ledger, "Started"), None)
    uncleared = (
        begun is not None and isinstance(begun.event, Started) and bool(begun.event.uncleared)
    )
    counted: Mode = "shadow" if uncleared else mode
    hold, week = brake.hold(), last_posted(ledger)
    is_unread = week is not None and bool(unread(ledger, page, parsed(week), now))
    return Figures(
        page_version=page.version,
        mode=counted,
        paused_by=hold.by if hold else None,
        uncleared=uncleared,
        unread_week=week if is_unread else None,
        week_unread=is_unread,
        **_of_last_run(ledger, begun),
        **_of_items(ledger, counted, now),
        **_of_spending(ledger, page, now),
        **_of_requests(ledger),
    )


def _of_last_run(ledger: Ledger, begun: Told | None) -> dict[str, Any]:
    ended = present.ending(ledger, begun.stream) if begun else None
    counts = ended.event if ended and isinstance(ended.event, Finished) else None
    how: How = "finished" if counts else "broke" if ended else "unended"
    return {
        "last_run_id": begun.stream if begun else None,
        "last_run_began_at": begun.at if begun else None,
        "last_run_ended_at": ended.at if ended else None,
        "last_run_how": how if begun else None,
        "last_run_settled_items": counts.settled if counts else None,
        "last_run_escalated_items": counts.escalated if counts else None,
        "last_run_failed_items": counts.failed if counts else None,
    }


def _of_items(ledger: Ledger, mode: Mode, now: datetime) -> dict[str, Any]:
    queues, waiting = present.unended(ledger, mode), present.waiting(ledger, mode)
    unended, failed = queues.get("open", NOBODY), queues.get("failed", NOBODY)
    return {
        "open_items": unended.items,
        "failed_items": failed.items,
        "waiting_items": waiting.items,
        "oldest_open_age_seconds": _age((unended, failed), now),
        "oldest_waiting_age_seconds": _age((waiting,), now),
        "recent_items": present.received(ledger, mode, now - DAY),
    }


def _age(queues: Sequence[Queue], now: datetime) -> float | None:
    """Of the oldest item in any of them."""
    oldest = min((one.oldest for one in queues if one.oldest), default=None)
    return (now - oldest).total_seconds() if oldest else None


def _of_spending(ledger: Ledger, page: Page, now: datetime) -> dict[str, Any]:
    zone = page.workflow.time.zone
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    today, recent = present.spent(ledger, midnight), present.spent(ledger, now - DAY)
    return {
        "today_tokens": today.tokens,
        "today_usd": today.usd,
        "recent_tokens": recent.tokens,
        "recent_usd": recent.usd,
        "recent_unpriced_items": recent.unpriced,
    }


def _of_requests(ledger: Ledger) -> dict[str, Any]:
    ended = (one.event for one in present.newest(ledger, "Finished", RUNS))
    told = (one.allowance for one in ended if isinstance(one, Finished) and one.allowance)
    allowance = next(told, None)
    return {
        "org_requests_used": allowance.used if allowance else None,
        "org_requests_allowed": allowance.of if allowance else None,
    }
