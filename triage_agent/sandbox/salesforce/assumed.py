"""What an administrator has made in an org, as far as somebody takes it for granted.

That is objects and fields of their own, whose names end in `__c`, and values of picklists. Of what
Salesforce brings along nothing can be assumed: a name that isn't there is a mistake.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from triage_agent.sandbox.salesforce.schema import Entity, Field, Objects, custom_object, label_of
from triage_agent.sandbox.strict import Strict

Value = str | int | float | bool | None
_CUSTOM = "__c"
_LONG, _SHORT = 32000, 255


class Assumed(Strict):
    """An object's fields, each with the values that it is known to have; `long`: long texts."""

    fields: dict[str, tuple[Value, ...]]
    long: tuple[str, ...] = ()


def with_assumed(objects: Objects, assumed: Mapping[str, Assumed]) -> Objects:
    """The objects with what they lack of it."""
    made = dict(objects)
    new = [name for name in assumed if name not in made and name.endswith(_CUSTOM)]
    for number, name in enumerate(new, 1):  # a00 is the bundled one's
        made |= custom_object(name, f"a{number:02x}")
    for name in assumed.keys() & made.keys():
        fields = dict(_fields(made[name], assumed[name], is_new=name in new))
        made[name] = replace(made[name], fields={**made[name].fields, **fields})
    return {**made, "Task": _about(made["Task"], new)} if new else made


def _fields(entity: Entity, assumed: Assumed, *, is_new: bool) -> Iterator[tuple[str, Field]]:
    for name, values in assumed.fields.items():
        known = entity.fields.get(name)
        if known is None and (is_new or name.endswith(_CUSTOM)):
            yield name, _field(name, values, is_long=name in assumed.long)
        elif known and known.type == "picklist":
            more = [value for value in values if isinstance(value, str)]
            yield name, replace(known, values=tuple(dict.fromkeys([*known.values, *more])))


def _field(name: str, values: tuple[Value, ...], *, is_long: bool) -> Field:
    label = label_of(name)
    if any(isinstance(value, bool) for value in values):
        return Field(name, "boolean", label, default=False, tracked=True)
    if is_long:
        return Field(name, "textarea", label, length=_LONG)
    return Field(name, "string", label, length=_SHORT, tracked=True)


def _about(task: Entity, new: list[str]) -> Entity:
    """Tasks can be about such objects, too."""
    field = task.fields["WhatId"]
    field = replace(field, refers_to=(*field.refers_to, *new))
    return replace(task, fields={**task.fields, field.name: field})
