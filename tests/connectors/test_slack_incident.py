"""How an incident note looks in Slack, however much there is to tell and whatever was written."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.test_slack_messages import ANY, HOSTILE, parts, typed
from triage_agent.connectors.slack import INCIDENT, SlackConnector
from triage_agent.connectors.slack_incident import LISTED, incident
from triage_agent.decision.incident import Check, Concerned, Incident, Left, Undone

SALES = "C0SALESDEV1"
URL = "https://org.example/"
AT = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


@pytest.fixture
def slack(url: str, post_to: Callable[..., SlackConnector]) -> SlackConnector:
    """A connector to a workspace that refuses what Slack documents that it refuses."""
    return post_to(url)


def note(text: str = "Words", many: int = 2, *, ended: bool = True) -> Incident:
    """A note in which that text stands wherever somebody's may, with so many of everything."""
    left = tuple(
        Left(
            reference=f"00T{number:015}",
            record_id=f"00Q{number:015}",
            item=f"item-{number}",
            action=f"tag {text}",
            fields=(text,) * (number % 3),
            reason=text,
        )
        for number in range(many)
    )
    return Incident(
        name="run-undone",
        by=text,
        at=AT,
        selection=text,
        reason=text,
        found=text,
        concerned=many,
        requeued=many,
        runs=(Concerned(run=text, page_version=5, page_sha256="p" * 64),) * many,
        records=tuple(one.record_id for one in left),
        items=tuple(one.item for one in left),
        undone=(Undone(action=text, times=3, found=1),) * many,
        left=left,
        failed=(),
        finished_at=AT if ended else None,
        before_resuming=(Check(question=text), Check(question=text, answer=text)) * max(many, 1),
        resumed_by=text if ended else None,
        resumed_at=AT if ended else None,
    )


def words(told: Incident) -> str:
    """All the text of the message, in order."""
    return "\n".join(part["text"] for part in typed(incident(told, URL)[1], "text", "link"))


@pytest.mark.long
@pytest.mark.parametrize("many", [0, 1, 500])
@pytest.mark.parametrize("text", HOSTILE)
def test_any_note_makes_a_message_that_slack_takes(
    slack: SlackConnector, text: str, many: int
) -> None:
    """Whatever stands in it, and however much, it arrives, and nothing of it is markup."""
    told = note(text, many)
    posted = slack.tell_incident(SALES, "k", told)
    _, blocks = incident(told, URL)

    assert SALES == posted.channel
    assert [] == typed(blocks, "mrkdwn", "broadcast", "channel", "usergroup", "emoji", "markdown")
    assert [] == typed(blocks, "user", "color", "date")
    assert [URL + one.record_id for one in told.left[:LISTED]] == [
        link["url"] for link in typed(blocks, "link")
    ]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(text=ANY, many=st.integers(0, 60), ended=st.booleans())
def test_any_note_is_within_the_limits(text: str, many: int, *, ended: bool) -> None:
    """No text is empty or longer than Slack takes it, and the whole of it isn't either."""
    fallback, blocks = incident(note(text, many, ended=ended), URL)
    texts = [str(part["text"]) for part in parts(blocks) if isinstance(part.get("text"), str)]

    assert len(fallback) <= 150
    assert len(blocks) <= 50
    assert all(0 < len(text) <= 3000 for text in texts)
    assert sum(map(len, texts)) <= 25_000
    assert all(part["elements"] for part in parts(blocks) if "elements" in part)


def test_the_note_is_found_by_its_key(
    fresh_url: str, post_to: Callable[..., SlackConnector]
) -> None:
    """After an answer is lost it can be looked up, and isn't posted twice."""
    slack = post_to(fresh_url)
    posted = slack.tell_incident(SALES, "run-undone.note", note())

    assert {"run-undone.note": posted} == slack.find(SALES, datetime(2026, 1, 1, tzinfo=UTC))
    assert "triage_incident" == INCIDENT


def test_what_it_says() -> None:
    """Each of the six things, in order, with a link to each record that is left."""
    text = words(note())

    assert [
        "What happened: ",
        "How it was found: ",
        "Affected",
        "Undone",
        "Left for people",
        "Before the agent goes on",
    ] == [line for line in text.split("\n") if line in TITLES]
    assert "2 items of 2 records" in text
    assert "Words: 3, 1 of them already so" in text
    assert "00Q000000000000001\n tag Words (Words of 00T000000000000001)\n: Words" in text


TITLES = {
    "What happened: ",
    "How it was found: ",
    "Affected",
    "Undone",
    "Left for people",
    "Before the agent goes on",
}


def test_the_first_are_listed_and_the_others_counted() -> None:
    """Twenty with their links, what couldn't be undone first; then how all is seen."""
    few, many = note(many=LISTED), note(many=LISTED + 5)
    failed = many.model_copy(update={"failed": many.left[-1:], "left": many.left[:-1]})

    assert "triage-agent incident run-undone" not in words(few.model_copy(update=NOTHING_ELSE))
    assert "and 5 more: triage-agent incident run-undone" in words(many)
    assert typed(incident(failed, URL)[1], "link")[0]["text"] == many.left[-1].record_id
    assert "could not be undone: Words" in words(failed)


NOTHING_ELSE = {"runs": (), "undone": (), "before_resuming": (Check(question="Why?"),)}


def test_one_that_has_not_finished_says_so() -> None:
    """In its headline, and how far it has come; where nothing is left it says that."""
    fallback, blocks = incident(note(many=0, ended=False), URL)

    assert "is being undone" in fallback
    assert "is being undone" in blocks[0]["text"]["text"]
    assert "This has not finished: it has come to 0 of 0 items." in str(blocks)
    assert 2 == str(blocks).count("'Nothing.'")
    assert "Nobody has let the agent go on since." in str(blocks)
