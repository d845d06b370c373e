"""Puts cases into orgs: as few as may be, and none in which one case would see another's records.

An org's content is a file of JSON lines, one a case: `{"<object>": {...fields...}, "context":
{"<object>": [...]}}`.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from triage_agent.evaluation.cases import Case, Placed
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page, several

CREATED = "CreatedDate"
_MIDDAY = datetime(2026, 1, 1, 12, tzinfo=UTC)
_DOMAIN = re.compile(r"^(?:[a-z+]+://)?(?:.*@)?(?:www\.)?([a-z0-9.-]+\.[a-z]{2,})(?:/.*)?$")
_Found = tuple[str, str, str]
"""An object, one of its fields, and the value there by which a record is found."""
_ADDRESS = re.compile(r"[^\s@,;]+@[^\s@]+\.[^\s@.]+")


@dataclass
class _World:
    """Cases that see nothing of each other.

    `names`: what records could be known by. `seeks`: what the page looks for, for one of the
    cases; `holds`: what it would find.
    """

    cases: list[Placed]
    names: set[str]
    seeks: set[_Found]
    holds: set[_Found]

    def is_apart_from(self, other: "_World") -> bool:
        """Whether no case of either sees a record of the other."""
        seen = self.seeks & other.holds or other.seeks & self.holds
        return not (self.names & other.names or seen)

    def take_in(self, other: "_World") -> None:
        self.cases += other.cases
        self.names |= other.names
        self.seeks |= other.seeks
        self.holds |= other.holds


def worlds(cases: Sequence[Placed], page: Page, free_mail: Collection[str]) -> list[list[Placed]]:
    """The cases in groups, in none of which the page finds one case's records for another.

    Nor do two of a group share an address, an id, or a domain. `free_mail`: domains that say
    nothing of whom somebody belongs to.
    """
    found: list[_World] = []
    for placed in cases:
        case = placed.case
        alone = _World(
            [placed], {*_names(case, free_mail)}, {*_seeks(case, page)}, {*_holds(case, page)}
        )
        if world := next(filter(alone.is_apart_from, found), None):
            world.take_in(alone)
        else:
            found.append(alone)
    return [world.cases for world in found]


def _seeks(case: Case, page: Page) -> Iterator[_Found]:
    """By the item's own fields; other objects' ids are each case's own."""
    for name, read in page.reads.items():
        for column, source in (pair for one in read.match for pair in one.items()):
            for field in several(source):
                value = case.fields.get(field) if isinstance(field, str) else None
                if value is not None:
                    yield name, column, str(value).strip().casefold()


def _holds(case: Case, page: Page) -> Iterator[_Found]:
    for name, records in case.around.items():
        read = page.reads.get(name)
        columns = {column for one in read.match for column in one} if read else set()
        for record in records:
            for column in columns & {*record}:
                yield name, column, str(record[column]).strip().casefold()


def _names(case: Case, free_mail: Collection[str]) -> Iterator[str]:
    """By what the records of a case could be found from another one's: words without a space."""
    records = [case.fields, *(one for some in case.around.values() for one in some)]
    for value in (value for record in records for value in record.values()):
        if isinstance(value, str) and (word := value.strip().casefold()) and " " not in word:
            domain = _DOMAIN.match(word)
            if "@" in word or (domain is None and any(map(str.isdigit, word))):
                yield word
            if domain and domain[1] not in free_mail:
                yield domain[1]


def content(group: Sequence[Placed], page: Page) -> str:
    """What a world holds; each case's record was created a second after the one before."""
    return "".join(
        json.dumps(
            {
                page.workflow.item.object.lower(): _fields(placed.case, page, number),
                "context": placed.case.around,
            }
        )
        + "\n"
        for number, placed in enumerate(group)
    )


def _fields(case: Case, page: Page, number: int) -> Mapping[str, Scalar]:
    """What is new, as the page says it; without an address that no org would keep."""
    created = (_MIDDAY + timedelta(seconds=number)).isoformat()
    fields = {**page.workflow.item.new_when, **case.fields, CREATED: created}
    return {name: value for name, value in fields.items() if not _is_no_address(name, value)}


def _is_no_address(name: str, value: Scalar) -> bool:
    return name.endswith("Email") and isinstance(value, str) and not _ADDRESS.fullmatch(value)
