"""What waits for people: found among all items, whatever happened to them, and quickly."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime

import pytest
from alembic import command
from alembic.config import Config

from tests.ledger.conftest import Kept
from triage_agent.decision import events, review_events
from triage_agent.decision.events import Event
from triage_agent.ledger import migrations
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.verify import verify

POSTED = events.Done(action="escalate", key="k", reference="C1/1.2")
SET_ASIDE = review_events.Rejected(
    by="Maya Lindqvist", login="maya", slack="U0MAYA00002", salesforce=None, reason="Spam."
)
HISTORIES: dict[str, tuple[bool, Sequence[Event | str]]] = {
    "planned": (False, ["Planned"]),
    "posted": (True, ["Planned", POSTED]),
    "tagged": (False, ["Planned", "Done"]),
    "claimed": (True, ["Planned", POSTED, "Claimed", "Shown"]),
    "corrected": (True, ["Planned", POSTED, "Corrected"]),
    "no_item": (False, ["Planned", POSTED, "no item"]),
    "set_aside": (False, ["Planned", POSTED, SET_ASIDE]),
    "released": (False, ["Planned", POSTED, "Claimed", "Released", "Planned"]),
    "erased": (False, ["Planned", POSTED, "Erased"]),
}


@pytest.fixture
def filled(ledger: Ledger, moment: datetime, examples: Mapping[str, Event]) -> Ledger:
    """A ledger with one item of each of these histories."""
    known = {**examples, "no item": examples["Corrected"].model_copy(update={"wrong": NO_ITEM})}
    for item, (_, steps) in HISTORIES.items():
        begins = events.Received(mode="live", object="Lead", record_id=item)
        told = [known[step] if isinstance(step, str) else step for step in steps]
        ledger.append("run-1", moment, [(item, event) for event in (begins, *told)])
    return ledger


NO_ITEM = "not_an_item"
WAITING = [(item, len(steps) + 1) for item, (waits, steps) in HISTORIES.items() if waits]


def test_what_waits_is_found(filled: Ledger) -> None:
    """What was handed over and neither released nor closed, oldest first, with its length."""
    assert WAITING == filled.waiting("live")
    assert [] == filled.waiting("shadow")
    assert () == verify(filled, None).faults


def test_without_their_texts_they_wait_all_the_same(filled: Ledger, database: Kept) -> None:
    """Whether an item waits is told by what is kept for good."""
    database.change("DELETE FROM payloads")
    with closing(Ledger.open(database.url)) as again:
        for item, _ in WAITING:
            again.append("run-2", again.events(item)[-1].at, [(item, POSTED)])

        assert [(item, length + 1) for item, length in WAITING] == again.waiting("live")


def test_a_ledger_from_before_is_filled(filled: Ledger, database: Kept) -> None:
    """Upgrading finds the same; of an event that somebody has spoilt it makes nothing."""
    filled.close()
    with database.begun() as connection:
        config = Config()
        config.set_main_option("script_location", migrations.__path__[0])
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    planned = "(SELECT number FROM events WHERE kind = 'Planned' ORDER BY number LIMIT 1)"
    database.change(f"UPDATE events SET body = hash WHERE number = {planned}")  # noqa: S608 - our own words
    with closing(Ledger.open(database.url)) as upgraded:
        assert WAITING == upgraded.waiting("live")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_waits_is_found_quickly(filled: Ledger, database: Kept) -> None:
    """However many items there are, only those that wait are looked at."""
    query = "SELECT stream FROM items WHERE mode = 'live' AND waits = 1 ORDER BY stream"
    plan = str(database.rows(f"EXPLAIN QUERY PLAN {query}"))

    assert "USING INDEX ix_items_waits" in plan
