"""A ledger about several weeks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from triage_agent.decision.events import (
    Done,
    Event,
    Failed,
    FiredRule,
    Planned,
    Received,
    Stopped,
)
from triage_agent.decision.run_events import Finished
from triage_agent.ledger.store import Ledger

Came = Mapping[tuple[str, str], int]
"""How many items came in a week, by category and by the rule that stopped them, if one did."""
MONDAY = datetime(2026, 11, 16, 5, tzinfo=UTC)
"""When the last week begins by the shipped page's clock."""
USUAL: Came = {
    ("new_business", ""): 46,
    ("demo_request", ""): 31,
    ("pricing_question", ""): 22,
    ("existing_customer", ""): 12,
    ("new_business", "missing_data"): 14,
    ("support_misroute", "restricted_topic"): 6,
    ("unclear", "low_confidence"): 9,
}
TOPICS = {"missing_data": "Email", "restricted_topic": "legal"}
LAST: Came = {**USUAL, ("new_business", "missing_data"): 58, ("demo_request", ""): 24}


def tell_weeks(ledger: Ledger, *, weeks: int = 5) -> None:
    """Puts so many weeks into a ledger, in the last of which much lacks data and some fails."""
    for number in reversed(range(1, weeks)):
        came = {key: count + (7 * number + count) % 5 for key, count in USUAL.items()}
        tell_week(ledger, MONDAY - timedelta(weeks=number), came, failed=number % 2)
    tell_week(ledger, MONDAY, LAST, failed=3)


def tell_week(ledger: Ledger, monday: datetime, came: Came, *, failed: int = 0) -> None:
    """Puts a week's items into a ledger, and a run that ended well."""
    run = f"run-{monday:%Y%m%dT%H%M%S}-0001"
    entries: list[tuple[str, Event]] = []
    for (category, rule), number in came.items():
        for one in range(number):
            item = _named(monday, category, rule, one)
            entries += [(item, event) for event in _story(category, rule)]
    for one in range(failed):
        broken = Failed(action="tag", code="UNABLE_TO_LOCK_ROW", reason="it was locked")
        plan = Planned(names=("tag",), category="demo_request", hand_overs=(), actions=())
        entries += [(_named(monday, "failed", one), event) for event in (_RECEIVED, plan, broken)]
    ledger.append(run, monday + timedelta(hours=10), entries)
    counts = {"settled": 0, "escalated": 0, "deferred": 0, "refused": 0, "failed": failed}
    finished = Finished(received=sum(came.values()), **counts)
    ledger.append(run, monday + timedelta(hours=11), [(run, finished)])


def _named(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:32]


_RECEIVED = Received(mode="live", object="Lead", record_id="00Q000000000001AAA", came_by="Web")


def _story(category: str, rule: str) -> list[Event]:
    if not rule:
        return [_RECEIVED, Planned(names=(), category=category, actions=())]
    posts = ("escalate",)
    return [
        _RECEIVED,
        Stopped(rules=(FiredRule(rule=rule, topic=TOPICS.get(rule), source="floor"),)),
        Planned(names=posts, category=category, hand_overs=posts, actions=()),
        Done(action="escalate", key="k", reference="C0SALESDEV1/1.2"),
    ]
