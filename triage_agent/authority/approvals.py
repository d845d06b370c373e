"""Whether somebody's yes still holds: asked when it is given, and again just before the write."""

from dataclasses import dataclass
from datetime import datetime

from triage_agent.authority import gate
from triage_agent.authority.people import known_in_slack
from triage_agent.decision.asking import sections
from triage_agent.decision.item import Item
from triage_agent.decision.questions import Question
from triage_agent.operating_model.loading import OperatingModel


@dataclass(frozen=True)
class Wanted:
    """What somebody was asked about an item, which may have stopped since."""

    question: Question
    item: Item
    stopped: bool


def outdated(wanted: Wanted, model: OperatingModel) -> str | None:
    """Why what was asked isn't what would be asked today, in words without any value; else None."""
    question, page = wanted.question, model.page
    approval = question.approval
    if approval is None or approval.digest != question.digest:
        return "what was asked isn't what the record says of it"
    request = gate.Request(approval.action, wanted.item, wanted.stopped)
    if not isinstance(gate.judge(request, model), gate.NeedsApproval):
        return "the operating model says otherwise by now"
    if approval.sections != sections(page, approval.action.name):
        return "the operating model has changed since"
    return None


def void(wanted: Wanted, model: OperatingModel, now: datetime) -> str | None:
    """Why a yes doesn't let the action be carried out any more, likewise; None: it does."""
    question = wanted.question
    if question.approved is None or not question.is_approved:
        return "nobody has approved this"
    if why := outdated(wanted, model):
        return why
    given = question.approved[0]
    if known_in_slack(model.page, [question.asked.who], given.slack) is None:
        return "whoever approved it may not do so"
    if now >= question.asked.expires_at:
        return "it could not be carried out in time"
    return None
