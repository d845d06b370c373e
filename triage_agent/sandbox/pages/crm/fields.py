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
"""The objects that Salesforce or the bundled company brings, and the fields that name a record."""

_AGENTS = "Triage_"
"""How the fields begin that the agent fills in."""

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
_MOST_TITLES = 2


@dataclass(frozen=True)
class Value:
    """`to`: the page of the record that it names; `moment`: it is one, in Salesforce's words."""

    text: str
    to: str | None = None
    moment: str | None = None


def plural(name: str) -> str:
    return _PLURALS.get(name, f"{name.removesuffix('__c').replace('_', ' ')}s")


def singular(name: str) -> str:
    return name.removesuffix("__c").replace("_", " ").lower()


def label(field: Field) -> str:
    return _LABELS.get(field.name, field.label.removesuffix(" ID"))


def paged(org: Org) -> tuple[str, ...]:
    """The objects that have pages, in their order: first those that somebody has added."""
    return (*filter(is_added, org.objects), *(name for name in TITLES if name in org.objects))


def is_added(name: str) -> bool:
    """Whether nothing is known here of what its fields mean."""
    return name.endswith("__c") and name not in TITLES


def own(entity: Entity) -> tuple[str, ...]:
    """The fields that say what a record is about, where somebody has added its object."""
    custom = (name for name in entity.fields if name.endswith("__c"))
    return tuple(name for name in custom if not name.startswith(_AGENTS))


def texts(entity: Entity, record: Record) -> str:
    """What was written at length in a record, but for what the agent wrote."""
    names = [name for name, field in entity.fields.items() if field.is_long]
    found = (record.get(name) for name in names if not name.startswith(_AGENTS))
    return "\n\n".join(str(text) for text in found if text)


def title(entity: Entity, record: Record) -> str:
    """What a record is called: the first of its titles that it has."""
    titles = _titles(entity, record)
    return titles[0] if titles else str(record["Id"])


def subtitle(entity: Entity, record: Record) -> str:
    return " · ".join(_titles(entity, record)[1:])


def _titles(entity: Entity, record: Record) -> list[str]:
    if is_added(entity.name):
        names = tuple(name for name in own(entity) if entity.fields[name].type == "string")
    else:
        names = TITLES.get(entity.name, ("Name",))
    return [str(record[name]) for name in names if record.get(name)][:_MOST_TITLES]


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


def link(entity: Entity, record: Record) -> Value:
    """What leads to a record's page, by its title."""
    text = title(entity, record)
    short = text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"
    return Value(short, f"/crm/{entity.name}/{record['Id']}")


def _named(org: Org, field: Field, identifier: str) -> Value:
    found = org.store.any_record(identifier, field.refers_to)
    if found is None:
        return Value(identifier)
    name, record = found
    entity = org.objects[name]
    return link(entity, record) if name in paged(org) else Value(title(entity, record))
