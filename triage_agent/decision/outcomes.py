"""Which of the page's outcomes the rows of another system show, and to which items they belong.

Only what people do counts: what the agent's own user did is left out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from triage_agent.decision.drafts import unsigned
from triage_agent.decision.echoes import kept
from triage_agent.decision.events import (
    Change,
    Done,
    Drafted,
    Erased,
    Happened,
    Outcome,
    Planned,
    Received,
)
from triage_agent.decision.rollback_events import Reversed
from triage_agent.decision.text import clipped
from triage_agent.decision.values import Value
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.outcome_rules import Seen
from triage_agent.operating_model.schema import Page

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_SHORT = 15
"""Of an id's 18 characters the last three only check the others."""
_KEY = re.compile(r"([0-9a-f]{24})\.([a-z][a-z0-9_]*)")
"""What marks a record as made by an item's action."""


class Changed(Value):
    """A line of a record's history. References are told twice there: by names, and by ids."""

    record_id: str
    field: str
    was: str | None
    became: str | None
    by: str
    at: datetime

    @property
    def tells_ids(self) -> bool:
        told = [value for value in (self.was, self.became) if value]
        return bool(told) and all(_ID.fullmatch(value) for value in told)


class Touched(Value):
    """A record that was made, changed or deleted lately, as it stands now; `by` and `at`: last."""

    object: str
    id: str
    key: str | None
    deleted: bool
    merged: bool
    fields: dict[str, Scalar]
    created_by: str
    created_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True)
class Rows:
    """What was read: changes of the item's object, and records that show something themselves."""

    changes: Sequence[Changed] = ()
    records: Sequence[Touched] = ()


@dataclass(frozen=True)
class Found:
    """What rows show. Whose it is follows from `about`: an item's record, or the key of an action.

    `dated`: its moment tells it from another time that the same happened to the same record.
    `said`: what people sent, as far as it tells that; nothing, where what the agent made is gone.
    """

    outcome: Outcome
    about: str
    dated: bool
    said: str | None = None


def found(page: Page, agent: str, rows: Rows) -> list[Found]:
    """What people did that the page calls an outcome, in the order in which it happened."""
    by_people = [row for row in rows.changes if not same_id(row.by, agent)]
    shown = [*_by_history(page, by_people), *_by_records(page, agent, rows.records)]
    return sorted(shown, key=lambda one: one.outcome.happened_at)


def _by_history(page: Page, changes: Sequence[Changed]) -> Iterator[Found]:
    own = page.workflow.item.object
    for name, seen in page.outcomes.of(own):
        if not (seen.changed and seen.field):
            continue
        called = {seen.field, seen.field.removesuffix("Id")}  # `Owner`, for one
        for row in _with_ids(row for row in changes if row.field in called):
            change = Change(was=row.was, became=row.became)
            outcome = Outcome(
                name=name, object=own, record_id=row.record_id, happened_at=row.at,
                by=row.by, field=seen.field, change=change,
            )  # fmt: skip
            yield Found(outcome, row.record_id, dated=True)


def _with_ids(changes: Iterable[Changed]) -> Iterable[Changed]:
    """Of what is told twice, the line with the ids."""
    lines: dict[tuple[str, datetime, str], Changed] = {}
    for row in changes:
        place = (row.record_id, row.at, row.by)
        if place not in lines or row.tells_ids:
            lines[place] = row
    return lines.values()


def _by_records(page: Page, agent: str, records: Sequence[Touched]) -> Iterator[Found]:
    own = page.workflow.item.object
    for row in records:
        for name, seen in page.outcomes.of(row.object):
            if seen.changed and row.object == own:  # its history tells that
                continue
            about = _about(seen, row, own)
            if about and (outcome := _shown(name, seen, row, agent)):
                yield Found(outcome, about, dated=False, said=_said(seen, row, own))


def _about(seen: Seen, row: Touched, own: str) -> str | None:
    if seen.created:
        return _text(row.fields.get(seen.field or ""))
    return row.id if row.object == own else row.key


def _said(seen: Seen, row: Touched, own: str) -> str | None:
    if seen.deleted and row.object != own:
        return ""
    return _text(row.fields.get(seen.said_in or ""))


def _shown(name: str, seen: Seen, row: Touched, agent: str) -> Outcome | None:
    by, at = (row.created_by, row.created_at) if seen.created else (row.by, row.at)
    if same_id(by, agent) or not _holds(seen, row):
        return None
    became = _text(row.fields.get(seen.field)) if seen.changed and seen.field else None
    return Outcome(
        name=name, object=row.object, record_id=row.id, happened_at=at, by=by, field=seen.field,
        change=Change(was=None, became=became) if seen.changed else None,
    )  # fmt: skip


def _holds(seen: Seen, row: Touched) -> bool:
    match seen.way:
        case "created":
            return True
        case "changed":
            return not row.deleted
        case "now":
            return not row.deleted and row.fields.get(seen.field or "") == seen.value
        case "deleted":
            return row.deleted and not row.merged
        case "merged":
            return row.merged


