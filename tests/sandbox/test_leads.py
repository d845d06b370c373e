"""Leads from a file, and the records around them."""

import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.leads import SAMPLE, LeftOutWarning
from triage_agent.sandbox.server import running

Start = Callable[..., str]
Record = dict[str, Any]

LEAD = {"LastName": "Ames", "Company": "Alpha"}
QUEUE = "00G000000000001EAA"


@pytest.fixture
def load(start: Start, tmp_path: Path) -> Callable[..., dict[str, list[Record]]]:
    """Writes lines to a file, starts a sandbox on it, and returns its records by object."""

    def loaded(*lines: object) -> dict[str, list[Record]]:
        return records(start(leads=written(tmp_path, *lines)))

    return loaded


def written(directory: Path, *lines: object) -> Path:
    path = directory / "leads.jsonl"
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("".join(f"{text}\n" for text in texts))
    return path


def records(url: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]]
    found = requests.get(f"{url}/sandbox/state", timeout=5).json()["salesforce"]
    return found


Load = Callable[..., dict[str, list[Record]]]


def test_the_bundled_leads_load(start: Start) -> None:
    """Each line of the sample becomes a lead, and nothing of it is left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = records(start(leads=SAMPLE))

    assert len(found["Lead"]) >= len(SAMPLE.read_text().splitlines())


def test_dates_move_so_that_the_newest_lead_is_new(load: Load) -> None:
    """All dates move by one span; a lead without a creation date is created now."""
    found = load(
        {"lead": LEAD | {"CreatedDate": "2020-03-03T10:00:00Z"}},
        {
            "lead": LEAD | {"CreatedDate": "2020-03-01T10:00:00.000+0000", "City": "Old"},
            "context": {
                "Account": [{"Name": "A"}],
                "Opportunity": [{"Name": "O", "CloseDate": "2020-04-02"}],
                "Task": [{"Subject": "T", "ReminderDateTime": "2020-03-02T10:00:00+00:00"}],
            },
        },
        {"lead": LEAD},
    )
    now = datetime.now(UTC)
    ages = [now - datetime.fromisoformat(lead["CreatedDate"]) for lead in found["Lead"]]
    reminder = datetime.fromisoformat(found["Task"][0]["ReminderDateTime"])
    close = (now + timedelta(days=30)).date().isoformat()

    assert [0, 2, 0] == [age.days for age in ages]
    assert all(age % timedelta(days=1) < timedelta(minutes=1) for age in ages)
    assert 1 == (now - reminder).days
    assert close == found["Opportunity"][0]["CloseDate"]


def test_foreign_ids_are_replaced_and_followed(load: Load) -> None:
    """Ids that are none become some, on each line anew, and references with them."""
    context = {
        "Account": [{"Id": "acc-1", "Name": "A"}, {"Id": "acc-2", "Name": "B"}],
        "Contact": [{"Id": "con-1", "LastName": "C", "AccountId": "acc-2"}],
        "Opportunity": [{"Name": "O", "AccountId": "acc-1", "ContactId": "con-1"}],
        "Lead": [{"Id": "lead-2", "LastName": "Twin"}],
        "Task": [{"Subject": "T", "WhoId": "con-1"}, {"Subject": "U", "WhoId": "lead-1"}],
    }
    found = load(*[{"lead": LEAD | {"Id": "lead-1"}, "context": context}] * 2)
    accounts, contacts = found["Account"], found["Contact"]
    leads = [lead for lead in found["Lead"] if lead["LastName"] == "Ames"]

    assert 4 == len({account["Id"] for account in accounts})
    assert [accounts[1]["Id"], accounts[3]["Id"]] == [c["AccountId"] for c in contacts]
    assert [accounts[0]["Id"], accounts[2]["Id"]] == [o["AccountId"] for o in found["Opportunity"]]
    assert [contacts[0]["Id"], leads[0]["Id"], contacts[1]["Id"], leads[1]["Id"]] == [
        task["WhoId"] for task in found["Task"]
    ]


def test_what_says_nothing_belongs_to_its_line(load: Load) -> None:
    """Contacts and opportunities belong to the only account, tasks to the lead."""
    found = load(
        {
            "lead": LEAD,
            "context": {
                "Task": [{"Subject": "T"}],
                "Contact": [{"LastName": "C"}],
                "Account": [{"Name": "A"}],
                "Opportunity": [{"Name": "O"}],
            },
            "note": "ignored",
        }
    )
    (account,) = found["Account"]

    assert account["Id"] == found["Contact"][0]["AccountId"]
    assert account["Id"] == found["Opportunity"][0]["AccountId"]
    assert found["Lead"][0]["Id"] == found["Task"][0]["WhoId"]


def test_a_line_may_be_about_a_case(load: Load) -> None:
    """It belongs to its line's only account, and a task that says nothing is about it."""
    found = load(
        {
            "case": {"Subject": "S", "CaseNumber": "00001001"},
            "context": {
                "Account": [{"Name": "A"}],
                "Known_Issue__c": [{"Name": "K", "Product__c": "Reports"}],
                "Task": [{"Subject": "T"}],
            },
        }
    )
    (case,), (issue,), (task,) = found["Case"], found["Known_Issue__c"], found["Task"]

    assert found["Account"][0]["Id"] == case["AccountId"]
    assert ("New", False) == (case["Status"], case["IsClosed"])
    assert "Reports" == issue["Product__c"]
    assert (case["Id"], None) == (task["WhatId"], task.get("WhoId"))


