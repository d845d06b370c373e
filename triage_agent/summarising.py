"""How ops learn what a target's agent did in a week, and say that they have, by a command."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from triage_agent.errors import WrongUsage
from triage_agent.targets import Target, systems
from triage_agent.wiring import Clock, acting, brake_of, mode_of, now, open_ledger, uncleared

if TYPE_CHECKING:
    from triage_agent.decision.item import Mode
    from triage_agent.ledger.store import Ledger
    from triage_agent.operating_model.schema import Page
    from triage_agent.summary.posting import Sent
    from triage_agent.summary.reading import Summary
    from triage_agent.summary.weeks import Week


def summary(target: Target, week: str | None, clock: Clock = now) -> "Summary":
    """A week as it stands now, the last full one where none is named."""
    page = _page(target)
    with closing(open_ledger(target)) as ledger:
        return _read(target, page, ledger, _week(week, page, clock()), clock())


def post(
    target: Target,
    week: str | None,
    clock: Clock = now,
    sleep: Callable[[float], None] = time.sleep,
) -> "list[Sent]":
    """Tells those of a week that is over whom the page names for it, in shadow the owner alone."""
    from triage_agent.authority.wire import Wire
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.ledger.store import WORKSPACE
    from triage_agent.operating_model.schema import OWNER
    from triage_agent.settings import Settings
    from triage_agent.summary import posting
    from triage_agent.summary.reviewing import note

    page, settings = _page(target), Settings.of(target.project)
    wanted = _over(week, page, clock())
    live = mode_of(target, page) == "live" and not uncleared(target, page)
    if target.is_real:
        settings.require_real()
    with systems(target, settings) as found, closing(open_ledger(target)) as ledger:
        calls, brake = CallLog(), brake_of(target, settings, ledger)
        guard = Guard(Wire(page, found.hosts, live=live), calls, brake.check)
        slack = found.slack(calls, guard, sleep)
        ledger.claim_for(WORKSPACE, slack.workspace())
        told = note(_read(target, page, ledger, wanted, clock()), page)
        parts = posting.Parts(page, ledger, slack, calls, clock)
        return posting.post(parts, told, page.weekly_review.by if live else [OWNER])


def review(target: Target, week: str | None, named: str, clock: Clock = now) -> str:
    """Puts on record that somebody whom the page names has read of a week; what is to be said."""
    from triage_agent.ledger.weekly_reviews import review as put_down

    page = _page(target)
    wanted = _over(week, page, clock())
    by = acting(target, page, page.weekly_review.by, named, option="--reviewed-by")
    with closing(open_ledger(target)) as ledger:
        put_down(ledger, str(wanted), by, clock())
    return f"{by.name} has read the summary of {wanted}."


def _read(target: Target, page: "Page", ledger: "Ledger", week: "Week", at: datetime) -> "Summary":
    from triage_agent.summary.reading import read
    from triage_agent.summary.restating import with_restated
    from triage_agent.summary.reviewing import with_unread

    mode: Mode = "shadow" if uncleared(target, page) else mode_of(target, page)
    told = with_restated(read(ledger, page, mode, week), ledger)
    return with_unread(told, ledger, page, at)


def _page(target: Target) -> "Page":
    from triage_agent.project import read_model

    return read_model(target.project).page


def _week(written: str | None, page: "Page", at: datetime) -> "Week":
    from triage_agent.summary.weeks import last_full, parsed

    return parsed(written) if written else last_full(at, page.workflow.time.zone)


def _over(written: str | None, page: "Page", at: datetime) -> "Week":
    """A week of which nothing more is to come."""
    week = _week(written, page, at)
    if at < week.ends(page.workflow.time.zone):
        raise WrongUsage(
            f"--week {week}: it isn't over, so it can't be told or read as a whole yet"
        )
    return week
