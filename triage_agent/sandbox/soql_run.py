"""Answering a parsed query: conditions become closures once, then run over the records."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from triage_agent.sandbox import ids
from triage_agent.sandbox.org import Org
from triage_agent.sandbox.refusals import Refusal, malformed_query, unknown_column, unknown_object
from triage_agent.sandbox.schema import Entity, Field
from triage_agent.sandbox.soql import (
    COUNT,
    FUNCTIONS,
    Comparison,
    Condition,
    Junction,
    Membership,
    Not,
    Order,
    Query,
    Value,
    like_pattern,
    unescaped,
)
from triage_agent.sandbox.store import Record
from triage_agent.sandbox.values import timestamp

Row = dict[str, Any]
Getter = Callable[[Record], Any]
Test = Callable[[Record], bool]

_MOST_WITH_FIELDS = 200
_MOST_OFFSET = 2000
_NUMBERS = frozenset({"int", "double", "currency", "percent"})
_WANTED = {
    **dict.fromkeys(_NUMBERS, "number"),
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Column(NamedTuple):
    """A field that a path leads to, and how to get its value from a record."""

    field: Field
    get: Getter


def entity_of(org: Org, query: Query) -> Entity:
    """The object that a query reads, its name in any case."""
    for name, entity in org.objects.items():
        if name.lower() == query.entity.lower():
            return entity
    raise unknown_object(query.entity)


def matching(org: Org, entity: Entity, query: Query, *, with_deleted: bool) -> list[Record]:
    """The records that a query selects, in its order."""
    test = _test(org, entity, query.where) if query.where else None
    found = [
        record
        for record in _candidates(org, entity, query.where)
        if (with_deleted or not record["IsDeleted"]) and (test is None or test(record))
    ]
    for order in reversed(query.order):
        found = _sorted(found, order, _column(org, entity, order.path))
    if query.offset > _MOST_OFFSET:
        message = f"Maximum SOQL offset allowed is {_MOST_OFFSET}"
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", message)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def shaped(org: Org, entity: Entity, query: Query, base: str) -> Callable[[Record], Row]:
    """How a record becomes a row of the answer; `base`: the path that sobjects are under."""
    paths = _paths(entity, query)
    columns = [(_relation(entity, path), _column(org, entity, path)) for path in paths]

    def row(record: Record) -> Row:
        shape: Row = {"attributes": _attributes(base, entity.name, record["Id"])}
        for relation, column in columns:
            place = _nested(org, base, shape, relation, record) if relation else shape
            if place is not None:
                place[column.field.name] = column.get(record)
        return shape

    return row


def _nested(org: Org, base: str, shape: Row, relation: Field, record: Record) -> Row | None:
    """The record referred to, beside the record's own fields; null where there is none."""
    name = str(relation.relationship)
    if name not in shape:
        found = org.store.any_record(record.get(relation.name) or "", relation.refers_to)
        shape[name] = None
        if found:
            entity, parent = found
            attributes = _attributes(base, entity, parent["Id"])
            kind = "Name" if len(relation.refers_to) > 1 else entity
            shape[name] = {"attributes": {**attributes, "type": kind}}
    nested: Row | None = shape[name]
    return nested


def _attributes(base: str, entity: str, identifier: str) -> dict[str, str]:
    return {"type": entity, "url": f"{base}/sobjects/{entity}/{identifier}"}


def _paths(entity: Entity, query: Query) -> Sequence[str]:
    if not FUNCTIONS.intersection(query.fields):
        _check_repeats(query.fields)
        return query.fields
    if len(query.fields) > 1 or query.fields == (COUNT,):
        raise malformed_query("a function stands among the fields where none may")
    group = query.fields[0]
    if group != "FIELDS(STANDARD)" and (query.limit is None or query.limit > _MOST_WITH_FIELDS):
        raise malformed_query(
            f"The SOQL FIELDS function must have a LIMIT of at most {_MOST_WITH_FIELDS}"
        )
    custom = [name for name in entity.fields if name.endswith("__c")]
    standard = [name for name in entity.fields if not name.endswith("__c")]
    return {"FIELDS(ALL)": standard + custom, "FIELDS(CUSTOM)": custom}.get(group, standard)


def _check_repeats(paths: Sequence[str]) -> None:
    seen: set[str] = set()
    for path in paths:
        if path.lower() in seen:
            raise malformed_query(f"duplicate field selected: {path}")
        seen.add(path.lower())


def _relation(entity: Entity, path: str) -> Field | None:
    """The reference that a path goes through; None for the record's own fields."""
    first, dot, _last = path.rpartition(".")
    return entity.relation(first) if dot else None


def _column(org: Org, entity: Entity, path: str) -> _Column:
    first, dot, last = path.rpartition(".")
    if not dot:
        field = entity.named(path)
        if field is None:
            raise unknown_column(path, entity.name)
        return _Column(field, _own(field.name))
    relation = entity.relation(first)
    if relation is None:
        raise Refusal(
            "INVALID_FIELD",
            f"Didn't understand relationship '{first}' in field path.",
        )
    for name in reversed(relation.refers_to):
        field = org.objects[name].named(last)
        if field is not None:
            return _Column(field, _parents(org, relation, field.name))
    raise unknown_column(last, relation.refers_to[-1])


def _own(name: str) -> Getter:
    return lambda record: record.get(name)


