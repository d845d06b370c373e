"""What people decided in a week: where they differ from the agent, and how much each has to do."""

from collections import Counter
from collections.abc import Iterable, Sequence

from triage_agent.decision.events import Outcome
from triage_agent.decision.review_events import (
    Approved,
    Claimed,
    Corrected,
    Decided,
    Edited,
    Rejected,
    Released,
)
from triage_agent.decision.values import Value
from triage_agent.ledger.weekly_people import Deed
from triage_agent.operating_model.outcome_rules import Outcomes
from triage_agent.operating_model.schema import UNCLEAR

KINDS = ("Claimed", "Released", "Corrected", "Rejected", "Edited", "Approved", "Outcome")


class Differed(Value):
    """How often people differed from the agent in one way, and some of the items."""

    what: str
    times: int
    items: tuple[str, ...]


class People(Value):
    """A week of people's work on what the agent did.

    `sorted_anew`: by `was → should be`. `overruled`: by the rule that had stopped what somebody let
    go on; `of_no_use` likewise. `load`: decisions by whom, the most first. `clean_up`: what was
    put right, by the page's names.
    """

    sorted_anew: tuple[Differed, ...]
    overruled: tuple[Differed, ...]
    of_no_use: tuple[Differed, ...]
    load: dict[str, int]
    clean_up: dict[str, int]


_SHOWN = 5


def people(deeds: Sequence[Deed], outcomes: Outcomes) -> People:
    """A week's decisions and outcomes, counted."""
    corrected = [one for one in deeds if isinstance(one.event, Corrected)]
    released = [one for one in deeds if isinstance(one.event, Released)]
    rejected = [
        one for one in deeds if isinstance(one.event, Rejected) and one.event.action is None
    ]
    decisions = (Released, Corrected, Rejected, Approved, Edited)
    load = Counter(
        one.event.by
        for one in deeds
        if isinstance(one.event, Decided) and isinstance(one.event, (*decisions, Claimed))
    )
    put_right = Counter(
        one.event.name
        for one in deeds
        if isinstance(one.event, Outcome) and _is(one, outcomes.clean_up)
    )
    return People(
        sorted_anew=_differed((_anew(one), one) for one in corrected),
        overruled=_differed((rule, one) for one in released for rule in one.rules),
        of_no_use=_differed((rule, one) for one in rejected for rule in one.rules),
        load=dict(load.most_common()),
        clean_up=dict(put_right.most_common()),
    )


def _anew(deed: Deed) -> str:
    """`was → should be`; empty where nothing was said about that."""
    should = getattr(deed.event, "category", None)
    was = deed.category or UNCLEAR
    return f"{was} → {should}" if should and should != was else ""


def _differed(told: Iterable[tuple[str, Deed]]) -> tuple[Differed, ...]:
    found: dict[str, list[str]] = {}
    for what, deed in told:
        if what:
            found.setdefault(what, []).append(deed.item)
    ordered = sorted(found.items(), key=lambda one: -len(one[1]))
    return tuple(
        Differed(what=what, times=len(items), items=tuple(dict.fromkeys(items))[:_SHOWN])
        for what, items in ordered
    )


def _is(deed: Deed, names: Sequence[str]) -> bool:
    return isinstance(deed.event, Outcome) and deed.event.name in names
