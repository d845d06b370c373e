"""Leads or cases from a file of JSON lines, with the records around them, into an empty org."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.content import parsed
from triage_agent.sandbox.salesforce import ids, records
from triage_agent.sandbox.salesforce.org import SYSTEM_DATES, Org
from triage_agent.sandbox.salesforce.refusals import Refusal
from triage_agent.sandbox.salesforce.schema import Entity, Field
from triage_agent.sandbox.salesforce.values import timestamp

SAMPLE = Path(str(files(__package__).joinpath("sample_leads.jsonl")))

_PEOPLE = ("Lead", "Contact")
"""Whom a task is about, not what."""
_ONES_OWN_ACCOUNT = ("Contact", "Opportunity", "Case")
_CONTEXT_ORDER = ("Account", "Contact", "Opportunity", "Known_Issue__c", "Lead", "Case", "Task")

Values = dict[str, Any]


class LeftOutWarning(UserWarning):
    """Some of what a leads file says has no place in the org."""


@dataclass(frozen=True)
class _Line:
    """One line: the record that it is about, of one object, then those around it, by object."""

    place: str
    object: str
    item: Values
    context: Mapping[str, Sequence[Values]]

    def records(self) -> Iterator[tuple[str, Values]]:
        """Every record of the line, each after those it may refer to; the item before its tasks."""
        for name in _CONTEXT_ORDER[:-1]:
            yield from ((name, values) for values in self.context.get(name, ()))
        yield self.object, self.item
        yield from (("Task", values) for values in self.context.get("Task", ()))


@dataclass
class _Load:
    """A load under way: how far its times and dates move, and what had to be left out."""

    org: Org
    shift: timedelta
    days: timedelta
    left_out: set[str] = field(default_factory=set)


@dataclass
class _Placed:
    """What of a line is in the org already: our ids by the line's own, and by object.

    `about`: the object of the line's item.
    """

    about: str
    by_given: dict[str, str] = field(default_factory=dict)
    by_object: dict[str, list[str]] = field(default_factory=dict)

    def add(self, entity: str, given: str, identifier: str) -> None:
        self.by_given[given] = identifier
        self.by_object.setdefault(entity, []).append(identifier)


def load(org: Org, path: Path) -> None:
    """Put a file's items and their surroundings into the org; all of them or, on an error, none.

    Dates move by one span, so that the newest item has just been created. The caller is within
    `store.changing()`. `WrongUsage` names the line; `LeftOutWarning` names what the org lacks.
    """
    lines = _read(path, {name.lower(): name for name in org.objects})
    now = datetime.now(UTC).replace(microsecond=0)
    newest = _newest(lines) or now
    under_way = _Load(org, shift=now - newest, days=now.date() - newest.date())
    for line in lines:
        try:
            _load_line(under_way, line)
        except Refusal as refusal:
            raise WrongUsage(
                f"{line.place}: {refusal.message} ({refusal.code}); correct it or take it out"
            ) from refusal
    if under_way.left_out:
        names = ", ".join(sorted(under_way.left_out))
        warnings.warn(f"{path}: left out, the org has no place for: {names}", LeftOutWarning, 2)


def _read(path: Path, names: Mapping[str, str]) -> list[_Line]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(
            f"{path}: can't be read ({error}); name a file of JSON lines in UTF-8"
        ) from error
    numbered = enumerate(text.split("\n"), start=1)
    return [_line(f"{path}:{number}", line, names) for number, line in numbered if line.strip()]


def _line(place: str, text: str, names: Mapping[str, str]) -> _Line:
    """`names`: the objects that a line may be about, by its key there."""
    try:
        content = parsed(text)
    except ValueError as error:
        raise WrongUsage(f"{place}: not JSON ({error}); each line is one JSON object") from error
    key = next((key for key in names if isinstance(content, dict) and key in content), None)
    if key is None or not isinstance(content[key], dict):
        raise WrongUsage(f'{place}: no lead and no case; write {{"lead": {{...fields...}}}}')
    context = content.get("context") or {}
    well_formed = isinstance(context, dict) and all(
        isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        for rows in context.values()
    )
    if not well_formed:
        raise WrongUsage(f'{place}: context is {{"Account": [{{...}}], "Contact": [{{...}}], ...}}')
    return _Line(place, names[key], content[key], context)


def _newest(lines: Sequence[_Line]) -> datetime | None:
    """When the newest item was created, as the file says it."""
    created = (_moment(line.item.get("CreatedDate")) for line in lines)
    return max((moment.astimezone(UTC) for moment in created if moment), default=None)


def _load_line(under_way: _Load, line: _Line) -> None:
    under_way.left_out.update(name for name in line.context if name not in _CONTEXT_ORDER)
    placed = _Placed(line.object)
    for name, values in line.records():
        given = str(values.get("Id") or "")
        whole = ids.canonical(given)
        known = under_way.org.store.record(name, whole) if whole else None
        if known is None:
            identifier = _load_record(under_way, under_way.org.objects[name], values, placed)
        elif values is line.item:
            what = f"the {name.lower()} {given}"
            raise WrongUsage(f"{line.place}: {what} is there already; take one out")
        else:
            identifier = known["Id"]
        placed.add(name, given, identifier)


def _load_record(under_way: _Load, entity: Entity, values: Values, placed: _Placed) -> str:
    clean = _clean(under_way, entity, values, placed)
    whole = ids.canonical(str(values.get("Id") or ""))
    clean.pop("Id", None)
    if whole and whole.startswith(entity.prefix):
        clean["Id"] = whole
    if "CreatedDate" in clean:
        clean = {**dict.fromkeys(SYSTEM_DATES, clean["CreatedDate"]), **clean}
    if entity.name in ("Lead", placed.about):  # nobody has taken it yet
        clean.setdefault("OwnerId", under_way.org.web_leads_queue)
    _relate(entity, clean, placed)
    return records.insert_as_admin(under_way.org, entity, clean)


def _relate(entity: Entity, values: Values, placed: _Placed) -> None:
    """What a record says nothing of belongs to what else is on its line."""
    accounts = placed.by_object.get("Account", [])
    if entity.name in _ONES_OWN_ACCOUNT and len(accounts) == 1:
        values.setdefault("AccountId", accounts[0])
    if entity.name == "Task" and not values.get("WhoId") and not values.get("WhatId"):
        column = "WhoId" if placed.about in _PEOPLE else "WhatId"
        values[column] = placed.by_object[placed.about][-1]


def _clean(under_way: _Load, entity: Entity, values: Values, placed: _Placed) -> Values:
    """The fields that the org has, dates moved and references to our ids."""
    clean: Values = {}
    for name, value in values.items():
        known = entity.named(name)
        if known is None:
            under_way.left_out.add(f"{entity.name}.{name}")
        elif value is not None and known.type == "reference":
            target = _target(under_way.org, known, str(value), placed)
            if target is None:
                under_way.left_out.add(f"{entity.name}.{name} where it names a record not here")
            else:
                clean[known.name] = target
        elif value is not None:
            clean[known.name] = _moved(under_way, known, value)
    return clean


def _target(org: Org, known: Field, value: str, placed: _Placed) -> str | None:
    whole = placed.by_given.get(value) or ids.canonical(value)
    return whole if whole and org.store.any_record(whole, known.refers_to) else None


def _moved(under_way: _Load, known: Field, value: object) -> object:
    """A date or time as far from now as it was from the newest item; anything else as it is."""
    moment = _moment(value) if known.type in ("date", "datetime") else None
    if moment is None:
        return value
    if known.type == "datetime":
        return timestamp(moment + under_way.shift)
    return (moment.date() + under_way.days).isoformat()


def _moment(value: object) -> datetime | None:
    """A date or time in any ISO form; without a zone it is UTC, without a time midnight."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
