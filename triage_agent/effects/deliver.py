"""Carries out permitted actions in batches. Before it is called, `Intended` is durable.

Each function answers with events for the items' streams. An effect whose answer was lost gets
none: it stays intended, and is looked up.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Self

from triage_agent.connectors.salesforce.rereading import Standing
from triage_agent.connectors.salesforce.writing import Creates, NotWritten, Row, Updates, Writer
from triage_agent.connectors.slack import Posted, SlackConnector
from triage_agent.decision.actions import (
    Action,
    Approval,
    CreateRecord,
    Message,
    UpdateRecord,
)
from triage_agent.decision.events import Done, Event, Failed, Intended, NotFound, Overtaken, Unclear
from triage_agent.decision.item import Record
from triage_agent.decision.questions import Question
from triage_agent.decision.review_events import Voided
from triage_agent.decision.reviews import fresh
from triage_agent.decision.run_events import System
from triage_agent.decision.values import alike
from triage_agent.errors import AnswerLost, ConnectorError
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

SLACK_SETTLES = timedelta(seconds=5)
"""How long a message that was posted and cut off may take to show in the channel."""
CLOCKS_DIFFER = timedelta(minutes=10)
"""How far the time of Slack may lie behind ours at most."""
HEAD_TRIES = 3
Entry = tuple[str, Event]
"""An event and the stream that it belongs to."""


THREAD = ".thread"
"""Behind an action's name: the message under which its further hand-overs go."""


_NOTHING: Mapping[str, Scalar] = MappingProxyType({})


@dataclass(frozen=True)
class Mark:
    """Names one write for good: `key` is found in the other system, too."""

    stream: str
    name: str
    system: System

    @property
    def key(self) -> str:
        return f"{self.stream}.{self.name}"

    def intended(self, approval: str | None = None) -> Entry:
        """The event that must be durable before this leaves; `approval`: what it uses up."""
        intended = Intended(action=self.name, key=self.key, system=self.system, approval=approval)
        return self.stream, intended

    def done(self, reference: str, *, found: bool = False) -> Entry:
        """The event once it is there."""
        done = Done(action=self.name, key=self.key, reference=reference, found=found)
        return self.stream, done

    def failed(self, code: str, reason: str, *, again: bool = False) -> Entry:
        """The event when it surely isn't there."""
        return self.stream, Failed(action=self.name, code=code, reason=reason, again=again)

    def not_found(self) -> Entry:
        """The event when it was looked for and isn't there."""
        return self.stream, NotFound(action=self.name, key=self.key)

    def unclear(self, reason: str) -> Entry:
        """The event when it can't be looked for."""
        return self.stream, Unclear(action=self.name, key=self.key, reason=reason)

    def voided(self, digest: str, reason: str) -> Entry:
        """The event when it was left undone, because it isn't what was approved."""
        return self.stream, Voided(action=self.name, digest=digest, reason=reason)

    def overtaken(self, how: str) -> Entry:
        """The event when it was left undone, because the record has changed."""
        return self.stream, Overtaken(action=self.name, key=self.key, how=how)


@dataclass(frozen=True)
class Effect:
    """One action of one item on its way out; `record`: what was judged.

    `approval`: what somebody has approved, where the action needs that; `tried`: whether it may
    have been done by that already. `held`: what the record's fields hold, as far as is known.
    """

    mark: Mark
    action: Action
    record: Record
    approval: Approval | None = None
    tried: bool = False
    held: Mapping[str, Scalar] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        item: str,
        action: Action,
        record: Record,
        question: Question | None = None,
        held: Mapping[str, Scalar] = _NOTHING,
    ) -> Self:
        """The effect that an item's action has; `question`: what was asked about it."""
        system: System = "slack" if isinstance(action, Message) else "salesforce"
        mark = Mark(item, action.name, system)
        approval, tried = (question.approval, question.used) if question else (None, False)
        return cls(mark, action, record, approval, tried, held)

    def intended(self) -> Entry:
        """The event that must be durable before this leaves."""
        return self.mark.intended(self.approval.digest if self.approval else None)


@dataclass(frozen=True)
class Overflow:
    """The message under which a run's further hand-overs to a team go; `at`: when it leaves."""

    mark: Mark
    team: str
    at: datetime


def deliver_records(writer: Writer, page: Page, effects: Sequence[Effect]) -> list[Entry]:
    """Updates and creates records in one request, but only where the item still stands.

    An item whose record isn't what was judged any more is left alone, and so is what was approved
    while it would have changed something else.
    """
    try:
        records = {effect.record.id: effect.record for effect in effects}
        standing = writer.standing(page, list(records.values()))
        told = ((e.mark, _without_writing(writer, e, standing[e.record.id])) for e in effects)
        undone = {mark: entry for mark, entry in told if entry}
        return [
            *undone.values(),
            *_written(writer, [effect for effect in effects if effect.mark not in undone]),
        ]
    except ConnectorError as exc:
        return list(_all_failed((effect.mark for effect in effects), exc))


def _without_writing(writer: Writer, effect: Effect, standing: Standing) -> Entry | None:
    """Why it isn't written, if it isn't: it is there already, or is to be left undone."""
    action, now, wanted = effect.action, standing.fields, dict[str, Scalar]()
    if isinstance(action, UpdateRecord):
        wanted = writer.prepared(action.object, action.fields)
        there = all(alike(now.get(name), value) for name, value in wanted.items())
        if effect.tried and there and not now.get("IsDeleted"):
            return effect.mark.done(action.record_id, found=True)
    if standing.change:
        return effect.mark.overtaken(standing.change)
    if approval := effect.approval:
        other = [name for name, value in approval.was.items() if not alike(now[name], value)]
        reason = f"{', '.join(other)} changed since it was asked"
        return effect.mark.voided(approval.digest, reason) if other else None
    others = _others(writer, effect, now, wanted)
    return effect.mark.overtaken(f"has another {', '.join(others)}") if others else None