def _parents(org: Org, relation: Field, name: str) -> Getter:
    def get(record: Record) -> object:
        found = org.store.any_record(record.get(relation.name) or "", relation.refers_to)
        return found[1].get(name) if found else None

    return get


def _candidates(org: Org, entity: Entity, where: Condition | None) -> Iterable[Record]:
    """All records, or the few that a required equality on Id leaves."""
    for part in _needed(where):
        values = _wanted(part)
        field = entity.fields["Id"]
        if values and isinstance(part, Comparison | Membership) and part.path.lower() == "id":
            wanted = dict.fromkeys(_target(field, value) for value in values)
            found = (org.store.record(entity.name, identifier) for identifier in wanted)
            return [record for record in found if record is not None]
    return org.store.records(entity.name)


def _wanted(part: Condition) -> Sequence[Value]:
    """The values one of which a condition asks for; none where it asks for something else."""
    if isinstance(part, Membership):
        return part.values
    return (part.value,) if isinstance(part, Comparison) and part.operator == "=" else ()


def _needed(where: Condition | None) -> Sequence[Condition]:
    """Conditions that every selected record meets."""
    if isinstance(where, Junction):
        return where.parts if where.operator == "AND" else ()
    return (where,) if where else ()


def _test(org: Org, entity: Entity, where: Condition) -> Test:
    if isinstance(where, Not):
        inner = _test(org, entity, where.part)
        return lambda record: not inner(record)
    if isinstance(where, Junction):
        tests = [_test(org, entity, part) for part in where.parts]
        joined = all if where.operator == "AND" else any
        return lambda record: joined(test(record) for test in tests)
    column = _column(org, entity, where.path)
    if not column.field.filterable:
        raise Refusal(
            "INVALID_FIELD", f"field '{column.field.name}' can not be filtered in a query call"
        )
    if isinstance(where, Membership):
        return _one_of(column, {_target(column.field, value) for value in where.values})
    return _compared(column, where)


def _one_of(column: _Column, wanted: set[Any]) -> Test:
    get, fold = column.get, _fold(column.field)
    return lambda record: fold(get(record)) in wanted


def _compared(column: _Column, where: Comparison) -> Test:
    if where.operator == "LIKE":
        return _like(column, where.value)
    wanted = _target(column.field, where.value)
    if where.operator == "=":
        return _one_of(column, {wanted})
    if where.operator == "!=":
        same = _one_of(column, {wanted})
        return lambda record: not same(record)
    get, fold, holds = column.get, _fold(column.field), _OPERATORS[where.operator]

    def ordered(record: Record) -> bool:
        value = fold(get(record))
        return value is not None and wanted is not None and holds(value, wanted)

    return ordered


def _like(column: _Column, value: Value) -> Test:
    if not _is_text(column.field) or value.kind != "string":
        raise Refusal("INVALID_QUERY_FILTER_OPERATOR", f"{column.field.name}: LIKE is for text")
    pattern = like_pattern(value.text)

    def like(record: Record) -> bool:
        text = column.get(record)
        return text is not None and pattern.fullmatch(text) is not None

    return like


def _is_text(field: Field) -> bool:
    return field.type not in _WANTED and field.type not in ("id", "reference")


def _fold(field: Field) -> Callable[[Any], Any]:
    """Text is compared in lower case; everything else as it is."""
    return _lower if _is_text(field) else lambda value: value


def _lower(value: str | None) -> str | None:
    return value.lower() if value is not None else None


def _target(field: Field, value: Value) -> Any:  # noqa: ANN401 - text, number, true or false
    """What a record's folded value is compared with; refused where the literal's kind is wrong."""
    if value.kind == "null":
        return None
    wanted = _WANTED.get(field.type, "string")
    if value.kind != wanted:
        quotes = "should be" if wanted == "string" else "should not be"
        raise Refusal(
            "INVALID_FIELD",
            f"value of filter criterion for field '{field.name}' must be of type {field.type} "
            f"and {quotes} enclosed in quotes",
        )
    return _READ[wanted](field, value.text)


def _text_target(field: Field, text: str) -> str | None:
    plain = unescaped(text)
    if field.type not in ("id", "reference"):
        return plain.lower() or None
    identifier = ids.canonical(plain)
    if plain and identifier is None:
        raise Refusal("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {plain}")
    return identifier


def _time_target(_field: Field, text: str) -> str:
    try:
        return timestamp(datetime.fromisoformat(text))
    except ValueError as error:
        raise malformed_query(f"unexpected token: '{text}'") from error


_READ: Mapping[str, Callable[[Field, str], object]] = {
    "string": _text_target,
    "number": lambda _field, text: float(text),
    "boolean": lambda _field, text: text == "true",
    "date": lambda _field, text: text,
    "datetime": _time_target,
}


def _sorted(records: list[Record], order: Order, column: _Column) -> list[Record]:
    if not column.field.filterable:
        raise Refusal(
            "INVALID_FIELD", f"field '{column.field.name}' can not be sorted in a query call"
        )
    fold = _fold(column.field)
    nulls = [record for record in records if column.get(record) is None]
    rest = [record for record in records if column.get(record) is not None]
    rest.sort(key=lambda record: fold(column.get(record)), reverse=order.descending)
    return rest + nulls if order.nulls_last else nulls + rest
