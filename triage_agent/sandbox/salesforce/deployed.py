"""Permission sets as a Salesforce project holds them, read and judged as a deployment would."""

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from pathlib import Path
from xml.etree import ElementTree as ET

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.salesforce.permissions import (
    NEEDS,
    Permissions,
    PermissionSet,
    is_granted_by_object,
    secured_fields,
    user_permissions,
)
from triage_agent.sandbox.salesforce.schema import Entity, Objects

_FOLDER = Path("force-app", "main", "default", "permissionsets")
_ENDING = ".permissionset-meta.xml"
_NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
_OBJECT_ACTIONS = {
    "allowRead": "read",
    "allowCreate": "create",
    "allowEdit": "edit",
    "allowDelete": "delete",
    "viewAllRecords": "view_all",
    "modifyAllRecords": "modify_all",
}
_FIELD_ACTIONS = {"readable": "read", "editable": "edit"}
_PROFILE = PermissionSet("X00e_Minimum", "Minimum Access", Permissions(), of_profile=True)

Said = Mapping[str, str]
"""What an element says: the texts of those within it by their names."""


class _Refused(Exception):
    """Why an element can't be deployed."""


def permission_sets(project: Path, objects: Objects) -> tuple[PermissionSet, ...]:
    """All that the running user has: a profile that grants nothing, and the project's sets."""
    files = sorted((project / _FOLDER).glob(f"*{_ENDING}"))
    if not files:
        raise WrongUsage(
            f"{project / _FOLDER}: no permission set is there; name a project that has "
            f"{_FOLDER / ('NAME' + _ENDING)}"
        )
    return (_PROFILE, *(_permission_set(file, objects) for file in files))


def _permission_set(file: Path, objects: Objects) -> PermissionSet:
    try:
        root = ET.parse(file).getroot()  # noqa: S314 - a file of whoever starts the sandbox
    except (OSError, ET.ParseError) as error:
        raise WrongUsage(f"{file}: can't be read ({error}); write a permission set") from error
    if root.tag != f"{_NAMESPACE}PermissionSet":
        raise WrongUsage(f"{file}: begins with {root.tag}; write {_NAMESPACE}PermissionSet")
    label = root.findtext(f"{_NAMESPACE}label")
    if not label:
        raise WrongUsage(f"{file}: label: is missing; write <label>")
    permissions = reduce(or_, _granted(file, root, objects), Permissions())
    return PermissionSet(file.name.removesuffix(_ENDING), label, permissions)


def _granted(file: Path, root: ET.Element, objects: Objects) -> Iterator[Permissions]:
    for element in root:
        kind = element.tag.removeprefix(_NAMESPACE)
        said = {part.tag.removeprefix(_NAMESPACE): part.text or "" for part in element}
        name = said.get(_NAMED_BY.get(kind, ""), "")
        try:
            yield from _grant(kind, name, said, objects)
        except _Refused as refused:
            raise WrongUsage(f"{file}: {kind} {name}: {refused}") from refused


def _grant(kind: str, name: str, said: Said, objects: Objects) -> Iterator[Permissions]:
    match kind:
        case "userPermissions":
            yield _of_user(name, said)
        case "objectPermissions":
            yield _on_object(name, said, objects)
        case "fieldPermissions":
            yield _on_field(name, said, objects)
        case "label" | "description" | "hasActivationRequired" | "license":
            pass
        case _:
            raise _Refused("the sandbox doesn't know this element; take it out")


def _of_user(name: str, said: Said) -> Permissions:
    if name not in user_permissions():
        raise _Refused("there is no such user permission; correct its name")
    return Permissions(of_user=frozenset({name} if said.get("enabled") == "true" else ()))


def _on_object(name: str, said: Said, objects: Objects) -> Permissions:
    entity = _known(name, objects)
    if not is_granted_by_object(entity):
        raise _Refused("its access is not set by object permissions; take the element out")
    actions = {action for key, action in _OBJECT_ACTIONS.items() if said.get(key) == "true"}
    for action in sorted(actions):
        if lacking := NEEDS[action] - actions:
            raise _Refused(f"{action} depends on {', '.join(sorted(lacking))}; grant that too")
    granted = frozenset((name, action) for action in actions)
    all_fields = said.get("viewAllFields") == "true"
    seen = frozenset(
        (f"{name}.{field.name}", "read")
        for field in entity.fields.values()
        if all_fields and field.permissionable
    )
    return Permissions(on_objects=granted, on_fields=seen)


def _on_field(name: str, said: Said, objects: Objects) -> Permissions:
    object_name, _, field_name = name.partition(".")
    entity = _known(object_name, objects)
    fields = list(secured_fields(entity, field_name))
    if not fields:
        raise _Refused(_why_not(entity, field_name))
    actions = {action for key, action in _FIELD_ACTIONS.items() if said.get(key) == "true"}
    if actions == {"edit"}:
        raise _Refused("edit depends on read; write <readable>true</readable>")
    return Permissions(
        on_fields=frozenset(
            (f"{object_name}.{field.name}", action) for field in fields for action in actions
        )
    )


def _known(name: str, objects: Objects) -> Entity:
    if name not in objects:
        raise _Refused("the org has no such object; correct its name")
    return objects[name]


def _why_not(entity: Entity, name: str) -> str:
    field = entity.fields.get(name)
    if field is None:
        return "the org has no such field; correct its name"
    if field.permissionable:
        return f"is secured as a part of {entity.name}.{field.secured_by}; write that"
    if field.required:
        return "is required, and its security can't be set; take the element out"
    return "its security can't be set; take the element out"


_NAMED_BY = {"userPermissions": "name", "objectPermissions": "object", "fieldPermissions": "field"}
