"""How soon people come to a record, with the agent and before it, and what they put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.decision.cycle import CycleTime, cycle_time, measured, waits
from triage_agent.decision.events import Event, Happened, Outcome, Received
from triage_agent.decision.item import ELSEWHERE, Record
from triage_agent.decision.outcomes import Changed, Rows, Touched

if TYPE_CHECKING:
    from triage_agent.operating_model.schema import Page

LEAD, OTHER, TASK = "00Q000000000001AAA", "00Q000000000002AAA", "00T000000000001AAA"
AGENT, PERSON = "005000000000009AAA", "005000000000002AAA"
RECEIVED = datetime(2026, 11, 20, 12, tzinfo=UTC)
CREATED = "2026-11-20T11:30:00.000+0000"


def outcome(name: str, minutes: float) -> Outcome:
    moment = RECEIVED + timedelta(minutes=minutes)
    return Outcome(name=name, object="Lead", record_id=LEAD, happened_at=moment, by=PERSON)


def item(*outcomes: Outcome, created: str | None = CREATED) -> list[Happened]:
    fields = {"CreatedDate": created} if created else {}
    record = Record(object="Lead", id=LEAD, fields=dict(fields))
    received = Received(mode="live", object="Lead", record_id=LEAD, record=record)
    return [Happened(at=RECEIVED, run="r", event=event) for event in (received, *outcomes)]


def test_the_earliest_touch_counts(page: Page) -> None:
    """Of what the page calls a first touch the earliest, from the record's creation on."""
    events = item(
        outcome("task_deleted", 1), outcome("reassigned", 20), outcome("status_changed", 12)
    )

    assert cycle_time(page.outcomes, events) == CycleTime(
        first_touch="status_changed", minutes=42, counted_from="created",
        clean_up=("task_deleted",),
    )  # fmt: skip


@pytest.mark.parametrize("created", [None, ELSEWHERE, ""])
def test_without_a_creation_it_counts_from_receiving(page: Page, created: str | None) -> None:
    """Where the page doesn't read it, masks it, or its text is gone."""
    found = cycle_time(page.outcomes, item(outcome("contacted", 12), created=created))

    assert found
    assert (12, "received") == (found.minutes, found.counted_from)


def test_an_erased_item_counts_from_receiving(page: Page) -> None:
    """Its outcomes hold no text, so they still tell how soon."""
    received = Received(mode="live", object="Lead", record_id=LEAD)
    events: tuple[Event, ...] = (received, outcome("contacted", 5))
    found = cycle_time(page.outcomes, [Happened(at=RECEIVED, run="r", event=e) for e in events])

    assert found
    assert (5, "received") == (found.minutes, found.counted_from)


def test_nobody_came(page: Page) -> None:
    """What is no touch counts as none; a clean-up is named once."""
    again = (outcome("task_deleted", 1), outcome("task_deleted", 2), outcome("merged", 3))
    found = cycle_time(page.outcomes, item(*again))

    assert found
    assert (None, None, ("task_deleted",)) == (found.first_touch, found.minutes, found.clean_up)


def test_a_run_has_no_cycle(page: Page) -> None:
    """Only what was received has one."""
    assert cycle_time(page.outcomes, []) is None


def change(record: str, minutes: float, by: str = PERSON) -> Changed:
    return Changed(
        record_id=record, field="Status", was="Open", became="Working", by=by,
        at=RECEIVED + timedelta(minutes=minutes),
    )  # fmt: skip


def logged(record: str, minutes: float, *, closed: bool = False) -> Touched:
    moment = RECEIVED + timedelta(minutes=minutes)
    return Touched(
        object="Task", id=TASK, key=None, deleted=False, merged=False,
        fields={"WhoId": record, "IsClosed": closed, "OwnerId": PERSON},
        created_by=PERSON, created_at=moment, by=PERSON, at=moment,
    )  # fmt: skip


def test_waits_are_to_the_first_touch_of_a_person(page: Page) -> None:
    """Changes and what was logged count; not the agent's, nor what came before or is of others."""
    rows = Rows(
        [change(LEAD, 30), change(LEAD, 10, AGENT), change(OTHER, -5), change("00Q9", 1)],
        [logged(LEAD, 20), logged(OTHER, 90)],
    )

    assert [20, 90] == waits(page, AGENT, {LEAD: RECEIVED, OTHER: RECEIVED}, rows)


def test_what_is_so_now_tells_no_wait(page: Page) -> None:
    """Since when a record is converted isn't known from how it stands."""
    converted = logged(LEAD, 20).model_copy(
        update={"object": "Lead", "id": LEAD, "fields": {"IsConverted": True}}
    )

    assert [] == waits(page, AGENT, {LEAD: RECEIVED}, Rows([], [converted]))


@given(st.lists(st.floats(0, 100_000), min_size=1))
def test_half_of_them_and_nine_of_ten(minutes: list[float]) -> None:
    """Half wait no longer than the median, nine of ten no longer than the ninth decile."""
    told = measured(RECEIVED, RECEIVED, len(minutes) + 1, minutes)

    assert told.median_minutes is not None
    assert told.ninth_decile_minutes is not None
    assert sum(one <= told.median_minutes for one in minutes) >= len(minutes) / 2
    assert sum(one <= told.ninth_decile_minutes for one in minutes) >= 0.9 * len(minutes)
    assert told.ninth_decile_minutes in minutes
    assert (len(minutes) + 1, len(minutes)) == (told.records, told.touched)


def test_nobody_was_touched() -> None:
    """Without any touch there is no time to tell."""
    told = measured(RECEIVED, RECEIVED, 3, [])

    assert (3, 0, None, None) == (
        told.records, told.touched, told.median_minutes, told.ninth_decile_minutes,
    )  # fmt: skip
