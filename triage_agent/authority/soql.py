"""Every query that the page foresees, as a template: `{}` stands for a quoted value or a list.

What reads fills these; the wire guard lets nothing else pass.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from triage_agent.operating_model.action_rules import CreateAction, UpdateAction
from triage_agent.operating_model.outcome_rules import Seen
from triage_agent.operating_model.schema import Page

ORGANIZATION = "SELECT Id FROM Organization LIMIT 1"
"""Whose org it is."""

MOST_BEFORE = 2_000
"""Of how many records from before the agent's time it is measured how soon people came to them."""

MOST_FOUND = 5
"""How many records are found for somebody who looks for one."""

_HISTORIES = {"Opportunity": "OpportunityFieldHistory"}
"""Objects whose history isn't called after them."""

_TEXT = r"'(?:[^'\\]|\\.)*'"
_VALUE = rf"(?:{_TEXT}|true|false|null|-?[0-9][0-9T:.+\-Z]*)"
_FILLED = rf"(?:{_VALUE}|\({_VALUE}(?:,{_VALUE})*\))"


def new_items(page: Page) -> str:
    """The records that the page calls new; then the earliest last change and creation."""
    item = page.workflow.item
    conditions = [f"{name} = {{}}" for name in item.new_when]
    conditions += ["SystemModstamp >= {}", "CreatedDate >= {}"]
    columns = [*page.item_read.fields, *changed(page)]
    return (
        f"SELECT {_columns(columns)} FROM {item.object} "
        f"WHERE {' AND '.join(conditions)} ORDER BY CreatedDate, Id"
    )


def related(page: Page, name: str, column: str) -> str:
    """The records of another object whose column has one of some values."""
    return (
        f"SELECT {_columns([*page.reads[name].fields, column])} FROM {name} WHERE {column} IN {{}}"
    )


def named_like(page: Page) -> str | None:
    """The newest records one of whose headline's fields is like some words, if there are any."""
    headline = page.item_read.headline
    if not headline:
        return None
    like = " OR ".join(f"{name} LIKE {{}}" for name in headline)
    return f"{_named(page)} WHERE ({like}) ORDER BY CreatedDate DESC, Id DESC LIMIT {MOST_FOUND}"


def with_id(page: Page) -> str:
    """The record with an id, with what it is named by."""
    return f"{_named(page)} WHERE Id = {{}}"


def _named(page: Page) -> str:
    return f"SELECT {_columns(page.item_read.headline)} FROM {page.workflow.item.object}"


def standing(page: Page, *, merges: bool) -> str:
    """What tells whether records are still what they were, by their ids; deleted ones, too."""
    system = ["IsDeleted", *(["MasterRecordId"] if merges else [])]
    columns = [*system, *conditions(page), *page.item_read.shown_to_model, *changed(page)]
    return f"SELECT {_columns(columns)} FROM {page.workflow.item.object} WHERE Id IN {{}}"


def conditions(page: Page) -> dict[str, object]:
    """What makes a record new, as far as the agent doesn't change it by itself."""
    own = {
        name
        for rule in page.may.values()
        if isinstance(rule, UpdateAction) and rule.alone
        for name in rule.set
    }
    new_when = page.workflow.item.new_when
    return {name: value for name, value in new_when.items() if name not in own}


def changed(page: Page) -> list[str]:
    """The fields of the item's record that actions change."""
    rules = (rule for rule in page.may.values() if isinstance(rule, UpdateAction))
    return list(dict.fromkeys(name for rule in rules for name in rule.set))


def written(page: Page) -> dict[str, list[str]]:
    """The objects of whose records actions set fields, and which."""
    found: dict[str, list[str]] = {}
    for rule in page.may.values():
        if isinstance(rule, UpdateAction):
            found.setdefault(rule.update, []).extend(rule.set)
        elif isinstance(rule, CreateAction):
            found.setdefault(rule.create, []).extend(rule.set)
    return found


def values(page: Page, name: str) -> str:
    """What records of an object hold of what actions set, by their ids; deleted ones, too."""
    return f"SELECT {_columns(['IsDeleted', *written(page)[name]])} FROM {name} WHERE Id IN {{}}"


def whole(page: Page) -> dict[str, str]:
    """Every record of each object that the page reads or writes, as far as it does."""
    fields: dict[str, list[str]] = {name: list(read.fields) for name, read in page.reads.items()}
    for name, some in written(page).items():
        fields.setdefault(name, []).extend(some)
    return {name: f"SELECT {_columns(some)} FROM {name}" for name, some in fields.items()}


def oldest_first(page: Page) -> str:
    """Every record like the item's, by the time at which it was created."""
    return f"SELECT Id FROM {page.workflow.item.object} ORDER BY CreatedDate ASC"


