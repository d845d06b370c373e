"""Several requests in one, through simple-salesforce's `restful`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

DATA = "/services/data/v64.0"
OF_ACCOUNT = "@{account.id}"
LEAD = {"LastName": "Ames", "Company": "Alpha"}

Json = dict[str, Any]


def part(name: str, method: str, path: str, body: object = None, **more: object) -> Json:
    url = f"{DATA}/{path}"
    return {"referenceId": name, "method": method, "url": url, "body": body, **more}


def send(salesforce: Client, *parts: Json, all_or_none: bool = False) -> dict[str, Json]:
    """The answers by their reference ids."""
    body = {"allOrNone": all_or_none, "compositeRequest": parts}
    answers = salesforce.restful("composite", method="POST", json=body)["compositeResponse"]
    assert [answer["referenceId"] for answer in answers] == [p["referenceId"] for p in parts]
    return {answer["referenceId"]: answer for answer in answers}


def statuses(answers: dict[str, Json]) -> list[int]:
    return [answer["httpStatusCode"] for answer in answers.values()]


def count(salesforce: Client, entity: str, condition: str) -> int:
    query = f"SELECT COUNT() FROM {entity} WHERE {condition}"  # noqa: S608 - a test's own
    return int(salesforce.query(query)["totalSize"])


def test_a_part_uses_the_answers_before_it(salesforce: Client) -> None:
    """`@{name.path}` in URL and body stands for what an earlier part was answered."""
    answers = send(
        salesforce,
        part("account", "POST", "sobjects/Account", {"Name": 'Alpha "Air"'}),
        part(
            "contact", "POST", "sobjects/Contact", {"LastName": "A", "AccountId": "@{account.id}"}
        ),
        part("found", "GET", "query?q=SELECT+Id,AccountId+FROM+Contact+WHERE+LastName='A'"),
        part("change", "PATCH", "sobjects/Contact/@{found.records[0].Id}", {"LastName": "B"}),
        part("read", "GET", "sobjects/Contact/@{contact.id}?fields=LastName,AccountId"),
    )

    assert [201, 201, 200, 204, 200] == statuses(answers)
    assert answers["change"]["body"] is None
    assert ("B", answers["account"]["body"]["id"]) == (
        answers["read"]["body"]["LastName"],
        answers["read"]["body"]["AccountId"],
    )


def test_parts_fail_by_themselves(salesforce: Client) -> None:
    """Without allOrNone only a failed part, and what depends on it, isn't done."""
    answers = send(
        salesforce,
        part("bad", "POST", "sobjects/Lead", {"City": "Own"}),
        part("after", "PATCH", "sobjects/Lead/@{bad.id}", {"City": "Own"}),
        part("lost", "GET", "tooling"),
        part("good", "POST", "sobjects/Lead", {**LEAD, "City": "Own"}),
    )

    assert [400, 400, 404, 201] == statuses(answers)
    assert ["REQUIRED_FIELD_MISSING", "PROCESSING_HALTED", "NOT_FOUND"] == [
        answers[name]["body"][0]["errorCode"] for name in ("bad", "after", "lost")
    ]
    assert 1 == count(salesforce, "Lead", "City = 'Own'")


@pytest.mark.parametrize(
    "bad",
    [
        part("bad", "POST", "sobjects/Lead", {"City": "None"}),
        part(
            "bad",
            "POST",
            "composite/sobjects",
            {"records": [{"attributes": {"type": "Lead"}, **row} for row in (LEAD, {})]},
        ),
    ],
)
def test_all_or_none_takes_everything_back(salesforce: Client, bad: Json) -> None:
    """With allOrNone one failure undoes the parts before it and halts those after it."""
    good = [part(name, "POST", "sobjects/Lead", {**LEAD, "City": "None"}) for name in "ab"]
    before = count(salesforce, "Lead", "Company = 'Alpha'")
    answers = send(salesforce, good[0], bad, good[1], all_or_none=True)

    assert ["PROCESSING_HALTED"] * 2 == [answers[n]["body"][0]["errorCode"] for n in "ab"]
    assert "PROCESSING_HALTED" not in str(answers["bad"])
    assert before == count(salesforce, "Lead", "Company = 'Alpha'")


