"""Undoes what the agent did, where nobody has changed it since; what is left is told.

Each look reads what records hold at that moment and goes by nothing else, so a rollback may be
interrupted and repeated at any point.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage_agent.authority.people import Somebody, identified
from triage_agent.chunks import chunks
from triage_agent.decision.actions import UpdateRecord
from triage_agent.decision.events import Done, Failed, Happened, Unclear
from triage_agent.decision.reviews import local_time
from triage_agent.decision.rollback_events import (
    Requeued,
    RollbackFinished,
    RollbackStarted,
    Withdrawn,
)
from triage_agent.decision.story import Story
from triage_agent.decision.undoing import Deed, Reversal, deeds, reversal
from triage_agent.effects.deliver import Effect, Entry, Mark
from triage_agent.effects.look_up import Interrupted, look_up
from triage_agent.errors import AnswerLost, ConnectorError, RunRefused, WrongUsage
from triage_agent.ledger.store import RUN_PREFIX, Ledger, is_item
from triage_agent.recovery.incident import incident
from triage_agent.recovery.undoing import PAUSE, Parts, Undoing, append, held, means

TELL = "tell "
"""Before the name of somebody on the page: that they get the note."""
ITEMS_AT_ONCE = 50
LOCK_TRIES = 30
"""How often a run that goes on is waited for: it ends at its next write, the agent being paused."""


@dataclass(frozen=True)
class Selection:
    """Whose doings are undone: those of a run, for an item or record, or since a moment."""

    run: str | None = None
    item: str | None = None
    since: datetime | None = None

    def __str__(self) -> str:
        if self.since:
            return f"since {self.since.isoformat()}"
        return f"run {self.run}" if self.run else f"item {self.item}"

    def items(self, ledger: Ledger) -> list[str]:
        """The items that it is about; `WrongUsage` where the ledger knows no such run or item."""
        if self.since:
            return ledger.changed_since(self.since)
        wanted = str(self.run or self.item)
        found = ledger.find(wanted)
        if not found or is_item(found[0]) != bool(self.item):
            kind = "item or record" if self.item else "run"
            raise WrongUsage(f"the ledger {ledger.place} knows no {kind} {wanted!r}")
        return found if self.item else ledger.items_of(wanted)

    def chooses(self, deed: Deed) -> bool:
        """Whether something that was done for one of those items is to be undone."""
        in_time = self.since is None or deed.at >= self.since
        return in_time and self.run in (None, deed.run)


@dataclass(frozen=True)
class Order:
    """By whom and why something is rolled back: what happened, and how it was found.

    `again`: the next run takes up afresh what is wholly undone.
    """

    by: Somebody
    reason: str
    found: str
    again: bool = False


@dataclass
class _Case:
    """An item as it is on record, and what of it is to be undone, the last thing first."""

    item: str
    story: Story
    pending: list[Deed]


def preview(parts: Parts, selection: Selection) -> list[Reversal]:
    """What a rollback would do now, in the order in which it would; changes nothing."""
    found = []
    for cases in _cases(parts.ledger, selection):
        records: dict[str, dict[str, Any]] = {}
        now = held(parts, [deed for case in cases for deed in case.pending])
        for case in cases:
            for deed in case.pending:
                record = records.setdefault(str(deed.record_id), dict(now.get(deed.record_id, {})))
                one = reversal(deed, record or None, means(parts, deed, "Withdrawn"))
                record.update(one.sets)
                found.append(one)
    return found


def _cases(ledger: Ledger, selection: Selection) -> Iterator[list[_Case]]:
    """The items concerned, some at a time, the youngest first."""
    for some in chunks(reversed(selection.items(ledger)), ITEMS_AT_ONCE):
        cases = [_case(ledger, item, selection) for item in some]
        yield [case for case in cases if case.pending]


def _case(ledger: Ledger, item: str, selection: Selection) -> _Case:
    events = ledger.events(item)
    story = Story.of(events)
    wanted = deeds(item, events) if story.mode == "live" else []
    pending = [one for one in reversed(wanted) if selection.chooses(one) and not one.undone]
    return _Case(item, story, pending)


def roll_back(parts: Parts, selection: Selection, order: Order) -> str:
    """Undoes what was selected, once nothing else is at work; the name of its own stream.

    One that was interrupted is gone on with. The agent is paused first, and stays so.
    """
    selection.items(parts.ledger)
    parts.brake.pause(order.by.name, f"rolls back {selection}: {order.reason}")
    now = parts.clock()
    name = f"{RUN_PREFIX}{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    with _alone(parts, name, now):
        begun = _begun(parts, selection, order, name)
        _Rollback(parts, selection, begun).run()
    return begun.run


@contextmanager
def _alone(parts: Parts, name: str, now: datetime) -> Iterator[None]:
    """Waits for a run that goes on; `RunRefused` where it doesn't end, or somebody rolls back."""
    with ExitStack() as lock:
        for left in reversed(range(LOCK_TRIES)):
            try:
                lock.enter_context(parts.ledger.only_run(name, now))
                break
            except RunRefused:
                if not left:
                    raise
                parts.sleep(PAUSE)
        yield


