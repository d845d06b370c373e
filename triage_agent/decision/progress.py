"""What comes next for an item: the one loop that first run, resumed run and retry share.

`next_step` reads it from the item's events; there is no other state.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from triage_agent.decision.actions import Action
from triage_agent.decision.events import Happened, Intended
from triage_agent.decision.story import Status, Story

MAX_FAILURES = 3
"""After so many failures an item goes to a person, and a write is not tried again."""


@dataclass(frozen=True)
class Assess:
    """Apply the floor, then ask the model to fill the form."""


@dataclass(frozen=True)
class Draft:
    """Have the model write the reply that the page foresees, by this action."""

    action: str


@dataclass(frozen=True)
class Deliver:
    """Carry out the permitted actions that are still to be done."""

    actions: tuple[Action, ...]


@dataclass(frozen=True)
class LookUp:
    """Find out whether writes that were intended, and never confirmed, took place."""

    keys: tuple[Intended, ...]


@dataclass(frozen=True)
class Show:
    """Have a hand-over's message say what people have decided since."""

    action: str


@dataclass(frozen=True)
class GiveUp:
    """Too many failures: stop the item and hand it to a person."""

    reason: str


@dataclass(frozen=True)
class Nothing:
    """The item is where it ends, for now."""

    status: Status


Step = Assess | Draft | Deliver | LookUp | Show | GiveUp | Nothing


def next_step(events: Iterable[Happened]) -> Step:
    """What is to be done with an item, given everything that has happened to it."""
    return step_of(Story.of(events))


def step_of(story: Story) -> Step:
    """`next_step` for a story that is already folded."""
    if story.erased:
        return Nothing(story.status)
    if story.open:
        return LookUp(tuple(intended for intended, _ in story.open.values()))
    if not story.rules and len(story.failures) >= MAX_FAILURES:
        return GiveUp(story.failures[-1].reason)
    if story.planned is None:
        drafts = (name for name, state in story.states.items() if state != "refused")
        return next(map(Draft, drafts), Assess())
    if due := tuple(story.actions[name] for name in story.planned if _is_due(story, name)):
        return Deliver(due)
    return Show(story.posted) if story.is_stale and story.posted else Nothing(story.status)


def _is_due(story: Story, name: str) -> bool:
    """A hand-over is tried for ever: giving up on it would bury the item."""
    match story.states[name]:
        case "permitted":
            return True
        case "failed":
            return story.is_post(name) or story.failed_times(name) < MAX_FAILURES
        case _:
            return False