def _others(
    writer: Writer, effect: Effect, now: Mapping[str, Scalar], wanted: Mapping[str, Scalar]
) -> list[str]:
    """The fields that somebody else has set: they hold neither what they did nor what is wanted."""
    known = writer.prepared(effect.record.object, effect.held)
    return [
        name
        for name, value in wanted.items()
        if name in known and not (alike(now[name], known[name]) or alike(now[name], value))
    ]


def _written(writer: Writer, effects: Sequence[Effect]) -> list[Entry]:
    groups: dict[tuple[object, ...], list[Effect]] = {}
    for effect in effects:
        group = (*_place(effect.action), effect.approval is not None)
        groups.setdefault(group, []).append(effect)
    collections = [_collection(writer, group) for group in groups.values()]
    results = writer.write(collections)
    return [
        entry
        for group, rows in zip(groups.values(), results, strict=True)
        for entry in _results(group, rows)
    ]


def _place(action: Action) -> tuple[str, ...]:
    match action:
        case UpdateRecord(object=name):
            return name, ""
        case CreateRecord(object=name, key_field=key):
            return name, key
        case _:
            raise TypeError(f"{action.kind} writes no record")


def _collection(writer: Writer, effects: Sequence[Effect]) -> Updates | Creates:
    actions = [effect.action for effect in effects]
    (name, key), approved = _place(actions[0]), effects[0].approval is not None
    updates = [action for action in actions if isinstance(action, UpdateRecord)]
    if updates:
        rows = [(a.record_id, writer.prepared(name, a.fields)) for a in updates]
        return Updates(name, rows, approved)
    creates = [action for action in actions if isinstance(action, CreateRecord)]
    return Creates(name, key, [writer.prepared(name, a.fields) for a in creates], approved)


def _results(effects: Sequence[Effect], results: Sequence[Row]) -> Iterator[Entry]:
    for effect, result in zip(effects, results, strict=True):
        if isinstance(result, NotWritten):
            named = f" for {', '.join(result.fields)}" if result.fields else ""
            reason = f"Salesforce refused the row{named}"
            yield effect.mark.failed(result.code, reason, again=True)
        else:
            yield effect.mark.done(result.id)


def _all_failed(marks: Iterable[Mark], exc: ConnectorError) -> Iterator[Entry]:
    if not isinstance(exc, AnswerLost):
        yield from (mark.failed(exc.code, str(exc)) for mark in marks)


@dataclass(frozen=True)
class Posting:
    """What hand-overs are posted with."""

    slack: SlackConnector
    page: Page
    sleep: Callable[[float], None]


@dataclass
class Messages:
    """How many messages of its own a run may still post in a channel, then the common thread.

    `unsure`: nobody knows whether the thread's head is there, so this run posts no other.
    """

    left: int
    thread: str | None = None
    unsure: bool = False

    def split(self, waiting: int) -> int:
        """How many of the waiting hand-overs get a message of their own; one is kept back."""
        return 0 if self.thread or self.unsure else max(0, min(waiting, self.left - 1))


def deliver_posts(
    posting: Posting,
    messages: Messages,
    effects: Sequence[Effect],
    overflow: Overflow | None,
) -> list[Entry]:
    """Posts hand-overs to one team, in order; what exceeds the limit goes under `overflow`."""
    own = messages.split(len(effects))
    messages.left -= own
    entries = [entry for effect in effects[:own] for entry in _post(posting, effect, None)]
    if rest := effects[own:]:
        if overflow:
            entries += _open_thread(posting, messages, overflow)
        if messages.thread:
            entries += [e for effect in rest for e in _post(posting, effect, messages.thread)]
        else:
            entries += [
                effect.mark.failed("NO_THREAD", "the common message failed") for effect in rest
            ]
    return entries


def _post(posting: Posting, effect: Effect, thread: str | None) -> Iterator[Entry]:
    assert isinstance(effect.action, Message)
    channel = posting.page.teams[effect.action.team].channel
    try:
        standing = fresh(effect.action, posting.page)
        posted = posting.slack.post(channel, effect.mark.key, effect.action, standing, thread)
    except ConnectorError as exc:
        yield from _all_failed([effect.mark], exc)
    else:
        yield effect.mark.done(posted.reference)


def _open_thread(posting: Posting, messages: Messages, overflow: Overflow) -> Iterator[Entry]:
    try:
        posted = _head(posting, overflow)
    except ConnectorError as exc:
        messages.unsure = isinstance(exc, AnswerLost)
        yield from _all_failed([overflow.mark], exc)
    else:
        messages.thread = posted.ts
        yield overflow.mark.done(posted.reference)


def _head(posting: Posting, overflow: Overflow) -> Posted:
    """Posts the common message once: where the answer is lost it is looked for first."""
    channel, key = posting.page.teams[overflow.team].channel, overflow.mark.key
    for _ in range(HEAD_TRIES):
        try:
            return posting.slack.post_overflow(channel, key, overflow.team)
        except AnswerLost as exc:
            lost = exc
        posting.sleep(SLACK_SETTLES.total_seconds())
        try:
            found = posting.slack.find(channel, overflow.at - CLOCKS_DIFFER)
        except ConnectorError as exc:
            raise lost from exc
        if key in found:
            return found[key]
    raise lost
