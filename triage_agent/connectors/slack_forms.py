"""What people are asked in Slack before something is decided; each form in a modal of its own."""

import json
from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from triage_agent.decision.asking import Editable
from triage_agent.decision.output import spaced, worded
from triage_agent.decision.reviews import WRONG
from triage_agent.decision.text import clipped

CATEGORY, WHAT, NOTE = "category", "wrong", "note"
"""What the fields of the forms are called."""
RESUME = "resume"
LONGEST_NOTE, LONGEST_TEXT = 500, 3000
"""Characters that fit into a field: of a reason, and of what is to be written on the record."""
_LABEL = 2000
Form = View
Place = Mapping[str, str | None]
"""Where a form was asked for: the item, the channel, the thread."""
Choices = Mapping[str, str]
"""What can be chosen: a meaning by its name."""


def release(place: Place, categories: Choices) -> View:
    """`place`: where it was asked for, which comes back with what was filled in."""
    says = "The agent goes on in your name: it drafts a reply, never sent, and makes you a task."
    return _form("release", "Release", place, says, _category(categories, optional=False))


def correct(place: Place, categories: Choices) -> View:
    """Likewise; which category it is need not be said."""
    wrong = [Option(text=_plain(words), value=name) for name, words in WRONG.items()]
    chosen = StaticSelectElement(action_id=WHAT, options=wrong, placeholder=_plain("Choose one"))
    asked = InputBlock(block_id=WHAT, label=_plain("What is wrong?"), element=chosen)
    says = "It is kept to learn from, in your name. Nothing changes by itself."
    note = _note("What should the agent have known?", optional=True)
    return _form(
        "correct", "Correct", place, says, asked, _category(categories, optional=True), note
    )


def not_useful(place: Place, _categories: Choices) -> View:
    """Likewise; a reason is wanted."""
    says = "The hand-over is set aside, in your name. The record stays as it is."
    return _form("not_useful", "Not useful", place, says, _note("Why?", optional=False))


def reject(place: Place) -> View:
    """Why somebody says no."""
    says = "The agent leaves it undone. The reason is kept, in your name, and told in the channel."
    return _form("reject", "Reject", place, says, _note("Why not?", optional=False))


def edit(place: Place, fields: Sequence[Editable]) -> View:
    """What of a request for somebody's word they may have otherwise; sending it is their yes."""
    says = "What you send is done as it stands here, in your name, and nothing else."
    return _form("edit", "Approve as edited", place, says, *map(_field, fields), title="Edit")


def resume(place: Place, questions: Choices) -> View:
    """`questions`: those of the page's checklist, by what their answers are called.

    `place` says `why` it is paused, as well.
    """
    says = f"The agent is paused: {place['why']}"
    kept = "It goes on once each of these is answered. The answers are kept, in your name."
    asked = (_text(name, question, optional=False) for name, question in questions.items())
    return _form(RESUME, "Resume", place, says, SectionBlock(text=_plain(kept)), *asked)


FORMS = {"release": release, "correct": correct, "not_useful": not_useful}
"""The form behind each button of a hand-over that has one."""


def _form(
    name: str, submit: str, place: Place, says: str, *asked: Block, title: str | None = None
) -> View:
    return View(
        type="modal",
        callback_id=name,
        title=_plain(title or submit),
        submit=_plain(submit),
        close=_plain("Cancel"),
        private_metadata=json.dumps(place),
        blocks=[SectionBlock(text=_plain(says)), *asked],
    )


def _category(categories: Choices, *, optional: bool) -> InputBlock:
    options = [
        Option(
            text=_plain(clipped(spaced(name).capitalize(), 75)),
            value=name,
            description=_plain(clipped(means, 75)),
        )
        for name, means in categories.items()
    ]
    chosen = StaticSelectElement(
        action_id=CATEGORY, options=options, placeholder=_plain("Choose one")
    )
    label = _plain("What kind of request is it?")
    return InputBlock(block_id=CATEGORY, label=label, element=chosen, optional=optional)


def _field(field: Editable) -> InputBlock:
    label = _plain(clipped(spaced(field.field), _LABEL))
    if not field.choices:
        text = PlainTextInputElement(
            action_id=field.field,
            multiline=True,
            initial_value=str(field.value),
            max_length=LONGEST_TEXT,
        )
        return InputBlock(block_id=field.field, label=label, element=text)
    options = [
        Option(text=_plain(clipped(worded(one), 75)), value=str(one)) for one in field.choices
    ]
    first = next(one for one in options if one.value == str(field.value))
    chosen = StaticSelectElement(action_id=field.field, options=options, initial_option=first)
    return InputBlock(block_id=field.field, label=label, element=chosen)


def _note(label: str, *, optional: bool) -> InputBlock:
    return _text(NOTE, label, optional=optional)


def _text(name: str, label: str, *, optional: bool) -> InputBlock:
    written = PlainTextInputElement(action_id=name, multiline=True, max_length=LONGEST_NOTE)
    return InputBlock(block_id=name, label=_plain(label), element=written, optional=optional)


def _plain(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)
