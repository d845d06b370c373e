"""An item's events, folded: where it stands, read from what has happened to it alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatchmethod

from triage_agent.decision.actions import Action, UpdateRecord
from triage_agent.decision.assessment import Assessment
from triage_agent.decision.events import (
    Assessed,
    Call,
    Done,
    Drafted,
    Erased,
    Event,
    Failed,
    FiredRule,
    Happened,
    Held,
    Intended,
    ModelCalled,
    NotFound,
    Overtaken,
    Permitted,
    Planned,
    Read,
    Received,
    Refused,
    Stopped,
    Unclear,
)
from triage_agent.decision.item import Item, Mode, Record
from triage_agent.decision.plan import Judged
from triage_agent.decision.questions import Question
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
from triage_agent.decision.rollback_events import Withdrawn
from triage_agent.decision.states import ENDED, UNFINISHED, ActionState, Status, Verdict
from triage_agent.decision.stops import Stop
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page


@dataclass
class Story:
    """An item's events, folded: everything that the next step depends on.

    `held`: what the fields of its record hold that actions change, as far as the agent knows.
    """

    mode: Mode | None = None
    object: str | None = None
    record_id: str | None = None
    came_by: str | None = None
    received_at: datetime | None = None
    record: Record | None = None
    held: dict[str, Scalar] = field(default_factory=dict)
    related: tuple[Record, ...] = ()
    assessment: Assessment | None = None
    assessed: bool = False
    rules: list[FiredRule] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    draft: str | None = None
    category: str | None = None
    actions: dict[str, Action] = field(default_factory=dict)
    planned: tuple[str, ...] | None = None
    hand_overs: tuple[str, ...] = ()
    states: dict[str, ActionState] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    open: dict[str, tuple[Intended, datetime]] = field(default_factory=dict)
    failures: list[Failed] = field(default_factory=list)
    calls: list[tuple[str, Call]] = field(default_factory=list)
    paid: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    posted_at: datetime | None = None
    reminded: set[Reminded] = field(default_factory=set)
    claimed: tuple[Claimed, datetime] | None = None
    fell_back: tuple[FellBack, datetime] | None = None
    released: tuple[Released, datetime] | None = None
    corrected: tuple[Corrected, datetime] | None = None
    closed: tuple[Corrected | Rejected, datetime] | None = None
    withdrawn: tuple[Withdrawn, datetime] | None = None
    decisions: int = 0
    questions: dict[str, Question] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)
    erased: bool = False

    @classmethod
    def of(cls, events: Iterable[Happened]) -> "Story":
        """The story that the events tell."""
        story = cls()
        for happened in events:
            story.tell(happened)
        return story

    def tell(self, happened: Happened) -> None:
        """Adds one more event."""
        if isinstance(happened.event, Received):
            self.received_at = happened.at
        if isinstance(happened.event, Intended):
            self.open[happened.event.action] = (happened.event, happened.at)
        if isinstance(happened.event, ModelCalled):
            self._pay(happened.run, happened.event)
        if isinstance(happened.event, Asked):
            self._ask(happened.event, happened.at)
        elif question := self.question(getattr(happened.event, "action", None)):
            question.tell(happened)
        if isinstance(happened.event, Done) and self.is_post(happened.event.action):
            self.posted_at = self.posted_at or happened.at
        self._decide(happened.event, happened.at)
        self._fold(happened.event)

    def _decide(self, event: Event, at: datetime) -> None:
        """What somebody decided about a hand-over, or didn't in time: its message has to say so."""
        match event:
            case Claimed():
                self.claimed, self.fell_back = (event, at), None
                self._remind_anew()
            case FellBack():
                self.claimed, self.fell_back = None, (event, at)
                self._remind_anew()
            case Released():
                self._release(event, at)
            case Corrected():
                self.corrected = event, at
                self.closed = self.corrected if event.wrong == "not_an_item" else None
            case Rejected(action=None):
                self.closed = event, at
            case Withdrawn():
                self.withdrawn = event, at
            case _:
                return
        self.decisions += 1

    def _remind_anew(self) -> None:
        """It is somebody else's turn, who hasn't been told of it yet."""
        self.reminded = {one for one in self.reminded if one.action != self.posted}

    def _release(self, event: Released, at: datetime) -> None:
        """The way begins anew, and no rule stops it: what was found until now stays told."""
        self.released, self.claimed = (event, at), None
        self.planned, self.assessed, self.draft = None, False, None
        self.states = {name: one for name, one in self.states.items() if name in self.questions}
        self.verdicts.clear()

    def _ask(self, event: Asked, at: datetime) -> None:
        question = Question.of(event, at)
        self.questions[question.post] = question
        self.states[event.action], self.states[question.post] = "asked", "permitted"
        if event.approval and question.message:
            self.actions |= {event.action: event.approval.action, question.post: question.message}

    def question(self, action: str | None) -> Question | None:
        """What was asked about an action last."""
        asked = (one for one in self.questions.values() if one.asked.action == action)
        return max(asked, key=lambda one: one.asked.number, default=None)

    def _pay(self, run: str, event: ModelCalled) -> None:
        """Keeps what was paid for: the same question isn't asked again."""
        self.calls.append((run, event.call))
        if event.call.outcome == "answered" and event.answer:
            self.paid[event.call.key] = event.answer

    def item(self, item_id: str, page: Page) -> Item:
        """The item as it was read."""
        if self.record is None or self.mode is None:
            raise ValueError(f"the texts of item {item_id} have been erased")
        return Item(item_id, self.mode, self.record, page, self.related)

    def judged(self) -> Judged:
        """The decision so far."""
        assert self.received_at is not None
        return Judged(
            received_at=self.received_at,
            assessment=self.assessment,
            stops=() if self.released else tuple(self.stops),
            released=self.released[0] if self.released else None,
            draft=self.draft,
            done=tuple(name for name, state in self.states.items() if state == "done"),
        )

    def asked(self, action: str) -> Question | None:
        """What was asked about an action that needs somebody's word; None of any other."""
        return self.question(action) if self.verdicts.get(action) == "needs_approval" else None

    def has_yes(self, action: str) -> bool:
        """Whether somebody has approved what was asked about an action last, and it counts."""
        question = self.question(action)
        return question is not None and question.is_approved

    @property
    def status(self) -> Status:
        """How the item ended, or that it hasn't; erased, where it can't go on without its texts."""
        status = self._status
        return "erased" if self.erased and status in ("open", "failed") else status

    @property
    def _status(self) -> Status:
        if self.withdrawn:
            return "withdrawn"
        states = {self.states[name] for name in (*(self.planned or ()), *self.asks)}
        if self.planned is None or self.stale or self.to_ask or UNFINISHED & states:
            return "open"
        if not self.rules or self.released:
            return "failed" if {"failed", "refused"} & states else "settled"
        posts = {self.states[name] for name in self.planned if self.is_post(name)}
        return "escalated" if posts & {"done", "recorded"} else "failed"

    @property
    def posted(self) -> str | None:
        """The action whose message hands the item to a person, where that message is there."""
        return next((name for name in self.hand_overs if name in self.references), None)

    @property
    def waits(self) -> bool:
        """Whether there is something that a person has to decide, and hasn't."""
        handed_over = self.posted is not None and not (self.released or self.closed)
        return not (self.erased or self.withdrawn) and (handed_over or bool(self.asks))

    @property
    def asks(self) -> tuple[str, ...]:
        """The messages that ask for somebody's word, as far as that is still wanted."""
        return tuple(name for name, question in self.questions.items() if question.waits)

    @property
    def to_ask(self) -> tuple[str, ...]:
        """The actions for which somebody is to be asked now: all others have come to their end."""
        states = {name: self.states[name] for name in self.planned or ()}
        if self.mode == "shadow" or not ENDED.issuperset(states.values()):
            return ()
        return tuple(name for name, state in states.items() if state == "held")

    @property
    def stale(self) -> str | None:
        """The first message that doesn't tell yet of all that it should, if there is one."""
        there = (name for name in (self.posted, *self.questions) if name in self.references)
        return next((one for one in there if self.shown.get(one, 0) < self.events_told(one)), None)

    def events_told(self, message: str) -> int:
        """How much there is by now for a message to tell of."""
        question = self.questions.get(message)
        if question:
            return len(question.told) + bool(self.withdrawn)
        return self.decisions

    def is_post(self, name: str) -> bool:
        """Whether an action hands the item to a person."""
        return name in self.hand_overs

    def failed_times(self, action: str) -> int:
        """How often a step or action has failed."""
        return sum(failed.action == action for failed in self.failures)

    def may_pass(self, step: str) -> bool:
        """Whether a step that was tried may be tried again at once.

        After a failure only where it concerned this item alone.
        """
        if self.states.get(step, "failed") != "failed":
            return True
        failed = (failed.again for failed in reversed(self.failures) if failed.action == step)
        return next(failed, True)

    @singledispatchmethod
    def _fold(self, event: Event) -> None:
        """What a run tells of itself changes nothing here."""

    @_fold.register
    def _(self, event: Received) -> None:
        self.mode, self.record = event.mode, event.record
        self.object, self.record_id, self.came_by = event.object, event.record_id, event.came_by
        self.held |= event.before or {}

    @_fold.register
    def _(self, event: Read) -> None:
        self.related = event.related or ()

    @_fold.register
    def _(self, event: Assessed) -> None:
        self.assessed, self.assessment = True, event.assessment

    @_fold.register
    def _(self, event: Stopped) -> None:
        self.rules += event.rules
        self.stops += event.stops or ()

    @_fold.register
    def _(self, event: Drafted) -> None:
        self.draft = event.text
        self.states[event.action] = "done"

    @_fold.register
    def _(self, event: Planned) -> None:
        self.planned, self.category = event.names, event.category
        posts = (action.name for action in event.actions or () if action.kind == "post")
        handed = event.hand_overs or tuple(posts)
        self.hand_overs = tuple(dict.fromkeys([*self.hand_overs, *handed]))
        self.actions |= {action.name: action for action in event.actions or ()}
        for name in event.names:
            self.states.setdefault(name, "recorded" if self.mode == "shadow" else "planned")

    @_fold.register
    def _(self, event: Permitted) -> None:
        self.verdicts[event.action] = "allowed"
        if self.states.get(event.action) in (None, "planned", "held", "refused"):
            self.states[event.action] = "permitted"

    @_fold.register
    def _(self, event: Held) -> None:
        self.verdicts[event.action] = "needs_approval"
        self.states[event.action] = "held"

    @_fold.register
    def _(self, event: Refused) -> None:
        self.verdicts[event.action] = "refused"
        self.states[event.action] = "refused"

    @_fold.register
    def _(self, event: Intended) -> None:
        self.states[event.action] = "intended"

    @_fold.register
    def _(self, event: Done) -> None:
        self.open.pop(event.action, None)
        self.states[event.action] = "done"
        self.references[event.action] = event.reference
        if isinstance(action := self.actions.get(event.action), UpdateRecord):
            self.held |= action.fields

    @_fold.register
    def _(self, event: Shown) -> None:
        self.shown[event.action] = event.decisions

    @_fold.register
    def _(self, event: Reminded) -> None:
        self.reminded.add(event)

    @_fold.register
    def _(self, event: NotFound) -> None:
        self.open.pop(event.action, None)
        asked = self.verdicts.get(event.action) == "needs_approval"
        self.states[event.action] = "approved" if asked else "permitted"

    @_fold.register
    def _(self, event: Unclear) -> None:
        """It stays open, so that the next run looks again."""
        self.states[event.action] = "unclear"

    @_fold.register
    def _(self, event: Approved) -> None:
        self.states[event.action] = "approved"

    @_fold.register
    def _(self, event: Edited) -> None:
        if event.approval:
            self.actions[event.action] = event.approval.action

    @_fold.register
    def _(self, event: Rejected) -> None:
        if event.action:
            self.states[event.action] = "rejected"

    @_fold.register
    def _(self, event: Expired) -> None:
        self.states[event.action] = "expired"

    @_fold.register
    def _(self, event: Voided) -> None:
        """It is to be asked afresh."""
        self.open.pop(event.action, None)
        self.states[event.action] = "held"

    @_fold.register
    def _(self, _event: Erased) -> None:
        self.erased = True

    @_fold.register
    def _(self, event: Overtaken) -> None:
        self.open.pop(event.action, None)
        self.states[event.action] = "overtaken"

    @_fold.register
    def _(self, event: Failed) -> None:
        self.open.pop(event.action, None)
        self.failures.append(event)
        if event.action in self.states:
            self.states[event.action] = "failed"
