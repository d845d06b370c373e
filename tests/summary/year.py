"""A believable year of runs: busy and quiet seasons, and a few weeks in which something happens."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import sin
from typing import TYPE_CHECKING, Any

from triage_agent.decision import events, review_events, run_events
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.summary.weeks import Week, of_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from triage_agent.decision.events import Event

FIRST = datetime(2025, 11, 24, 5, tzinfo=UTC)  # a Monday, 0:00 in New York
CATEGORIES = {
    "new_business": 40, "demo_request": 25, "pricing_question": 20, "partnership": 8,
    "existing_customer": 12, "support_misroute": 10, "job_or_vendor_spam": 10,
}  # fmt: skip
"""How many come in a usual week."""
STOPS = {
    "missing_data": 0.06, "restricted_topic": 0.05, "outside_policy": 0.03,
    "low_confidence": 0.07, "conflicting_information": 0.03, "consequential_request": 0.04,
}  # fmt: skip
"""How often a rule stops a request."""
TOPICS = {"missing_data": ("Email", "Phone", "Company"), "restricted_topic": ("legal", "billing")}
WAYS = {"Web": 7, "Phone Inquiry": 2, "Partner Referral": 1}
REPS = {"Maya Lindqvist": 1, "Jonas Weber": 1, "Priya Nair": 1}


@dataclass(frozen=True)
class Usual:
    """What a week is like; `lacks`: what the form on the web doesn't ask for any more."""

    categories: Mapping[str, int] = field(default_factory=lambda: CATEGORIES)
    stops: Mapping[str, float] = field(default_factory=lambda: STOPS)
    reps: Mapping[str, int] = field(default_factory=lambda: REPS)
    lacks: str | None = None
    page: tuple[int, int] | None = None


ODD = {
    9: Usual(stops={**STOPS, "low_confidence": 0.30}, page=(7, 8)),
    15: Usual(lacks="Email"),
    20: Usual(reps={"Maya Lindqvist": 12, "Jonas Weber": 1, "Priya Nair": 1}),
    25: Usual(categories={**CATEGORIES, "job_or_vendor_spam": 70}),
}
"""The weeks in which something happens, by their number from the first."""


def week(number: int) -> Week:
    """The week of that number."""
    return of_day((FIRST + timedelta(weeks=number, hours=12)).date())


def fill(ledger: Ledger, weeks: int = 52, seed: int = 1) -> None:
    """Tells a ledger what happened in so many weeks."""
    chance = random.Random(seed)  # noqa: S311 - to be the same again
    for number in range(weeks):
        season = 1 + 0.3 * sin(number / 8)
        usual = ODD.get(number, Usual())
        some = {name: round(times * season) for name, times in usual.categories.items()}
        _week(ledger, FIRST + timedelta(weeks=number), replace(usual, categories=some), chance)


def _week(ledger: Ledger, monday: datetime, usual: Usual, chance: random.Random) -> None:
    run = f"run-{monday:%Y%m%dT%H%M%S}-0000"
    told: list[tuple[datetime, str, Event]] = [
        (monday + timedelta(hours=9), run, run_events.Finished(**_NONE)),
    ]
    if usual.page:
        told.append((monday + timedelta(days=1, hours=9), AGENT, _changed(*usual.page)))
    for category, times in usual.categories.items():
        for _ in range(times):
            at = monday + timedelta(days=chance.randrange(5), minutes=chance.randrange(480, 1080))
            told += _item(f"{chance.getrandbits(96):024x}", at, category, usual, chance)
    together: dict[datetime, list[tuple[str, Event]]] = {}
    for at, stream, event in sorted(told, key=lambda one: one[0]):
        together.setdefault(at.replace(minute=at.minute // 15 * 15), []).append((stream, event))
    for at, some in together.items():
        ledger.append(run, at, some)


def _item(
    item: str, at: datetime, category: str, usual: Usual, chance: random.Random
) -> Iterator[tuple[datetime, str, Event]]:
    (way,) = chance.choices([*WAYS], [*WAYS.values()])
    yield at, item, events.Received(mode="live", object="Lead", record_id=item[:15], came_by=way)
    lost = usual.lacks if way == "Web" and chance.random() < 0.3 else None
    fired = [
        rule
        for rule, often in usual.stops.items()
        if chance.random() < often or (lost and rule == "missing_data")
    ]
    if not fired:
        yield at, item, events.Planned(names=(), category=category)
        if chance.random() < 0.6:  # a rep answers it, with the draft or without
            yield at + timedelta(hours=4), item, _contacted(item, at, chance)
        return
    rules = tuple(
        events.FiredRule(rule=rule, topic=_topic(rule, lost, chance), source="floor")
        for rule in fired
    )
    yield at, item, events.Stopped(rules=rules)
    yield (
        at,
        item,
        events.Planned(names=("escalate",), category="unclear", hand_overs=("escalate",)),
    )
    yield at, item, events.Permitted(action="escalate", line="may.escalate")
    yield at, item, events.Intended(action="escalate", key=f"{item}.escalate", system="slack")
    yield at, item, events.Done(action="escalate", key=f"{item}.escalate", reference="C1/1")
    (who,) = chance.choices([*usual.reps], [*usual.reps.values()])
    someone: dict[str, Any] = {"by": who, "login": "x", "slack": "U1", "salesforce": None}
    soon = at + timedelta(minutes=chance.randrange(5, 50))
    decided: list[Event] = [review_events.Claimed(**someone)]
    if chance.random() < 0.15:
        decided.append(review_events.Released(category=category, **someone))
        decided.append(events.Planned(names=(), category=category))
    elif chance.random() < 0.5:
        decided.append(review_events.Rejected(**someone))
    told = sum(isinstance(one, review_events.Decided) for one in decided)
    decided.append(review_events.Shown(action="escalate", decisions=told))
    for one in decided:
        yield soon, item, one


def _contacted(item: str, at: datetime, chance: random.Random) -> events.Outcome:
    return events.Outcome(
        name="contacted",
        object="Task",
        record_id=item[:15],
        happened_at=at + timedelta(minutes=chance.randrange(6, 200)),
        by=None,
        kept=chance.choice((1.0, 1.0, 0.98, 0.7, 0.6, 0.1)),
    )


def _topic(rule: str, lost: str | None, chance: random.Random) -> str | None:
    if rule == "missing_data" and lost:
        return lost
    return chance.choice(TOPICS[rule]) if rule in TOPICS else None


def _changed(was: int, version: int) -> run_events.PageChanged:
    return run_events.PageChanged(
        version=version,
        was_version=was,
        page_sha256=f"{version}" * 64,
        was_page_sha256=f"{was}" * 64,
        prompts_sha256="a" * 64,
        was_prompts_sha256="a" * 64,
    )


_NONE = {"received": 0, "settled": 0, "escalated": 0, "failed": 0, "deferred": 0, "refused": 0}
