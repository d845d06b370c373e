"""A message with every block and element that Block Kit allows, around one text."""

from typing import Any

Json = dict[str, Any]

LINKED = "https://button.example"

INLINES = (
    {"type": "link", "url": "https://link.example"},
    {"type": "user", "user_id": "U0DANA00001"},
    {"type": "channel", "channel_id": "C0SALESDEV1"},
    {"type": "usergroup", "usergroup_id": "S1"},
    {"type": "emoji", "name": "tada"},
    {"type": "broadcast", "range": "here"},
    {"type": "color", "value": "#123456"},
    {"type": "date", "timestamp": 1_760_000_000, "format": "{date_short}"},
)


def every_block(text: str, *, marked: bool = True) -> list[Json]:
    """`marked`: whether the text also stands where marks in it count."""
    kind = "mrkdwn" if marked else "plain_text"
    return [
        *_texts(text, {"type": kind, "text": text}, marked=marked),
        *_rich(text),
        {"type": "actions", "block_id": "acts", "elements": [*_buttons(text), *_choosers(text)]},
        {
            "type": "actions",
            "block_id": "sure",
            "elements": [{**_button(text), "action_id": "asked", "confirm": _confirm()}],
        },
        {
            "type": "section",
            "block_id": "several",
            "text": {"type": kind, "text": text},
            "accessory": {
                **_chooser("multi_static_select", text),
                "placeholder": _plain(text),
            },
        },
        {
            "type": "input",
            "block_id": "in",
            "label": _plain(text),
            "hint": _plain(text),
            "element": {
                "type": "plain_text_input",
                "action_id": "typed",
                "multiline": True,
                "initial_value": text,
                "placeholder": _plain(text),
            },
        },
    ]


def _texts(text: str, counted: Json, *, marked: bool) -> list[Json]:
    picture = {"type": "image", "image_url": "https://pics.example/a.png", "alt_text": text}
    markdown = [{"type": "markdown", "text": text}] if marked else []
    return [
        {"type": "header", "text": _plain(text)},
        {"type": "section", "text": counted, "fields": [counted, _plain(text)]},
        {"type": "section", "text": _plain(text), "accessory": picture},
        {
            "type": "section",
            "block_id": "beside",
            "text": _plain(text),
            "accessory": {**_button(text), "action_id": "accessory"},
        },
        {"type": "context", "elements": [picture, counted, _plain(text)]},
        {"type": "divider"},
        {**picture, "title": _plain(text)},
        *markdown,
    ]


def _rich(text: str) -> list[Json]:
    said = [{"type": "text", "text": text, "style": {"bold": True}}, *INLINES]
    return [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": said},
                {"type": "rich_text_quote", "elements": said},
                {"type": "rich_text_preformatted", "elements": said},
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [{"type": "rich_text_section", "elements": said}],
                },
            ],
        }
    ]


def _buttons(text: str) -> list[Json]:
    link = {**_button(text), "action_id": "link", "url": LINKED}
    danger = {**_button(text), "action_id": "danger", "style": "danger"}
    return [{**_button(text), "value": text, "style": "primary"}, danger, link]


def _choosers(text: str) -> list[Json]:
    return [
        *(_chooser(kind, text) for kind in ("static_select", "radio_buttons", "checkboxes")),
        {**_chooser("overflow", text), "confirm": _confirm()},
        {"type": "users_select", "action_id": "users_select", "placeholder": _plain(text)},
        {"type": "datepicker", "action_id": "datepicker", "initial_date": "2026-01-31"},
    ]


def _button(text: str) -> Json:
    return {"type": "button", "action_id": "button", "text": _plain(text)}


def _chooser(kind: str, text: str) -> Json:
    option = {"text": _plain(text), "value": text, "description": _plain(text)}
    return {"type": kind, "action_id": kind, "options": [option]}


def _confirm() -> Json:
    return {
        "title": _plain("Are you sure?"),
        "text": {"type": "mrkdwn", "text": "*Really?*"},
        "confirm": _plain("Yes"),
        "deny": _plain("No"),
    }


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}
