"""Orgs that are not as due, through simple-salesforce."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Client
from tests.sandbox.permission_sets import of_user, on_fields, on_object
from triage_agent.sandbox.server import running

Json = dict[str, Any]
Deploy = Callable[..., Path]
Connect = Callable[..., Client]
Faulty = Callable[..., str]
Org = Callable[..., Client]

LEAD = {"LastName": "Ames", "Company": "Alpha"}
TASK = {"Subject": "Call"}
GRANTED = (
    of_user("ApiEnabled", "ActivitiesAccess", "EditTask", "ViewSetup"),
    on_object("Lead", "allowRead", "allowCreate", "allowEdit"),
    on_object("Account", "allowRead"),
    on_fields("Lead.Industry", "Task.Type", "Task.Triage_Key__c", editable=True),
)


@pytest.fixture
def org(faulty: Faulty, deploy: Deploy, connect: Connect) -> Org:
    """A client whose user has a little, in an org with these faults."""

    def connected(*faults: str) -> Client:
        return connect(faulty(*faults, deployed=deploy(*GRANTED)))

    return connected


def described(client: Client, field: str) -> Json:
    """A field as describe has it; nothing where it has none."""
    name, _, wanted = field.partition(".")
    fields: list[Json] = client.restful(f"sobjects/{name}/describe")["fields"]
    return next((one for one in fields if one["name"] == wanted), {})


def rows(client: Client, query: str, path: str = "query") -> list[Json]:
    """What a query finds, without the attributes."""
    found: list[Json] = client.restful(path, params={"q": query})["records"]
    return [{name: value for name, value in row.items() if name != "attributes"} for row in found]


def not_written(client: Client, name: str, values: Json) -> str:
    """The code that a new record is refused with."""
    _, (error,) = client.refused(f"sobjects/{name}", method="POST", json=values)
    return str(error["errorCode"])


def not_queried(client: Client, query: str) -> str:
    """The code that a query is refused with."""
    _, (error,) = client.refused("query", params={"q": query})
    return str(error["errorCode"])


def test_a_field_may_be_hidden_or_missing(org: Org) -> None:
    """Neither is there for the user, whatever else befalls a missing one."""
    client = org(
        "{fault: hidden_field, field: Lead.Industry}",
        "{fault: missing_field, field: Task.Triage_Key__c}",
        "{fault: no_upsert, field: Task.Triage_Key__c}",
    )

    assert {} == described(client, "Lead.Industry")
    assert "INVALID_FIELD" == not_queried(client, "SELECT Industry FROM Lead")
    assert "INVALID_FIELD" == not_written(client, "Lead", {**LEAD, "Industry": "Energy"})
    assert "INVALID_FIELD" == not_written(client, "Task", {**TASK, "Triage_Key__c": "k"})
    assert 404 == client.refused("sobjects/Task/Triage_Key__c/k", method="PATCH", json=TASK)[0]


def test_a_field_may_be_read_only(org: Org) -> None:
    """The user sees it, and may not write it."""
    client = org("{fault: read_only_field, field: Lead.Industry}")

    assert described(client, "Lead.Industry")["updateable"] is False
    assert "INVALID_FIELD_FOR_INSERT_UPDATE" == not_written(
        client, "Lead", {**LEAD, "Industry": "Energy"}
    )


def test_a_user_permission_may_be_missing(org: Org) -> None:
    """The permission shows as missing, and what takes it is refused."""
    client = org("{fault: no_permission, permission: EditTask}")
    query = "SELECT PermissionsEditTask FROM UserPermissionAccess"

    assert [{"PermissionsEditTask": False}] == rows(client, query)
    assert "INSUFFICIENT_ACCESS_OR_READONLY" == not_written(client, "Task", TASK)


def test_an_object_permission_may_be_missing(org: Org) -> None:
    """Without read the rest is gone, too; others keep what they don't depend on."""
    client = org(
        "{fault: no_permission, object: Account, may: read}",
        "{fault: no_permission, object: Lead, may: [create]}",
    )

    assert "INVALID_TYPE" == not_queried(client, "SELECT Id FROM Account")
    assert "INSUFFICIENT_ACCESS_OR_READONLY" == not_written(client, "Lead", LEAD)
    assert client.restful("sobjects/Lead/describe")["updateable"] is True


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("{fault: no_permission, object: Lead, may: create}", "Lead"),
        ("{fault: no_permission, permission: EditTask}", "Task"),
    ],
)
def test_an_administrator_may_lack_something(
    faulty: Faulty, connect: Connect, fault: str, name: str
) -> None:
    """What would allow it all the same, such as Modify All Data, is gone as well."""
    client = connect(faulty(fault))

    assert client.restful(f"sobjects/{name}/describe")["createable"] is False


