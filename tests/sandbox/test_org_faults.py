"""Whole systems that are not as due, through the vendors' own clients."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from openai import OpenAI
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.conftest import Client
from tests.sandbox.permission_sets import of_user, on_fields, on_object
from triage_agent.errors import WrongUsage
from triage_agent.sandbox.fault_file import read
from triage_agent.sandbox.server import running

Json = dict[str, Any]
Start = Callable[..., str]
Deploy = Callable[..., Path]
Connect = Callable[..., Client]
Faulty = Callable[..., str]
Org = Callable[..., Client]

SALES, PRIVATE = "C0SALESDEV1", "C0PRIVATE01"
LEAD = {"LastName": "Ames", "Company": "Alpha"}
TASK = {"Subject": "Call"}
NAMED = {"name": "form", "strict": True}
GRANTED = (
    of_user("ApiEnabled", "ActivitiesAccess", "EditTask", "ViewSetup"),
    on_object("Lead", "allowRead", "allowCreate", "allowEdit"),
    on_object("Account", "allowRead"),
    on_fields("Lead.Industry", "Task.Type", "Task.Triage_Key__c", editable=True),
)
ACCOUNTS = [
    {"Name": "Hers", "OwnerId": "005000000000002AAA"},
    {"Name": "Its own", "OwnerId": "005000000000009AAA"},
]


@pytest.fixture
def faulty(start: Start, tmp_path: Path) -> Faulty:
    """Starts a sandbox with faults of whole systems: `faulty("{fault: …}", …)`; its base URL."""

    def started(*faults: str, deployed: Path | None = None) -> str:
        path = tmp_path / "faults.yaml"
        path.write_text("\n  - ".join(["org:", *faults]))
        leads = tmp_path / "leads.jsonl"
        leads.write_text(json.dumps({"lead": LEAD, "context": {"Account": ACCOUNTS}}))
        return start(faults=path, deployed=deployed, leads=leads)

    return started


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


@pytest.mark.parametrize("system", ["salesforce", "slack", "model"])
def test_a_clock_may_be_off(faulty: Faulty, system: str) -> None:
    """The Date of one system's answers differs; those of the others are right."""
    url = faulty(f"{{fault: clock, system: {system}, minutes: -10}}")
    off = {}
    for name, path in (("salesforce", "services/data"), ("slack", "api/x"), ("model", "v1/models")):
        date = parsedate_to_datetime(requests.get(f"{url}/{path}", timeout=5).headers["Date"])
        off[name] = round((date - datetime.now(UTC)) / timedelta(minutes=1))

    assert {"salesforce": 0, "slack": 0, "model": 0} | {system: -10} == off


def slack_error(call: Callable[..., object], **arguments: object) -> str:
    """The error that a call of the Web API is refused with."""
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    return str(refused.value.response["error"])


def test_a_token_may_have_other_scopes(faulty: Faulty) -> None:
    """The header names what was granted, and what wasn't is refused."""
    url = faulty("{fault: scopes, extra: [channels:join], missing: [channels:history]}")
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/")

    granted = str(client.auth_test().headers["x-oauth-scopes"]).split(",")
    assert ["chat:write", "groups:history", "channels:join"] == granted
    assert "missing_scope" == slack_error(client.conversations_history, channel=SALES)
    assert client.conversations_history(channel=PRIVATE)["ok"]


def test_private_channels_take_a_scope_of_their_own(faulty: Faulty) -> None:
    """They are read with groups:history and listed where they are asked for."""
    url = faulty("{fault: scopes, missing: [groups:history]}")
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
    reader = WebClient("xoxb-sandbox-reader", base_url=f"{url}/api/")
    listed = reader.conversations_list(types="private_channel")["channels"]

    assert "missing_scope" == slack_error(client.conversations_history, channel=PRIVATE)
    assert [(PRIVATE, True)] == [(found["id"], found["is_private"]) for found in listed]


