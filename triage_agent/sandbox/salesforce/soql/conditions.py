"""A query's WHERE as a closure, made once and then run over the records."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from triage_agent.sandbox.salesforce import ids
from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.refusals import Refusal, malformed_query
from triage_agent.sandbox.salesforce.schema import Entity, Field
from triage_agent.sandbox.salesforce.soql.columns import LITERALS, Column, column
from triage_agent.sandbox.salesforce.soql.grammar import (
    Comparison,
    Condition,
    Junction,
    Membership,
    Not,
    Value,
    like_pattern,
    unescaped,
)
from triage_agent.sandbox.salesforce.values import timestamp
from triage_agent.sandbox.store import Record

Test = Callable[[Record], bool]

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def candidates(
    org: Org, entity: Entity, where: Condition | None, *, with_deleted: bool
) -> Iterable[Record]:
    """All records, or the few that a required equality leaves: on Id, or on what is indexed.

    Of deleted records only the Id is.
    """
    for part in _needed(where):
        field = entity.named(part.path) if isinstance(part, Comparison | Membership) else None
        wanted = [_target(field, value) for value in _wanted(part)] if field else []
        if field is None or not wanted or None in wanted:
            continue
        if field.name == "Id":
            found = (org.store.record(entity.name, identifier) for identifier in wanted)
            return _once(record for record in found if record is not None)
        if field.name in entity.keys and not with_deleted:
            holders = (org.store.holding(entity.name, field.name, value) for value in wanted)
            return _once(chain.from_iterable(holders))
    return org.store.records(entity.name)


def _once(records: Iterable[Record]) -> Iterable[Record]:
    return {record["Id"]: record for record in records}.values()


def test_of(org: Org, entity: Entity, where: Condition) -> Test:
    """Whether a record meets a condition; refused where it can't be asked of the object."""
    if isinstance(where, Not):
        inner = test_of(org, entity, where.part)
        return lambda record: not inner(record)
    if isinstance(where, Junction):
        tests = [test_of(org, entity, part) for part in where.parts]
        joined = all if where.operator == "AND" else any
        return lambda record: joined(test(record) for test in tests)
    asked = column(org, entity, where.path)
    if not asked.field.filterable:
        message = f"field '{asked.field.name}' can not be filtered in a query call"
        raise Refusal("INVALID_FIELD", message)
    if isinstance(where, Membership):
        return _one_of(asked, {_target(asked.field, value) for value in where.values})
    return _compared(asked, where)


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


def _one_of(asked: Column, wanted: set[Any]) -> Test:
    return lambda record: asked.folded(record) in wanted


def _compared(asked: Column, where: Comparison) -> Test:
    if where.operator == "LIKE":
        return _like(asked, where.value)
    wanted = _target(asked.field, where.value)
    if where.operator == "=":
        return _one_of(asked, {wanted})
    if where.operator == "!=":
        same = _one_of(asked, {wanted})
        return lambda record: not same(record)
    holds = _OPERATORS[where.operator]

    def ordered(record: Record) -> bool:
        value = asked.folded(record)
        return value is not None and wanted is not None and holds(value, wanted)

    return ordered


def _like(asked: Column, value: Value) -> Test:
    if not asked.is_text or value.kind != "string":
        raise Refusal("INVALID_QUERY_FILTER_OPERATOR", f"{asked.field.name}: LIKE is for text")
    pattern = like_pattern(value.text)

    def like(record: Record) -> bool:
        text = asked.get(record)
        return text is not None and pattern.fullmatch(text) is not None

    return like


def _target(field: Field, value: Value) -> Any:  # noqa: ANN401 - text, number, true or false
    """What a record's folded value is compared with; refused where the literal's kind is wrong."""
    wanted = LITERALS.get(field.type, "string")
    if value.kind == "null":
        return False if wanted == "boolean" else None  # no checkbox is empty: null means unticked
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
    if field.durable:
        return plain or None
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
