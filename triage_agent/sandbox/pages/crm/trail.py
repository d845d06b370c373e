"""What happened to a record, and by whom: from its history, and from its own stamps.

Of a task Salesforce keeps no history; all that can be told is who made it, and who changed it last.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from triage_agent.sandbox.pages.crm.fields import Value, label, link, value
from triage_agent.sandbox.salesforce import history
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.schema import Entity
from triage_agent.sandbox.store import Record

_EVENTS = {
    history.CREATED: "Created",
    history.LEAD_CONVERTED: "Converted",
    history.LEAD_MERGED: "Merged with another lead",
}


@dataclass(frozen=True)
class Who:
    name: str
    is_agent: bool

    @property
    def words(self) -> str:
        return "by the agent" if self.is_agent else f"by {self.name}"


@dataclass(frozen=True)
class Change:
    """`field`: its name, where one was changed; `about`: the other record that was."""

    at: str
    by: Who | None
    what: str
    field: str | None = None
    before: Value | None = None
    after: Value | None = None
    about: Value | None = None


def changes(org: Org, entity: Entity, record: Record) -> list[Change]:
    """All that is known, the newest first; of the tasks about it, too."""
    told = [*_told(org, entity, record), *_stamped(org, entity, record)]
    tasks = org.store.records("Task")
    about = [task for task in tasks if record["Id"] in (task.get("WhoId"), task.get("WhatId"))]
    told += [change for task in about for change in _of_task(org, task)]
    return sorted(told, key=lambda change: change.at)[::-1]


def last_by_field(told: list[Change]) -> dict[str, Change]:
    """Who gave each field the value that it has; only what the history tells of."""
    return {change.field: change for change in reversed(told) if change.field}


def last_change(org: Org, record: Record) -> Change | None:
    """The last save after the first one."""
    stamps = (record["LastModifiedDate"], record["LastModifiedById"])
    if stamps == (record["CreatedDate"], record["CreatedById"]):
        return None
    return Change(stamps[0], who(org, stamps[1]), "Changed")


def maker(org: Org, entity: Entity, record: Record) -> Who | None:
    """Who made it; None for what was there when the org began, which nobody in it made."""
    by = record["CreatedById"]
    is_keyed = any(record.get(key) for key in entity.keys)
    if by == org.running_user and not is_keyed and not _tells(org, entity, record):
        return None
    return who(org, by)


def is_made_by_agent(org: Org, entity: Entity, record: Record) -> bool:
    by = maker(org, entity, record)
    return by is not None and by.is_agent


def who(org: Org, user: str) -> Who:
    found = org.store.record("User", user)
    return Who(found["Name"] if found else user, user == org.running_user)


def _rows(org: Org, entity: Entity, record: Record) -> list[Record]:
    if not entity.history:
        return []
    about = org.objects[entity.history].about
    return org.store.holding(entity.history, about, record["Id"])


def _tells(org: Org, entity: Entity, record: Record) -> bool:
    return any(row["Field"] == history.CREATED for row in _rows(org, entity, record))


def _told(org: Org, entity: Entity, record: Record) -> Iterator[Change]:
    fields = {field.in_history: field for field in entity.fields.values()}
    for row in _rows(org, entity, record):
        by, at = who(org, row["CreatedById"]), row["CreatedDate"]
        field = fields.get(row["Field"])
        if row["Field"] == history.CREATED and record.get("LeadSource") == "Web":
            yield Change(at, None, "Came in from the web site")
        elif field is None:
            yield Change(at, by, _EVENTS.get(row["Field"], str(row["Field"])))
        elif row.get("DataType") != "EntityId":  # the same change, told by ids instead of names
            old, new = row.get("OldValue"), row.get("NewValue")
            if field.type == "reference":
                before, after = old and Value(str(old)), new and Value(str(new))
            else:
                before, after = value(org, field, old), value(org, field, new)
            yield Change(at, by, label(field), field.name, before or None, after or None)


def _stamped(org: Org, entity: Entity, record: Record) -> Iterator[Change]:
    """What no history tells of."""
    if not _tells(org, entity, record):
        by = maker(org, entity, record)
        yield Change(record["CreatedDate"], by, "Created" if by else "Added to the CRM")
    last = last_change(org, record)
    if last and not entity.tracked:
        yield last


def _of_task(org: Org, task: Record) -> Iterator[Change]:
    entity = org.objects["Task"]
    by, last = maker(org, entity, task), last_change(org, task)
    about = link(entity, task)
    yield Change(task["CreatedDate"], by, "Task made" if by else "Task added", about=about)
    if last:
        what = "Task deleted" if task["IsDeleted"] else f"Task changed, now {task['Status']}"
        yield Change(last.at, last.by, what, about=about)
