"""How an item that was handed to people stands with them, read from its story alone."""

from datetime import datetime

from triage_agent.decision.progress import Story
from triage_agent.decision.values import Value
from triage_agent.operating_model.schema import Page


class Standing(Value):
    """What a hand-over's message says of it: a Slack user's id for who did it; `at`: for people."""

    claimed_by: str | None = None
    released_by: str | None = None
    at: str = ""


def standing(story: Story, page: Page) -> Standing:
    """How it stands now, by the page's clock."""
    if story.released:
        released, at = story.released
        return Standing(released_by=released.slack, at=_moment(at, page))
    if story.claimed:
        claimed, at = story.claimed
        return Standing(claimed_by=claimed.slack, at=_moment(at, page))
    return Standing()


def _moment(at: datetime, page: Page) -> str:
    local = at.astimezone(page.workflow.time.zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"
