"""What a ledger says of items whose outcomes are looked for.

Nothing here reads more than the items that something was found about, however many there are.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from triage_agent.decision.item import Mode
from triage_agent.decision.outcomes import Followed, item_of
from triage_agent.decision.run_events import FollowedUp, Started
from triage_agent.ledger import rows
from triage_agent.ledger.store import RUN_PREFIX, Ledger
from triage_agent.ledger.tables import events, items, streams

_RUNS = 50
"""How many runs are looked at for one in the same mode: modes seldom take turns."""
_TELLING = ("Received", "Drafted", "Planned", "Done", "Reversed", "Outcome", "Erased")


def span(ledger: Ledger, mode: Mode) -> tuple[datetime, datetime] | None:
    """When the first and the last item were received; None without any."""
    at = items.c.received_at
    query = select(at).where(items.c.mode == mode, at.is_not(None)).limit(1)
    with ledger.database.reading() as connection:
        first, last = (
            connection.execute(query.order_by(order)).scalar() for order in (at, at.desc())
        )
    return (rows.moment(first), rows.moment(last)) if first and last else None


def followed_until(ledger: Ledger, mode: Mode, after: datetime) -> datetime | None:
    """Up to when a run in this mode has looked last; None where none has since `after`.

    Streams of runs begin with their time, so only those of that span are looked at, newest first.
    """
    query = (
        select(streams.c.name)
        .join(events, events.c.stream == streams.c.id)
        .where(streams.c.name >= f"{RUN_PREFIX}{after:%Y%m%dT%H%M%S}")
        .where(streams.c.name < f"{RUN_PREFIX}9")
        .where(events.c.kind == "FollowedUp")
        .order_by(streams.c.name.desc())
        .limit(_RUNS)
    )
    with ledger.database.reading() as connection:
        runs = list(connection.execute(query).scalars())
    for run in runs:
        started, followed = ledger.last(run, "Started"), ledger.last(run, "FollowedUp")
        if started and isinstance(started.event, Started) and started.event.mode == mode:
            assert followed
            assert isinstance(followed.event, FollowedUp)
            return followed.event.until
    return None


def followed(ledger: Ledger, mode: Mode, about: Iterable[str]) -> list[Followed]:
    """The items that records, or keys of what actions made, belong to."""
    wanted = dict.fromkeys(about)
    made = dict.fromkeys(item for one in wanted if (item := item_of(one)))
    known = ledger.known(mode, [one for one in wanted if not item_of(one)])
    of_records = (item for some in known.values() for item in some)
    told = (
        Followed(item, ledger.told(item, *_TELLING))
        for item in {**made, **dict.fromkeys(of_records)}
    )
    return [one for one in told if one.received and one.received.mode == mode]
