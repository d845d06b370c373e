"""In what the running user's permissions may be other than is due."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from triage_agent.sandbox.salesforce.names import Grantable, Permission, Securable
from triage_agent.sandbox.salesforce.permissions import NEEDS, Action, Permissions, implied_by
from triage_agent.sandbox.salesforce.schema import load_objects
from triage_agent.sandbox.strict import Strict, listed

Actions = Annotated[list[Action], BeforeValidator(listed), Field(min_length=1)]


class GrantFault(Strict):
    """The running user may do less or more than is due."""

    @property
    def lost(self) -> Permissions:
        return Permissions()

    @property
    def gained(self) -> Permissions:
        return Permissions()


class HiddenField(GrantFault):
    fault: Literal["hidden_field"]
    field: Securable

    @property
    def lost(self) -> Permissions:
        return Permissions(on_fields=frozenset({(self.field, "read"), (self.field, "edit")}))


class ReadOnlyField(GrantFault):
    fault: Literal["read_only_field"]
    field: Securable

    @property
    def lost(self) -> Permissions:
        return Permissions(on_fields=frozenset({(self.field, "edit")}))


class NoPermission(GrantFault):
    """Something may not be done, nor what depends on it or would allow it all the same."""

    fault: Literal["no_permission"]
    permission: Permission | None = None
    object: Grantable | None = None
    may: Actions = Field(default_factory=list)

    @property
    def lost(self) -> Permissions:
        if self.permission:
            return Permissions(of_user=frozenset({self.permission, *_overriding(self.permission)}))
        denied = set(self.may)
        dependent = {action for action, needed in NEEDS.items() if not needed.isdisjoint(denied)}
        return Permissions(
            of_user=frozenset(name for action in denied for name in implied_by(action)),
            on_objects=frozenset((str(self.object), action) for action in denied | dependent),
        )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        one = bool(self.permission) != bool(self.object)
        if not one or bool(self.object) != bool(self.may):
            raise ValueError("write permission: NAME, or object: NAME and may: [read, ...]")
        return self


class ExtraPermission(GrantFault):
    """Something may be done beyond what is due, with all that it depends on."""

    fault: Literal["extra_permission"]
    permission: Permission | None = None
    object: Grantable | None = None
    field: Securable | None = None
    may: Actions = Field(default_factory=list)

    @property
    def gained(self) -> Permissions:
        if self.permission:
            return Permissions(of_user=frozenset({self.permission}))
        allowed = {needed for action in self.may for needed in (action, *NEEDS[action])}
        if self.object:
            return Permissions(on_objects=frozenset((self.object, one) for one in allowed))
        return Permissions(on_fields=frozenset((str(self.field), one) for one in allowed))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        named = sum(bool(name) for name in (self.permission, self.object, self.field))
        if named != 1 or bool(self.permission) == bool(self.may):
            raise ValueError(
                "write permission: NAME, or may: [read, ...] and one of object: NAME, field: NAME"
            )
        if self.field and not {"read", "edit"}.issuperset(self.may):
            raise ValueError("a field can be read or edited; write may: read or may: edit")
        return self


def _overriding(permission: str) -> Iterator[str]:
    """The user permissions that allow, on some object, what this one is otherwise needed for."""
    for entity in load_objects().values():
        for action, needed in entity.governed_by.items():
            if needed == permission:
                yield from implied_by(action)
