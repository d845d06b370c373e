"""Every block that a message may hold, as the page shows it: posted by the SDK, read over HTTP."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient

from tests.sandbox.pages.every_block import LINKED, every_block
from tests.sandbox.pages.markup_reading import Reading
from triage_agent.sandbox.pages.slack.markup import beside

Row = Callable[..., str]

SUPPORT = "C0SUPPORT01"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</p></li></ol></main><form action=/x>",
    "{{ 7 * 7 }}{% raw %}",
    "<javascript:alert(1)|x> [x](javascript:alert(1))",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--", "]]>", "\N{RIGHT-TO-LEFT OVERRIDE}exe txt", "</textarea><b>x", "\x00",
)  # fmt: skip

LETTERS = st.sampled_from("<>\"'&/= abs{}%\n") | st.characters(codec="utf-8")
# Words that look like a host get the button's own beside them.
ANY = st.text(LETTERS, min_size=1, max_size=60).filter(lambda text: not beside(LINKED, text))


@pytest.fixture(scope="module")
def row(url: str) -> Row:
    """Shows blocks in the one message of a channel; the HTML of that message."""
    slack = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
    ts = slack.chat_postMessage(channel=SUPPORT, text="at first")["ts"]

    def shown(blocks: list[dict[str, Any]], text: str = "text") -> str:
        slack.chat_update(channel=SUPPORT, ts=ts, text=text, blocks=blocks)
        page = requests.get(f"{url}/slack/{SUPPORT}", timeout=10)
        page.raise_for_status()
        found = re.search(rf'<li id="m-{ts}".*?\n</li>', page.text, re.DOTALL)
        assert found
        return found[0]

    return shown


def tags(html: str) -> list[object]:
    """All tags with their attributes, and the values of those that lead or send somewhere."""
    read = Reading(html)
    leads = ("href", "src", "action", "method", "target", "rel", "role", "type", "class")
    return [
        (tag, sorted(names), [(name, one.get(name)) for name in leads if name in one])
        for (tag, names), one in zip(read.tags, read.attributes, strict=True)
    ]


@pytest.mark.long
@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_written_never_becomes_markup(row: Row, hostile: str) -> None:
    """In every place of every block, hostile text gives the tags that harmless text gives."""
    html = row(every_block(hostile))

    assert tags(row(every_block("harmless"))) == tags(html)


@pytest.mark.long
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ANY)
def test_no_text_changes_the_tags(row: Row, text: str) -> None:
    """Any text in any plain place gives the tags that harmless text gives."""
    harmless = row(every_block("harmless", marked=False))

    assert tags(harmless) == tags(row(every_block(text, marked=False)))


def test_every_element_can_be_used(row: Row) -> None:
    """Each element is there with what it says, its options and where it is."""
    read = Reading(row(every_block("harmless")))
    places = [one["value"] for one in read.all("input") if one["name"] == "action_id"]

    assert {
        "button", "danger", "link", "static_select", "users_select", "overflow", "datepicker",
        "radio_buttons", "checkboxes", "multi_static_select", "typed", "accessory", "asked",
    } == set(places)  # fmt: skip
    assert {"/slack/act"} == {one["action"] for one in read.all("form")}
    assert {"plain", "primary", "danger"} <= {
        str(one["class"]).rpartition(" ")[2]
        for one in (*read.all("button"), *read.all("summary"))
        if one.get("class")
    }


def test_a_confirmation_stands_before_the_button(row: Row) -> None:
    """What has to be confirmed is sent by the dialog's own button alone."""
    html = row([block for block in every_block("x") if block.get("block_id") == "sure"])
    before, inside = html.split("<details", 1)

    assert "<button" not in before
    assert ["Are you sure?", "No", "Yes"] == re.findall(r">(Are you sure\?|No|Yes)<", inside)


def test_pictures_of_strangers_are_not_loaded(row: Row) -> None:
    """An image is its description and its host; the only one loaded is the app's own."""
    read = Reading(row(every_block("harmless")))

    assert ["/assets/icon.svg"] == [one["src"] for one in read.all("img")]
    assert "pics.example" in read.text


def test_text_stands_where_there_are_no_blocks(row: Row) -> None:
    """A message's text is mrkdwn; with blocks it isn't shown."""
    alone = Reading(row([], text="*x*")).tags
    beside = Reading(row([{"type": "divider"}], text="*unseen*"))

    assert 2 == [tag for tag, _ in alone].count("b")
    assert "unseen" not in beside.text


def test_plain_text_stays_plain(row: Row) -> None:
    """Marks in plain text, and in the text of an option, are shown as they are written."""
    html = row(every_block("*a* <https://b.example|c>", marked=False))

    assert "https://b.example" not in [one.get("href") for one in Reading(html).all("a")]
    assert "*a* <https://b.example|c>" in Reading(html).text


def test_rich_text(row: Row) -> None:
    """Each kind of element and style has its tag; a colour or emoji that is none stays text."""
    parts = [
        {"type": "text", "text": "a", "style": {"bold": True, "code": True, "italic": False}},
        {"type": "color", "value": "#ff0000"},
        {"type": "color", "value": "red;x"},
        {"type": "emoji", "name": "nope", "unicode": "d800"},
        {"type": "emoji", "name": "nope", "unicode": "1f44b"},
        {"type": "date", "timestamp": 10**15, "format": "{date}", "fallback": "never"},
    ]
    lists = [
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 2,
            "offset": 4,
            "elements": [{"type": "rich_text_section", "elements": parts}],
        }
    ]
    read = Reading(row([{"type": "rich_text", "elements": lists}]))

    assert [("5", "in-2")] == [(one["start"], one["class"]) for one in read.all("ol")]
    assert ["#ff0000"] == [one["fill"] for one in read.all("rect")]
    assert "a#ff0000red;x:nope:👋never" in read.text
    assert {"b", "code"} <= {tag for tag, _ in read.tags}
