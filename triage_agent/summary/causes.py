"""What may be behind a finding: a change of the page, or one thing that most of it lacks."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from triage_agent.decision.output import spaced
from triage_agent.decision.run_events import PageChanged
from triage_agent.ledger import weekly
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.ledger.weekly import Told
from triage_agent.summary.findings import Finding
from triage_agent.summary.metrics import MISSING, Counts, by_rule, by_topic, lacking


def changes(ledger: Ledger, span: tuple[datetime, datetime]) -> list[Told]:
    """When the page's version changed in a span."""
    return [
        one
        for one in weekly.told(ledger, *span, ("PageChanged",))
        if one.stream == AGENT
        and isinstance(one.event, PageChanged)
        and one.event.version != one.event.was_version
    ]


def explained(
    found: Sequence[Finding], now: Counts, changed: Sequence[Told], zone: ZoneInfo
) -> Iterator[Finding]:
    """The same with what may be behind each: whoever reads it needn't look for that."""
    for one in found:
        if one.rule is None:
            yield one
            continue
        evidence, change = [one.evidence, *_topic(now, one.rule)], one.change
        if changed:
            evidence.append(_change(changed[-1], zone))
            change += (
                f"; triage-agent rollback --since {changed[0].at:%Y-%m-%dT%H:%MZ} --to-page "
                "VERSION tells what the page before would have decided"
            )
        yield one.model_copy(update={"evidence": "; ".join(evidence), "change": change})


def _change(last: Told, zone: ZoneInfo) -> str:
    event = last.event
    assert isinstance(event, PageChanged)
    return (
        f"the page changed from version {event.was_version} to {event.version} on "
        f"{last.at.astimezone(zone):%A}"
    )


def _topic(now: Counts, rule: str) -> Iterator[str]:
    """What the rule stopped most of them for; where that is missing, how these came."""
    of = by_rule(now).get(rule, 0)
    for topic, times in by_topic(now).items():
        if topic.startswith(f"{rule}."):
            name = topic.removeprefix(f"{rule}.")
            yield f"{spaced(name)} in {times:,} of {of:,}{_way(now, rule, name, times)}"
            return


def _way(now: Counts, rule: str, topic: str, times: int) -> str:
    if rule == MISSING:
        for one in lacking(now):
            if one.lacks == topic and 2 * one.items > times:
                return f", {one.items:,} of these by {one.came_by}"
    return ""
