"""People who act beside the agent, by sessions of their own."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from simple_salesforce.format import format_soql

from tests.sandbox.conftest import Client, Connect, Deploy, Faulty, Start
from tests.sandbox.permission_sets import of_user, on_fields, on_object
from triage_agent.sandbox.server import running

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


def act(url: str, **what: object) -> Json:
    """What came of something that a person did in the user interface."""
    answer = requests.post(f"{url}/sandbox/people", json=what, timeout=5)
    assert 200 == answer.status_code, answer.text
    done: Json = answer.json()
    return done


def one(client: Client, entity: str, names: str, identifier: str) -> Json:
    """A record, deleted or not."""
    query = f"SELECT {names} FROM {entity} WHERE Id = '{identifier}'"  # noqa: S608 - a test's own
    (row,) = rows(client, query, "queryAll")
    return row


STAMPS = "CreatedById, CreatedDate, LastModifiedById, LastModifiedDate, SystemModstamp"


def test_leads_are_merged(url: str, salesforce: Client) -> None:
    """The loser is deleted and names the winner, which gets its tasks; all of it by that person."""
    winner, loser = new(salesforce, "Lead", LEAD), new(salesforce, "Lead", LEAD)
    task = new(salesforce, "Task", {"Subject": "Call", "WhoId": loser})
    act(url, **{"as": MAYA}, merge={"winner": winner, "loser": loser})
    gone = one(salesforce, "Lead", f"IsDeleted, MasterRecordId, IsConverted, {STAMPS}", loser)
    kept = one(salesforce, "Lead", f"IsDeleted, MasterRecordId, {STAMPS}", winner)
    moved = one(salesforce, "Task", f"IsDeleted, WhoId, {STAMPS}", task)
    history = format_soql("SELECT Field, CreatedById FROM LeadHistory WHERE LeadId = {}", winner)

    assert (True, winner, False) == (
        gone["IsDeleted"],
        gone["MasterRecordId"],
        gone["IsConverted"],
    )
    assert (False, None) == (kept["IsDeleted"], kept["MasterRecordId"])
    assert (False, winner) == (moved["IsDeleted"], moved["WhoId"])
    assert [(AGENT, MAYA)] * 3 == [
        (row["CreatedById"], row["LastModifiedById"]) for row in (gone, kept, moved)
    ]
    assert [("created", AGENT), ("leadMerged", MAYA)] == [
        (row["Field"], row["CreatedById"]) for row in rows(salesforce, history)
    ]


def test_what_is_merged_is_as_old_as_its_oldest_part(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    """The winner was created when, and by whom, the older lead was, even if that is the loser."""
    day = "2026-11-{}T10:00:00.000+0000"
    leads = [
        {"Id": "00Q000000000001AAA", "CreatedDate": day.format(20), "CreatedById": JONAS},
        {"Id": "00Q000000000002AAA", "CreatedDate": day.format(21), "CreatedById": MAYA},
    ]
    file = tmp_path / "leads.jsonl"
    file.write_text("\n".join(json.dumps({"lead": {**LEAD, **lead}}) for lead in leads))
    url = start(leads=file)
    client = connect(url)
    older, newer = (lead["Id"] for lead in leads)
    before = one(client, "Lead", STAMPS, older)
    act(url, **{"as": MAYA}, merge={"winner": newer, "loser": older})
    after = one(client, "Lead", STAMPS, newer)

    assert (before["CreatedDate"], JONAS) == (after["CreatedDate"], after["CreatedById"])


def test_a_lead_is_converted(url: str, salesforce: Client) -> None:
    """It becomes an account and a contact, its tasks are theirs, and it is read-only from now."""
    lead = new(salesforce, "Lead", {**LEAD, "OwnerId": JONAS, "City": "Ulm"})
    task = new(salesforce, "Task", {"Subject": "Call", "WhoId": lead})
    made = act(url, **{"as": MAYA}, convert={"lead": lead})
    names = "IsConverted, ConvertedDate, ConvertedAccountId, ConvertedContactId, Status"
    after = one(salesforce, "Lead", f"{names}, {STAMPS}", lead)
    account = one(salesforce, "Account", f"Name, OwnerId, BillingCity, {STAMPS}", made["account"])
    contact = one(salesforce, "Contact", "Name, Email, AccountId, OwnerId", made["contact"])
    moved = one(salesforce, "Task", "WhoId, WhatId, LastModifiedById", task)
    _, (refusal,) = salesforce.refused(f"sobjects/Lead/{lead}", method="PATCH", json={"City": "A"})

    assert (True, after["SystemModstamp"][:10], made["account"], made["contact"]) == tuple(
        after[name] for name in names.split(", ")[:4]
    )
    assert ("Closed - Converted", MAYA) == (after["Status"], after["LastModifiedById"])
    assert ("Alpha", JONAS, "Ulm", MAYA) == (
        account["Name"],
        account["OwnerId"],
        account["BillingCity"],
        account["CreatedById"],
    )
    assert {
        "Name": "Ames",
        "Email": "a@alpha.example",
        "AccountId": made["account"],
        "OwnerId": JONAS,
    } == contact
    assert {
        "WhoId": made["contact"],
        "WhatId": made["account"],
        "LastModifiedById": MAYA,
    } == moved
    assert "CANNOT_UPDATE_CONVERTED_LEAD" == refusal["errorCode"]


def test_history_tells_of_a_conversion(url: str, salesforce: Client) -> None:
    """It has the new status and the conversion, both by the person who converted."""
    lead = new(salesforce, "Lead", LEAD)
    act(url, **{"as": MAYA}, convert={"lead": lead})
    query = "SELECT Field, NewValue, CreatedById FROM LeadHistory WHERE LeadId = {}"

    assert [
        {"Field": "created", "NewValue": None, "CreatedById": AGENT},
        {"Field": "Status", "NewValue": "Closed - Converted", "CreatedById": MAYA},
        {"Field": "leadConverted", "NewValue": None, "CreatedById": MAYA},
    ] == rows(salesforce, format_soql(query, lead))


def test_what_belongs_to_a_queue_gets_an_owner(url: str, salesforce: Client) -> None:
    """Accounts and contacts have no queues: whoever converts such a lead owns what it becomes."""
    lead = new(salesforce, "Lead", {**LEAD, "OwnerId": "00G000000000001EAA"})
    made = act(url, **{"as": MAYA}, convert={"lead": lead})

    assert MAYA == one(salesforce, "Contact", "OwnerId", made["contact"])["OwnerId"]


def test_what_people_did_lasts(tmp_path: Path, connect: Connect) -> None:
    """After a restart everything is as a person left it, with its history."""
    with running(state=tmp_path, leads=None) as url:
        winner, loser = (new(connect(url), "Lead", LEAD) for _ in "12")
        act(url, **{"as": MAYA}, merge={"winner": winner, "loser": loser})
        before = requests.get(f"{url}/sandbox/state", timeout=5).json()["salesforce"]
    with running(state=tmp_path, leads=None) as url:
        after = requests.get(f"{url}/sandbox/state", timeout=5).json()["salesforce"]

    assert before == after
    assert [winner] == [lead["Id"] for lead in after["Lead"]]
    assert ["created", "leadMerged"] == [row["Field"] for row in after["LeadHistory"]]


NOBODY = "00Q000000000999AAA"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "body: Invalid JSON"),
        ({"as": MAYA}, "body: Value error, write either"),
        ({"as": MAYA, "convert": {}}, "convert.lead: Field required"),
        ({"as": MAYA, "merge": {"winner": 5, "loser": NOBODY}}, "merge.winner: Input should be"),
        ({"convert": {"lead": NOBODY}}, "as: Field required"),
        ({"as": "me", "convert": {"lead": NOBODY}}, "as: 'me' is no active user"),
        ({"as": FORMER, "convert": {"lead": NOBODY}}, "is no active user"),
        ({"as": MAYA, "convert": {"lead": NOBODY}}, f"there is no lead '{NOBODY}'"),
        ({"as": MAYA, "merge": {"winner": "x", "loser": "y"}}, "there is no lead 'x'"),
    ],
)
def test_what_people_can_not_do_is_refused(url: str, body: Json | str, says: str) -> None:
    """The answer is 400 and says what is wrong."""
    content = body if isinstance(body, str) else None
    answer = requests.post(
        f"{url}/sandbox/people", data=content, json=None if content else body, timeout=5
    )

    assert 400 == answer.status_code
    assert says in answer.json()["error"]


def test_merges_and_conversions_are_checked(url: str, salesforce: Client) -> None:
    """A lead isn't merged with itself, nor is a converted one merged or converted again."""
    lead, other = new(salesforce, "Lead", LEAD), new(salesforce, "Lead", LEAD)
    act(url, **{"as": MAYA}, convert={"lead": other})
    answers = [
        requests.post(f"{url}/sandbox/people", json={"as": MAYA, **what}, timeout=5)
        for what in (
            {"merge": {"winner": lead, "loser": lead}},
            {"merge": {"winner": lead, "loser": other}},
            {"convert": {"lead": other}},
        )
    ]

    assert [400] * 3 == [answer.status_code for answer in answers]
    assert "itself" in answers[0].json()["error"]
    assert "CANNOT_UPDATE_CONVERTED_LEAD" in answers[2].json()["error"]


