"""Looks at how an org is set up for the credentials in use; changes nothing.

Much of it is hidden from a user who may do little. What can't be seen is named, never guessed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from simple_salesforce.format import format_soql

from triage_agent.authority import inspection
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.connectors.salesforce.writing import active_values
from triage_agent.errors import NotLetIn, OutsidePage, Rejected

Row = Mapping[str, Any]

RIGHTS = {
    "ModifyAllData": "change and delete every record of the org",
    "ViewAllData": "see every record of the org",
    "ManageUsers": "create users and change their rights",
    "AssignPermissionSets": "give permission sets, also to itself",
    "ManageProfilesPermissionsets": "change what profiles and permission sets allow",
    "ManageSharing": "change who sees which records",
    "CustomizeApplication": "change the org's set-up",
    "ModifyMetadata": "deploy changes of the org's set-up",
    "AuthorApex": "write code that runs in the org",
    "ViewSetup": "look at the org's set-up",
    "DataExport": "export all data",
    "BulkApiHardDelete": "delete records for good",
    "TransferAnyEntity": "hand any record to another owner",
    "TransferAnyLead": "hand any lead to another owner",
    "TransferAnyCase": "hand any case to another owner",
    "ConvertLeads": "convert leads",
    "EmailSingle": "send e-mail",
    "EmailMass": "send e-mail to many",
}
"""User permissions beyond what any page needs, by API name, and what each would let it do."""

NEEDED = frozenset({"ApiEnabled", "ActivitiesAccess", "EditTask", "EditEvent"})
"""User permissions that a page can need."""

BY_RIGHT = {"Task": "EditTask", "Event": "EditEvent"}
"""Objects that a user permission opens, not object permissions."""

OPEN = frozenset({"User", "Group", "Organization"})
"""Objects that no permission set opens or closes."""

BUSINESS = (
    "Account", "Asset", "Campaign", "Case", "Contact", "Contract", "Lead", "Opportunity", "Order",
    "Pricebook2", "Product2", "Quote", "Solution",
)  # fmt: skip
"""Standard objects that hold a business's records; custom ones count as well."""


SHARED, HISTORY = "permissions beyond sharing", "which fields have a history"
"""What may stand in `OrgSeen.unseen` and matters to whoever judges the rest."""


@dataclass(frozen=True)
class FieldSeen:
    """A field as describe shows it to these credentials.

    `securable`: whether a permission set can hide it; only as a whole with what else is `part_of`
    the same, as of an address. `required`: a new record needs it. `key`: records can be upserted
    by it. `values`: a picklist's active values, else empty.
    """

    name: str
    may_create: bool
    may_edit: bool
    securable: bool
    part_of: str | None
    required: bool
    key: bool
    values: tuple[str, ...]


@dataclass(frozen=True)
class ObjectSeen:
    """An object likewise. `record_type`: the name of that which new records get, if there are any.

    `lacks`: of a field, the picklist values which that record type doesn't have.
    """

    name: str
    may: frozenset[str]
    fields: Mapping[str, FieldSeen]
    record_type: str | None = None
    lacks: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """Something that the org does by itself when a record is saved."""

    kind: str
    object: str
    name: str


@dataclass(frozen=True)
class OrgSeen:
    """All that could be seen. `views_all`, `changes_all`: objects whose sharing doesn't matter.

    `tracked`: the item's fields that have a history. `users`: those asked for that are active, by
    the first fifteen characters of their ids. `unseen`: what was looked for and is hidden
    from these credentials.
    """

    id: str
    objects: Mapping[str, ObjectSeen]
    others: Mapping[str, frozenset[str]]
    rights: frozenset[str]
    models: Mapping[str, str]
    tracked: frozenset[str]
    users: frozenset[str]
    rules: Sequence[Rule]
    views_all: frozenset[str]
    changes_all: frozenset[str]
    unseen: Sequence[str]


def inspect(
    client: SalesforceClient, names: Sequence[str], item: str, users: Sequence[str]
) -> OrgSeen:
    """What these credentials may do with some objects, and what the org does by itself."""
    look = _Look(client)
    org = client.org()
    entities = look.rows("how records are shared", inspection.ENTITIES, list(names))
    shared = look.shared()
    histories = look.rows(HISTORY, inspection.HISTORIES, item)
    return OrgSeen(
        id=org,
        objects={name: seen for name in names if (seen := look.described(name))},
        others=look.others(names),
        rights=look.rights(),
        models={row["QualifiedApiName"]: row["InternalSharingModel"] for row in entities},
        tracked=frozenset(r["QualifiedApiName"] for r in histories if r["IsFieldHistoryTracked"]),
        users=frozenset(
            row["Id"][:15] for row in look.rows("who is active", inspection.USERS, list(users))
        ),
        rules=[*look.rules({row["DurableId"]: row["QualifiedApiName"] for row in entities})],
        views_all=_with(shared, "PermissionsViewAllRecords"),
        changes_all=_with(shared, "PermissionsModifyAllRecords"),
        unseen=look.unseen,
    )


