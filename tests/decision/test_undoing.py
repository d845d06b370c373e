"""How far something can be undone is read from events and from what records hold."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage_agent.decision.actions import CreateRecord, UpdateRecord
from triage_agent.decision.undoing import (
    CHANGED,
    ERASED,
    NO_RULE,
    OTHER_FIELD,
    UNKNOWN,
    Deed,
    Means,
    Reversal,
    reversal,
)
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.loading import load

PAGE = load((Path(__file__).parents[2] / "operating_model.yaml").read_text("utf-8")).page
TAG, TASK = PAGE.may["tag"], PAGE.may["create_task"]
WROTE: dict[str, Scalar] = {"Triage_Category__c": "partnership", "Triage_Confidence__c": 0.9}
UPDATE = Deed(
    item="1",
    name="tag",
    number=1,
    run="run-1",
    at=datetime(2026, 11, 23, tzinfo=UTC),
    system="salesforce",
    action=UpdateRecord(name="tag", object="Lead", record_id="00Q1", fields=WROTE),
    was={"Triage_Category__c": None, "Triage_Confidence__c": 0.2},
    reference="00Q1",
)
MADE: dict[str, Scalar] = {"Status": "Not Started", "Description": "Call them", "Priority": "High"}
CREATE = replace(
    UPDATE,
    name="create_task",
    was={},
    reference="00T1",
    action=CreateRecord(name="create_task", object="Task", fields=MADE, key_field="Key"),
)


def undone(deed: Deed, now: dict[str, Scalar] | None, rule: object = TAG) -> Reversal:
    means = Means(rule, "Withdrawn", lambda _name, fields: fields)  # type: ignore[arg-type]
    return reversal(deed, now, means)


def reasons(found: Reversal) -> dict[str, tuple[str, ...]]:
    return {left.reason: left.fields for left in found.left}


def test_what_is_as_it_was_written_is_restored() -> None:
    """Each field gets back what it held, and the event names all of them."""
    found = undone(UPDATE, {**WROTE})

    assert UPDATE.was == found.sets
    assert WROTE == found.now
    assert ("Triage_Category__c", "Triage_Confidence__c") == found.events[0].fields


def test_what_somebody_changed_is_left() -> None:
    """One field that was changed is left, and named; the other is restored."""
    found = undone(UPDATE, {**WROTE, "Triage_Category__c": "new_business"})

    assert {"Triage_Confidence__c": 0.2} == found.sets
    assert {CHANGED: ("Triage_Category__c",)} == reasons(found)
    assert ["Reversed", "LeftAsIs"] == [event.kind for event in found.events]


def test_what_is_as_it_was_before_needs_nothing() -> None:
    """Where somebody, or an earlier try, has put it back, it is found so."""
    found = undone(UPDATE, {**UPDATE.was})

    assert not found.sets
    assert found.event
    assert found.event.found


@pytest.mark.parametrize(
    ("deed", "now", "rule", "left"),
    [
        (replace(UPDATE, action=None), {**WROTE}, TAG, {ERASED: ()}),
        (UPDATE, {**WROTE}, None, {NO_RULE: ()}),
        (UPDATE, {**WROTE}, TASK, {NO_RULE: ()}),
        (UPDATE, None, TAG, {"the record is gone": ()}),
        (UPDATE, {**WROTE, "IsDeleted": True}, TAG, {"the record was deleted": ()}),
        (replace(UPDATE, was={}), {**WROTE}, TAG, {UNKNOWN: tuple(WROTE)}),
        (CREATE, {**MADE, "Priority": "Low"}, TASK, {CHANGED: ("Priority",)}),
        (CREATE, {**MADE, "Status": "Deferred"}, TASK, {CHANGED: ("Status",)}),
    ],
)
def test_what_is_left_as_a_whole(
    deed: Deed, now: dict[str, Scalar] | None, rule: object, left: dict[str, tuple[str, ...]]
) -> None:
    """Nothing is set, nothing is told to be undone, and the reason is said."""
    found = undone(deed, now, rule)

    assert not found.sets
    assert found.event is None
    assert left == reasons(found)


def test_a_field_that_the_page_does_not_give_any_more() -> None:
    """What the page doesn't let an action set any more isn't set by undoing it, either."""
    action = UpdateRecord(
        name="tag", object="Lead", record_id="00Q1", fields={**WROTE, "Rating": "Hot"}
    )
    found = undone(replace(UPDATE, action=action), {**WROTE, "Rating": "Hot"})

    assert {OTHER_FIELD: ("Rating",)} == reasons(found)
    assert UPDATE.was == found.sets


def test_a_created_record_is_withdrawn_once() -> None:
    """It gets the page's values and the note above its text; once it has both, nothing more."""
    found = undone(CREATE, {**MADE}, TASK)
    again = undone(CREATE, {**MADE, **found.sets}, TASK)

    assert {"Status": "Deferred", "Description": "Withdrawn\n\nCall them"} == found.sets
    assert not again.sets
    assert again.event
    assert again.event.found
