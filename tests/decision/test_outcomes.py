"""Which outcomes rows show, and on which item each of them is told, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision.actions import CreateRecord
from triage_agent.decision.events import (
    Change,
    Done,
    Drafted,
    Erased,
    Event,
    Happened,
    Outcome,
    Planned,
    Received,
)
from triage_agent.decision.outcomes import Changed, Followed, Following, Found, Rows, Touched, found
from triage_agent.decision.rollback_events import Reversed
from triage_agent.operating_model.loading import load

if TYPE_CHECKING:
    from triage_agent.operating_model.schema import Page

AGENT, PERSON = "005000000000009AAA", "005000000000002AAA"
LEAD, OTHER, TASK = "00Q000000000001AAA", "00Q000000000002AAA", "00T000000000001AAA"
ITEM, LATER = "0123456789abcdef01234567", "76543210fedcba9876543210"
KEY = f"{ITEM}.create_task"
NOON = datetime(2026, 11, 20, 12, 0, 0, 400_000, tzinfo=UTC)
WITHIN = timedelta(days=30)
CHANGE: dict[str, Any] = {
    "record_id": LEAD, "field": "Status", "was": "Open", "became": "Working", "by": PERSON,
}  # fmt: skip
RECORD: dict[str, Any] = {
    "object": "Task", "id": TASK, "key": KEY, "deleted": False, "merged": False,
    "created_by": AGENT, "by": PERSON,
    "fields": {"IsClosed": False, "OwnerId": AGENT, "WhoId": LEAD},
}  # fmt: skip
OF_LEAD: dict[str, Any] = {
    "object": "Lead",
    "id": LEAD,
    "key": None,
    "fields": {"IsConverted": False},
}


def changed(minutes: float = 60, **other: object) -> Changed:
    return Changed(**{**CHANGE, "at": at(minutes), **other})


def touched(minutes: float = 60, fields: dict[str, Any] | None = None, **other: object) -> Touched:
    row = {**RECORD, "created_at": at(0), "at": at(minutes), **other}
    return Touched(**{**row, "fields": {**row["fields"], **(fields or {})}})


def at(minutes: float) -> datetime:
    """As the other system tells a moment: to the second."""
    return (NOON + timedelta(minutes=minutes)).replace(microsecond=0)


def names(page: Page, *rows: Changed | Touched) -> list[str]:
    return [one.outcome.name for one in shown(page, *rows)]


def shown(page: Page, *rows: Changed | Touched) -> list[Found]:
    return found(
        page,
        AGENT,
        Rows(
            [row for row in rows if isinstance(row, Changed)],
            [row for row in rows if isinstance(row, Touched)],
        ),
    )


def item(name: str = ITEM, *events: Event, received: datetime = NOON) -> Followed:
    first = Received(mode="live", object="Lead", record_id=LEAD)
    happened = [Happened(at=received, run="run-1", event=event) for event in (first, *events)]
    return Followed(name, happened)


def made(**fields: Any) -> tuple[Event, Event]:  # noqa: ANN401 - a field's value
    """What an item's task was made with."""
    action = CreateRecord(
        name="create_task", object="Task", key_field="Triage_Key__c",
        fields={"OwnerId": AGENT, **fields},
    )  # fmt: skip
    planned = Planned(names=("create_task",), category="c", actions=(action,))
    return planned, Done(action="create_task", key=KEY, reference=TASK)


def told(page: Page, rows: list[Changed | Touched], *items: Followed) -> list[tuple[str, str]]:
    following = Following(items, page)
    return [(name, one.name) for name, one in following.new(shown(page, *rows))]


def test_a_change_is_told_with_who_and_when(page: Page) -> None:
    """A line of the history becomes the page's outcome, with the values that it tells."""
    (one,) = shown(page, changed())

    assert LEAD == one.about
    assert one.outcome == Outcome(
        name="status_changed", object="Lead", record_id=LEAD, happened_at=at(60), by=PERSON,
        field="Status", change=Change(was="Open", became="Working"),
    )  # fmt: skip


