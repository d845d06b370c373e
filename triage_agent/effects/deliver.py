"""Carries out permitted actions in batches. Before it is called, `Intended` is durable.

Each function answers with events for the items' streams. An effect whose answer was lost gets
none: it stays intended, and is looked up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from triage_agent.connectors.salesforce.writing import NotWritten, Row, Writer
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.actions import Action, CreateRecord, PostHandOver, UpdateRecord
from triage_agent.decision.events import Done, Event, Failed, Intended
from triage_agent.errors import AnswerLost, ConnectorError
from triage_agent.operating_model.schema import Page

Entry = tuple[str, Event]
"""An event and the stream that it belongs to."""


@dataclass(frozen=True)
class Mark:
    """Names one write for good: `key` is found in the other system, too."""

    stream: str
    name: str
    system: Literal["salesforce", "slack"]

    @property
    def key(self) -> str:
        return f"{self.stream}.{self.name}"

    def intended(self) -> Entry:
        """The event that must be durable before this leaves."""
        return self.stream, Intended(action=self.name, key=self.key, system=self.system)

    def done(self, reference: str, *, found: bool = False) -> Entry:
        """The event once it is there."""
        done = Done(action=self.name, key=self.key, reference=reference, found=found)
        return self.stream, done

    def failed(self, code: str, reason: str) -> Entry:
        """The event when it surely isn't there."""
        return self.stream, Failed(action=self.name, code=code, reason=reason)


@dataclass(frozen=True)
class Effect:
    """One action of one item on its way out."""

    mark: Mark
    action: Action

    @classmethod
    def of(cls, item: str, action: Action) -> Self:
        """The effect that an item's action has."""
        system: Literal["salesforce", "slack"]
        system = "slack" if action.kind == "post" else "salesforce"
        return cls(Mark(item, action.name, system), action)


@dataclass(frozen=True)
class Overflow:
    """The message under which a run's further hand-overs to a team go."""

    mark: Mark
    team: str


def deliver_updates(writer: Writer, effects: Sequence[Effect]) -> list[Entry]:
    """Updates the records of one object in one call."""
    actions = [effect.action for effect in effects if isinstance(effect.action, UpdateRecord)]
    try:
        rows = [(a.record_id, writer.prepared(a.object, a.fields)) for a in actions]
        results = writer.update(actions[0].object, rows)
    except ConnectorError as exc:
        return list(_all_failed((effect.mark for effect in effects), exc))
    return list(_results(effects, results))


def deliver_creates(writer: Writer, effects: Sequence[Effect]) -> list[Entry]:
    """Creates the records of one object in one call, each with its key."""
    actions = [effect.action for effect in effects if isinstance(effect.action, CreateRecord)]
    try:
        rows = [writer.prepared(action.object, action.fields) for action in actions]
        results = writer.create(actions[0].object, actions[0].key_field, rows)
    except ConnectorError as exc:
        return list(_all_failed((effect.mark for effect in effects), exc))
    return list(_results(effects, results))


def _results(effects: Sequence[Effect], results: Sequence[Row]) -> Iterator[Entry]:
    for effect, result in zip(effects, results, strict=True):
        if isinstance(result, NotWritten):
            named = f" for {', '.join(result.fields)}" if result.fields else ""
            yield effect.mark.failed(result.code, f"Salesforce refused the row{named}")
        else:
            yield effect.mark.done(result.id)


def _all_failed(marks: Iterable[Mark], exc: ConnectorError) -> Iterator[Entry]:
    if not isinstance(exc, AnswerLost):
        yield from (mark.failed(exc.code, str(exc)) for mark in marks)


@dataclass
class Messages:
    """How many messages of its own a run may still post in a channel, then the common thread."""

    left: int
    thread: str | None = None

    def split(self, waiting: int) -> int:
        """How many of the waiting hand-overs get a message of their own; one is kept back."""
        return 0 if self.thread else max(0, min(waiting, self.left - 1))


def deliver_posts(
    slack: SlackConnector,
    page: Page,
    messages: Messages,
    effects: Sequence[Effect],
    overflow: Overflow | None,
) -> list[Entry]:
    """Posts hand-overs to one team, in order; what exceeds the limit goes under `overflow`."""
    own = messages.split(len(effects))
    messages.left -= own
    entries = [entry for effect in effects[:own] for entry in _post(slack, page, effect, None)]
    if rest := effects[own:]:
        if overflow:
            entries += _open_thread(slack, page, messages, overflow)
        if messages.thread:
            entries += [e for effect in rest for e in _post(slack, page, effect, messages.thread)]
        else:
            entries += [
                effect.mark.failed("NO_THREAD", "the common message failed") for effect in rest
            ]
    return entries


def _post(
    slack: SlackConnector,
    page: Page,
    effect: Effect,
    thread: str | None,
) -> Iterator[Entry]:
    assert isinstance(effect.action, PostHandOver)
    channel = page.teams[effect.action.team].channel
    try:
        posted = slack.post(channel, effect.mark.key, effect.action.hand_over, thread)
    except ConnectorError as exc:
        yield from _all_failed([effect.mark], exc)
    else:
        yield effect.mark.done(posted.reference)


def _open_thread(
    slack: SlackConnector,
    page: Page,
    messages: Messages,
    overflow: Overflow,
) -> Iterator[Entry]:
    channel = page.teams[overflow.team].channel
    try:
        posted = slack.post_overflow(channel, overflow.mark.key, overflow.team)
    except ConnectorError as exc:
        yield from _all_failed([overflow.mark], exc)
    else:
        messages.thread = posted.ts
        yield overflow.mark.done(posted.reference)
