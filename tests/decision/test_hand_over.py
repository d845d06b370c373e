"""A hand-over tells a person all that they need, however long or odd the request is."""
# ruff: noqa: E501 - a case stands on one line, as in a table

from typing import TYPE_CHECKING

import pytest

from triage_agent.decision.hand_over import deeds, hand_over, words
from triage_agent.decision.item import ELSEWHERE, Record
from triage_agent.decision.stops import Stop
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Member, Page
from triage_agent.operating_model.stop_rules import StopRules

if TYPE_CHECKING:
    from tests.decision.conftest import Form, Make

LONG = "ä" * 32_000
DOUBT = (Stop(rule="low_confidence", source="model", fact="confidence 0.10 is below 0.75"),)


@pytest.fixture(scope="session")
def maya(page: Page) -> Member:
    return page.teams["sales_development"].members[0]


def test_it_holds_what_a_person_needs(make: "Make", form: "Form", maya: Member, page: Page) -> None:
    """It names the sender, the reasons with their evidence, the request, and who has it now."""
    item = make()
    stop = Stop(rule="restricted_topic", topic="legal", quote="we will sue", source="model")
    content = hand_over(item, (stop,), form(), maya)

    assert "Northwind Heating - Okafor" == content.headline
    assert "U0MAYA00002" == content.assignee
    assert [("we will sue", None)] == [(each.quote, each.fact) for each in content.reasons]
    assert (item.request, item.id, item.record.id) == (
        content.request,
        content.item_id,
        content.record_id,
    )
    assert (
        "They want scheduling software. (new business, confidence 0.90, language en)"
        == content.wants
    )
    assert page.owner.name in content.page


def test_what_says_nothing_is_left_out(make: "Make", maya: Member) -> None:
    """Empty fields, ids and the request itself are no part of who the sender is."""
    content = hand_over(make(Phone=None, Title="", HasOptedOutOfEmail=False), DOUBT, None, maya)

    shown = {name for name, _ in content.who}
    assert {"Company", "Email", "Last Name"} <= shown
    assert set() == shown & {"Phone", "Title", "Description", "Owner Id", "Has Opted Out Of Email"}
    assert content.wants is None


def test_a_lead_without_a_name_is_named_by_its_id(make: "Make", maya: Member) -> None:
    """A record with none of its headline's fields goes by its kind and id."""
    content = hand_over(make(Company=None, LastName=""), DOUBT, None, maya)

    assert "Lead 00Q000000000001AAA" == content.headline


def test_any_length_fits(make: "Make", maya: Member) -> None:
    """Fields of 32,000 characters are clipped, and of many records the first are named."""
    related = tuple(
        Record(object="Account", id=f"00100000000000{n}AAA", fields={"Name": LONG})
        for n in range(9)
    )
    item = make(related=related, Company=LONG, LastName=LONG, Title=LONG, Description=LONG)
    content = hand_over(item, DOUBT, None, maya)

    assert 120 == len(content.headline)
    assert 600 == len(content.request)
    assert {200} == {len(value) for name, value in content.who if name in ("Company", "Title")}
    owner, *records, more, missing = content.records
    assert [300] * 5 == [len(record) for record in records]
    assert ("Owned by no person.", "And 4 more.") == (owner, more)
    assert "Nothing found: Contact, Opportunity, Task." == missing


def test_the_records_are_described(make: "Make", maya: Member) -> None:
    """What is on record is told in words, who owns it first, and what was looked for in vain."""
    account = Record(
        object="Account",
        id="001000000000001AAA",
        fields={"Name": "Northwind", "Type": "Prospect", "Website": None, "OwnerId": "005x"},
    )
    user = Record(object="User", id=maya.salesforce, fields={"Name": maya.name, "IsActive": True})
    content = hand_over(make(related=(account, user)), DOUBT, None, maya)

    assert (
        "Owned by Maya Lindqvist.",
        "Account Northwind: Type Prospect",
        "Nothing found: Contact, Opportunity, Task.",
    ) == content.records


