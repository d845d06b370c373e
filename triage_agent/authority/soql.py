"""Every query that the page foresees, as a template: `{}` stands for a quoted value or a list.

What reads fills these; the wire guard lets nothing else pass.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from triage_agent.operating_model.schema import CreateAction, Page, UpdateAction

ORGANIZATION = "SELECT Id FROM Organization LIMIT 1"
"""Whose org it is."""

_TEXT = r"'(?:[^'\\]|\\.)*'"
_VALUE = rf"(?:{_TEXT}|true|false|null|-?[0-9][0-9T:.+\-Z]*)"
_FILLED = rf"(?:{_VALUE}|\({_VALUE}(?:,{_VALUE})*\))"


def new_items(page: Page) -> str:
    """The records that the page calls new; then the earliest last change and creation."""
    item = page.workflow.item
    conditions = [f"{name} = {{}}" for name in item.new_when]
    conditions += ["SystemModstamp >= {}", "CreatedDate >= {}"]
    return (
        f"SELECT {_columns(page.item_read.fields)} FROM {item.object} "
        f"WHERE {' AND '.join(conditions)} ORDER BY CreatedDate, Id"
    )


def related(page: Page, name: str, column: str) -> str:
    """The records of another object whose column has one of some values."""
    return (
        f"SELECT {_columns([*page.reads[name].fields, column])} FROM {name} WHERE {column} IN {{}}"
    )


def standing(page: Page, *, merges: bool) -> str:
    """What tells whether records are still what they were, by their ids; deleted ones, too."""
    system = ["IsDeleted", *(["MasterRecordId"] if merges else [])]
    columns = [*system, *conditions(page), *page.item_read.shown_to_model]
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


def by_key(name: str, key: str) -> str:
    """The records of an object that carry one of some keys."""
    return f"SELECT Id, {key} FROM {name} WHERE {key} IN {{}}"


def foreseen(page: Page) -> tuple[re.Pattern[str], ...]:
    """What recognises every query that is made from one of the page's templates."""
    return tuple(map(filled, dict.fromkeys(_templates(page))))


def foreseen_with_deleted(page: Page) -> tuple[re.Pattern[str], ...]:
    """Likewise, of the queries that may see deleted records."""
    return tuple(filled(standing(page, merges=merges)) for merges in (False, True))


def _templates(page: Page) -> Iterator[str]:
    yield ORGANIZATION
    yield new_items(page)
    for name, read in page.reads.items():
        yield from (related(page, name, column) for one in read.match for column in one)
    for rule in page.may.values():
        if isinstance(rule, CreateAction):
            yield by_key(rule.create, rule.key)


@cache
def filled(template: str) -> re.Pattern[str]:
    """What recognises a query that is made from a template."""
    return re.compile(_FILLED.join(map(re.escape, template.split("{}"))))


def _columns(fields: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(["Id", *fields]))
