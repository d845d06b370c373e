"""Reading from the sandbox: which records are new, and what is found around them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from triage_agent.chunks import chunks
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.connectors.salesforce.reading import (
    RECORDS_EACH,
    Surroundings,
    new_records,
    surroundings,
)
from triage_agent.decision.item import Record
from triage_agent.operating_model.schema import Page

LogIn = Callable[..., SalesforceClient]
State = Callable[[str], Any]
Make = Callable[..., str]
Around = Callable[..., Surroundings]

LENA, TOM = "005000000000005AAA", "005000000000006AAA"
FREE_MAIL = frozenset({"gmail.com"})
LONGEST_URL = 16_384


@pytest.fixture
def make(salesforce: SalesforceClient) -> Make:
    """Creates a record: `make("Contact", Email=…)` gives its id."""
    needed = {
        "Lead": {"LastName": "Lovelace", "Company": "Acme"},
        "Contact": {"LastName": "Lovelace"},
        "Account": {"Name": "Acme"},
        "Opportunity": {"Name": "Big", "StageName": "Prospecting", "CloseDate": "2027-01-01"},
        "Task": {},
    }

    def made(name: str, **values: object) -> str:
        answer = salesforce.write("POST", f"sobjects/{name}", {**needed[name], **values})
        return str(answer["id"])

    return made


def lead(**values: str | None) -> Record:
    return Record(object="Lead", id="00Q000000000001AAA", fields=dict(values))


@pytest.fixture
def around(salesforce: SalesforceClient, page: Page) -> Around:
    """What is found around one lead with these fields."""

    def found(**values: str | None) -> Surroundings:
        record = lead(**values)
        return surroundings(salesforce, page, [record], FREE_MAIL)[record.id]

    return found


def ids(found: Surroundings, name: str) -> list[str]:
    return [record.id for record in found.records if record.object == name]


def changed(page: Page, **workflow: object) -> Page:
    """The page with another workflow."""
    return page.model_copy(update={"workflow": page.workflow.model_copy(update=workflow)})


def of_company(page: Page, company: str) -> Page:
    """The page, for the leads of one company alone."""
    source = page.workflow.item
    conditions = {**source.new_when, "Company": company}
    return changed(page, item=source.model_copy(update={"new_when": conditions}))


@pytest.fixture
def company() -> str:
    """A company that no other test has leads of."""
    return f"Company {uuid4()}"


@pytest.fixture
def own_page(page: Page, company: str) -> Page:
    """The page, for the leads of this test alone."""
    return of_company(page, company)


def now() -> datetime:
    return datetime.now(UTC)


def test_new_records_hold_the_fields_of_the_page(
    salesforce: SalesforceClient, page: Page, company: str, own_page: Page, make: Make
) -> None:
    """A new lead comes with every field that the page reads, and with no other."""
    body = {"LastName": "O'Neil \\ Søn", "Company": company, "Email": "o@acme.example"}
    made = make("Lead", **body)
    (new,) = new_records(salesforce, own_page, now())
    record = new.record

    assert ("Lead", made) == (record.object, record.id)
    assert set(page.item_read.fields) == set(record.fields)
    assert body == {name: record.fields[name] for name in body}
    assert record.fields["Phone"] is None


def test_a_new_record_has_what_actions_would_change(
    salesforce: SalesforceClient, company: str, own_page: Page, make: Make
) -> None:
    """What its fields hold that the page's updates set, each once, also where that is nothing."""
    make("Lead", Company=company, Triage_Summary__c="An older one.")
    (new,) = new_records(salesforce, own_page, now())

    assert {
        "Triage_Category__c": None,
        "Triage_Confidence__c": None,
        "Triage_Summary__c": "An older one.",
        "Status": "Open - Not Contacted",
    } == new.before


def test_every_page_of_the_answer_is_read(
    salesforce: SalesforceClient, company: str, own_page: Page
) -> None:
    """More leads than Salesforce gives at once all come, each once, oldest first."""
    made = []
    for numbers in chunks(range(2_101), 200):
        rows = [
            {"attributes": {"type": "Lead"}, "LastName": f"L{number}", "Company": company}
            for number in numbers
        ]
        body = {"allOrNone": True, "records": rows}
        made += [row["id"] for row in salesforce.write("POST", "composite/sobjects", body)]
    found = new_records(salesforce, own_page, now())
    created = [str(new.record.fields["CreatedDate"]) for new in found]

    assert sorted(made) == sorted(new.record.id for new in found)
    assert sorted(created) == created


@pytest.mark.parametrize(
    ("status", "count"),
    [("Open - Not Contacted", 1), ("Working - Contacted", 0), ("Closed - Not Converted", 0)],
)
def test_new_is_what_the_page_calls_new(
    salesforce: SalesforceClient, company: str, own_page: Page, make: Make, status: str, count: int
) -> None:
    """Each condition of `new_when` must hold."""
    make("Lead", Company=company, Status=status)

    assert count == len(new_records(salesforce, own_page, now()))