def test_a_record_that_says_nothing_goes_by_its_id(make: "Make", maya: Member) -> None:
    """Without any field that says something, a record and an owner are named by their ids."""
    account = Record(object="Account", id="001000000000001AAA", fields={"Name": None})
    user = Record(object="User", id="005000000000009AAA", fields={"Name": "", "IsActive": False})
    content = hand_over(make(related=(account, user)), DOUBT, None, maya)

    assert (
        "Owned by 005000000000009AAA (Is Active no).",
        "Account 001000000000001AAA",
    ) == content.records[:2]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026-11-23T09:00:00.000+0000", "Mon 23 Nov 2026, 04:00 (America/New_York)"),
        ("2026-11-23T09:00:00Z", "Mon 23 Nov 2026, 04:00 (America/New_York)"),
        ("2026-99-99T09:00:00Z", "2026-99-99T09:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("2026-11-23T09:00:00 or so", "2026-11-23T09:00:00 or so"),
    ],
)
def test_moments_are_told_by_the_pages_clock(
    make: "Make", maya: Member, written: str, told: str
) -> None:
    """When something happened reads as people write it, where it can be told."""
    who = dict(hand_over(make(CreatedDate=written), DOUBT, None, maya).who)

    assert told == who["Created Date"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Email ada@northwind.example or Phone +1 555 0100."),
        ({"Phone": ELSEWHERE}, "Email ada@northwind.example or Phone (on the record only)."),
        ({"Email": None, "Phone": None}, "No way is on the record."),
        ({"Email": "-", "Phone": "n/a"}, "No way is on the record."),
        ({"Phone": None, "HasOptedOutOfEmail": True}, "Email ada@northwind.example. They are not to be written to (Has Opted Out Of Email: yes)."),
    ],
)  # fmt: skip
def test_it_says_how_to_reply(
    make: "Make", maya: Member, fields: dict[str, Scalar], expected: str
) -> None:
    """By which way the sender can be reached stands there, and whether they may be."""
    assert expected == hand_over(make(**fields), DOUBT, None, maya).reply


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ((), "With this message: tag. Not done: draft reply, create task, set status."),
        (("draft_reply",), "Before it stopped: draft reply. With this message: tag. Not done: create task, set status."),
        (("tag", "create_task"), "Before it stopped: tag, create task. Not done: draft reply, set status."),
    ],
)  # fmt: skip
def test_what_was_done_is_told(page: Page, before: tuple[str, ...], expected: str) -> None:
    """What the agent did and what it left undone is told by the page's actions."""
    assert expected == deeds(page, before)


def test_a_page_that_tags_nothing_says_so(page: Page) -> None:
    """Where a page has no action for stopped items but the message, nothing else is claimed."""
    silent = page.model_copy(update={"may": {"escalate": page.may["escalate"]}})
    late = page.model_copy(
        update={"may": {name: page.may[name] for name in ("create_task", "escalate")}}
    )

    assert "Nothing but this message." == deeds(silent, ())
    assert "Not done: create task." == deeds(late, ())


def test_the_weightiest_rule_decides(make: "Make", form: "Form", maya: Member) -> None:
    """Of several rules the weightiest comes first, and says what to do next; none is told twice."""
    doubt = DOUBT[0]
    stops = (
        doubt,
        Stop(rule="missing_data", topic="Email", fact="no Email or Phone"),
        Stop(rule="restricted_topic", topic="legal", quote="we will sue", source="model"),
        Stop(rule="restricted_topic", topic="legal", quote="we will sue"),
    )
    content = hand_over(make(), stops, form(), maya)

    assert ["we will sue", None, None] == [reason.quote for reason in content.reasons]
    assert "Bring in whoever answers for legal matters before you reply." == content.next_step


def test_a_withheld_draft_is_replaced_by_a_person(make: "Make", form: "Form", maya: Member) -> None:
    """Where only the draft failed, the next step is to reply oneself."""
    stop = Stop(rule="outside_policy", topic="draft", fact="the draft was withheld: it is empty")
    content = hand_over(make(), (stop,), form(), maya)

    assert "Reply yourself: the draft was not fit to be kept." == content.next_step
    assert "the draft was withheld: it is empty" == content.reasons[0].fact


def test_only_a_code_is_told_as_language(make: "Make", form: "Form", maya: Member) -> None:
    """What a model writes in place of a language's code isn't repeated."""
    content = hand_over(make(), DOUBT, form(language="en. <!channel> come"), maya)

    assert str(content.wants).endswith("language unknown)")


@pytest.mark.parametrize("rule", [*StopRules.model_fields, "failed_repeatedly"])
def test_every_rule_has_words_and_a_next_step(make: "Make", maya: Member, rule: str) -> None:
    """Whatever stopped an item, its hand-over says so in words, and what to do next."""
    content = hand_over(make(), (Stop(rule=rule, fact="a fact"),), None, maya)

    assert f"{rule.replace('_', ' ').capitalize()}." == content.reasons[0].words
    assert content.next_step.endswith(".")


@pytest.mark.parametrize(
    ("rule", "topic", "meaning"),
    [
        ("restricted_topic", "legal", "A legal claim, threat or dispute"),
        ("outside_policy", "custom_development", "We don't build features to order."),
        ("consequential_request", "money", "A payment, refund, credit"),
        ("conflicting_information", "is_customer", "already are our customer. Our records say"),
        ("missing_data", "Email", "Missing data."),
        ("outside_policy", "draft", "Outside policy."),
    ],
)
def test_reasons_are_in_the_words_of_the_page(
    page: Page, rule: str, topic: str, meaning: str
) -> None:
    """A reason is told in the page's words for it, where it has some."""
    told = words(Stop(rule=rule, topic=topic, fact="a fact"), page)

    assert told.startswith(rule.replace("_", " ").capitalize())
    assert meaning in told
