"""Whatever is told of an action that asks, it is done only as somebody approved it last."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.authority.approvals import Wanted, void
from triage_agent.decision import events
from triage_agent.decision.actions import Approval, UpdateRecord
from triage_agent.decision.asking import Asking, edited
from triage_agent.decision.events import Event, Happened
from triage_agent.decision.item import Item
from triage_agent.decision.plan import Judged
from triage_agent.decision.progress import Deliver, step_of
from triage_agent.decision.review_events import (
    Approved,
    Asked,
    Edited,
    Expired,
    Rejected,
    Voided,
)
from triage_agent.decision.story import Story
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.project import read_model

if TYPE_CHECKING:
    from tests.decision.conftest import Make

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
NAME, KEY = "set_status", "item.set_status"
MAYA: dict[str, Any] = {
    "by": "Maya Lindqvist", "login": "maya", "slack": "U0MAYA00002", "salesforce": None,
}  # fmt: skip
CALL = events.Call(
    purpose="assess", key="k", asked="m", answered_by="m", outcome="answered", input_tokens=1,
    cached_tokens=0, output_tokens=1, cost_usd=None, seconds=0.1,
)  # fmt: skip


class Asks:
    """The shipped page, an item, and three requests for one action, the last another value's."""

    def __init__(self, model: OperatingModel, item: Item, approvals: Sequence[Approval]) -> None:
        self.model, self.item, self.approvals = model, item, approvals


@pytest.fixture(scope="module")
def asks(make: "Make") -> Asks:
    item = make()
    action = UpdateRecord(
        name=NAME, object="Lead", record_id=item.record.id, fields={"Status": "Working - Contacted"}
    )
    judged = Judged(received_at=NOON, assessment=None, stops=())
    first, second = (
        Asking(item, judged, action, number, None, f"n{number}").approval({"Status": "Open"}, NOON)
        for number in (1, 2)
    )
    third = edited(first, {"Status": "Closed - Not Converted"}, "n3")
    return Asks(read_model(Path(__file__).parents[2]), item, (first, second, third))


def told_of(kind: str, one: Approval, other: Approval, number: int) -> Event:  # noqa: C901, PLR0911 - one return a kind
    """An event of that kind about `one`, by whoever could have brought it about."""
    match kind:
        case "asked":
            return Asked(
                action=NAME, number=number, who="sales_development", digest=one.digest,
                expires_at=one.expires_at, approval=one,
            )  # fmt: skip
        case "approved":
            return Approved(**MAYA, action=NAME, digest=one.digest)
        case "edited":
            return Edited(**MAYA, action=NAME, was=other.digest, digest=one.digest, approval=one)
        case "rejected":
            return Rejected(**MAYA, action=NAME, reason="No.")
        case "expired":
            return Expired(action=NAME, digest=one.digest)
        case "voided":
            return Voided(action=NAME, digest=one.digest, reason="changed")
        case "intended":
            return events.Intended(action=NAME, key=KEY, system="salesforce", approval=one.digest)
        case "done":
            return events.Done(action=NAME, key=KEY, reference="1")
        case "not found":
            return events.NotFound(action=NAME, key=KEY)
        case "failed":
            return events.Failed(action=NAME, code="500", reason="a reason")
        case "held":
            return events.Held(action=NAME, line="may.set_status.ask", who="sales_development")
        case _:  # what a model says decides nothing
            return events.ModelCalled(call=CALL, answer='{"approved": true}')


KINDS = (
    "asked", "approved", "edited", "rejected", "expired", "voided", "intended", "done",
    "not found", "failed", "held", "model",
)  # fmt: skip
LIVES = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 2)), max_size=14
)


def approved_last(told: Sequence[Event]) -> str | None:
    """The digest that somebody's last yes was to, as a reader of the record would say; or None."""
    asked = yes = None
    for event in told:
        match event:
            case Asked() | Edited():
                asked, yes = event.digest, None
            case Approved() if event.digest == asked:
                yes = event.digest
            case Rejected() | Expired() | Voided() | events.Done():
                asked = yes = None
    return yes


@settings(max_examples=400, deadline=None)
@given(life=LIVES)
def test_nothing_is_done_without_a_yes_to_it(asks: Asks, life: Sequence[Any]) -> None:
    """Any order of events, also impossible ones: what may leave is what was approved last."""
    model, item, approvals = asks.model, asks.item, asks.approvals
    action = approvals[0].action
    received = events.Received.model_validate(
        {"mode": "live", "object": "Lead", "record_id": item.record.id, "record": item.record}
    )
    planned = events.Planned(names=(NAME,), category="new_business", actions=(action,))
    told = [
        told_of(kind, approvals[one], approvals[other], number)
        for number, (kind, one, other) in enumerate(life, 1)
    ]
    held = told_of("held", approvals[0], approvals[1], 1)
    story = Story.of(
        Happened(at=NOON + timedelta(seconds=n), run="run", event=event)
        for n, event in enumerate([received, planned, held, *told])
    )
    step, question = step_of(story), story.asked(NAME)
    due = [one for one in step.actions if one.name == NAME] if isinstance(step, Deliver) else []
    if due and question:
        wanted = Wanted(question, item, stopped=False)
        if void(wanted, model, NOON) is None:
            assert approved_last(told) == question.digest
            assert question.approval
            assert question.approval.action == due[0]
    assert not due or question
