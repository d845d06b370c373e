"""What an org remembers of its records: a row of the history object for each thing that happened.

Only objects with tracked fields have a history, and only changes of tracked fields are in it.
Callers are within `store.changing()`, and have put the record with its new stamps.
"""

from typing import Any

from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.schema import Entity, Field
from triage_agent.sandbox.store import Record

CREATED = "created"
LEAD_CONVERTED = "leadConverted"
LEAD_MERGED = "leadMerged"


def tell(org: Org, entity: Entity, record: Record, event: str) -> None:
    """Something happened to the record as a whole."""
    if entity.history and entity.tracked:
        _add(org, entity.history, record, {"Field": event})


def tell_changes(org: Org, entity: Entity, before: Record, after: Record) -> None:
    """Each tracked field that has another value now."""
    if not entity.history:
        return
    for field in entity.tracked:
        old, new = before.get(field.name), after.get(field.name)
        if old != new:
            _tell_change(org, entity.history, after, field, old, new)


def discard(org: Org, entity: Entity, record: Record) -> None:
    """A record's history goes into the recycle bin with it."""
    if not entity.history:
        return
    about = org.objects[entity.history].about
    for row in org.store.holding(entity.history, about, record["Id"]):
        org.store.put(entity.history, {**row, "IsDeleted": True})


def _tell_change(org: Org, history: str, record: Record, field: Field, old: Any, new: Any) -> None:  # noqa: ANN401 - values of any type
    change = {"Field": field.in_history}
    if field.is_long:
        _add(org, history, record, change)
    elif field.type == "reference":
        # Two rows, as documented: the names that people read, and the ids behind them.
        names = {"OldValue": _name(org, field, old), "NewValue": _name(org, field, new)}
        _add(org, history, record, {**change, "DataType": "Text", **names})
        ids = {"OldValue": old, "NewValue": new}
        _add(org, history, record, {**change, "DataType": "EntityId", **ids})
    else:
        _add(org, history, record, {**change, "OldValue": old, "NewValue": new})


def _name(org: Org, field: Field, identifier: str | None) -> str | None:
    found = org.store.any_record(identifier or "", field.refers_to)
    return found[1].get("Name") if found else None


def _add(org: Org, history: str, record: Record, what: Record) -> None:
    row = {
        "Id": org.next_id(history),
        "IsDeleted": False,
        "CreatedById": record["LastModifiedById"],
        "CreatedDate": record["LastModifiedDate"],
        org.objects[history].about: record["Id"],
        **what,
    }
    org.store.put(history, row)
