"""From a judged item to its actions: those that the page foresees, filled in and addressed."""
# ruff: noqa: E501 - a case stands on one line, as in a table

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from triage_agent.decision.actions import Action, CreateRecord, PostHandOver, UpdateRecord
from triage_agent.decision.assessment import Assessment
from triage_agent.decision.item import Item, Record
from triage_agent.decision.plan import Judged, draft_wanted, in_turn, plan
from triage_agent.decision.stops import Stop
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

if TYPE_CHECKING:
    from tests.decision.conftest import Edited, Form, Make

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 10:00 in the page's zone
STOP = Stop(rule="restricted_topic", topic="legal", quote="we will sue")
LENA = "005000000000005AAA"
MAYA = "005000000000002AAA"


def judged(
    said: Assessment | None, *stops: Stop, draft: str | None = None, at: datetime = MONDAY
) -> Judged:
    return Judged(received_at=at, assessment=said, stops=stops, draft=draft)


def owned_by(user: str, *, active: bool = True) -> tuple[Record, ...]:
    return (Record(object="User", id=user, fields={"Name": "Somebody", "IsActive": active}),)


def task(item: Item, decision: Judged) -> dict[str, Scalar]:
    (created,) = [one for one in plan(item, decision) if isinstance(one, CreateRecord)]
    return created.fields


def names(actions: tuple[Action, ...]) -> list[str]:
    return [action.name for action in actions]


@pytest.mark.parametrize(
    ("category", "drafts", "expected"),
    [
        ("new_business", True, ["tag", "create_task", "set_status"]),
        ("support_misroute", False, ["tag", "create_task", "set_status"]),
        ("job_or_vendor_spam", False, ["tag", "set_status"]),
    ],
)
def test_a_settled_item_gets_what_its_category_says(
    make: "Make", form: "Form", *, category: str, drafts: bool, expected: list[str]
) -> None:
    """A category's row says whether there is a draft and a task; the tag is for every item."""
    decision = judged(form(category=category))

    assert drafts == (draft_wanted(make(), decision) is not None)
    assert expected == names(plan(make(), decision))


def test_a_stopped_item_gets_no_draft_and_no_task(page: Page, make: "Make", form: "Form") -> None:
    """Whatever the category, a stopped item is tagged and handed over, and nothing else."""
    for category in [*page.workflow.categories, "unclear", "bribery"]:
        decision = judged(form(category=category), STOP)

        assert draft_wanted(make(), decision) is None
        assert ["tag", "escalate"] == names(plan(make(), decision))


@pytest.mark.parametrize("category", ["unclear", "bribery", ""])
def test_another_category_is_unclear(make: "Make", form: "Form", category: str) -> None:
    """A category that isn't the page's is 'unclear', and has neither draft nor task."""
    decision = judged(form(category=category))
    tag, *others = plan(make(), decision)

    assert isinstance(tag, UpdateRecord)
    assert "unclear" == tag.fields["Triage_Category__c"]
    assert ["set_status"] == names(tuple(others))
    assert draft_wanted(make(), decision) is None


def test_a_lone_placeholder_keeps_its_type(make: "Make", form: "Form") -> None:
    """A number stays a number, rounded as its field is."""
    tag = plan(make(), judged(form(confidence=0.876)))[0]

    assert isinstance(tag, UpdateRecord)
    assert ("Lead", "00Q000000000001AAA") == (tag.object, tag.record_id)
    assert {
        "Triage_Category__c": "new_business",
        "Triage_Confidence__c": 0.88,
        "Triage_Summary__c": "They want scheduling software.",
    } == tag.fields


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<Website>", None),
        ("site: <Website>", "site: "),
        ("<confidence> sure", "0.0 sure"),
        ("<HasOptedOutOfEmail>", False),
        ("opted out: <HasOptedOutOfEmail>", "opted out: False"),
        ("<Company>, <Country>", "<category> Ltd, Canada"),
        ("<key>", "KEY"),
    ],
)
def test_placeholders_are_filled_in(
    edited: "Edited", make: "Make", form: "Form", template: str, expected: Scalar
) -> None:
    """Among words a value becomes text, nothing becomes empty, and what was filled in stays."""
    page = edited("Triage_Summary__c: <summary>", f'Triage_Summary__c: "{template}"')
    item = make(page=page, Website=None, Company="<category> Ltd")
    tag = plan(item, judged(form(confidence=0.0)))[0]

    wanted = f"{item.id}.tag" if expected == "KEY" else expected
    assert isinstance(tag, UpdateRecord)
    assert wanted == tag.fields["Triage_Summary__c"]


