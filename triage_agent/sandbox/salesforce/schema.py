"""Which objects the org has, and which fields they have: `objects.yaml` as frozen values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Literal

from triage_agent.sandbox.content import own_yaml

_LENGTHS = {
    "string": 255,
    "textarea": 32000,
    "picklist": 255,
    "url": 255,
    "phone": 40,
    "email": 80,
    "id": 18,
    "reference": 18,
}
_LONG_TEXT = 256


@dataclass(frozen=True)
class Field:
    """One field. `defaulted`: the org fills it by itself, so that it may be left out.

    `locked`: it can be written, but not by the user at hand. `permissionable`: its security can be
    set, and `secured_by` is the compound field, `Address`, under whose name that is done.
    `durable`: a reference to what may be known by its name.
    """

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    read_only: bool = False
    locked: bool = False
    permissionable: bool = True
    secured_by: str | None = None
    tracked: bool = False
    durable: bool = False
    restricted: bool = False
    unique: bool = False
    external_id: bool = False
    defaulted: bool = False
    default: str | bool | None = None
    values: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()

    @property
    def relationship(self) -> str | None:
        """What a query calls the record referred to: `Owner` for `OwnerId`."""
        if self.type != "reference":
            return None
        return self.name.removesuffix("Id") if self.name.endswith("Id") else None

    @property
    def writable(self) -> bool:
        return not (self.read_only or self.locked)

    @property
    def is_long(self) -> bool:
        return self.type == "textarea" and self.length >= _LONG_TEXT

    @property
    def filterable(self) -> bool:
        """A query can neither search nor sort by long text, nor by what may be of any type."""
        return not (self.is_long or self.type == "anyType")

    @property
    def in_history(self) -> str:
        """What the history of its object calls it: `Owner` for `OwnerId`, a custom field's name."""
        return self.relationship or self.name


@dataclass(frozen=True)
class RecordType:
    """A record type that new records get. `without`: values that picklists lack in it."""

    name: str
    without: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Entity:
    """One object. `composed`, `follows` and `dated` are fields that the org works out from others.

    `dated`: a moment by the flag that has been true since then; none while the flag is false.
    `history`: the object that holds its history, if it has one; `history_of`: whose history it is.
    `actions`: what can be done with its records. `governed_by`: the user permission that each
    action takes, where it is no object permission that does. `sharing`: an `InternalSharingModel`.
    """

    name: str
    prefix: str
    fields: Mapping[str, Field]
    composed: Mapping[str, tuple[str, ...]]
    follows: Mapping[str, tuple[str, frozenset[str]]]
    dated: Mapping[str, str]
    read_only: bool
    actions: frozenset[str]
    governed_by: Mapping[str, str]
    sharing: str = "ReadWrite"
    record_type: RecordType | None = None
    history: str | None = None
    history_of: str | None = None

    def named(self, name: str) -> Field | None:
        """The field of that name, in any case, as everywhere in Salesforce."""
        return self.fields.get(name) or self._folded.get(name.lower())

    def relation(self, name: str) -> Field | None:
        """The reference that a query's `name.` goes through."""
        return self._relations.get(name.lower())

    def takes(self, field: Field, value: str) -> bool:
        """Whether a picklist has a value in the record type that new records get."""
        missing = self.record_type.without.get(field.name, ()) if self.record_type else ()
        return value in field.values and value not in missing

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The fields that a record may be looked up by, besides its Id."""
        return tuple(
            name
            for name, field in self.fields.items()
            if field.unique or field.external_id or (self.history_of and name == self.about)
        )

    @property
    def about(self) -> str:
        """The field of a history object that names the record which was changed."""
        custom = str(self.history_of).endswith("__c")
        return "ParentId" if custom else f"{self.history_of}Id"

    @cached_property
    def tracked(self) -> tuple[Field, ...]:
        """The fields of whose changes the history tells."""
        return tuple(field for field in self.fields.values() if field.tracked)

    @cached_property
    def _folded(self) -> Mapping[str, Field]:
        return {name.lower(): field for name, field in self.fields.items()}

    @cached_property
    def _relations(self) -> Mapping[str, Field]:
        return {
            field.relationship.lower(): field
            for field in self.fields.values()
            if field.relationship is not None
        }


Objects = Mapping[str, Entity]

RuleKind = Literal[
    "ApexTrigger", "DuplicateRule", "FlowDefinitionView", "ValidationRule", "WorkflowRule"
]
"""What an administrator puts on an object, by the name of the set-up's object that lists it."""


