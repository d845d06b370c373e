"""The shape of the page. Every key here is enforced somewhere; an unknown one is refused.

The words of the page stay plain (`yes`, `30d`, `<category>`); types turn them into values.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self, TypeGuard

from pydantic import Discriminator, Field, Tag, model_validator

from triage_agent.operating_model.kinds import (
    Concurrency,
    Dollars,
    DomainOf,
    Duration,
    FieldName,
    Hours,
    Limit,
    Link,
    Login,
    Name,
    SalesforceId,
    Scalar,
    Section,
    Sentence,
    SlackChannel,
    SlackUser,
    YesNo,
    Zone,
)
from triage_agent.operating_model.outcome_rules import Outcomes
from triage_agent.operating_model.stop_rules import StopRules

UNCLEAR = "unclear"
"""The category of an item that fits none of the page's."""

OWNER, DEPUTY = "owner", "deputy"
"""Where the page names people: its own owner, and who stands in for them."""

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


class Time(Section):
    zone: Zone
    working_hours: Hours
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
    """`promising_but_incomplete`: what becomes of a request whose reply would have to ask back."""

    name: Sentence
    mode: Literal["shadow", "live"]
    nothing_created_before: date
    time: Time
    item: ItemSource
    categories: dict[Name, Category] = Field(min_length=1)
    promising_but_incomplete: Literal["ask", "task", "escalate"]

    @property
    def begins(self) -> datetime:
        """The moment from which on records are the agent's."""
        return datetime.combine(self.nothing_created_before, time(), self.time.zone)


class Person(Section):
    """Somebody whom Slack and the operating system know; `login` is their name on the latter."""

    name: Sentence
    role: Sentence
    slack: SlackUser
    login: Login


class Owner(Person):
    deputy: Person
    when_goals_conflict: list[Sentence] = Field(min_length=2)


class Read(Section):
    """One object that may be read.

    `match` holds alternatives; the first that finds something counts. Each says which of the
    object's fields equals what: a field of the item (`Email`), a field of another object that
    was read (`User.Email`), either of several such, or the domain of an e-mail address.
    `masked_in_text`: what the model is shown a placeholder of, wherever it stands in a field that
    is shown.
    """

    fields: list[FieldName] = Field(min_length=1)
    shown_to_model: list[FieldName] = Field(default_factory=list)
    masked_in_text: list[Literal["email", "phone", "card"]] = Field(default_factory=list)
    headline: list[FieldName] = Field(default_factory=list)
    match: list[dict[FieldName, str | DomainOf | list[str]]] = Field(default_factory=list)

    @property
    def sources(self) -> Iterator[tuple[str, str | DomainOf]]:
        """Each field that records are found by, with each source of its values."""
        for alternative in self.match:
            for field, source in alternative.items():
                yield from ((field, one) for one in several(source))


def is_own(source: str | DomainOf) -> TypeGuard[str]:
    """Whether a source is a field of the item itself."""
    return isinstance(source, str) and "." not in source


def several(source: str | list[str] | DomainOf) -> Sequence[str | DomainOf]:
    """The sources of a match, be it one or a list."""
    return source if isinstance(source, list) else [source]


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
    update: FieldName


class CreateAction(WritesRecords):
    """Creates a record once: `key` names the field that carries the item's own key."""

    create: FieldName
    key: FieldName
    for_: list[str] = Field(alias="for", min_length=1)
    due_in: Duration


class PostAction(Section):
    post_to: Name
    when: When
    alone: Literal["yes"]


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


class Member(Section):
    name: Sentence
    slack: SlackUser
    salesforce: SalesforceId
    login: Login


class Team(Section):
    """Who takes over, and how long something waits there, in working time.

    `remind_after`: then whoever has claimed it is reminded, otherwise the team; and `then` after
    twice as long. `claim_within`: then a claim without a decision falls back to the team.
    """

    channel: SlackChannel
    remind_after: Duration
    claim_within: Duration
    then: Name
    members: list[Member] = Field(min_length=1)


ANY = "any"
"""In `not_to`: whatever value the field has, if it has one."""


class Drafts(Section):
    """`asks_for`: what a colleague needs to know to answer well, and a draft asks for.

    `not_to`: what a record says where its sender is not to be written to.
    """

    sign_as: Sentence
    max_words: Annotated[int, Field(ge=20, le=1000)]
    facts: list[Sentence] = Field(min_length=1)
    allowed_links: list[Link]
    never_state: list[Name] = Field(min_length=1)
    asks_for: dict[Name, Sentence] = Field(min_length=1)
    not_to: dict[FieldName, Scalar]


class Limits(Section):
    """What one run may do. Beyond the last four it pauses the agent."""

    concurrency: Concurrency
    items_per_run: Limit
    messages_per_run: Limit
    failures_per_run: Limit
    refusals_per_run: Limit
    tokens_per_run: Limit
    cost_usd_per_run: Dollars


FILE = "file"
"""In `anchors_to`: a file beside the ledger."""


class Logs(Section):
    """How long texts are kept, and which fields of the item never enter the ledger.

    `anchors_to`: where it is told what the ledger holds, so that nothing can be cut off unseen: the
    `file`, and people. `may_erase`: whose word has a person's texts erased.
    """

    keeps: Duration
    masks: list[FieldName]
    anchors_to: list[Name] = Field(min_length=1)
    may_erase: list[Name] = Field(min_length=1)


class Evaluation(Section):
    """`cases`: the folder with what the agent must get right before it is trusted."""

    cases: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Recovery(Section):
    """Who may stop it, who hears of that, and what is answered before it goes on.

    People are the `owner`, the `deputy`, or a team.
    """

    may_pause: list[Name] = Field(min_length=1)
    tell: list[Name] = Field(min_length=1)
    before_resuming: list[Sentence] = Field(min_length=1)


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
    outcomes: Outcomes
    limits: Limits
    logs: Logs
    evaluation: Evaluation
    recovery: Recovery

    @property
    def item_read(self) -> Read:
        """What is read of the item's own object."""
        return self.reads[self.workflow.item.object]

    def people(self, name: str) -> "tuple[Person | Member, ...]":
        """Whom a name on the page means: the owner, the deputy or a team's members; or nobody."""
        if name == OWNER:
            return (self.owner,)
        if name == DEPUTY:
            return (self.owner.deputy,)
        return tuple(self.teams[name].members) if name in self.teams else ()

    def team_asked(self, name: str) -> str:
        """The team in whose channel some are asked: people alone where items are handed over."""
        posts = (rule.post_to for rule in self.may.values() if isinstance(rule, PostAction))
        return name if name in self.teams else next(posts)

    def channel_of(self, name: str) -> str:
        """Where those whom a name means are told something."""
        return self.teams[name].channel if name in self.teams else self.people(name)[0].slack

    def actions(self, kind: type[Section]) -> Iterator[tuple[str, ActionRule]]:
        """The actions of one kind, with their names, in the page's order."""
        return ((name, rule) for name, rule in self.may.items() if isinstance(rule, kind))


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
