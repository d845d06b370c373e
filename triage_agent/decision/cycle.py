"""How soon people come to a record: to an item of the agent's, and to those of before its time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import Literal

from triage_agent.decision.events import Happened, Outcome, Received
from triage_agent.decision.outcomes import Rows, found
from triage_agent.decision.run_events import MeasuredBefore
from triage_agent.decision.values import Value
from triage_agent.operating_model.outcome_rules import Outcomes
from triage_agent.operating_model.schema import Page

CREATED = "CreatedDate"
"""The field of a record that says when it came."""


class CycleTime(Value):
    """How soon a person touched an item's record, and what they had to put right.

    `minutes` from the record's creation where that is known, else from when it was received.
    """

    first_touch: str | None
    minutes: float | None
    counted_from: Literal["created", "received"]
    clean_up: tuple[str, ...]


def cycle_time(rules: Outcomes, events: Sequence[Happened]) -> CycleTime | None:
    """What an item's events tell of that; None where they are no item's."""
    received = next((h for h in events if isinstance(h.event, Received)), None)
    if received is None:
        return None
    created = _created(received.event)
    outcomes = [h.event for h in events if isinstance(h.event, Outcome)]
    touches = [one for one in outcomes if one.name in rules.first_touch]
    first = min(touches, key=lambda one: one.happened_at, default=None)
    return CycleTime(
        first_touch=first.name if first else None,
        minutes=_minutes(first.happened_at - (created or received.at)) if first else None,
        counted_from="created" if created else "received",
        clean_up=tuple(dict.fromkeys(one.name for one in outcomes if one.name in rules.clean_up)),
    )


def _created(received: object) -> datetime | None:
    assert isinstance(received, Received)
    try:
        return datetime.fromisoformat(str(received.record and received.record.fields[CREATED]))
    except (KeyError, ValueError):  # it isn't read, is masked, or was erased
        return None


def _minutes(length: timedelta) -> float:
    return max(length, timedelta()) / timedelta(minutes=1)


def waits(page: Page, agent: str, created: Mapping[str, datetime], rows: Rows) -> list[float]:
    """Minutes from the creation of each record to a person's first touch; of those touched.

    What merely is so `now` doesn't tell since when, so it isn't counted.
    """
    first: dict[str, datetime] = {}
    for one in found(page, agent, rows):
        seen, moment = page.outcomes.seen_as[one.outcome.name], one.outcome.happened_at
        counts = one.outcome.name in page.outcomes.first_touch and (seen.changed or seen.created)
        if counts and one.about in created and moment >= created[one.about]:
            first.setdefault(one.about, moment)
    return [_minutes(moment - created[record]) for record, moment in first.items()]


def measured(
    since: datetime, until: datetime, records: int, minutes: Sequence[float]
) -> MeasuredBefore:
    """What is told of the records of before the agent's time."""
    ordered = sorted(minutes)
    return MeasuredBefore(
        since=since,
        until=until,
        records=records,
        touched=len(ordered),
        median_minutes=median(ordered) if ordered else None,
        ninth_decile_minutes=ordered[ceil(0.9 * len(ordered)) - 1] if ordered else None,
    )
