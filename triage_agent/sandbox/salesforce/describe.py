"""`sobjects` and `describe`: what there is, in the words of the API."""

from typing import Any

from starlette.responses import JSONResponse, Response

from triage_agent.sandbox.salesforce import record_types, setup
from triage_agent.sandbox.salesforce.call import Call
from triage_agent.sandbox.salesforce.schema import Entity, Field


def everything(call: Call) -> Response:
    objects = [_summary(call, entity) for entity in call.org.visible.values()]
    return JSONResponse({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})


def one(call: Call) -> Response:
    entity = setup.entity(call.org, call.path["entity"]) or call.entity
    fields = [_described(entity, field) for field in entity.fields.values()]
    types = record_types.infos(call, entity)
    return JSONResponse({**_summary(call, entity), "fields": fields, "recordTypeInfos": types})


def _summary(call: Call, entity: Entity) -> dict[str, Any]:
    path = f"{call.base}/sobjects/{entity.name}"
    urls = {"sobject": path, "describe": f"{path}/describe", "rowTemplate": f"{path}/{{ID}}"}
    return {
        "name": entity.name,
        "label": entity.name,
        "keyPrefix": entity.prefix,
        "custom": entity.name.endswith("__c"),
        "createable": "create" in entity.actions,
        "updateable": "edit" in entity.actions,
        "deletable": "delete" in entity.actions,
        "queryable": True,
        "retrieveable": True,
        "urls": urls,
    }


def _described(entity: Entity, field: Field) -> dict[str, Any]:
    is_key = field.name == "Id"
    values = [_choice(value, field) for value in field.values]
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "length": field.length,
        "precision": field.precision,
        "scale": field.scale,
        "nillable": not (field.required or field.defaulted or is_key or field.type == "boolean"),
        "createable": field.writable and "create" in entity.actions,
        "updateable": field.writable and "edit" in entity.actions,
        "permissionable": field.permissionable,
        "compoundFieldName": field.secured_by,
        "custom": field.name.endswith("__c"),
        "externalId": field.external_id,
        "idLookup": field.external_id or is_key,
        "unique": field.unique,
        "filterable": field.filterable,
        "sortable": field.filterable,
        "defaultedOnCreate": field.default is not None or field.defaulted or field.read_only,
        "defaultValue": field.default,
        "restrictedPicklist": field.restricted,
        "picklistValues": values,
        "referenceTo": list(field.refers_to),
        "relationshipName": field.relationship,
    }


def _choice(value: str, field: Field) -> dict[str, Any]:
    return {
        "active": True,
        "defaultValue": value == field.default,
        "label": value,
        "value": value,
    }