def by_key(name: str, key: str) -> str:
    """The records of an object that carry one of some keys."""
    return f"SELECT Id, {key} FROM {name} WHERE {key} IN {{}}"


def history(name: str) -> tuple[str, str]:
    """The object that keeps another's history, and its field that names the record."""
    if name.endswith("__c"):
        return f"{name.removesuffix('c')}History", "ParentId"
    return _HISTORIES.get(name, f"{name}History"), f"{name}Id"


def changes_since(page: Page) -> str:
    """All changes of records like the item's since a moment."""
    return f"{_changes(page)} WHERE CreatedDate >= {{}}"


def changes_of(page: Page) -> str:
    """All changes of some records, by their ids."""
    return f"{_changes(page)} WHERE {history(page.workflow.item.object)[1]} IN {{}}"


def touched_since(page: Page, name: str) -> str:
    """The records of an object that were made, changed or deleted since a moment."""
    return f"{_touched(page, name, said(page, name))} WHERE SystemModstamp >= {{}}"


def naming(page: Page, seen: Seen) -> str:
    """The records that name one of some others in the field whose `created` shows something."""
    return f"{_touched(page, seen.object)} WHERE {seen.field} IN {{}}"


def created_between(page: Page) -> str:
    """The newest records like the item's, created from one moment until before another."""
    return (
        f"SELECT Id, CreatedDate FROM {page.workflow.item.object} "
        "WHERE CreatedDate >= {} AND CreatedDate < {} "
        f"ORDER BY CreatedDate DESC LIMIT {MOST_BEFORE}"
    )


def has_history(page: Page) -> bool:
    """Whether the page looks for anything that only the history of the item's object shows."""
    own = page.outcomes.of(page.workflow.item.object)
    return any(seen.changed for _, seen in own)


def shown_by(page: Page, name: str) -> dict[str, Seen]:
    """What the records of an object show by themselves, by the page's names."""
    by_history = name == page.workflow.item.object
    seen = page.outcomes.of(name)
    return {known: one for known, one in seen if not (by_history and one.changed)}


def touched(page: Page) -> list[str]:
    """The objects whose records show something by themselves."""
    named = dict.fromkeys(seen.object for seen in page.outcomes.seen_as.values())
    return [name for name in named if shown_by(page, name)]


def said(page: Page, name: str) -> list[str]:
    """The fields of an object's records that hold what people sent."""
    return [seen.said_in for seen in shown_by(page, name).values() if seen.said_in]


def keys(page: Page, name: str) -> list[str]:
    """The fields by which the agent knows records of an object as its own."""
    rules = (rule for rule in page.may.values() if isinstance(rule, CreateAction))
    return list(dict.fromkeys(rule.key for rule in rules if rule.create == name))


def _changes(page: Page) -> str:
    name, record = history(page.workflow.item.object)
    columns = [record, "Field", "OldValue", "NewValue", "CreatedById", "CreatedDate"]
    return f"SELECT {_columns(columns)} FROM {name}"


def _touched(page: Page, name: str, more: Sequence[str] = ()) -> str:
    shown = shown_by(page, name).values()
    merges = any(seen.merged for seen in shown)
    columns = [
        *("IsDeleted", *(["MasterRecordId"] if merges else [])),
        *keys(page, name),
        *(seen.field for seen in shown if seen.field),
        *more,
        *("CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate"),
    ]
    return f"SELECT {_columns(columns)} FROM {name}"


def foreseen(page: Page) -> tuple[re.Pattern[str], ...]:
    """What recognises every query that is made from one of the page's templates."""
    return tuple(map(filled, dict.fromkeys(_templates(page))))


def foreseen_with_deleted(page: Page) -> tuple[re.Pattern[str], ...]:
    """Likewise, of the queries that may see deleted records."""
    return tuple(map(filled, dict.fromkeys(_templates_with_deleted(page))))


def _templates(page: Page) -> Iterator[str]:
    yield ORGANIZATION
    yield new_items(page)
    yield created_between(page)
    yield with_id(page)
    if like := named_like(page):
        yield like
    for name, read in page.reads.items():
        yield from (related(page, name, column) for one in read.match for column in one)
    for rule in page.may.values():
        if isinstance(rule, CreateAction):
            yield by_key(rule.create, rule.key)


def _templates_with_deleted(page: Page) -> Iterator[str]:
    yield from (standing(page, merges=merges) for merges in (False, True))
    if has_history(page):
        yield from (changes_since(page), changes_of(page))
    yield from (touched_since(page, name) for name in touched(page))
    yield from (naming(page, seen) for seen in page.outcomes.seen_as.values() if seen.created)


@cache
def filled(template: str) -> re.Pattern[str]:
    """What recognises a query that is made from a template."""
    return re.compile(_FILLED.join(map(re.escape, template.split("{}"))))


def _columns(fields: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(["Id", *fields]))