@pytest.mark.parametrize("ids_first", [True, False])
def test_of_an_owner_the_ids_are_told(page: Page, ids_first: bool) -> None:  # noqa: FBT001
    """A lookup's change comes twice, by names and by ids, in any order: one outcome, the ids."""
    rows = [
        changed(field="Owner", was=AGENT, became=PERSON),
        changed(field="Owner", was="Ada Lind", became="Maya Lindqvist"),
    ]
    (one,) = shown(page, *(rows if ids_first else rows[::-1]))

    assert "reassigned" == one.outcome.name
    assert Change(was=AGENT, became=PERSON) == one.outcome.change


def test_a_field_that_is_no_outcome_shows_nothing(page: Page) -> None:
    """Only what the page names counts."""
    assert [] == names(page, changed(field="Company"), changed(field="created"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (touched(fields={"IsClosed": True}), ["task_reassigned", "task_closed"]),
        (touched(key=None, fields={"IsClosed": True}), []),
        (touched(deleted=True, fields={"IsClosed": True}), ["task_deleted"]),
        (touched(by=AGENT[:15], fields={"IsClosed": True}), []),
        (touched(created_by=PERSON, key=None), ["contacted"]),
        (touched(created_by=PERSON, key=None, by=AGENT, deleted=True), ["contacted"]),
        (touched(created_by=PERSON, key=None, fields={"WhoId": None}), []),
        (touched(**OF_LEAD), []),
        (touched(**OF_LEAD | {"fields": {"IsConverted": True}}), ["converted"]),
        (touched(**OF_LEAD, deleted=True), ["deleted"]),
        (touched(**OF_LEAD, deleted=True, merged=True), ["merged"]),
        (touched(**OF_LEAD, deleted=True, by=AGENT), []),
        (touched(**OF_LEAD, deleted=True, merged=True, by=AGENT), []),
    ],
)  # fmt: skip
def test_a_record_shows_what_became_of_it(page: Page, row: Touched, expected: list[str]) -> None:
    """As it stands now, by a person; of what is gone, that it is gone and nothing else."""
    assert expected == names(page, row)


def test_what_the_agent_made_is_its_items(page: Page) -> None:
    """A task is known by its key; another record that bears the key isn't the one that was made."""
    rows: list[Changed | Touched] = [touched(fields={"IsClosed": True})]
    another: list[Changed | Touched] = [touched(id=OTHER, fields={"IsClosed": True})]

    assert [(ITEM, "task_closed")] == told(page, rows, item(ITEM, *made()))
    assert [] == told(page, another, item(ITEM, *made()))
    assert [(ITEM, "task_closed")] == told(page, rows, item(ITEM))  # it isn't known to be done yet
    assert [] == told(page, rows, item(LATER, *made()))


@pytest.mark.parametrize(
    ("wrote", "there", "changes"),
    [
        (AGENT, PERSON, True),
        (AGENT, AGENT, False),
        (AGENT[:15], AGENT, False),
        ("Call them ", "Call them", False),
        ("Call them at once", "Call th…", False),
        ("Call them at once", "Call th", True),
        ("Call them", None, True),
        (3, 3.0, False),
        (True, False, True),
        (None, PERSON, False),
    ],
)
def test_a_value_that_isnt_the_agents_is_a_change(
    page: Page, wrote: Any, there: Any, changes: bool  # noqa: ANN401, FBT001 - a field's values
) -> None:  # fmt: skip
    """Where nothing keeps its history: another value than the one that was written."""
    rows: list[Changed | Touched] = [touched(fields={"OwnerId": there})]
    expected = [(ITEM, "task_reassigned")] if changes else []

    assert expected == told(page, rows, item(ITEM, *made(OwnerId=wrote)))


def test_a_value_whose_text_was_erased_tells_nothing(page: Page) -> None:
    """Without what the agent wrote nobody can say that it was changed."""
    planned = Planned(names=("create_task",), category="c")

    assert [] == told(page, [touched(fields={"OwnerId": PERSON})], item(ITEM, planned))


