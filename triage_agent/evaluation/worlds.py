"""Puts cases into orgs: as few as may be, and none in which one case would see another's records.

An org's content is a file of JSON lines, one a case: `{"<object>": {...fields...}, "context":
{"<object>": [...]}}`.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from triage_agent.evaluation.cases import Case, Placed
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

CREATED = "CreatedDate"
_MIDDAY = datetime(2026, 1, 1, 12, tzinfo=UTC)
_DOMAIN = re.compile(r"^(?:[a-z+]+://)?(?:.*@)?(?:www\.)?([a-z0-9.-]+\.[a-z]{2,})(?:/.*)?$")
_ADDRESS = re.compile(r"[^\s@,;]+@[^\s@]+\.[^\s@.]+")


def worlds(cases: Sequence[Placed], free_mail: Collection[str]) -> list[list[Placed]]:
    """The cases in groups, in each of which no two share an address, an id, or a domain.

    `free_mail`: domains that say nothing of whom somebody belongs to.
    """
    groups: list[tuple[set[str], list[Placed]]] = []
    for placed in cases:
        names = {*_names(placed.case, free_mail)}
        taken, group = next((one for one in groups if not one[0] & names), (set(), []))
        if not group:
            groups.append((taken, group))
        taken |= names
        group.append(placed)
    return [group for _, group in groups]


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
