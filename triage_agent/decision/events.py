"""What can happen to an item, as past-tense values; and the union of all events.

A field marked `Private` holds a person's data or a stranger's words: the ledger keeps it apart
from the event, and after an erasure it reads as None. Everything else must be safe to keep.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from triage_agent.decision.actions import Action
from triage_agent.decision.assessment import Assessment
from triage_agent.decision.batch_events import GivenUp, HandedOut
from triage_agent.decision.item import Mode, Record
from triage_agent.decision.review_events import (
    Approved,
    Asked,
    Claimed,
    Corrected,
    Edited,
    Expired,
    FellBack,
    Rejected,
    Released,
    Reminded,
    Shown,
    Voided,
)
from triage_agent.decision.rollback_events import (
    LeftAsIs,
    Rejudged,
    Requeued,
    Reversed,
    RollbackFinished,
    RollbackStarted,
    Withdrawn,
)
from triage_agent.decision.run_events import (
    Anchored,
    Blocked,
    Broke,
    Called,
    Cleared,
    ExcessAllowed,
    Finished,
    FollowedUp,
    Listening,
    MeasuredBefore,
    NotCleared,
    PageChanged,
    PageKept,
    PageTried,
    Paused,
    RefusedToStart,
    Resumed,
    Started,
    System,
    TextsExpired,
    Verified,
)
from triage_agent.decision.stops import Source, Stop
from triage_agent.decision.values import Private, Value
from triage_agent.decision.weekly import Reviewed, SummaryPosted
from triage_agent.operating_model.kinds import Scalar


class Received(Value):
    """A record became an item. `replaces`: the item of an earlier version of its request.

    `before`: what the fields held that the page's actions change. `came_by`: one of the ways that
    the page tells apart.
    """

    kind: Literal["Received"] = "Received"
    mode: Mode
    object: str
    record_id: str
    replaces: str | None = None
    came_by: str | None = None
    record: Annotated[Record | None, Private] = None
    before: Annotated[dict[str, Scalar] | None, Private] = None


class Read(Value):
    """What was looked up around the item: which objects, by which fields, what was found."""

    kind: Literal["Read"] = "Read"
    looked_at: tuple[str, ...]
    record_ids: tuple[str, ...]
    related: Annotated[tuple[Record, ...] | None, Private] = None


class Call(Value):
    """One call of the model: what it cost, whatever came of it.

    `key` is the SHA-256 of model, prompt as rendered and schema. `cost_usd` is None where the
    price isn't known.
    """

    purpose: Literal["assess", "draft"]
    key: str
    asked: str
    answered_by: str | None
    outcome: Literal[
        "answered", "refused", "filtered", "truncated", "torn", "no_answer", "other_model"
    ]
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float | None
    seconds: float


class ModelCalled(Value):
    """`shown`: the item's fields that the question held; `masked`: what in their text it didn't."""

    kind: Literal["ModelCalled"] = "ModelCalled"
    call: Call
    shown: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    answer: Annotated[str | None, Private] = None


class Assessed(Value):
    """The model filled the form. `category` and `confidence` are its own words."""

    kind: Literal["Assessed"] = "Assessed"
    category: str
    confidence: float
    assessment: Annotated[Assessment | None, Private] = None


class FiredRule(Value):
    """A stop without its evidence: all of it that may be kept for good.

    `order`: the sender tries to tell the agent what to do.
    """

    rule: str
    topic: str | None
    source: Source
    order: bool = False


class Stopped(Value):
    kind: Literal["Stopped"] = "Stopped"
    rules: tuple[FiredRule, ...]
    stops: Annotated[tuple[Stop, ...] | None, Private] = None


class Drafted(Value):
    kind: Literal["Drafted"] = "Drafted"
    action: str
    words: int
    text: Annotated[str | None, Private] = None


class Planned(Value):
    """The actions that follow from the decision; a later plan replaces an earlier one.

    `hand_overs`: those of them that hand the item to a person.
    """

    kind: Literal["Planned"] = "Planned"
    names: tuple[str, ...]
    category: str
    hand_overs: tuple[str, ...] = ()
    actions: Annotated[tuple[Action, ...] | None, Private] = None


class Permitted(Value):
    kind: Literal["Permitted"] = "Permitted"
    action: str
    line: str


class Held(Value):
    """An action waits for the word of `who`, whom the page names; nothing of it is done."""

    kind: Literal["Held"] = "Held"
    action: str
    line: str
    who: str


class Refused(Value):
    kind: Literal["Refused"] = "Refused"
    action: str
    line: str
    reason: str


class Intended(Value):
    """A write is about to leave, carrying `key`; durable before the first byte.

    `approval`: the digest of what it was approved by, which is used up herewith.
    """

    kind: Literal["Intended"] = "Intended"
    action: str
    key: str
    system: System
    approval: str | None = None


class Done(Value):
    """The write is there: as `reference` (a record id, or a message's channel and time)."""

    kind: Literal["Done"] = "Done"
    action: str
    key: str
    reference: str
    found: bool = False


class Failed(Value):
    """A step came to nothing: `action` is an action's name, or `assess`.

    `again`: only this item is concerned, so another try may follow in the same run.
    """

    kind: Literal["Failed"] = "Failed"
    action: str
    code: str
    reason: str
    again: bool = False


class NotFound(Value):
    """What was intended before an interruption isn't there: it may be done again."""

    kind: Literal["NotFound"] = "NotFound"
    action: str
    key: str


class Unclear(Value):
    """Whether what was intended is there can't be found out yet: a person had better look."""

    kind: Literal["Unclear"] = "Unclear"
    action: str
    key: str
    reason: str


class Overtaken(Value):
    """The record isn't what was judged any more, so this was left undone; `how` names no value."""

    kind: Literal["Overtaken"] = "Overtaken"
    action: str
    key: str
    how: str


class Change(Value):
    """What a field was and what it became; None where the other system keeps no values."""

    was: str | None
    became: str | None


class Outcome(Value):
    """What came of an item later: `name` is one of the page's outcomes.

    `object` and `record_id`: the record that shows it. `by`: who did it, as the other system knows
    them, where that is told. `happened_at` is the other system's own time. `kept`: the share of
    the item's draft that stands in what people sent, 0 where they deleted what held it; None where
    that isn't known. What they sent isn't kept.
    """

    kind: Literal["Outcome"] = "Outcome"
    name: str
    object: str
    record_id: str
    happened_at: datetime
    by: str | None
    field: str | None = None
    change: Annotated[Change | None, Private] = None
    kept: float | None = None


class Erased(Value):
    """The texts of this item were taken out for good, at somebody's word."""

    kind: Literal["Erased"] = "Erased"
    by: str
    login: str
    texts: int


Event = Annotated[
    Received
    | Read
    | ModelCalled
    | Assessed
    | Stopped
    | Drafted
    | Planned
    | Permitted
    | Held
    | Refused
    | Intended
    | Done
    | Failed
    | NotFound
    | Unclear
    | Overtaken
    | Outcome
    | Claimed
    | Released
    | Corrected
    | Rejected
    | Asked
    | Approved
    | Edited
    | Expired
    | Voided
    | Reminded
    | FellBack
    | Shown
    | Withdrawn
    | Requeued
    | Reversed
    | LeftAsIs
    | RollbackStarted
    | RollbackFinished
    | Erased
    | Started
    | HandedOut
    | GivenUp
    | Listening
    | RefusedToStart
    | PageChanged
    | PageKept
    | PageTried
    | Cleared
    | NotCleared
    | Rejudged
    | FollowedUp
    | MeasuredBefore
    | Anchored
    | Verified
    | SummaryPosted
    | Reviewed
    | TextsExpired
    | Called
    | Blocked
    | Paused
    | Resumed
    | ExcessAllowed
    | Finished
    | Broke,
    Field(discriminator="kind"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Happened(Value):
    """An event with its moment: what the story of an item is made of."""

    at: datetime
    run: str
    event: Event
