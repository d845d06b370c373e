"""What people decide about an item, as past-tense values, and what their messages say of it."""

from typing import Annotated, Literal

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
    """The hand-over was of no use."""

    kind: Literal["Rejected"] = "Rejected"
    reason: Annotated[str | None, Private] = None


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
    """The hand-over's message tells of so many decisions now."""

    kind: Literal["Shown"] = "Shown"
    action: str
    decisions: int
