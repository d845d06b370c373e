"""What a visitor does in the CRM is done by the person whom they chose, or by nobody."""

import pytest
import requests
from simple_salesforce.format import format_soql

from tests.sandbox.conftest import Client
from tests.sandbox.pages.crm import LEAD, TAG, change, new, press, see

JONAS = "005000000000003AAA"
QUEUE = "00G000000000001EAA"


def test_a_visitor_changes_a_lead_as_a_person(url: str, salesforce: Client) -> None:
    """The change is that user's own; what the form leaves as it was, isn't written."""
    lead = new(salesforce, "Lead", LEAD)
    change(salesforce, "Lead", lead, {**TAG, "OwnerId": QUEUE})
    press(
        url,
        f"/crm/Lead/{lead}",
        "U0JONAS0003",
        **{"act": "save", "Status": "Working - Contacted", "before-Status": "Open - Not Contacted"},
        **{"OwnerId": JONAS, "before-OwnerId": QUEUE},
        **{"Triage_Category__c": "", "before-Triage_Category__c": ""},
    )
    history = format_soql(
        "SELECT Field, CreatedById FROM LeadHistory WHERE LeadId = {} AND CreatedById = {}",
        lead,
        JONAS,
    )
    told = {row["Field"] for row in salesforce.query(history)["records"]}
    after = salesforce.restful(f"sobjects/Lead/{lead}")

    assert {"Status", "Owner"} == told
    assert ("Working - Contacted", JONAS, JONAS, "demo_request") == (
        after["Status"],
        after["OwnerId"],
        after["LastModifiedById"],
        after["Triage_Category__c"],
    )


def test_a_visitor_closes_and_deletes_a_task(url: str, salesforce: Client) -> None:
    """Each is that person's own, and is told on the page of the lead."""
    lead = new(salesforce, "Lead", LEAD)
    task = new(salesforce, "Task", {"Subject": "Call", "WhoId": lead, "Triage_Key__c": "two"})
    path = f"/crm/Task/{task}"
    closed = press(url, path, "U0MAYA00002", act="save", Status="Completed")
    told = see(url, f"/crm/Lead/{lead}").told("changes")
    gone = press(url, path, "U0PRIYA0004", act="delete")
    last = see(url, f"/crm/Lead/{lead}").told("changes")

    assert "Changed by Maya Lindqvist" in closed.told("changes")
    assert "Task changed, now Completed: Call by Maya Lindqvist" in told
    assert 410 == gone.status
    assert "by Priya Nair" in gone.text
    assert "Task deleted: Call by Priya Nair" in last


def test_a_visitor_converts_a_lead(url: str, salesforce: Client) -> None:
    """Its page leads to account and contact then, and takes no more changes."""
    lead = new(salesforce, "Lead", LEAD)
    path = f"/crm/Lead/{lead}"
    page = press(url, path, "U0MAYA00002", act="convert")
    after = salesforce.restful(f"sobjects/Lead/{lead}")
    again = press(url, path, "U0MAYA00002", act="convert")

    assert f"/crm/Account/{after['ConvertedAccountId']}" in page.links
    assert f"/crm/Contact/{after['ConvertedContactId']}" in page.links
    assert "Work on it" not in page.text
    assert 422 == again.status
    assert "cannot reference converted lead" in again.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"act": "save", "Status": "Lost"}, "bad value for restricted picklist field"),
        ({"act": "save", "OwnerId": "005000000000006AAA"}, "inactive user"),
        ({"act": "save", "OwnerId": "nobody"}, "id value of incorrect type"),
        ({"act": "explode"}, "there is no such button here"),
        ({}, "there is no such button here"),
    ],
)
def test_what_salesforce_refuses_is_said_on_the_form(
    url: str, salesforce: Client, fields: dict[str, str], said: str
) -> None:
    """With its reason, and nothing is changed."""
    lead = new(salesforce, "Lead", LEAD)
    before = salesforce.restful(f"sobjects/Lead/{lead}")
    page = press(url, f"/crm/Lead/{lead}", "U0MAYA00002", **fields)

    assert 422 == page.status
    assert said in page.within("wrong")
    assert before == salesforce.restful(f"sobjects/Lead/{lead}")


def test_who_has_no_user_changes_nothing(url: str, salesforce: Client) -> None:
    """They are told so in place of the form, and the form would be refused."""
    lead = new(salesforce, "Lead", LEAD)
    page = see(url, f"/crm/Lead/{lead}", person="U0OMAR00006")
    sent = press(url, f"/crm/Lead/{lead}", "U0OMAR00006", act="convert")

    assert "Omar Haddad has no user in Salesforce" in page.text
    assert 422 == sent.status
    assert not salesforce.restful(f"sobjects/Lead/{lead}")["IsConverted"]


def test_a_form_of_another_site_is_refused(url: str, salesforce: Client) -> None:
    """So is a name that only leads to this machine."""
    path = f"{url}/crm/Lead/{new(salesforce, 'Lead', LEAD)}"
    foreign = {"Origin": "https://evil.example"}
    sent = requests.post(path, data={"act": "convert"}, headers=foreign, timeout=10)
    named = requests.get(path, headers={"Host": "evil.example"}, timeout=10)

    assert (403, 421) == (sent.status_code, named.status_code)
