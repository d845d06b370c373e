"""What can happen in a run or to the agent as a whole. Nothing here holds a person's data."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from triage_agent.decision.item import Mode
from triage_agent.decision.values import Value

System = Literal["salesforce", "slack"]


class Started(Value):
    """A run began. `unfinished`: items of earlier runs that it takes up first.

    `reads`: of each object the fields that it asks for, whenever an item's `Read` names the object.
    `uncleared`: why it is in shadow, though the page is live.
    """

    kind: Literal["Started"] = "Started"
    mode: Mode
    page_version: int
    page_sha256: str
    prompts_sha256: str
    model: str
    unfinished: int
    reads: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    uncleared: tuple[str, ...] = ()


class Listening(Value):
    """A listener began to hear what people do in Slack."""

    kind: Literal["Listening"] = "Listening"
    page_version: int
    page_sha256: str


class Called(Value):
    """One request to Salesforce or Slack: no query, no body, no personal data."""

    kind: Literal["Called"] = "Called"
    system: System
    method: str
    path: str
    status: int | None
    seconds: float


class Blocked(Value):
    """A request that the page doesn't give was kept back at the wire: no byte of it left."""

    kind: Literal["Blocked"] = "Blocked"
    system: Literal["salesforce", "slack", "model"]
    method: str
    path: str
    reason: str


class FollowedUp(Value):
    """A run asked what has come of earlier items, by what changed from `since` to `until`."""

    kind: Literal["FollowedUp"] = "FollowedUp"
    since: datetime
    until: datetime
    outcomes: int


class Anchored(Value):
    """What the ledger held at a moment, told outside of it as well.

    `events` of `streams` were there, `last` being the number of the last one; `digest` is over the
    hashes of all of them, in order. `accepted`: the faults with which somebody let it stand.
    """

    kind: Literal["Anchored"] = "Anchored"
    events: int
    streams: int
    last: int
    digest: str
    by: str | None = None
    reason: str | None = None
    accepted: tuple[str, ...] = ()


class Verified(Value):
    """All of the ledger was checked; `faults` holds the first of them, `found` counts them."""

    kind: Literal["Verified"] = "Verified"
    events: int
    streams: int
    found: int
    faults: tuple[str, ...]
    seconds: float


class TextsExpired(Value):
    """The texts of what happened before a moment were taken out, but for items still open."""

    kind: Literal["TextsExpired"] = "TextsExpired"
    before: datetime
    texts: int


class PageChanged(Value):
    """A run goes by another page, or other prompts, than the run before it."""

    kind: Literal["PageChanged"] = "PageChanged"
    version: int
    was_version: int
    page_sha256: str
    was_page_sha256: str
    prompts_sha256: str
    was_prompts_sha256: str


class PageKept(Value):
    """The text of a page by which a run goes for the first time."""

    kind: Literal["PageKept"] = "PageKept"
    version: int
    sha256: str
    text: str


class Cleared(Value):
    """What runs is from here on what passed an evaluation: when, by whose word, in how many trials.

    `scores`: by the names of the page's thresholds.
    """

    kind: Literal["Cleared"] = "Cleared"
    evaluated_at: datetime
    by: str
    page_sha256: str
    trials: int
    scores: dict[str, float]


class NotCleared(Value):
    """What would run isn't what passed an evaluation, so from here on nothing is changed."""

    kind: Literal["NotCleared"] = "NotCleared"
    reasons: tuple[str, ...]


class PageTried(Value):
    """Somebody asked what another page would have decided: of `items`, `differ` otherwise.

    `selection`: of which run, item or time. `untold`: of how many it can't be told.
    """

    kind: Literal["PageTried"] = "PageTried"
    login: str
    selection: str
    version: int
    page_sha256: str
    items: int
    differ: int
    untold: int


class MeasuredBefore(Value):
    """How soon people touched records before the agent's time, from the other system's history.

    Of `records` created from `since` to `until`, `touched` were; minutes, None without any.
    """

    kind: Literal["MeasuredBefore"] = "MeasuredBefore"
    since: datetime
    until: datetime
    records: int
    touched: int
    median_minutes: float | None
    ninth_decile_minutes: float | None


class RefusedToStart(Value):
    """A run didn't begin: the agent was paused, another run was under way, or the like."""

    kind: Literal["RefusedToStart"] = "RefusedToStart"
    reason: str


class Paused(Value):
    """Nothing is written from here on. `by`: a person of the page, or the agent itself."""

    kind: Literal["Paused"] = "Paused"
    by: str
    reason: str


class Answer(Value):
    """One line of the checklist before resuming."""

    question: str
    answer: str


class Resumed(Value):
    """Somebody whom the page names has answered its checklist, and lets the agent go on."""

    kind: Literal["Resumed"] = "Resumed"
    by: str
    login: str
    checklist: tuple[Answer, ...]


class ExcessAllowed(Value):
    """Somebody let credentials pass that can do more than the page: `excess`, each in words."""

    kind: Literal["ExcessAllowed"] = "ExcessAllowed"
    login: str
    excess: tuple[str, ...]


class Allowance(Value):
    """Of the requests that the org grants for a day, `of`, those `used`: by whoever."""

    used: int
    of: int = Field(gt=0)

    @property
    def share(self) -> float:
        """It may be more than 1: not all is refused that is too much."""
        return self.used / self.of


class Finished(Value):
    """A run ended well. `allowance`: as the org told it last, where it did.

    `done`: how often each of the page's actions was done, 0 included; empty in shadow.
    """

    kind: Literal["Finished"] = "Finished"
    received: int
    settled: int
    escalated: int
    failed: int
    deferred: int
    refused: int
    handed_out: int = 0
    allowance: Allowance | None = None
    done: dict[str, int] = Field(default_factory=dict)


class Broke(Value):
    """A run could not begin, or could not go on; what it had done is on the ledger."""

    kind: Literal["Broke"] = "Broke"
    reason: str
