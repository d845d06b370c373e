"""Looks at records and messages as they are, and undoes what the agent did to them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage_agent.authority import soql
from triage_agent.authority.reversing import ReversingWire
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.connectors.salesforce.rereading import values
from triage_agent.connectors.salesforce.writing import NotWritten, Updates, Writer
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.actions import CreateRecord, Message, UpdateRecord
from triage_agent.decision.events import Failed
from triage_agent.decision.review_events import Shown
from triage_agent.decision.reviews import standing
from triage_agent.decision.rollback_events import UNDO
from triage_agent.decision.undoing import Deed, Means, Reversal, reversal
from triage_agent.effects.deliver import Entry
from triage_agent.errors import AnswerLost, ConnectorError
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.schema import Page
from triage_agent.recovery.pause import Brake

TRIES = 3
"""How often what failed is tried at most; each time after a pause of so many seconds."""
PAUSE = 2.0
GONE = "message_not_found"


@dataclass(frozen=True)
class Parts:
    """What a rollback works with; `wire` lets pass just what it opens."""

    page: Page
    ledger: Ledger
    brake: Brake
    wire: ReversingWire
    calls: CallLog
    salesforce: SalesforceClient
    writer: Writer
    slack: SlackConnector
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]


def held(parts: Parts, some: Iterable[Deed]) -> dict[str | None, Mapping[str, Any]]:
    """What the records hold that these deeds changed or created."""
    ids = defaultdict[str, list[str]](list)
    for deed in some:
        action = deed.action
        if deed.record_id and action and action.kind in ("update", "create"):
            ids[action.object].append(deed.record_id)
    found = dict[str | None, Mapping[str, Any]]()
    for name, of_object in ids.items():
        if name in soql.written(parts.page):
            found.update(values(parts.salesforce, parts.page, name, list(dict.fromkeys(of_object))))
    return found


def means(parts: Parts, deed: Deed, note: str) -> Means:
    return Means(parts.page.may.get(deed.name), note, parts.writer.prepared)


def append(parts: Parts, run: str, entries: Sequence[Entry]) -> None:
    called = [(run, call) for call in parts.calls.drain()]
    parts.ledger.keep(run, parts.clock(), [*entries, *called])


class Undoing:
    """Some deeds, the last first: what they did is looked at as long as any is to be undone."""

    def __init__(self, parts: Parts, run: str, note: str, pending: Sequence[Deed]) -> None:
        self._parts, self._run, self._note = parts, run, note
        self._pending = [*pending]
        self._tried: Counter[str] = Counter()

    def undo(self) -> None:
        """All that can be, each deed after those that came later on the same record."""
        while due := self._due():
            before = len(self._pending)
            self._look_and_undo(due)
            if len(self._pending) == before:
                self._parts.sleep(PAUSE)

    def _due(self) -> list[Deed]:
        """Of each record or message the last thing that isn't over."""
        last: dict[str | None, Deed] = {}
        for deed in self._pending:
            last.setdefault(deed.record_id or deed.reference, deed)
        return [deed for deed in last.values() if self._tried[deed.key] < TRIES]

    def _look_and_undo(self, due: Sequence[Deed]) -> None:
        parts = self._parts
        now = held(parts, due)
        found = [
            reversal(deed, now.get(deed.record_id), means(parts, deed, self._note)) for deed in due
        ]
        self._over([one for one in found if not (one.sets or one.shows)])
        if sets := [one for one in found if one.sets]:
            self._write(sets)
        for one in found:
            if one.shows:
                self._show(one)

    def _over(self, some: Sequence[Reversal]) -> None:
        """These are as they should be, or left for people."""
        told = [(one.deed.item, event) for one in some for event in one.events]
        append(self._parts, self._run, told)
        over = {one.deed.key for one in some}
        self._pending = [deed for deed in self._pending if deed.key not in over]

    def _begin(self, some: Sequence[Reversal]) -> None:
        for one in some:
            self._tried[one.deed.key] += 1
        append(self._parts, self._run, [(one.deed.item, one.intended) for one in some])

    def _failed(self, some: Sequence[Reversal], code: str, reason: str) -> None:
        append(
            self._parts,
            self._run,
            [
                (one.deed.item, Failed(action=f"{UNDO}{one.deed.name}", code=code, reason=reason))
                for one in some
            ],
        )

    def _write(self, some: Sequence[Reversal]) -> None:
        """One request; where its answer is lost, the next look finds what came of it."""
        groups = defaultdict[str, list[Reversal]](list)
        for one in some:
            action = one.deed.action
            assert isinstance(action, UpdateRecord | CreateRecord)
            groups[action.object].append(one)
        self._begin(some)
        try:
            results = self._parts.writer.write(
                [
                    Updates(
                        name,
                        [(str(one.deed.record_id), one.sets) for one in group],
                        approved=True,
                    )
                    for name, group in groups.items()
                ]
            )
        except AnswerLost:
            return None
        except ConnectorError as exc:
            return self._failed(some, exc.code, str(exc))
        for group, rows in zip(groups.values(), results, strict=True):
            for one, row in zip(group, rows, strict=True):
                if isinstance(row, NotWritten):
                    self._failed([one], row.code, "Salesforce refused the row")
                else:
                    self._over([one])
        return None

    def _show(self, one: Reversal) -> None:
        """Has a message say that it is withdrawn; twice is as once."""
        parts, deed = self._parts, one.deed
        message, reference = deed.action, str(deed.reference)
        assert isinstance(message, Message)
        story = parts.ledger.story(deed.item)
        self._begin([one])
        try:
            with parts.wire.message(reference):
                parts.slack.show(reference, message, standing(story, message, parts.page))
        except AnswerLost:
            return None
        except ConnectorError as exc:
            if exc.code == GONE:
                return self._over([one.gone("the message was deleted")])
            return self._failed([one], exc.code, str(exc))
        shown = Shown(action=deed.name, decisions=story.events_told(deed.name))
        append(parts, self._run, [(deed.item, shown)])
        return self._over([one])