@dataclass(frozen=True)
class Rule:
    """One of those, always active. `refuses`: every write; `trigger`: when a flow starts."""

    kind: RuleKind
    entity: str
    name: str
    refuses: bool = False
    trigger: str | None = None


_ACTIONS = frozenset({"read", "create", "edit", "delete"})


@cache
def load_objects(file: str = "objects.yaml") -> Objects:
    """Every object of the org by its name, from a file beside this module."""
    raw = own_yaml(__package__, file)
    objects = {
        name: _entity(name, body, {**raw["every"], **body["fields"]})
        for name, body in raw["objects"].items()
    }
    histories = (_history(entity, raw["history"]) for entity in objects.values() if entity.history)
    return {**objects, **{history.name: history for history in histories}}


def custom_object(name: str, prefix: str) -> Objects:
    """An object that an administrator made, with nothing of its own yet; and its history."""
    raw = own_yaml(__package__, "objects.yaml")
    owner = {"type": "reference", "refers_to": ["Group", "User"], "permissionable": False}
    fields = {"OwnerId": {**owner, "defaulted": True, "tracked": True}}
    body = {"prefix": prefix, "history": name.replace("__c", "__History"), "fields": fields}
    entity = _entity(name, body, {**raw["every"], **fields})
    history = _history(entity, raw["history"])
    return {name: entity, history.name: history}


def _history(entity: Entity, body: Mapping[str, Any]) -> Entity:
    """The object that holds the history of another."""
    history = replace(_entity(str(entity.history), body, body["fields"]), history_of=entity.name)
    reference = {"type": "reference", "read_only": True, "refers_to": [entity.name]}
    about = _field(history.about, {"permissionable": False, **reference})
    return replace(history, fields={**history.fields, about.name: about})


def _entity(name: str, body: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]) -> Entity:
    composed = {made: tuple(parts) for made, parts in body.get("composed", {}).items()}
    parts = {part for several in composed.values() for part in several}
    tracked = body.get("tracked", ())
    derived = {
        field: {
            "permissionable": _permissionable(options) and field not in parts,
            "tracked": field in tracked,
        }
        for field, options in fields.items()
    }
    return Entity(
        name=name,
        prefix=body["prefix"],
        fields={
            field: _field(field, {**derived[field], **options}) for field, options in fields.items()
        },
        composed=composed,
        follows={
            flag: (source, frozenset(values))
            for flag, rule in body.get("follows", {}).items()
            for source, values in rule.items()
        },
        dated=body.get("dated", {}),
        read_only=body.get("read_only", False),
        actions=frozenset({"read"}) if body.get("read_only") else _ACTIONS,
        governed_by=body.get("governed_by", {}),
        history=body.get("history"),
    )


def _permissionable(options: Mapping[str, Any]) -> bool:
    """Everybody who sees a record sees what each record has, and what the platform writes."""
    return not (options.get("required") or options.get("read_only"))


def _field(name: str, options: Mapping[str, Any]) -> Field:
    given = {"label": label_of(name), "length": _LENGTHS.get(options["type"], 0), **options}
    for several in ("values", "refers_to"):
        given[several] = tuple(given.get(several, ()))
    return Field(name=name, **given)


def label_of(name: str) -> str:
    """What a field is called in the user interface, unless somebody says otherwise."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("__c").replace("_", " "))
    return re.sub(r" Id$", " ID", words)
