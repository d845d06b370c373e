"""The gate: may this action be carried out? A pure function of page and action.

Rules are asked in order; each may refuse or pass on. An action that none of them has allowed is
refused by the last line.
"""

from collections.abc import Callable
from dataclasses import dataclass

from triage_agent.decision.actions import (
    Action,
    CreateRecord,
    PostHandOver,
    UpdateRecord,
    WriteDraft,
)
from triage_agent.decision.item import Item
from triage_agent.operating_model.action_rules import (
    RECORD_OWNER,
    ActionRule,
    CreateAction,
    DraftAction,
    PostAction,
    UpdateAction,
    WritesRecords,
    allowed,
    is_fixed,
)
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.loading import OperatingModel


@dataclass(frozen=True)
class Allowed:
    """The page gives this action; `line` says where."""

    line: str


@dataclass(frozen=True)
class Refused:
    """The page doesn't give this action; `line` says which part of it decided."""

    line: str
    reason: str


@dataclass(frozen=True)
class NeedsApproval:
    """The page gives this action only on the word of `who`: a team, the owner or the deputy."""

    line: str
    who: str


Verdict = Allowed | NeedsApproval | Refused


@dataclass(frozen=True)
class Request:
    """An action, the item that it is for, and whether that item has stopped."""

    action: Action
    item: Item
    stopped: bool


def judge(request: Request, model: OperatingModel) -> Verdict:
    """The page's verdict on an action."""
    for rule in _RULES:
        if verdict := rule(request, model):
            return verdict
    return Refused(model.line("may"), "no rule of the page allows it")


def _never(request: Request, model: OperatingModel) -> Verdict | None:
    name = request.action.name
    if name in model.page.never:
        return Refused(model.line("never"), f"{name} is never allowed")
    return None


def _declared(request: Request, model: OperatingModel) -> Verdict | None:
    name = request.action.name
    if name not in model.page.may:
        return Refused(model.line("may"), f"the page has no action {name}")
    return None


def _in_time(request: Request, model: OperatingModel) -> Verdict | None:
    name = request.action.name
    when = model.page.may[name].when
    actual = "stopped" if request.stopped else "settled"
    if when not in ("always", actual):
        return Refused(model.line("may", name, "when"), f"it is for {when} items, this is {actual}")
    return None


def _within_declaration(request: Request, model: OperatingModel) -> Verdict | None:
    """Allows exactly the action that is declared, on the item's own record and team."""
    action = request.action
    rule = model.page.may[action.name]
    if reason := _exceeds(action, rule, request.item):
        return Refused(model.line("may", action.name), reason)
    if rule.alone == "yes":
        return Allowed(model.line("may", action.name))
    if isinstance(rule, WritesRecords) and rule.ask:
        return NeedsApproval(model.line("may", action.name, "ask"), rule.ask.who)
    return None


def _exceeds(action: Action, rule: ActionRule, item: Item) -> str | None:
    match action, rule:
        case UpdateRecord(), UpdateAction():
            if (action.object, action.record_id) != (rule.update, item.record.id):
                return "it is for another record than the item's own"
            return _beyond(action.fields, rule)
        case CreateRecord(), CreateAction():
            return _creates_beyond(action, rule, item)
        case PostHandOver(), PostAction():
            return _posts_beyond(action, rule, item)
        case WriteDraft(), DraftAction():
            return None
        case _:
            return f"the page declares another kind of action as {action.name}"


def _creates_beyond(action: CreateRecord, rule: CreateAction, item: Item) -> str | None:
    if (action.object, action.key_field) != (rule.create, rule.key):
        return f"it creates another record than a {rule.create} marked by {rule.key}"
    if action.fields.get(rule.key) != f"{item.id}.{action.name}":
        return f"{rule.key} is not the key of this item"
    return _beyond(action.fields, rule) or _stranger(action.fields, rule, item)


def _posts_beyond(action: PostHandOver, rule: PostAction, item: Item) -> str | None:
    content = action.hand_over
    if action.team != rule.post_to:
        return f"it is for another team than {rule.post_to}"
    if (content.item_id, content.record_id) != (item.id, item.record.id):
        return "it hands over another item"
    if content.assignee not in {member.slack for member in item.page.teams[action.team].members}:
        return "its assignee is nobody of the team"
    return None


def _beyond(fields: dict[str, Scalar], rule: WritesRecords) -> str | None:
    """Only declared fields, and of values that the page spells out only those."""
    for name, value in fields.items():
        if name not in rule.set:
            return f"{name} is not among its fields"
        values = allowed(rule, name)
        if is_fixed(rule.set[name]) and value not in values:
            return f"{name} must be {' or '.join(map(repr, values))}"
    return None


def _stranger(fields: dict[str, Scalar], rule: CreateAction, item: Item) -> str | None:
    """A record may be given only to those whom the page names."""
    allowed = {item.owner} if RECORD_OWNER in rule.for_ else set()
    for receiver in rule.for_:
        if receiver != RECORD_OWNER:
            allowed |= {member.salesforce for member in item.page.teams[receiver].members}
    for name, written in rule.set.items():
        if written == "<assignee>" and fields.get(name) not in allowed - {None}:
            return f"{name} is nobody whom the page names"
        if written == "<record_id>" and fields.get(name) != item.record.id:
            return f"{name} is another record than the item's own"
    return None


_RULES: tuple[Callable[[Request, OperatingModel], Verdict | None], ...] = (
    _never,
    _declared,
    _in_time,
    _within_declaration,
)
