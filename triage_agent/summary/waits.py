"""How soon people come to what a week brought: to a hand-over, and to the records themselves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from triage_agent.decision.events import Outcome
from triage_agent.decision.item import Mode
from triage_agent.decision.review_events import Claimed
from triage_agent.decision.values import Value
from triage_agent.ledger import weekly
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.weekly import Later

LOOKED_AT = 2000
"""About so many of a week's items tell how soon people come: more wouldn't move the median."""


class Waits(Value):
    """Minutes, up to now, from an item's being received; of each item that was looked at.

    `claimed`: until somebody took it on; `touched`: until somebody first did to its record what the
    page calls a first touch.
    """

    claimed: tuple[float, ...]
    touched: tuple[float, ...]


def waits(
    ledger: Ledger,
    mode: Mode,
    span: tuple[datetime, datetime],
    received: int,
    first_touch: Sequence[str],
) -> Waits:
    """Of the items received in a span, how many there are being known."""
    every = -(-received // LOOKED_AT) or 1
    claimed, touched = dict[int, float](), dict[int, float]()
    for one in weekly.later(ledger, mode, *span, ("Claimed", "Outcome"), every):
        if isinstance(one.event, Claimed):
            _first(claimed, one, one.at)
        elif isinstance(one.event, Outcome) and one.event.name in first_touch:
            _first(touched, one, one.event.happened_at)
    return Waits(claimed=tuple(claimed.values()), touched=tuple(touched.values()))


def _first(minutes: dict[int, float], one: Later, at: datetime) -> None:
    """Keeps an item's shortest; other systems tell seconds, so one may seem to come before."""
    took = max(at - one.received_at, timedelta()) / timedelta(minutes=1)
    minutes[one.stream] = min(took, minutes.get(one.stream, took))
