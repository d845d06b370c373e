"""The queries for outcomes: of the page's objects, their fields and their history alone."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from simple_salesforce.format import format_soql

from tests.authority.test_wire import HOSTS, LEAD, ask
from triage_agent.authority import soql
from triage_agent.authority.wire import Wire
from triage_agent.operating_model.loading import FILE, OperatingModel, load
from triage_agent.operating_model.schema import Page

FORK = Path(__file__).parents[1] / "forks" / "support_cases" / FILE
NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def fork() -> Page:
    return load(FORK.read_text(encoding="utf-8")).page


def test_the_pages_queries_are_foreseen(model: OperatingModel) -> None:
    """Each passes with its values where deleted records are seen, and not elsewhere."""
    page, wire = model.page, Wire(model.page, HOSTS, live=False)
    contacted = page.outcomes.seen_as["contacted"]
    asked = [
        format_soql(soql.changes_since(page), NOW),
        format_soql(soql.changes_of(page), [LEAD]),
        format_soql(soql.naming(page, contacted), [LEAD]),
        *(format_soql(soql.touched_since(page, name), NOW) for name in soql.touched(page)),
    ]
    before = format_soql(soql.created_between(page), NOW, NOW)

    assert ["Task", "Lead"] == soql.touched(page)
    assert [] == [one for one in asked if wire.refuses(ask(one, "queryAll"))]
    assert asked == [one for one in asked if wire.refuses(ask(one))]
    assert wire.refuses(ask(before)) is None


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("Task", ["IsDeleted", "Triage_Key__c", "WhoId", "OwnerId", "IsClosed", "Description"]),
        ("Lead", ["IsDeleted", "MasterRecordId", "IsConverted"]),
        ("Case", ["IsDeleted", "IsClosed"]),
    ],
)
def test_they_ask_for_what_the_page_names(
    model: OperatingModel, fork: Page, name: str, columns: list[str]
) -> None:
    """Fields that show something, the key of what was made, and who did what when."""
    asked = soql.touched_since(fork if name == "Case" else model.page, name)
    who = ["CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate"]

    assert ["Id", *columns, *who] == re.findall(r"\w+", asked.partition(" FROM ")[0])[1:]
    assert asked.endswith(f" FROM {name} WHERE SystemModstamp >= {{}}")
    assert "FROM CaseHistory" in soql.changes_since(fork)


def test_what_people_sent_is_read_for_the_agents_items_alone(model: OperatingModel) -> None:
    """How soon people came before the agent's time is measured without a word of theirs."""
    contacted = model.page.outcomes.seen_as["contacted"]

    assert "Description" in soql.touched_since(model.page, "Task")
    assert "Description" not in soql.naming(model.page, contacted)


@pytest.mark.parametrize(
    ("name", "history"),
    [
        ("Lead", ("LeadHistory", "LeadId")),
        ("Opportunity", ("OpportunityFieldHistory", "OpportunityId")),
        ("Known_Issue__c", ("Known_Issue__History", "ParentId")),
    ],
)
def test_histories_have_their_names(name: str, history: tuple[str, str]) -> None:
    """A history is called after its object, but for one; that of an object of one's own, too."""
    assert history == soql.history(name)


def test_what_the_page_doesnt_name_isnt_asked_for(model: OperatingModel) -> None:
    """Without changes of the item's own nobody reads its history; without others' no records."""
    rules = model.page.outcomes
    few = {name: rules.seen_as[name] for name in ("task_closed", "merged")}
    less = model.page.model_copy(update={"outcomes": rules.model_copy(update={"seen_as": few})})
    patterns = [one.pattern for one in soql.foreseen_with_deleted(less)]

    assert not soql.has_history(less)
    assert [] == [one for one in patterns if re.search("History", one)]
    assert ["Task", "Lead"] == soql.touched(less)
    assert "MasterRecordId" in soql.touched_since(less, "Lead")
