"""Has the message of a hand-over say what people have decided; Slack is a view of the ledger."""

from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.actions import PostHandOver
from triage_agent.decision.events import Failed
from triage_agent.decision.review_events import Shown
from triage_agent.decision.reviews import standing
from triage_agent.decision.story import Story
from triage_agent.effects.deliver import Entry
from triage_agent.errors import ConnectorError
from triage_agent.operating_model.schema import Page


def show(slack: SlackConnector, page: Page, item: str, story: Story) -> list[Entry]:
    """The event that says so; it may be done any number of times."""
    assert story.posted
    action, decisions = story.actions[story.posted], story.decisions
    assert isinstance(action, PostHandOver)
    try:
        slack.show(story.references[action.name], action.hand_over, standing(story, page))
    except ConnectorError as exc:
        return [(item, Failed(action=f"show {action.name}", code=exc.code, reason=str(exc)))]
    return [(item, Shown(action=action.name, decisions=decisions))]