def _begun(parts: Parts, selection: Selection, order: Order, name: str) -> Happened:
    """How it began: just now, or before it was interrupted."""
    ledger = parts.ledger
    last = ledger.last(None, "RollbackStarted")
    if last and not ledger.told(last.run, "RollbackFinished"):
        assert isinstance(last.event, RollbackStarted)
        if last.event.selection != str(selection):
            raise WrongUsage(
                f"the rollback of {last.event.selection} by {last.event.by} was interrupted; "
                "have that one done first, by the same command once more"
            )
        return last
    started = RollbackStarted(
        **identified(order.by),
        selection=str(selection),
        reason=order.reason,
        found=order.found,
        items=sum(len(cases) for cases in _cases(ledger, selection)),
        again=order.again,
    )
    happened = Happened(at=parts.clock(), run=name, event=started)
    ledger.append(name, happened.at, [(name, started)])
    return happened


class _Rollback:
    def __init__(self, parts: Parts, selection: Selection, begun: Happened) -> None:
        assert isinstance(begun.event, RollbackStarted)
        self._parts, self._selection, self._started = parts, selection, begun.event
        self._run = begun.run
        self._who = self._started.model_dump(include={"by", "login", "slack", "salesforce"})
        when = local_time(begun.at, parts.page)
        self._note = f"Withdrawn by {self._started.by}, {when}: {self._started.reason}"

    def run(self) -> None:
        """All of it; what can't be undone now is on record as failed."""
        for cases in _cases(self._parts.ledger, self._selection):
            self._look_up(cases)
            self._withdraw(cases)
            fresh = [_case(self._parts.ledger, one.item, self._selection) for one in cases]
            pending = [deed for case in fresh for deed in case.pending]
            Undoing(self._parts, self._run, self._note, pending).undo()
        if self._started.again:
            self._requeue()
        self._tell()
        self._append([(self._run, self._reckoning())])

    def _append(self, entries: Sequence[Entry]) -> None:
        append(self._parts, self._run, entries)

    def _look_up(self, cases: Sequence[_Case]) -> None:
        """Whether what was never confirmed is there; of an update its values tell that."""
        open_ones = [
            Interrupted(Effect.of(case.item, action, case.story.record), at)
            for case in cases
            for name, (_, at) in case.story.open.items()
            if (action := case.story.actions.get(name)) and case.story.record
            if not isinstance(action, UpdateRecord)
        ]
        parts = self._parts
        if open_ones:
            self._append(look_up(parts.writer, parts.slack, parts.page, open_ones))

    def _withdraw(self, cases: Sequence[_Case]) -> None:
        """The agent does nothing more with these, and nobody need decide about them."""
        new = [case.item for case in cases if not case.story.withdrawn]
        self._append([(item, Withdrawn(**self._who)) for item in new])

    def _requeue(self) -> None:
        """Of whose items nothing is left is taken up afresh; the others are with people."""
        ledger = self._parts.ledger
        for item in self._selection.items(ledger):
            events = ledger.events(item)
            told = {one.event.kind for one in events}
            over = all(one.undone and not one.left for one in deeds(item, events))
            if "Withdrawn" in told and "Requeued" not in told and over:
                self._append([(item, Requeued(**self._who))])

    def _tell(self) -> None:
        """Those whom the page names get the note, once; a lost answer counts as told.

        Direct messages can't be looked through: of a note that was interrupted nobody knows.
        """
        parts, page, now = self._parts, self._parts.page, self._parts.clock()
        note = incident(parts.ledger, page, self._run)
        note = note.model_copy(update={"finished_at": now.astimezone(page.workflow.time.zone)})
        begun = {one.event for one in parts.ledger.told(self._run, "Intended")}
        over = self._notes_over()
        for name in page.recovery.tell:
            mark = Mark(self._run, f"{TELL}{name}", "slack")
            entry = mark.intended()
            if entry[1] in begun:
                if mark.name not in over:
                    self._append([mark.unclear("it was interrupted while it was sent")])
                continue
            self._append([entry])
            try:
                posted = parts.slack.tell_incident(page.channel_of(name), mark.key, note)
            except ConnectorError as exc:
                if not isinstance(exc, AnswerLost):
                    self._append([mark.failed(exc.code, str(exc))])
            else:
                self._append([mark.done(posted.reference)])

    def _notes_over(self) -> set[str]:
        told = self._parts.ledger.told(self._run, "Done", "Failed", "Unclear")
        events = (one.event for one in told)
        return {event.action for event in events if isinstance(event, Done | Failed | Unclear)}

    def _reckoning(self) -> RollbackFinished:
        ledger = self._parts.ledger
        undone = left = failed = 0
        for item in self._selection.items(ledger):
            for deed in deeds(item, ledger.events(item)):
                if self._selection.chooses(deed):
                    undone += deed.undone
                    left += bool(deed.left)
                    failed += not (deed.left or deed.undone)
        return RollbackFinished(undone=undone, left=left, failed=failed)
