"""Queries, through simple-salesforce."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from simple_salesforce.format import format_soql

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client, Connect, Start

LEADS: list[dict[str, Any]] = [
    {
        "LastName": "Ames",
        "Company": "Alpha Air",
        "NumberOfEmployees": 5,
        "Email": "a@alpha.example",
    },
    {"LastName": "Birch", "Company": "beta boilers", "NumberOfEmployees": 50, "DoNotCall": True},
    {"LastName": "Cole", "Company": "Gamma 100% Gas", "FirstName": "Cy", "Rating": "Hot"},
    {"LastName": "Drew", "Company": "O'Delta \\ Sons", "LastTransferDate": "2026-11-01"},
]


@pytest.fixture(scope="module", autouse=True)
def leads(url: str) -> list[str]:
    """The ids of the four leads, in their order."""
    rows = [{"attributes": {"type": "Lead"}, **lead} for lead in LEADS]
    answer = requests.post(
        f"{url}/services/data/v64.0/composite/sobjects",
        json={"records": rows},
        headers={"Authorization": "Bearer sandbox", "Sforce-Auto-Assign": "FALSE"},
        timeout=5,
    )
    return [row["id"] for row in answer.json()]


def names(salesforce: Client, condition: str) -> str:
    """The initials of the leads that a condition finds, oldest first."""
    query = "SELECT LastName FROM Lead WHERE " + condition  # noqa: S608 - a test's own
    found = salesforce.query(query)
    return "".join(row["LastName"][0] for row in found["records"])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Company = 'ALPHA air'", "A"),
        ("Company != 'Alpha Air'", "BCD"),
        ("Company <> 'Alpha Air'", "BCD"),
        ("Company > 'b' AND Company < 'g'", "B"),
        ("Company IN ('alpha air', 'Beta Boilers')", "AB"),
        ("Company NOT IN ('alpha air', 'Beta Boilers')", "CD"),
        ("Company LIKE '%AIR'", "A"),
        ("Company LIKE 'b_ta%'", "B"),
        (r"Company LIKE '%100\% %'", "C"),
        (r"Company LIKE '%\_%'", ""),
        (r"Company = 'O\'Delta \\ Sons'", "D"),
        ("NumberOfEmployees >= 5 AND NumberOfEmployees <= 5.0", "A"),
        ("NumberOfEmployees = null", "CD"),
        ("NumberOfEmployees != null", "AB"),
        ("NumberOfEmployees < 10", "A"),
        ("Email = ''", "BCD"),
        ("DoNotCall = true", "B"),
        ("NOT DoNotCall = true", "ACD"),
        ("DoNotCall = null", "ACD"),
        ("DoNotCall != null", "B"),
        ("NOT (DoNotCall = true OR Rating = 'Hot')", "AD"),
        ("Rating = 'Hot' OR (DoNotCall = TRUE AND NumberOfEmployees = 50)", "BC"),
        ("LastTransferDate = 2026-11-01", "D"),
        ("LastTransferDate < 2026-11-01", ""),
        ("CreatedDate > 2020-01-01T00:00:00Z", "ABCD"),
        ("CreatedDate > 2020-01-01T00:00:00+02:00 AND CreatedDate < 2021-01-01T00:00:00Z", ""),
        ("Owner.Name = 'Triage Agent'", "ABCD"),
        ("Owner.Name = 'Inbound Leads'", ""),
        ("OwnerId = '005000000000009'", "ABCD"),
        ("Name = 'Cy Cole'", "C"),
    ],
)
def test_conditions_find_what_they_say(salesforce: Client, condition: str, expected: str) -> None:
    """Each operator compares as SOQL does: text in any case, null unlike everything."""
    found = names(salesforce, condition)

    assert expected == found


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("NumberOfEmployees, LastName", "CDAB"),
        ("NumberOfEmployees ASC NULLS LAST, LastName DESC", "ABDC"),
        ("NumberOfEmployees DESC NULLS LAST, LastName", "BACD"),
        ("DoNotCall DESC NULLS FIRST, Company DESC", "BDCA"),
        ("LastName LIMIT 2", "AB"),
        ("LastName LIMIT 2 OFFSET 1", "BC"),
        ("LastName OFFSET 3", "D"),
    ],
)
def test_order_limit_and_offset(salesforce: Client, order: str, expected: str) -> None:
    """Several orders apply in turn, nulls first unless told; limit counts after offset."""
    query = "SELECT LastName FROM Lead ORDER BY " + order  # noqa: S608 - a test's own
    found = salesforce.query(query)["records"]

    assert expected == "".join(row["LastName"][0] for row in found)


def test_rows_bring_attributes_and_parents(salesforce: Client, leads: list[str]) -> None:
    """A row says what it is and where; a parent stands inside it, null where there is none."""
    query = "SELECT id, owner.name, MasterRecord.Name FROM lead WHERE Id = {}"
    (row,) = salesforce.query(format_soql(query, leads[0][:15]))["records"]
    owner = "/services/data/v64.0/sobjects/User/005000000000009AAA"

    assert {
        "attributes": {"type": "Lead", "url": f"/services/data/v64.0/sobjects/Lead/{leads[0]}"},
        "Id": leads[0],
        "Owner": {"attributes": {"type": "Name", "url": owner}, "Name": "Triage Agent"},
        "MasterRecord": None,
    } == row


def test_count_has_no_rows(salesforce: Client) -> None:
    """COUNT() gives a number and no records."""
    counted = salesforce.query("SELECT COUNT() FROM Lead WHERE DoNotCall = false")

    assert {"totalSize": 3, "done": True, "records": []} == counted


def test_all_fields_need_a_limit(salesforce: Client) -> None:
    """FIELDS(ALL) works with a LIMIT of 200 at most."""
    (row,) = salesforce.query("SELECT FIELDS(ALL) FROM Lead LIMIT 1")["records"]

    assert {"Company", "Triage_Category__c"} < row.keys()
    assert 400 == salesforce.refused("query", params={"q": "SELECT FIELDS(ALL) FROM Lead"})[0]


def test_deleted_records_are_only_in_query_all(start: Start, connect: Connect) -> None:
    """The recycle bin is shut to `query` and open to `queryAll`."""
    salesforce = connect(start())
    lead = salesforce.restful(
        "sobjects/Lead", method="POST", json={"LastName": "Gone", "Company": "G"}
    )
    salesforce.restful(f"sobjects/Lead/{lead['id']}", method="DELETE")
    query = "SELECT Id, IsDeleted FROM Lead"

    assert 0 == salesforce.query(query)["totalSize"]
    (row,) = salesforce.query_all(query, include_deleted=True)["records"]
    assert row["IsDeleted"] is True


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id, FROM Lead", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Lead LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'"),
        ("SELECT Id FROM Lead; DROP", "MALFORMED_QUERY", "unexpected token: ';'"),
        ("SELECT Id FROM Lead WHERE Id = 'a", "MALFORMED_QUERY", "unexpected token"),
        (r"SELECT Id FROM Lead WHERE City = '\z'", "MALFORMED_QUERY", "illegal escape"),
        (
            "SELECT Id FROM Lead WHERE City = 'a' AND City = 'b' OR City = 'c'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        ("SELECT Id, id FROM Lead", "MALFORMED_QUERY", "duplicate field"),
        ("SELECT SUM(Id) FROM Lead", "MALFORMED_QUERY", "SUM(ID)"),
        (
            "SELECT Nonsense FROM Lead",
            "INVALID_FIELD",
            "No such column 'Nonsense' on entity 'Lead'",
        ),
        ("SELECT Id FROM Lead WHERE Foo = 1", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Id FROM Lead ORDER BY Foo", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Boss.Name FROM Lead", "INVALID_FIELD", "relationship 'Boss'"),
        ("SELECT Owner.Foo FROM Lead", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Id FROM Lead WHERE Description = 'a'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Lead ORDER BY Description", "INVALID_FIELD", "can not be sorted"),
        ("SELECT Id FROM Lead WHERE Company = 5", "INVALID_FIELD", "should be enclosed"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2026'", "INVALID_FIELD", "should not be"),
        ("SELECT Id FROM Thing", "INVALID_TYPE", "sObject type 'Thing' is not supported"),
        ("SELECT Id FROM Lead WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field"),
        ("SELECT Id FROM Lead WHERE Id LIKE 'x'", "INVALID_QUERY_FILTER_OPERATOR", "LIKE"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
    ],
)
def test_a_query_that_is_wrong_is_refused(
    salesforce: Client, query: str, code: str, words: str
) -> None:
    """Each mistake gets its documented code, and a message that names it."""
    status, (error,) = salesforce.refused("query", params={"q": query})

    assert (400, code) == (status, error["errorCode"])
    assert words in error["message"]


def test_a_long_url_is_refused(salesforce: Client) -> None:
    """A GET of more than 16,384 bytes gets 414, however much longer it is."""
    for length in (17_000, 200_000):
        status, _ = salesforce.refused("query", params={"q": "x" * length})

        assert 414 == status


def test_results_come_in_pages(start: Start, connect: Connect) -> None:
    """2,000 rows a page, or as many as the caller asks for, until there are no more."""
    salesforce = connect(start())
    for first in range(0, 2200, 200):
        rows = [
            {"attributes": {"type": "Account"}, "Name": f"Account {number:04}"}
            for number in range(first, first + 200)
        ]
        salesforce.restful("composite/sobjects", method="POST", json={"records": rows})
    query = "SELECT Name FROM Account ORDER BY Name"
    page = salesforce.query(query)
    small = salesforce.query(query, headers={"Sforce-Query-Options": "batchSize=200"})
    all_rows = salesforce.query_all(query)["records"]

    assert (2200, 2000, False) == (page["totalSize"], len(page["records"]), page["done"])
    assert page["nextRecordsUrl"].startswith("/services/data/v64.0/query/01g")
    assert 200 == len(small["records"])
    assert [f"Account {number:04}" for number in range(2200)] == [row["Name"] for row in all_rows]


def test_a_page_of_an_unknown_query_is_refused(salesforce: Client) -> None:
    """A locator that was never given out gets INVALID_QUERY_LOCATOR."""
    _, (error,) = salesforce.refused("query/01gxx0000000000-2000")

    assert "INVALID_QUERY_LOCATOR" == error["errorCode"]
