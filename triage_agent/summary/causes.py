"""What may be behind a finding: a change of the page, or one thing that most of it lacks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from triage_agent.decision.events import Stopped
from triage_agent.decision.item import Mode
from triage_agent.decision.output import spaced
from triage_agent.decision.run_events import PageChanged
from triage_agent.ledger import weekly
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.operating_model.schema import Page
from triage_agent.summary.findings import Finding

LOOKED_AT = 50
"""So many items tell what a rule stopped most of them for."""


def explained(
    found: Sequence[Finding],
    ledger: Ledger,
    page: Page,
    mode: Mode,
    span: tuple[datetime, datetime],
) -> Iterator[Finding]:
    """The same with what may be behind each: whoever reads it needn't look for that."""
    changes = [
        f"the page changed from version {one.event.was_version} to {one.event.version} on "
        f"{one.at.astimezone(page.workflow.time.zone):%A}"
        for stream, one in weekly.told(ledger, *span, ("PageChanged",))
        if stream == AGENT
        and isinstance(one.event, PageChanged)
        and one.event.version != one.event.was_version
    ]
    for one in found:
        if one.rule is None:
            yield one
            continue
        more = [*_topic(ledger, mode, span, one.rule), *changes[-1:]]
        change = one.change
        if changes:
            since = f"{span[0]:%Y-%m-%dT%H:%MZ}"
            change += f"; triage-agent rollback --since {since} --to-page VERSION tells what the "
            change += "page before would have decided"
        yield one.model_copy(
            update={"evidence": "; ".join([one.evidence, *more]), "change": change}
        )


def _topic(ledger: Ledger, mode: Mode, span: tuple[datetime, datetime], rule: str) -> Iterator[str]:
    """What the rule names in most of some items."""
    items = weekly.examples(ledger, mode, *span, weekly.Wanted(rule=rule), LOOKED_AT)
    topics = Counter[str]()
    for item in items:
        stopped = (one.event for one in ledger.told(item, "Stopped"))
        fired = (one for event in stopped if isinstance(event, Stopped) for one in event.rules)
        topics.update({one.topic for one in fired if one.rule == rule and one.topic})
    for topic, times in topics.most_common(1):
        yield f"{spaced(topic)} in {times:,} of {len(items):,} looked at"
