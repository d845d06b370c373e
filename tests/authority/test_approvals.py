"""Whether somebody's yes holds: one table of what may have come between it and the write."""
# ruff: noqa: E501 - a case stands on one line, as in a table

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from triage_agent.authority.approvals import Wanted, outdated, void
from triage_agent.decision.actions import UpdateRecord
from triage_agent.decision.asking import Asking
from triage_agent.decision.item import Item
from triage_agent.decision.plan import Judged
from triage_agent.decision.questions import Question
from triage_agent.decision.review_events import Approved, Asked, Rejected
from triage_agent.operating_model.loading import OperatingModel, load

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
MAYA: dict[str, Any] = {"by": "Maya", "login": "maya", "slack": "U0MAYA00002", "salesforce": None}
ASK = "    ask:\n      who: sales_development\n"


@pytest.fixture
def question(item: Item) -> Question:
    """Sales development was asked for the shipped page's action at noon, and Maya has said yes."""
    action = UpdateRecord(
        name="set_status", object="Lead", record_id=item.record.id,
        fields={"Status": "Working - Contacted"},
    )  # fmt: skip
    judged = Judged(received_at=NOON, assessment=None, stops=())
    approval = Asking(item, judged, action, 1, None, "n").approval({"Status": "Open"}, NOON)
    asked = Asked(
        action="set_status", number=1, who=approval.who, digest=approval.digest,
        expires_at=approval.expires_at, approval=approval,
    )  # fmt: skip
    found = Question.of(asked, NOON)
    found.approved = Approved(**MAYA, action="set_status", digest=approval.digest), NOON
    return found


def as_it_is(_question: Question) -> None:
    """Nothing has come between."""


def rewritten(question: Question) -> None:
    assert question.approval
    question.approval = question.approval.model_copy(update={"headline": "another"})


def erased(question: Question) -> None:
    question.approval = None


def unanswered(question: Question) -> None:
    question.approved = None


def for_another(question: Question) -> None:
    question.approved = Approved(**MAYA, action="set_status", digest="0" * 64), NOON


def rejected_since(question: Question) -> None:
    question.told.append((Rejected(**MAYA, action="set_status", reason="No."), NOON))


def by_a_stranger(question: Question) -> None:
    stranger = {**MAYA, "slack": "U0TESS00010"}
    question.approved = Approved(**stranger, action="set_status", digest=question.digest), NOON


Change = tuple[str, str]
NONE: Change = ("", "")
TABLE: dict[str, tuple[Callable[[Question], None], Change, timedelta, str | None]] = {
    "as it was": (as_it_is, NONE, timedelta(), None),
    "just in time": (as_it_is, NONE, timedelta(days=1, hours=23, minutes=59), None),
    "its record is another one": (rewritten, NONE, timedelta(), "what was asked isn't what the record says of it"),
    "its texts are gone": (erased, NONE, timedelta(), "what was asked isn't what the record says of it"),
    "nobody said yes": (unanswered, NONE, timedelta(), "nobody has approved this"),
    "a yes to something else": (for_another, NONE, timedelta(), "nobody has approved this"),
    "a no after the yes": (rejected_since, NONE, timedelta(), "nobody has approved this"),
    "a yes of somebody else": (by_a_stranger, NONE, timedelta(), "whoever approved it may not do so"),
    "it is never allowed": (as_it_is, ("never: [send_message,", "never: [set_state, send_message,"), timedelta(), "the operating model has changed since"),
    "another value": (as_it_is, ("set: {Status: Working - Contacted}", "set: {Status: Nurturing}"), timedelta(), "the operating model says otherwise by now"),
    "others are asked": (as_it_is, (ASK, ASK.replace("sales_development", "owner")), timedelta(), "the operating model has changed since"),
    "somebody has left": (as_it_is, ("      - {name: Maya Lindqvist, slack: U0MAYA00002, salesforce: 005000000000002AAA, login: maya}\n", ""), timedelta(), "the operating model has changed since"),
    "too late": (as_it_is, NONE, timedelta(days=2), "it could not be carried out in time"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_what_comes_between(shipped: str, item: Item, question: Question, name: str) -> None:
    """Whatever isn't as it was when it was asked, approved and allowed makes the yes void."""
    happens, (old, new), later, expected = TABLE[name]
    model: OperatingModel = load(shipped.replace(old, new) if old else shipped)
    assert not old or old in shipped
    happens(question)
    wanted = Wanted(question, item, stopped=False)

    assert expected == void(wanted, model, NOON + later)


def test_what_is_outdated_can_not_be_approved(shipped: str, item: Item, question: Question) -> None:
    """Before the yes the same is asked, but for the yes."""
    question.approved = None
    fine = outdated(Wanted(question, item, stopped=False), load(shipped))
    stopped = outdated(Wanted(question, item, stopped=True), load(shipped))

    assert fine is None
    assert "the operating model says otherwise by now" == stopped
