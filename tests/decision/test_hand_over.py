"""A hand-over tells a person all that they need, however long or odd the request is."""

from typing import TYPE_CHECKING

import pytest

from triage_agent.decision.hand_over import hand_over, words
from triage_agent.decision.item import Record
from triage_agent.decision.stops import Stop
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
    assert "They want scheduling software." == content.wants
    assert page.owner.name in content.page


def test_what_says_nothing_is_left_out(make: "Make", maya: Member) -> None:
    """Empty fields, ids and the request itself are no part of who the sender is."""
    content = hand_over(make(Phone=None, Title="", HasOptedOutOfEmail=False), DOUBT, None, maya)

    shown = {name for name, _ in content.who}
    assert {"Company", "Email", "LastName"} <= shown
    assert set() == shown & {"Phone", "Title", "Description", "OwnerId", "HasOptedOutOfEmail"}
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
    assert [300] * 5 == [len(record) for record in content.records]


def test_the_records_are_described(make: "Make", maya: Member) -> None:
    """What is on record is told by kind, id and fields; the record's owner is no such thing."""
    account = Record(
        object="Account",
        id="001000000000001AAA",
        fields={"Name": "Northwind", "Type": "Prospect", "Website": None, "OwnerId": "005x"},
    )
    user = Record(object="User", id=maya.salesforce, fields={"Name": maya.name, "IsActive": True})
    content = hand_over(make(related=(account, user)), DOUBT, None, maya)

    assert ("Account 001000000000001AAA: Name Northwind, Type Prospect",) == content.records


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
