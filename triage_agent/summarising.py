"""How ops learn what a target's agent did in a week, by a command."""

from contextlib import closing
from typing import TYPE_CHECKING

from triage_agent.targets import Target
from triage_agent.wiring import Clock, mode_of, now, open_ledger

if TYPE_CHECKING:
    from triage_agent.summary.reading import Summary


def summary(target: Target, week: str | None, clock: Clock = now) -> "Summary":
    """A week as it stands now, the last full one where none is named."""
    from triage_agent.project import read_model
    from triage_agent.summary.reading import read
    from triage_agent.summary.weeks import last_full, parsed

    page = read_model(target.project).page
    wanted = parsed(week) if week else last_full(clock(), page.workflow.time.zone)
    with closing(open_ledger(target)) as ledger:
        return read(ledger, page, mode_of(target, page), wanted)
