"""The answers that a page is made from: a section for each of the ten questions, then the rest.

What each place is for, and how it is asked, stands in `written/questions.yaml`; what is supposed
where nothing is said, in `written/defaults.yaml`. What neither of these gives has to be answered.
"""

import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from triage_agent.operating_model import kinds
from triage_agent.operating_model.kinds import FieldName, Name, Scalar, YesNo

OPEN = "open"
"""The context in which a value may be None: an answer that is still open."""


def _is_space(letter: str) -> bool:
    return unicodedata.category(letter) == "Zs"


def _legible(text: str) -> str:
    if odd := [one for one in text if not (one.isprintable() or one in "\n\t" or _is_space(one))]:
        raise ValueError(f"has a sign in it that nobody sees, {odd[0]!r}; take that out")
    return text


def _as_said(text: str) -> str:
    if not (text[0].isalnum() and text[-1].isalnum()) or "\n" in text:
        raise ValueError("begin and end it with a letter or digit, on one line")
    return text


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _as_on_the_page(kind: Any) -> Callable[[str], str]:  # noqa: ANN401 - any type
    """Checks a value as the page does, and leaves it as it is written."""

    def checked(text: str) -> str:
        TypeAdapter(kind).validate_python(text)
        return text

    return checked


Words = Annotated[kinds.Sentence, AfterValidator(_legible)]
Spoken = Annotated[
    str, Field(min_length=2, max_length=40), AfterValidator(_legible), AfterValidator(_as_said)
]
"""A few words that are looked for in what people write."""

Hours = Annotated[str, AfterValidator(_as_on_the_page(kinds.Hours))]
Length = Annotated[str, AfterValidator(_as_on_the_page(kinds.Duration))]
Zone = Annotated[str, AfterValidator(_as_on_the_page(kinds.Zone))]
Fields = Annotated[list[FieldName], Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """Some answers. What isn't asked is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _may_be_open(
        cls, value: object, rest: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> object:
        return None if value is None and info.context == OPEN else rest(value)


class Kind(Part):
    """A kind of request."""

    means: Words
    reply: YesNo = "yes"
    task: YesNo = "yes"
    example: Words

    @model_validator(mode="after")
    def _draft_has_a_place(self) -> Self:
        if (self.reply, self.task) == ("yes", "no"):
            raise ValueError("a draft is kept with its task: write task: yes, or reply: no")
        return self


class Workflow(Part):
    name: Words
    our_name: Spoken
    object: FieldName
    categories: Annotated[dict[Name, Kind], Field(min_length=1)]
    zone: Zone
    working_hours: Hours
    look_back: Length


class Person(Part):
    name: Words
    role: Words
    slack: kinds.SlackUser
    login: kinds.Login


class Owner(Person):
    deputy: Person
    when_goals_conflict: Annotated[list[Words], Field(min_length=2)]


class Reads(Part):
    request_text: Fields
    sender_name: Fields
    sender_email: FieldName
    sender_phone: FieldName | None = None
    sender_organisation: FieldName | None = None
    shown: Fields
    headline: Fields
    new_when: Annotated[dict[FieldName, Scalar], Field(min_length=1)]
    came_by: Annotated[dict[FieldName, list[Words]], Field(min_length=1, max_length=1)]


class Writes(Part):
    status: Annotated[dict[FieldName, Scalar], Field(min_length=1, max_length=1)]
    task_due_in: Length


class WithoutApproval(Part):
    actions: list[Literal["tag", "draft_reply", "create_task", "escalate"]]

    @field_validator("actions")
    @classmethod
    def _with_what_changes_nothing(cls, actions: list[str]) -> list[str]:
        if missing := [name for name in ("draft_reply", "escalate") if name not in actions]:
            raise ValueError(f"add {' and '.join(missing)}, which changes no record")
        return actions


class AlwaysReview(Part):
    who: Literal["team", "owner"]
    expires_after: Length
    never: Annotated[list[Name], Field(min_length=1)]


class Known(Part):
    """Something that must stop, with words that a request for it holds."""

    means: Words
    known_by: Annotated[list[Spoken], Field(min_length=1)]
    example: Words

    @model_validator(mode="after")
    def _example_is_known(self) -> Self:
        text = _plain(self.example) if self.example else ""
        if text and self.known_by and not any(_plain(words) in text for words in self.known_by):
            raise ValueError("its example holds none of the words it is known by; write one in it")
        return self


class StopRules(Part):
    policies: Annotated[dict[Name, Known], Field(min_length=1)]
    topics: dict[Name, Known]
    unsure_below: Annotated[float, Field(gt=0, le=1)]


class Logged(Part):
    keeps: Length


class Evaluated(Part):
    trials: Annotated[int, Field(ge=1, le=100)]
    classified: Share
    must_escalate: Share


class Paused(Part):
    before_resuming: Annotated[list[Words], Field(min_length=1)]


class Member(Part):
    name: Words
    slack: kinds.SlackUser
    salesforce: kinds.SalesforceId
    login: kinds.Login


class Team(Part):
    channel: kinds.SlackChannel
    members: Annotated[list[Member], Field(min_length=1)]
    name: Name
    remind_after: Length
    claim_within: Length


class Drafts(Part):
    sign_as: Words
    facts: Annotated[list[Words], Field(min_length=1)]
    links: list[kinds.Link]
    asks_for: Annotated[dict[Name, Words], Field(min_length=1)]


class Answers(Part):
    """Everything that a project is written from."""

    workflow: Workflow
    owner: Owner
    reads: Reads
    writes: Writes
    without_approval: WithoutApproval
    always_review: AlwaysReview
    stop_rules: StopRules
    logged: Logged
    evaluated: Evaluated
    paused: Paused
    team: Team
    drafts: Drafts
