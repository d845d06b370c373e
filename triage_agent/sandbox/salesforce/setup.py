"""The org's own set-up as records that can be queried: worked out when asked for, never stored."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any, Literal

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.salesforce import ids
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.permissions import (
    PermissionSet,
    is_granted_by_object,
    user_permissions,
)
from triage_agent.sandbox.salesforce.schema import Entity, Field, Objects, Rule, load_objects
from triage_agent.sandbox.store import Record, Store

Api = Literal["data", "tooling"]
Row = tuple[str, Record]
"""An object of the set-up, and what one of its records says."""

_FILE = "setup.yaml"


def org_of(org: Org, api: Api) -> Org:
    """An org whose records are this one's set-up, as far as the running user may see it."""
    all_objects = _objects()
    store = Store(dict.fromkeys(all_objects, ()), None)
    numbers = count(1)
    for name, row in _rows(org):
        identifier = ids.mint(all_objects[name].prefix, org.pod, next(numbers))
        store.put(name, {"Id": identifier, "IsDeleted": False, **row})
    return replace(org, store=store, objects=_seen(org, api))


def entity(org: Org, name: str) -> Entity | None:
    """The object of the set-up of that name, in any case, where the running user may see it."""
    seen = _seen(org, "data")
    return next((seen[known] for known in seen if known.lower() == name.lower()), None)


def _seen(org: Org, api: Api) -> Objects:
    rules: Mapping[str, Any] = own_yaml(__package__, _FILE)["objects"]
    sees_all = "ViewSetup" in org.permissions.of_user
    return {
        name: known
        for name, known in _objects().items()
        if api in rules[name]["apis"] and (sees_all or rules[name].get("for_everybody"))
    }


@cache
def _objects() -> Objects:
    """Every object of the set-up; one of them has a field for each user permission."""
    objects = load_objects(_FILE)
    access = objects["UserPermissionAccess"]
    flags = (f"Permissions{name}" for name in sorted(user_permissions()))
    fields = {name: Field(name=name, type="boolean", label=name) for name in flags}
    return {**objects, access.name: replace(access, fields={**access.fields, **fields})}


def _rows(org: Org) -> Iterator[Row]:
    held = org.permissions.of_user
    yield (
        "UserPermissionAccess",
        {f"Permissions{name}": name in held for name in user_permissions()},
    )
    for known in org.visible.values():
        yield from _definitions(org, known)
    for number, granted in enumerate(org.granted, start=1):
        yield from _permission_set(org, ids.mint("0PS", org.pod, number), granted)
    for rule in org.rules:
        yield rule.kind, _rule(org, rule)


def _definitions(org: Org, known: Entity) -> Iterator[Row]:
    durable = durable_id(org, known.name)
    yield (
        "EntityDefinition",
        {
            "Id": durable,
            "DurableId": durable,
            "QualifiedApiName": known.name,
            "DeveloperName": known.name.removesuffix("__c"),
            "Label": known.name,
            "KeyPrefix": known.prefix,
            "InternalSharingModel": known.sharing,
        },
    )
    for field in known.fields.values():
        yield (
            "FieldDefinition",
            {
                "DurableId": f"{durable}.{field.name}",
                "EntityDefinitionId": durable,
                "QualifiedApiName": field.name,
                "Label": field.label,
                "IsFieldHistoryTracked": field.tracked,
            },
        )


def durable_id(org: Org, name: str) -> str:
    """What the set-up calls an object: a standard one by its name, a custom one by an id."""
    if not name.endswith("__c"):
        return name
    return ids.mint("01I", org.pod, list(org.objects).index(name))[: ids.SHORT]


def _permission_set(org: Org, identifier: str, granted: PermissionSet) -> Iterator[Row]:
    yield (
        "PermissionSet",
        {
            "Id": identifier,
            "Name": granted.name,
            "Label": granted.label,
            "IsOwnedByProfile": granted.of_profile,
        },
    )
    yield (
        "PermissionSetAssignment",
        {"AssigneeId": org.running_user, "PermissionSetId": identifier},
    )
    for name, known in org.objects.items():
        may = {action for on, action in granted.permissions.on_objects if on == name}
        if may and is_granted_by_object(known):
            flags = {flag: action in may for flag, action in _FLAGS.items()}
            yield "ObjectPermissions", {"ParentId": identifier, "SobjectType": name, **flags}


def _rule(org: Org, rule: Rule) -> Record:
    on = durable_id(org, rule.entity)
    match rule.kind:
        case "DuplicateRule":
            label = {"DeveloperName": rule.name, "MasterLabel": rule.name}
            return {**label, "SobjectType": rule.entity, "IsActive": True}
        case "ApexTrigger":
            return {"Name": rule.name, "TableEnumOrId": on, "Status": "Active"}
        case "FlowDefinitionView":
            what = {"ApiName": rule.name, "Label": rule.name, "ProcessType": "AutoLaunchedFlow"}
            starts = {"TriggerType": rule.trigger, "TriggerObjectOrEventId": on}
            return {"DurableId": rule.name, **what, **starts, "IsActive": True}
        case "ValidationRule":
            return {"ValidationName": rule.name, "EntityDefinitionId": on, "Active": True}
        case "WorkflowRule":
            return {"Name": rule.name, "TableEnumOrId": on}


_FLAGS = {
    "PermissionsRead": "read",
    "PermissionsCreate": "create",
    "PermissionsEdit": "edit",
    "PermissionsDelete": "delete",
    "PermissionsViewAllRecords": "view_all",
    "PermissionsModifyAllRecords": "modify_all",
}
