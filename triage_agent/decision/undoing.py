"""What the agent did for an item, and how far that can be undone; from events and values alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from triage_agent.decision.actions import (
    AskApproval,
    CreateRecord,
    Message,
    PostHandOver,
    UpdateRecord,
    WriteDraft,
)
from triage_agent.decision.events import (
    Done,
    Failed,
    Happened,
    Intended,
    NotFound,
    Overtaken,
)
from triage_agent.decision.review_events import Voided
from triage_agent.decision.rollback_events import UNDO, LeftAsIs, Reversed
from triage_agent.decision.run_events import System
from triage_agent.decision.story import Story
from triage_agent.decision.values import alike
from triage_agent.operating_model.action_rules import (
    ActionRule,
    CreateAction,
    PostAction,
    UpdateAction,
)
from triage_agent.operating_model.kinds import Scalar

Fields = Mapping[str, Scalar]
Prepared = Callable[[str, Fields], Fields]
"""An object's fields as they are sent, and as the other system keeps them."""
ERASED = "its texts have been erased, so nobody knows what it was"
NO_RULE = "the operating model has no such action any more, so it doesn't say how it is undone"
OTHER_FIELD = "the operating model doesn't give this action the field any more"
UNKNOWN = "what it held before isn't on record"
CHANGED = "it was changed since"


@dataclass
class Deed:
    """One thing that the agent did for an item, or may have done.

    `number` counts how often its action did something. `action`: None once its texts are gone.
    `was`: what the fields held that it changed. `reference`: where it is, once that is known.
    `unsure`: an earlier try may have reached the record. `undone`, `left`: how its undoing ended.
    """

    item: str
    name: str
    number: int
    run: str
    at: datetime
    system: System
    action: UpdateRecord | CreateRecord | Message | None
    was: Fields
    reference: str | None = None
    unsure: bool = False
    undone: bool = False
    left: list[LeftAsIs] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Names its undoing for good."""
        return f"{self.item}.{UNDO.strip()}.{self.name}.{self.number}"

    @property
    def record_id(self) -> str | None:
        """The record that it changed or created; None of a message."""
        if isinstance(self.action, UpdateRecord):
            return self.action.record_id
        return self.reference if self.system == "salesforce" else None


def deeds(item: str, events: Iterable[Happened]) -> list[Deed]:
    """All that was done for an item, in order; where nobody knows whether it was, that too."""
    story, found = Story(), list[Deed]()
    for happened in events:
        _tell(item, happened, story, found)
        story.tell(happened)
    return [deed for deed in found if deed.reference or isinstance(deed.action, UpdateRecord)]


def _tell(item: str, happened: Happened, story: Story, found: list[Deed]) -> None:
    match happened.event:
        case Intended() as intended if not intended.action.startswith(UNDO):
            _begin(item, intended, happened, story, found)
        case Done(action=name, reference=reference) if last := _last(found, name):
            last.reference = reference
        case NotFound() | Failed() | Overtaken() | Voided() as event:
            _end(event, found)
        case Reversed(key=key):
            deed = _by_key(found, key)
            deed.undone, deed.left = True, []
        case LeftAsIs(key=key) as left:
            _by_key(found, key).left.append(left)
        case _:
            pass


def _begin(item: str, event: Intended, happened: Happened, story: Story, found: list[Deed]) -> None:
    last = _last(found, event.action)
    again = last if last and not last.reference else None
    if again:
        found.remove(again)
    number = sum(deed.name == event.action for deed in found) + 1
    found.append(_deed(item, event, happened, story, number))
    found[-1].unsure = again is not None and again.unsure


def _end(event: NotFound | Failed | Overtaken | Voided, found: list[Deed]) -> None:
    """It surely isn't there; but whether an update is, is never looked for."""
    last = _last(found, event.action)
    if last is None or last.reference:
        return
    if isinstance(event, NotFound) and isinstance(last.action, UpdateRecord):
        last.unsure = True
    if not last.unsure:
        found.remove(last)


def _deed(item: str, event: Intended, happened: Happened, story: Story, number: int) -> Deed:
    action, question = story.actions.get(event.action), story.asked(event.action)
    fields = action.fields if isinstance(action, UpdateRecord) else {}
    was: Fields = {name: story.held[name] for name in fields if name in story.held}
    if question and question.approval:
        was = question.approval.was
    return Deed(
        item=item,
        name=event.action,
        number=number,
        run=happened.run,
        at=happened.at,
        system=event.system,
        action=None if isinstance(action, WriteDraft) else action,
        was=was,
    )


def _last(found: list[Deed], name: str) -> Deed | None:
    return next((deed for deed in reversed(found) if deed.name == name), None)


def _by_key(found: list[Deed], key: str) -> Deed:
    return next(deed for deed in found if deed.key == key)


