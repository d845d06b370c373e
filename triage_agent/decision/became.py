"""What became of an item, in a line for whoever asks; read from its story alone."""

from collections.abc import Iterator

from triage_agent.decision.events import FiredRule
from triage_agent.decision.output import spaced
from triage_agent.decision.states import Status
from triage_agent.decision.story import Story

_STATUS: dict[Status, str] = {
    "open": "Under way",
    "settled": "Settled",
    "escalated": "Handed to people",
    "failed": "Not finished; the next run takes it up",
    "erased": "Erased",
    "withdrawn": "Rolled back",
}


def became(story: Story) -> str:
    """How it ended, as what or by which rules, what people have done, and whose word is wanted."""
    return ", ".join([_ended(story), *_people(story), *_asked(story)])


def _ended(story: Story) -> str:
    if story.posted and not (story.released or story.withdrawn):
        return f"{_STATUS['escalated']}: {'; '.join(dict.fromkeys(map(_rule, story.rules)))}"
    if story.status == "settled" and story.category:
        return f"{_STATUS['settled']} as {spaced(story.category)}"
    return _STATUS[story.status]


def _rule(fired: FiredRule) -> str:
    topic = f" ({spaced(fired.topic)})" if fired.topic else ""
    return spaced(fired.rule) + topic


def _people(story: Story) -> Iterator[str]:
    for did, decided in (
        ("released", story.released),
        ("claimed", story.claimed),
        ("corrected", story.corrected),
        ("set aside", story.closed if story.closed != story.corrected else None),
    ):
        if decided:
            yield f"{did} by {decided[0].by}"


def _asked(story: Story) -> Iterator[str]:
    """For whose word it waits, and on what: nobody can give it any more without its texts."""
    for name in () if story.erased or story.withdrawn else story.asks:
        asked = story.questions[name].asked
        yield f"waits for {spaced(asked.who)} on {spaced(asked.action)}"
