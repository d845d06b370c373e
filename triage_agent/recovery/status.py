"""What is going on, in six lines."""

from collections.abc import Sequence

from triage_agent.decision.item import Mode
from triage_agent.decision.run_events import Broke, Finished
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import Limits
from triage_agent.recovery.pause import Brake


def status(
    model: OperatingModel,
    mode: Mode,
    ledger: Ledger,
    brake: Brake,
    uncleared: Sequence[str] = (),
) -> dict[str, str]:
    """Six things that whoever runs the agent asks first, each with its answer.

    `uncleared`: why it is in shadow, though its page isn't.
    """
    why, counts = brake.why(), ledger.counts(mode)
    people = ", ".join(f"{counts.get(name, 0):,} {name}" for name in ("escalated", "failed"))
    withdrawn = counts.get("withdrawn", 0)
    return {
        "Page": f"version {model.page.version} ({model.sha256[:12]}), {mode}"
        + (f", but in shadow: {'; '.join(uncleared)}" if uncleared else ""),
        "State": f"paused: {why}" if why else "may work",
        "Last run": _last_run(ledger),
        "Items": f"{counts.get('settled', 0):,} settled, {people}, {counts.get('open', 0):,} open"
        + (f", {withdrawn:,} rolled back" if withdrawn else ""),
        "Limits": _limits(model.page.limits),
        "Next": "triage-agent resume" if why else _next(counts, len(ledger.waiting(mode))),
    }


def _last_run(ledger: Ledger) -> str:
    run = ledger.last_run()
    if run is None:
        return "none yet"
    story = {type(h.event): h for h in ledger.told(run, "Finished", "Broke")}
    if (ended := story.get(Finished)) and isinstance(ended.event, Finished):
        counts = ended.event
        return f"{run}: {counts.settled} settled, {counts.escalated} escalated"
    if (broke := story.get(Broke)) and isinstance(broke.event, Broke):
        return f"{run} broke off: {broke.event.reason}"
    return f"{run} goes on, or was interrupted"


def _limits(limits: Limits) -> str:
    return (
        f"pauses beyond {limits.failures_per_run:,} failures, {limits.refusals_per_run:,} "
        f"refusals, {limits.tokens_per_run:,} tokens, ${limits.cost_usd_per_run:,g} a run"
    )


def _next(counts: dict[str, int], waiting: int) -> str:
    if counts.get("failed"):
        return "triage-agent run takes up what is unfinished"
    if waiting:
        return f"triage-agent review list: {waiting:,} wait for people"
    return "nothing to do"