class _Look:
    """Questions to an org; what these credentials may not ask is kept in `unseen`."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self.unseen: list[str] = []

    def rows(self, what: str, template: str, value: object) -> Sequence[Row]:
        """The answer to a query; none where it may not be asked."""
        return self._may_be_hidden(what, partial(self._query, template, value)) or []

    def described(self, name: str) -> ObjectSeen | None:
        """What describe shows of an object; None where these credentials don't see it."""
        described = _unless_refused(lambda: self._client.get(f"sobjects/{name}/describe"))
        if described is None:
            return None
        fields = {row["name"]: _field(row) for row in described["fields"]}
        chosen = _new_records_type(described)
        return ObjectSeen(
            name=name,
            may=_may(described),
            fields=fields,
            record_type=chosen["name"] if chosen else None,
            lacks=dict(self._lacking(name, chosen, fields.values())) if chosen else {},
        )

    def _lacking(
        self, name: str, chosen: Row, fields: Iterable[FieldSeen]
    ) -> Iterator[tuple[str, frozenset[str]]]:
        path = f"ui-api/object-info/{name}/picklist-values/{chosen['recordTypeId']}"
        for one in fields:
            if not one.values:
                continue
            found = _unless_refused(partial(self._client.get, f"{path}/{one.name}"))
            if found and (gone := {*one.values} - {row["value"] for row in found["values"]}):
                yield one.name, frozenset(gone)

    def others(self, names: Sequence[str]) -> dict[str, frozenset[str]]:
        """The business's objects that are none of these, each with what may be done there."""
        return {
            row["name"]: _may(row)
            for row in self._client.get("sobjects")["sobjects"]
            if row["name"] not in names
            and row["queryable"]
            and not row.get("customSetting")
            and (row["name"] in BUSINESS or row["name"].endswith("__c"))
        }

    def rights(self) -> frozenset[str]:
        """The user permissions that we know and that this user has."""
        known = {f"Permissions{name}" for name in (*RIGHTS, *NEEDED)}
        what = "the user's permissions"
        described = self._may_be_hidden(
            what, lambda: self._client.get("sobjects/UserPermissionAccess/describe")
        )
        columns = [row["name"] for row in (described or {"fields": []})["fields"]]
        asked = inspection.RIGHTS.format(", ".join(name for name in columns if name in known))
        rows = self._may_be_hidden(what, lambda: self._client.query(asked)) if described else []
        return frozenset(
            name.removeprefix("Permissions")
            for row in rows or []
            for name, given in row.items()
            if name in known and given
        )

    def shared(self) -> Sequence[Row]:
        """The object permissions of whatever is assigned to this user."""
        identity = str(self._client.get("").get("identity", ""))
        sets = self.rows(SHARED, inspection.ASSIGNED, identity.rpartition("/")[2])
        if not sets:
            return []
        ids = [row["PermissionSetId"] for row in sets]
        return self.rows(SHARED, inspection.OBJECT_RIGHTS, ids)

    def rules(self, names: Mapping[str, str]) -> Iterator[Rule]:
        """What happens when a record of these objects is saved; `names` by durable id."""
        for kind, template, name, place in (
            ("duplicate rule", inspection.DUPLICATE_RULES, "DeveloperName", "SobjectType"),
            ("trigger", inspection.TRIGGERS, "Name", "TableEnumOrId"),
            ("flow", inspection.FLOWS, "ApiName", "TriggerObjectOrEventId"),
        ):
            for row in self.rows(f"{kind}s", template, list({*names, *names.values()})):
                yield Rule(kind, names.get(row[place], row[place]), row[name])
        for kind, template, name, place in (
            ("workflow rule", inspection.WORKFLOW_RULES, "Name", "TableEnumOrId"),
            (
                "validation rule",
                inspection.VALIDATION_RULES,
                "ValidationName",
                "EntityDefinitionId",
            ),
        ):
            for row in self._tooling(f"{kind}s", template, names):
                yield Rule(kind, names.get(row[place], row[place]), row[name])

    def _tooling(self, what: str, template: str, values: Iterable[str]) -> Sequence[Row]:
        asked = urlencode({"q": format_soql(template, list(values))})
        found = self._may_be_hidden(what, lambda: self._client.get(f"tooling/query?{asked}"))
        rows: Sequence[Row] = found["records"] if found else []
        return rows

    def _query(self, template: str, value: object) -> Sequence[Row]:
        return self._client.query(format_soql(template, value))

    def _may_be_hidden(self, what: str, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON
        answer = _unless_refused(ask)
        if answer is None and what not in self.unseen:
            self.unseen.append(what)
        return answer


def _unless_refused(ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - JSON
    """An answer; None where these credentials may not ask."""
    try:
        return ask()
    except (NotLetIn, OutsidePage):
        raise
    except Rejected:
        return None


def _may(described: Row) -> frozenset[str]:
    given = {"create": "createable", "edit": "updateable", "delete": "deletable"}
    return frozenset(name for name, flag in given.items() if described[flag])


def _field(row: Row) -> FieldSeen:
    """`permissionable` is what describe calls a field that a permission set can hide."""
    return FieldSeen(
        name=row["name"],
        may_create=row["createable"],
        may_edit=row["updateable"],
        securable=row.get("permissionable", False),
        part_of=row.get("compoundFieldName"),
        required=row["createable"] and not row["nillable"] and not row["defaultedOnCreate"],
        key=row["externalId"] and row["idLookup"],
        values=tuple(active_values(row)),
    )


def _new_records_type(described: Row) -> Row | None:
    """The record type that a new record gets, unless there is none but the master."""
    types: Sequence[Row] = described.get("recordTypeInfos", ())
    return next((t for t in types if t["defaultRecordTypeMapping"] and not t["master"]), None)


def _with(rows: Sequence[Row], permission: str) -> frozenset[str]:
    return frozenset(row["SobjectType"] for row in rows if row[permission])
