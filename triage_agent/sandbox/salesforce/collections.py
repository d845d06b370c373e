"""`composite/sobjects`: up to 200 records a request, each with its own result."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce import ids, records
from triage_agent.sandbox.salesforce.call import Call
from triage_agent.sandbox.salesforce.refusals import (
    Json,
    Refusal,
    bad_json,
    bad_reference,
    deleted,
    unknown_object,
)
from triage_agent.sandbox.salesforce.schema import Entity
from triage_agent.sandbox.salesforce.sobjects import saved
from triage_agent.sandbox.store import Record

_MOST_WRITTEN = 200
_MOST_READ = 2000

_PATH = re.compile(r"/services/data/v[^/]+/composite/sobjects(/[^/]+/[^/]+)?/?")

Act = Callable[[Any], Json]


def is_write(method: str, path: str) -> bool:
    """Whether such a request writes a collection; a path below names the key of an upsert."""
    found = _PATH.fullmatch(path)
    return found is not None and method in (("PATCH",) if found[1] else ("POST", "PATCH", "DELETE"))


def create(call: Call) -> Response:
    def act(item: dict[str, Any]) -> Json:
        entity = _entity(call, item)
        return saved(records.insert(call.org, entity, item, auto_assign=call.auto_assign))

    return _written(call, act)


def change(call: Call) -> Response:
    def act(item: dict[str, Any]) -> Json:
        entity = _entity(call, item)
        values = {name: value for name, value in item.items() if name.lower() != "id"}
        identifier = records.value_of(item, "Id")
        if not identifier:
            message = "Id not specified in an update call"
            raise Refusal("MISSING_ARGUMENT", message, fields=["Id"])
        record = _live(call, entity, str(identifier))
        records.update(call.org, entity, record, values, auto_assign=call.auto_assign)
        return saved(record["Id"])

    return _written(call, act)


def upsert(call: Call) -> Response:
    """Each record brings its key among its fields."""
    key = records.external_key(call.entity, call.path["key"])

    def act(item: dict[str, Any]) -> Json:
        entity = _entity(call, item)
        identifier, created = records.upsert(
            call.org, entity, key, item, auto_assign=call.auto_assign
        )
        return {**saved(identifier), "created": created}

    return _written(call, act, key.name)


def remove(call: Call) -> Response:
    def act(identifier: str) -> Json:
        entity = next(
            (e for e in call.org.visible.values() if identifier.startswith(e.prefix)), None
        )
        if entity is None:
            raise _malformed(identifier)
        record = _live(call, entity, identifier)
        records.delete(call.org, entity, record)
        return saved(record["Id"])

    identifiers = [part for part in call.query.get("ids", "").split(",") if part]
    all_or_none = call.query.get("allOrNone", "").lower() == "true"
    return JSONResponse(_rows(call, identifiers, act, all_or_none=all_or_none))


def retrieve(call: Call) -> Response:
    """Records by their ids in the URL; null for each that isn't there."""
    identifiers = call.query.get("ids", "").split(",")
    return _found(call, identifiers, call.query.get("fields", "").split(","))


def retrieve_posted(call: Call) -> Response:
    body = call.json_object()
    identifiers, fields = body.get("ids"), body.get("fields")
    if not isinstance(identifiers, list) or not isinstance(fields, list):
        raise bad_json("ids and fields are lists")
    return _found(call, identifiers, fields)


def _found(call: Call, identifiers: Sequence[str], fields: Sequence[str]) -> Response:
    _bound(identifiers, _MOST_READ)
    entity = call.entity
    names = list(dict.fromkeys([*call.field_names(entity, fields), "Id"]))
    found = (call.org.seen(entity.name, ids.canonical(i) or "") for i in identifiers)
    return JSONResponse(
        [
            call.full(entity, record, names) if record and not record["IsDeleted"] else None
            for record in found
        ]
    )


def _written(call: Call, act: Act, key: str = "") -> Response:
    """`key`: the external id that an upsert goes by."""
    body = call.json_object()
    items = body.get("records")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise bad_json("records is a list of objects")
    act = _once(act, key, items) if key else act
    return JSONResponse(_rows(call, items, act, all_or_none=body.get("allOrNone") is True))


def _once(act: Act, key: str, items: Sequence[dict[str, Any]]) -> Act:
    """`act` on records whose key stands in this request once; the others are all refused."""
    times = Counter(_folded(item, key) for item in items)

    def act_once(item: dict[str, Any]) -> Json:
        value = _folded(item, key)
        if value and times[value] > 1:
            message = f"Duplicate external id specified: {records.value_of(item, key)}"
            raise Refusal("DUPLICATE_VALUE", message, fields=[key])
        return act(item)

    return act_once


def _folded(item: dict[str, Any], key: str) -> str:
    return str(records.value_of(item, key) or "").lower()


def _rows(call: Call, items: Sequence[Any], act: Act, *, all_or_none: bool) -> list[Json]:
    _bound(items, _MOST_WRITTEN)
    before = call.org.store.changes
    bad = call.bad_row
    at = bad.of(len(items)) if bad else None
    rows = [
        bad.refusal.as_row() if bad and number == at else _row(act, item)
        for number, item in enumerate(items)
    ]
    if all_or_none and not all(row["success"] for row in rows):
        call.org.store.take_back(before)
        return [_rolled_back().as_row() if row["success"] else row for row in rows]
    return rows


def _row(act: Act, item: Any) -> Json:  # noqa: ANN401 - an id or a record, as the request has it
    try:
        return act(item)
    except Refusal as refusal:
        return refusal.as_row()


def _bound(items: Sequence[Any], most: int) -> None:
    if len(items) > most:
        message = f"record limit reached. cannot submit more than {most} records into this call"
        raise Refusal("EXCEEDED_ID_LIMIT", message)


def _entity(call: Call, item: dict[str, Any]) -> Entity:
    attributes = item.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise Refusal("INVALID_TYPE", "attributes.type names the object of each record")
    entity = call.org.entity(name)
    if entity is None:
        raise unknown_object(name)
    return entity


def _live(call: Call, entity: Entity, identifier: str) -> Record:
    whole = ids.canonical(identifier)
    if whole is None or not whole.startswith(entity.prefix):
        raise _malformed(identifier)
    record = call.org.seen(entity.name, whole)
    if record is None:
        raise bad_reference()
    if record["IsDeleted"]:
        raise deleted()
    return record


def _malformed(identifier: str) -> Refusal:
    message = f"Record ID: id value of incorrect type: {identifier}"
    return Refusal("MALFORMED_ID", message, fields=["Id"])


def _rolled_back() -> Refusal:
    return Refusal(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using "
        "AllOrNone header",
    )
