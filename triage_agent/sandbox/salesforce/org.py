"""The org itself: who is in it, what it does unasked, and the moment it lives in."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.salesforce import ids
from triage_agent.sandbox.salesforce.permissions import (
    Permissions,
    PermissionSet,
    administrator,
    together,
)
from triage_agent.sandbox.salesforce.schema import Entity, Objects, Rule
from triage_agent.sandbox.salesforce.values import timestamp
from triage_agent.sandbox.store import Record, Store

SYSTEM_DATES = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_POD = slice(3, 6)


@dataclass(frozen=True)
class Org:
    """A store with the rules of this org: the running user, the queue, the assignment rule.

    `objects`: all that there is, whoever looks; `granted`: what the running user has.
    """

    store: Store
    objects: Objects
    granted: tuple[PermissionSet, ...]
    rules: tuple[Rule, ...]
    running_user: str
    web_leads_queue: str
    assignees: tuple[str, ...]

    @property
    def id(self) -> str:
        """The Organization record's id, drawn once for a state."""
        (organization,) = self.store.records("Organization")
        identifier: str = organization["Id"]
        return identifier

    @cached_property
    def permissions(self) -> Permissions:
        return together(self.granted)

    @cached_property
    def visible(self) -> Objects:
        """The objects that the running user may read, as they see them.

        Who may read an object may read its history.
        """
        views = {name: self.permissions.view(entity) for name, entity in self.objects.items()}
        readable = {name: view for name, view in views.items() if "read" in view.actions}
        return {n: view for n, view in readable.items() if view.history_of in (None, *readable)}

    def entity(self, name: str) -> Entity | None:
        """The object of that name, in any case, as the running user sees it."""
        folded = name.lower()
        return next((e for known, e in self.visible.items() if known.lower() == folded), None)

    def sees(self, entity: str, record: Record) -> bool:
        """Whether the running user may read a record."""
        parent = self.objects[entity].history_of
        if parent:
            return self._sees_change(parent, self.objects[entity].about, record)
        return self._shares(entity, record, "view_all", closed={"Private"})

    def _sees_change(self, entity: str, about: str, row: Record) -> bool:
        """A change is seen by whoever sees the record and the field that was changed."""
        record = self.store.record(entity, row[about])
        is_hidden = row["Field"] in self._hidden_in_history[entity]
        return record is not None and not is_hidden and self.sees(entity, record)

    @cached_property
    def _hidden_in_history(self) -> Mapping[str, frozenset[str]]:
        """What history calls the fields of each readable object that the running user lacks."""
        return {
            name: frozenset(
                field.in_history
                for field in self.objects[name].fields.values()
                if field.name not in view.fields
            )
            for name, view in self.visible.items()
        }

    def may_change(self, entity: str, record: Record) -> bool:
        return self._shares(entity, record, "modify_all", closed={"Private", "Read"})

    def _shares(self, name: str, record: Record, action: str, *, closed: set[str]) -> bool:
        """Records are shared with everybody but where the object's sharing model is closed."""
        entity = self.objects[name]
        if entity.sharing not in closed or record.get("OwnerId") == self.running_user:
            return True
        return self.permissions.may(entity, action)

    def seen(self, entity: str, identifier: str) -> Record | None:
        """The record of that id, deleted or not, unless the running user may not read it."""
        record = self.store.record(entity, identifier)
        return record if record and self.sees(entity, record) else None

    @property
    def pod(self) -> str:
        """The three characters that all ids minted in this org share."""
        return self.id[_POD]

    def next_id(self, entity: str) -> str:
        """An id that no record has; those of all histories have one prefix."""
        prefix = self.objects[entity].prefix
        alike = [name for name, other in self.objects.items() if other.prefix == prefix]
        number = sum(map(self.store.count, alike)) + 1
        while self.store.any_record(ids.mint(prefix, self.pod, number), alike):
            number += 1
        return ids.mint(prefix, self.pod, number)

    def stamps(self, now: str) -> Iterator[tuple[str, str]]:
        """What every save writes, whatever else it writes."""
        yield from (("LastModifiedDate", now), ("SystemModstamp", now))
        yield ("LastModifiedById", self.running_user)

    def owner_of_new(self, entity: str, values: Mapping[str, Any]) -> str:
        from_the_web = entity == "Lead" and values.get("LeadSource") == "Web"
        return self.web_leads_queue if from_the_web else self.running_user

    def reassigned(self, owner: str | None) -> str:
        """Whom the active assignment rule gives a lead of this owner: somebody else."""
        return next(user for user in self.assignees if user != owner)


def now() -> str:
    return timestamp(datetime.now(UTC).replace(microsecond=0))


def org_on(store: Store, objects: Objects) -> Org:
    """The org whose running user is an administrator, and whose administrator added nothing."""
    file = own_yaml(__package__, "org.yaml")
    return Org(
        store=store,
        objects=objects,
        granted=(administrator(objects),),
        rules=(),
        running_user=file["running_user"],
        web_leads_queue=file["web_leads_queue"],
        assignees=tuple(file["assignment_rule"]),
    )


def found(org: Org) -> None:
    """Put into an empty store what every org has: its people, queue and Organization."""
    for entity, record in _first_records(own_yaml(__package__, "org.yaml")["records"], org):
        org.store.put(entity, record)


def settle(org: Org, identifier: str, name: str, title: str) -> None:
    """Put somebody more into the org, within `store.changing()`."""
    first, _, last = name.rpartition(" ")
    row = {"Id": identifier, "FirstName": first, "LastName": last, "Title": title}
    ((entity, record),) = _first_records({"User": [row]}, org)
    org.store.put(entity, record)


def be_another(org: Org) -> None:
    """Have the org's Organization show another id, though the state keeps its own."""
    (own,) = org.store.records("Organization")
    short = own["Id"][: ids.SHORT]
    other = short[: _POD.start] + short[_POD].swapcase() + short[_POD.stop :]
    org.store.show_instead("Organization", own, {**own, "Id": other + ids.suffix(other)})


def _first_records(records: Mapping[str, Any], org: Org) -> Iterator[tuple[str, Record]]:
    at = now()
    always = {"IsDeleted": False, "CreatedById": org.running_user, "CreatedDate": at}
    for entity, rows in records.items():
        for row in rows:
            yield entity, {**always, **dict(org.stamps(at)), **_DETAILS[entity](row), **row}


def _organization(_row: Record) -> Record:
    pod = "".join(
        secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") for _ in "123"
    )
    number = 1 + secrets.randbelow(62**8)
    return {"Id": ids.mint("00D", pod, number)}


def _user(row: Record) -> Record:
    name = f"{row['FirstName']} {row['LastName']}".strip()
    first = (row["FirstName"] or row["LastName"]).partition(" ")[0]
    address = f"{first}@brightfield.example".lower()
    contact = {"Name": name, "Username": address, "Email": address, "Alias": first}
    return {"IsActive": True, "UserType": "Standard", **contact}


def _group(_row: Record) -> Record:
    return {}


_DETAILS = {"Organization": _organization, "User": _user, "Group": _group}
