"""Single records, through simple-salesforce: saved, refused, and changed unasked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from triage_agent.sandbox.salesforce import schema

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client, Connect, Start

LEAD = {"LastName": "Ames", "Company": "Alpha Air"}
AS_IS = {"Sforce-Auto-Assign": "FALSE"}
AGENT = "005000000000009AAA"
QUEUE = "00G000000000001EAA"
TOM = "005000000000006AAA"
NOBODY = "00500000000000XAAQ"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000")

Fields = Mapping[str, Any]


def create(salesforce: Client, entity: str, fields: Fields, **headers: str) -> str:
    answer = salesforce.restful(
        f"sobjects/{entity}", method="POST", json=fields, headers=AS_IS | headers
    )
    return str(answer["id"])


def read(salesforce: Client, entity: str, identifier: str) -> dict[str, Any]:
    return dict(salesforce.restful(f"sobjects/{entity}/{identifier}"))


def refusal(salesforce: Client, method: str, path: str, fields: Fields) -> tuple[int, str]:
    """The status and code that a write is refused with."""
    status, (error,) = salesforce.refused(
        f"sobjects/{path}", method=method, json=fields, headers=AS_IS
    )
    return status, error["errorCode"]


def test_a_new_record_gets_what_the_platform_adds(salesforce: Client) -> None:
    """Id, dates, owner, defaults and the full name come from the org."""
    lead = read(salesforce, "Lead", create(salesforce, "Lead", {**LEAD, "FirstName": "Ann"}))

    assert re.fullmatch("00Q[a-zA-Z0-9]{15}", lead["Id"])
    assert ("Ann Ames", "Open - Not Contacted") == (lead["Name"], lead["Status"])
    assert (AGENT, AGENT, AGENT) == (
        lead["OwnerId"],
        lead["CreatedById"],
        lead["LastModifiedById"],
    )
    assert (False, False) == (lead["IsConverted"], lead["IsDeleted"])
    assert MOMENT.fullmatch(lead["CreatedDate"])
    assert lead["CreatedDate"] == lead["SystemModstamp"] == lead["LastModifiedDate"]
    assert lead["Description"] is None


def test_values_are_kept_as_the_platform_keeps_them(salesforce: Client) -> None:
    """Times become UTC, numbers are rounded to their scale, an empty text is null."""
    fields = {
        **LEAD,
        "FirstCallDateTime": "2026-11-20T12:00:00.250+02:00",
        "Triage_Confidence__c": 0.876,
        "City": "",
        "OwnerId": "005000000000002",
    }
    lead = read(salesforce, "Lead", create(salesforce, "Lead", fields))

    assert "2026-11-20T10:00:00.000+0000" == lead["FirstCallDateTime"]
    assert 0.88 == lead["Triage_Confidence__c"]
    assert lead["City"] is None
    assert "005000000000002AAA" == lead["OwnerId"]


def test_leads_from_the_web_belong_to_the_queue(salesforce: Client) -> None:
    """A lead whose source is Web and that nobody is given goes to the queue."""
    lead = read(salesforce, "Lead", create(salesforce, "Lead", {**LEAD, "LeadSource": "Web"}))

    assert QUEUE == lead["OwnerId"]


def test_the_assignment_rule_gives_leads_away(salesforce: Client) -> None:
    """A lead saved without Sforce-Auto-Assign: FALSE changes hands; with it, it stays."""
    identifier = create(salesforce, "Lead", LEAD)
    path = f"sobjects/Lead/{identifier}"
    salesforce.restful(path, method="PATCH", json={"City": "Bonn"}, headers=AS_IS)
    kept = read(salesforce, "Lead", identifier)["OwnerId"]
    salesforce.restful(path, method="PATCH", json={"City": "Ulm"})
    first = read(salesforce, "Lead", identifier)["OwnerId"]
    salesforce.restful(path, method="PATCH", json={"City": "Köln"})
    second = read(salesforce, "Lead", identifier)["OwnerId"]

    assert AGENT == kept
    assert 3 == len({AGENT, first, second})


def test_a_task_closes_by_its_status(salesforce: Client) -> None:
    """IsClosed follows Status, IsHighPriority follows Priority."""
    task = create(salesforce, "Task", {"Subject": "Call", "Priority": "High"})
    before = read(salesforce, "Task", task)
    salesforce.restful(f"sobjects/Task/{task}", method="PATCH", json={"Status": "Completed"})
    after = read(salesforce, "Task", task)

    assert (False, True) == (before["IsClosed"], before["IsHighPriority"])
    assert after["IsClosed"] is True


def test_only_asked_for_fields_are_read(salesforce: Client) -> None:
    """`fields` narrows a record to the fields it names."""
    lead = create(salesforce, "Lead", LEAD)
    found = salesforce.restful(f"sobjects/Lead/{lead}", params={"fields": "company,City"})

    assert {"attributes", "Company", "City", "Id"} == found.keys()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"Nonsense": 1}, 400, "INVALID_FIELD"),
        ({"IsConverted": True}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"CreatedDate": "2026-11-20T10:00:00Z"}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Company": None}, 400, "REQUIRED_FIELD_MISSING"),
        ({"Status": "Won"}, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Triage_Category__c": "x" * 81}, 400, "STRING_TOO_LONG"),
        ({"Description": "x" * 32_001}, 400, "STRING_TOO_LONG"),
        ({"Triage_Confidence__c": 10}, 400, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"Triage_Confidence__c": "high"}, 400, "JSON_PARSER_ERROR"),
        ({"Triage_Confidence__c": True}, 400, "JSON_PARSER_ERROR"),
        ({"NumberOfEmployees": 1.5}, 400, "JSON_PARSER_ERROR"),
        ({"City": 5}, 400, "JSON_PARSER_ERROR"),
        ({"City": ["Bonn"]}, 400, "JSON_PARSER_ERROR"),
        ({"DoNotCall": "yes"}, 400, "JSON_PARSER_ERROR"),
        ({"DoNotCall": None}, 400, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"LastTransferDate": "2026-11-31"}, 400, "JSON_PARSER_ERROR"),
        ({"EmailBouncedDate": "2026-11-20"}, 400, "JSON_PARSER_ERROR"),
        ({"Email": "nobody"}, 400, "INVALID_EMAIL_ADDRESS"),
        ({"OwnerId": "Dana"}, 400, "MALFORMED_ID"),
        ({"OwnerId": "00Q000000000001EAA"}, 400, "MALFORMED_ID"),
        ({"OwnerId": NOBODY}, 400, "INVALID_CROSS_REFERENCE_KEY"),
        ({"OwnerId": TOM}, 400, "INACTIVE_OWNER_OR_USER"),
        ({"OwnerId": None}, 400, "INACTIVE_OWNER_OR_USER"),
    ],
)
def test_bad_values_are_refused(salesforce: Client, fields: Fields, status: int, code: str) -> None:
    """An update with a bad value gets its documented error and changes nothing."""
    lead = create(salesforce, "Lead", LEAD)
    before = read(salesforce, "Lead", lead)
    refused = refusal(salesforce, "PATCH", f"Lead/{lead}", {"City": "Bonn", **fields})

    assert (status, code) == refused
    assert before == read(salesforce, "Lead", lead)


def test_what_is_required_is_named(salesforce: Client) -> None:
    """A record without its required fields is refused with all of their names."""
    _, errors = salesforce.refused("sobjects/Lead", method="POST", json={"City": "Bonn"})

    assert [
        {
            "message": "Required fields are missing: [LastName, Company]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName", "Company"],
        }
    ] == errors


def test_users_can_only_be_read(salesforce: Client) -> None:
    """The integration user may not write users."""
    refused = refusal(salesforce, "PATCH", f"User/{TOM}", {"IsActive": True})

    assert (400, "INSUFFICIENT_ACCESS_OR_READONLY") == refused


def test_an_id_in_the_body_is_refused(salesforce: Client) -> None:
    """The record to change stands in the path alone."""
    lead = create(salesforce, "Lead", LEAD)

    assert (400, "INVALID_FIELD") == refusal(salesforce, "PATCH", f"Lead/{lead}", {"Id": lead})


@pytest.mark.parametrize("body", ["{", "[]", "", '{"LastName": "\\ud800"}'])
def test_a_body_that_is_no_object_is_refused(salesforce: Client, body: str) -> None:
    """Anything but a JSON object of whole characters gets JSON_PARSER_ERROR."""
    status, (error,) = salesforce.refused("sobjects/Lead", method="POST", data=body)

    assert (400, "JSON_PARSER_ERROR") == (status, error["errorCode"])


def test_a_task_about_a_lead_is_related_to_nothing_else(salesforce: Client) -> None:
    """With a lead in WhoId, WhatId stays empty; with a contact it may be filled."""
    lead = create(salesforce, "Lead", LEAD)
    account = create(salesforce, "Account", {"Name": "Alpha"})
    contact = create(salesforce, "Contact", {"LastName": "Ames", "AccountId": account})
    task = create(salesforce, "Task", {"WhoId": contact, "WhatId": account})

    assert (400, "FIELD_INTEGRITY_EXCEPTION") == refusal(
        salesforce, "PATCH", f"Task/{task}", {"WhoId": lead}
    )


def test_deleted_and_unknown_records_are_told_apart(salesforce: Client) -> None:
    """A record in the recycle bin gets ENTITY_IS_DELETED, one that never was NOT_FOUND."""
    lead = create(salesforce, "Lead", LEAD)
    salesforce.restful(f"sobjects/Lead/{lead}", method="DELETE")

    for method in ("GET", "PATCH", "DELETE"):
        gone = refusal(salesforce, method, f"Lead/{lead}", {})
        unknown = refusal(salesforce, method, "Lead/00Q00000000000xEAA", {})
        assert (404, "ENTITY_IS_DELETED") == gone
        assert (404, "NOT_FOUND") == unknown
    assert (404, "ENTITY_IS_DELETED") == refusal(salesforce, "POST", "Task", {"WhoId": lead})
    assert (404, "NOT_FOUND") == refusal(salesforce, "POST", "Thing", {})


def test_a_key_is_unique(salesforce: Client) -> None:
    """A second task with the same key, in any case, gets DUPLICATE_VALUE and the first one's id."""
    task = create(salesforce, "Task", {"Triage_Key__c": "Key-1"})
    again = {"Triage_Key__c": "KEY-1"}
    status, (error,) = salesforce.refused("sobjects/Task", method="POST", json=again)

    assert (400, "DUPLICATE_VALUE") == (status, error["errorCode"])
    assert task in error["message"]
    salesforce.restful(f"sobjects/Task/{task}", method="DELETE")
    assert create(salesforce, "Task", {"Triage_Key__c": "key-1"})


