"""What can happen to a batch: items that a run hands out, for whichever worker comes first."""

from typing import Literal

from triage_agent.decision.values import Value


class HandedOut(Value):
    """A run hands out so many of its items as one batch, which is a run of its own.

    `before`: how many items it had handed out by then, `of` how many it hands out in all: the
    batch's part of the page's limits follows from that.
    """

    kind: Literal["HandedOut"] = "HandedOut"
    items: tuple[str, ...]
    before: int
    of: int


class GivenUp(Value):
    """A batch came to no end however often it was begun: `alone` are its items, in batches each."""

    kind: Literal["GivenUp"] = "GivenUp"
    times: int
    reason: str
    alone: tuple[str, ...]
