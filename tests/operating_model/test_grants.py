"""What the page grants: all that its reads and actions need of each object, and nothing else."""

from pathlib import Path

import pytest

from triage_agent.operating_model.grants import channels, grants, tracked
from triage_agent.operating_model.loading import FILE, load
from triage_agent.operating_model.schema import Page

ROOT = Path(__file__).parents[2]
FORK = ROOT / "tests" / "forks" / "support_cases"


@pytest.fixture(scope="module")
def page() -> Page:
    return load((ROOT / FILE).read_text(encoding="utf-8")).page


def test_every_object_of_the_page_is_granted_once(page: Page) -> None:
    """What is only read can be neither created nor edited; what is written can be just that."""
    may = {name: (one.create, one.edit) for name, one in grants(page).items()}

    assert {"Contact", "Account", "Opportunity", "User"} == {
        name for name, rights in may.items() if rights == (False, False)
    }
    assert ((False, True), (True, False)) == (may["Lead"], may["Task"])


def test_an_action_that_asks_is_granted(page: Page) -> None:
    """What waits for somebody's word is written by the same credentials afterwards."""
    assert ["Working - Contacted", "Closed - Not Converted"] == grants(page)["Lead"].sets["Status"]


def test_what_undoes_a_record_is_granted(page: Page) -> None:
    """The value that a record gets when it is undone is among those that it may be given."""
    assert {"Not Started", "Deferred"} == {*grants(page)["Task"].sets["Status"]}


def test_what_records_are_found_by_is_seen(page: Page) -> None:
    """The fields of conditions and of matches are seen, also where no `fields` lists them."""
    seen = grants(page)

    assert {"Status", "IsConverted"} <= set(seen["Lead"].sees)
    assert {"Website", "WhoId", "Triage_Key__c"} <= {*seen["Account"].sees, *seen["Task"].sees}
    assert all("Id" not in one.sees for one in seen.values())


def test_a_match_sees_the_field_of_the_item_that_it_goes_by(page: Page) -> None:
    """`{WhatId: Id}` needs no field of the item, `{Email: Email}` needs one."""
    read = page.item_read.model_copy(update={"fields": ["Company"]})
    fewer = page.model_copy(update={"reads": {**page.reads, "Lead": read}})

    assert {"Email", "OwnerId"} <= set(grants(fewer)["Lead"].sees)


def test_keys_are_named(page: Page) -> None:
    """The field that carries the item's key is known as one."""
    assert ["Triage_Key__c"] == grants(page)["Task"].keys


def test_channels_are_those_where_anything_is_said(page: Page) -> None:
    """Teams that get hand-overs and whoever is told of a pause; a fork's as its page says."""
    fork = load((FORK / FILE).read_text(encoding="utf-8")).page

    assert {"sales_development", "owner", "deputy"} == channels(page).keys()
    told = {"support": "C0SUPPORT01", "owner": "U0INES00009", "deputy": "U0NORA00007"}
    assert told == channels(fork)


def test_what_shows_outcomes_is_seen(page: Page) -> None:
    """The fields that show what people did are seen, wherever else they stand or not."""
    granted = grants(page)

    assert {"IsConverted", "Status", "Triage_Category__c"} <= {*granted["Lead"].sees}
    assert {"IsClosed", "OwnerId", "WhoId"} <= {*granted["Task"].sees}


def test_what_people_sent_is_seen(page: Page) -> None:
    """The field in which that stands is seen, also where nothing else needs it."""
    contacted = page.outcomes.seen_as["contacted"].model_copy(update={"said_in": "Body__c"})
    seen_as = {**page.outcomes.seen_as, "contacted": contacted}
    outcomes = page.outcomes.model_copy(update={"seen_as": seen_as})
    task = grants(page.model_copy(update={"outcomes": outcomes}))["Task"]

    assert "Body__c" in task.sees
    assert "Body__c" not in task.sets


def test_history_is_kept_of_what_outcomes_are_told_from(page: Page) -> None:
    """The item's fields whose changes count, and no others."""
    fork = load((FORK / FILE).read_text(encoding="utf-8")).page

    assert ["Status", "Triage_Category__c", "OwnerId"] == tracked(page)
    assert ["OwnerId", "Status", "Triage_Category__c"] == tracked(fork)