def test_an_upsert_creates_then_updates(salesforce: Client, url: str) -> None:
    """PATCH by an external id answers 201 the first time, 200 after that, about one record."""
    path = f"{url}/services/data/v64.0/sobjects/Task/Triage_Key__c/a%2Fb:1"
    headers = {"Authorization": "Bearer sandbox"}
    first, second = (
        requests.patch(path, json={"Subject": subject}, headers=headers, timeout=5)
        for subject in ("One", "Two")
    )
    task = read(salesforce, "Task", first.json()["id"])

    assert (201, True) == (first.status_code, first.json()["created"])
    assert (200, False) == (second.status_code, second.json()["created"])
    assert first.json()["id"] == second.json()["id"]
    assert ("Two", "a/b:1") == (task["Subject"], task["Triage_Key__c"])
    assert task == requests.get(path, headers=headers, timeout=5).json()


def test_an_upsert_needs_an_external_id(salesforce: Client) -> None:
    """PATCH by another field, or with the key in the body, is refused."""
    assert (404, "NOT_FOUND") == refusal(salesforce, "PATCH", "Task/Subject/Call", {})
    assert (400, "INVALID_FIELD") == refusal(
        salesforce, "PATCH", "Task/Triage_Key__c/k", {"Triage_Key__c": "k"}
    )


