"""At a run's start: what people made of earlier items, and how soon they came before the agent."""

from collections.abc import Callable
from datetime import UTC, timedelta
from functools import cache

import structlog

from triage_agent.connectors.salesforce.afterwards import created_between, rows_about, rows_since
from triage_agent.decision.cycle import measured, waits
from triage_agent.decision.outcomes import Following, found
from triage_agent.decision.run_events import FollowedUp
from triage_agent.errors import ConnectorError, NotLetIn
from triage_agent.jobs.parts import Parts
from triage_agent.ledger import outcomes
from triage_agent.ledger.store import AGENT

OVERLAP = timedelta(minutes=10)
"""What is looked at twice: clocks differ, and what was saved may show late."""
Who = Callable[[], str]
"""The id of the agent's own user; asked for when it is needed, and once."""
log = structlog.get_logger()


def look_back(parts: Parts, run: str) -> None:
    """Asks what has come of earlier items, and tells each outcome once.

    A run goes on without the answer. What couldn't be asked isn't told to have been, so that the
    next run asks for it.
    """
    agent = cache(parts.salesforce.user)
    try:
        _follow_up(parts, run, agent)
        _measure_before(parts, agent)
    except NotLetIn:
        raise
    except ConnectorError as exc:
        log.warning("outcomes can't be read; the next run asks again", run=run, why=str(exc))


def _follow_up(parts: Parts, run: str, agent: Who) -> None:
    page, ledger, until = parts.rules.page, parts.ledger, parts.clock()
    oldest = until - page.outcomes.within
    span = outcomes.span(ledger, parts.mode)
    if span is None or span[1] < oldest:
        return
    last = outcomes.followed_until(ledger, parts.mode, oldest) or span[0]
    since = max(oldest, last - OVERLAP)
    shown = found(page, agent(), rows_since(parts.salesforce, page, since))
    followed = outcomes.followed(ledger, parts.mode, (one.about for one in shown))
    told = list(Following(followed, page).new(shown))
    followed_up = FollowedUp(since=since, until=until, outcomes=len(told))
    ledger.append(run, parts.clock(), [*told, (run, followed_up)])
    for item, _ in told:
        ledger.forget(item)


def _measure_before(parts: Parts, agent: Who) -> None:
    """Once a ledger, when the agent's time has begun."""
    page, ledger = parts.rules.page, parts.ledger
    until = page.workflow.begins.astimezone(UTC)
    if parts.clock() < until or ledger.last(AGENT, "MeasuredBefore"):
        return
    since = until - page.outcomes.compared_with
    created = created_between(parts.salesforce, page, since, until)
    rows = rows_about(parts.salesforce, page, list(created)) if created else None
    minutes = waits(page, agent(), created, rows) if rows else []
    ledger.forget(AGENT)  # another process may have told of something since
    told = measured(since, until, len(created), minutes)
    ledger.append(AGENT, parts.clock(), [(AGENT, told)])
    ledger.forget(AGENT)
