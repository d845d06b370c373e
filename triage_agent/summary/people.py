"""What people decided in a week: where they differ from the agent, and how much each has to do."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

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
    put right, by the page's names. `drafts`: by what became of them, see `FATES`; `draft_changed`:
    the median share changed of those that were edited.
    """

    sorted_anew: tuple[Differed, ...]
    overruled: tuple[Differed, ...]
    of_no_use: tuple[Differed, ...]
    load: dict[str, int]
    clean_up: dict[str, int]
    drafts: tuple[Differed, ...]
    draft_changed: float | None


NOT_USED = "not used"
FATES = {"used": 0.95, "edited": 0.3, NOT_USED: 0.0}
"""What becomes of a draft, by the least share of its words that people keep.

Of an item what they kept most counts: a letter with the draft in it, not a note of a call. Nothing
is kept of a draft that was deleted. One of which nothing is known yet doesn't count.
"""
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
    drafts, draft_changed = _drafts(deeds)
    return People(
        sorted_anew=_differed((_anew(one), one) for one in corrected),
        overruled=_differed((rule, one) for one in released for rule in one.rules),
        of_no_use=_differed((rule, one) for one in rejected for rule in one.rules),
        load=dict(load.most_common()),
        clean_up=dict(put_right.most_common()),
        drafts=drafts,
        draft_changed=draft_changed,
    )


def _drafts(deeds: Iterable[Deed]) -> tuple[tuple[Differed, ...], float | None]:
    """What became of them, in the order of `FATES`, and how much was changed of those edited."""
    kept = _kept(deeds)
    fates = _differed((_fate(share), deed) for deed, share in kept)
    ordered = sorted(fates, key=lambda one: [*FATES].index(one.what))
    return tuple(ordered), _median(1 - share for _, share in kept if _fate(share) == "edited")


def _kept(deeds: Iterable[Deed]) -> list[tuple[Deed, float]]:
    """Each item of whose draft something is known, with the most that was kept of it."""
    found: dict[str, tuple[Deed, float]] = {}
    for one in deeds:
        share = one.event.kept if isinstance(one.event, Outcome) else None
        if share is not None and share >= found.get(one.item, (one, 0.0))[1]:
            found[one.item] = one, share
    return list(found.values())


def _fate(kept: float) -> str:
    return next(name for name, least in FATES.items() if kept >= least)


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


def _median(values: Iterable[float]) -> float | None:
    some = list(values)
    return median(some) if some else None
