"""How an item that was handed to people stands with them, read from its story alone."""

from triage_agent.decision.progress import Story
from triage_agent.decision.values import Value
from triage_agent.operating_model.schema import Page


class Standing(Value):
    """What a hand-over's message says of it. `claimed_by`: a Slack user's id; `at`: for people."""

    claimed_by: str | None = None
    at: str | None = None


def standing(story: Story, page: Page) -> Standing:
    """How it stands now, by the page's clock."""
    if story.claimed is None:
        return Standing()
    claimed, at = story.claimed
    local = at.astimezone(page.workflow.time.zone)
    return Standing(claimed_by=claimed.slack, at=f"{local:%a} {local.day} {local:%b, %H:%M}")
