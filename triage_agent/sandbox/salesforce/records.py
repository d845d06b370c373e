"""Inserting, updating and deleting a record, with everything the platform checks and does unasked.

Each function changes the store or raises a `Refusal`; callers are within `store.changing()`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from triage_agent.sandbox.salesforce import history, ids
from triage_agent.sandbox.salesforce.org import Org, now
from triage_agent.sandbox.salesforce.refusals import Refusal, bad_reference, deleted, not_found
from triage_agent.sandbox.salesforce.schema import Entity, Field, RuleKind
from triage_agent.sandbox.salesforce.values import kept
from triage_agent.sandbox.store import Record

Values = Mapping[str, Any]

_REFUSED_BY: Mapping[RuleKind, str] = {
    "ApexTrigger": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "DuplicateRule": "DUPLICATES_DETECTED",
    "FlowDefinitionView": "CANNOT_EXECUTE_FLOW_TRIGGER",
    "ValidationRule": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
}


def insert(org: Org, entity: Entity, values: Values, *, auto_assign: bool) -> str:
    """A new record from a request's fields; its id."""
    _permit(entity, "create")
    fresh = _accepted(org, entity, values)
    whole = org.objects[entity.name]
    _require(whole, {**defaults(whole), **fresh})
    _check_own_rules(org, whole)
    record = completed(org, whole, fresh, auto_assign=auto_assign)
    _check_rules(org, whole, record, changed=record)
    org.store.put(entity.name, record)
    history.tell(org, whole, record, history.CREATED)
    return str(record["Id"])


def insert_as_admin(org: Org, entity: Entity, values: Values) -> str:
    """A record as a data load brings it: system fields as given, picklists and owners free.

    Nor is anything required, nor does history tell of it: an org holds records that are older than
    its rules, and than the tracking of its fields.
    """
    record = completed(org, entity, checked(org, entity, values), auto_assign=False)
    _check_rules(org, entity, record, changed=dict.fromkeys(entity.keys))
    org.store.put(entity.name, record)
    return str(record["Id"])


def update(org: Org, entity: Entity, record: Record, values: Values, *, auto_assign: bool) -> None:
    """Change some fields of a live record."""
    check_access(org, entity, record, "edit")
    if record.get("IsConverted"):
        raise converted()
    changed = _accepted(org, entity, values)
    whole = org.objects[entity.name]
    _require(whole, {**changed, **_untouched(whole, changed)})
    _check_own_rules(org, whole)
    after = {**record, **changed, **dict(org.stamps(now()))}
    if auto_assign and entity.name == "Lead":
        after["OwnerId"] = org.reassigned(record["OwnerId"])
    after.update(worked_out(whole, after))
    _check_rules(org, whole, after, changed=changed)
    org.store.put(entity.name, after)
    history.tell_changes(org, whole, record, after)


def delete(org: Org, entity: Entity, record: Record) -> None:
    """Into the recycle bin, with its history: gone for queries, there for `queryAll`."""
    check_access(org, entity, record, "delete")
    org.store.put(entity.name, {**record, "IsDeleted": True, **dict(org.stamps(now()))})
    history.discard(org, entity, record)


def upsert(
    org: Org, entity: Entity, key: Field, values: Values, *, auto_assign: bool
) -> tuple[str, bool]:
    """Update the one record that has the key's value, or insert one; its id, and whether new."""
    value = value_of(values, key.name)
    if value is None:
        message = f"{key.name} not specified"
        raise Refusal("MISSING_ARGUMENT", message, fields=[key.name])
    found = keyed(org, entity, key, value)
    if len(found) > 1:
        raise Refusal("DUPLICATE_EXTERNAL_ID", f"{key.name}: more than one record found", fields=())
    if not found and key.name == "Id":
        raise bad_reference()
    if not found:
        return insert(org, entity, values, auto_assign=auto_assign), True
    rest = {name: value for name, value in values.items() if name.lower() != key.name.lower()}
    update(org, entity, found[0], rest, auto_assign=auto_assign)
    return str(found[0]["Id"]), False