def with_key(*, unique: bool, external_id: bool) -> schema.Objects:
    """The org's objects, with these flags on the task's key."""
    objects = schema.load_objects()
    task = objects["Task"]
    key = replace(task.fields["Triage_Key__c"], unique=unique, external_id=external_id)
    return {**objects, "Task": replace(task, fields={**task.fields, key.name: key})}


def test_an_org_may_have_tasks_without_an_external_id(
    monkeypatch: pytest.MonkeyPatch, start: Start, connect: Connect
) -> None:
    """Where the key is no external id, describe says so and an upsert by it is refused."""
    objects = with_key(unique=True, external_id=False)
    monkeypatch.setattr(schema, "load_objects", lambda: objects)
    salesforce = connect(start())
    fields = {f["name"]: f for f in salesforce.restful("sobjects/Task/describe")["fields"]}

    assert (False, False) == (
        fields["Triage_Key__c"]["externalId"],
        fields["Triage_Key__c"]["idLookup"],
    )
    assert (404, "NOT_FOUND") == refusal(salesforce, "PATCH", "Task/Triage_Key__c/k", {})


def test_several_records_with_one_key_are_listed(
    monkeypatch: pytest.MonkeyPatch, start: Start, connect: Connect
) -> None:
    """An upsert by an external id that isn't unique answers 300 with the records' paths."""
    objects = with_key(unique=False, external_id=True)
    monkeypatch.setattr(schema, "load_objects", lambda: objects)
    salesforce = connect(start())
    tasks = {create(salesforce, "Task", {"Triage_Key__c": "k"}) for _ in "12"}
    status, paths = salesforce.refused("sobjects/Task/Triage_Key__c/k", method="PATCH", json={})

    assert 300 == status
    assert {f"/services/data/v64.0/sobjects/Task/{task}" for task in tasks} == set(paths)


