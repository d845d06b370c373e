"""What people decide about an item, as past-tense values, and what their messages say of it."""

from datetime import datetime
from typing import Annotated, Literal

from triage_agent.decision.actions import Approval
from triage_agent.decision.values import Private, Value


class Decided(Value):
    """What a person decided: who they are in each place where they are known."""

    by: str
    login: str
    slack: str
    salesforce: str | None


class Claimed(Decided):
    """Somebody whom the item was handed to takes it on themselves."""

    kind: Literal["Claimed"] = "Claimed"


class Released(Decided):
    """Somebody has the agent go on with a stopped item in their name, as one of that category."""

    kind: Literal["Released"] = "Released"
    category: str


class Corrected(Decided):
    """What the agent got wrong, to learn from; nothing changes by itself.

    `wrong`: the category, that a rule stopped it, or that it took it for a request at all.
    `category`: what it should have been, where that was said.
    """

    kind: Literal["Corrected"] = "Corrected"
    wrong: Literal["category", "rule", "not_an_item"]
    category: str | None = None
    note: Annotated[str | None, Private] = None


class Rejected(Decided):
    """The hand-over was of no use; or the action is not to be done that somebody was asked for."""

    kind: Literal["Rejected"] = "Rejected"
    action: str | None = None
    reason: Annotated[str | None, Private] = None


class Asked(Value):
    """Somebody's word is wanted for the very write whose approval has this digest.

    `number` counts how often it was asked for the action; `who`: as the page names them.
    """

    kind: Literal["Asked"] = "Asked"
    action: str
    number: int
    who: str
    digest: str
    expires_at: datetime
    approval: Annotated[Approval | None, Private] = None


class Approved(Decided):
    """Somebody said yes to what has this digest, and to nothing else."""

    kind: Literal["Approved"] = "Approved"
    action: str
    digest: str


class Edited(Decided):
    """Somebody wants it otherwise than it `was` asked: another digest, in their name."""

    kind: Literal["Edited"] = "Edited"
    action: str
    was: str
    digest: str
    approval: Annotated[Approval | None, Private] = None


class Expired(Value):
    """Nobody said yes or no in time, so it is left undone."""

    kind: Literal["Expired"] = "Expired"
    action: str
    digest: str


class Voided(Value):
    """What was asked, or approved, holds no more, and nothing was done; `reason` names no value."""

    kind: Literal["Voided"] = "Voided"
    action: str
    digest: str
    reason: str


class Reminded(Value):
    """Somebody was told that it waits: `to` is a Slack user's id, or the page's name for them.

    `action`: the one that handed it over.
    """

    kind: Literal["Reminded"] = "Reminded"
    action: str
    to: str


class FellBack(Value):
    """Who had claimed it hasn't decided in time, so whoever it was handed to may claim it anew."""

    kind: Literal["FellBack"] = "FellBack"
    action: str
    by: str
    slack: str


class Shown(Value):
    """A message tells of so many events now: of a hand-over, those that people decided."""

    kind: Literal["Shown"] = "Shown"
    action: str
    decisions: int
