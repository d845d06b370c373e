"""What comes next for an item: the one loop that first run, resumed run and retry share.

`next_step` reads it from the item's events; there is no other state.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from triage_agent.decision.actions import Action
from triage_agent.decision.events import Happened, Intended
from triage_agent.decision.states import Status
from triage_agent.decision.story import Story

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
class Ask:
    """Ask those whom the page names for their word on actions."""

    actions: tuple[Action, ...]


@dataclass(frozen=True)
class LookUp:
    """Find out whether writes that were intended, and never confirmed, took place."""

    keys: tuple[Intended, ...]


@dataclass(frozen=True)
class Show:
    """Have a message say what people have decided since, or what has come of it."""

    action: str


@dataclass(frozen=True)
class GiveUp:
    """Too many failures: stop the item and hand it to a person."""

    reason: str


@dataclass(frozen=True)
class Nothing:
    """The item is where it ends, for now."""

    status: Status


Step = Assess | Draft | Deliver | Ask | LookUp | Show | GiveUp | Nothing


def next_step(events: Iterable[Happened]) -> Step:
    """What is to be done with an item, given everything that has happened to it."""
    return step_of(Story.of(events))


def step_of(story: Story) -> Step:  # noqa: PLR0911 - one return a step
    """`next_step` for a story that is already folded."""
    if story.erased or story.withdrawn:
        return Nothing(story.status)
    if story.open:
        return LookUp(tuple(intended for intended, _ in story.open.values()))
    if not story.rules and _fails(story) and len(story.failures) >= MAX_FAILURES:
        return GiveUp(story.failures[-1].reason)
    if story.planned is None:
        drafts = (name for name, state in story.states.items() if state != "refused")
        return next(map(Draft, drafts), Assess())
    names = (*story.planned, *story.asks)
    if due := tuple(story.actions[name] for name in names if _is_due(story, name)):
        return Deliver(due)
    if asked := story.to_ask:
        return Ask(tuple(story.actions[name] for name in asked))
    return Show(story.stale) if story.stale else Nothing(story.status)


def _fails(story: Story) -> bool:
    """Whether it is the item that can't be done, and not only that people can't be told of it."""
    return story.planned is None or any(story.states[name] == "failed" for name in story.planned)


def _is_due(story: Story, name: str) -> bool:
    """A message is tried for ever: giving up on it would bury the item."""
    if story.verdicts.get(name) == "needs_approval" and not story.has_yes(name):
        return False
    match story.states[name]:
        case "permitted" | "approved":
            return True
        case "failed":
            is_message = story.is_post(name) or name in story.questions
            return is_message or story.failed_times(name) < MAX_FAILURES
        case _:
            return False
