"""What a path such as `Owner.Name` leads to, and how its values compare."""

from collections.abc import Callable
from typing import Any, NamedTuple

from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.refusals import Refusal, unknown_column
from triage_agent.sandbox.salesforce.schema import Entity, Field
from triage_agent.sandbox.store import Record

Getter = Callable[[Record], Any]

LITERALS = {
    **dict.fromkeys(("int", "double", "currency", "percent"), "number"),
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
"""The kind of literal that a field of a type is compared with; of other types it is a string."""


class Column(NamedTuple):
    """A field that a path leads to, and how to get its value from a record."""

    field: Field
    get: Getter

    @property
    def is_text(self) -> bool:
        """Whether its values are words: neither numbers nor moments nor ids."""
        return self.field.type not in LITERALS and self.field.type not in ("id", "reference")

    def folded(self, record: Record) -> Any:  # noqa: ANN401 - text, number, true or false
        """The value as it compares: text in lower case, everything else as it is."""
        value = self.get(record)
        return value.lower() if value is not None and self.is_text else value


def column(org: Org, entity: Entity, path: str) -> Column:
    """Where a path leads; refused where it leads nowhere."""
    relation = relation_of(org, entity, path)
    _, _, last = path.rpartition(".")
    if relation is None:
        field = entity.named(last)
        if field is None:
            raise unknown_column(last, entity.name)
        return Column(field, _own(field.name))
    parents = [org.visible[name] for name in relation.refers_to if name in org.visible]
    for parent in reversed(parents):
        field = parent.named(last)
        if field is not None:
            return Column(field, _parents(org, relation, field.name))
    raise unknown_column(last, parents[-1].name)


def relation_of(org: Org, entity: Entity, path: str) -> Field | None:
    """The reference that a path goes through; None for the record's own fields."""
    first, dot, _last = path.rpartition(".")
    relation = entity.relation(first)
    if dot and (relation is None or org.visible.keys().isdisjoint(relation.refers_to)):
        message = f"Didn't understand relationship '{first}' in field path."
        raise Refusal("INVALID_FIELD", message)
    return relation


def parent_of(org: Org, relation: Field, record: Record) -> tuple[str, Record] | None:
    """The record referred to and its object, where the running user may read it."""
    visible = [name for name in relation.refers_to if name in org.visible]
    found = org.store.any_record(record.get(relation.name) or "", visible)
    return found if found and org.sees(*found) else None


def _own(name: str) -> Getter:
    return lambda record: record.get(name)


def _parents(org: Org, relation: Field, name: str) -> Getter:
    def get(record: Record) -> object:
        found = parent_of(org, relation, record)
        return found[1].get(name) if found else None

    return get
