"""What a sender claims, held against what the records say."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from triage_agent.decision.item import Item, Record
from triage_agent.decision.likeness import differ, names
from triage_agent.decision.missing import is_filler
from triage_agent.decision.output import spaced
from triage_agent.decision.patterns import NONE, PatternFile
from triage_agent.decision.text import excerpt, normalised
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.stop_rules import Conflict

VALUE, AT_LEAST = "value", "at_least"
"""Groups of a claim's pattern: what it names, and of what there are at least so many."""


class Contradiction(NamedTuple):
    """A claim that a record speaks against; `quote` is None where a field makes the claim."""

    claim: str
    quote: str | None
    fact: str


class Said(NamedTuple):
    """What is claimed, by which words or field; a number can be a part of what is meant."""

    value: Scalar
    quote: str | None
    by: str
    at_least: bool = False


def contradictions(item: Item, patterns: PatternFile, text: str) -> Iterator[Contradiction]:
    """Every claim of the item that its records speak against; `text` is normalised already."""
    for conflict in item.page.stops_when.conflicting_information.conflicts:
        if _is_explained(conflict, patterns, text):
            continue
        if conflict.differs_from:
            claimed = chain(_named(conflict, patterns, text), _given(item, conflict, patterns))
            yield from _differing(item, conflict, patterns, claimed)
        elif quote := patterns.claims.get(conflict.claim, NONE).first_hit(text):
            yield from _against(item, conflict, quote)


def contradictions_of(
    item: Item, patterns: PatternFile, conflict: Conflict, text: str, quote: str
) -> Iterator[Contradiction]:
    """Likewise of one claim that somebody else has found in the text, with these words."""
    if _is_explained(conflict, patterns, text):
        return
    if conflict.differs_from:
        claimed = _named(conflict, patterns, normalised(quote))
        yield from _differing(item, conflict, patterns, claimed)
    else:
        yield from _against(item, conflict, quote)


def _is_explained(conflict: Conflict, patterns: PatternFile, text: str) -> bool:
    """Whether the sender says what would explain another value."""
    explained = conflict.unless and patterns.claims.get(conflict.unless, NONE).first_hit(text)
    return bool(explained)


def _named(conflict: Conflict, patterns: PatternFile, text: str) -> Iterator[Said]:
    """What the text names, each with the first words that do."""
    named: set[tuple[str, str]] = set()
    for pattern in patterns.claims.get(conflict.claim, NONE):
        for found in pattern.expression.finditer(text):
            for group, value in found.groupdict().items():
                if value and (group, value) not in named:
                    named.add((group, value))
                    quote = excerpt(text, found.start(), found.end())
                    yield Said(value, quote, "they write", group == AT_LEAST)


def _given(item: Item, conflict: Conflict, patterns: PatternFile) -> Iterator[Said]:
    """What the item's own fields name, taken together."""
    values = [item.record.fields.get(name) for name in conflict.given_in]
    there = [one for one in values if one is not None and not _is_empty(one, patterns)]
    if there:
        whole = there[0] if len(there) == 1 else " ".join(map(str, there))
        fields = " ".join(map(spaced, conflict.given_in))
        yield Said(whole, None, f"{fields} of the {spaced(item.record.object)} says")


def _is_empty(value: Scalar, patterns: PatternFile) -> bool:
    return isinstance(value, str) and is_filler(value, patterns)


def _against(item: Item, conflict: Conflict, quote: str) -> Iterator[Contradiction]:
    """What speaks against a claim that needs no value."""
    for place, values in conflict.values.items():
        name, _, field = place.partition(".")
        records = [one for one in item.records(name) if one.fields.get(field) is not None]
        speaking = [one for one in records if one.fields[field] in values]
        if conflict.contradicted_by and records and speaking == records:
            yield from (_contradiction(conflict, quote, one, field) for one in records[:1])
        elif conflict.confirmed_by and not speaking:
            yield from _unconfirmed(item, conflict, quote, place, records)


def _unconfirmed(
    item: Item, conflict: Conflict, quote: str, place: str, records: list[Record]
) -> Iterator[Contradiction]:
    """A claim that no record bears out, where such a record would have been found."""
    name, _, field = place.partition(".")
    if records:
        yield _contradiction(conflict, quote, records[0], field)
    elif around := next(_around(item, name), None):
        fact = f"{spaced(around.object)} {around.id}: there is no {spaced(name)} with it"
        yield Contradiction(conflict.claim, quote, fact)


def _around(item: Item, name: str) -> Iterator[Record]:
    """The records by which those of an object are looked for."""
    for _, source in item.page.reads[name].sources:
        if not isinstance(source, str):
            continue
        other, dot, _ = source.partition(".")
        if dot:
            yield from item.records(other)
        elif item.record.value(source):
            yield item.record


def _contradiction(conflict: Conflict, quote: str, record: Record, field: str) -> Contradiction:
    return Contradiction(conflict.claim, quote, _on_record(record, field))


def _differing(
    item: Item, conflict: Conflict, patterns: PatternFile, claimed: Iterable[Said]
) -> Iterator[Contradiction]:
    """The first value that all records which can be compared with it speak against."""
    recorded = [
        (record, field)
        for record, field in _reached(item, conflict.differs_from or "")
        if record.fields.get(field) not in (None, "")
    ]
    for said in claimed if recorded else ():
        judged = [(_speaks_against(one, said, patterns), one) for one in recorded]
        against = [one for unlike, one in judged if unlike]
        agreed = any(unlike is False for unlike, _ in judged)
        if against and not agreed and not _is_told(item, conflict, patterns, said):
            yield _unlike(conflict, said, *against[0])
            return


def _speaks_against(one: tuple[Record, str], said: Said, patterns: PatternFile) -> bool | None:
    record, field = one
    return differ(said.value, record.fields[field], patterns, at_least=said.at_least)


def _unlike(conflict: Conflict, said: Said, record: Record, field: str) -> Contradiction:
    told = f"{_on_record(record, field)}; {said.by} {_shown(said.value)}"
    return Contradiction(conflict.claim, said.quote, told)


def _reached(item: Item, path: str) -> Iterator[tuple[Record, str]]:
    """The records and the field at the end of a path; over a reference, if there is one."""
    name, *over, field = path.split(".")
    for record in item.records(name):
        if not over:
            yield record, field
            continue
        target = record.fields.get(over[0])
        yield from ((other, field) for other in item.related if other.id == target)


def _is_told(item: Item, conflict: Conflict, patterns: PatternFile, said: Said) -> bool:
    """Whether a record knows of what is claimed, and so explains it."""
    return any(
        names(value, said.value, patterns)
        for name in conflict.unless_told_in
        for record in item.records(name)
        for value in record.fields.values()
    )


def _on_record(record: Record, field: str) -> str:
    return f"{spaced(record.object)} {record.id}: {spaced(field)} is {_shown(record.fields[field])}"


def _shown(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
