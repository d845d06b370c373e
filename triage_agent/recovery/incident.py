"""The incident note: what happened, what was undone, what is left; from the ledger alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from triage_agent.decision.events import Done, Failed, Happened, Intended, Received, Unclear
from triage_agent.decision.incident import (
    Check,
    Concerned,
    Incident,
    Left,
    Undone,
    affected,
    by_page,
    changed,
    deed,
    resumed,
    times,
    who,
)
from triage_agent.decision.output import readable
from triage_agent.decision.rollback_events import (
    UNDO,
    LeftAsIs,
    Requeued,
    Reversed,
    RollbackStarted,
)
from triage_agent.decision.run_events import Listening, Resumed, Started
from triage_agent.errors import WrongUsage
from triage_agent.ledger.store import AGENT, Ledger, is_item
from triage_agent.operating_model.rendering import plain
from triage_agent.operating_model.schema import Page

LISTED = 100
"""How many ids of records the Markdown gives; the value has all of them."""
_BEGAN = "it was begun, and whether it was done is not known"


def incident(ledger: Ledger, page: Page, name: str | None) -> Incident:
    """What there is to tell of a rollback, by the name of its stream; None: of the last one.

    `WrongUsage` where there is none.
    """
    begun = _begun(ledger, name)
    started = begun.event
    assert isinstance(started, RollbackStarted)
    ended = next(iter(ledger.told(begun.run, "RollbackFinished")), None)
    worked = ledger.worked_on(begun.run)
    items = [_item(item, happened, begun.run) for item, happened in worked.items() if is_item(item)]
    again = _resumed(ledger, (ended or begun).at)
    zone = page.workflow.time.zone
    return Incident(
        name=begun.run,
        by=started.by,
        at=begun.at.astimezone(zone),
        selection=started.selection,
        reason=started.reason,
        found=started.found,
        concerned=started.items,
        requeued=sum(one.requeued for one in items),
        runs=tuple(_run(ledger, run) for run in sorted({run for one in items for run in one.runs})),
        records=tuple(dict.fromkeys(one.record_id for one in items)),
        items=tuple(one.item for one in items),
        undone=tuple(_undone(items)),
        left=tuple(left for one in items for left in one.left.values()),
        failed=tuple(left for one in items for left in one.failed.values()),
        finished_at=ended.at.astimezone(zone) if ended else None,
        before_resuming=tuple(_checks(page, again)),
        resumed_by=again.event.by if again and isinstance(again.event, Resumed) else None,
        resumed_at=again.at.astimezone(zone) if again else None,
    )


def _begun(ledger: Ledger, name: str | None) -> Happened:
    if name is None:
        last = ledger.last(None, "RollbackStarted")
        if last is None:
            raise WrongUsage("nothing has been rolled back yet, so there is no incident to tell of")
        return last
    if told := ledger.told(name, "RollbackStarted"):
        return told[0]
    raise WrongUsage(f"{name}: no rollback is called that; without a name it is the last one")


@dataclass
class _Item:
    """What a rollback did for an item, folded. `done`: each action's last `Done`, and its run."""

    item: str
    record_id: str = ""
    done: dict[str, tuple[str, str]] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    undone: dict[str, Reversed] = field(default_factory=dict)
    left: dict[tuple[str, tuple[str, ...]], Left] = field(default_factory=dict)
    failed: dict[str, Left] = field(default_factory=dict)
    requeued: bool = False

    def tell(self, event: object) -> None:
        """Adds what the rollback told; a later try takes the place of an earlier one."""
        match event:
            case Reversed(action=action):
                self._concerns(action)
                self.failed.pop(action, None)
                self.undone.setdefault(action, event)
            case LeftAsIs(action=action, fields=fields, reason=reason):
                self._concerns(action)
                self.failed.pop(action, None)
                self.left[action, fields] = self._left(action, reason, fields)
            case Requeued():
                self.requeued = True
            case Intended(action=undo):
                self._fail(undo, _BEGAN)
            case Failed(action=undo, reason=reason) | Unclear(action=undo, reason=reason):
                self._fail(undo, reason)

    def _fail(self, undo: str, reason: str) -> None:
        if undo.startswith(UNDO):
            action = undo.removeprefix(UNDO)
            self._concerns(action)
            self.failed[action] = self._left(action, reason)

    def _concerns(self, action: str) -> None:
        if action in self.done:
            self.runs.add(self.done[action][0])

    def _left(self, action: str, reason: str, fields: tuple[str, ...] = ()) -> Left:
        _, reference = self.done.get(action, ("", self.record_id))
        return Left(
            reference=reference,
            record_id=self.record_id,
            item=self.item,
            action=action,
            fields=fields,
            reason=reason,
        )


