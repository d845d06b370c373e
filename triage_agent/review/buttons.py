"""What each button of a message does: the form that it opens, if any, and what is decided by it."""

from collections.abc import Callable, Mapping
from functools import partial

from triage_agent.connectors import slack_forms
from triage_agent.connectors.slack_forms import CATEGORY, NOTE, WHAT, Form, Place
from triage_agent.review import approving, deciding
from triage_agent.review.approving import OLD, Reference, Room, reference_of
from triage_agent.review.deciding import Clicked

Given = Mapping[str, str]
"""What a form was filled in with."""
Decide = Callable[[Room, Clicked, str, Given], str | None]
"""Decides what a button's value is about; what is to be told to whoever pressed it, if anything."""
Open = Callable[[Room, Clicked, str, Place], Form | str]
"""The form for whoever may decide; else why they can't."""


def item_of(value: str) -> str:
    """The item that a button is about."""
    return value.partition(" ")[0]


def _of_hand_over(form: str, room: Room, clicked: Clicked, _value: str, place: Place) -> Form | str:
    page = room.model.page
    if refused := deciding.may_not(room.ledger, page, clicked):
        return refused
    categories = {name: kind.means for name, kind in page.workflow.categories.items()}
    return slack_forms.FORMS[form](place, categories)


def _of_question(form: str, room: Room, clicked: Clicked, value: str, place: Place) -> Form | str:
    reference = reference_of(value)
    fields = approving.to_edit(room, clicked, reference) if reference else OLD
    if isinstance(fields, str):
        return fields
    return slack_forms.edit(place, fields) if form == "edit" else slack_forms.reject(place)


FORMS: Mapping[str, Open] = {
    **{name: partial(_of_hand_over, name) for name in ("release", "correct", "not_useful")},
    **{name: partial(_of_question, name) for name in ("edit", "reject")},
}
"""The buttons behind which there is a form."""


def _answered(
    decide: Callable[[Room, Clicked, Reference, Given], str | None],
) -> Decide:
    def decided(room: Room, clicked: Clicked, value: str, given: Given) -> str | None:
        reference = reference_of(value)
        return decide(room, clicked, reference, given) if reference else OLD

    return decided


DECISIONS: Mapping[str, Decide] = {
    "claim": lambda room, clicked, _value, _given: deciding.claim(
        room.ledger, room.model.page, clicked
    ),
    "release": lambda room, clicked, _value, given: deciding.release(
        room.ledger, room.model.page, clicked, given.get(CATEGORY)
    ),
    "correct": lambda room, clicked, _value, given: deciding.correct(
        room.ledger, room.model.page, clicked, given[WHAT], given.get(CATEGORY), given.get(NOTE)
    ),
    "not_useful": lambda room, clicked, _value, given: deciding.reject(
        room.ledger, room.model.page, clicked, given[NOTE]
    ),
    "approve": _answered(
        lambda room, clicked, reference, _given: approving.approve(room, clicked, reference)
    ),
    "edit": _answered(approving.edit),
    "reject": _answered(
        lambda room, clicked, reference, given: approving.reject(
            room, clicked, reference, given[NOTE]
        )
    ),
}
"""What each button, or the form behind it, decides."""
GOES_ON = frozenset({"release", "approve", "edit"})
"""After these the agent goes on with the item at once."""
