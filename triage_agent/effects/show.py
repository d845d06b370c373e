"""Has a message say what people have decided and what came of it; Slack is a view of the ledger."""

from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.actions import Message
from triage_agent.decision.events import Failed
from triage_agent.decision.review_events import Shown
from triage_agent.decision.reviews import standing
from triage_agent.decision.story import Story
from triage_agent.effects.deliver import Entry
from triage_agent.errors import ConnectorError
from triage_agent.operating_model.schema import Page


def show(slack: SlackConnector, page: Page, item: str, story: Story) -> list[Entry]:
    """The event that says so, of the first message that lags; twice is as once."""
    name = story.stale
    assert name
    message, told = story.actions[name], story.events_told(name)
    assert isinstance(message, Message)
    try:
        slack.show(story.references[name], message, standing(story, message, page))
    except ConnectorError as exc:
        return [(item, Failed(action=f"show {name}", code=exc.code, reason=str(exc)))]
    return [(item, Shown(action=name, decisions=told))]
