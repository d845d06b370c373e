"""What an org remembers of the changes of its records, through simple-salesforce."""

from typing import Any

import pytest
from simple_salesforce.format import format_soql

from tests.sandbox.conftest import Client, Connect, Deploy, Faulty, Start
from tests.sandbox.permission_sets import of_user, on_fields, on_object

Json = dict[str, Any]

AGENT = "005000000000009AAA"
MAYA = "005000000000002AAA"
QUEUE = "00G000000000001EAA"
LEAD = {"LastName": "Ames", "Company": "Alpha"}
CHANGES = "SELECT Field, OldValue, NewValue FROM LeadHistory WHERE LeadId = {}"


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


def changes(client: Client, lead: str) -> list[tuple[str, object, object]]:
    """Field, old and new value of a lead's history, as it is found."""
    found = rows(client, format_soql(CHANGES, lead))
    return [(row["Field"], row["OldValue"], row["NewValue"]) for row in found]


AS_IS = {"Sforce-Auto-Assign": "FALSE"}


def test_a_change_has_a_row(salesforce: Client) -> None:
    """It says which field of which record, what it was and is, by whom and when."""
    lead = new(salesforce, "Lead", LEAD)
    change(salesforce, "Lead", lead, {"Status": "Working - Contacted", "City": "Ulm"})
    query = (
        "SELECT Id, IsDeleted, LeadId, Lead.LastModifiedDate, Field, OldValue, NewValue, "
        "CreatedById, CreatedBy.Name, CreatedDate FROM LeadHistory "
        "WHERE LeadId IN ({}) AND Field = 'Status' AND CreatedDate >= 2020-01-01T00:00:00Z"
    )
    (row,) = rows(salesforce, format_soql(query, lead))

    assert row["Id"].startswith("017")
    assert ("Open - Not Contacted", "Working - Contacted") == (row["OldValue"], row["NewValue"])
    assert (lead, AGENT, "Triage Agent", False) == (
        row["LeadId"],
        row["CreatedById"],
        row["CreatedBy"]["Name"],
        row["IsDeleted"],
    )
    assert row["Lead"]["LastModifiedDate"] == row["CreatedDate"]


def test_only_changes_of_tracked_fields_are_told(salesforce: Client) -> None:
    """A new record has one row; other fields, and the same value again, have none."""
    lead = new(salesforce, "Lead", LEAD)
    change(salesforce, "Lead", lead, {"Status": "Open - Not Contacted", "City": "Ulm"})
    change(salesforce, "Lead", lead, {"Triage_Confidence__c": 0.5})
    change(salesforce, "Lead", lead, {"Triage_Confidence__c": None})

    assert [
        ("created", None, None),
        ("Triage_Confidence__c", None, 0.5),
        ("Triage_Confidence__c", 0.5, None),
    ] == changes(salesforce, lead)


def test_an_owner_has_two_rows(salesforce: Client) -> None:
    """One has the names, the other the ids, both under the name of the relationship."""
    lead = new(salesforce, "Lead", {**LEAD, "OwnerId": QUEUE})
    change(salesforce, "Lead", lead, {"OwnerId": MAYA})
    query = "SELECT DataType FROM LeadHistory WHERE LeadId = {} AND Field = 'Owner'"

    assert [
        ("created", None, None),
        ("Owner", "Inbound Leads", "Maya Lindqvist"),
        ("Owner", QUEUE, MAYA),
    ] == changes(salesforce, lead)
    assert ["Text", "EntityId"] == [
        row["DataType"] for row in rows(salesforce, format_soql(query, lead))
    ]


def test_every_way_of_writing_is_told(salesforce: Client) -> None:
    """Collections, upserts and the assignment rule leave rows as a single change does."""
    lead = new(salesforce, "Lead", LEAD)
    row = {"attributes": {"type": "Lead"}, "Id": lead, "Status": "Working - Contacted"}
    salesforce.restful("composite/sobjects", method="PATCH", json={"records": [row]})
    told = [field for field, _, _ in changes(salesforce, lead)]

    assert ["created", "Owner", "Owner", "Status"] == sorted(told, key=str.lower)


def test_what_did_not_happen_is_not_told(salesforce: Client) -> None:
    """A change that is rolled back leaves no row."""
    lead = new(salesforce, "Lead", LEAD)
    good = {"attributes": {"type": "Lead"}, "Id": lead, "Status": "Working - Contacted"}
    body = {"allOrNone": True, "records": [good, {**good, "Status": "Dreaming"}]}
    salesforce.restful("composite/sobjects", method="PATCH", json=body)

    assert [("created", None, None)] == changes(salesforce, lead)


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("LeadHistory", "LeadId"),
        ("ContactHistory", "ContactId"),
        ("AccountHistory", "AccountId"),
        ("CaseHistory", "CaseId"),
        ("OpportunityFieldHistory", "OpportunityId"),
        ("Known_Issue__History", "ParentId"),
    ],
)
def test_objects_have_histories(salesforce: Client, name: str, about: str) -> None:
    """Each can be described and queried, but not written, nor can its values be asked for."""
    described = salesforce.restful(f"sobjects/{name}/describe")
    fields = {field["name"]: field for field in described["fields"]}
    query = f"SELECT Id FROM {name} WHERE NewValue = 'a'"  # noqa: S608 - a test's own
    _, (refusal,) = salesforce.refused("query", params={"q": query})
    _, (denied,) = salesforce.refused(f"sobjects/{name}", method="POST", json={})

    assert {
        "Id", "IsDeleted", "CreatedById", "CreatedDate", "Field", "DataType", "OldValue",
        "NewValue", about,
    } == fields.keys()  # fmt: skip
    assert (True, False, False, False) == tuple(
        described[may] for may in ("queryable", "createable", "updateable", "deletable")
    )
    assert ("anyType", False) == (fields["NewValue"]["type"], fields["NewValue"]["filterable"])
    assert "INVALID_FIELD" == refusal["errorCode"]
    assert "INSUFFICIENT_ACCESS_OR_READONLY" == denied["errorCode"]


