"""Finds the records that somebody means: by the words of their headline, or by their id."""

import re

from simple_salesforce.format import format_soql

from triage_agent.authority import soql
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.decision.item import Record
from triage_agent.operating_model.schema import Page

_ID = re.compile("(?:0[0-9A-Za-z]|a[0-9])[0-9A-Za-z]{13}(?:[0-5A-Z]{3})?")
"""How ids are formed; an org refuses to compare one with anything else."""


def records_like(client: SalesforceClient, page: Page, words: str) -> list[Record]:
    """Those with that id, else the newest few whose headline has these words in it."""
    if _ID.fullmatch(words):
        asked = format_soql(soql.with_id(page), words)
    elif template := soql.named_like(page):
        fields = page.item_read.headline
        asked = format_soql(template.replace("{}", "'%{:like}%'"), *[words] * len(fields))
    else:
        return []
    name = page.workflow.item.object
    headline = page.item_read.headline
    return [
        Record(object=name, id=row["Id"], fields={field: row[field] for field in headline})
        for row in client.query(asked)
    ]
