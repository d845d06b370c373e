"""How a week's summary looks in Slack, however much there is to tell and whatever is called how."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.test_slack_messages import ANY, HOSTILE, parts, typed
from triage_agent.connectors.slack import SlackConnector
from triage_agent.connectors.slack_week import LISTED, SHOWN, week
from triage_agent.decision.weekly import ToDo, WeeklyNote

SALES = "C0SALESDEV1"


@pytest.fixture
def slack(url: str, post_to: Callable[..., SlackConnector]) -> SlackConnector:
    """A connector to a workspace that refuses what Slack documents that it refuses."""
    return post_to(url)


def note(text: str = "Words", many: int = 2) -> WeeklyNote:
    """A week in which that text stands wherever a name may, with so many of everything."""
    to_do = ToDo(what=text, evidence=text, concerns=text, change=text, items=(text,) * many)
    return WeeklyNote(
        week=text,
        sentences=(text,) * 3,
        to_do=(to_do,) * many,
        read_by=date(2026, 11, 23),
        mode="live",
        figures={},
    )


@pytest.mark.parametrize("many", [0, 1, 500])
@pytest.mark.parametrize("text", HOSTILE)
def test_any_week_makes_a_message_that_slack_takes(
    slack: SlackConnector, text: str, many: int
) -> None:
    """Whatever stands in it, and however much, it arrives, and nothing of it is markup."""
    posted = slack.tell_week(SALES, "k", note(text, many))
    _, blocks = week(note(text, many))

    assert SALES == posted.channel
    assert [] == typed(blocks, "mrkdwn", "broadcast", "channel", "usergroup", "emoji", "markdown")
    assert [] == typed(blocks, "user", "link", "color", "date")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(text=ANY | st.just("w" * 9000), many=st.integers(0, 60))
def test_any_week_is_within_the_limits(text: str, many: int) -> None:
    """No text is empty or longer than Slack takes it, and the whole of it isn't either."""
    fallback, blocks = week(note(text, many))
    texts = [str(part["text"]) for part in parts(blocks) if isinstance(part.get("text"), str)]

    assert len(fallback) <= 900
    assert len(blocks) <= 50
    assert all(0 < len(text) <= 3000 for text in texts)
    assert sum(map(len, texts)) <= 25_000
    assert all(part["elements"] for part in parts(blocks) if "elements" in part)


def test_what_it_says() -> None:
    """The sentences, each thing to do with its items, and by when it is to be read."""
    to_do = ToDo(what="a", evidence="b", concerns="c", change="d", items=("1", "2", "3", "4"))
    told = note().model_copy(update={"week": "2026-W47", "to_do": (to_do,) * (LISTED + 1)})
    said = [part["text"] for part in typed(week(told)[1], "text")]
    items = [f"triage-agent timeline {number}" for number in range(1, SHOWN + 1)]

    assert ["Words\nWords\nWords", "What to do next", "a", " (b)\nFor c: d", "\n", items[0]] == (
        said[:6]
    )
    assert items * LISTED == [one for one in said if one.startswith("triage-agent timeline")]
    assert (
        "To be read by Monday, 2026-11-23. Without this button: triage-agent summary --week"
        in str(week(told)[1][-1])
    )
