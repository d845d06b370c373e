"""What a field's value looks like on a page: text, a moment, or a record that it leads to."""

from dataclasses import dataclass
from typing import Any

from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.schema import Entity, Field
from triage_agent.sandbox.store import Record

TITLES = {
    "Lead": ("Company", "Name"),
    "Case": ("Subject", "CaseNumber"),
    "Task": ("Subject",),
    "Account": ("Name",),
    "Contact": ("Name", "Title"),
    "Opportunity": ("Name",),
    "Known_Issue__c": ("Name",),
}
"""The objects that have pages, in their order, and the fields that name a record."""

_LABELS = {
    "WhoId": "About",
    "WhatId": "Related to",
    "ActivityDate": "Due",
    "CreatedDate": "Created",
    "CompletedDateTime": "Completed",
}
"""Salesforce's own words for these say less."""

_PLURALS = {"Opportunity": "Opportunities", "Known_Issue__c": "Known issues"}


_LONGEST_NAME = 100


@dataclass(frozen=True)
class Value:
    """`to`: the page of the record that it names; `moment`: it is one, in Salesforce's words."""

    text: str
    to: str | None = None
    moment: str | None = None


def plural(name: str) -> str:
    return _PLURALS.get(name, f"{name}s")


def singular(name: str) -> str:
    return name.removesuffix("__c").replace("_", " ").lower()


def label(field: Field) -> str:
    return _LABELS.get(field.name, field.label.removesuffix(" ID"))


def title(name: str, record: Record) -> str:
    """What a record is called: the first of its titles that it has."""
    titles = [record[field] for field in TITLES.get(name, ("Name",)) if record.get(field)]
    return str(titles[0]) if titles else str(record["Id"])


def subtitle(name: str, record: Record) -> str:
    titles = [record[field] for field in TITLES.get(name, ()) if record.get(field)]
    return " · ".join(map(str, titles[1:]))


def is_item(entity: Entity) -> bool:
    """Whether the agent is at work on such records: they have a place for what it finds."""
    return "Triage_Category__c" in entity.fields


def value(org: Org, field: Field, raw: Any) -> Value | None:  # noqa: ANN401 - values of any type
    if raw is None or raw == "":
        return None
    if field.type in ("reference", "id"):
        return _named(org, field, str(raw))
    if field.type == "datetime":
        return Value(str(raw), moment=str(raw))
    if isinstance(raw, bool):
        return Value("yes" if raw else "no")
    return Value(f"{raw:,}" if isinstance(raw, int | float) else str(raw))


def values(
    org: Org, entity: Entity, record: Record, names: tuple[str, ...]
) -> list[tuple[Field, Value]]:
    """Those of these fields that the object has, and that are filled."""
    known = [entity.fields[name] for name in names if name in entity.fields]
    shown = ((field, value(org, field, record.get(field.name))) for field in known)
    return [(field, one) for field, one in shown if one]


def link(name: str, record: Record) -> Value:
    """What leads to a record's page, by its title."""
    text = title(name, record)
    short = text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
    return Value(short, f"/crm/{name}/{record['Id']}")


def _named(org: Org, field: Field, identifier: str) -> Value:
    found = org.store.any_record(identifier, field.refers_to)
    if found is None:
        return Value(identifier)
    return link(*found) if found[0] in TITLES else Value(title(*found))
