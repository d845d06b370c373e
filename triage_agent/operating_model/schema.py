"""The shape of the page. Every key here is enforced somewhere; an unknown one is refused.

The words of the page stay plain (`yes`, `30d`, `<category>`); types turn them into values.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)

from triage_agent.operating_model.working_time import WorkingHours

UNCLEAR = "unclear"
"""The category of an item that fits none of the page's."""

RECORD_OWNER = "record_owner"
"""In an action's `for`: the user who owns the record, where that is an active one."""

PLACEHOLDER = re.compile(r"<([A-Za-z][A-Za-z0-9_]*)>")
"""In an action's `set`: a value of the decision (`<category>`) or of the record (`<Company>`)."""

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

Scalar = str | int | float | bool | None
YesNo = Literal["yes", "no"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Sentence = Annotated[str, Field(min_length=3)]
SlackChannel = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{6,}$")]
SlackUser = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{6,}$")]
SalesforceId = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$")]


class Section(BaseModel):
    """A part of the page: strict, and the same for ever once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _duration(written: object) -> object:
    match = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", str(written))
    if match is None:
        raise ValueError(f"{written!r} is no length of time; write a number and m, h or d: 30d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _zone(written: object) -> object:
    if str(written) not in available_timezones():
        raise ValueError(f"{written!r} is no time zone; write one like America/New_York")
    return ZoneInfo(str(written))


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(str)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone), PlainSerializer(str)]


class Time(Section):
    zone: Zone
    working_hours: Annotated[WorkingHours, BeforeValidator(WorkingHours.parse)]
    holidays: list[date]


class RecordOwner(Section):
    """Which of the objects that were read is the record's owner, and when it counts as one."""

    is_: FieldName = Field(alias="is")
    when: dict[FieldName, Scalar]


class ItemSource(Section):
    """Which records become items, and which of their fields hold the request."""

    object: FieldName
    new_when: dict[FieldName, Scalar] = Field(min_length=1)
    look_back: Duration
    request_text: list[FieldName] = Field(min_length=1)
    owner: RecordOwner


class Category(Section):
    means: Sentence
    reply: Literal["draft", "none"]
    task: YesNo


class Workflow(Section):
    name: Sentence
    mode: Literal["shadow", "live"]
    nothing_created_before: date
    time: Time
    item: ItemSource
    categories: dict[Name, Category] = Field(min_length=1)


class Owner(Section):
    name: Sentence
    role: Sentence


class DomainOf(Section):
    """Matches web addresses of the domain of an e-mail address, unless anybody can have one."""

    domain_of: FieldName
    except_: Literal["free_mail"] = Field(alias="except")


class Read(Section):
    """One object that may be read.

    `match` holds alternatives; the first that finds something counts. Each says which of the
    object's fields equals what: a field of the item (`Email`), a field of another object that
    was read (`Contact.AccountId`), or the domain of an e-mail address.
    """

    fields: list[FieldName] = Field(min_length=1)
    shown_to_model: list[FieldName] = []
    headline: list[FieldName] = []
    match: list[dict[FieldName, str | DomainOf]] = []


When = Literal["always", "settled", "stopped"]


class UpdateAction(Section):
    update: FieldName
    set: dict[FieldName, Scalar] = Field(min_length=1)
    when: When
    alone: Literal["yes"]


class CreateAction(Section):
    """Creates a record once: `key` names the field that carries the item's own key."""

    create: FieldName
    set: dict[FieldName, Scalar] = Field(min_length=1)
    key: FieldName
    for_: list[str] = Field(alias="for", min_length=1)
    due_in: Duration
    when: When
    alone: Literal["yes"]


class PostAction(Section):
    post_to: Name
    when: When
    alone: Literal["yes"]


class DraftAction(Section):
    draft: Literal["reply"]
    when: When
    alone: Literal["yes"]


ActionRule = UpdateAction | CreateAction | PostAction | DraftAction


class MissingData(Section):
    """`needs`: fields that must be there (of a list, one is enough); `request`: some request."""

    needs: list[FieldName | list[FieldName]] = Field(min_length=1)


class RestrictedTopic(Section):
    topics: dict[Name, Sentence] = Field(min_length=1)


class OutsidePolicy(Section):
    policies: dict[Name, Sentence] = Field(min_length=1)


class Conflict(Section):
    """What a sender may claim, and which values of which records contradict it."""

    claim: Name
    means: Sentence
    contradicted_by: dict[
        Annotated[str, Field(pattern=r"^[A-Za-z]\w*\.[A-Za-z]\w*$")],
        list[Scalar],
    ] = Field(min_length=1)


class ConflictingInformation(Section):
    conflicts: list[Conflict] = Field(min_length=1)


class LowConfidence(Section):
    below: Annotated[float, Field(gt=0, le=1)]


class ConsequentialRequest(Section):
    about: dict[Name, Sentence] = Field(min_length=1)


class UnapprovedCategory(Section):
    """Nothing to say: what fits no category of the page stops."""


class StopRules(Section):
    missing_data: MissingData
    restricted_topic: RestrictedTopic
    outside_policy: OutsidePolicy
    conflicting_information: ConflictingInformation
    low_confidence: LowConfidence
    consequential_request: ConsequentialRequest
    unapproved_category: UnapprovedCategory


class Member(Section):
    name: Sentence
    slack: SlackUser
    salesforce: SalesforceId


class Team(Section):
    channel: SlackChannel
    members: list[Member] = Field(min_length=1)


def _link(written: str) -> str:
    if not re.fullmatch(r"https://[a-z0-9.-]+(/[^\s<>]*)?", written):
        raise ValueError(f"{written!r} is no https address")
    return written


class Drafts(Section):
    sign_as: Sentence
    max_words: Annotated[int, Field(ge=20, le=1000)]
    facts: list[Sentence] = Field(min_length=1)
    allowed_links: list[Annotated[str, AfterValidator(_link)]]
    never_state: list[Name] = Field(min_length=1)


class Limits(Section):
    concurrency: Annotated[int, Field(ge=1, le=256)]
    items_per_run: Annotated[int, Field(ge=1)]
    messages_per_run: Annotated[int, Field(ge=1)]


class Page(Section):
    """The whole page. Its keys are the article's questions; none may stay unanswered."""

    version: Annotated[int, Field(ge=1)]
    workflow: Workflow
    owner: Owner
    reads: dict[FieldName, Read] = Field(min_length=1)
    may: dict[Name, ActionRule] = Field(min_length=1)
    never: list[Name] = Field(min_length=1)
    stops_when: StopRules
    teams: dict[Name, Team] = Field(min_length=1)
    drafts: Drafts
    limits: Limits

    @property
    def item_read(self) -> Read:
        """What is read of the item's own object."""
        return self.reads[self.workflow.item.object]

    def actions(self, kind: type[Section]) -> Iterator[tuple[str, ActionRule]]:
        """The actions of one kind, with their names, in the page's order."""
        return ((name, rule) for name, rule in self.may.items() if isinstance(rule, kind))


def placeholders(fields: Mapping[str, Any]) -> set[str]:
    """The names that stand in angle brackets in an action's fields."""
    return {
        name
        for value in fields.values()
        if isinstance(value, str)
        for name in PLACEHOLDER.findall(value)
    }
