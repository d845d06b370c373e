"""What shows of the page's outcomes when one of their lines changes: for test_no_dead_lines.py."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from triage_agent.authority import soql
from triage_agent.connectors.salesforce.afterwards import created_between, rows_about, rows_since
from triage_agent.decision.actions import CreateRecord
from triage_agent.decision.cycle import cycle_time, waits
from triage_agent.decision.events import Done, Drafted, Event, Happened, Planned, Received
from triage_agent.decision.item import Record
from triage_agent.decision.outcomes import Changed, Followed, Following, Rows, Touched, found
from triage_agent.operating_model.grants import tracked
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import Page

RECEIVED = datetime(2026, 11, 20, 9, tzinfo=UTC)
RECORD, MADE, OTHER = "00Q000000000001AAA", "00T000000000001AAA", "00T000000000002AAA"
AGENT, PERSON = "005000000000009AAA", "005000000000002AAA"
ITEM = "0123456789abcdef01234567"
FIELDS = ("Status", "OwnerId", "Triage_Category__c", "Title")


class Asked:
    """A client that keeps what it is asked, and finds nothing."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def query(self, asked: str) -> list[Any]:
        self.made.append(asked)
        return []

    def queries(self, asked: list[str], *, with_deleted: bool) -> list[list[Any]]:
        assert with_deleted
        self.made += asked
        return [[] for _ in asked]


def outcomes(model: OperatingModel, _rules: object) -> Iterator[object]:
    """What is asked for, and what some rows show of one item: each alone, and all of them."""
    page = model.page
    yield _queries(page), tracked(page)
    shown = found(page, AGENT, Rows(list(_changes()), list(_records(page))))
    followed = [Followed(ITEM, _events(page))]
    told = [outcome for _, outcome in Following(followed, page).new(shown)]
    yield told
    for one in told:
        events = [*followed[0].events, _happened(one)]
        yield cycle_time(page.outcomes, events)
    yield waits(page, AGENT, {RECORD: RECEIVED}, Rows(records=list(_records(page))))
    for change in _changes():
        yield waits(page, AGENT, {RECORD: RECEIVED}, Rows(changes=[change]))


def _queries(page: Page) -> list[str]:
    client, begins = Asked(), page.workflow.begins
    rows_since(client, page, RECEIVED)  # type: ignore[arg-type]
    rows_about(client, page, [RECORD])  # type: ignore[arg-type]
    created_between(client, page, begins - page.outcomes.compared_with, begins)  # type: ignore[arg-type]
    return [*client.made, *(one.pattern for one in soql.foreseen_with_deleted(page))]


def _changes() -> Iterator[Changed]:
    for field, days in product(FIELDS, (1, 29, 31)):
        yield Changed(
            record_id=RECORD, field=field.removesuffix("Id"), was="old", became="new",
            by=PERSON, at=RECEIVED + timedelta(days=days),
        )  # fmt: skip


def _records(page: Page) -> Iterator[Touched]:
    """The record and what was made of it: gone, merged, and with each value of its fields."""
    seen_as = page.outcomes.seen_as.values()
    named = {name for seen in seen_as for name in (seen.field, seen.said_in) if name}
    for truth, gone in product((True, False), (None, "deleted", "merged")):
        for name, record in (("Lead", RECORD), ("Task", MADE), ("Task", OTHER)):
            values = {**dict.fromkeys(named, truth), "OwnerId": PERSON, "WhoId": RECORD}
            yield Touched(
                object=name, id=record, key=f"{ITEM}.create_task" if record == MADE else None,
                deleted=gone is not None, merged=gone == "merged", fields=values,
                created_by=PERSON if record == OTHER else AGENT, created_at=RECEIVED,
                by=PERSON, at=RECEIVED + timedelta(days=1),
            )  # fmt: skip


def _events(page: Page) -> list[Happened]:
    record = Record(object="Lead", id=RECORD, fields={})
    made = CreateRecord(
        name="create_task", object="Task", key_field="Triage_Key__c",
        fields={"OwnerId": AGENT, "Status": "Not Started"},
    )  # fmt: skip
    received = Received(
        mode="live", object=page.workflow.item.object, record_id=RECORD, record=record
    )
    planned = Planned(names=("create_task",), category="c", actions=(made,))
    done = Done(action="create_task", key="k", reference=MADE)
    drafted = Drafted(action="draft_reply", words=2, text="Thank you.")
    return [_happened(event) for event in (received, drafted, planned, done)]


def _happened(event: Event) -> Happened:
    return Happened(at=RECEIVED, run="r", event=event)