@dataclass(frozen=True)
class Followed:
    """An item that may have outcomes, with what it received, planned, did, and had of them."""

    item: str
    events: Sequence[Happened]

    @cached_property
    def received(self) -> Received | None:
        return next((h.event for h in self.events if isinstance(h.event, Received)), None)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        return [h.event for h in self.events if isinstance(h.event, Outcome)]

    @cached_property
    def since(self) -> datetime:
        """When it was received: to the second, as the other system tells its moments."""
        received = (h.at for h in self.events if isinstance(h.event, Received))
        return _second(next(received))

    @property
    def is_erased(self) -> bool:
        return any(isinstance(h.event, Erased) for h in self.events)

    def draft(self, moment: datetime, holders: Sequence[str]) -> str | None:
        """The draft that people had by then, from one of these actions, if it is known."""
        written: str | None = None
        there: str | None = None
        for one in self.events:
            match one.event:
                case Drafted(text=text):
                    written = text
                case Done(action=name) if name in holders and _second(one.at) <= moment:
                    there = written
                case Reversed(action=name) if name in holders and _second(one.at) <= moment:
                    there = None
        return there

    def made(self, action: str, record_id: str) -> bool:
        """Whether a record is the one that an action made, as far as that is known."""
        done = [h.event for h in self.events if isinstance(h.event, Done)]
        known = [event.reference for event in done if event.action == action]
        return not known or same_id(known[-1], record_id)

    def wrote(self, action: str, field: str) -> str | None:
        """What an action wrote into a field; None where that isn't known any more."""
        plans = [h.event.actions or () for h in self.events if isinstance(h.event, Planned)]
        for one in plans[-1] if plans else ():
            if one.name == action and one.kind == "create":
                return _text(one.fields.get(field))
        return None


class Following:
    """Items that may have outcomes. Each outcome is told once, of one of them."""

    def __init__(self, followed: Sequence[Followed], page: Page) -> None:
        self._page = page
        compared = any(seen.said_in for seen in page.outcomes.seen_as.values())
        self._holders = page.draft_holders if compared else ()
        self._items = {one.item: one for one in followed if one.received}
        self._of_record: dict[str, list[Followed]] = {}
        self._told: dict[tuple[str, str], list[Outcome]] = {}
        for one in sorted(self._items.values(), key=lambda one: one.since):
            assert one.received
            self._of_record.setdefault(one.received.record_id, []).append(one)
            for outcome in one.outcomes:
                self._remember(outcome)

    def new(self, shown: Iterable[Found]) -> Iterator[tuple[str, Outcome]]:
        """What hasn't been told yet of what rows show, each with the item that it belongs to.

        What an action made belongs to its item, all else to the newest item of the record that
        had been received by then.
        """
        for one in shown:
            made = _KEY.fullmatch(one.about)
            if made:
                item = self._items.get(made[1])
                outcome = item and _of_made(item, made[2], one.outcome)
                some = [item] if item else []
            else:
                outcome, some = one.outcome, self._of_record.get(one.about, [])
            there = [item for item in some if self._was_there(item, one.outcome.happened_at)]
            if outcome and there and not self._is_told(outcome, dated=one.dated):
                self._remember(outcome)
                more: dict[str, object] = {"kept": self._kept(there[-1], one)}
                if there[-1].is_erased:  # no text comes back
                    more["change"] = None
                yield there[-1].item, outcome.model_copy(update=more)

    def _was_there(self, item: Followed, moment: datetime) -> bool:
        return item.since <= moment <= item.since + self._page.outcomes.within

    def _kept(self, item: Followed, shown: Found) -> float | None:
        """How much of its draft people kept; None where what is shown says nothing of that.

        That what held the draft is gone says nothing any more once something was sent.
        """
        made = _KEY.fullmatch(shown.about)
        was_sent = any(outcome.kept is not None for outcome in item.outcomes)
        if shown.said is None or (made and (was_sent or made[2] not in self._holders)):
            return None
        draft = item.draft(shown.outcome.happened_at, self._holders)
        return kept(unsigned(draft, self._page), shown.said) if draft else None

    def _is_told(self, outcome: Outcome, *, dated: bool) -> bool:
        told = self._told.get((outcome.name, outcome.record_id), [])
        if dated:
            return any(one.happened_at == outcome.happened_at for one in told)
        return bool(told) and told[-1].change in (None, outcome.change)

    def _remember(self, outcome: Outcome) -> None:
        self._told.setdefault((outcome.name, outcome.record_id), []).append(outcome)


def _of_made(item: Followed, action: str, outcome: Outcome) -> Outcome | None:
    """What people did to what an action made; None where it is as the agent wrote it.

    Where nothing keeps its history, a change is a value that isn't the agent's any more, and its
    moment is that of the record's last change.
    """
    if not item.made(action, outcome.record_id):
        return None
    if outcome.change is None:
        return outcome
    was, became = item.wrote(action, outcome.field or ""), outcome.change.became
    if was is None or _alike(was, became or ""):
        return None
    return outcome.model_copy(update={"change": Change(was=was, became=became)})


def _alike(written: str, there: str) -> bool:
    """Whether a value is the one that was written: as ids go, or clipped to what a field takes."""
    if _ID.fullmatch(written) and _ID.fullmatch(there):
        return same_id(written, there)
    return there.strip() in (written.strip(), clipped(written, len(there)))


def item_of(about: str) -> str | None:
    """The item whose action marked a record with this key; None where it is no such key."""
    made = _KEY.fullmatch(about)
    return made[1] if made else None


def _second(moment: datetime) -> datetime:
    """A moment as the other system tells it."""
    return moment.replace(microsecond=0)


def same_id(one: str, other: str) -> bool:
    """Whether two ids mean the same; either may lack the characters that check it."""
    return one[:_SHORT] == other[:_SHORT]


def _text(value: Scalar) -> str | None:
    if isinstance(value, float):
        return f"{value:g}"
    return None if value is None else str(value)