def test_salesforce_ids_are_kept(load: Load) -> None:
    """An id that is one stays; the same account on two lines is one account."""
    account = {"Id": "0018000000abcDE", "Name": "A"}
    found = load(
        {"lead": LEAD | {"Id": "00Q000000000001EAA"}, "context": {"Account": [account]}},
        {"lead": LEAD, "context": {"Account": [account], "Contact": [{"LastName": "C"}]}},
    )

    assert ["0018000000abcDEAAY"] == [a["Id"] for a in found["Account"]]
    assert "00Q000000000001EAA" == found["Lead"][0]["Id"]
    assert "0018000000abcDEAAY" == found["Contact"][0]["AccountId"]


def test_an_admin_may_load_what_the_api_refuses(load: Load) -> None:
    """System fields, other picklist values, inactive owners and missing fields are loaded."""
    (lead,) = load(
        {"lead": {"Status": "New", "OwnerId": "005000000000006AAA", "IsConverted": True}}
    )["Lead"]

    assert ("New", "005000000000006AAA", True) == (
        lead["Status"],
        lead["OwnerId"],
        lead["IsConverted"],
    )


def test_leads_belong_to_the_queue(load: Load) -> None:
    """A lead that names no owner waits in the queue, its name composed."""
    (lead,) = load({"lead": LEAD | {"FirstName": "Ann", "Industry": None}})["Lead"]

    assert (QUEUE, "Ann Ames", "Open - Not Contacted") == (
        lead["OwnerId"],
        lead["Name"],
        lead["Status"],
    )


def test_what_the_org_lacks_is_left_out_aloud(load: Load) -> None:
    """Unknown fields and objects, and references to records not there, are named in a warning."""
    with pytest.warns(LeftOutWarning) as warned:
        found = load(
            {
                "lead": LEAD | {"Shoe_Size__c": 44, "OwnerId": "005xx0000012345"},
                "context": {"Asset": [{}], "Account": [{"Name": "A", "Colour": "red"}]},
            }
        )
    (warning,) = warned

    assert str(warning.message).endswith(
        "Account.Colour, Asset, Lead.OwnerId where it names a record not here, Lead.Shoe_Size__c"
    )
    assert ("Ames", QUEUE) == (found["Lead"][0]["LastName"], found["Lead"][0]["OwnerId"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r":3: not JSON"),
        ('{"lead": {"LastName": "\\ud800"}}', r":3: not JSON"),
        ("[]", r":3: no lead"),
        ('{"lead": 1}', r":3: no lead"),
        ('{"lead": {}, "context": {"Task": {}}}', r":3: context is"),
        ('{"lead": {"DoNotCall": "yes"}}', r":3: .*boolean.* \(JSON_PARSER_ERROR\)"),
        ('{"lead": {"LastName": "' + "x" * 81 + '"}}', r":3: .*\(STRING_TOO_LONG\)"),
        ('{"lead": {"CreatedDate": "soon"}}', r":3: .*datetime.* \(JSON_PARSER_ERROR\)"),
        ('{"lead": {"Id": "00Q000000000001EAA"}}', r":3: the lead .* is there already"),
    ],
)
def test_a_broken_line_stops_everything(tmp_path: Path, line: str, message: str) -> None:
    """File and line are named."""
    path = written(tmp_path, {"lead": LEAD | {"Id": "00Q000000000001EAA"}}, "", line)

    with pytest.raises(WrongUsage, match=message):
        running(state=None, leads=path).__enter__()


def test_nothing_is_half_loaded(tmp_path: Path) -> None:
    """After a broken line the state is as empty as before: the next start loads a good file."""
    state = tmp_path / "state"
    broken = written(tmp_path, {"lead": LEAD}, "{")

    with pytest.raises(WrongUsage):
        running(state=state, leads=broken).__enter__()
    with running(state=state, leads=written(tmp_path, {"lead": LEAD})) as url:
        assert 1 == len(records(url)["Lead"])


@pytest.mark.parametrize("name", ["missing.jsonl", "latin.jsonl"])
def test_a_file_that_cant_be_read_is_named(tmp_path: Path, name: str) -> None:
    """A missing file and one in another encoding are wrong usage."""
    (tmp_path / "latin.jsonl").write_bytes('{"lead": {"City": "Köln"}}'.encode("latin-1"))

    with pytest.raises(WrongUsage, match=f"{name}: can't be read"):
        running(state=None, leads=tmp_path / name).__enter__()


def test_a_state_with_records_keeps_them(tmp_path: Path) -> None:
    """Leads are loaded once; a later start leaves the state as it was."""
    path = written(tmp_path, {"lead": LEAD})
    state = tmp_path / "state"
    for _ in "12":
        with running(state=state, leads=path) as url:
            found = records(url)["Lead"]

    assert 1 == len(found)


def test_an_empty_file_is_an_org_without_leads(load: Load) -> None:
    """No lines are no leads."""
    assert [] == load()["Lead"]
