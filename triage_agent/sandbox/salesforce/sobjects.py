"""`sobjects/{entity}`: one record at a time, by its id or by an external id."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce import records
from triage_agent.sandbox.salesforce.call import Call
from triage_agent.sandbox.salesforce.refusals import Refusal, not_found
from triage_agent.sandbox.salesforce.schema import Entity
from triage_agent.sandbox.store import Record


def create(call: Call) -> Response:
    values = call.json_object()
    identifier = records.insert(call.org, call.entity, values, auto_assign=call.auto_assign)
    return JSONResponse(saved(identifier), HTTPStatus.CREATED)


def retrieve(call: Call) -> Response:
    record = records.existing(call.org, call.entity, call.path["id"])
    return JSONResponse(_shown(call, call.entity, record))


def change(call: Call) -> Response:
    values = call.json_object()
    if "id" in {name.lower() for name in values}:
        message = "The Id field should not be specified in the sobject data."
        raise Refusal("INVALID_FIELD", message, fields=["Id"])
    record = records.existing(call.org, call.entity, call.path["id"])
    records.update(call.org, call.entity, record, values, auto_assign=call.auto_assign)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def remove(call: Call) -> Response:
    record = records.existing(call.org, call.entity, call.path["id"])
    records.delete(call.org, call.entity, record)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def retrieve_by_key(call: Call) -> Response:
    key = records.external_key(call.entity, call.path["key"])
    found = records.keyed(call.org, call.entity, key, call.path["value"])
    if not found:
        raise not_found()
    if len(found) > 1:
        return _several(call, found)
    return JSONResponse(_shown(call, call.entity, found[0]))


def upsert(call: Call) -> Response:
    """Update the record with that key, or create it with that key."""
    entity, value = call.entity, call.path["value"]
    key = records.external_key(entity, call.path["key"])
    values = call.json_object()
    if key.name.lower() in {name.lower() for name in values}:
        message = f"The {key.name} field should not be specified in the sobject data."
        raise Refusal("INVALID_FIELD", message, fields=[key.name])
    found = records.keyed(call.org, entity, key, value)
    if len(found) > 1:
        return _several(call, found)
    identifier, created = records.upsert(
        call.org, entity, key, {**values, key.name: value}, auto_assign=call.auto_assign
    )
    status = HTTPStatus.CREATED if created else HTTPStatus.OK
    return JSONResponse({**saved(identifier), "created": created}, status)


def saved(identifier: str) -> dict[str, object]:
    return {"id": identifier, "success": True, "errors": []}


def _several(call: Call, found: list[Record]) -> Response:
    paths = [f"{call.base}/sobjects/{call.entity.name}/{record['Id']}" for record in found]
    return JSONResponse(paths, HTTPStatus.MULTIPLE_CHOICES)


def _shown(call: Call, entity: Entity, record: Record) -> dict[str, object]:
    wanted = call.query.get("fields")
    names = call.field_names(entity, wanted.split(",")) if wanted else list(entity.fields)
    if wanted and "Id" not in names:
        names.append("Id")
    return call.full(entity, record, names)
