"""What people are asked in Slack before something is decided; each form in a modal of its own."""

import json
from collections.abc import Mapping

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

from triage_agent.decision.output import spaced
from triage_agent.decision.reviews import WRONG
from triage_agent.decision.text import clipped

CATEGORY, WHAT, NOTE = "category", "wrong", "note"
"""What the fields of the forms are called."""
RESUME = "resume"
LONGEST_NOTE = 500
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


def resume(place: Place, questions: Choices) -> View:
    """`questions`: those of the page's checklist, by what their answers are called.

    `place` says `why` it is paused, as well.
    """
    says = f"The agent is paused: {place['why']}"
    kept = "It goes on once each of these is answered. The answers are kept, in your name."
    asked = (_text(name, question, optional=False) for name, question in questions.items())
    return _form(RESUME, "Resume", place, says, SectionBlock(text=_plain(kept)), *asked)


FORMS = {"release": release, "correct": correct, "not_useful": not_useful, RESUME: resume}
"""The form behind each button that has one, and behind the command to resume."""


def _form(name: str, title: str, place: Place, says: str, *asked: Block) -> View:
    return View(
        type="modal",
        callback_id=name,
        title=_plain(title),
        submit=_plain(title),
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


def _note(label: str, *, optional: bool) -> InputBlock:
    return _text(NOTE, label, optional=optional)


def _text(name: str, label: str, *, optional: bool) -> InputBlock:
    written = PlainTextInputElement(action_id=name, multiline=True, max_length=LONGEST_NOTE)
    return InputBlock(block_id=name, label=_plain(label), element=written, optional=optional)


def _plain(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)
