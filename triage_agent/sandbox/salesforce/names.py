"""Names in a faults file that have to be those of the org, and how each is refused."""

from typing import Annotated

from pydantic import AfterValidator, Field

from triage_agent.sandbox.salesforce import schema
from triage_agent.sandbox.salesforce.permissions import is_granted_by_object, user_permissions


def field_of(name: str) -> schema.Field:
    """The field that `Lead.Industry` names."""
    entity, _, field = name.partition(".")
    known = schema.load_objects().get(entity)
    if known is None or field not in known.fields:
        raise ValueError(f"the org has no field {name!r}; write one as Object.Field")
    return known.fields[field]


def check_value(field: str, value: str) -> None:
    if value not in field_of(field).values:
        raise ValueError(f"{field} has no value {value!r}; write one that it has")


def _field(name: str) -> str:
    field_of(name)
    return name


def _securable(name: str) -> str:
    if not field_of(name).permissionable:
        raise ValueError(f"the security of {name} can't be set; write another field")
    return name


def _dispensable(name: str) -> str:
    if not field_of(name).permissionable:
        raise ValueError(f"no org can be without {name}; write another field")
    return name


def _object(name: str) -> str:
    if name not in schema.load_objects():
        raise ValueError(f"the org has no object {name!r}; correct its name")
    return name


def _grantable(name: str) -> str:
    if not is_granted_by_object(schema.load_objects()[_object(name)]):
        raise ValueError(f"{name} has no object permissions; write permission: NAME")
    return name


def _permission(name: str) -> str:
    if name not in user_permissions():
        raise ValueError(f"there is no user permission {name!r}; correct its name")
    return name


FieldName = Annotated[str, AfterValidator(_field)]
Securable = Annotated[str, AfterValidator(_securable)]
Dispensable = Annotated[str, AfterValidator(_dispensable)]
ObjectName = Annotated[str, AfterValidator(_object)]
Grantable = Annotated[str, AfterValidator(_grantable)]
Permission = Annotated[str, AfterValidator(_permission)]
Given = Annotated[str, Field(min_length=1, max_length=80)]
"""A name that somebody gave to something of their own."""