def test_an_agent_without_the_right_converts_nothing(start: Start, deploy: Deploy) -> None:
    """Its user may do in the user interface no more than by the API, and nothing is left half."""
    leads = on_object("Lead", "allowRead", "allowEdit")
    url = start(deployed=deploy(of_user("ApiEnabled", "ConvertLeads"), leads))
    data = f"{url}/services/data/v64.0/sobjects/Lead"
    headers = {"Authorization": f"Bearer sandbox-{MAYA}"}
    lead = requests.post(data, json=LEAD, headers=headers, timeout=5).json()["id"]
    body = {"as": AGENT, "convert": {"lead": lead}}
    answer = requests.post(f"{url}/sandbox/people", json=body, timeout=5)
    state = requests.get(f"{url}/sandbox/state", timeout=5).json()["salesforce"]

    assert "INSUFFICIENT_ACCESS_OR_READONLY" in answer.json()["error"]
    assert ([], [], False) == (state["Account"], state["Contact"], state["Lead"][0]["IsConverted"])


def test_what_happened_is_read_in_one_request(url: str, salesforce: Client, maya: Client) -> None:
    """Deleted leads and tasks, and their history, come as parts of a composite."""
    lead = new(salesforce, "Lead", LEAD)
    task = new(salesforce, "Task", {"Subject": "Call", "WhoId": lead, "Triage_Key__c": "k-9"})
    change(maya, "Task", task, {"Status": "Completed"})
    maya.restful(f"sobjects/Lead/{lead}", method="DELETE")
    since = "2020-01-01T00:00:00Z"
    queries = {
        "lead": f"SELECT Id, IsDeleted, MasterRecordId, {STAMPS} FROM Lead "  # noqa: S608 - a test's own
        f"WHERE SystemModstamp >= {since} AND Id = '{lead}'",
        "task": "SELECT Id, IsDeleted, IsClosed, CompletedDateTime, OwnerId, Status, WhoId, "  # noqa: S608 - likewise
        f"{STAMPS} FROM Task WHERE Triage_Key__c != null AND SystemModstamp >= {since}",
        "history": "SELECT Id, LeadId, Field, OldValue, NewValue, CreatedById, CreatedDate "  # noqa: S608 - likewise
        f"FROM LeadHistory WHERE CreatedDate >= {since} AND LeadId IN ('{lead}')",
    }
    parts = [
        {
            "method": "GET",
            "referenceId": name,
            "url": f"/services/data/v64.0/queryAll?{urlencode({'q': query})}",
        }
        for name, query in queries.items()
    ]
    body = {"compositeRequest": parts}
    answers = salesforce.restful("composite", method="POST", json=body)["compositeResponse"]
    leads, tasks, history = (answer["body"]["records"] for answer in answers)

    assert [(lead, True, MAYA)] == [
        (row["Id"], row["IsDeleted"], row["LastModifiedById"]) for row in leads
    ]
    assert [(task, True, "Completed", MAYA)] == [
        (row["Id"], row["IsClosed"], row["Status"], row["LastModifiedById"]) for row in tasks
    ]
    assert ["created"] == [row["Field"] for row in history]
