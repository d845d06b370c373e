"""Writes in collections of up to 200, each row with its own result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from simple_salesforce.format import format_soql

from triage_agent.chunks import chunks
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.decision.text import clipped
from triage_agent.errors import WrongUsage
from triage_agent.operating_model.schema import (
    PLACEHOLDER,
    CreateAction,
    Page,
    Scalar,
    UpdateAction,
)

COLLECTION = 200
_KEYS = 100  # keys in one look-up: well below the longest address


@dataclass(frozen=True)
class Written:
    """One row that is there."""

    id: str


@dataclass(frozen=True)
class NotWritten:
    """One row that the org refused: its error code and the fields that it names."""

    code: str
    fields: tuple[str, ...]


Row = Written | NotWritten


class Writer:
    """Writes what the page declares, in the shape that this org takes."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._fields = cache(self._describe)

    def check(self, page: Page) -> None:
        """Compares what the page writes with the org, before anything is written.

        `WrongUsage` names the first field that isn't there for this user, or the value that its
        picklist doesn't have.
        """
        for name, rule in page.may.items():
            match rule:
                case UpdateAction():
                    self._check(name, rule.update, rule.set, "updateable")
                case CreateAction():
                    self._check(name, rule.create, rule.set, "createable")

    def _check(self, action: str, name: str, fields: Mapping[str, Scalar], may: str) -> None:
        known = self._fields(name)
        for field, written in fields.items():
            if not known.get(field, {}).get(may):
                raise WrongUsage(
                    f"operating_model.yaml: may.{action}.set.{field}: this org's {name} has no "
                    f"such field that is {may} for this user; add it or grant it",
                )
            values = _picklist(known[field])
            fixed = isinstance(written, str) and not PLACEHOLDER.search(written)
            if values and fixed and written not in values:
                raise WrongUsage(
                    f"operating_model.yaml: may.{action}.set.{field}: this org has no value "
                    f"{written!r}, but {', '.join(values)}",
                )

    def prepared(self, name: str, fields: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """The fields as they will be sent: text no longer than the org's fields are."""
        known = self._fields(name)
        return {
            field: clipped(value, known[field]["length"])
            if isinstance(value, str) and known.get(field, {}).get("length")
            else value
            for field, value in fields.items()
        }

    def update(self, name: str, rows: Sequence[tuple[str, Mapping[str, Scalar]]]) -> list[Row]:
        """Updates records by id, in order; doing it again changes nothing more."""
        records = [{"attributes": {"type": name}, "id": key, **fields} for key, fields in rows]
        return self._collection("PATCH", "composite/sobjects", records)

    def create(self, name: str, key: str, rows: Sequence[Mapping[str, Scalar]]) -> list[Row]:
        """Creates records that carry their key in the field `key`, in order.

        By key where the org allows an upsert, so that a second try finds the first one's record.
        """
        records = [{"attributes": {"type": name}, **fields} for fields in rows]
        field = self._fields(name).get(key, {})
        if field.get("externalId") and field.get("idLookup"):
            return self._collection("PATCH", f"composite/sobjects/{name}/{key}", records)
        there = self.find(name, key, [str(fields[key]) for fields in rows])
        new = [record for record in records if record[key] not in there]
        created = iter(self._collection("POST", "composite/sobjects", new) if new else ())
        return [
            Written(there[str(record[key])]) if record[key] in there else next(created)
            for record in records
        ]

    def find(self, name: str, key: str, keys: Sequence[str]) -> dict[str, str]:
        """The ids of the records that carry these keys; what isn't there is left out."""
        found: dict[str, str] = {}
        for some in chunks(keys, _KEYS):
            soql = format_soql(f"SELECT Id, {key} FROM {name} WHERE {key} IN {{}}", some)
            found |= {row[key]: row["Id"] for row in self._client.query(soql)}
        return found

    def _collection(
        self,
        method: str,
        path: str,
        records: Sequence[Mapping[str, Any]],
    ) -> list[Row]:
        body = {"allOrNone": False, "records": records}
        return [_row(result) for result in self._client.write(method, path, body)]

    def _describe(self, name: str) -> dict[str, dict[str, Any]]:
        described = self._client.get(f"sobjects/{name}/describe")
        return {field["name"]: field for field in described["fields"]}


def _row(result: Mapping[str, Any]) -> Row:
    if result["success"]:
        return Written(result["id"])
    error = result["errors"][0] if result["errors"] else {}
    return NotWritten(
        str(error.get("statusCode", "UNKNOWN_EXCEPTION")),
        tuple(map(str, error.get("fields") or ())),
    )


def _picklist(field: Mapping[str, Any]) -> list[str]:
    return [
        entry["value"] for entry in field.get("picklistValues") or () if entry.get("active", True)
    ]
