"""What a visitor does in the CRM, as the person they chose: by that user's own session."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.crm import fields, lists
from triage_agent.sandbox.salesforce import people, records
from triage_agent.sandbox.salesforce.call import Sessions
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.refusals import Refusal
from triage_agent.sandbox.salesforce.schema import Entity, Field
from triage_agent.sandbox.store import Record

_CHANGEABLE = {
    "Lead": ("Status", "OwnerId", "Triage_Category__c"),
    "Case": ("Status", "OwnerId", "Triage_Category__c"),
    "Task": ("Status", "OwnerId"),
}
_BEFORE = "before-"


@dataclass(frozen=True)
class Choice:
    """A field of the form. `options`: values and their names; `is_free`: they are only proposed."""

    name: str
    label: str
    value: str
    options: Mapping[str, str]
    is_free: bool


def choices(org: Org, entity: Entity, record: Record) -> list[Choice]:
    """What of a record can be changed here; nothing of what is converted."""
    names = () if record.get("IsConverted") else _CHANGEABLE.get(entity.name, ())
    return [
        _choice(org, entity.fields[name], entity.name, record)
        for name in names
        if name in entity.fields
    ]


def user_org(request: Request) -> Org | None:
    """The org as it is for the person whom the visitor is; None where they have no user in it."""
    sessions: Sessions = request.app.state.sessions
    user = site.person(request).salesforce
    return sessions.tokens.get(people.token(user)) if user else None


def do(org: Org | None, entity: Entity, record: Record, given: Mapping[str, str]) -> None:
    """What the pressed button says, whole or, with a `Refusal`, not at all."""
    if org is None:
        raise Refusal("INVALID_SESSION_ID", "who has no user in the org can't change anything")
    act = _ACTS.get((entity.name, given.get("act", "")))
    if act is None:
        raise Refusal("INVALID_OPERATION", "there is no such button here")
    seen = org.entity(entity.name)
    if seen is None:
        raise records.no_access()
    with org.store.changing():
        act(org, seen, record, given)


def _save(org: Org, entity: Entity, record: Record, given: Mapping[str, str]) -> None:
    """Only what the visitor changed: the rest may have been changed by somebody else since."""
    changed = {
        name: given[name].strip() or None
        for name in _CHANGEABLE.get(entity.name, ())
        if name in given and given[name].strip() != given.get(_BEFORE + name, "").strip()
    }
    if changed:
        records.update(org, entity, record, changed, auto_assign=False)


def _delete(org: Org, entity: Entity, record: Record, _given: Mapping[str, str]) -> None:
    records.delete(org, entity, record)


def _convert(org: Org, _entity: Entity, record: Record, _given: Mapping[str, str]) -> None:
    people.convert(org, record["Id"])


_Act = Callable[[Org, Entity, Record, Mapping[str, str]], None]
_ACTS: Mapping[tuple[str, str], _Act] = {
    ("Lead", "save"): _save,
    ("Case", "save"): _save,
    ("Task", "save"): _save,
    ("Task", "delete"): _delete,
    ("Lead", "convert"): _convert,
}


def _choice(org: Org, field: Field, name: str, record: Record) -> Choice:
    value = str(record.get(field.name) or "")
    if field.type == "reference":
        options = _owners(org, field)
    elif field.values:
        options = {one: one for one in field.values}
    else:
        known = {one.get(field.name) for one in lists.live(org, name)}
        options = {one: one for one in sorted(filter(None, known))}
    is_free = not (field.values or field.type == "reference")
    if value and not is_free:
        shown = fields.value(org, field, value)
        options = {value: shown.text if shown else value, **options}
    return Choice(field.name, fields.label(field), value, options, is_free)


def _owners(org: Org, field: Field) -> dict[str, str]:
    """Active people, and the queues where a queue can own such a record."""
    users = [user for user in org.store.records("User") if user["IsActive"]]
    groups = org.store.records("Group") if "Group" in field.refers_to else ()
    return {one["Id"]: one["Name"] for one in (*users, *groups) if one["Id"] != org.running_user}
