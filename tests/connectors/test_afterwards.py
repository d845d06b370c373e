"""What people made of records, read from the sandbox through every page of the answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from triage_agent.connectors.salesforce.afterwards import created_between, rows_about, rows_since

if TYPE_CHECKING:
    from triage_agent.connectors.salesforce.client import SalesforceClient
    from triage_agent.operating_model.schema import Page

MANY = 600
"""More than a page of an answer holds."""


@pytest.fixture
def leads(salesforce: SalesforceClient) -> list[str]:
    """The ids of many leads, of which each was changed once."""
    made: list[str] = []
    for start in range(0, MANY, 200):
        rows = [
            {"attributes": {"type": "Lead"}, "LastName": f"L{number}", "Company": "Acme"}
            for number in range(start, start + 200)
        ]
        answer = salesforce.write("POST", "composite/sobjects", {"records": rows})
        made += [row["id"] for row in answer]
    for start in range(0, MANY, 200):
        rows = [
            {"attributes": {"type": "Lead"}, "id": one, "Status": "Working - Contacted"}
            for one in made[start : start + 200]
        ]
        salesforce.write("PATCH", "composite/sobjects", {"records": rows})
    return made


def test_every_page_of_every_answer_is_read(
    salesforce: SalesforceClient, page: Page, leads: list[str]
) -> None:
    """More changes and records than an answer's page holds all come, with deleted ones."""
    since = datetime.now(UTC) - timedelta(minutes=5)
    salesforce._api.restful(f"sobjects/Lead/{leads[0]}", method="DELETE")  # noqa: SLF001 - nothing of ours deletes
    rows = rows_since(salesforce, page, since)
    changes = [row for row in rows.changes if row.field == "Status" and row.record_id in leads]
    gone = [row.id for row in rows.records if row.deleted]

    assert MANY == len(changes)
    assert {*leads} <= {row.id for row in rows.records}
    assert leads[0] in gone


def test_what_happened_to_some_records(
    salesforce: SalesforceClient, page: Page, leads: list[str]
) -> None:
    """By their ids, in as many queries as they need: their changes, and what names them."""
    task = salesforce.write("POST", "sobjects/Task", {"Subject": "Called", "WhoId": leads[-1]})
    rows = rows_about(salesforce, page, leads)

    assert {*leads} == {row.record_id for row in rows.changes}
    assert [(task["id"], leads[-1])] == [(row.id, row.fields["WhoId"]) for row in rows.records]


def test_the_records_of_a_span_are_dated(
    salesforce: SalesforceClient, page: Page, leads: list[str]
) -> None:
    """Those created in it, each with its moment; none from its end on."""
    now = datetime.now(UTC).replace(microsecond=0)
    found = created_between(
        salesforce, page, now - timedelta(minutes=5), now + timedelta(seconds=9)
    )

    assert {*leads} <= {*found}
    assert all(now - timedelta(minutes=5) <= moment <= now for moment in found.values())
    assert {} == created_between(
        salesforce, page, now + timedelta(hours=1), now + timedelta(days=1)
    )
