"""Where what comes in is weak: something is missing in what comes one way, and not otherwise."""

from collections.abc import Iterator

from triage_agent.chance import differ
from triage_agent.decision.output import spaced
from triage_agent.summary.findings import CHANCE, FEWEST, Finding
from triage_agent.summary.metrics import MISSING, UNKNOWN, Counts, Lacking, lacking, received


def of_input(now: Counts) -> Iterator[Finding]:
    """What a form, or whoever passes requests on, had better ask for."""
    found = lacking(now)
    for one in found:
        others = sum(other.items for other in found if other.lacks == one.lacks) - one.items
        others_of = received(now) - one.of
        if one.came_by != UNKNOWN and min(one.of, others_of) >= FEWEST:
            usual = others / others_of
            more = one.items - usual * one.of
            if more > 0 and differ(one.items, one.of, others, others_of, CHANCE):
                yield _finding(one, usual, more)


def _finding(one: Lacking, usual: float, more: float) -> Finding:
    return Finding(
        what=f"{spaced(one.lacks)} is missing in what comes by {one.came_by}",
        evidence=f"{one.items:,} of {one.of:,} ({one.items / one.of:.1%}), otherwise {usual:.1%}",
        concerns=f"whoever looks after what comes by {one.came_by}",
        change=f"have {spaced(one.lacks)} asked for, and required, there",
        weight=more,
        rule=MISSING,
    )
