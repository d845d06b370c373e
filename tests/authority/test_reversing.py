"""While something is rolled back, exactly what is undone leaves, for as long as it is opened."""

from contextlib import ExitStack

import pytest
from simple_salesforce.format import format_soql

from tests.authority.test_wire import (
    COLLECTIONS,
    DATA,
    HOSTS,
    LEAD,
    MESSAGE,
    MODEL,
    TAG,
    TASK,
    TASKS,
    ask,
    composite,
    crm,
    rows,
    slack,
)
from triage_agent.authority import soql
from triage_agent.authority.reversing import ReversingWire
from triage_agent.authority.wire import Request, Wire
from triage_agent.operating_model.loading import OperatingModel

RESTORED = {"attributes": {"type": "Lead"}, "id": LEAD, "Triage_Category__c": None}
WITHDRAWN = {"attributes": {"type": "Task"}, "id": "00T000000000001AAA", "Status": "Deferred"}
REFERENCE = "C0SALESDEV1/1.2"
UNDOING = crm("PATCH", COLLECTIONS, rows(RESTORED, WITHDRAWN))
MARKING = slack("chat.update", channel="C0SALESDEV1", ts="1.2", text="hi", blocks=[])


@pytest.fixture
def wire(model: OperatingModel) -> ReversingWire:
    return ReversingWire(model.page, HOSTS)


def test_what_is_opened_passes(wire: ReversingWire) -> None:
    """Rows and messages pass while they are open, alone and in parts; not before, not after."""
    asked = [UNDOING, composite(UNDOING, UNDOING), MARKING]
    before = [wire.refuses(one) for one in asked]
    with wire.approved([RESTORED, WITHDRAWN]), wire.message(REFERENCE):
        while_open = [wire.refuses(one) for one in asked]

    assert [None] * 3 == while_open
    assert all(before)
    assert all(map(wire.refuses, asked))


@pytest.mark.parametrize(
    "other",
    [
        {**RESTORED, "Triage_Category__c": "partnership"},
        {**RESTORED, "Status": "Closed"},
        {**RESTORED, "id": "00Q000000000009AAA"},
        {**WITHDRAWN, "Status": "Completed"},
        TAG,
    ],
)
def test_another_row_does_not_pass(wire: ReversingWire, other: dict[str, object]) -> None:
    """Another value, field or record than those that are opened is kept back, even among them."""
    with wire.approved([RESTORED, WITHDRAWN]):
        refused = wire.refuses(crm("PATCH", COLLECTIONS, rows(RESTORED, other)))

    assert refused
    assert "changes a record otherwise than to undo" in refused


@pytest.mark.parametrize(
    "request_",
    [
        crm("PATCH", TASKS, rows(TASK)),
        crm("POST", COLLECTIONS, rows(WITHDRAWN)),
        crm("PATCH", COLLECTIONS, {**rows(RESTORED), "graphs": []}),
        crm("PATCH", COLLECTIONS, [RESTORED]),
        crm("DELETE", f"{DATA}/sobjects/Task/00T000000000001AAA"),
        crm("PATCH", f"{DATA}/sobjects/Lead/{LEAD}", {"Triage_Category__c": None}),
        slack("chat.postMessage", **MESSAGE),
        slack("chat.delete", channel="C0SALESDEV1", ts="1.2"),
        slack("chat.update", channel="C0SALESDEV1", ts="1.3", text="hi", blocks=[]),
        slack("chat.update", channel="C0SALESDEV1", ts="1.2", text="hi", as_user="true"),
        slack("views.open", trigger_id="1", view={}),
        MODEL,
    ],
)
def test_nothing_else_leaves(wire: ReversingWire, request_: Request, model: OperatingModel) -> None:
    """Of what a run may do nothing passes: no creation, no hand-over, no question, no deletion."""
    told = {model.page.channel_of(name) for name in model.page.recovery.tell}
    with ExitStack() as opened:
        opened.enter_context(wire.approved([RESTORED, WITHDRAWN]))
        opened.enter_context(wire.message(REFERENCE))
        refused = wire.refuses(request_)

    assert refused or (request_.body or {}).get("channel") in told


def test_it_reads_what_it_compares(wire: ReversingWire, model: OperatingModel) -> None:
    """It may ask what records hold of what was set, which no run may."""
    asked = [
        ask(format_soql(soql.values(model.page, name), [LEAD]), "queryAll")
        for name in ("Lead", "Task")
    ]

    assert [None, None] == [wire.refuses(one) for one in asked]
    assert all(Wire(model.page, HOSTS, live=True).refuses(one) for one in asked)
    assert wire.refuses(slack("conversations.history", channel="C0SALESDEV1", limit=1)) is None


def test_a_pause_holds_nothing_back(wire: ReversingWire) -> None:
    """The agent is paused all the while, and what undoes its work passes."""
    assert not wire.writes(UNDOING)
    assert not wire.writes(MARKING)
