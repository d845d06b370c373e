"""The gate allows exactly what the page declares, and names the line that it rests on."""
# ruff: noqa: E501 - a case stands on one line, as in a table

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from triage_agent.authority.gate import Allowed, NeedsApproval, Refused, Request, judge
from triage_agent.decision.actions import (
    Action,
    CreateRecord,
    PostHandOver,
    UpdateRecord,
    WriteDraft,
)
from triage_agent.decision.assessment import Assessment
from triage_agent.decision.hand_over import hand_over
from triage_agent.decision.item import Item
from triage_agent.decision.plan import Judged, draft_wanted, plan
from triage_agent.decision.stops import Stop
from triage_agent.operating_model.loading import OperatingModel

STOP = Stop(rule="restricted_topic", topic="legal", quote="we will sue")
OWNER, MAYA, PRIYA = "005000000000005AAA", "005000000000002AAA", "005000000000004AAA"
LEFT = "005000000000006AAA"


@pytest.fixture(scope="session")
def wanted(model: OperatingModel, item: Item) -> dict[str, Action]:
    """Each action of the page as the agent itself would ask for it."""
    said = Assessment(category="new_business", confidence=0.9, summary="They want to buy.", language="en", flags=(), claims=())  # fmt: skip
    settled = Judged(received_at=datetime(2026, 11, 23, 15, tzinfo=UTC), assessment=said, stops=())
    stopped = settled.model_copy(update={"stops": (STOP,)})
    draft = draft_wanted(item, settled)
    assert draft
    return {action.name: action for action in (draft, *plan(item, stopped), *plan(item, settled))}


Change = Callable[[Any], Action]


def with_(**changes: object) -> Change:
    return lambda action: action.model_copy(update=changes)


def fields(**changes: object) -> Change:
    return lambda action: action.model_copy(update={"fields": {**action.fields, **changes}})


def told(**changes: object) -> Change:
    return lambda action: action.model_copy(
        update={"hand_over": action.hand_over.model_copy(update=changes)}
    )


def same(action: Action) -> Action:
    return action


def another_kind(action: Action) -> Action:
    return WriteDraft(name=action.name)


ALLOWED = [
    ("tag", False, same, "an update of what is settled"),
    ("tag", True, same, "an update of what stopped"),
    ("tag", False, fields(Triage_Category__c="unclear"), "another value of the decision"),
    ("draft_reply", False, same, "a draft of what is settled"),
    ("create_task", False, same, "a record for its owner"),
    ("create_task", False, fields(OwnerId=MAYA), "a record for somebody of the team"),
    ("escalate", True, same, "a hand-over of what stopped"),
]


@pytest.mark.parametrize(("name", "stopped", "change"), [row[:3] for row in ALLOWED], ids=[row[3] for row in ALLOWED])  # fmt: skip
def test_what_the_page_declares_is_allowed(
    model: OperatingModel,
    item: Item,
    wanted: dict[str, Action],
    name: str,
    stopped: bool,  # noqa: FBT001 - a column of the table
    change: Change,
) -> None:
    """An action as the page declares it is allowed, on the line that declares it."""
    request = Request(change(wanted[name]), item, stopped)

    assert Allowed(model.line("may", name)) == judge(request, model)


def test_what_the_page_lets_ask_for_waits(
    model: OperatingModel, item: Item, wanted: dict[str, Action]
) -> None:
    """An action that the page gives on somebody's word is theirs to approve."""
    request = Request(wanted["set_status"], item, stopped=False)

    expected = NeedsApproval(model.line("may", "set_status", "ask"), "sales_development")
    assert expected == judge(request, model)


