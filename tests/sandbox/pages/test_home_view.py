"""The first page asks what a workflow reads, and what is sent there comes in as its records do."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.named import project
from tests.sandbox.pages.crm import press, see
from tests.sandbox.pages.html import Page
from tests.sandboxes import running

QUEUE = "00G000000000001EAA"
NEW = {
    "objects": {
        "Garden_Form__c": {
            "fields": {"Author__c": [], "Wish__c": [], "Stage__c": ["New"], "Closed__c": [False]},
            "long": ["Wish__c"],
        }
    },
    "requests": {
        "object": "Garden_Form__c",
        "asks": ["CreatedDate", "Author__c", "Wish__c", "OwnerId", "Not_There__c"],
        "adds": {"Stage__c": "New", "Closed__c": False, "IsDeleted": False, "Not_There__c": "x"},
    },
}


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sandbox for a workflow about an object that somebody has added to the org."""
    folder = project(tmp_path_factory.mktemp("garden"), NEW)
    with running(state=None, leads=None, deployed=folder) as url:
        yield url


def fields_of(page: Page) -> list[str]:
    asked = [given for tag, given in page.elements if tag in ("input", "textarea")]
    return [str(given["name"]) for given in asked if given["name"] != "back"]


def held(url: str, entity: str) -> list[dict[str, Any]]:
    state = requests.get(f"{url}/sandbox/state", timeout=10).json()
    records: list[dict[str, Any]] = state["salesforce"][entity]
    return records


def test_a_lead_is_asked_for(url: str) -> None:
    """Where nobody says otherwise, with samples to start from."""
    page = see(url, "/")
    started = see(url, "/?like=A+demo,+please")

    names = ["FirstName", "LastName", "Company", "Title", "Email", "Phone", "Description"]
    assert names == fields_of(page)
    assert "A demo, please" in page.told("samples")
    assert "Holm Elevators" in [given.get("value") for _, given in started.elements]
    assert "38 technicians" in started.told("Description")


def test_what_is_missing_is_said_at_its_field(url: str) -> None:
    """What was typed is still there."""
    page = press(url, "/", "U0MAYA00002", FirstName="Ada", Company="Alpha")

    assert 422 == page.status
    assert "LastName" in page.told("LastName-wrong")
    assert "Ada" in [given.get("value") for _, given in page.elements]


def test_a_workflow_s_own_object_is_asked_for(garden: str) -> None:
    """What a visitor can type in, the long texts last; no sample fits."""
    page = see(garden, "/")

    assert ["Author__c", "Wish__c"] == fields_of(page)
    assert "Author Wish" in page.text
    assert "Start from" not in page.text


def test_it_comes_in_as_one(garden: str) -> None:
    """Nobody's yet, with what makes it new; the CRM has a page for it, on which it is text."""
    wish = "A bench <b>please</b>"
    sent = press(garden, "/", "U0MAYA00002", Author__c="Olga Weiss", Wish__c=wish, Stage__c="Done")
    (made,) = held(garden, "Garden_Form__c")
    path = f"/crm/Garden_Form__c/{made['Id']}"
    page, listed = see(garden, path), see(garden, "/crm")
    found = see(garden, f"/{made['Id']}")

    assert (200, "Olga Weiss") == (sent.status, sent.told("yours").partition(" yours")[0])
    assert path in sent.links
    assert ("Olga Weiss", wish, "New", QUEUE) == tuple(
        made[name] for name in ("Author__c", "Wish__c", "Stage__c", "OwnerId")
    )
    assert wish in page.text
    assert "Garden Forms" in listed.text
    assert [made["Id"]] == listed.records("Garden_Form__c")
    assert found.text == page.text