def value_of(values: Values, name: str) -> object:
    """What a request says of a field, whose name may stand there in any case."""
    return next((value for known, value in values.items() if known.lower() == name.lower()), None)


def keyed(org: Org, entity: Entity, key: Field, value: object) -> list[Record]:
    """The live records that have this value in a field that an upsert may go by."""
    if key.name != "Id":
        found = org.store.holding(entity.name, key.name, value)
        return [record for record in found if org.sees(entity.name, record)]
    record = org.seen(entity.name, ids.canonical(str(value)) or "")
    return [record] if record and not record["IsDeleted"] else []


def existing(org: Org, entity: Entity, identifier: str) -> Record:
    """The live record of that id; a `Refusal` says whether it is deleted or never was."""
    whole = ids.canonical(identifier)
    record = org.seen(entity.name, whole) if whole else None
    if record is None:
        raise not_found()
    if record["IsDeleted"]:
        raise deleted()
    return record


def external_key(entity: Entity, name: str) -> Field:
    """The field that an upsert may go by."""
    field = entity.named(name)
    if field is None or not (field.external_id or field.name == "Id"):
        raise Refusal(
            "NOT_FOUND",
            f"Provided external ID field does not exist or is not accessible: {name}",
            status=404,
        )
    return field


def defaults(entity: Entity) -> Values:
    return {name: f.default for name, f in entity.fields.items() if f.default is not None}


def completed(org: Org, entity: Entity, values: Values, *, auto_assign: bool) -> dict[str, Any]:
    """A new record with all that the platform adds: id, dates, owner, defaults, derived fields."""
    at = now()
    record = {
        "Id": values.get("Id") or org.next_id(entity.name),
        **defaults(entity),
        "CreatedDate": at,
        "CreatedById": org.running_user,
        **dict(org.stamps(at)),
        **values,
    }
    if auto_assign and entity.name == "Lead":
        record["OwnerId"] = org.reassigned(None)
    elif "OwnerId" in entity.fields and not record.get("OwnerId"):
        record["OwnerId"] = org.owner_of_new(entity.name, record)
    record.update(worked_out(entity, record))
    return record


def worked_out(entity: Entity, record: Record) -> Iterator[tuple[str, Any]]:
    """The fields that follow from others: full names, closed and won, since when."""
    for name, parts in entity.composed.items():
        words = [record[part] for part in parts if record.get(part)]
        if words:
            yield name, " ".join(words)
    flags = {flag: record.get(source) in vs for flag, (source, vs) in entity.follows.items()}
    yield from flags.items()
    for moment, flag in entity.dated.items():
        since = record.get(moment) or record["LastModifiedDate"]
        yield moment, since if flags[flag] else None


def checked(org: Org, entity: Entity, values: Values) -> dict[str, Any]:
    """Fields and values as the record keeps them: known, of their type, references that exist."""
    clean: dict[str, Any] = {}
    for name, value in values.items():
        field = entity.named(name)
        if field is None:
            message = f"No such column '{name}' on sobject of type {entity.name}"
            raise Refusal("INVALID_FIELD", message)
        clean[field.name] = kept(field, value)
        if field.type == "reference" and clean[field.name] is not None:
            _check_reference(org, field, clean[field.name])
    return clean


def _permit(entity: Entity, action: str) -> None:
    if action not in entity.actions:
        raise no_access()


def check_access(org: Org, entity: Entity, record: Record, action: str) -> None:
    """Refuses what the running user may not do with the object, or with this record of it."""
    _permit(entity, action)
    if not org.may_change(entity.name, record):
        raise no_access()


def no_access() -> Refusal:
    message = "insufficient access rights on object id"
    return Refusal("INSUFFICIENT_ACCESS_OR_READONLY", message, fields=())


