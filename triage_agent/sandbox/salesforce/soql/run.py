"""Answering a parsed query: which records, in which order, in which shape."""

from collections.abc import Callable, Sequence
from typing import Any

from triage_agent.sandbox.salesforce.org import Org
from triage_agent.sandbox.salesforce.refusals import Refusal, malformed_query, unknown_object
from triage_agent.sandbox.salesforce.schema import Entity, Field
from triage_agent.sandbox.salesforce.soql.columns import Column, column, parent_of, relation_of
from triage_agent.sandbox.salesforce.soql.conditions import candidates, test_of
from triage_agent.sandbox.salesforce.soql.grammar import COUNT, FUNCTIONS, Order, Query
from triage_agent.sandbox.store import Record

Row = dict[str, Any]

_MOST_WITH_FIELDS = 200
_MOST_OFFSET = 2000


def entity_of(org: Org, query: Query) -> Entity:
    """The object that a query reads, its name in any case."""
    entity = org.entity(query.entity)
    if entity is None:
        raise unknown_object(query.entity)
    return entity


def matching(org: Org, entity: Entity, query: Query, *, with_deleted: bool) -> list[Record]:
    """The records that a query selects, in its order."""
    test = test_of(org, entity, query.where) if query.where else None
    found = [
        record
        for record in candidates(org, entity, query.where, with_deleted=with_deleted)
        if (with_deleted or not record["IsDeleted"])
        and (test is None or test(record))
        and org.sees(entity.name, record)
    ]
    for order in reversed(query.order):
        found = _sorted(found, order, column(org, entity, order.path))
    if query.offset > _MOST_OFFSET:
        message = f"Maximum SOQL offset allowed is {_MOST_OFFSET}"
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", message)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def shaped(org: Org, entity: Entity, query: Query, base: str) -> Callable[[Record], Row]:
    """How a record becomes a row of the answer; `base`: the path that sobjects are under."""
    paths = _paths(entity, query)
    columns = [(relation_of(org, entity, path), column(org, entity, path)) for path in paths]

    def row(record: Record) -> Row:
        shape: Row = {"attributes": _attributes(base, entity.name, record["Id"])}
        for relation, chosen in columns:
            place = _nested(org, base, shape, relation, record) if relation else shape
            if place is not None:
                place[chosen.field.name] = chosen.get(record)
        return shape

    return row


def _nested(org: Org, base: str, shape: Row, relation: Field, record: Record) -> Row | None:
    """The record referred to, beside the record's own fields; null where there is none."""
    name = str(relation.relationship)
    if name not in shape:
        found = parent_of(org, relation, record)
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


def _sorted(records: list[Record], order: Order, by: Column) -> list[Record]:
    if not by.field.filterable:
        message = f"field '{by.field.name}' can not be sorted in a query call"
        raise Refusal("INVALID_FIELD", message)
    nulls = [record for record in records if by.get(record) is None]
    rest = [record for record in records if by.get(record) is not None]
    rest.sort(key=by.folded, reverse=order.descending)
    return rest + nulls if order.nulls_last else nulls + rest
