"""What people say to an action that asks: yes, yes with changes, or no; once, to what they saw."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from triage_agent.authority import gate
from triage_agent.authority.approvals import Wanted, outdated
from triage_agent.authority.people import Somebody, identified, known_in_slack, listed
from triage_agent.decision.actions import Approval
from triage_agent.decision.asking import Editable, editable, edited
from triage_agent.decision.events import Event
from triage_agent.decision.questions import Question
from triage_agent.decision.review_events import Approved, Edited, Expired, Rejected, Voided
from triage_agent.decision.story import Story
from triage_agent.errors import StreamMoved
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.review.deciding import BUSY, TRIES, Clicked

NONCE = 16
NO_REQUEST = "The agent's record has no such request any more, so nothing was done."
OLD = "This isn't what is asked any more; look for the newest message about it."


class Reference(NamedTuple):
    """What a button is about: an item, an action, and the digest of what was shown."""

    item: str
    action: str
    digest: str


def reference_of(value: str) -> Reference | None:
    """As `Approval.reference` writes it; None where it is none."""
    parts = value.split(" ")
    return Reference(*parts) if len(parts) == len(Reference._fields) else None


@dataclass(frozen=True)
class Room:
    """Where it is decided: the ledger, the page as it is now, and why the agent is held, if so."""

    ledger: Ledger
    model: OperatingModel
    held: str | None


@dataclass(frozen=True)
class _Case:
    """What was asked, and who wants to decide it."""

    room: Room
    question: Question
    wanted: Wanted
    somebody: Somebody


Answer = Callable[[_Case], tuple[tuple[Event, ...], str | None]]
"""The events of a decision, and what is to be told to whoever took it, if anything."""


def approve(room: Room, clicked: Clicked, reference: Reference) -> str | None:
    """Puts somebody's yes on record; else what is to be told to them alone."""
    return _decide(room, clicked, reference, partial(_yes, None))


def edit(
    room: Room, clicked: Clicked, reference: Reference, given: Mapping[str, str]
) -> str | None:
    """Puts somebody's yes to other values on record, under a digest of its own; likewise."""
    return _decide(room, clicked, reference, partial(_yes, given))


def reject(room: Room, clicked: Clicked, reference: Reference, reason: str) -> str | None:
    """Puts somebody's no on record; likewise."""

    def no(case: _Case) -> tuple[tuple[Event, ...], None]:
        name = case.question.asked.action
        return (Rejected(**identified(case.somebody), action=name, reason=reason),), None

    return _decide(room, clicked, reference, no)


def to_edit(room: Room, clicked: Clicked, reference: Reference) -> tuple[Editable, ...] | str:
    """What this person may change of it; or why they can't decide it, to be told to them alone."""
    found = _case(room, clicked, reference, Story.of(room.ledger.events(clicked.item)))
    if isinstance(found, str):
        return found
    approval = found.question.approval
    return editable(room.model.page, approval) if approval else OLD


def _decide(room: Room, clicked: Clicked, reference: Reference, answer: Answer) -> str | None:
    for _ in range(TRIES):
        events = room.ledger.events(clicked.item)
        case = _case(room, clicked, reference, Story.of(events))
        if isinstance(case, str):
            return case
        late = clicked.at >= case.question.asked.expires_at
        told, words = _expired(case) if late else answer(case)
        entries = [(clicked.item, event) for event in told]
        try:
            room.ledger.append(clicked.run, clicked.at, entries, after={clicked.item: len(events)})
        except StreamMoved:
            continue
        return words
    return BUSY


def _case(room: Room, clicked: Clicked, reference: Reference, story: Story) -> _Case | str:
    """What is to be decided by whom, where they may and it still is; otherwise why not."""
    page, question = room.model.page, story.question(reference.action)
    if question is None or story.erased or question.approval is None:
        return NO_REQUEST
    who = [question.asked.who]
    somebody = known_in_slack(page, who, clicked.user)
    if somebody is None:
        return f"Only these can decide it, by the operating model: {listed(page, who) or 'nobody'}."
    if question.asked.digest != reference.digest:
        return OLD
    if story.withdrawn:
        return f"{story.withdrawn[0].by} has had it rolled back."
    if over := _over(question):
        return over
    item = story.item(reference.item, page)
    wanted = Wanted(question, item, stopped=bool(story.judged().stops))
    return _Case(room, question, wanted, somebody)


def _over(question: Question) -> str | None:
    """By whom or what it has been decided already."""
    if question.approved:
        return f"{question.approved[0].by} has approved it already."
    for event, _ in question.told:
        match event:
            case Rejected():
                return f"{event.by} has rejected it already."
            case Expired():
                return "It has expired, so nothing was changed."
            case Voided():
                return OLD
    return None


def _expired(case: _Case) -> tuple[tuple[Event, ...], str | None]:
    question = case.question
    expired = Expired(action=question.asked.action, digest=question.digest)
    return (expired,), "It has expired, so nothing was changed."


def _yes(given: Mapping[str, str] | None, case: _Case) -> tuple[tuple[Event, ...], str | None]:
    """A yes to what was shown, or to other values of it."""
    question, approval = case.question, case.question.approval
    if case.room.held:
        return (), f"Nothing was approved, for {case.room.held}."
    if why := outdated(case.wanted, case.room.model):
        void = Voided(action=question.asked.action, digest=question.digest, reason=why)
        return (void,), f"Nothing was approved, for {why}. You will be asked afresh."
    assert approval
    by = identified(case.somebody)
    if given is None:
        return (Approved(**by, action=approval.action.name, digest=approval.digest),), None
    changed = _changed(case, approval, given)
    if isinstance(changed, str):
        return (), changed
    name, digest = changed.action.name, changed.digest
    return (
        Edited(**by, action=name, was=approval.digest, digest=digest, approval=changed),
        Approved(**by, action=name, digest=digest),
    ), None


def _changed(case: _Case, approval: Approval, given: Mapping[str, str]) -> Approval | str:
    """What is approved instead; or why it can't be, to be told to whoever wants it."""
    model, item = case.room.model, case.wanted.item
    fields = {one.field: one for one in editable(model.page, approval)}
    if strange := [name for name in given if name not in fields]:
        return f"The operating model lets nobody change {', '.join(strange)}."
    values = {name: _value(fields[name], text) for name, text in given.items()}
    changed = edited(approval, values, secrets.token_hex(NONCE))
    if changed.action == approval.action:
        return "Nothing of it was changed; press Approve if it is right as it is."
    verdict = gate.judge(gate.Request(changed.action, item, case.wanted.stopped), model)
    if not isinstance(verdict, gate.NeedsApproval):
        return f"The operating model doesn't allow that ({verdict.line}), so nothing was done."
    return changed


def _value(field: Editable, text: str) -> Scalar:
    """What was chosen, as the page has it; or what was written."""
    return next((one for one in field.choices if str(one) == text), text)
