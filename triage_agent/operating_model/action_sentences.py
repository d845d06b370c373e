"""What the page's actions write, for whom and on whose word, as parts of sentences."""

from collections.abc import Iterator

from triage_agent.operating_model.action_rules import (
    PLACEHOLDER,
    RECORD_OWNER,
    Ask,
    CreateAction,
    PostAction,
    UpdateAction,
    WritesRecords,
)
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page
from triage_agent.operating_model.wording import (
    all_of,
    any_of,
    pairs,
    time_in_words,
    title,
    value_in_words,
)


def deed(rule: WritesRecords) -> str:
    """What an action does and to what, as a verb and its object."""
    if isinstance(rule, CreateAction):
        return f"create {rule.create}"
    assert isinstance(rule, UpdateAction)
    return f"update {rule.update}"


def fields(rule: WritesRecords) -> str:
    return f"({', '.join(_set(*one) for one in rule.set.items())})"


def _set(field: str, value: Scalar) -> str:
    """A field, with what is written into it where that is the page's own and short."""
    computed = isinstance(value, str) and (PLACEHOLDER.fullmatch(value) or "\n" in value)
    return field if computed else f"{field} {value_in_words(value)}"


def terms(page: Page, rule: WritesRecords) -> str:
    """For whom a new record is, and when it is due."""
    if not isinstance(rule, CreateAction):
        return ""
    owner = page.workflow.item.owner
    own = f"the record's owner ({owner.is_} with {pairs(owner.when)})"
    receivers = any_of(own if name == RECORD_OWNER else title(name) for name in rule.for_)
    return (
        f": for {receivers}, due in {time_in_words(rule.due_in)} of working time, "
        f"one a request by its {rule.key}"
    )


def undone(page: Page) -> Iterator[str]:
    """What becomes of each kind of thing that was done."""
    if any(isinstance(rule, UpdateAction) for rule in page.may.values()):
        yield "updated fields are restored"
    for rule in page.may.values():
        if isinstance(rule, CreateAction):
            yield f"a {rule.create} gets {pairs(rule.undo.set)} and a note in {rule.undo.note_in}"
    if any(isinstance(rule, PostAction) for rule in page.may.values()):
        yield "messages are marked withdrawn"


def waiting(ask: Ask) -> str:
    """What else they may have it write, and how long it waits for them."""
    choices = (
        f"{field} {any_of(map(value_in_words, others))}" for field, others in ask.instead.items()
    )
    instead = f"They may choose {all_of(choices)} instead. " if ask.instead else ""
    return f"{instead}It waits {time_in_words(ask.expires_after)} of working time."