def test_describe_says_what_a_field_takes(salesforce: Client) -> None:
    """Types, lengths, picklist values and flags are those that writes are checked against."""
    described = salesforce.restful("sobjects/Lead/describe")
    fields = {field["name"]: field for field in described["fields"]}
    status = [choice["value"] for choice in fields["Status"]["picklistValues"]]

    assert described["updateable"] is True
    assert ("string", 80) == (
        fields["Triage_Category__c"]["type"],
        fields["Triage_Category__c"]["length"],
    )
    assert (3, 2) == (
        fields["Triage_Confidence__c"]["precision"],
        fields["Triage_Confidence__c"]["scale"],
    )
    assert [
        "Open - Not Contacted",
        "Working - Contacted",
        "Closed - Converted",
        "Closed - Not Converted",
    ] == status
    assert fields["Company"]["nillable"] is False
    assert fields["IsConverted"]["createable"] is False
    assert ["Group", "User"] == fields["OwnerId"]["referenceTo"]


def test_every_object_is_listed(salesforce: Client) -> None:
    """The global describe names all objects, and which of them may be written."""
    described = salesforce.describe()
    assert described
    objects = {entity["name"]: entity["createable"] for entity in described["sobjects"]}
    custom = [entity["name"] for entity in described["sobjects"] if entity["custom"]]

    assert {"Lead", "Contact", "Account", "Opportunity", "Case", "Known_Issue__c", "Task"} == {
        name for name, createable in objects.items() if createable
    }
    assert ["Known_Issue__c"] == custom
    assert {"User", "Group", "Organization"} < objects.keys()


def test_every_answer_says_how_many_calls_were_made(url: str, connect: Connect) -> None:
    """The usage header counts each call under /services/data, refused ones too."""
    salesforce = connect(url)
    salesforce.query("SELECT Id FROM Lead")
    before = salesforce.api_usage["api-usage"].used
    refusal(salesforce, "GET", "Thing", {})
    salesforce.query("SELECT Id FROM Lead")
    usage = salesforce.api_usage["api-usage"]

    assert (before + 2, 100_000) == (usage.used, usage.total)


@pytest.mark.parametrize(
    "path", ["v49.0/sobjects", "vX/sobjects", "v64.0/tooling", "v69.0/sobjects"]
)
def test_what_is_not_spoken_is_not_found(url: str, path: str) -> None:
    """A version or path that isn't served gets NOT_FOUND as JSON."""
    answer = requests.get(
        f"{url}/services/data/{path}", headers={"Authorization": "Bearer sandbox"}, timeout=5
    )

    assert (404, "NOT_FOUND") == (answer.status_code, answer.json()[0]["errorCode"])
