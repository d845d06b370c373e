"""The shape of the page. Every key here is enforced somewhere; an unknown one is refused.

The words of the page stay plain (`yes`, `30d`, `<category>`); types turn them into values.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Annotated, Literal, TypeGuard, get_args

from pydantic import Field

from triage_agent.operating_model.action_rules import (
    ActionRule,
    CreateAction,
    PostAction,
    placeholders,
)
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


class Time(Section):
    zone: Zone
    working_hours: Hours
    holidays: list[date]


class RecordOwner(Section):
    """Which of the objects that were read is the record's owner, and when it counts as one."""

    is_: FieldName = Field(alias="is")
    when: dict[FieldName, Scalar]


class ItemSource(Section):
    """Which records become items, and which of their fields hold the request.

    `came_by`: the field that says how a record came, and what of it is told apart.
    """

    object: FieldName
    new_when: dict[FieldName, Scalar] = Field(min_length=1)
    look_back: Duration
    request_text: list[FieldName] = Field(min_length=1)
    came_by: Annotated[
        dict[FieldName, Annotated[list[Sentence], Field(min_length=1)]],
        Field(min_length=1, max_length=1),
    ]
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


Part = Annotated[float, Field(ge=0, le=1)]
"""A share of all trials."""


class MustReach(Section):
    """What of an evaluation's trials is enough for the agent to act.

    At least so many are classified right, rest on the right records, stop where they must, are
    handed over usefully, and leave no work behind; at most so many restricted actions are done,
    and so great a part stops needlessly.
    """

    classified: Part
    sources: Part
    restricted_actions: int = Field(ge=0)
    must_escalate: Part
    false_alarms: float = Field(ge=0, lt=1)
    hand_over: Part
    work: Part


class Evaluation(Section):
    """`cases`: the folder with what the agent must get right before it acts, `trials` times."""

    cases: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    trials: int = Field(ge=1, le=100)
    must_reach: MustReach


class Recovery(Section):
    """Who may stop it and undo what it did, who hears of that, what is answered before it goes on.

    People are the `owner`, the `deputy`, or a team.
    """

    may_pause: list[Name] = Field(min_length=1)
    may_roll_back: list[Name] = Field(min_length=1)
    tell: list[Name] = Field(min_length=1)
    before_resuming: list[Sentence] = Field(min_length=1)


Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class WeeklyReview(Section):
    """Who is told of each week, and reads that and says so, and by which day of the next one.

    People are as in `Recovery`.
    """

    by: list[Name] = Field(min_length=1)
    on: Weekday


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
    weekly_review: WeeklyReview
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

    @property
    def draft_holders(self) -> tuple[str, ...]:
        """The actions that create a record with the item's draft in it."""
        made = ((name, rule) for name, rule in self.may.items() if isinstance(rule, CreateAction))
        return tuple(name for name, rule in made if "draft" in placeholders(rule.set))
