"""What the org tells of its own set-up, through simple-salesforce."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.format import format_soql

from tests.sandbox.conftest import Client
from tests.sandbox.permission_sets import of_user, on_fields, on_object

Json = dict[str, Any]
Start = Callable[..., str]
Deploy = Callable[..., Path]
Connect = Callable[..., Client]

USER = "005000000000009AAA"
LEADS = on_object("Lead", "allowRead", "allowCreate", "allowEdit")


@pytest.fixture
def agent(start: Start, deploy: Deploy, connect: Connect) -> Client:
    """A client whose user reads and writes leads and tasks, and sees no set-up."""
    granted = of_user("ApiEnabled", "ActivitiesAccess", "EditTask")
    return connect(start(deployed=deploy(granted, LEADS, on_fields("Lead.Email"))))


def rows(client: Client, query: str) -> list[Json]:
    """What a query finds, without the attributes."""
    found: list[Json] = client.query(query)["records"]
    return [{name: value for name, value in row.items() if name != "attributes"} for row in found]


def refusal(client: Client, query: str, path: str = "query") -> str:
    """The code that a query is refused with."""
    _, (error,) = client.refused(path, params={"q": query})
    return str(error["errorCode"])


def test_the_root_says_who_asks(url: str, salesforce: Client) -> None:
    """A version's own path lists what is below it, and the caller's identity."""
    answer = salesforce.restful("")
    (organization,) = salesforce.query("SELECT Id FROM Organization")["records"]

    assert f"{url}/id/{organization['Id']}/{USER}" == answer["identity"]
    assert "/services/data/v64.0/tooling" == answer["tooling"]
    assert {"sobjects", "query", "composite", "limits"} < answer.keys()


def test_a_user_sees_their_own_permissions(agent: Client) -> None:
    """One row says of each user permission whether the running user has it."""
    query = (
        "SELECT PermissionsModifyAllData, PermissionsViewAllData, PermissionsApiEnabled, "
        "PermissionsEditTask, PermissionsViewSetup, PermissionsEmailSingle "
        "FROM UserPermissionAccess"
    )
    described = agent.restful("sobjects/UserPermissionAccess/describe")["fields"]

    assert [
        {
            "PermissionsModifyAllData": False,
            "PermissionsViewAllData": False,
            "PermissionsApiEnabled": True,
            "PermissionsEditTask": True,
            "PermissionsViewSetup": False,
            "PermissionsEmailSingle": False,
        }
    ] == rows(agent, query)
    assert "PermissionsManageUsers" in {field["name"] for field in described}


def test_objects_have_definitions(agent: Client, salesforce: Client) -> None:
    """A user finds the objects they may read; a custom one has an id, a standard one its name."""
    query = (
        "SELECT QualifiedApiName, DurableId, InternalSharingModel FROM EntityDefinition "
        "WHERE QualifiedApiName IN ('Lead', 'Account', 'Known_Issue__c')"
    )
    lead = {"QualifiedApiName": "Lead", "DurableId": "Lead", "InternalSharingModel": "ReadWrite"}
    everything = {row["QualifiedApiName"]: row["DurableId"] for row in rows(salesforce, query)}

    assert [lead] == rows(agent, query)
    assert {"Lead", "Account", "Known_Issue__c"} == everything.keys()
    assert everything["Known_Issue__c"].startswith("01I")


def test_fields_have_definitions(agent: Client, salesforce: Client) -> None:
    """They say which fields' history is tracked, and leave out those the user may not see."""
    query = (
        "SELECT QualifiedApiName, IsFieldHistoryTracked FROM FieldDefinition "
        "WHERE EntityDefinition.QualifiedApiName = 'Lead'"
    )
    found = {row["QualifiedApiName"]: row["IsFieldHistoryTracked"] for row in rows(agent, query)}
    by_id = (
        "SELECT DurableId FROM FieldDefinition WHERE EntityDefinitionId = 'Lead' "
        "AND QualifiedApiName = 'Email'"
    )
    tracked = {
        row["QualifiedApiName"]
        for row in rows(salesforce, f"{query} AND IsFieldHistoryTracked = true")
    }

    assert [{"DurableId": "Lead.Email"}] == rows(agent, by_id)
    assert {"Email", "Status", "OwnerId"} < found.keys()
    assert "Industry" not in found
    assert (True, False) == (found["Status"], found["Email"])
    assert tracked == {
        "Status",
        "OwnerId",
        "Triage_Category__c",
        "Triage_Confidence__c",
        "Triage_Summary__c",
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT COUNT() FROM EntityDefinition", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION"),
        (
            "SELECT DurableId FROM EntityDefinition WHERE DurableId = 'A' OR KeyPrefix = '001'",
            "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
        ),
        (
            "SELECT DurableId FROM EntityDefinition WHERE DurableId != 'Lead'",
            "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
        ),
        (
            "SELECT DurableId FROM EntityDefinition WHERE (NOT DurableId = 'Lead')",
            "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
        ),
        ("SELECT DurableId FROM FieldDefinition", "MALFORMED_QUERY"),
        ("SELECT Id FROM EntityDefinition", "INVALID_FIELD"),
    ],
)
def test_definitions_can_not_be_asked_everything(salesforce: Client, query: str, code: str) -> None:
    """What the documentation rules out for these objects is refused."""
    assert code == refusal(salesforce, query)


