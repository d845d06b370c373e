"""Looks again, just before a write, whether a record is still the one that was judged.

The values tell, not the time of the last change: that moves with every sync, and with our own tag.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simple_salesforce.format import format_soql

from triage_agent.authority import soql
from triage_agent.chunks import chunks
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.decision.item import Record, shown_fields
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

_IDS = 400  # in one query: well below the longest address


@dataclass(frozen=True)
class Standing:
    """A record as it is. `change`: how it isn't what was judged any more, if that is so.

    `fields`: also those that actions change.
    """

    change: str | None
    fields: Mapping[str, Scalar]


def standing(
    client: SalesforceClient,
    page: Page,
    records: Sequence[Record],
    *,
    merges: bool,
) -> dict[str, Standing]:
    """How records stand, by id.

    `merges`: whether the object says into which record another was merged.
    """
    now = {row["Id"]: row for row in _rows(client, page, records, merges=merges)}
    return {
        record.id: Standing(_change(page, record, now.get(record.id)), now.get(record.id, {}))
        for record in records
    }


def values(
    client: SalesforceClient, page: Page, name: str, ids: Sequence[str]
) -> dict[str, Mapping[str, Scalar]]:
    """What records of an object hold of what the page's actions set, by id."""
    template = soql.values(page, name)
    return {
        row["Id"]: row
        for some in chunks(ids, _IDS)
        for row in client.query(format_soql(template, list(some)), with_deleted=True)
    }


def _rows(
    client: SalesforceClient,
    page: Page,
    records: Sequence[Record],
    *,
    merges: bool,
) -> Iterator[dict[str, Any]]:
    template = soql.standing(page, merges=merges)
    for start in range(0, len(records), _IDS):
        ids = [record.id for record in records[start : start + _IDS]]
        yield from client.query(format_soql(template, ids), with_deleted=True)


def _change(page: Page, record: Record, now: Mapping[str, Any] | None) -> str | None:
    """In words without any value: a value may be a person's."""
    if now is None:
        return "is gone"
    if now["IsDeleted"]:
        into = now.get("MasterRecordId")
        return f"was merged into {into}" if into else "was deleted"
    taken = [name for name, value in soql.conditions(page).items() if now[name] != value]
    if taken:
        return f"is no longer new: {', '.join(taken)} changed"
    shown = shown_fields(record, page)
    changed = [name for name, value in shown.items() if now[name] != value]
    return f"has another {', '.join(changed)}" if changed else None