REFUSED = [
    ("never", "tag", False, with_(name="delete"), "never", "delete is never allowed"),
    ("undeclared", "tag", False, with_(name="tidy_up"), "may", "the page has no action tidy_up"),
    ("a draft of what stopped", "draft_reply", True, same, "may.draft_reply.when", "it is for settled items, this is stopped"),
    ("a record of what stopped", "create_task", True, same, "may.create_task.when", "it is for settled items, this is stopped"),
    ("a hand-over of what is settled", "escalate", False, same, "may.escalate.when", "it is for stopped items, this is settled"),
    ("another kind", "tag", False, another_kind, "may.tag", "the page declares another kind of action as tag"),
    ("another kind of record", "tag", False, with_(name="create_task"), "may.create_task", "the page declares another kind of action as create_task"),
    ("another object", "tag", False, with_(object="Account"), "may.tag", "it is for another record than the item's own"),
    ("another record", "tag", False, with_(record_id="00Q000000000002AAA"), "may.tag", "it is for another record than the item's own"),
    ("another field", "tag", False, fields(Status="Closed"), "may.tag", "Status is not among its fields"),
    ("another field of a new record", "create_task", False, fields(ReminderDateTime=None), "may.create_task", "ReminderDateTime is not among its fields"),
    ("another value", "create_task", False, fields(Priority="High"), "may.create_task", "Priority must be 'Normal'"),
    ("another value to ask for", "set_status", False, fields(Status="Closed"), "may.set_status", "Status must be 'Working - Contacted' or 'Closed - Not Converted'"),
    ("another record to ask for", "set_status", False, with_(record_id="00Q000000000002AAA"), "may.set_status", "it is for another record than the item's own"),
    ("asked for what stopped", "set_status", True, same, "may.set_status.when", "it is for settled items, this is stopped"),
    ("another object to create", "create_task", False, with_(object="Event"), "may.create_task", "it creates another record than a Task marked by Triage_Key__c"),
    ("another key's field", "create_task", False, with_(key_field="Subject"), "may.create_task", "it creates another record than a Task marked by Triage_Key__c"),
    ("another item's key", "create_task", False, fields(Triage_Key__c="0.create_task"), "may.create_task", "Triage_Key__c is not the key of this item"),
    ("no key", "create_task", False, fields(Triage_Key__c=None), "may.create_task", "Triage_Key__c is not the key of this item"),
    ("somebody who left", "create_task", False, fields(OwnerId=LEFT), "may.create_task", "OwnerId is nobody whom the page names"),
    ("nobody", "create_task", False, fields(OwnerId=None), "may.create_task", "OwnerId is nobody whom the page names"),
    ("about somebody else", "create_task", False, fields(WhoId="00Q000000000002AAA"), "may.create_task", "WhoId is another record than the item's own"),
    ("another team", "escalate", True, with_(team="support"), "may.escalate", "it is for another team than sales_development"),
    ("another item", "escalate", True, told(item_id="0"), "may.escalate", "it hands over another item"),
    ("another item's record", "escalate", True, told(record_id="00Q000000000002AAA"), "may.escalate", "it hands over another item"),
    ("to somebody else", "escalate", True, told(assignee="U0LENA00005"), "may.escalate", "its assignee is nobody of the team"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "stopped", "change", "line", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])  # fmt: skip
def test_anything_else_is_refused(
    model: OperatingModel,
    item: Item,
    wanted: dict[str, Action],
    name: str,
    stopped: bool,  # noqa: FBT001 - a column of the table
    change: Change,
    line: str,
    reason: str,
) -> None:
    """An action that differs from its declaration is refused, with the line and the difference."""
    request = Request(change(wanted[name]), item, stopped)

    assert Refused(model.line(*line.split(".")), reason) == judge(request, model)


def altered(model: OperatingModel, **changes: object) -> OperatingModel:
    """A model whose page no loader has checked."""
    page = model.page.model_copy(update=changes)
    return OperatingModel(page, model.text, model.marks)


def test_never_stands_above_may(
    model: OperatingModel, item: Item, wanted: dict[str, Action]
) -> None:
    """What stands under never is refused, even where the page gives it as well."""
    page = altered(model, never=["tag"])

    assert isinstance(judge(Request(wanted["tag"], item, stopped=False), page), Refused)


def test_the_last_line_refuses(
    model: OperatingModel, item: Item, wanted: dict[str, Action]
) -> None:
    """An action that no rule has allowed is refused, whatever its row says."""
    rule = model.page.may["tag"].model_copy(update={"alone": "perhaps"})
    page = altered(model, may={**model.page.may, "tag": rule})

    expected = Refused(model.line("may"), "no rule of the page allows it")
    assert expected == judge(Request(wanted["tag"], item, stopped=False), page)


def test_a_record_for_a_team_alone_is_not_for_its_owner(
    model: OperatingModel, item: Item, wanted: dict[str, Action]
) -> None:
    """Where the page doesn't name the record's owner, they may not be given a record."""
    rule = model.page.may["create_task"].model_copy(update={"for_": ["sales_development"]})
    page = altered(model, may={**model.page.may, "create_task": rule})

    expected = Refused(model.line("may", "create_task"), "OwnerId is nobody whom the page names")
    assert expected == judge(Request(wanted["create_task"], item, stopped=False), page)


# The page once more, by hand: what each action may be, said without the gate's own words.
FIXED = {"Status": "Not Started", "Priority": "Normal"}
TASK_FIELDS = {"Subject", "WhoId", "OwnerId", "Status", "Priority", "ActivityDate", "Triage_Key__c", "Description"}  # fmt: skip
TAG_FIELDS = {"Triage_Category__c", "Triage_Confidence__c", "Triage_Summary__c"}
TEAM = {MAYA, "005000000000003AAA", PRIYA}
TEAM_IN_SLACK = {"U0MAYA00002", "U0JONAS0003", "U0PRIYA0004"}


def declared(action: Action, item: Item, *, stopped: bool) -> bool:
    """Whether the shipped page declares an action of an item."""
    match action:
        case UpdateRecord(name="tag", object="Lead", record_id=item.record.id):
            return {*action.fields} <= TAG_FIELDS
        case CreateRecord(name="create_task", object="Task", key_field="Triage_Key__c"):
            given = action.fields
            return (
                not stopped
                and {*given} <= TASK_FIELDS
                and all(given.get(name, value) == value for name, value in FIXED.items())
                and given.get("Triage_Key__c") == f"{item.id}.create_task"
                and given.get("WhoId") == item.record.id
                and given.get("OwnerId") in TEAM | {OWNER}
            )
        case PostHandOver(name="escalate", team="sales_development", hand_over=content):
            own = (content.item_id, content.record_id) == (item.id, item.record.id)
            return stopped and own and content.assignee in TEAM_IN_SLACK
        case WriteDraft(name="draft_reply"):
            return not stopped
        case _:
            return False