def test_there_may_be_a_permission_too_many(org: Org) -> None:
    """It shows where grants are shown, and it works."""
    client = org(
        "{fault: extra_permission, permission: ViewAllData}",
        "{fault: extra_permission, object: Lead, may: modify_all}",
        "{fault: extra_permission, field: Lead.AnnualRevenue, may: edit}",
    )
    lead = client.restful("sobjects/Lead/describe")
    view = "SELECT PermissionsViewAllData FROM UserPermissionAccess"
    grants = "SELECT PermissionsModifyAllRecords FROM ObjectPermissions WHERE SobjectType = 'Lead'"

    assert [{"PermissionsViewAllData": True}] == rows(client, view)
    assert {"PermissionsModifyAllRecords": True} in rows(client, grants)
    assert [] == rows(client, "SELECT Id FROM Case")
    assert lead["deletable"] is True
    assert described(client, "Lead.AnnualRevenue")["updateable"] is True


def test_records_may_be_private(org: Org) -> None:
    """The user finds their own records only, as rows, parents and targets of a reference."""
    client = org("{fault: sharing, object: Account, model: Private}")
    query = "SELECT InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName = 'Account'"

    assert [{"InternalSharingModel": "Private"}] == rows(client, query)
    assert [{"Name": "Its own"}] == rows(client, "SELECT Name FROM Account")


def test_private_records_can_not_be_referred_to(faulty: Faulty, connect: Connect) -> None:
    """Where a record isn't shared, its id is as good as none: read, changed or referred to."""
    fault = "{fault: sharing, object: Account, model: Private}"
    lacking = "{fault: no_permission, object: Account, may: view_all}"
    url = faulty(fault, lacking)
    client = connect(url)
    accounts = requests.get(f"{url}/sandbox/state", timeout=5).json()["salesforce"]["Account"]
    (hers,) = (account["Id"] for account in accounts if account["Name"] == "Hers")
    contact = {"LastName": "Ames", "AccountId": hers}

    assert 404 == client.refused(f"sobjects/Account/{hers}")[0]
    assert [None] == client.restful(
        "composite/sobjects/Account", params={"ids": hers, "fields": "Id"}
    )
    assert "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" == not_written(
        client, "Contact", contact
    )


def test_records_may_be_read_only(org: Org) -> None:
    """Other people's records can be read, but not changed, unless the user may modify all."""
    closed = "{fault: sharing, object: Lead, model: Read}"
    client = org(closed)
    stronger = org(closed, "{fault: extra_permission, object: Lead, may: modify_all}")
    (lead,) = rows(client, "SELECT Id FROM Lead")
    (likewise,) = rows(stronger, "SELECT Id FROM Lead")
    change = {"method": "PATCH", "json": {"Company": "B"}}
    status, (error,) = client.refused(f"sobjects/Lead/{lead['Id']}", **change)
    stronger.restful(f"sobjects/Lead/{likewise['Id']}", **change)

    assert (400, "INSUFFICIENT_ACCESS_OR_READONLY") == (status, error["errorCode"])
    assert [{"Company": "B"}] == rows(stronger, "SELECT Company FROM Lead")


def test_history_may_not_be_tracked(org: Org) -> None:
    """The field's definition says so."""
    client = org("{fault: no_history, field: Lead.Status}")
    query = (
        "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName "
        "= 'Lead' AND IsFieldHistoryTracked = true"
    )

    assert {"QualifiedApiName": "Status"} not in rows(client, query)
    assert {"QualifiedApiName": "OwnerId"} in rows(client, query)


def test_a_picklist_may_lack_a_value(org: Org) -> None:
    """The value is not described, refused when written, and no longer the default."""
    client = org("{fault: picklist_without, field: Task.Status, value: Not Started}")
    values = {choice["value"] for choice in described(client, "Task.Status")["picklistValues"]}
    identifier = client.restful("sobjects/Task", method="POST", json=TASK)["id"]

    assert "Not Started" not in values
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" == not_written(
        client, "Task", {**TASK, "Status": "Not Started"}
    )
    assert "In Progress" == client.restful(f"sobjects/Task/{identifier}")["Status"]


def test_a_field_may_be_required(org: Org) -> None:
    """A record without it is refused; describe says that it has to be there."""
    client = org("{fault: required_field, field: Task.Type}")

    assert described(client, "Task.Type")["nillable"] is False
    assert "REQUIRED_FIELD_MISSING" == not_written(client, "Task", TASK)
    client.restful("sobjects/Task", method="POST", json={**TASK, "Type": "Call"})


