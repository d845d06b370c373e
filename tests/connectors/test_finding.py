"""Records that somebody looks for: by words of their headline as they are, or by id."""

from pathlib import Path

import pytest

from tests.connectors.conftest import ROOT, LogIn
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.connectors.salesforce.finding import records_like
from triage_agent.operating_model.loading import FILE, load
from triage_agent.operating_model.schema import Page

FORK = ROOT / "tests" / "forks" / "support_cases" / FILE


def add(salesforce: SalesforceClient, **fields: str) -> str:
    """The id of a new record."""
    answer = salesforce.write("POST", "sobjects/Lead", {"LastName": "Okafor", **fields})
    return str(answer["id"])


def test_words_mean_themselves(salesforce: SalesforceClient, page: Page) -> None:
    """Neither quotes nor the signs of a pattern mean more than they are."""
    name = '50%_O\'Hara\\ "Ltd"'
    wanted = add(salesforce, Company=name)
    add(salesforce, Company="50x1O'Hara")

    for words in (name, "50%_o'hara", "%_", "'Hara\\", '"ltd"'):
        (found,) = records_like(salesforce, page, words)
        assert (wanted, {"Company": name, "LastName": "Okafor"}) == (found.id, found.fields)


@pytest.mark.parametrize("long", [True, False])
def test_an_id_is_looked_for_as_one(salesforce: SalesforceClient, page: Page, long: bool) -> None:  # noqa: FBT001 - a case
    """Of 15 or 18 characters; the record that has it is found whatever it is called."""
    wanted = add(salesforce, Company="Northwind")
    found = records_like(salesforce, page, wanted if long else wanted[:15])

    assert [wanted] == [record.id for record in found]


def test_any_page_says_how_its_records_are_found(
    fresh_url: str, log_in: LogIn, calls: CallLog
) -> None:
    """A fork's records are found by their own headline."""
    fork = load(Path(FORK).read_text(encoding="utf-8")).page
    client = log_in(fresh_url)
    client.write("POST", "sobjects/Case", {"Subject": "The pump drips"})
    (found,) = records_like(client, fork, "pump")

    assert "The pump drips" == found.fields["Subject"]
    assert calls.drain()


def test_without_a_headline_only_an_id_finds(salesforce: SalesforceClient, page: Page) -> None:
    """Where the page names no record by anything, words find none."""
    wanted = add(salesforce, Company="Northwind")
    reads = {**page.reads, "Lead": page.item_read.model_copy(update={"headline": []})}
    nameless = page.model_copy(update={"reads": reads})

    assert [] == records_like(salesforce, nameless, "Northwind")
    assert [wanted] == [record.id for record in records_like(salesforce, nameless, wanted)]
