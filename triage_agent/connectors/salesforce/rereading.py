"""Looks again, just before a write, whether a record is still the one that was judged.

The values tell, not the time of the last change: that moves with every sync, and with our own tag.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simple_salesforce.format import format_soql

from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.decision.item import Record, shown_fields
from triage_agent.operating_model.schema import Page, UpdateAction

_IDS = 400  # in one query: well below the longest address


def overtaken(
    client: SalesforceClient,
    page: Page,
    records: Sequence[Record],
    *,
    merges: bool,
) -> dict[str, str]:
    """What has happened to records since they were read, by id; nothing of those that stand.

    `merges`: whether the object says into which record another was merged.
    """
    now = {row["Id"]: row for row in _rows(client, page, records, merges=merges)}
    found = ((record.id, _change(page, record, now.get(record.id))) for record in records)
    return {identifier: change for identifier, change in found if change}


def _rows(
    client: SalesforceClient,
    page: Page,
    records: Sequence[Record],
    *,
    merges: bool,
) -> Iterator[dict[str, Any]]:
    system = ["Id", "IsDeleted", *(["MasterRecordId"] if merges else [])]
    columns = dict.fromkeys([*system, *_conditions(page), *page.item_read.shown_to_model])
    for start in range(0, len(records), _IDS):
        ids = [record.id for record in records[start : start + _IDS]]
        soql = format_soql(
            f"SELECT {', '.join(columns)} FROM {page.workflow.item.object} WHERE Id IN {{}}",
            ids,
        )
        yield from client.query(soql, with_deleted=True)


def _conditions(page: Page) -> dict[str, object]:
    """What makes a record new, as far as the agent doesn't change it itself."""
    own = {
        name
        for rule in page.may.values()
        if isinstance(rule, UpdateAction) and rule.update == page.workflow.item.object
        for name in rule.set
    }
    new_when = page.workflow.item.new_when
    return {name: value for name, value in new_when.items() if name not in own}


def _change(page: Page, record: Record, now: Mapping[str, Any] | None) -> str | None:
    """In words without any value: a value may be a person's."""
    if now is None:
        return "is gone"
    if now["IsDeleted"]:
        into = now.get("MasterRecordId")
        return f"was merged into {into}" if into else "was deleted"
    taken = [name for name, value in _conditions(page).items() if now[name] != value]
    if taken:
        return f"is no longer new: {', '.join(taken)} changed"
    shown = shown_fields(record, page)
    changed = [name for name, value in shown.items() if now[name] != value]
    return f"has another {', '.join(changed)}" if changed else None
