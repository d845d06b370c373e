"""Block Kit's limits: what fits exactly, and what is one too many."""

from typing import Any

import pytest
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from triage_agent.sandbox.slack import blocks

Json = dict[str, Any]


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def marked(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def button(**more: object) -> Json:
    return {"type": "button", "text": plain(75), **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


TEXT = {"type": "text", "text": "x", "style": {"bold": True}}
LONG_ID = "x" * 256


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section", "text": marked(3000), "block_id": "x" * 255},
        {"type": "section", "fields": [marked(2000)] * 10, "accessory": button()},
        {"type": "header", "text": plain(150)},
        {"type": "context", "elements": [marked(3000), plain(1)] * 5},
        {"type": "actions", "elements": [button(action_id=str(n)) for n in range(25)]},
        {"type": "actions", "elements": [button(value="x" * 2000, style="danger")]},
        {"type": "divider"},
        {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a chart"},
        rich(
            section(TEXT, {"type": "user", "user_id": "U0DANA00001"}),
            {"type": "rich_text_quote", "elements": [TEXT]},
            {"type": "rich_text_preformatted", "elements": [TEXT]},
            {"type": "rich_text_list", "style": "bullet", "elements": [section(TEXT)]},
        ),
        rich(section({"type": "link", "url": "https://example.com", "text": "here"})),
    ],
)
def test_what_is_within_the_limits_is_accepted(block: Json) -> None:
    """A block as large as documented is good."""
    assert [] == blocks.problems([block])


@pytest.mark.parametrize(
    ("block", "pointer", "message"),
    [
        ({"type": "section", "text": marked(3001)}, "/text/text", "less than 3001"),
        ({"type": "section", "text": marked(0)}, "/text/text", "more than 0"),
        ({"type": "section", "fields": [marked(2001)]}, "/fields/0/text", "less than 2001"),
        ({"type": "section", "fields": [marked(1)] * 11}, "/fields", "no more than 10"),
        ({"type": "section"}, "", "missing required field: text or fields"),
        ({"type": "section", "text": "x"}, "/text/type", "unsupported type"),
        ({"type": "section", "text": marked(1), "colour": 1}, "", "additional property: colour"),
        ({"type": "section", "text": marked(1), "block_id": LONG_ID}, "/block_id", "less than 256"),
        ({"type": "header", "text": plain(151)}, "/text/text", "less than 151"),
        ({"type": "header", "text": marked(1)}, "/text/type", "unsupported type: mrkdwn"),
        ({"type": "context", "elements": [marked(1)] * 11}, "/elements", "no more than 10"),
        ({"type": "context", "elements": []}, "/elements", "no fewer than 1"),
        ({"type": "actions", "elements": [button()] * 26}, "/elements", "no more than 25"),
        (
            {"type": "actions", "elements": [{"type": "button", "text": plain(76)}]},
            "/elements/0/text/text",
            "less than 76",
        ),
        (
            {"type": "actions", "elements": [button(value="x" * 2001)]},
            "/elements/0/value",
            "less than 2001",
        ),
        (
            {"type": "actions", "elements": [button(style="green")]},
            "/elements/0/style",
            "not one of: primary, danger",
        ),
        (
            {"type": "actions", "elements": [button(action_id="a")] * 2},
            "/elements",
            "action_id 'a' is not unique",
        ),
        ({"type": "poem"}, "/type", "unsupported type: poem"),
        (rich({"type": "text", "text": "x"}), "/elements/0/type", "unsupported type: text"),
        (rich(section({"type": "text", "text": ""})), "/elements/0/elements/0/text", "more than 0"),
        (
            rich({"type": "rich_text_list", "style": "stars", "elements": [section(TEXT)]}),
            "/elements/0/style",
            "not one of: bullet, ordered",
        ),
        (
            rich(section({**TEXT, "style": {"bold": "yes"}})),
            "/elements/0/elements/0/style/bold",
            "must be a boolean",
        ),
        (
            rich({"type": "rich_text_quote", "border": True, "elements": [TEXT]}),
            "/elements/0/border",
            "must be an integer",
        ),
    ],
)
def test_what_is_over_a_limit_is_refused(block: Json, pointer: str, message: str) -> None:
    """Each problem is told with its place and the limit."""
    (problem,) = blocks.problems([block])

    assert problem.endswith(f"[json-pointer:/blocks/0{pointer}]")
    assert message in problem


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([{"type": "divider"}] * 51, "no more than 50 items allowed"),
        ([{"type": "divider", "block_id": "a"}] * 2, "block_id 'a' is not unique"),
        ({"type": "divider"}, "must be an array"),
        (["divider"], "unsupported type: None"),
    ],
)
def test_a_message_has_limits_too(given: object, message: str) -> None:
    """At most fifty blocks, each with an id of its own."""
    (problem,) = blocks.problems(given)

    assert message in problem


def test_what_the_sdk_builds_is_accepted() -> None:
    """Blocks made by slack-sdk's own models are good."""
    built = [
        HeaderBlock(text=PlainTextObject(text="A lead")),
        SectionBlock(text=MarkdownTextObject(text="*why*"), fields=[PlainTextObject(text="x")]),
        ContextBlock(elements=[MarkdownTextObject(text="now")]),
        DividerBlock(),
        ActionsBlock(elements=[ButtonElement(text="Claim", action_id="claim", value="1")]),
    ]

    assert [] == blocks.problems([block.to_dict() for block in built])