@dataclass(frozen=True)
class Reversal:
    """What is to be done about a deed: `sets` what, and what is left for people, and why.

    Neither of both: it is undone already. `now`: what the fields hold that it sets.
    """

    deed: Deed
    sets: Fields
    now: Fields
    left: tuple[LeftAsIs, ...] = ()
    shows: bool = False

    def gone(self, reason: str) -> "Reversal":
        """What is to be done about it where there is nothing to undo any more."""
        return _left(self.deed, reason)

    @property
    def intended(self) -> Intended:
        """What must be durable before the undoing leaves."""
        deed = self.deed
        return Intended(action=f"{UNDO}{deed.name}", key=deed.key, system=deed.system)

    @property
    def events(self) -> tuple[Reversed | LeftAsIs, ...]:
        """What tells how it ended, but for what has been told before."""
        if self.event:
            return self.event, *self.left
        return tuple(one for one in self.left if one not in self.deed.left)

    @property
    def event(self) -> Reversed | None:
        """What tells that it is undone; None where all of it is left."""
        left = {name for one in self.left for name in one.fields}
        action = self.deed.action
        fields = action.fields if isinstance(action, UpdateRecord) else self.sets
        restored = tuple(name for name in fields if name not in left)
        if self.left and not (left and restored):
            return None
        found = not (self.sets or self.shows)
        return Reversed(action=self.deed.name, key=self.deed.key, fields=restored, found=found)


@dataclass(frozen=True)
class Means:
    """What a deed is held against: the page's rule of its action, and the note that people read."""

    rule: ActionRule | None
    note: str
    prepared: Prepared


def reversal(deed: Deed, now: Fields | None, means: Means) -> Reversal:
    """How far a deed can be undone; `now`: its record as it is, None where there is none."""
    action, rule = deed.action, means.rule
    match action, rule:
        case None, _:
            return _left(deed, ERASED)
        case UpdateRecord(), UpdateAction():
            return _there(deed, now) or _restored(deed, action, now or {}, rule, means)
        case CreateRecord(), CreateAction():
            return _there(deed, now) or _withdrawn(deed, action, now or {}, rule, means)
        case (PostHandOver(), PostAction()) | (AskApproval(), _):
            return Reversal(deed, {}, {}, shows=True)
        case _:
            return _left(deed, NO_RULE)


def _left(deed: Deed, reason: str, fields: tuple[str, ...] = ()) -> Reversal:
    return Reversal(deed, {}, {}, (_as_is(deed, fields, reason),))


def _as_is(deed: Deed, fields: Iterable[str], reason: str) -> LeftAsIs:
    return LeftAsIs(action=deed.name, key=deed.key, fields=tuple(fields), reason=reason)


def _there(deed: Deed, now: Fields | None) -> Reversal | None:
    if now is None:
        return _left(deed, "the record is gone")
    return _left(deed, "the record was deleted") if now.get("IsDeleted") else None


def _restored(
    deed: Deed, action: UpdateRecord, now: Fields, rule: UpdateAction, means: Means
) -> Reversal:
    """Each field by itself: where it holds what was written, it gets back what it held."""
    wrote = means.prepared(action.object, action.fields)
    sets, left = dict[str, Scalar](), list[tuple[str, str]]()
    for name, value in wrote.items():
        if name not in rule.set:
            left.append((name, OTHER_FIELD))
        elif name not in deed.was:
            left.append((name, UNKNOWN))
        elif alike(now[name], deed.was[name]):
            continue
        elif alike(now[name], value):
            sets[name] = deed.was[name]
        else:
            left.append((name, CHANGED))
    return Reversal(deed, sets, {name: now[name] for name in sets}, tuple(_grouped(deed, left)))


def _grouped(deed: Deed, left: Iterable[tuple[str, str]]) -> Iterator[LeftAsIs]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in left:
        by_reason.setdefault(reason, []).append(name)
    yield from (_as_is(deed, names, reason) for reason, names in by_reason.items())


def _withdrawn(
    deed: Deed, action: CreateRecord, now: Fields, rule: CreateAction, means: Means
) -> Reversal:
    """As a whole, or not at all: whoever has changed anything of a record has made it theirs."""
    wrote = means.prepared(action.object, action.fields)
    if unknown := [name for name in wrote if name not in rule.set]:
        return _left(deed, OTHER_FIELD, tuple(unknown))
    noted = f"{means.note}\n\n{wrote.get(rule.undo.note_in) or ''}"
    target = means.prepared(action.object, {**rule.undo.set, rule.undo.note_in: noted})
    if all(alike(now[name], value) for name, value in target.items()):
        return Reversal(deed, {}, {})
    if other := [name for name, value in wrote.items() if not alike(now[name], value)]:
        return _left(deed, CHANGED, tuple(other))
    return Reversal(deed, target, {name: now[name] for name in target})
