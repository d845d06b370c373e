"""What a user may do, and what an object looks like to them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.salesforce.schema import Entity, Field, Objects

Action = Literal["read", "create", "edit", "delete", "view_all", "modify_all"]

NEEDS: Mapping[str, frozenset[str]] = {
    "read": frozenset(),
    "create": frozenset({"read"}),
    "edit": frozenset({"read"}),
    "delete": frozenset({"read", "edit"}),
    "view_all": frozenset({"read"}),
    "modify_all": frozenset({"read", "edit", "delete", "view_all"}),
}
"""What else may be done by whoever may do something: the platform grants none without these."""

_NOTHING: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Permissions:
    """`on_objects`: pairs such as Lead and create; `on_fields`: such as Lead.Industry and read."""

    of_user: frozenset[str] = frozenset()
    on_objects: frozenset[tuple[str, str]] = _NOTHING
    on_fields: frozenset[tuple[str, str]] = _NOTHING

    def __or__(self, other: "Permissions") -> "Permissions":
        return Permissions(
            self.of_user | other.of_user,
            self.on_objects | other.on_objects,
            self.on_fields | other.on_fields,
        )

    def __sub__(self, other: "Permissions") -> "Permissions":
        return Permissions(
            self.of_user - other.of_user,
            self.on_objects - other.on_objects,
            self.on_fields - other.on_fields,
        )

    def may(self, entity: Entity, action: str) -> bool:
        if entity.read_only:
            return action == "read"
        if not self.of_user.isdisjoint(implied_by(action)):
            return True
        if entity.governed_by:
            return entity.governed_by.get(action) in self.of_user
        return (entity.name, action) in self.on_objects

    def view(self, entity: Entity) -> Entity:
        """The object as this user sees it: hidden fields don't exist, others may be locked."""
        seen = (self._seen(entity, field) for field in entity.fields.values())
        return replace(
            entity,
            fields={field.name: field for field in seen if field},
            actions=frozenset(action for action in entity.actions if self.may(entity, action)),
        )

    def _seen(self, entity: Entity, field: Field) -> Field | None:
        if not field.permissionable or entity.read_only:
            return field
        name = f"{entity.name}.{field.name}"
        if (name, "read") not in self.on_fields:
            return None
        return field if (name, "edit") in self.on_fields else replace(field, locked=True)


@dataclass(frozen=True)
class PermissionSet:
    """A named part of what a user may do; `of_profile`: the part that their profile is."""

    name: str
    label: str
    permissions: Permissions
    of_profile: bool = False


def user_permissions() -> frozenset[str]:
    """All that there are: `EditTask`, `ViewSetup`, and so on."""
    return frozenset(own_yaml(__package__, "setup.yaml")["user_permissions"])


def is_granted_by_object(entity: Entity) -> bool:
    """Whether object permissions say who may do what with its records."""
    return not (entity.read_only or entity.governed_by)


def implied_by(action: str) -> frozenset[str]:
    """The user permissions that allow an action on whatever object."""
    all_seen = {"ViewAllData"} if action in ("read", "view_all") else set()
    return frozenset({"ModifyAllData", *all_seen})


def everything(objects: Objects) -> Permissions:
    """What an administrator may do."""
    return Permissions(
        of_user=user_permissions(),
        on_objects=frozenset(
            (name, action)
            for name, entity in objects.items()
            if is_granted_by_object(entity)
            for action in NEEDS
        ),
        on_fields=frozenset(
            (f"{name}.{field.name}", action)
            for name, entity in objects.items()
            for field in entity.fields.values()
            if field.permissionable
            for action in ("read", "edit")
        ),
    )


def administrator(objects: Objects) -> PermissionSet:
    return PermissionSet("X00e_Admin", "System Administrator", everything(objects), of_profile=True)


def together(sets: Iterable[PermissionSet]) -> Permissions:
    """All that several sets allow."""
    whole = Permissions()
    for one in sets:
        whole |= one.permissions
    return whole


def secured_fields(entity: Entity, name: str) -> Iterator[Field]:
    """The fields whose security is set under a name: its own, or the parts of a compound field."""
    for field in entity.fields.values():
        if field.permissionable and (field.secured_by or field.name) == name:
            yield field
