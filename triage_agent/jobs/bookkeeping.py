"""What a run does for the record, before it touches anything and when it has ended."""

import time
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from triage_agent.decision.events import Event
from triage_agent.decision.run_events import NotCleared, PageChanged, PageKept, Started, Verified
from triage_agent.effects.deliver import Entry
from triage_agent.errors import ConnectorError, NotWhole, Paused
from triage_agent.jobs.parts import Parts
from triage_agent.ledger import anchors, erasure, verify
from triage_agent.ledger.anchors import Anchor, AnchorFile
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import FILE, OWNER

NAMED = 20
"""How many faults are written down one by one."""
log = structlog.get_logger()


def check(parts: Parts, items: Sequence[str]) -> None:
    """Holds what the run builds on against chain and last anchor; `NotWhole` pauses the agent."""
    ledger, file = parts.ledger, AnchorFile.of(parts.ledger, parts.rules.page)
    names = [AGENT, *([last] if (last := ledger.last_run()) else []), *items]
    found = verify.faults_of(ledger, names, file)
    if file:
        found += verify.unlike_last_anchor(ledger, file)
    if found:
        reason = f"the ledger isn't what it was: {'; '.join(found[:NAMED])}"
        parts.pause(reason)
        raise NotWhole(f"{reason}. {CURE}")


CURE = (
    "Put it back from a backup; or let it stand, with triage-agent ledger anchor --reason …, "
    "and resume"
)


def expire(parts: Parts) -> None:
    """Takes out the texts that are older than the page keeps them, by whole days."""
    now = parts.clock()
    before = (now - parts.rules.page.logs.keeps).replace(hour=0, minute=0, second=0, microsecond=0)
    if texts := erasure.expire(parts.ledger, before, now):
        log.info("texts expired", texts=texts, before=before.isoformat())


def begin(parts: Parts, run: str, started: Started) -> None:
    """Tells by what a run goes, and whether that is what the run before went by."""
    before = parts.ledger.last(None, "Started")
    told: list[Entry] = [(run, started)]
    if before and (change := changed(before.event, started)):
        told.append((AGENT, change))
    told += [*kept(parts.ledger, parts.rules.model), *cleared(parts)]
    parts.ledger.forget(AGENT)
    parts.ledger.keep(run, parts.clock(), told)


def changed(before: Event, now: Started) -> PageChanged | None:
    """What is another page, or other prompts, than a run before went by."""
    assert isinstance(before, Started)
    then, this = ((one.page_version, one.page_sha256, one.prompts_sha256) for one in (before, now))
    if then == this:
        return None
    return PageChanged(
        version=now.page_version,
        was_version=before.page_version,
        page_sha256=now.page_sha256,
        was_page_sha256=before.page_sha256,
        prompts_sha256=now.prompts_sha256,
        was_prompts_sha256=before.prompts_sha256,
    )


def pages(ledger: Ledger) -> list[PageKept]:
    """Every page by which a run went, the oldest first."""
    told = (one.event for one in ledger.told(AGENT, "PageKept"))
    return [event for event in told if isinstance(event, PageKept)]


def kept(ledger: Ledger, model: OperatingModel) -> list[Entry]:
    """The page as it is written, where no run went by it before."""
    if any(one.sha256 == model.sha256 for one in pages(ledger)):
        return []
    keep = PageKept(version=model.page.version, sha256=model.sha256, text=model.text)
    return [(AGENT, keep)]


def cleared(parts: Parts) -> list[Entry]:
    """What passed an evaluation, or why it may not act, where that is new; the owner is told."""
    last = parts.ledger.last(AGENT, "Cleared", "NotCleared")
    before = last.event if last else None
    if parts.uncleared:
        now = NotCleared(reasons=parts.uncleared)
        if now == before:
            return []
        _tell_owner(parts, f"The agent is in shadow: {'; '.join(parts.uncleared)}.")
        return [(AGENT, now)]
    return [(AGENT, parts.cleared)] if parts.cleared and parts.cleared != before else []


def _tell_owner(parts: Parts, words: str) -> None:
    """Nobody waits for it: it is on record, too."""
    try:
        parts.slack.tell(parts.rules.page.owner.slack, words)
    except (ConnectorError, Paused) as exc:
        log.warning("the owner can't be told", reason=str(exc))


def close(parts: Parts, run: str) -> None:
    """Verifies all of it once a week, anchors what there is now, and tells so once a day."""
    zone = parts.rules.page.workflow.time.zone
    last = parts.ledger.last(AGENT, "Verified")
    if not last or _week(last.at, zone) < _week(parts.clock(), zone):
        _verify(parts)
    before = parts.ledger.last(None, "Anchored")
    anchor = anchored(parts, run)
    if before and _day(before.at, zone) < _day(anchor.at, zone):
        _tell(parts, anchor)


def anchored(parts: Parts, run: str) -> Anchor:
    """Anchors what the ledger holds now."""
    file = AnchorFile.of(parts.ledger, parts.rules.page)
    return anchors.anchor(parts.ledger, file, run, parts.clock())


def _day(at: datetime, zone: ZoneInfo) -> tuple[int, ...]:
    return at.astimezone(zone).timetuple()[:3]


def _week(at: datetime, zone: ZoneInfo) -> tuple[int, ...]:
    return at.astimezone(zone).isocalendar()[:2]


def _tell(parts: Parts, anchor: Anchor) -> None:
    """Tells people whom the page names, in shadow the owner alone. Nobody waits for it."""
    page, said = parts.rules.page, anchor.anchored
    names = [name for name in page.logs.anchors_to if name != FILE]
    for name in names if parts.mode == "live" else {*names} & {OWNER}:
        try:
            parts.slack.tell(
                page.channel_of(name),
                f"{anchor.name}: {said.events:,} events in {said.streams:,} streams, digest "
                f"{said.digest}. triage-agent ledger verify finds what is missing since.",
            )
        except (ConnectorError, Paused) as exc:
            log.warning("the anchor can't be told", to=name, reason=str(exc))


def _verify(parts: Parts) -> None:
    begun, ledger = time.monotonic(), parts.ledger
    verdict = verify.verify(ledger, AnchorFile.of(ledger, parts.rules.page))
    told = Verified(
        events=verdict.events,
        streams=verdict.streams,
        found=len(verdict.faults),
        faults=verdict.faults[:NAMED],
        seconds=round(time.monotonic() - begun, 2),
    )
    ledger.forget(AGENT)
    ledger.append(AGENT, parts.clock(), [(AGENT, told)])
    if verdict.faults:
        parts.pause(f"the ledger isn't what it was: {'; '.join(verdict.faults[:NAMED])}")
