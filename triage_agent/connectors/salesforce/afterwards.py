"""Reads what people made of records: changes from their history, all else from how they stand now.

Deleted records are read, too, and histories of deleted ones. What the page names is all that is
asked for, in a query an object and one for the history.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from simple_salesforce.format import format_soql

from triage_agent.authority import soql
from triage_agent.chunks import chunks
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.decision.outcomes import Changed, Rows, Touched
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

_IDS = 400  # in one query: well below the longest address
Row = Mapping[str, Any]


def rows_since(client: SalesforceClient, page: Page, since: datetime) -> Rows:
    """All that has happened to records of the page's objects since a moment."""
    history = [soql.changes_since(page)] if soql.has_history(page) else []
    objects = soql.touched(page)
    templates = [*history, *(soql.touched_since(page, name) for name in objects)]
    asked = [format_soql(one, since.astimezone(UTC)) for one in templates]
    return _rows(client, page, asked, objects)


def created_between(
    client: SalesforceClient, page: Page, first: datetime, last: datetime
) -> dict[str, datetime]:
    """When records like the item's were created, by id: the newest of a span of time."""
    span = (first.astimezone(UTC), last.astimezone(UTC))
    rows = client.query(format_soql(soql.created_between(page), *span))
    return {row["Id"]: _moment(row["CreatedDate"]) for row in rows}


def rows_about(client: SalesforceClient, page: Page, records: Sequence[str]) -> Rows:
    """What has ever happened to some records, by ids: their changes, and what names them."""
    history = [soql.changes_of(page)] if soql.has_history(page) else []
    names = [seen for seen in page.outcomes.seen_as.values() if seen.created]
    templates = [*history, *(soql.naming(page, seen) for seen in names)]
    some = list(chunks(records, _IDS))
    asked = [format_soql(template, ids) for template in templates for ids in some]
    return _rows(client, page, asked, [seen.object for seen in names for _ in some])


def _rows(client: SalesforceClient, page: Page, asked: list[str], objects: Sequence[str]) -> Rows:
    """What queries find: those of the last ones are of these objects, the others of the history."""
    answers = client.queries(asked, with_deleted=True)
    split = len(answers) - len(objects)
    return Rows(
        changes=[_changed(page, row) for rows in answers[:split] for row in rows],
        records=[
            touched
            for name, rows in zip(objects, answers[split:], strict=True)
            for touched in _touched(page, name, rows)
        ],
    )


def _changed(page: Page, row: Row) -> Changed:
    _, record = soql.history(page.workflow.item.object)
    return Changed(
        record_id=row[record],
        field=row["Field"],
        was=_text(row["OldValue"]),
        became=_text(row["NewValue"]),
        by=row["CreatedById"],
        at=_moment(row["CreatedDate"]),
    )


def _touched(page: Page, name: str, rows: Sequence[Row]) -> Iterator[Touched]:
    keys = soql.keys(page, name)
    fields = [seen.field for seen in soql.shown_by(page, name).values() if seen.field]
    said = soql.said(page, name)
    for row in rows:
        values: dict[str, Scalar] = {field: row[field] for field in fields}
        values |= {field: row[field] for field in said if field in row}
        yield Touched(
            object=name,
            id=row["Id"],
            key=next((row[key] for key in keys if row[key]), None),
            deleted=row["IsDeleted"],
            merged=bool(row.get("MasterRecordId")),
            fields=values,
            created_by=row["CreatedById"],
            created_at=_moment(row["CreatedDate"]),
            by=row["LastModifiedById"],
            at=_moment(row["LastModifiedDate"]),
        )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