def test_it_belongs_to_the_newest_item_that_was_there(page: Page) -> None:
    """A second version of a request takes over from the moment in which it was received."""
    later = item(LATER, received=NOON + timedelta(hours=2))
    rows: list[Changed | Touched] = [changed(-1), changed(60), changed(120), changed(180)]

    assert [(ITEM, "status_changed"), (LATER, "status_changed"), (LATER, "status_changed")] == told(
        page, rows, later, item()
    )


def test_what_comes_too_late_is_left_out(page: Page) -> None:
    """An item is followed for as long as the page says; of another record nothing is told."""
    rows: list[Changed | Touched] = [
        changed(WITHIN / timedelta(minutes=1)),
        changed(1 + WITHIN / timedelta(minutes=1)),
        changed(record_id=OTHER),
    ]

    assert [(ITEM, "status_changed")] == told(page, rows, item())


def test_a_moment_is_told_once(page: Page) -> None:
    """What an earlier look has told isn't told again; another change of the same field is."""
    before = shown(page, changed(60))[0].outcome
    rows: list[Changed | Touched] = [changed(60), changed(61), changed(61)]

    assert [(ITEM, "status_changed")] == told(page, rows, item(ITEM, before))


def test_what_stays_so_is_told_once(page: Page) -> None:
    """A closed task that somebody edits was closed once; given to a third person, it is news."""
    closed: list[Changed | Touched] = [touched(fields={"IsClosed": True})]
    (ended,) = [one.outcome for one in shown(page, *closed) if one.outcome.name == "task_closed"]
    given = ended.model_copy(
        update={"name": "task_reassigned", "change": Change(was=AGENT, became=PERSON)}
    )
    rows: list[Changed | Touched] = [touched(90, {"IsClosed": True, "OwnerId": PERSON})]
    again: list[Changed | Touched] = [touched(95, {"IsClosed": True, "OwnerId": OTHER})]
    erased = given.model_copy(update={"change": None})

    assert [] == told(page, rows, item(ITEM, *made(), ended, given))
    assert [] == told(page, rows, item(ITEM, *made(), ended, erased))
    assert [(ITEM, "task_reassigned")] == told(page, again, item(ITEM, *made(), ended, given))


def test_no_text_comes_back_after_an_erasure(page: Page) -> None:
    """Of an item whose texts were erased it is told what happened, and no value."""
    erased = item(ITEM, Erased(by="Dana Reyes", login="dana", texts=7))
    ((_, one),) = Following([erased], page).new(shown(page, changed()))

    assert ("status_changed", None) == (one.name, one.change)


def test_an_item_that_never_was_has_no_outcomes(page: Page) -> None:
    """A key that a person typed leads nowhere."""
    assert [] == told(page, [touched(fields={"IsClosed": True})], Followed(ITEM, []))


DRAFT = "Thank you. How do you plan your jobs today?"
SIGNED = f"{DRAFT}\n\nThe Brightfield sales team"


def with_draft(*more: Event, text: str | None = SIGNED) -> Followed:
    """An item whose draft is in the task that was made."""
    return item(ITEM, Drafted(action="draft_reply", words=9, text=text), *made(), *more)


def sent(text: str | None, minutes: float = 60, number: int = 8) -> Touched:
    """What a person sent, as a task of their own tells it."""
    own: dict[str, Any] = {"id": f"00T00000000000{number}AAA", "key": None, "created_by": PERSON}
    return touched(created_at=at(minutes), fields={"Description": text}, **own)


def shares(page: Page, rows: list[Changed | Touched], *items: Followed) -> list[float | None]:
    """What was kept of drafts, by each outcome that is told."""
    return [one.kept for _, one in Following(items, page).new(shown(page, *rows))]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        (f"Hi Ada,\n{DRAFT}\n\nMaya\n\n> We look for software. What is it?", 1),
        (DRAFT.replace("jobs", "work"), 8 / 9),
        ("We are on holiday.", 0),
        (None, None),
    ],
)
def test_what_was_sent_is_held_against_the_draft(
    page: Page, text: str | None, share: float | None
) -> None:
    """The share of its words, but for the name that the page signs with; of no text, nothing."""
    assert [share] == shares(page, [sent(text)], with_draft())


