"""People who act beside the agent, by sessions of their own."""

from typing import Any

import pytest
import requests
from simple_salesforce.format import format_soql

from tests.sandbox.conftest import Client, Connect, Deploy, Faulty, Start
from tests.sandbox.permission_sets import of_user, on_fields, on_object

Json = dict[str, Any]

AGENT = "005000000000009AAA"
MAYA = "005000000000002AAA"
JONAS = "005000000000003AAA"
FORMER = "005000000000006AAA"
LEAD = {"LastName": "Ames", "Company": "Alpha", "Email": "a@alpha.example"}
AS_IS = {"Sforce-Auto-Assign": "FALSE"}


@pytest.fixture
def maya(url: str, connect: Connect) -> Client:
    return connect(url, session_id=f"sandbox-{MAYA}", instance_url=url)


def rows(client: Client, query: str, path: str = "query") -> list[Json]:
    """What a query finds, without the attributes."""
    found = client.restful(path, params={"q": query})["records"]
    return [{name: value for name, value in row.items() if name != "attributes"} for row in found]


def new(client: Client, entity: str, values: Json) -> str:
    """A new record as it is, no assignment rule; its id."""
    made = client.restful(f"sobjects/{entity}", method="POST", json=values, headers=AS_IS)
    return str(made["id"])


def change(client: Client, entity: str, identifier: str, values: Json) -> None:
    client.restful(f"sobjects/{entity}/{identifier}", method="PATCH", json=values, headers=AS_IS)


def test_what_a_person_does_is_theirs(salesforce: Client, maya: Client) -> None:
    """Changes bear the name of whoever's session made them, in the record and in its history."""
    lead = new(salesforce, "Lead", LEAD)
    change(maya, "Lead", lead, {"Status": "Working - Contacted"})
    query = "SELECT CreatedById, LastModifiedById FROM Lead WHERE Id = {}"
    history = "SELECT Field, CreatedById FROM LeadHistory WHERE LeadId = {}"
    own = new(maya, "Task", {"Subject": "Call back"})

    assert [{"CreatedById": AGENT, "LastModifiedById": MAYA}] == rows(
        salesforce, format_soql(query, lead)
    )
    assert [
        {"Field": "created", "CreatedById": AGENT},
        {"Field": "Status", "CreatedById": MAYA},
    ] == rows(salesforce, format_soql(history, lead))
    assert MAYA == maya.restful(f"sobjects/Task/{own}")["OwnerId"]


def test_a_session_says_whose_it_is(url: str, maya: Client) -> None:
    """Identity and user info are those of the person."""
    headers = {"Authorization": f"Bearer sandbox-{MAYA}"}
    info = requests.get(f"{url}/services/oauth2/userinfo", headers=headers, timeout=5).json()

    assert maya.restful("")["identity"].endswith(f"/{MAYA}")
    assert (MAYA, "Maya Lindqvist") == (info["user_id"], info["name"])


def test_a_person_has_rights_of_their_own(start: Start, deploy: Deploy, connect: Connect) -> None:
    """They may do what the agent's permission sets don't grant, and the agent still may not."""
    url = start(deployed=deploy(of_user("ApiEnabled"), on_object("Lead", "allowRead")))
    agent, person = connect(url), connect(url, session_id=f"sandbox-{MAYA}", instance_url=url)
    for entity, values in (
        ("Account", {"Name": "Alpha"}),
        ("Contact", {"LastName": "Ames"}),
        ("Case", {"Subject": "Help"}),
        ("Task", {"Subject": "Call"}),
        ("Lead", {**LEAD, "Rating": "Hot"}),
        ("Opportunity", {"Name": "A", "StageName": "Prospecting", "CloseDate": "2026-12-01"}),
    ):
        identifier = new(person, entity, values)
        change(person, entity, identifier, {"Description": "words"})
        person.restful(f"sobjects/{entity}/{identifier}", method="DELETE")
    status, (error,) = agent.refused("sobjects/Lead", method="POST", json=LEAD)

    assert (400, "INSUFFICIENT_ACCESS_OR_READONLY") == (status, error["errorCode"])


def test_the_agent_has_a_token_of_that_form_too(
    start: Start, deploy: Deploy, connect: Connect
) -> None:
    """It gives no more rights than the agent's other tokens."""
    url = start(deployed=deploy(of_user("ApiEnabled"), on_object("Lead", "allowRead")))
    agent = connect(url, session_id=f"sandbox-{AGENT}", instance_url=url)

    assert 404 == agent.refused("sobjects/Account", method="POST", json={"Name": "A"})[0]


@pytest.mark.parametrize("token", [f"sandbox-{FORMER}", "sandbox-nobody", "sandbox-"])
def test_only_active_users_have_sessions(url: str, connect: Connect, token: str) -> None:
    """Nobody acts for a user who has left, or who never was."""
    status, (error,) = connect(url, session_id=token, instance_url=url).refused("sobjects")

    assert (401, "INVALID_SESSION_ID") == (status, error["errorCode"])


def test_hidden_fields_have_no_history(start: Start, deploy: Deploy, connect: Connect) -> None:
    """Rows about a field that the agent may not see are there for others alone."""
    granted = deploy(
        of_user("ApiEnabled"),
        on_object("Lead", "allowRead"),
        on_fields("Lead.Triage_Category__c"),
    )
    url = start(deployed=granted)
    agent, person = connect(url), connect(url, session_id=f"sandbox-{MAYA}", instance_url=url)
    lead = new(person, "Lead", LEAD)
    change(person, "Lead", lead, {"Triage_Category__c": "a", "Triage_Summary__c": "b"})
    query = format_soql("SELECT Field FROM LeadHistory WHERE LeadId = {}", lead)

    assert ["created", "Triage_Category__c"] == [row["Field"] for row in rows(agent, query)]
    assert ["created", "Triage_Category__c", "Triage_Summary__c"] == [
        row["Field"] for row in rows(person, query)
    ]


def test_private_records_have_private_histories(faulty: Faulty, connect: Connect) -> None:
    """Who may not read a record can't read what happened to it either."""
    url = faulty(
        "{fault: sharing, object: Lead, model: Private}",
        "{fault: no_permission, object: Lead, may: view_all}",
    )
    person = connect(url, session_id=f"sandbox-{MAYA}", instance_url=url)
    lead = new(person, "Lead", LEAD)
    query = format_soql("SELECT Field FROM LeadHistory WHERE LeadId = {}", lead)

    assert [] == rows(connect(url), query)
    assert [{"Field": "created"}] == rows(person, query)