def test_new_records_may_get_a_record_type(org: Org) -> None:
    """Its picklists lack values that describe still lists, and that a write is refused for."""
    fault = "{fault: record_type, object: Task, name: Agent_Task, without: {Status: [Not Started]}}"
    client = org(fault)
    master, own = client.restful("sobjects/Task/describe")["recordTypeInfos"]
    path = "ui-api/object-info/Task/picklist-values"
    answer = client.restful(f"{path}/{own['recordTypeId']}/Status")
    values = {choice["value"] for choice in described(client, "Task.Status")["picklistValues"]}
    identifier = client.restful("sobjects/Task", method="POST", json=TASK)["id"]

    assert (False, True) == (master["defaultRecordTypeMapping"], own["defaultRecordTypeMapping"])
    assert ("Agent_Task", False) == (own["developerName"], own["master"])
    assert "Not Started" in values
    assert "Not Started" not in {value["value"] for value in answer["values"]}
    assert (
        answer["defaultValue"]["value"] == client.restful(f"sobjects/Task/{identifier}")["Status"]
    )
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" == not_written(
        client, "Task", {**TASK, "Status": "Not Started"}
    )


@pytest.mark.parametrize(
    ("fault", "query", "row", "code"),
    [
        (
            "duplicate_rule",
            "SELECT DeveloperName, SobjectType FROM DuplicateRule WHERE IsActive = true",
            {"DeveloperName": "Mine", "SobjectType": "Lead"},
            "DUPLICATES_DETECTED",
        ),
        (
            "apex_trigger",
            "SELECT Name, TableEnumOrId FROM ApexTrigger WHERE Status = 'Active'",
            {"Name": "Mine", "TableEnumOrId": "Lead"},
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        ),
        (
            "flow",
            "SELECT ApiName, TriggerObjectOrEventId, TriggerType FROM FlowDefinitionView",
            {
                "ApiName": "Mine",
                "TriggerObjectOrEventId": "Lead",
                "TriggerType": "RecordAfterSave",
            },
            "CANNOT_EXECUTE_FLOW_TRIGGER",
        ),
    ],
)
def test_an_administrator_may_have_put_something_on_an_object(
    org: Org, fault: str, query: str, row: Json, code: str
) -> None:
    """It is listed, does nothing if nothing is said, and may refuse every write."""
    listed = f"fault: {fault}, object: Lead, name: Mine"
    client = org(f"{{{listed}}}")
    client.restful("sobjects/Lead", method="POST", json=LEAD)

    assert [row] == rows(client, query)
    assert code == not_written(org(f"{{{listed}, refuses: true}}"), "Lead", LEAD)


def test_there_may_be_rules_that_only_the_tooling_api_knows(org: Org) -> None:
    """A validation rule names its object's definition; a workflow rule the object itself."""
    client = org(
        "{fault: validation_rule, object: Lead, name: Has_Phone, refuses: true}",
        "{fault: workflow_rule, object: Task, name: Tell Everybody}",
    )
    validation = (
        "SELECT ValidationName, EntityDefinition.QualifiedApiName FROM ValidationRule "
        "WHERE Active = true AND EntityDefinition.QualifiedApiName IN ('Lead', 'Task')"
    )
    workflow = "SELECT Name, TableEnumOrId FROM WorkflowRule WHERE TableEnumOrId IN ('Task')"
    (rule,) = rows(client, validation, "tooling/query")

    assert ("Has_Phone", "Lead") == (
        rule["ValidationName"],
        rule["EntityDefinition"]["QualifiedApiName"],
    )
    assert [{"Name": "Tell Everybody", "TableEnumOrId": "Task"}] == rows(
        client, workflow, "tooling/query"
    )
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" == not_written(client, "Lead", LEAD)


def test_a_field_may_be_no_external_id(org: Org) -> None:
    """Describe says that it takes no upsert, and an upsert by it is refused."""
    client = org("{fault: no_upsert, field: Task.Triage_Key__c}")
    field = described(client, "Task.Triage_Key__c")

    assert (False, False) == (field["externalId"], field["idLookup"])
    assert 404 == client.refused("sobjects/Task/Triage_Key__c/k", method="PATCH", json=TASK)[0]


def test_the_credentials_may_lead_to_another_org(connect: Connect, tmp_path: Path) -> None:
    """Its id differs from the state's own, which is there again without the fault."""
    faults = tmp_path / "faults.yaml"
    faults.write_text("org: [{fault: other_org}]")
    state = tmp_path / "state.jsonl"
    query = "SELECT Id FROM Organization"
    with running(state=state, leads=None) as url:
        own = rows(connect(url), query)
    with running(state=state, leads=None, faults=faults) as url:
        other = rows(connect(url), query)
        identity = connect(url).restful("")["identity"]
    with running(state=state, leads=None) as url:
        again = rows(connect(url), query)

    assert own == again != other
    assert other[0]["Id"] in identity
