"""From a judged item to the actions that the page foresees for it."""

from collections.abc import Iterator
from datetime import datetime

from triage_agent.decision.actions import (
    Action,
    CreateRecord,
    PostHandOver,
    UpdateRecord,
    WriteDraft,
)
from triage_agent.decision.assessment import Assessment
from triage_agent.decision.hand_over import deeds, hand_over
from triage_agent.decision.item import Item
from triage_agent.decision.output import defused, readable
from triage_agent.decision.replies import lacking, not_to
from triage_agent.decision.review_events import Released
from triage_agent.decision.stops import Stop
from triage_agent.decision.values import Value
from triage_agent.operating_model.action_rules import (
    PLACEHOLDER,
    RECORD_OWNER,
    CreateAction,
    DraftAction,
    PostAction,
    UpdateAction,
)
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import UNCLEAR, Member, Page
from triage_agent.operating_model.working_time import due


class Judged(Value):
    """All that is known of an item once the stop rules have spoken."""

    received_at: datetime
    assessment: Assessment | None
    stops: tuple[Stop, ...]
    released: Released | None = None
    draft: str | None = None
    done: tuple[str, ...] = ()

    def category(self, page: Page) -> str:
        """The page's category, or 'unclear' for everything else; whoever released it knows best."""
        if self.released:
            return self.released.category
        known = self.assessment and self.assessment.category in page.workflow.categories
        return self.assessment.category if known and self.assessment else UNCLEAR

    @property
    def outcome(self) -> str:
        return "stopped" if self.stops else "settled"


def draft_wanted(item: Item, judged: Judged) -> WriteDraft | None:
    """The action that writes a reply, where the item is settled and nothing speaks against one."""
    if judged.stops or without_draft(item, judged):
        return None
    names = (name for name, _ in item.page.actions(DraftAction))
    return next((WriteDraft(name=name) for name in names), None)


def without_draft(item: Item, judged: Judged) -> str | None:
    """Why a settled item gets no draft, for whoever gets its task; None: it gets one."""
    category = item.page.workflow.categories.get(judged.category(item.page))
    if category is None or category.reply == "none":
        return "the operating model foresees no reply to this kind of request"
    if reasons := not_to(item):
        return f"they are not to be written to: {', '.join(reasons)}"
    lacks = lacking(item, judged.assessment) if judged.assessment else {}
    if lacks and item.page.workflow.promising_but_incomplete == "task":
        return f"the request doesn't say all that an answer needs: {' '.join(lacks.values())}"
    return None


def plan(item: Item, judged: Judged) -> tuple[Action, ...]:
    """The actions that follow, in the page's order; drafts come before, by `draft_wanted`."""
    return tuple(_planned(item, judged))


def _planned(item: Item, judged: Judged) -> Iterator[Action]:
    page = item.page
    category = page.workflow.categories.get(judged.category(page))
    for name, rule in page.may.items():
        if rule.when not in ("always", judged.outcome):
            continue
        match rule:
            case UpdateAction():
                yield UpdateRecord(
                    name=name,
                    object=rule.update,
                    record_id=item.record.id,
                    fields=_filled(rule.set, _values(item, judged, name)),
                )
            case CreateAction() if category and category.task == "yes":
                values = _values(item, judged, name)
                assignee = (judged.released and judged.released.salesforce) or _receiver(item, rule)
                due_date = _due_date(item, judged, rule)
                yield CreateRecord(
                    name=name,
                    object=rule.create,
                    fields=_filled(
                        rule.set,
                        {**values, "assignee": assignee, "due_date": due_date},
                    ),
                    key_field=rule.key,
                )
            case PostAction():
                taker = _taker(item, rule.post_to)
                done = deeds(page, judged.done)
                content = hand_over(item, judged.stops, judged.assessment, taker, done)
                yield PostHandOver(name=name, team=rule.post_to, hand_over=content)


def _values(item: Item, judged: Judged, action: str) -> dict[str, Scalar]:
    said = judged.assessment
    return {
        **item.record.fields,
        "category": judged.category(item.page),
        "confidence": round(said.confidence, 2) if said else None,
        "summary": said.summary if said else _without_model(judged),
        "draft": judged.draft or _no_draft(item, judged),
        "record_id": item.record.id,
        "key": f"{item.id}.{action}",
    }


def _without_model(judged: Judged) -> str:
    if judged.released:
        return f"Released by {judged.released.by}."
    return f"Stopped by {judged.stops[0].rule}."


def _no_draft(item: Item, judged: Judged) -> str:
    unfit = "it wasn't fit to be kept" if judged.released else None
    forbidden = "the operating model lets none be written"
    return f"(none: {without_draft(item, judged) or unfit or forbidden})"


def _filled(fields: dict[str, Scalar], values: dict[str, Scalar]) -> dict[str, Scalar]:
    return {name: _fill(value, values) for name, value in fields.items()}


def _fill(template: Scalar, values: dict[str, Scalar]) -> Scalar:
    """A lone placeholder keeps its value's type; among other words it becomes text.

    What begins with the page's own words can't be a formula.
    """
    if not isinstance(template, str):
        return template
    alone, first = PLACEHOLDER.fullmatch(template), PLACEHOLDER.match(template)
    if alone and not isinstance(values[alone[1]], str):
        return values[alone[1]]
    text = readable(PLACEHOLDER.sub(lambda found: _worded(values[found[1]]), template))
    return defused(text) if first else text


def _worded(value: Scalar) -> str:
    return "" if value is None else str(value)


def _receiver(item: Item, rule: CreateAction) -> str:
    for receiver in rule.for_:
        if receiver != RECORD_OWNER:
            return in_turn(item, receiver).salesforce
        if item.owner:
            return item.owner
    raise AssertionError("the page ends every `for` with a team")


def _taker(item: Item, team: str) -> Member:
    """The record's owner where they are of the team, else whose turn it is."""
    members = item.page.teams[team].members
    own = (member for member in members if member.salesforce == item.owner)
    return next(own, in_turn(item, team))


def in_turn(item: Item, team: str) -> Member:
    """The member whose turn it is: spread evenly, and the same at every try."""
    members = item.page.teams[team].members
    return members[int(item.id, 16) % len(members)]


def _due_date(item: Item, judged: Judged, rule: CreateAction) -> str:
    time = item.page.workflow.time
    moment = due(
        judged.received_at,
        rule.due_in,
        hours=time.working_hours,
        zone=time.zone,
        holidays=time.holidays,
    )
    return moment.date().isoformat()
