"""The records of an object, newest first, searched and by pages of fifty."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from typing import Any

from triage_agent.sandbox.pages.crm import fields, trail
from triage_agent.sandbox.pages.crm.fields import Value
from triage_agent.sandbox.pages.crm.mentions import Finder
from triage_agent.sandbox.pages.crm.remembered import Remembered
from triage_agent.sandbox.pages.crm.trail import Change
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.schema import Entity
from triage_agent.sandbox.salesforce.values import timestamp
from triage_agent.sandbox.store import Record

SIZE = 50
_LATELY = timedelta(minutes=10)
_SNIPPET = 300
_NOT_TEXT = frozenset({"id", "reference", "boolean", "date", "datetime"})
_UNHEARD = re.compile("[\u00ad\u0300-\u036f\u200b-\u200f\u2060\ufeff]+")

_TEXTS = Remembered[str]()
"""All texts of each record, folded."""
_COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Lead": {"Status": ("Status",), "Owner": ("OwnerId",), "Received": ("CreatedDate",)},
    "Case": {"Status": ("Status",), "Owner": ("OwnerId",), "Received": ("CreatedDate",)},
    "Task": {
        "About": ("WhoId", "WhatId"),
        "Status": ("Status",),
        "Owner": ("OwnerId",),
        "Due": ("ActivityDate",),
    },
    "Account": {
        "Type": ("Type",),
        "Website": ("Website",),
        "Industry": ("Industry",),
        "Owner": ("OwnerId",),
    },
    "Contact": {"E-mail": ("Email",), "Account": ("AccountId",), "Owner": ("OwnerId",)},
    "Opportunity": {
        "Stage": ("StageName",),
        "Amount": ("Amount",),
        "Closes": ("CloseDate",),
        "Account": ("AccountId",),
        "Owner": ("OwnerId",),
    },
    "Known_Issue__c": {"Product": ("Product__c",), "Status": ("Status__c",)},
}
_ADDED = {"Owner": ("OwnerId",), "Received": ("CreatedDate",)}
"""Of an object that somebody has added."""


@dataclass(frozen=True)
class Standing:
    """What the agent made of an item so far: a word, and how it looks."""

    category: str | None
    confidence: float | None
    word: str
    look: str


@dataclass(frozen=True)
class Row:
    """`lately`: changed in the last minutes; `standing`: of what the agent works on."""

    id: str
    title: str
    subtitle: str
    words: str
    standing: Standing | None
    is_made_by_agent: bool
    cells: Mapping[str, Value | None]
    change: Change | None
    lately: bool


@dataclass(frozen=True)
class Listing:
    """A page of records. `is_of_items`: the agent is at work on them."""

    rows: list[Row]
    columns: list[str]
    is_of_items: bool
    total: int
    page: int = 1
    pages: int = 1

    @property
    def first(self) -> int:
        return (self.page - 1) * SIZE + 1

    @property
    def last(self) -> int:
        return min(self.page * SIZE, self.total)


def live(org: Org, name: str) -> list[Record]:
    return [record for record in org.store.records(name) if not record["IsDeleted"]]


def listing(org: Org, entity: Entity, find: Finder, query: str, page: int) -> Listing:
    """A page of what a search finds; the last one, where there are not so many."""
    found = _found(org, entity, query)
    newest = sorted(found, key=lambda record: record["CreatedDate"])[::-1]
    pages = max(1, ceil(len(found) / SIZE))
    page = min(max(page, 1), pages)
    shown = newest[(page - 1) * SIZE : page * SIZE]
    return replace(few(org, entity, shown, find), total=len(found), page=page, pages=pages)


def few(org: Org, entity: Entity, records: list[Record], find: Finder) -> Listing:
    """Some records as a list of their own."""
    return Listing(
        rows=_rows(org, entity, records, find),
        columns=list(_COLUMNS.get(entity.name, _ADDED)),
        is_of_items=fields.is_item(entity),
        total=len(records),
    )


def _rows(org: Org, entity: Entity, records: list[Record], find: Finder) -> list[Row]:
    recent = timestamp(datetime.now(UTC) - _LATELY)
    is_item = fields.is_item(entity)
    tasks = tasked(org) if is_item else frozenset()
    told = find([record["Id"] for record in records]) if is_item else {}
    columns = _COLUMNS.get(entity.name, _ADDED).items()

    def row(record: Record) -> Row:
        identifier = record["Id"]
        stands = standing(record, has_task=identifier in tasks, is_told=identifier in told)
        return Row(
            id=identifier,
            title=fields.title(entity, record),
            subtitle=fields.subtitle(entity, record),
            words=fields.texts(entity, record)[:_SNIPPET] if is_item else "",
            standing=stands if is_item else None,
            is_made_by_agent=trail.is_made_by_agent(org, entity, record),
            cells={title: _first(org, entity, record, names) for title, names in columns},
            change=trail.last_change(org, record),
            lately=record["LastModifiedDate"] >= recent,
        )

    return [row(record) for record in records]


def tasked(org: Org) -> frozenset[str]:
    """The ids of the records that the agent has made a task about."""
    entity = org.objects["Task"]
    made = (task for task in live(org, "Task") if trail.is_made_by_agent(org, entity, task))
    return frozenset(task.get("WhoId") or task.get("WhatId") or "" for task in made)


def standing(record: Record, *, has_task: bool, is_told: bool) -> Standing:
    category = record.get("Triage_Category__c")
    if has_task:
        word, look = "task made", "good"
    elif is_told:
        word, look = "stopped", "stop"
    else:
        word, look = ("no task", "plain") if category else ("new", "plain")
    return Standing(category, record.get("Triage_Confidence__c"), word, look)


def folded(text: str) -> str:
    """For comparing: without case, accents and what can't be seen."""
    text = text.casefold()
    if text.isascii():
        return text
    return _UNHEARD.sub("", unicodedata.normalize("NFKD", text))


def _found(org: Org, entity: Entity, query: str) -> list[Record]:
    """Those in whose texts every word of the query is."""
    records, words = live(org, entity.name), folded(query).split()
    if not words:
        return records
    names = [name for name, field in entity.fields.items() if field.type not in _NOT_TEXT]
    texts = (
        _TEXTS.of(org.store, record["Id"], record, partial(_text, record, names))
        for record in records
    )
    return [
        record
        for record, text in zip(records, texts, strict=True)
        if all(word in text for word in words)
    ]


def _text(record: Mapping[str, Any], names: list[str]) -> str:
    texts = (record.get(name) for name in names)
    return folded("\n".join(text for text in texts if isinstance(text, str)))


def _first(org: Org, entity: Entity, record: Record, names: tuple[str, ...]) -> Value | None:
    return next((shown for _, shown in fields.values(org, entity, record, names)), None)
