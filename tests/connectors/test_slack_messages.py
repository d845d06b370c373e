"""How a hand-over looks: within Slack's limits, and without power for what strangers wrote."""

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage_agent.connectors.slack import SlackConnector
from triage_agent.connectors.slack_messages import blocks, fallback, overflow
from triage_agent.decision.actions import HandOver, PostHandOver, Reason
from triage_agent.decision.reviews import UNDECIDED

LINK = "https://org.example/00Q000000000001AAA"
HOSTILE = (
    "<!channel> come here",
    "<!here|here>",
    "<@U0DANA00001>",
    "<#C0SALESDEV1>",
    "<http://evil.example|our documents>",
    "https://evil.example",
    "`code` ```more``` *bold* _it_ ~no~ > quote",
    "&lt;!channel&gt; & < >",
    ":boom: :eyes:",
    "\u202eright to left\u202c \u200f\u2066",
    "line\nafter\r\nline\t\x00\x07\x1b[31m",
    "😀" * 3000,
    "<!channel>" * 3200,
    "\n" * 3000,
    "",
    " ",
)
ANY = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=40)


@pytest.fixture
def slack(url: str, post_to: Callable[..., SlackConnector]) -> SlackConnector:
    """A connector to a workspace that refuses what Slack documents that it refuses."""
    return post_to(url)


def hand_over(texts: Iterator[str], many: int = 2) -> HandOver:
    """A hand-over whose every field is the next of these texts; `many` of what there are lists."""
    return HandOver(
        headline=next(texts),
        assignee="U0MAYA00002",
        who=tuple((next(texts), next(texts)) for _ in range(many)),
        reply=next(texts),
        records=tuple(next(texts) for _ in range(many)),
        reasons=tuple(
            Reason(words=next(texts), quote=next(texts), fact=next(texts)) for _ in range(many)
        ),
        request=next(texts),
        wants=next(texts),
        done=next(texts),
        next_step=next(texts),
        item_id="0123456789abcdef01234567",
        record_id="00Q000000000001AAA",
        page=next(texts),
    )


def parts(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Every object in a message, however deep."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def typed(message: Any, *kinds: str) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    return [part for part in parts(message) if part.get("type") in kinds]


def message(content: HandOver) -> PostHandOver:
    return PostHandOver(name="escalate", team="sales_development", hand_over=content)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("many", [0, 1, 30])
def test_any_text_makes_a_message_that_slack_takes(
    slack: SlackConnector, text: str, many: int
) -> None:
    """Whatever stands in all of its fields, and however many there are, a hand-over arrives."""
    posted = slack.post(
        "C0SALESDEV1", "k", message(hand_over(cycle((text,)), many)), UNDECIDED, None
    )

    assert "C0SALESDEV1" == posted.channel


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # a connector has no memory
)
@given(st.lists(ANY, min_size=40, max_size=40), st.integers(0, 12))
def test_nothing_in_a_strangers_text_is_markup(
    slack: SlackConnector, texts: list[str], many: int
) -> None:
    """Hostile texts in any combination arrive, link nowhere and call nobody."""
    mixed = hand_over(cycle(texts), many)
    shown = blocks(mixed, LINK, UNDECIDED)
    posted = slack.post("C0SALESDEV1", "k", message(mixed), UNDECIDED, None)

    assert "C0SALESDEV1" == posted.channel
    assert [] == typed(shown, "mrkdwn", "broadcast", "channel", "usergroup", "emoji", "markdown")
    assert [LINK] == [link["url"] for link in typed(shown, "link")]
    assert ["U0MAYA00002"] == [user["user_id"] for user in typed(shown, "user")]


def test_strangers_text_is_plain_or_rich_text() -> None:
    """Each field's text stands only in elements that Slack shows as they are."""
    texts = iter([f"<!channel> {number}" for number in range(60)])
    shown = blocks(hand_over(texts), LINK, UNDECIDED)
    holders = [
        part
        for part in parts(shown)
        if any(isinstance(value, str) and "<!channel>" in value for value in part.values())
    ]

    assert {"plain_text", "text"} == {part["type"] for part in holders}


@pytest.mark.parametrize("text", HOSTILE)
def test_the_fallback_has_no_markup(text: str) -> None:
    """What Slack reads as markup is escaped, and the notification stays short."""
    shown = fallback(hand_over(cycle((text,))), UNDECIDED)

    assert "<" not in shown
    assert ">" not in shown
    assert shown.count("&") == sum(shown.count(word) for word in ("&amp;", "&lt;", "&gt;"))
    assert 1000 > len(shown)


def test_the_fallback_says_what_it_is_about() -> None:
    """A notification names the hand-over."""
    about = hand_over(cycle(("a <b> & c",)))

    assert "A person is needed: a &lt;b&gt; &amp; c" == fallback(about, UNDECIDED)


def test_everything_to_decide_by_is_shown() -> None:
    """Each part of a hand-over is in its message, the model's words under their own label."""
    texts = [f"text {number}." for number in range(60)]
    shown = blocks(hand_over(iter(texts)), LINK, UNDECIDED)
    said = "\n".join(str(part["text"]) for part in typed(shown, "plain_text", "text", "link"))
    used = list(islice(texts, 1 + 4 + 1 + 2 + 6 + 5))

    assert [] == [text for text in used if text not in said]
    assert "In the model's words: \ntext 15." in said


def test_a_long_list_of_reasons_is_cut() -> None:
    """A message stays one that can be read, however many rules fired."""
    shown = blocks(hand_over(cycle(("x",)), 30), LINK, UNDECIDED)

    assert 8 == len(typed(shown, "rich_text_quote"))
    assert "And 22 more reasons." in str(shown)


def test_twenty_fields_fit() -> None:
    """Slack takes ten fields in a section, so the second ten stand in one of their own."""
    sections = typed(blocks(hand_over(cycle(("x",)), 30), LINK, UNDECIDED), "section")

    assert [10, 10] == [len(section["fields"]) for section in sections]


@pytest.mark.parametrize("text", ["a\x07\x1b[31mb", "a\u202eb\u2066"])
def test_controls_are_left_out(text: str) -> None:
    """Nothing in a message rings, colours, or turns the writing round."""
    told = str(blocks(hand_over(cycle((text,))), LINK, UNDECIDED)) + fallback(
        hand_over(cycle((text,))), UNDECIDED
    )

    assert [] == [c for c in "\x07\x1b\u202e\u2066" if c in told or repr(c)[1:-1] in told]


def test_without_the_models_words_there_is_no_label() -> None:
    """A hand-over from before the model was asked says nothing in its name."""
    silent = hand_over(cycle(("x",))).model_copy(update={"wants": None})

    assert "model's words" not in str(blocks(silent, LINK, UNDECIDED))


def test_the_overflow_message_is_taken(slack: SlackConnector) -> None:
    """The message under which further hand-overs go is posted, and names the team."""
    posted = slack.post_overflow("C0SALESDEV1", "k", "sales_development")
    text, message = overflow("sales_development")

    assert "C0SALESDEV1" == posted.channel
    assert "More requests need a person" == text
    assert "sales_development" in str(message)