def test_a_task_is_whole(make: "Make", form: "Form") -> None:
    """A task carries the item's key, the sender, the model's summary and the draft."""
    item = make(related=owned_by(LENA), OwnerId=LENA)
    fields = task(item, judged(form(), draft="Hello Ada."))

    assert f"{item.id}.create_task" == fields["Triage_Key__c"]
    assert "Inbound request (new_business): Northwind Heating" == fields["Subject"]
    assert (item.record.id, LENA) == (fields["WhoId"], fields["OwnerId"])
    assert "They want scheduling software." in str(fields["Description"])
    assert str(fields["Description"]).endswith("Hello Ada.")


def test_a_task_without_a_draft_says_so(make: "Make", form: "Form") -> None:
    """Where no reply is foreseen, the task says that instead of a draft."""
    fields = task(make(), judged(form(category="support_misroute")))

    assert str(fields["Description"]).endswith(
        "(none: the operating model foresees no reply to this kind of request)"
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"HasOptedOutOfEmail": True}, "Has Opted Out Of Email: yes"),
        ({"EmailBouncedReason": "550 5.1.1 no such user"}, "Email Bounced Reason: 550 5.1.1 no such user"),
        ({"EmailBouncedDate": "2026-11-02T10:00:00.000+0000"}, "Email Bounced Date: 2026-11-02T10:00:00.000+0000"),
        ({"HasOptedOutOfEmail": True, "EmailBouncedReason": "full"}, "Has Opted Out Of Email: yes, Email Bounced Reason: full"),
    ],
)  # fmt: skip
def test_whoever_is_not_to_be_written_to_gets_no_draft(
    make: "Make", form: "Form", fields: dict[str, Scalar], reason: str
) -> None:
    """Who opted out, or whose mail bounced, gets no draft; the task is there and says why."""
    item, decision = make(**fields), judged(form())

    assert draft_wanted(item, decision) is None
    assert str(task(item, decision)["Description"]).endswith(
        f"(none: they are not to be written to: {reason})"
    )


@pytest.mark.parametrize("empty", [None, "", False])
def test_an_empty_field_keeps_nobody_from_being_written_to(
    make: "Make", form: "Form", empty: Scalar
) -> None:
    """A mark on the record counts only where there is one."""
    fields = dict.fromkeys(("HasOptedOutOfEmail", "EmailBouncedReason", "EmailBouncedDate"), empty)

    assert draft_wanted(make(**fields), judged(form())) is not None


TOLD = ({"detail": "team_size", "quote": "40 technicians"},)
INCOMPLETE = "promising_but_incomplete: ask "


@pytest.mark.parametrize(
    ("choice", "category", "drafts"),
    [
        ("ask", "new_business", True),
        ("task", "new_business", False),
        ("escalate", "new_business", True),  # stopped before, where that is due
        ("task", "support_misroute", False),
    ],
)
def test_an_incomplete_request_becomes_what_the_owner_chose(
    edited: "Edited", make: "Make", form: "Form", *, choice: str, category: str, drafts: bool
) -> None:
    """A request that lacks what an answer needs is asked about, or left to whoever has its task."""
    item = make(page=edited(INCOMPLETE, f"promising_but_incomplete: {choice} "))
    decision = judged(form(category=category, details=TOLD))
    said = str(task(item, decision)["Description"])

    assert drafts == (draft_wanted(item, decision) is not None)
    assert ("How they plan that work today." in said) == (choice == "task" and category[0] == "n")


