"""Collections, through simple-salesforce's `restful`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

AS_IS = {"Sforce-Auto-Assign": "FALSE"}
ROLLED_BACK = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
ABSENT = "00Q00000000000xEAA"

Row = dict[str, Any]


def send(
    salesforce: Client,
    method: str,
    rows: list[Row],
    path: str = "",
    *,
    all_or_none: bool = False,
) -> list[Row]:
    body = {"allOrNone": all_or_none, "records": rows}
    answer: list[Row] = salesforce.restful(
        f"composite/sobjects{path}", method=method, json=body, headers=AS_IS
    )
    return answer


def lead(**fields: object) -> Row:
    return {"attributes": {"type": "Lead"}, "LastName": "Ames", "Company": "Alpha", **fields}


def task(key: str) -> Row:
    return {"attributes": {"type": "Task"}, "Triage_Key__c": key, "Subject": "S"}


def codes(rows: list[Row]) -> list[str]:
    """Each row's outcome: its error's code, or nothing."""
    return ["".join(error["statusCode"] for error in row["errors"]) for row in rows]


def count(salesforce: Client, condition: str) -> int:
    query = "SELECT COUNT() FROM Lead WHERE " + condition  # noqa: S608 - a test's own
    return int(salesforce.query(query)["totalSize"])


def test_each_record_has_its_own_result(salesforce: Client) -> None:
    """Good rows are saved beside bad ones, in the order of the request."""
    rows = send(
        salesforce,
        "POST",
        [lead(City="Own"), lead(Company=None), lead(City="Own"), {"City": "Own"}],
    )

    assert ["", "REQUIRED_FIELD_MISSING", "", "INVALID_TYPE"] == codes(rows)
    assert [True, False, True, False] == [row["success"] for row in rows]
    assert ["Company"] == rows[1]["errors"][0]["fields"]
    assert 2 == count(salesforce, "City = 'Own'")


def test_all_or_none_saves_none(salesforce: Client) -> None:
    """With allOrNone one bad row takes the others back, and only it says why."""
    rows = send(
        salesforce, "POST", [lead(City="None"), lead(Rating=5), lead(City="None")], all_or_none=True
    )

    assert [ROLLED_BACK, "JSON_PARSER_ERROR", ROLLED_BACK] == codes(rows)
    assert 0 == count(salesforce, "City = 'None'")


def test_updates_report_row_by_row(salesforce: Client) -> None:
    """Each id is looked up by itself; a deleted one says so."""
    first, gone = (row["id"] for row in send(salesforce, "POST", [lead(), lead()]))
    salesforce.restful(f"sobjects/Lead/{gone}", method="DELETE")
    ids = [first, ABSENT, gone, "acc-1", "005000000000001AAA"]
    changes = [{"attributes": {"type": "Lead"}, "id": i, "City": "Trier"} for i in ids]
    changes.append({"attributes": {"type": "Lead"}, "City": "Trier"})
    rows = send(salesforce, "PATCH", changes)

    assert [
        "",
        "INVALID_CROSS_REFERENCE_KEY",
        "ENTITY_IS_DELETED",
        "MALFORMED_ID",
        "MALFORMED_ID",
        "MISSING_ARGUMENT",
    ] == codes(rows)
    assert {"id": first, "success": True, "errors": []} == rows[0]
    assert 1 == count(salesforce, "City = 'Trier' AND OwnerId = '005000000000009AAA'")


def test_all_or_none_takes_updates_back(salesforce: Client) -> None:
    """A rolled-back update leaves the records as they were."""
    (row,) = send(salesforce, "POST", [lead(City="Before")])
    changes = [
        {"attributes": {"type": "Lead"}, "id": row["id"], "City": "After"},
        {"attributes": {"type": "Lead"}, "id": ABSENT, "City": "After"},
    ]
    rows = send(salesforce, "PATCH", changes, all_or_none=True)

    assert [ROLLED_BACK, "INVALID_CROSS_REFERENCE_KEY"] == codes(rows)
    assert 1 == count(salesforce, "City = 'Before'")


def test_records_are_upserted_by_their_key(salesforce: Client) -> None:
    """Each row is created or updated by the key among its fields, whatever its case."""
    rows = send(salesforce, "PATCH", [task("a"), task("b")], "/Task/Triage_Key__c")
    again = send(
        salesforce, "PATCH", [task("A"), {"attributes": {"type": "Task"}}], "/Task/Triage_Key__c"
    )

    assert [True, True] == [row["created"] for row in rows]
    assert (rows[0]["id"], False) == (again[0]["id"], again[0]["created"])
    assert ["", "MISSING_ARGUMENT"] == codes(again)


def test_a_key_stands_in_a_request_once(salesforce: Client) -> None:
    """All rows that share a key, in any case, are refused; the others are saved."""
    rows = send(
        salesforce, "PATCH", [task("twice"), task("once"), task("TWICE")], "/Task/Triage_Key__c"
    )

    assert ["DUPLICATE_VALUE", "", "DUPLICATE_VALUE"] == codes(rows)
    assert "Duplicate external id specified: twice" == rows[0]["errors"][0]["message"]


def test_an_unknown_object_is_a_rows_own_fault(salesforce: Client) -> None:
    """A row of an unknown object is refused by itself."""
    rows = send(salesforce, "POST", [{"attributes": {"type": "Thing"}}, lead()])

    assert ["INVALID_TYPE", ""] == codes(rows)


def test_an_upsert_by_another_field_is_refused(salesforce: Client) -> None:
    """The field in the path has to be an external id."""
    path = "composite/sobjects/Task/Subject"

    assert 404 == salesforce.refused(path, method="PATCH", json={"records": []})[0]


def test_records_are_deleted_by_their_ids(salesforce: Client) -> None:
    """Ids in the URL are deleted, each with its own result."""
    first, second = (row["id"] for row in send(salesforce, "POST", [lead(), lead()]))
    rows = salesforce.restful(
        "composite/sobjects", method="DELETE", params={"ids": f"{first},{ABSENT},nonsense"}
    )
    undone = salesforce.restful(
        "composite/sobjects",
        method="DELETE",
        params={"ids": f"{second},{ABSENT}", "allOrNone": "true"},
    )

    assert ["", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"] == codes(rows)
    assert [ROLLED_BACK, "INVALID_CROSS_REFERENCE_KEY"] == codes(undone)
    assert 1 == count(salesforce, f"Id IN ('{first}', '{second}')")


def test_records_are_read_in_the_order_of_their_ids(salesforce: Client) -> None:
    """GET and POST give a record for each id, and null for one that isn't there."""
    first, second = (row["id"] for row in send(salesforce, "POST", [lead(), lead(City="Ulm")]))
    ids = [second, ABSENT, first]
    got = salesforce.restful(
        "composite/sobjects/Lead", params={"ids": ",".join(ids), "fields": "City"}
    )
    posted = salesforce.restful(
        "composite/sobjects/Lead", method="POST", json={"ids": ids, "fields": ["City"]}
    )

    assert got == posted
    assert [second, None, first] == [row and row["Id"] for row in got]
    assert "Ulm" == got[0]["City"]


def test_too_many_records_are_refused(salesforce: Client) -> None:
    """More than 200 records a request are refused as a whole."""
    body = {"records": [lead()] * 201}
    status, (error,) = salesforce.refused("composite/sobjects", method="POST", json=body)

    assert (400, "EXCEEDED_ID_LIMIT") == (status, error["errorCode"])


@pytest.mark.parametrize("body", [{}, {"records": {}}, {"records": [1]}])
def test_a_collection_without_records_is_refused(salesforce: Client, body: Row) -> None:
    """The body holds a list of objects."""
    status, (error,) = salesforce.refused("composite/sobjects", method="POST", json=body)

    assert (400, "JSON_PARSER_ERROR") == (status, error["errorCode"])
