"""Reads what the page allows: new records in pages, and what stands around them in batches.

The queries are templates that come from the page; values are quoted by the vendor's own formatter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from simple_salesforce.format import format_soql

from triage_agent.authority import soql
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.decision.item import Record, mail_domain
from triage_agent.operating_model.kinds import DomainOf, Scalar
from triage_agent.operating_model.schema import Page, several

LONGEST_QUERY = 12_000  # characters once quoted: a GET address may have about 16,000
RECORDS_EACH = 20  # related records of one object that are kept for an item


@dataclass
class Surroundings:
    """What was found around one record, and by which of its fields."""

    looked_at: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


@dataclass(frozen=True)
class NewRecord:
    """A record that is new. `before`: what the fields hold that the page's actions change."""

    record: Record
    before: dict[str, Scalar]


def new_records(client: SalesforceClient, page: Page, now: datetime) -> list[NewRecord]:
    """All records that the page calls new, oldest first.

    The window looks at the last change, not at creation: a record can appear late, or become
    new later.
    """
    source, first = page.workflow.item, page.workflow.begins
    changed = (now - source.look_back).astimezone(UTC)
    values = (*source.new_when.values(), changed, first.astimezone(UTC))
    fields, written = page.item_read.fields, soql.changed(page)

    def new_record(row: Mapping[str, Any]) -> NewRecord:
        before = {name: row.get(name) for name in written}
        return NewRecord(_record(source.object, fields, row), before)

    return client.shaped(format_soql(soql.new_items(page), *values), new_record)


def surroundings(
    client: SalesforceClient,
    page: Page,
    records: Sequence[Record],
    free_mail: frozenset[str],
) -> dict[str, Surroundings]:
    """What the page reads around some records, in a handful of queries; by record id."""
    around = {record.id: Surroundings() for record in records}
    lookups = {
        name: [_lookup(page, name, alternative, free_mail) for alternative in read.match]
        for name, read in page.reads.items()
    }
    missing = {name: list(records) for name in lookups}
    while ready := [some.pop(0) for some in _unblocked(lookups)]:
        searches = [_Search(lookup, missing[lookup.object], around) for lookup in ready]
        answers = iter(client.queries([query for search in searches for query in search.queries]))
        for search in searches:
            rows = [row for some in islice(answers, len(search.queries)) for row in some]
            missing[search.lookup.object] = list(search.placed(rows))
    order = list(page.reads)
    for found in around.values():
        found.records.sort(key=lambda record: order.index(record.object))
    return around


def _unblocked(lookups: Mapping[str, list["_Lookup"]]) -> list[list["_Lookup"]]:
    """The objects whose next alternative rests on nothing that is still being looked for."""
    return [some for some in lookups.values() if some and not any(map(lookups.get, some[0].after))]


@dataclass(frozen=True)
class _Lookup:
    """One alternative of one object's `match`."""

    object: str
    fields: list[str]
    column: str
    template: str
    sources: Sequence[str | DomainOf]
    free_mail: frozenset[str]

    @property
    def after(self) -> list[str]:
        """The objects that have to be found first; none where the item's own fields suffice."""
        paths = [source for source in self.sources if isinstance(source, str)]
        return [other for path in paths if (other := path.rpartition(".")[0])]

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys([*self.fields, self.column]))

    def wanted(self, record: Record, around: Surroundings) -> list[str]:
        """The values of which the column must have one to belong to this record."""
        return [value for source in self.sources for value in self._values(source, record, around)]

    def _values(
        self, source: str | DomainOf, record: Record, around: Surroundings
    ) -> Iterable[str]:
        if isinstance(source, DomainOf):
            domain = mail_domain(record.fields.get(source.domain_of))
            return _websites(domain) if domain and domain not in self.free_mail else []
        other, dot, name = source.rpartition(".")
        rows = [found for found in around.records if found.object == other] if dot else [record]
        return [str(value) for row in rows if (value := row.value(name))]

    def describes(self) -> str:
        """`Account by Website`: what the timeline says was looked at."""
        return f"{self.object} by {self.column}"


def _lookup(
    page: Page,
    name: str,
    alternative: Mapping[str, str | list[str] | DomainOf],
    free_mail: frozenset[str],
) -> _Lookup:
    ((column, source),) = alternative.items()
    template = soql.related(page, name, column)
    fields = [*page.reads[name].fields]
    return _Lookup(name, fields, column, template, several(source), free_mail)


class _Search:
    """A lookup for some records: its queries, and where what they find belongs."""

    def __init__(
        self,
        lookup: _Lookup,
        records: Sequence[Record],
        around: Mapping[str, Surroundings],
    ) -> None:
        self.lookup, self._around = lookup, around
        self._wanted = [(record, lookup.wanted(record, around[record.id])) for record in records]
        values = dict.fromkeys(value for _, some in self._wanted for value in some)
        self.queries = [format_soql(lookup.template, some) for some in _short_enough(list(values))]

    def placed(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Record]:
        """Adds what was found to its records; yields the records for which nothing was."""
        lookup = self.lookup
        by_value: dict[str, list[Record]] = {}
        for row in rows:
            found = _record(lookup.object, lookup.columns, row)
            by_value.setdefault(str(found.value(lookup.column)).casefold(), []).append(found)
        for record, some in self._wanted:
            matches = {f.id: f for value in some for f in by_value.get(value.casefold(), ())}
            around = self._around[record.id]
            if some:
                around.looked_at.append(lookup.describes())
            around.records += list(matches.values())[:RECORDS_EACH]
            if not matches:
                yield record


def _short_enough(values: list[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    length = 0
    for value in values:
        size = len(quote(format_soql("{},", value)))
        if chunk and length + size > LONGEST_QUERY:
            yield chunk
            chunk, length = [], 0
        chunk.append(value)
        length += size
    if chunk:
        yield chunk


def _record(name: str, fields: Sequence[str], row: Mapping[str, Any]) -> Record:
    values = {field: row.get(field) for field in fields if field != "Id"}
    return Record(object=name, id=row["Id"], fields=values)


def _websites(domain: str) -> list[str]:
    """How a domain is written in a website field; a LIKE would time out in a large org."""
    hosts = [domain, f"www.{domain}"]
    return [*hosts, *(f"{scheme}://{host}" for scheme in ("https", "http") for host in hosts)]
