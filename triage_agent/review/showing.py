"""Has an item's message tell of all that was decided, however many decide in the meantime."""

from collections.abc import Callable, Sequence

from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.events import Failed
from triage_agent.decision.story import Story
from triage_agent.effects.deliver import Entry
from triage_agent.effects.show import show
from triage_agent.errors import Paused
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.schema import Page

_TIMES = 3
"""How often a message is brought up to date at most, while others go on deciding."""
Keep = Callable[[Sequence[Entry]], None]
"""Puts on record what came of it."""


def show_decisions(
    ledger: Ledger, slack: SlackConnector, page: Page, item: str, keep: Keep
) -> str | None:
    """None once the message tells of them; else what is to be told to whoever decided."""
    for _ in range(_TIMES):
        story = Story.of(ledger.events(item))
        if not story.stale:
            break
        try:
            entries = show(slack, page, item, story)
        except Paused as exc:
            return f"It is on record; the message will say so later, for {exc}"
        keep(entries)
        if any(isinstance(event, Failed) for _, event in entries):
            return "It is on record; the message will say so once Slack takes it."
    return None
