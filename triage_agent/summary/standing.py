"""How the agent stands when a week is over: cleared, verified, and how quick people were before."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from triage_agent.decision.events import Happened
from triage_agent.decision.run_events import (
    Cleared,
    ExcessAllowed,
    MeasuredBefore,
    NotCleared,
    Verified,
)
from triage_agent.decision.values import Value
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.summary.findings import Finding

FRESH = timedelta(days=8)
"""A ledger is verified once a week; a day late is no news."""


class Excess(Value):
    """Somebody let credentials pass that can do more than the page: `what`, each in words."""

    by: str
    at: datetime
    what: tuple[str, ...]


class Standing(Value):
    """What was told last before a moment; None where it never was.

    `cleared`: when what runs was evaluated; `uncleared`: why it may not act, where that came after.
    `faults`: how many the last verification found. `minutes_before`: the median to a person's first
    touch before the agent's time. `unused`: actions of the page that weren't done in all these
    weeks.
    """

    cleared: datetime | None
    uncleared: tuple[str, ...]
    verified: datetime | None
    faults: int
    minutes_before: float | None
    unused: tuple[str, ...]
    excess: Excess | None


def standing(ledger: Ledger, until: datetime, unused: tuple[str, ...] = ()) -> Standing:
    """How it stood when a week was over."""
    told = [one for one in ledger.told(AGENT, *_KINDS) if one.at < until]
    last = {one.event.kind: one for one in told}
    cleared = last.get("Cleared")
    verified, before = last.get("Verified"), _before(ledger)
    verdict = next(
        (one.event for one in reversed(told) if isinstance(one.event, Cleared | NotCleared)), None
    )
    return Standing(
        cleared=cleared.event.evaluated_at
        if cleared and isinstance(cleared.event, Cleared)
        else None,
        uncleared=verdict.reasons if isinstance(verdict, NotCleared) else (),
        verified=verified.at if verified else None,
        faults=verified.event.found if verified and isinstance(verified.event, Verified) else 0,
        minutes_before=before,
        unused=unused,
        excess=_excess(last.get("ExcessAllowed")),
    )


_KINDS = ("Cleared", "NotCleared", "Verified", "ExcessAllowed")


def _excess(told: Happened | None) -> Excess | None:
    if told is None or not isinstance(told.event, ExcessAllowed):
        return None
    return Excess(by=told.event.login, at=told.at, what=told.event.excess)


def _before(ledger: Ledger) -> float | None:
    measured = ledger.last(AGENT, "MeasuredBefore")
    event = measured.event if measured else None
    return event.median_minutes if isinstance(event, MeasuredBefore) else None


def of_standing(told: Standing, until: datetime) -> Iterator[Finding]:
    """What of that somebody had better see to."""
    if told.uncleared:
        yield Finding(
            what="the agent is in shadow, though its page is live",
            evidence="; ".join(told.uncleared),
            concerns="the page's owner",
            change="triage-agent evaluate --record, once it reaches what the page wants",
            rank="risk",
        )
    if told.faults:
        yield Finding(
            what="the record isn't whole",
            evidence=f"{told.faults:,} faults were found when it was verified last",
            concerns="whoever runs the agent",
            change="triage-agent ledger verify names them; put it back from a backup",
            rank="risk",
        )
    elif told.verified and until - told.verified > FRESH:
        yield Finding(
            what="the record wasn't verified this week",
            evidence=f"last on {told.verified:%Y-%m-%d}",
            concerns="whoever runs the agent",
            change="triage-agent ledger verify, and see why no run did",
            rank="risk",
            weight=0.1,
        )
