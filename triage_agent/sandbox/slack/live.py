"""What of a workspace lasts no longer than the sandbox runs: what people see now, and links."""

from dataclasses import dataclass

from triage_agent.sandbox.slack.hooks import Hooks
from triage_agent.sandbox.slack.links import Links
from triage_agent.sandbox.slack.modals import Modals
from triage_agent.sandbox.slack.notes import Notes
from triage_agent.sandbox.slack.timing import Timing
from triage_agent.sandbox.slack.triggers import Triggers


@dataclass(frozen=True)
class Live:
    timing: Timing
    notes: Notes
    modals: Modals
    triggers: Triggers
    hooks: Hooks
    links: Links


def live(url: str, app: str, timing: Timing) -> Live:
    """Nothing yet. `url`: the sandbox's base URL; `app`: the app's id."""
    return Live(
        timing=timing,
        notes=Notes(),
        modals=Modals(),
        triggers=Triggers(timing.trigger),
        hooks=Hooks(url, timing.hook),
        links=Links(url, app, timing),
    )
