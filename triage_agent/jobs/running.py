"""What a run is while it goes: by what it goes, what has ended, and what it comes to."""

import time
from collections import Counter
from collections.abc import Callable

import structlog

from triage_agent.decision import events, run_events
from triage_agent.decision.story import Story
from triage_agent.errors import LedgerFailed, RunRefused, TriageError
from triage_agent.jobs import bookkeeping
from triage_agent.jobs.parts import Parts
from triage_agent.jobs.report import (
    ItemReport,
    ModelCalls,
    PageReport,
    Requests,
    RunReport,
    item_report,
    totals,
)

Progress = Callable[[int, int], None]
"""Told how many items have ended, of how many."""
log = structlog.get_logger()


class Running:
    """One run of `expected` items; `done`: how often it did which action."""

    def __init__(self, parts: Parts, run: str, progress: Progress) -> None:
        self.run, self.expected, self.done = run, 0, Counter[str]()
        self._parts, self._progress = parts, progress
        self._begun = time.monotonic()
        self._reports: list[ItemReport] = []
        self._calls = ModelCalls()

    def append(self, *told: events.Event) -> None:
        """Tells of the run itself."""
        entries = [(self.run, event) for event in told]
        self._parts.ledger.append(self.run, self._parts.clock(), entries)

    def started(self, unfinished: int) -> run_events.Started:
        """By what it goes."""
        rules = self._parts.rules
        return run_events.Started(
            mode=self._parts.mode,
            page_version=rules.page.version,
            page_sha256=rules.model.sha256,
            prompts_sha256=rules.prompts_sha256,
            model=self._parts.asked_model,
            unfinished=unfinished,
            reads={name: tuple(read.fields) for name, read in rules.page.reads.items()},
            uncleared=self._parts.uncleared,
        )

    def ended(self, item: str, story: Story) -> None:
        """Nothing more is done with an item."""
        self._reports.append(item_report(item, story))
        for run, call in story.calls:
            self._calls = self._calls.plus(call) if run == self.run else self._calls
        self._progress(len(self._reports), self.expected)
        log.debug("item ended", item=item, status=story.status)

    def finish(self, received: int, deferred: list[ItemReport], handed_out: int = 0) -> RunReport:
        """Puts its end on record; what it came to."""
        report = self._report(received, deferred, handed_out)
        counts = report.totals.model_dump(exclude={"by_category", "by_stop", "actions"})
        live = self._parts.mode == "live" and not handed_out
        done = {name: self.done[name] for name in self._parts.rules.page.may} if live else {}
        finished = run_events.Finished(
            **counts, handed_out=handed_out, allowance=report.allowance, done=done
        )
        self.append(*self._parts.calls.drain(), finished)
        log.info("run finished", run=self.run, **counts)
        return report

    def _report(self, received: int, deferred: list[ItemReport], handed_out: int) -> RunReport:
        items, rules = [*self._reports, *deferred], self._parts.rules
        return RunReport(
            run_id=self.run,
            mode=self._parts.mode,
            uncleared=list(self._parts.uncleared),
            page=PageReport(version=rules.page.version, sha256=rules.model.sha256),
            model=self._parts.asked_model,
            items=items,
            handed_out=handed_out,
            totals=totals(items, received),
            model_calls=self._calls,
            requests=Requests(**self._parts.calls.counts),
            allowance=self._parts.calls.allowance,
            seconds=round(time.monotonic() - self._begun, 2),
        )


def broke(parts: Parts, run: str, exc: Exception) -> None:
    """Why a run ended, or didn't begin. What ended it is raised, also where the ledger fails."""
    reason = str(exc) if isinstance(exc, TriageError) else type(exc).__name__
    refused = isinstance(exc, RunRefused) and not parts.ledger.told(run, "Started")
    why = (run_events.RefusedToStart if refused else run_events.Broke)(reason=reason)
    try:
        told = [*parts.calls.drain(), why]
        parts.ledger.append(run, parts.clock(), [(run, event) for event in told])
        if not refused:
            bookkeeping.anchored(parts, run)
    except LedgerFailed as failed:
        said = str(failed)
        log.error("the ledger can't say why the run ended", run=run, why=reason, ledger=said)  # noqa: TRY400 - no traceback
