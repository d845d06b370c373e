"""The scheduled job: every new record becomes an item, and every item goes its way once."""

import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
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
from triage_agent.decision import events, missing, run_events
from triage_agent.decision.item import Record, afresh, came_by, identity, masked
from triage_agent.decision.story import Story
from triage_agent.effects.deliver import Entry
from triage_agent.effects.look_up import look_up_threads
from triage_agent.errors import LedgerFailed, RunRefused, TriageError, WrongUsage
from triage_agent.jobs import bookkeeping
from triage_agent.jobs.outcomes import look_back
from triage_agent.jobs.parts import Parts
from triage_agent.jobs.pipeline import Pipeline
from triage_agent.jobs.reminders import remind
from triage_agent.jobs.report import (
    ItemReport,
    ModelCalls,
    PageReport,
    Requests,
    RunReport,
    deferred_report,
    item_report,
    totals,
)
from triage_agent.jobs.traces import traced
from triage_agent.ledger.store import AGENT, ORG, WORKSPACE

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


Progress = Callable[[int, int], None]
"""Told how many items have ended, of how many."""


def sweep(
    parts: Parts,
    *,
    limit: int | None = None,
    only: str | None = None,
    progress: Progress = lambda ended, of: None,  # noqa: ARG005
) -> RunReport:
    """Runs once. `limit` tightens the page's items per run; `only` names one item or record.

    `RunRefused` where another run holds the lock, `Paused` where the agent is paused, or pauses
    itself; any error but the first and `LedgerFailed` is on the ledger before it is raised.
    """
    now = parts.clock()
    run = f"run-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    with traced(parts.ledger, run), ExitStack() as lock:
        try:
            lock.enter_context(parts.ledger.only_run(run, now))
        except RunRefused as exc:
            _record(parts, run, run_events.RefusedToStart(reason=str(exc)))
            raise
        try:
            return _Sweep(parts, run, progress).run(limit, only)
        except LedgerFailed:
            raise  # there is nowhere to write it down
        except Exception as exc:
            reason = str(exc) if isinstance(exc, TriageError) else type(exc).__name__
            began = parts.ledger.told(run, "Started")
            refused = isinstance(exc, RunRefused) and not began
            kind = run_events.RefusedToStart if refused else run_events.Broke
            _record(parts, run, kind(reason=reason))
            raise


def _record(parts: Parts, run: str, why: run_events.RefusedToStart | run_events.Broke) -> None:
    """Why a run ended. What ended it is raised, also where the ledger fails as well."""
    try:
        told = [*parts.calls.drain(), why]
        parts.ledger.append(run, parts.clock(), [(run, event) for event in told])
        if isinstance(why, run_events.Broke):
            bookkeeping.anchored(parts, run)
    except LedgerFailed as failed:
        reason, said = why.reason, str(failed)
        log.error("the ledger can't say why the run ended", run=run, why=reason, ledger=said)  # noqa: TRY400 - no traceback


class _Sweep:
    def __init__(self, parts: Parts, run: str, progress: Progress) -> None:
        self._parts, self._mode, self._run, self._progress = parts, parts.mode, run, progress
        self._page = parts.rules.page
        self._begun = time.monotonic()
        self._reports: list[ItemReport] = []
        self._calls = ModelCalls()
        self._done = Counter[str]()
        self._expected = 0

    def run(self, limit: int | None, only: str | None) -> RunReport:
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
        self._expected = len(unfinished) + received
        replaced = [one.replaces for one in found.fresh if one.replaces]
        bookkeeping.check(parts, [*unfinished, *replaced])
        bookkeeping.expire(parts)
        self._begin(len(unfinished))
        log.info("run started", run=self._run, mode=self._mode, items=self._expected)
        self._progress(0, self._expected)
        look_back(parts, self._run)
        if only is None:
            unfinished = [*dict.fromkeys([*unfinished, *remind(parts, self._run)])]
            self._expected = len(unfinished) + received
        if self._expected:
            pipeline = Pipeline(parts, self._run, self._ended)
            self._done = pipeline.run(unfinished, self._batches(found.fresh))
        report = self._report(received, found.deferred)
        counts = report.totals.model_dump(exclude={"by_category", "by_stop", "actions"})
        self._append(*parts.calls.drain(), self._finished(report, counts))
        bookkeeping.close(parts, self._run)
        log.info("run finished", run=self._run, **counts)
        return report

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
        ledger = self._parts.ledger
        return [
            item
            for item in ledger.unfinished(self._mode)
            if only is None or only in (item, ledger.story(item).record_id)
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

    def _begin(self, unfinished: int) -> None:
        """Tells by what the run goes, and whether that is what the run before went by."""
        started, ledger = self._started(unfinished), self._parts.ledger
        before = ledger.last(None, "Started")
        told: list[Entry] = [(self._run, started)]
        if before and (change := bookkeeping.changed(before.event, started)):
            told.append((AGENT, change))
        told += bookkeeping.kept(ledger, self._parts.rules.model)
        told += bookkeeping.cleared(self._parts)
        ledger.forget(AGENT)
        ledger.append(self._run, self._parts.clock(), told)

    def _started(self, unfinished: int) -> run_events.Started:
        rules = self._parts.rules
        return run_events.Started(
            mode=self._mode,
            page_version=rules.page.version,
            page_sha256=rules.model.sha256,
            prompts_sha256=rules.prompts_sha256,
            model=self._parts.asked_model,
            unfinished=unfinished,
            reads={name: tuple(read.fields) for name, read in rules.page.reads.items()},
            uncleared=self._parts.uncleared,
        )

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

    def _ended(self, item: str, story: Story) -> None:
        self._reports.append(item_report(item, story))
        for run, call in story.calls:
            self._calls = self._calls.plus(call) if run == self._run else self._calls
        self._progress(len(self._reports), self._expected)
        log.debug("item ended", item=item, status=story.status)

    def _append(self, *told: events.Event) -> None:
        entries = [(self._run, event) for event in told]
        self._parts.ledger.append(self._run, self._parts.clock(), entries)

    def _finished(self, report: RunReport, counts: Mapping[str, int]) -> run_events.Finished:
        actions = self._page.may if self._mode == "live" else ()
        done = {name: self._done[name] for name in actions}
        return run_events.Finished(**counts, allowance=report.allowance, done=done)

    def _report(self, received: int, deferred: list[ItemReport]) -> RunReport:
        items = [*self._reports, *deferred]
        rules = self._parts.rules
        return RunReport(
            run_id=self._run,
            mode=self._mode,
            uncleared=list(self._parts.uncleared),
            page=PageReport(version=rules.page.version, sha256=rules.model.sha256),
            model=self._parts.asked_model,
            items=items,
            totals=totals(items, received),
            model_calls=self._calls,
            requests=Requests(**self._parts.calls.counts),
            allowance=self._parts.calls.allowance,
            seconds=round(time.monotonic() - self._begun, 2),
        )
