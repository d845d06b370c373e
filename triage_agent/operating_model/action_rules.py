"""What the agent may do: the forms of an action, what each writes, and how it is undone."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from triage_agent.operating_model.kinds import Duration, FieldName, Name, Scalar, Section

RECORD_OWNER = "record_owner"
"""In an action's `for`: the user who owns the record, where that is an active one."""

PLACEHOLDER = re.compile(r"<([A-Za-z][A-Za-z0-9_]*)>")
"""In an action's `set`: a value of the decision (`<category>`) or of the record (`<Name>`)."""

DECISION_VALUES = frozenset(
    {
        "category",
        "confidence",
        "summary",
        "draft",
        "due_date",
        "assignee",
        "record_id",
        "key",
    },
)


When = Literal["always", "settled", "stopped"]


class Ask(Section):
    """Whose word an action waits for: a team's, the owner's or the deputy's.

    `expires_after`: how much working time they have. `instead`: what else they may have written
    into a field whose value the page spells out.
    """

    who: Name
    expires_after: Duration
    instead: dict[FieldName, list[Scalar]] = Field(default_factory=dict)


class WritesRecords(Section):
    """An action that changes records: on its own, or only when somebody has approved it."""

    set: dict[FieldName, Scalar] = Field(min_length=1)
    when: When
    alone: Literal["yes"] | None = None
    ask: Ask | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.alone is None) == (self.ask is None):
            raise ValueError("write either alone: yes, or ask: {who: …}")
        return self


class UpdateAction(WritesRecords):
    """Sets fields of the item's own record; undone, each holds again what it held before."""

    update: FieldName
    undo: Literal["restore"]


class Withdrawal(Section):
    """How a created record is undone, which stays: what is set, and where a note of it goes."""

    set: dict[FieldName, Scalar] = Field(min_length=1)
    note_in: FieldName


class CreateAction(WritesRecords):
    """Creates a record once: `key` names the field that carries the item's own key."""

    create: FieldName
    key: FieldName
    undo: Withdrawal
    for_: list[str] = Field(alias="for", min_length=1)
    due_in: Duration


class PostAction(Section):
    """Hands a stopped item to a team; undone, its message says so."""

    post_to: Name
    when: When
    alone: Literal["yes"]
    undo: Literal["mark_withdrawn"]


class DraftAction(Section):
    draft: Literal["reply"]
    when: When
    alone: Literal["yes"]


FORMS = {
    "UpdateAction": "update",
    "CreateAction": "create",
    "PostAction": "post_to",
    "DraftAction": "draft",
}
"""Each kind of action, and the key that says that it is one."""


def _form(written: object) -> str | None:
    keys = written if isinstance(written, dict) else ()
    return next((form for form, key in FORMS.items() if key in keys), None)


ActionRule = Annotated[
    Annotated[UpdateAction, Tag("UpdateAction")]
    | Annotated[CreateAction, Tag("CreateAction")]
    | Annotated[PostAction, Tag("PostAction")]
    | Annotated[DraftAction, Tag("DraftAction")],
    Discriminator(
        _form,
        custom_error_type="no_action",
        custom_error_message="says none of update, create, post_to and draft",
    ),
]


def allowed(rule: WritesRecords, field: str) -> list[Scalar]:
    """The values that a field may get whose value the page spells out; the first is the page's."""
    return [rule.set[field], *(rule.ask.instead.get(field, []) if rule.ask else [])]


def is_fixed(written: Scalar) -> bool:
    """Whether an action's field has the very value that the page spells out."""
    return not isinstance(written, str) or not PLACEHOLDER.search(written)


def placeholders(fields: Mapping[str, Any]) -> set[str]:
    """The names that stand in angle brackets in an action's fields."""
    return {
        name
        for value in fields.values()
        if isinstance(value, str)
        for name in PLACEHOLDER.findall(value)
    }