def test_a_collection_rolls_back_itself_alone(salesforce: Client) -> None:
    """A collection's own allOrNone leaves what the parts before it did."""
    rows = [{"attributes": {"type": "Lead"}, **row} for row in (LEAD, {})]
    answers = send(
        salesforce,
        part("first", "POST", "sobjects/Lead", {**LEAD, "City": "Kept"}),
        part("rows", "POST", "composite/sobjects", {"allOrNone": True, "records": rows}),
    )

    assert [201, 200] == statuses(answers)
    assert [False, False] == [row["success"] for row in answers["rows"]["body"]]
    assert 1 == count(salesforce, "Lead", "City = 'Kept'")


def test_a_part_has_headers_of_its_own(salesforce: Client) -> None:
    """`httpHeaders` count for their part alone."""
    as_is = {"httpHeaders": {"Sforce-Auto-Assign": "FALSE"}}
    answers = send(
        salesforce,
        part("kept", "POST", "sobjects/Lead", LEAD, **as_is),
        part("given", "POST", "sobjects/Lead", LEAD),
        part("a", "GET", "sobjects/Lead/@{kept.id}?fields=OwnerId"),
        part("b", "GET", "sobjects/Lead/@{given.id}?fields=OwnerId"),
    )

    assert "005000000000009AAA" == answers["a"]["body"]["OwnerId"]
    assert "005000000000009AAA" != answers["b"]["body"]["OwnerId"]


READ = part("a", "GET", "limits")
QUERIES = [part(str(n), "GET", "query?q=SELECT+Id+FROM+Lead+LIMIT+1") for n in range(5)]


def test_a_composite_counts_once(url: str, salesforce: Client) -> None:
    """Whatever its parts, among them up to five queries, it is one call of the day's allowance."""
    records = [part(f"l{n}", "POST", "sobjects/Lead", LEAD) for n in range(20)]
    before = used(url)
    answers = send(salesforce, *QUERIES, *records)
    after = used(url)

    assert [200] * 5 + [201] * 20 == statuses(answers)
    assert 2 == after - before


def used(url: str) -> int:
    """The API calls so far, this one included."""
    headers = {"Authorization": "Bearer sandbox"}
    answer = requests.get(f"{url}{DATA}/limits", headers=headers, timeout=5)
    return int(answer.headers["Sforce-Limit-Info"].removeprefix("api-usage=").split("/")[0])


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({}, "JSON_PARSER_ERROR"),
        ([1], "JSON_PARSER_ERROR"),
        ([{"method": "GET", "url": f"{DATA}/limits"}], "JSON_PARSER_ERROR"),
        ([{**READ, "httpHeaders": []}], "JSON_PARSER_ERROR"),
        ([READ, READ], "JSON_PARSER_ERROR"),
        ([{**READ, "referenceId": str(n)} for n in range(26)], "LIMIT_EXCEEDED"),
        ([*QUERIES, part("six", "GET", "queryAll/?q=SELECT+Id+FROM+Lead")], "LIMIT_EXCEEDED"),
        ([*QUERIES, part("six", "GET", "query/01g000000000000001-200")], "LIMIT_EXCEEDED"),
        ([*QUERIES, part("six", "POST", "composite/sobjects", {})], "LIMIT_EXCEEDED"),
        ([*QUERIES, part("six", "PATCH", "composite/sobjects/Lead/K", {})], "LIMIT_EXCEEDED"),
    ],
)
def test_a_composite_that_is_wrong_is_refused(salesforce: Client, parts: object, code: str) -> None:
    """A faulty envelope is refused as a whole, before any part is looked at."""
    status, (error,) = salesforce.refused(
        "composite", method="POST", json={"compositeRequest": parts}
    )

    assert (400, code) == (status, error["errorCode"])