def test_definitions_take_no_notice_of_a_limit(salesforce: Client) -> None:
    """As documented, LIMIT has no effect on them."""
    assert 1 < len(rows(salesforce, "SELECT DurableId FROM EntityDefinition LIMIT 1"))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT PermissionSetId FROM PermissionSetAssignment",
        "SELECT Id FROM PermissionSet",
        "SELECT ParentId FROM ObjectPermissions",
        "SELECT DeveloperName FROM DuplicateRule",
        "SELECT Name FROM ApexTrigger",
        "SELECT ApiName FROM FlowDefinitionView",
    ],
)
def test_the_set_up_takes_a_permission(agent: Client, salesforce: Client, query: str) -> None:
    """Without View Setup these objects don't exist."""
    rows(salesforce, query)

    assert "INVALID_TYPE" == refusal(agent, query)


def test_what_was_granted_can_be_seen(start: Start, deploy: Deploy, connect: Connect) -> None:
    """The profile and each permission set are assigned, with their object permissions."""
    granted = of_user("ApiEnabled", "ViewSetup")
    client = connect(start(deployed=deploy(granted, LEADS)))
    query = "SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {}"
    ids = [row["PermissionSetId"] for row in rows(client, format_soql(query, USER))]
    sets = "SELECT Name, Label, IsOwnedByProfile FROM PermissionSet WHERE Id IN {}"
    objects = (
        "SELECT SobjectType, PermissionsEdit, PermissionsDelete, PermissionsViewAllRecords "
        "FROM ObjectPermissions WHERE ParentId IN {}"
    )
    profile, own = rows(client, format_soql(sets, ids))

    assert (True, False) == (profile["IsOwnedByProfile"], own["IsOwnedByProfile"])
    assert ("Agent", "Agent Access") == (own["Name"], own["Label"])
    assert [
        {
            "SobjectType": "Lead",
            "PermissionsEdit": True,
            "PermissionsDelete": False,
            "PermissionsViewAllRecords": False,
        }
    ] == rows(client, format_soql(objects, ids))


@pytest.mark.parametrize(
    "query",
    [
        (
            "SELECT DeveloperName, SobjectType FROM DuplicateRule WHERE IsActive = true "
            "AND SobjectType IN ('Lead', 'Task')"
        ),
        (
            "SELECT Name, TableEnumOrId FROM ApexTrigger WHERE Status = 'Active' "
            "AND TableEnumOrId IN ('Lead', 'Task')"
        ),
        (
            "SELECT ApiName, TriggerObjectOrEventId, TriggerType FROM FlowDefinitionView "
            "WHERE IsActive = true AND TriggerObjectOrEventId IN ('Lead', 'Task')"
        ),
    ],
)
def test_nothing_was_put_on_the_objects(salesforce: Client, query: str) -> None:
    """The org has no duplicate rules, triggers or flows."""
    assert [] == rows(salesforce, query)


def test_the_tooling_api_knows_rules(agent: Client, salesforce: Client) -> None:
    """It is asked about validation and workflow rules, of which there are none."""
    validation = (
        "SELECT ValidationName, EntityDefinition.QualifiedApiName FROM ValidationRule "
        "WHERE Active = true AND EntityDefinition.QualifiedApiName IN ('Lead', 'Task')"
    )
    workflow = "SELECT Name, TableEnumOrId FROM WorkflowRule WHERE TableEnumOrId IN ('Lead')"

    for query in (validation, workflow):
        assert [] == salesforce.restful("tooling/query", params={"q": query})["records"]
        assert "INVALID_TYPE" == refusal(agent, query, "tooling/query")
        assert "INVALID_TYPE" == refusal(salesforce, query)


def test_records_are_no_set_up(salesforce: Client) -> None:
    """The Tooling API knows no leads, and the set-up can be neither read nor written by id."""
    assert "INVALID_TYPE" == refusal(salesforce, "SELECT Id FROM Lead", "tooling/query")
    assert 404 == salesforce.refused("sobjects/PermissionSet/0PS000000000001AAA")[0]


def test_there_is_one_record_type(salesforce: Client) -> None:
    """Every object has the master record type, in which picklists have all their values."""
    (master,) = salesforce.restful("sobjects/Task/describe")["recordTypeInfos"]
    path = f"ui-api/object-info/Task/picklist-values/{master['recordTypeId']}"
    answer = salesforce.restful(f"{path}/Status")

    assert (True, True, "Master") == (
        master["master"],
        master["defaultRecordTypeMapping"],
        master["developerName"],
    )
    assert "Waiting on someone else" in {value["value"] for value in answer["values"]}
    assert ("Not Started", {}) == (answer["defaultValue"]["value"], answer["controllerValues"])
    assert 404 == salesforce.refused(f"{path}/Subject")[0]
    assert 404 == salesforce.refused("ui-api/object-info/Task/picklist-values/012x/Status")[0]