def test_a_complete_request_is_drafted_for(edited: "Edited", make: "Make", form: "Form") -> None:
    """A request that says all that an answer needs gets its draft, whatever the owner chose."""
    item = make(page=edited(INCOMPLETE, "promising_but_incomplete: task "))
    details = (*TOLD, {"detail": "way_of_working", "quote": "look for scheduling software"})

    assert draft_wanted(item, judged(form(details=details))) is not None


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("\t=1+1", "' =1+1"),
        ("\x00@SUM(1)", "'@SUM(1)"),
        ("They want it.\x07\u202e", "They want it."),
        ("<b>bold</b> &amp;", "<b>bold</b> &amp;"),
    ],
)
def test_a_value_in_a_field_is_only_text(
    make: "Make", form: "Form", summary: str, kept: str
) -> None:
    """What begins a field with a stranger's or a model's words can't be a formula there."""
    tag = plan(make(), judged(form(summary=summary)))[0]

    assert isinstance(tag, UpdateRecord)
    assert kept == tag.fields["Triage_Summary__c"]


def test_behind_the_pages_words_nothing_is_a_formula(make: "Make", form: "Form") -> None:
    """A field that begins with the page's own words is left as it is, but for controls."""
    fields = task(make(Company="=1+1\x1b[31m"), judged(form(summary="=1+1")))

    assert "Inbound request (new_business): =1+1[31m" == fields["Subject"]
    assert str(fields["Description"]).startswith("What they want, in the model's words:\n=1+1\n")


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        pytest.param("2026-11-23T15:00+00:00", "2026-11-23", id="in the morning"),
        pytest.param("2026-11-23T21:00+00:00", "2026-11-24", id="late in the day"),
        pytest.param("2026-11-24T03:00+00:00", "2026-11-24", id="in the night before"),
        pytest.param("2026-11-25T22:00+00:00", "2026-11-27", id="before a holiday"),
        pytest.param("2026-11-28T12:00+00:00", "2026-11-30", id="at the weekend"),
    ],
)
def test_a_task_is_due_after_working_hours(
    make: "Make", form: "Form", received: str, expected: str
) -> None:
    """A task is due four working hours after the request came in, by the page's calendar."""
    at = datetime.fromisoformat(received)

    assert expected == task(make(), judged(form(), at=at))["ActivityDate"]


def test_an_active_owner_gets_the_task(make: "Make", form: "Form") -> None:
    """The record's owner gets the task while they are active, whatever team they are of."""
    item = make(related=(*owned_by(MAYA), *owned_by(LENA)), OwnerId=LENA)

    assert LENA == task(item, judged(form()))["OwnerId"]


@pytest.mark.parametrize("related", [(), owned_by(LENA, active=False)])
def test_without_an_owner_somebody_of_the_team_does(
    page: Page, make: "Make", form: "Form", related: tuple[Record, ...]
) -> None:
    """A queue's record, or one of somebody who left, goes to the member whose turn it is."""
    item = make(related=related)

    expected = in_turn(item, "sales_development").salesforce
    assert expected == task(item, judged(form()))["OwnerId"]
    assert expected in {one.salesforce for one in page.teams["sales_development"].members}


@pytest.mark.parametrize(("owner", "takes_it"), [(MAYA, True), (LENA, False)])
def test_an_owner_of_the_team_takes_over(
    make: "Make", form: "Form", *, owner: str, takes_it: bool
) -> None:
    """A stopped item goes to its owner if they are of the team, else to whose turn it is."""
    item = make(related=owned_by(owner))
    post = plan(item, judged(form(), STOP))[-1]

    turn = "U0MAYA00002" if takes_it else in_turn(item, "sales_development").slack
    assert isinstance(post, PostHandOver)
    assert ("sales_development", turn) == (post.team, post.hand_over.assignee)


def test_turns_are_stable_and_spread(page: Page, make: "Make") -> None:
    """The same item always falls to the same member, and many items fall to all alike."""
    items = [make(Description=f"Request {n}") for n in range(300)]
    turns = [in_turn(item, "sales_development").name for item in items]

    assert turns == [in_turn(item, "sales_development").name for item in items]
    assert len(page.teams["sales_development"].members) == len(set(turns))
    assert 70 < min(Counter(turns).values())


def test_an_item_that_no_model_saw_is_tagged_with_its_rule(make: "Make") -> None:
    """Where the floor stopped an item, its tag has no confidence and names the rule."""
    tag = plan(make(), judged(None, STOP))[0]

    assert isinstance(tag, UpdateRecord)
    assert {
        "Triage_Category__c": "unclear",
        "Triage_Confidence__c": None,
        "Triage_Summary__c": "Stopped by restricted_topic.",
    } == tag.fields
