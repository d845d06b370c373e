"""Writes in collections of up to 200, each row with its own result."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

from simple_salesforce.format import format_soql

from triage_agent.authority import soql
from triage_agent.chunks import chunks
from triage_agent.connectors.salesforce.client import Part, SalesforceClient
from triage_agent.connectors.salesforce.rereading import Standing, standing
from triage_agent.decision.item import Record
from triage_agent.decision.text import clipped
from triage_agent.errors import WrongUsage
from triage_agent.operating_model.action_rules import (
    CreateAction,
    UpdateAction,
    WritesRecords,
    allowed,
    is_fixed,
)
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

COLLECTION = 200
_COLLECTIONS = "composite/sobjects"
_REFERENCE = "@{"
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
Fields = Mapping[str, Scalar]


@dataclass(frozen=True)
class Updates:
    """Records of one object to be changed: their ids and fields; `approved`: by somebody."""

    object: str
    rows: Sequence[tuple[str, Fields]]
    approved: bool = False


@dataclass(frozen=True)
class Creates:
    """Records of one object to be created, each with its key in the field `key`; likewise."""

    object: str
    key: str
    rows: Sequence[Fields]
    approved: bool = False


@dataclass(frozen=True)
class _Way:
    """How a collection is written; `there`: the ids of rows that need no writing any more."""

    method: str
    path: str
    records: Sequence[Mapping[str, Any]]
    there: Sequence[str | None] | None = None

    def part(self) -> Part:
        return Part(self.method, self.path, {"allOrNone": False, "records": self.records})

    def told(self, results: Sequence[Row]) -> list[Row]:
        """Each row's result, those among them that were there before."""
        if self.there is None:
            return list(results)
        new = iter(results)
        return [Written(known) if known else next(new) for known in self.there]


class Writer:
    """Writes what the page declares, in the shape that this org takes."""

    def __init__(
        self,
        client: SalesforceClient,
        approving: Callable[[Sequence[Mapping[str, Any]]], AbstractContextManager[None]] = (
            lambda _rows: nullcontext()
        ),
    ) -> None:
        """`approving` has the wire let the rows pass that somebody has approved, for as long."""
        self._client, self._approving = client, approving
        self._fields = cache(self._describe)

    def check(self, page: Page) -> None:
        """Compares what the page writes with the org, before anything is written.

        `WrongUsage` names the first field that isn't there for this user, or the value that its
        picklist doesn't have.
        """
        for name, rule in page.may.items():
            match rule:
                case UpdateAction():
                    self._check(name, rule.update, rule, "updateable")
                case CreateAction():
                    self._check(name, rule.create, rule, "createable")

    def _check(self, action: str, name: str, rule: WritesRecords, may: str) -> None:
        known = self._fields(name)
        for field in rule.set:
            if not known.get(field, {}).get(may):
                raise WrongUsage(
                    f"operating_model.yaml: may.{action}.set.{field}: this org's {name} has no "
                    f"such field that is {may} for this user; add it or grant it",
                )
            values = active_values(known[field])
            for place, one in _spelled_out(rule, field) if values else ():
                if one not in values:
                    raise WrongUsage(
                        f"operating_model.yaml: may.{action}.{place}.{field}: this org has no "
                        f"value {one!r}, but {', '.join(values)}",
                    )

    def prepared(self, name: str, fields: Fields) -> dict[str, Scalar]:
        """The fields as they will be sent: text no longer than the org's fields are."""
        known = self._fields(name)
        return {
            field: clipped(value, known[field]["length"])
            if isinstance(value, str) and known.get(field, {}).get("length")
            else value
            for field, value in fields.items()
        }

    def write(self, collections: Sequence[Updates | Creates]) -> list[list[Row]]:
        """Writes several collections in one request; each row's result, in order.

        `AnswerLost` where any of it may be there. Doing it again changes and creates nothing more.
        """
        ways = [self._way(collection) for collection in collections]
        full = [way for way in ways if way.records]
        pairs = zip(collections, ways, strict=True)
        approved = [row for collection, way in pairs if collection.approved for row in way.records]
        with self._approving(approved):
            answers = iter(self._sent(full))
        return [way.told(next(answers) if way.records else []) for way in ways]

    def _way(self, collection: Updates | Creates) -> "_Way":
        """By key where the org allows an upsert, so that a second try finds the first's record."""
        name = collection.object
        if isinstance(collection, Updates):
            records = [{**_typed(name, fields), "id": key} for key, fields in collection.rows]
            return _Way("PATCH", _COLLECTIONS, records)
        key = collection.key
        records = [_typed(name, fields) for fields in collection.rows]
        field = self._fields(name).get(key, {})
        if field.get("externalId") and field.get("idLookup"):
            return _Way("PATCH", f"{_COLLECTIONS}/{name}/{key}", records)
        found = self.find(name, key, [str(record[key]) for record in records])
        there = [found.get(str(record[key])) for record in records]
        new = [record for record, known in zip(records, there, strict=True) if not known]
        return _Way("POST", _COLLECTIONS, new, there)

    def _sent(self, ways: Sequence["_Way"]) -> list[list[Row]]:
        """What a composite request would read as a reference travels in one of its own."""
        parts = [way.part() for way in ways]
        if len(parts) > 1 and _REFERENCE not in json.dumps([part.body for part in parts]):
            answers = self._client.write_together(parts)
        else:
            answers = [self._client.write(part.method, part.path, part.body) for part in parts]
        return [[_row(result) for result in answer] for answer in answers]

    def standing(self, page: Page, records: Sequence[Record]) -> dict[str, Standing]:
        """How these records stand at this moment, by id."""
        merges = "MasterRecordId" in self._fields(page.workflow.item.object)
        return standing(self._client, page, records, merges=merges)

    def find(self, name: str, key: str, keys: Sequence[str]) -> dict[str, str]:
        """The ids of the records that carry these keys; what isn't there is left out."""
        found: dict[str, str] = {}
        for some in chunks(keys, _KEYS):
            asked = format_soql(soql.by_key(name, key), some)
            found |= {row[key]: row["Id"] for row in self._client.query(asked)}
        return found

    def _describe(self, name: str) -> dict[str, dict[str, Any]]:
        described = self._client.get(f"sobjects/{name}/describe")
        return {field["name"]: field for field in described["fields"]}


def _spelled_out(rule: WritesRecords, field: str) -> Iterator[tuple[str, Scalar]]:
    """The values that the page itself gives a field, each with where it stands there."""
    if is_fixed(rule.set[field]):
        first, *others = allowed(rule, field)
        yield from (("set", first), *(("ask.instead", one) for one in others))
    if isinstance(rule, CreateAction) and field in rule.undo.set:
        yield "undo.set", rule.undo.set[field]


def _typed(name: str, fields: Fields) -> dict[str, Any]:
    return {"attributes": {"type": name}, **fields}


def _row(result: Mapping[str, Any]) -> Row:
    if result["success"]:
        return Written(result["id"])
    error = result["errors"][0] if result["errors"] else {}
    return NotWritten(
        str(error.get("statusCode", "UNKNOWN_EXCEPTION")),
        tuple(map(str, error.get("fields") or ())),
    )


def active_values(field: Mapping[str, Any]) -> list[str]:
    """The values of a described picklist that may be chosen; empty for any other field."""
    return [
        entry["value"] for entry in field.get("picklistValues") or () if entry.get("active", True)
    ]
