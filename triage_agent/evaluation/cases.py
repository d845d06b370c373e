"""Cases: requests as they come, each with what must become of it. One YAML file a stratum."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from triage_agent.decision.values import Value
from triage_agent.operating_model.action_rules import UpdateAction
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import UNCLEAR, Page

Answer = Literal["yes", "no"]


class ExpectedDraft(Value):
    """What a draft must use and must not say: words, in any case; `a | b` is either of them."""

    uses: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class Expected(Value):
    """The end that a case must come to; what is left out follows from the page.

    `also`: categories that are as good. `by`: the rules that may stop it, one of which must.
    `sees`: how many of the records around it are to be read, by object; none of another object.
    `tasks`: how many are made for it. `fields`: what else of its record changes, and to what.
    `hand_over`: what the message to people has to name, as `draft` does.
    """

    category: str | None = None
    also: tuple[str, ...] = ()
    escalates: Answer
    by: tuple[str, ...] = ()
    sees: dict[str, int] | None = None
    tasks: int | None = Field(None, ge=0)
    fields: dict[str, Scalar] = Field(default_factory=dict)
    draft: ExpectedDraft = ExpectedDraft()
    hand_over: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        return self.escalates == "yes"

    @property
    def categories(self) -> tuple[str, ...]:
        """All that are right; none where the case doesn't say."""
        return (self.category, *self.also) if self.category else ()


class Case(Value):
    """`fields` are the item's; `around`: the related records, by object."""

    name: str = Field(min_length=3)
    fields: dict[str, Scalar]
    around: dict[str, tuple[dict[str, Scalar], ...]] = Field(default_factory=dict)
    expect: Expected


class Placed(Value):
    """A case with its stratum: the name of its file."""

    stratum: str
    case: Case

    @property
    def key(self) -> str:
        """What no other case is called."""
        return f"{self.stratum}: {self.case.name}"


def strangers(case: Case, page: Page) -> Iterator[str]:
    """What a case names that isn't on the page: objects, fields, categories, rules."""
    expect = case.expect
    known = {*page.workflow.categories, UNCLEAR}
    for category in expect.categories:
        if category not in known:
            yield f"category {category} is none of the page's"
    rules = type(page.stops_when).model_fields
    yield from (f"{rule} is no stop rule" for rule in expect.by if rule not in rules)
    yield from (f"sees: {name} is not read" for name in expect.sees or () if name not in page.reads)
    updates = (rule for rule in page.may.values() if isinstance(rule, UpdateAction))
    written = {field for rule in updates for field in rule.set}
    for field in {*expect.fields} - written:
        yield f"fields: no action sets {field}"
    records = [(page.workflow.item.object, case.fields)]
    records += [(name, one) for name, some in case.around.items() for one in some]
    if crowded(case, page):
        yield f"around: {page.workflow.item.object} would be an item itself; make it a case"
    for name, fields in records:
        read = page.reads.get(name)
        unread = sorted({*fields} - {"Id", *(read.fields if read else ())})
        yield from (f"{name}.{field} is not read" for field in unread)


def crowded(case: Case, page: Page) -> bool:
    """Whether it holds more than the one item."""
    return page.workflow.item.object in case.around