def _accepted(org: Org, entity: Entity, values: Values) -> dict[str, Any]:
    clean = checked(org, entity, {k: v for k, v in values.items() if k != "attributes"})
    locked = [name for name in clean if not entity.fields[name].writable]
    if locked:
        raise Refusal(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(locked)}. Please check the security "
            "settings of this field and verify that it is read/write for your profile or "
            "permission set.",
            fields=locked,
        )
    for name, value in clean.items():
        _check_picklist(entity, entity.fields[name], value)
        _check_access(org, entity.fields[name], value)
    return clean


def _check_picklist(entity: Entity, field: Field, value: object) -> None:
    if field.restricted and value is not None and not entity.takes(field, str(value)):
        raise Refusal(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label}: bad value for restricted picklist field: {value}",
            fields=[field.name],
        )


def _check_reference(org: Org, field: Field, identifier: str) -> None:
    allowed = [org.objects[name] for name in field.refers_to]
    if not any(identifier.startswith(entity.prefix) for entity in allowed):
        message = f"{field.label}: id value of incorrect type: {identifier}"
        raise Refusal("MALFORMED_ID", message, fields=[field.name])
    found = org.store.any_record(identifier, field.refers_to)
    if found is None:
        raise bad_reference()
    if found[1]["IsDeleted"]:
        raise deleted()


def _check_access(org: Org, field: Field, value: object) -> None:
    """Who may not read a record can't refer to it either."""
    found = org.store.any_record(str(value), field.refers_to) if value else None
    if found and not (found[0] in org.visible and org.sees(*found)):
        message = f"insufficient access rights on cross-reference id: {value}"
        raise Refusal("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, fields=())


def _require(entity: Entity, values: Values) -> None:
    missing = [
        name for name, field in entity.fields.items() if field.required and values.get(name) is None
    ]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise Refusal("REQUIRED_FIELD_MISSING", message, fields=missing)


def _untouched(entity: Entity, changed: Values) -> Values:
    """What an update doesn't name can't be missing in it."""
    return {name: True for name in entity.fields if name not in changed}


def _check_rules(org: Org, entity: Entity, record: Record, *, changed: Values) -> None:
    if "OwnerId" in changed:
        _check_owner(org, entity, record["OwnerId"])
    if entity.name == "Task":
        _check_task(org, record, changed)
    for key in entity.keys:
        if key in changed and entity.fields[key].unique:
            _check_unique(org, entity, key, record)


def _check_own_rules(org: Org, entity: Entity) -> None:
    """What an administrator put on the object may refuse what the platform would take."""
    for rule in org.rules:
        if rule.entity == entity.name and rule.refuses:
            raise Refusal(_REFUSED_BY[rule.kind], f"{rule.name}: not accepted", fields=())


def _check_owner(org: Org, entity: Entity, owner: str | None) -> None:
    user = org.store.record("User", owner) if owner else None
    if owner is None or (user is not None and not user["IsActive"]):
        raise Refusal(
            "INACTIVE_OWNER_OR_USER",
            f"operation performed with inactive user [{owner}] as owner of {entity.name.lower()}",
            fields=(),
        )


def _check_task(org: Org, task: Record, changed: Values) -> None:
    lead = org.store.record("Lead", task.get("WhoId") or "")
    if lead and "WhoId" in changed and lead["IsConverted"]:
        raise converted()
    if lead and task.get("WhatId"):
        message = "Related To ID: a task about a lead is related to nothing else"
        raise Refusal("FIELD_INTEGRITY_EXCEPTION", message, fields=["WhatId"])


def converted() -> Refusal:
    return Refusal("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", fields=())


def _check_unique(org: Org, entity: Entity, key: str, record: Record) -> None:
    for other in org.store.holding(entity.name, key, record.get(key)):
        if other["Id"] != record["Id"]:
            raise Refusal(
                "DUPLICATE_VALUE",
                f"duplicate value found: {key} duplicates value on record with id: {other['Id']}",
                fields=(),
            )