def on_request(action: Action, item: Item, *, stopped: bool) -> bool:
    """Whether the shipped page declares an action that somebody has to approve."""
    match action:
        case UpdateRecord(name="set_status", object="Lead", record_id=item.record.id):
            return not stopped and action.fields in ({}, *STATUSES[:2])
        case _:
            return False


NAMES = st.sampled_from(
    ["tag", "create_task", "escalate", "draft_reply", "set_status", "delete", "refund", "x"]
)
OBJECTS = st.sampled_from(["Lead", "Task", "Account"])
RECORDS = st.sampled_from(["00Q000000000001AAA", "00Q000000000002AAA", "001000000000001AAA"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
PEOPLE = st.sampled_from([OWNER, MAYA, PRIYA, LEFT, None, ""])
TAGS = st.dictionaries(st.sampled_from([*sorted(TAG_FIELDS), "Status", "OwnerId"]), SCALARS)

STATUSES = (
    {"Status": "Working - Contacted"}, {"Status": "Closed - Not Converted"}, {"Status": "Closed"}
)  # fmt: skip
STATUS = st.sampled_from([*STATUSES, {}])


def task_fields(item: Item) -> st.SearchStrategy[dict[str, Any]]:
    keys = st.sampled_from([f"{item.id}.create_task", f"{item.id}.tag", "x"])
    return st.fixed_dictionaries(
        {},
        optional={
            "Subject": st.text(max_size=5),
            "WhoId": RECORDS,
            "OwnerId": PEOPLE,
            "Status": st.sampled_from(["Not Started", "Completed"]),
            "Priority": st.sampled_from(["Normal", "High"]),
            "Triage_Key__c": keys,
            "ReminderDateTime": SCALARS,
        },
    )


def likely_task_fields(item: Item) -> st.SearchStrategy[dict[str, Any]]:
    """Fields that are right but for those that are drawn over them."""
    right = {"Triage_Key__c": f"{item.id}.create_task", "WhoId": item.record.id, "OwnerId": MAYA}
    return task_fields(item).map(lambda drawn: right | dict(list(drawn.items())[:2]))


def actions(item: Item) -> st.SearchStrategy[Action]:
    taker = item.page.teams["sales_development"].members[0]
    content = hand_over(item, (STOP,), None, taker)
    contents = st.fixed_dictionaries(
        {},
        optional={
            "item_id": st.sampled_from([item.id, "0"]),
            "record_id": RECORDS,
            "assignee": st.sampled_from(["U0MAYA00002", "U0PRIYA0004", "U0LENA00005", ""]),
            "request": st.text(max_size=5),
        },
    ).map(lambda changes: content.model_copy(update=changes))
    key_fields = st.sampled_from(["Triage_Key__c", "Triage_Key__c", "Subject"])
    all_fields = st.one_of(task_fields(item), likely_task_fields(item), TAGS)
    teams = st.sampled_from(["sales_development", "sales_development", "support"])
    return st.one_of(
        st.builds(UpdateRecord, name=NAMES, object=OBJECTS, record_id=RECORDS, fields=all_fields),
        st.builds(UpdateRecord, name=st.just("tag"), object=st.just("Lead"), record_id=RECORDS, fields=TAGS),
        st.builds(UpdateRecord, name=st.just("set_status"), object=OBJECTS, record_id=RECORDS, fields=STATUS),
        st.builds(CreateRecord, name=NAMES, object=OBJECTS, key_field=key_fields, fields=all_fields),
        st.builds(CreateRecord, name=st.just("create_task"), object=st.just("Task"), key_field=key_fields, fields=likely_task_fields(item)),
        st.builds(PostHandOver, name=NAMES, team=teams, hand_over=contents),
        st.builds(PostHandOver, name=st.just("escalate"), team=teams, hand_over=contents),
        st.builds(WriteDraft, name=NAMES),
    )  # fmt: skip


@pytest.mark.long
@settings(max_examples=400, deadline=None)
@given(data=st.data(), stopped=st.booleans())
def test_allowed_is_what_is_declared(
    model: OperatingModel, item: Item, data: st.DataObject, *, stopped: bool
) -> None:
    """Of any actions, those are allowed or may be asked for that the page declares, no others."""
    action = data.draw(actions(item))

    verdict = judge(Request(action, item, stopped), model)

    assert declared(action, item, stopped=stopped) == isinstance(verdict, Allowed)
    assert on_request(action, item, stopped=stopped) == isinstance(verdict, NeedsApproval)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_an_unknown_action_is_refused(
    model: OperatingModel, item: Item, data: st.DataObject
) -> None:
    """An action of any other name is refused, whatever it would do."""
    name = data.draw(st.text())
    assume(name not in model.page.may)
    action = data.draw(actions(item)).model_copy(update={"name": name})

    assert isinstance(judge(Request(action, item, data.draw(st.booleans())), model), Refused)
