"""What a page names that the bundled company lacks: people, channels, objects, fields, values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.named import project
from tests.sandboxes import running
from triage_agent.errors import WrongUsage
from triage_agent.sandbox.newcomers import FILE, read

TEST_USER = "005000000000101"
NEW = {
    "people": [
        {"name": "Kari Lie", "title": "Events", "slack": "U0KARI00003", "salesforce": TEST_USER},
        {"name": "Cher", "title": "Owner", "slack": "U0CHER00004"},
        {"name": "Not Maya", "title": "", "slack": "U0MAYA00002"},
    ],
    "channels": {"C0EVENTS001": "events"},
    "objects": {
        "Form__c": {"fields": {"Text__c": [], "Open__c": [True]}, "long": ["Text__c"]},
        "Case": {"fields": {"Hall__c": [], "Status": ["Taken"], "Nothing": []}},
        "Nothing": {"fields": {}},
    },
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sandbox that takes them in, with a record of the new object."""
    folder = project(tmp_path_factory.mktemp("deployed"), NEW)
    record = {"form__c": {"Text__c": "words " * 100}, "context": {"Task": [{"Subject": "Call"}]}}
    (folder / "records.jsonl").write_text(json.dumps(record))
    with running(state=None, leads=folder / "records.jsonl", deployed=folder) as served:
        yield served


def as_kari(url: str, method: str, path: str, **fields: object) -> Any:  # noqa: ANN401 - any JSON
    headers = {"Authorization": f"Bearer sandbox-{TEST_USER}AAA"}
    where = f"{url}/services/data/v62.0/sobjects/{path}"
    return requests.request(method, where, json=fields, headers=headers, timeout=10).json()


def test_they_are_there(url: str) -> None:
    """A user by their whole id, and a channel that can be posted in; who was known stays."""
    bot = {"Authorization": "Bearer xoxb-sandbox-reader"}
    users = {
        user: requests.get(f"{url}/api/users.info", {"user": user}, headers=bot, timeout=10).json()
        for user in ("U0KARI00003", "U0CHER00004", "U0MAYA00002")
    }
    posted = requests.post(
        f"{url}/api/chat.postMessage",
        json={"channel": "C0EVENTS001", "text": "Hello"},
        headers=bot,
        timeout=10,
    ).json()

    assert posted["ok"]
    assert ["Kari Lie", "Cher", "Maya Lindqvist"] == [
        one["user"]["real_name"] for one in users.values()
    ]
    assert "Kari Lie" == as_kari(url, "GET", f"User/{TEST_USER}AAA")["Name"]


def test_what_is_custom_is_assumed(url: str) -> None:
    """Objects and fields of an administrator's, and a picklist's values, can be used."""
    (form,) = requests.get(f"{url}/sandbox/state", timeout=10).json()["salesforce"]["Form__c"]
    (task,) = requests.get(f"{url}/sandbox/state", timeout=10).json()["salesforce"]["Task"]
    made = as_kari(url, "POST", "Case", Subject="x", Hall__c="Palm house", Status="Taken")

    assert ("words " * 100).strip() == form["Text__c"].strip()
    assert form["Open__c"] is False
    assert form["Id"] == task["WhatId"]
    assert made["success"]
    assert "Taken" == as_kari(url, "GET", f"Case/{made['id']}")["Status"]


@pytest.mark.parametrize(("name", "value"), [("Nothing", "x"), ("Status", "Odd")])
def test_what_is_salesforce_s_own_is_not(url: str, name: str, value: str) -> None:
    """A field that Salesforce doesn't bring along, or a value that nobody named, is refused."""
    (refusal,) = as_kari(url, "POST", "Case", Subject="x", **{name: value})

    assert refusal["errorCode"] in ("INVALID_FIELD", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")


def test_requests_of_what_is_not_there_are_refused(tmp_path: Path) -> None:
    """No sandbox begins in which nobody could send one; it says what can be named instead."""
    named = {"requests": {"object": "Campaign", "asks": ["Name"]}}
    with (
        pytest.raises(WrongUsage, match=r"requests\.object.*'Campaign'.*__c"),
        running(state=None, leads=None, deployed=project(tmp_path, named)),
    ):
        pass


def test_a_file_of_another_shape_is_named(tmp_path: Path) -> None:
    """It says what is wrong with it."""
    (tmp_path / FILE).write_text('{"people": "all"}')
    with pytest.raises(WrongUsage, match=rf"{FILE}.*people"):
        read(tmp_path)