def test_the_bot_may_be_in_no_channel(faulty: Faulty) -> None:
    """It can neither read nor write there; a private channel isn't even there."""
    url = faulty(
        f"{{fault: not_in_channel, channel: {SALES}}}",
        f"{{fault: not_in_channel, channel: {PRIVATE}}}",
    )
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
    reader = WebClient("xoxb-sandbox-reader", base_url=f"{url}/api/")

    assert "not_in_channel" == slack_error(client.conversations_history, channel=SALES)
    assert "not_in_channel" == slack_error(client.conversations_replies, channel=SALES, ts="1.1")
    assert "not_in_channel" == slack_error(client.chat_postMessage, channel=SALES, text="x")
    assert "channel_not_found" == slack_error(client.chat_postMessage, channel=PRIVATE, text="x")
    assert reader.conversations_info(channel=SALES)["channel"]["is_member"] is False


def test_a_channel_may_be_archived_or_unknown(faulty: Faulty) -> None:
    """An archived channel can be read; an unknown one is nowhere."""
    url = faulty(
        f"{{fault: archived, channel: {SALES}}}", "{fault: unknown_channel, channel: C0OPSSUMM01}"
    )
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/")

    assert client.conversations_history(channel=SALES)["ok"]
    assert "is_archived" == slack_error(client.chat_postMessage, channel=SALES, text="x")
    assert "channel_not_found" == slack_error(client.conversations_history, channel="C0OPSSUMM01")


def test_the_token_may_be_of_another_workspace(faulty: Faulty) -> None:
    """auth.test names the other team."""
    client = WebClient("xoxb-sandbox", base_url=f"{faulty('{fault: other_workspace}')}/api/")

    assert "T0BRIGHT001" != client.auth_test()["team_id"]


@pytest.mark.parametrize(
    ("fault", "limit", "expected"),
    [
        ("ignores_schema", 500, (False, "stop", True)),
        ("ignores_token_limit", 1, (True, "stop", True)),
        ("other_model", 500, (True, "stop", False)),
    ],
)
def test_a_model_may_not_do_as_asked(
    faulty: Faulty, fault: str, limit: int, expected: tuple[bool, str, bool]
) -> None:
    """It answers prose instead of the form, more than it may, or is another model."""
    url = faulty(f"{{fault: {fault}}}")
    schema = {
        "type": "object",
        "properties": {"category": {"type": "string", "enum": ["a", "b"]}},
        "required": ["category"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {**NAMED, "schema": schema}}
    with OpenAI(api_key="sandbox", base_url=f"{url}/v1") as client:
        answer = client.chat.completions.create(
            model="baseline",
            messages=[{"role": "user", "content": "Hello"}],
            response_format=form,
            max_completion_tokens=limit,
        )
    (choice,) = answer.choices

    assert expected == (
        str(choice.message.content).startswith("{"),
        choice.finish_reason,
        answer.model.startswith("baseline"),
    )


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("{fault: hidden_field, field: Lead.Sector}", "org[0].field: the org has no field"),
        ("{fault: hidden_field, field: Lead.Status}", "the security of Lead.Status can't be set"),
        ("{fault: sharing, object: Leed, model: Read}", "org[0].object: the org has no object"),
        ("{fault: no_permission}", "org[0]: write permission: NAME, or object: NAME"),
        ("{fault: no_permission, object: Lead}", "org[0]: write permission: NAME, or object"),
        ("{fault: no_permission, permission: Edit}", "there is no user permission 'Edit'"),
        ("{fault: extra_permission, field: Lead.Email}", "org[0]: write permission: NAME, or may"),
        ("{fault: extra_permission, field: Lead.Email, may: delete}", "a field can be read or"),
        ("{fault: extra_permission, object: Task, may: read}", "Task has no object permissions"),
        ("{fault: picklist_without, field: Task.Status, value: Odd}", "has no value 'Odd'"),
        ("{fault: record_type, object: Task, name: A, without: {Status: [Odd]}}", "no value"),
        ("{fault: archived, channel: general}", "the workspace has no channel 'general'"),
        ("{fault: cut}", "org[0]: there is no fault 'cut'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, fault: str, complaint: str) -> None:
    """The message names line and place, and says what to write."""
    path = tmp_path / "faults.yaml"
    path.write_text(f"seed: 1\norg:\n  - {fault}\n")
    with pytest.raises(WrongUsage) as refused:
        read(path)

    assert f"{path}:3: " in str(refused.value)
    assert complaint in str(refused.value)