def test_a_draft_that_nobody_had_is_not_compared(page: Page) -> None:
    """One that wasn't written or is erased, that wasn't in a record yet, or not any more."""
    undone = Reversed(action="create_task", key="k")
    without_task = item(ITEM, Drafted(action="draft_reply", words=9, text=SIGNED))
    later = [*item(ITEM).events, *with_draft().events[1:]]
    late = [one.model_copy(update={"at": NOON + timedelta(hours=2)}) for one in later[1:]]
    nobodys = (
        item(ITEM, *made()),
        with_draft(text=None),
        without_task,
        Followed(ITEM, [later[0], *late]),
        with_draft(undone),
    )

    assert [[None]] * 5 == [shares(page, [sent(DRAFT)], one) for one in nobodys]


def test_a_draft_is_thrown_away_with_what_held_it(page: Page) -> None:
    """Unless it was sent before; any other record that goes throws none away."""
    gone: list[Changed | Touched] = [touched(90, deleted=True)]
    another: list[Changed | Touched] = [touched(id=OTHER, key=f"{ITEM}.other", deleted=True)]
    record: list[Changed | Touched] = [touched(**OF_LEAD, deleted=True)]
    (contacted,) = [one for _, one in Following([with_draft()], page).new(shown(page, sent(DRAFT)))]

    assert [0] == shares(page, gone, with_draft())
    assert [None] == shares(page, gone, with_draft(contacted))
    assert [None] == shares(page, gone, item(ITEM, *made()))
    assert [None] == shares(page, another, with_draft())
    assert [None] == shares(page, record, with_draft())


def test_a_page_that_compares_nothing_keeps_nothing(shipped: str) -> None:
    """Without `said_in` nothing is known of any draft."""
    page = load(shipped.replace(", said_in: Description}", "}")).page
    rows: list[Changed | Touched] = [sent(DRAFT), touched(90, deleted=True)]

    assert [None, None] == shares(page, rows, with_draft())


ROWS = st.lists(
    st.one_of(
        st.builds(
            changed,
            st.integers(-100, 50_000),
            field=st.sampled_from(["Status", "Owner", "Triage_Category__c", "Company"]),
            was=st.sampled_from([None, "Open", AGENT]),
            became=st.sampled_from([None, "Working", PERSON]),
            by=st.sampled_from([AGENT, AGENT[:15], PERSON]),
            record_id=st.sampled_from([LEAD, OTHER]),
        ),
        st.builds(
            touched,
            st.integers(-100, 50_000),
            st.fixed_dictionaries(
                {
                    "IsClosed": st.booleans(),
                    "OwnerId": st.sampled_from([AGENT, PERSON]),
                    "WhoId": st.sampled_from([None, LEAD, OTHER]),
                }
            ),
            key=st.sampled_from([None, KEY, "typed"]),
            deleted=st.booleans(),
            by=st.sampled_from([AGENT, PERSON]),
            created_by=st.sampled_from([AGENT, PERSON]),
        ),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, cut=st.integers(0, 12))
def test_it_doesnt_matter_how_often_one_looks(
    page: Page, rows: list[Changed | Touched], cut: int
) -> None:
    """Told in one look or in two that overlap, it comes to the same, by people, in their order."""
    first, second = (item(ITEM, *made()), item(LATER, received=NOON + timedelta(days=2)))
    ordered = shown(page, *rows)
    once = [*Following([first, second], page).new(ordered)]
    following = Following([first, second], page)
    twice = [*following.new(ordered[:cut]), *following.new(ordered[max(0, cut - 3) :])]
    moments = [one.happened_at for _, one in once]

    assert once == twice
    assert [] == [*following.new(ordered)]
    assert all(one.by == PERSON for _, one in once)
    assert all(a <= b for a, b in pairwise(moments))


def test_a_fork_has_its_own(shipped: str) -> None:
    """Another name, another field: the code knows none of them."""
    text = shipped.replace("status_changed", "moved_on").replace("Lead.Status}", "Lead.Rating}")

    assert ["moved_on"] == names(load(text).page, changed(field="Rating"), changed())