def test_tasks_have_no_history(salesforce: Client) -> None:
    """Activities' fields aren't tracked in an object of this kind."""
    _, (refusal,) = salesforce.refused("query", params={"q": "SELECT Id FROM TaskHistory"})

    assert "INVALID_TYPE" == refusal["errorCode"]


def test_a_case_has_a_history(salesforce: Client) -> None:
    """What is tracked of cases is told as it is of leads."""
    case = new(salesforce, "Case", {"Subject": "Help"})
    change(salesforce, "Case", case, {"Status": "Closed"})
    query = "SELECT Field, NewValue FROM CaseHistory WHERE CaseId = {}"

    assert [
        {"Field": "created", "NewValue": None},
        {"Field": "Status", "NewValue": "Closed"},
    ] == rows(salesforce, format_soql(query, case))


def test_untracked_objects_have_empty_histories(salesforce: Client) -> None:
    """Where no field of an object is tracked, not even its creation is told."""
    account = new(salesforce, "Account", {"Name": "Alpha"})
    change(salesforce, "Account", account, {"Name": "Alpha Air"})

    assert [] == rows(salesforce, "SELECT Id FROM AccountHistory")


def test_history_goes_where_its_record_goes(salesforce: Client) -> None:
    """That of a deleted record is in the recycle bin, where queryAll finds it."""
    lead = new(salesforce, "Lead", LEAD)
    salesforce.restful(f"sobjects/Lead/{lead}", method="DELETE")
    query = format_soql("SELECT Field, IsDeleted FROM LeadHistory WHERE LeadId = {}", lead)

    assert [] == rows(salesforce, query)
    assert [{"Field": "created", "IsDeleted": True}] == rows(salesforce, query, "queryAll")


def test_tracking_may_be_off(faulty: Faulty, connect: Connect) -> None:
    """A field whose history isn't tracked is missing among the changes."""
    client = connect(faulty("{fault: no_history, field: Lead.Status}"))
    lead = new(client, "Lead", LEAD)
    change(client, "Lead", lead, {"Status": "Working - Contacted", "OwnerId": MAYA})

    assert ["created", "Owner", "Owner"] == [field for field, _, _ in changes(client, lead)]


def test_long_text_is_told_without_its_values(
    start: Start, deploy: Deploy, connect: Connect
) -> None:
    """That it changed is all that history says of it; a custom field goes by its API name."""
    project = deploy(of_user("ApiEnabled", "ModifyAllData"), on_fields("Lead.N__c", editable=True))
    fields = project / "force-app/main/default/objects/Lead/fields"
    fields.mkdir(parents=True)
    (fields / "N__c.field-meta.xml").write_text(
        '<CustomField xmlns="http://soap.sforce.com/2006/04/metadata"><fullName>N__c</fullName>'
        "<label>N</label><type>LongTextArea</type><length>1000</length>"
        "<trackHistory>true</trackHistory></CustomField>"
    )
    client = connect(start(deployed=project))
    lead = new(client, "Lead", LEAD)
    change(client, "Lead", lead, {"N__c": "words"})

    assert [("created", None, None), ("N__c", None, None)] == changes(client, lead)


def test_who_may_not_read_leads_sees_no_history(
    start: Start, deploy: Deploy, connect: Connect
) -> None:
    """The object doesn't exist for them, as the leads don't."""
    granted = deploy(of_user("ApiEnabled"), on_object("Account", "allowRead"))
    client = connect(start(deployed=granted))
    _, (refusal,) = client.refused("query", params={"q": "SELECT Id FROM LeadHistory"})

    assert "INVALID_TYPE" == refusal["errorCode"]
    assert [] == rows(client, "SELECT Id FROM AccountHistory")


def test_a_task_says_when_it_was_completed(salesforce: Client) -> None:
    """The platform notes the moment, and forgets it when the task is opened again."""
    query = "SELECT IsClosed, CompletedDateTime, LastModifiedDate FROM Task WHERE Id = {}"
    task = new(salesforce, "Task", {"Subject": "Call"})
    before = rows(salesforce, format_soql(query, task))
    change(salesforce, "Task", task, {"Status": "Completed"})
    (closed,) = rows(salesforce, format_soql(query, task))
    change(salesforce, "Task", task, {"Status": "In Progress"})
    (reopened,) = rows(salesforce, format_soql(query, task))
    at_once = new(salesforce, "Task", {"Subject": "Call", "Status": "Completed"})
    (done,) = rows(salesforce, format_soql(query, at_once))
    _, (refusal,) = salesforce.refused(
        f"sobjects/Task/{task}", method="PATCH", json={"CompletedDateTime": None}
    )

    assert [None, None] == [before[0]["CompletedDateTime"], reopened["CompletedDateTime"]]
    assert closed["LastModifiedDate"] == closed["CompletedDateTime"]
    assert done["CompletedDateTime"]
    assert "INVALID_FIELD_FOR_INSERT_UPDATE" == refusal["errorCode"]
