"""Record types: which there are of an object, and which values its picklists have in each."""

from typing import Any

from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce import ids
from triage_agent.sandbox.salesforce.call import Call
from triage_agent.sandbox.salesforce.refusals import not_found
from triage_agent.sandbox.salesforce.schema import Entity

Json = dict[str, Any]

_MASTER = "012000000000000AAA"
"""The record type that every object has: that of records which have no other."""


def infos(call: Call, entity: Entity) -> list[Json]:
    """The record types as describe lists them; one of them is what new records get."""
    own = entity.record_type
    master = _info(call, entity, "Master", _MASTER, default=own is None)
    return [master, *([_info(call, entity, own.name, _own_id(call), default=True)] if own else ())]


def picklist_values(call: Call) -> Response:
    """The values that a field may have in records of a record type."""
    entity = call.entity
    field = entity.named(call.path["field"])
    own = entity.record_type
    known = {_MASTER, _own_id(call)} if own else {_MASTER}
    asked = ids.canonical(call.path["record_type"])
    if field is None or field.type != "picklist" or asked not in known:
        raise not_found()
    values = [
        _value(value) for value in field.values if asked == _MASTER or entity.takes(field, value)
    ]
    default = next((value for value in values if value["value"] == field.default), None)
    path = f"{call.base}/ui-api/object-info/{entity.name}/picklist-values/{asked}/{field.name}"
    return JSONResponse(
        {"controllerValues": {}, "defaultValue": default, "url": path, "values": values}
    )


def _own_id(call: Call) -> str:
    return ids.mint("012", call.org.pod, 1)


def _info(call: Call, entity: Entity, name: str, identifier: str, *, default: bool) -> Json:
    path = f"{call.base}/sobjects/{entity.name}/describe/layouts/{identifier}"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": default,
        "developerName": name,
        "master": identifier == _MASTER,
        "name": name,
        "recordTypeId": identifier,
        "urls": {"layout": path},
    }


def _value(value: str) -> Json:
    return {"attributes": None, "label": value, "validFor": [], "value": value}