def test_conditions_are_quoted(salesforce: SalesforceClient, page: Page, make: Make) -> None:
    """A condition whose value holds quotes and backslashes finds exactly that value."""
    company = "D'Arcy \\ \"Sons\" %_ OR Id != ''"
    made = make("Lead", Company=company)
    found = new_records(salesforce, of_company(page, company), now())

    assert [made] == [new.record.id for new in found]


@pytest.mark.parametrize(("days", "count"), [(29, 1), (31, 0)])
def test_what_lies_before_the_window_is_not_new(
    salesforce: SalesforceClient, company: str, own_page: Page, make: Make, days: int, count: int
) -> None:
    """Only records that changed within `look_back` are found."""
    make("Lead", Company=company)

    assert count == len(new_records(salesforce, own_page, now() + timedelta(days)))


def test_the_window_looks_at_the_last_change(
    salesforce: SalesforceClient, company: str, own_page: Page, make: Make
) -> None:
    """A lead that becomes new later is found then, whenever it was created."""
    made = make("Lead", Company=company, Status="Working - Contacted")
    before = new_records(salesforce, own_page, now())
    salesforce.write("PATCH", f"sobjects/Lead/{made}", {"Status": "Open - Not Contacted"})

    assert [] == before
    assert [made] == [new.record.id for new in new_records(salesforce, own_page, now())]


@pytest.mark.parametrize(("days", "count"), [(0, 1), (1, 1), (-2, 0)])
def test_the_backlog_stays_with_people(
    salesforce: SalesforceClient, company: str, own_page: Page, make: Make, days: int, count: int
) -> None:
    """What was created before the day on the page isn't found, however lately it changed."""
    make("Lead", Company=company)
    first = now().astimezone(own_page.workflow.time.zone).date() - timedelta(days)
    page = changed(own_page, nothing_created_before=first)

    assert count == len(new_records(salesforce, page, now()))


def test_a_contact_is_found_by_its_address(make: Make, around: Around) -> None:
    """The contact with the lead's address, in any case, and nobody else's."""
    make("Contact", Email="other@one.example")
    ada = make("Contact", Email="Ada.Lovelace@One.example")
    found = around(Email="ada.lovelace@one.example")

    assert [ada] == ids(found, "Contact")
    assert {"Name": "Lovelace", "Email": "ada.lovelace@one.example", "AccountId": None} == {
        name: str(value).casefold() if name == "Email" else value
        for name, value in found.records[0].fields.items()
    }


def test_the_contacts_account_comes_before_the_website(make: Make, around: Around) -> None:
    """Where the sender is a known contact their account counts, not one with the domain."""
    own = make("Account", Name="Own")
    make("Account", Name="Of the domain", Website="two.example")
    make("Contact", Email="ada@two.example", AccountId=own)
    found = around(Email="ada@two.example")

    assert [own] == ids(found, "Account")
    assert ["Contact by Email", "Account by Id"] == found.looked_at[:2]
    assert {"Task by WhoId", "Task by WhatId", "Opportunity by AccountId", "User by Id"} == {
        *found.looked_at[2:]
    }


def test_a_contact_without_an_account_leaves_the_website(make: Make, around: Around) -> None:
    """The next alternative is tried where the first one finds nothing."""
    account = make("Account", Website="www.three.example")
    make("Contact", Email="ada@three.example")
    found = around(Email="ada@three.example")

    assert [account] == ids(found, "Account")
    assert "Account by Website" in found.looked_at


@pytest.mark.parametrize(
    ("domain", "website"),
    [
        ("a.example", "a.example"),
        ("b.example", "www.b.example"),
        ("c.example", "http://c.example"),
        ("d.example", "https://d.example"),
        ("e.example", "http://www.e.example"),
        ("f.example", "https://www.f.example"),
        ("g.example", "HTTPS://WWW.G.example"),
    ],
)
def test_a_website_is_found_however_it_is_written(
    make: Make, around: Around, domain: str, website: str
) -> None:
    """With or without scheme and www, in any case."""
    account = make("Account", Website=website)

    assert [account] == ids(around(Email=f"Somebody@{domain.upper()} "), "Account")


def test_another_companys_website_is_not_found(make: Make, around: Around) -> None:
    """A domain that only ends or begins alike is somebody else's."""
    make("Account", Website="https://notfour.example")
    make("Account", Website="https://four.example.org")
    found = around(Email="ada@four.example")

    assert [] == found.records
    assert "Account by Website" in found.looked_at


