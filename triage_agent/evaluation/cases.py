"""Cases: requests as they come, each with what must become of it. One YAML file a stratum."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from triage_agent.decision.values import Value
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import UNCLEAR, Page


class Expected(Value):
    """The end that a case must come to; `by`: one of the rules that may stop it."""

    category: str | None = None
    escalates: Literal["yes", "no"]
    by: tuple[str, ...] = ()


class Case(Value):
    """`fields` are the item's; `around`: the related records, by object."""

    name: str = Field(min_length=3)
    fields: dict[str, Scalar]
    around: dict[str, tuple[dict[str, Scalar], ...]] = Field(default_factory=dict)
    expect: Expected


def strangers(case: Case, page: Page) -> Iterator[str]:
    """What a case names that isn't on the page: objects, fields, categories, rules."""
    known = {*page.workflow.categories, UNCLEAR, None}
    if case.expect.category not in known:
        yield f"category {case.expect.category} is none of the page's"
    rules = type(page.stops_when).model_fields
    yield from (f"{rule} is no stop rule" for rule in case.expect.by if rule not in rules)
    records = [(page.workflow.item.object, case.fields)]
    records += [(name, one) for name, some in case.around.items() for one in some]
    for name, fields in records:
        read = page.reads.get(name)
        unread = sorted({*fields} - {"Id", *(read.fields if read else ())})
        yield from (f"{name}.{field} is not read" for field in unread)
