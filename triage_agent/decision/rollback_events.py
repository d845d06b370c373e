"""What happens when a person has undone what the agent did, as past-tense values."""

from typing import Literal

from triage_agent.decision.review_events import Decided
from triage_agent.decision.values import Value

UNDO = "undo "
"""Before an action's name: the undoing of what it did."""


class RollbackStarted(Decided):
    """Somebody has what the agent did undone; `selection`: of which run, item or time.

    `reason`: what happened; `found`: how that was found. `items`: how many are concerned. `again`:
    what is wholly undone is taken up afresh by the next run.
    """

    kind: Literal["RollbackStarted"] = "RollbackStarted"
    selection: str
    reason: str
    found: str
    items: int
    again: bool = False


class RollbackFinished(Value):
    """Of how many things that were done how many are undone, and could not be.

    `left`: of how many something, or all, is left for people.
    """

    kind: Literal["RollbackFinished"] = "RollbackFinished"
    undone: int
    left: int
    failed: int


class Withdrawn(Decided):
    """Somebody has undone what the agent did for an item, with which it does nothing more."""

    kind: Literal["Withdrawn"] = "Withdrawn"


class Requeued(Decided):
    """Somebody has the next run take the record of a withdrawn item up afresh, as a new item."""

    kind: Literal["Requeued"] = "Requeued"


class Reversed(Value):
    """What an action did is undone; `key` is that of the undoing, `fields` are those restored.

    `found`: it was so already, by an earlier try or by somebody's hand.
    """

    kind: Literal["Reversed"] = "Reversed"
    action: str
    key: str
    fields: tuple[str, ...] = ()
    found: bool = False


class Rejudged(Value):
    """The model is asked what another page would have decided; nothing follows from it."""

    kind: Literal["Rejudged"] = "Rejudged"
    version: int
    page_sha256: str


class LeftAsIs(Value):
    """What an action did, or some fields of it, is left for people; `reason` names no value.

    `key`: that of the undoing.
    """

    kind: Literal["LeftAsIs"] = "LeftAsIs"
    action: str
    key: str
    fields: tuple[str, ...]
    reason: str
