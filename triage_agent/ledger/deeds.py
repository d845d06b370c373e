"""What became of each action of an item, as its events tell it."""

from collections.abc import Iterable

from triage_agent.decision.events import (
    Done,
    Drafted,
    Event,
    Failed,
    Held,
    Intended,
    NotFound,
    Overtaken,
    Refused,
    Unclear,
)
from triage_agent.decision.output import spaced
from triage_agent.decision.review_events import Expired, Rejected
from triage_agent.decision.rollback_events import UNDO, LeftAsIs, Reversed, Withdrawn
from triage_agent.ledger.words import words

Deed = tuple[str, str]
"""In one of the words below, and whole."""

STATES = (
    "Undone",
    "Left for people",
    "Not undone",
    "Done",
    "Draft kept",
    "Waits",
    "Left undone",
    "Refused",
    "Failed",
    "Unclear",
    "Not done yet",
    "Under way",
)
"""Where actions may stand, in the order in which that is told."""


def deeds(events: Iterable[Event]) -> dict[str, Deed]:
    """By action; the last that is known of one counts."""
    found: dict[str, Deed] = {}
    for event in events:
        found |= _deed(event)
        if isinstance(event, Withdrawn):
            over = ("Left undone", f"left undone: {event.by} has had it rolled back")
            found |= {name: over for name, deed in found.items() if deed[0] == "Waits"}
    return found


def _deed(event: Event) -> dict[str, Deed]:  # noqa: C901, PLR0911, PLR0912 - a return a kind
    """What an event says of an action: in one word for all such, and whole; the last one counts."""
    match event:
        case Drafted():
            return {event.action: ("Draft kept", f"{event.words} words, kept and not sent")}
        case Held():
            return {event.action: ("Waits", f"waits for {spaced(event.who)}")}
        case Refused():
            return {event.action: ("Refused", f"refused: {event.reason}")}
        case Rejected(action=str(name)):
            return {name: ("Left undone", f"left undone: {event.by} said no")}
        case Expired():
            return {event.action: ("Left undone", "left undone: nobody decided in time")}
        case Intended():
            name = event.action.removeprefix(UNDO)
            return {name: ("Under way", f"under way in {event.system}, key {event.key}")}
        case Done():
            found = " (found after an interruption)" if event.found else ""
            return {event.action: ("Done", f"done: {event.reference}{found}")}
        case Failed() if event.action.startswith(UNDO):
            name = event.action.removeprefix(UNDO)
            return {name: ("Not undone", f"done, and could not be undone: {event.reason}")}
        case Failed():
            return {event.action: ("Failed", f"failed: {event.reason}")}
        case NotFound():
            return {event.action: ("Not done yet", "had not happened; it may be done again")}
        case Unclear():
            told = f"may have happened: {event.reason}; look for {event.key}"
            return {event.action: ("Unclear", told)}
        case Overtaken():
            told = f"left undone: since it was read, the record {event.how}"
            return {event.action: ("Left undone", told)}
        case Reversed() | LeftAsIs():
            state = "Undone" if isinstance(event, Reversed) else "Left for people"
            return {event.action: (state, words(event).removeprefix(f"{event.action} is "))}
        case _:
            return {}
