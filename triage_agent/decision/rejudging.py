"""What a page decided about an item, and what of it another page decides otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from triage_agent.decision.actions import CreateRecord, Message, UpdateRecord
from triage_agent.decision.events import Happened
from triage_agent.decision.review_events import Asked, Released
from triage_agent.decision.states import Verdict
from triage_agent.decision.story import Story
from triage_agent.decision.values import Value
from triage_agent.operating_model.action_rules import WritesRecords, placeholders
from triage_agent.operating_model.schema import Page

OF_THE_MODEL = frozenset({"summary", "draft", "confidence"})
"""What the model words anew whenever it is asked: that these differ says nothing of a page."""


class Decision(Value):
    """What a page decides: the category, the rules that fire, and of each action its verdict."""

    category: str
    rules: tuple[str, ...]
    actions: dict[str, Verdict]

    @property
    def is_stopped(self) -> bool:
        return bool(self.rules)


@dataclass(frozen=True)
class Comparison:
    """An item, what was decided about it, and what another page would have decided.

    `differs`: the category, rules, actions, and fields of records that are otherwise. `untold`:
    why it can't be told.
    """

    item: str
    record_id: str | None
    was: Decision | None = None
    would: Decision | None = None
    differs: tuple[str, ...] = ()
    untold: str | None = None


def as_decided(events: Iterable[Happened]) -> Story:
    """The story as far as the agent decided by itself: before it asked anybody, or was told."""
    own = takewhile(lambda one: not isinstance(one.event, Asked | Released), events)
    return Story.of(own)


def as_received(events: Iterable[Happened]) -> Story:
    """The story before anything was decided, with every answer that has been paid for since."""
    return Story.of(one for one in events if one.event.kind in ("Received", "Read", "ModelCalled"))


def decision(story: Story) -> Decision | None:
    """What was decided; None where nothing has been yet."""
    if story.planned is None or story.category is None:
        return None
    rules = tuple(dict.fromkeys(rule.rule for rule in story.rules))
    return Decision(category=story.category, rules=rules, actions=dict(story.verdicts))


def differences(was: Story, would: Story, page: Page) -> Iterator[str]:
    """What of two decisions is otherwise, by name; `page` is the one that made the second."""
    then, now = decision(was), decision(would)
    assert then
    assert now
    if then.category != now.category:
        yield "category"
    if {*then.rules} != {*now.rules}:
        yield "rules"
    for name in dict.fromkeys([*then.actions, *now.actions]):
        if then.actions.get(name) != now.actions.get(name):
            yield name
        elif name in was.actions and name in would.actions:
            yield from _fields(was, would, name, page)


def _fields(was: Story, would: Story, name: str, page: Page) -> Iterator[str]:
    """What one action does otherwise: the fields that it sets, or whom it is for."""
    then, now, rule = was.actions[name], would.actions[name], page.may[name]
    if isinstance(now, Message):
        if isinstance(then, Message) and then.team != now.team:
            yield f"{name}.team"
    elif isinstance(now, UpdateRecord | CreateRecord) and isinstance(then, type(now)):
        assert isinstance(rule, WritesRecords)
        worded = {
            field for field in rule.set if placeholders({field: rule.set[field]}) & OF_THE_MODEL
        }
        for field in dict.fromkeys([*then.fields, *now.fields]):
            if field not in worded and then.fields.get(field) != now.fields.get(field):
                yield f"{name}.{field}"