def test_a_free_mail_address_says_nothing_of_a_company(make: Make, around: Around) -> None:
    """An address that anybody can have is matched with no website, and nothing is asked."""
    make("Account", Website="gmail.com")
    found = around(Email="ada@gmail.com")

    assert [] == found.records
    assert ["Contact by Email", "Task by WhoId"] == found.looked_at


@pytest.mark.parametrize("email", [None, "", "no address", "@"])
def test_a_lead_without_an_address_is_matched_with_nobody(
    make: Make, around: Around, email: str | None
) -> None:
    """A field that is empty or no address finds no contact and no account."""
    make("Contact")
    make("Account")
    found = around(Email=email, OwnerId=None)

    assert [] == found.records


def test_what_belongs_to_the_account_is_found(make: Make, around: Around) -> None:
    """The opportunities of the account that was found, with their fields."""
    account = make("Account", Website="five.example")
    opportunity = make("Opportunity", AccountId=account, StageName="Closed Won")
    make("Opportunity", AccountId=make("Account"))
    found = around(Email="ada@five.example")
    (record,) = (record for record in found.records if record.object == "Opportunity")

    assert opportunity == record.id
    assert {
        "Name": "Big",
        "StageName": "Closed Won",
        "IsClosed": True,
        "AccountId": account,
    } == record.fields


def test_the_leads_tasks_and_owner_are_found(
    salesforce: SalesforceClient, page: Page, make: Make
) -> None:
    """Tasks about the lead and the user who owns it, each lead with its own."""
    mine, other = make("Lead"), make("Lead")
    task = make("Task", WhoId=mine, Subject="Call")
    records = [
        Record(object="Lead", id=mine, fields={"OwnerId": LENA}),
        Record(object="Lead", id=other, fields={"OwnerId": TOM}),
    ]
    found = surroundings(salesforce, page, records, FREE_MAIL)

    assert ([task], [LENA]) == (ids(found[mine], "Task"), ids(found[mine], "User"))
    assert ([], [TOM]) == (ids(found[other], "Task"), ids(found[other], "User"))
    assert [True, False] == [
        record.fields["IsActive"]
        for surrounding in found.values()
        for record in surrounding.records
        if record.object == "User"
    ]


@pytest.mark.parametrize(
    "email", ["o'neil@six.example", "back\\slash@six.example", "a%b_c@six.example", "'--@x.example"]
)
def test_an_address_with_special_characters_finds_its_contact(
    make: Make, around: Around, email: str
) -> None:
    """Quotes, backslashes and wildcards are part of the value, never of the query."""
    make("Contact", Email="axbxc@six.example")
    made = make("Contact", Email=email)

    assert [made] == ids(around(Email=email), "Contact")


def test_an_address_cannot_ask_for_more(make: Make, around: Around) -> None:
    """What a stranger writes into a field stays a value, whatever it looks like."""
    make("Contact", Email="secret@eight.example")

    assert [] == around(Email="x') OR Email LIKE ('%@eight.example").records


def test_only_so_many_records_of_an_object_are_kept(make: Make, around: Around) -> None:
    """A sender with a hundred contacts doesn't flood the item."""
    for _ in range(RECORDS_EACH + 3):
        make("Contact", Email="many@seven.example")

    assert RECORDS_EACH == len(ids(around(Email="many@seven.example"), "Contact"))


def queries(state: Mapping[str, Any]) -> list[str]:
    """The addresses of all queries, as they were sent."""
    return [
        request["path"]
        for request in state["requests"]
        if urlsplit(request["path"]).path.rstrip("/").endswith("/query")
    ]


def test_many_records_are_looked_up_in_few_short_queries(
    log_in: LogIn, fresh_url: str, page: Page, state: State
) -> None:
    """Around 200 leads a handful of queries is asked, none longer than an address may be."""
    client = log_in(fresh_url)
    account = client.write(
        "POST", "sobjects/Account", {"Name": "Last", "Website": "https://company-199.example"}
    )["id"]
    records = [
        Record(
            object="Lead",
            id=f"00Q{number:012d}AAA",
            fields={"Email": f"o'neil+{number}@company-{number}.example", "OwnerId": LENA},
        )
        for number in range(200)
    ]
    found = surroundings(client, page, records, FREE_MAIL)
    asked = queries(state(fresh_url))

    assert [account] == ids(found[records[-1].id], "Account")
    assert [LENA] * 200 == [ids(found[record.id], "User")[0] for record in records]
    assert LONGEST_URL > max(map(len, asked))
    assert len(asked) < 15


def test_no_records_ask_nothing(log_in: LogIn, fresh_url: str, page: Page, state: State) -> None:
    """Where there is nothing to look around, no query leaves."""
    found = surroundings(log_in(fresh_url), page, [], FREE_MAIL)

    assert {} == found
    assert [] == queries(state(fresh_url))