def _item(item: str, story: Sequence[Happened], rollback: str) -> _Item:
    told = _Item(item)
    for happened in story:
        match happened.event:
            case Received(record_id=record_id):
                told.record_id = record_id
            case Done(action=action, reference=reference) if happened.run != rollback:
                told.done[action] = happened.run, reference
        if happened.run == rollback:
            told.tell(happened.event)
    return told


def _run(ledger: Ledger, run: str) -> Concerned:
    """Its page is that of which its stream tells first."""
    told = next(iter(ledger.told(run, "Started", "Listening")), None)
    if told is None or not isinstance(told.event, Started | Listening):
        return Concerned(run=run, page_version=None, page_sha256=None)
    by = told.event
    return Concerned(run=run, page_version=by.page_version, page_sha256=by.page_sha256)


def _undone(items: Sequence[_Item]) -> Iterator[Undone]:
    counts: dict[str, list[bool]] = {}
    for one in items:
        for action, event in one.undone.items():
            counts.setdefault(action, []).append(event.found)
    for action, found in counts.items():
        yield Undone(action=action, times=len(found), found=sum(found))


def _resumed(ledger: Ledger, since: datetime) -> Happened | None:
    """When the agent was let go on first since a moment."""
    told = ledger.told(AGENT, "Resumed")
    return next((happened for happened in told if happened.at >= since), None)


def _checks(page: Page, again: Happened | None) -> Iterator[Check]:
    """What was answered, as it was asked then; else what is to be."""
    if again and isinstance(again.event, Resumed):
        for line in again.event.checklist:
            yield Check(question=line.question, answer=line.answer)
        return
    for question in page.recovery.before_resuming:
        yield Check(question=question)


def as_markdown(told: Incident, page: Page) -> str:
    """Headings, lists and one table; no word of what anybody wrote becomes markup."""
    by = f"**In the words of {_text(told.by)}:**"
    sections: Mapping[str, Sequence[str]] = {
        "What happened": [f"{by} {_text(told.reason)}", _text(who(told))],
        "How it was found": [f"{by} {_text(told.found)}"],
        "Affected": _affected(told),
        "Undone": [_list(map(times, told.undone)) or "Nothing."],
        "Left for people": [_table(told.for_people) or "Nothing."],
        "Before the agent goes on": [_checklist(told.before_resuming), _text(resumed(told))],
    }
    about = f"{page.workflow.name}. Told from the ledger; times are those of"
    blocks = [f"# Incident {_text(told.name)}", f"{_text(about)} {page.workflow.time.zone}."]
    for heading, paragraphs in sections.items():
        blocks += [f"## {heading}", *paragraphs]
    return "\n\n".join(blocks) + "\n"


def _text(words: str) -> str:
    """It stands behind something, so nothing at its beginning makes a list or a heading of it."""
    return plain(readable(words)) or "(nothing)"


def _affected(told: Incident) -> list[str]:
    records = ", ".join(told.records[:LISTED])
    if (more := len(told.records) - LISTED) > 0:
        records += f" and {more:,} more, in {told.command} --json"
    runs = map(by_page, told.runs)
    lines = (affected(told), *(f"done by {run}" for run in runs), f"records: {records}")
    return [_list(lines)]


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_text(line)}" for line in lines)


def _table(left: Sequence[Left]) -> str:
    """Every line of it; none where nothing is left."""
    if not left:
        return ""
    rows = [(one.record_id, one.item, deed(one.action), changed(one), one.reason) for one in left]
    head = ("Record", "Item", "Action", "What", "Why")
    lines = (" | ".join(map(_text, row)) for row in rows)
    return "\n".join(
        [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {line} |" for line in lines)]
    )


def _checklist(checks: Sequence[Check]) -> str:
    return "\n".join(
        f"- [{'x' if one.answer else ' '}] {_text(one.question)}"
        + (f" **{_text(one.answer)}**" if one.answer else "")
        for one in checks
    )
