"""The scheduled job: every new record becomes an item, and every item goes its way once."""

import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import structlog

from triage_agent.connectors.salesforce.reading import (
    NewRecord,
    Surroundings,
    new_records,
    surroundings,
)
from triage_agent.decision import events, missing
from triage_agent.decision.item import Record, afresh, came_by, identity, masked
from triage_agent.effects.deliver import Entry
from triage_agent.effects.look_up import look_up_threads
from triage_agent.errors import LedgerFailed, RunRefused, WrongUsage
from triage_agent.jobs import bookkeeping
from triage_agent.jobs.batches import Put, hand_out, handed_out
from triage_agent.jobs.outcomes import look_back
from triage_agent.jobs.parts import Parts
from triage_agent.jobs.pipeline import Pipeline
from triage_agent.jobs.reminders import remind
from triage_agent.jobs.report import ItemReport, RunReport, deferred_report
from triage_agent.jobs.running import Progress, Running, broke
from triage_agent.jobs.traces import traced
from triage_agent.ledger.store import ORG, WORKSPACE

READ_AT_ONCE = 200
log = structlog.get_logger()


@dataclass(frozen=True)
class Fresh:
    """A new record that is to become an item, and the item of its earlier version."""

    item: str
    new: NewRecord
    replaces: str | None

    @property
    def record(self) -> Record:
        return self.new.record


@dataclass
class Found:
    """What a look into the system turned up."""

    fresh: deque[Fresh] = field(default_factory=deque)
    deferred: list[ItemReport] = field(default_factory=list)


def sweep(
    parts: Parts,
    *,
    limit: int | None = None,
    only: str | None = None,
    progress: Progress = lambda ended, of: None,  # noqa: ARG005
    put: Put | None = None,
) -> RunReport:
    """Runs once. `limit` tightens the page's items per run; `only` names one item or record.

    `put`: where it hands its items out, in place of working them off.

    `RunRefused` where another run holds the lock, `Paused` where the agent is paused, or pauses
    itself; any error but the first and `LedgerFailed` is on the ledger before it is raised.
    """
    now = parts.clock()
    run = f"run-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    with traced(parts.ledger, run), ExitStack() as lock:
        try:
            lock.enter_context(parts.ledger.only_run(run, now))
        except RunRefused as exc:
            broke(parts, run, exc)
            raise
        try:
            return _Sweep(parts, run, progress).run(limit, only, put)
        except LedgerFailed:
            raise  # there is nowhere to write it down
        except Exception as exc:
            broke(parts, run, exc)
            raise


class _Sweep:
    def __init__(self, parts: Parts, run: str, progress: Progress) -> None:
        self._parts, self._mode, self._run = parts, parts.mode, run
        self._page = parts.rules.page
        self._running, self._progress = Running(parts, run, progress), progress

    def run(self, limit: int | None, only: str | None, put: Put | None) -> RunReport:
        """Checks, finds, works, reports."""
        parts = self._parts
        parts.check_pause()
        self._check()
        self._look_up_threads()
        unfinished = self._unfinished(only)
        found = self._find(limit, only)
        if only and not (unfinished or found.fresh or parts.ledger.find(only)):
            raise WrongUsage(f"--item {only}: no new record and no item has this id")
        received = len(found.fresh)
        replaced = [one.replaces for one in found.fresh if one.replaces]
        bookkeeping.check(parts, [*unfinished, *replaced])
        bookkeeping.expire(parts)
        bookkeeping.begin(parts, self._run, self._running.started(len(unfinished)))
        expected = len(unfinished) + received
        log.info("run started", run=self._run, mode=self._mode, items=expected)
        self._progress(0, expected)
        look_back(parts, self._run)
        if only is None:
            unfinished = [*dict.fromkeys([*unfinished, *remind(parts, self._run)])]
        handed_out = self._work(unfinished, found.fresh, put)
        report = self._running.finish(received, found.deferred, handed_out)
        bookkeeping.close(parts, self._run)
        return report

    def _work(self, unfinished: list[str], fresh: deque[Fresh], put: Put | None) -> int:
        """Works its items off, or hands them out; how many it has handed out."""
        running, of = self._running, len(unfinished) + len(fresh)
        if put:
            hand_out(self._parts, self._run, (unfinished, self._batches(fresh)), of, put)
            return of
        running.expected = of
        if of:
            pipeline = Pipeline(self._parts, self._run, running.ended)
            running.done = pipeline.run(unfinished, self._batches(fresh))
        return 0

    def _check(self) -> None:
        """Whose org this is, and whether it can take what the page would write."""
        parts = self._parts
        parts.ledger.claim_for(ORG, parts.salesforce.org())
        parts.ledger.claim_for(WORKSPACE, parts.slack.workspace())
        if self._mode == "live":
            parts.writer.check(self._page)

    def _look_up_threads(self) -> None:
        """What the run before left open of its own messages, where it was interrupted."""
        parts = self._parts
        if before := parts.ledger.last_run():
            told = parts.ledger.told(before, "Intended", "Done", "NotFound", "Unclear", "Failed")
            if left := look_up_threads(parts.slack, self._page, before, told):
                parts.ledger.append(self._run, parts.clock(), left)

    def _unfinished(self, only: str | None) -> list[str]:
        ledger, others = self._parts.ledger, handed_out(self._parts.ledger)
        return [
            item
            for item in ledger.unfinished(self._mode)
            if item not in others and (only is None or only in (item, ledger.story(item).record_id))
        ]

    def _find(self, limit: int | None, only: str | None) -> Found:
        parts, found = self._parts, Found()
        most = min(limit or self._page.limits.items_per_run, self._page.limits.items_per_run)
        records = new_records(parts.salesforce, self._page, parts.clock())
        known = parts.ledger.known(self._mode, [new.record.id for new in records])
        requeued = parts.ledger.requeued(self._mode)
        for new in records:
            record = new.record
            item = identity(self._mode, record, self._page)
            while item in requeued:
                item = afresh(item)
            earlier = known.get(record.id, [])
            if item in earlier or only not in (None, item, record.id):
                continue
            if len(found.fresh) < most:
                found.fresh.append(Fresh(item, new, earlier[-1] if earlier else None))
            else:
                found.deferred.append(deferred_report(item, record.id))
        return found

    def _batches(self, fresh: deque[Fresh]) -> Iterator[list[Entry]]:
        """Reads a batch's surroundings when it is wanted; what was read isn't kept here."""
        while fresh:
            some = [fresh.popleft() for _ in range(min(READ_AT_ONCE, len(fresh)))]
            around = surroundings(
                self._parts.salesforce,
                self._page,
                [one.record for one in some],
                self._parts.rules.patterns.free_mail,
            )
            yield [entry for one in some for entry in self._beginning(one, around[one.record.id])]

    def _beginning(self, one: Fresh, around: Surroundings) -> list[Entry]:
        rules = self._parts.rules
        says_nothing = partial(missing.says_nothing, patterns=rules.patterns)
        received = events.Received(
            mode=self._mode,
            object=one.record.object,
            record_id=one.record.id,
            replaces=one.replaces,
            came_by=came_by(one.record, rules.page),
            record=masked(one.record, rules.page.logs.masks, says_nothing),
            before=one.new.before,
        )
        read = events.Read(
            looked_at=tuple(around.looked_at),
            record_ids=tuple(record.id for record in around.records),
            related=tuple(around.records),
        )
        return [(one.item, received), (one.item, read)]
