"""Block Kit as documented: which blocks a message may hold, and how long each part may be.

A check looks at a value and yields what is wrong with it, each with the JSON pointer to the place;
larger checks are made of smaller ones, and the tables at the end are the documentation's.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple


class Problem(NamedTuple):
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


Check = Callable[[Any, str], Iterator[Problem]]

_MOST_BLOCKS = 50


def problems(blocks: object) -> list[str]:
    """Everything that is wrong with a message's blocks, in Slack's form; empty when all is well."""
    found = list(_BLOCKS(blocks, "/blocks"))
    return [str(problem) for problem in found]


def _text(most: int, least: int = 1) -> Check:
    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(at, "must be a string")
        elif len(value) > most:
            yield Problem(at, f"must be less than {most + 1} characters")
        elif len(value) < least:
            yield Problem(at, f"must be more than {least - 1} characters")

    return check


def _word(*allowed: str) -> Check:
    def check(value: object, at: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(at, f"value is not one of: {', '.join(allowed)}")

    return check


def _boolean(value: object, at: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(at, "must be a boolean")


def _number(value: object, at: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield Problem(at, "must be an integer")


def _items(check: Check, most: int, unique: str = "") -> Check:
    """A list that isn't empty. `unique`: the key that no two of its items may share."""

    def check_all(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(at, "must be an array")
            return
        if len(value) > most:
            yield Problem(at, f"no more than {most} items allowed")
        if not value:
            yield Problem(at, "no fewer than 1 items allowed")
        for place, item in enumerate(value):
            yield from check(item, f"{at}/{place}")
        yield from _repeats(value, unique, at)

    return check_all


def _repeats(items: list[Any], key: str, at: str) -> Iterator[Problem]:
    seen = Counter(str(item[key]) for item in items if isinstance(item, dict) and item.get(key))
    for value, times in seen.items():
        if times > 1:
            yield Problem(at, f"{key} {value!r} is not unique")


def _shape(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """An object with these keys and no others."""
    known = {**required, **optional}

    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must be an object")
            return
        for key in required:
            if key not in value:
                yield Problem(at, f"missing required field: {key}")
        for key, part in value.items():
            if key in known:
                yield from known[key](part, f"{at}/{key}")
            elif key != "type":
                yield Problem(at, f"invalid additional property: {key}")

    return check


def _typed(kinds: Mapping[str, Check]) -> Check:
    """An object that says by its `type` which of these it is."""

    def check(value: object, at: str) -> Iterator[Problem]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            yield Problem(f"{at}/type", f"unsupported type: {kind}")
        else:
            yield from kinds[kind](value, at)

    return check


def _either(first: str, second: str, check: Check) -> Check:
    """At least one of two keys, besides what `check` wants."""

    def check_both(value: dict[str, Any], at: str) -> Iterator[Problem]:
        yield from check(value, at)
        if first not in value and second not in value:
            yield Problem(at, f"missing required field: {first} or {second}")

    return check_both


def _plain(most: int) -> Check:
    return _typed({"plain_text": _shape({"text": _text(most)}, {"emoji": _boolean})})


def _marked(most: int) -> Check:
    return _typed(
        {
            "plain_text": _shape({"text": _text(most)}, {"emoji": _boolean}),
            "mrkdwn": _shape({"text": _text(most)}, {"verbatim": _boolean}),
        }
    )


_ID = _text(255)
_URL = _text(3000)
_CONFIRM = _shape(
    {"title": _plain(100), "text": _marked(300), "confirm": _plain(30), "deny": _plain(30)},
    {"style": _word("primary", "danger")},
)
_OPTION = _shape(
    {"text": _marked(75), "value": _text(150)}, {"description": _marked(75), "url": _URL}
)
_IMAGE = {"alt_text": _text(2000)}
_ELEMENTS: Mapping[str, Check] = {
    "button": _shape(
        {"text": _plain(75)},
        {
            "action_id": _ID,
            "value": _text(2000),
            "url": _URL,
            "style": _word("primary", "danger"),
            "confirm": _CONFIRM,
            "accessibility_label": _text(75),
        },
    ),
    "static_select": _shape(
        {"options": _items(_OPTION, 100)},
        {
            "action_id": _ID,
            "placeholder": _plain(150),
            "initial_option": _OPTION,
            "confirm": _CONFIRM,
            "focus_on_load": _boolean,
        },
    ),
    "overflow": _shape({"options": _items(_OPTION, 5)}, {"action_id": _ID, "confirm": _CONFIRM}),
    "users_select": _shape(
        {}, {"action_id": _ID, "placeholder": _plain(150), "initial_user": _ID, "confirm": _CONFIRM}
    ),
}
_PICTURE = _shape({"image_url": _URL, **_IMAGE}, {})

_STYLE = _shape(
    {}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight"), _boolean)
)
_INLINE = _typed(
    {
        "text": _shape({"text": _text(40_000)}, {"style": _STYLE}),
        "link": _shape({"url": _URL}, {"text": _text(40_000), "style": _STYLE, "unsafe": _boolean}),
        "user": _shape({"user_id": _ID}, {"style": _STYLE}),
        "channel": _shape({"channel_id": _ID}, {"style": _STYLE}),
        "usergroup": _shape({"usergroup_id": _ID}, {"style": _STYLE}),
        "emoji": _shape({"name": _ID}, {"unicode": _ID, "style": _STYLE}),
        "broadcast": _shape({"range": _word("here", "channel", "everyone")}, {}),
        "color": _shape({"value": _ID}, {}),
        "date": _shape(
            {"timestamp": _number, "format": _text(500)}, {"url": _URL, "fallback": _text(500)}
        ),
    }
)
_MANY = 10_000
_INLINES = {"elements": _items(_INLINE, _MANY)}
_SECTION = _shape(_INLINES, {})
_RICH = _typed(
    {
        "rich_text_section": _SECTION,
        "rich_text_quote": _shape(_INLINES, {"border": _number}),
        "rich_text_preformatted": _shape(_INLINES, {"border": _number, "language": _ID}),
        "rich_text_list": _shape(
            {
                "style": _word("bullet", "ordered"),
                "elements": _items(_typed({"rich_text_section": _SECTION}), _MANY),
            },
            {"indent": _number, "border": _number, "offset": _number},
        ),
    }
)
_BLOCK_ID = {"block_id": _ID}
_BLOCKS = _items(
    _typed(
        {
            "section": _either(
                "text",
                "fields",
                _shape(
                    {},
                    {
                        **_BLOCK_ID,
                        "text": _marked(3000),
                        "fields": _items(_marked(2000), 10),
                        "accessory": _typed({**_ELEMENTS, "image": _PICTURE}),
                        "expand": _boolean,
                    },
                ),
            ),
            "header": _shape({"text": _plain(150)}, _BLOCK_ID),
            "context": _shape(
                {
                    "elements": _items(
                        _typed(
                            {
                                "plain_text": _plain(3000),
                                "mrkdwn": _marked(3000),
                                "image": _PICTURE,
                            }
                        ),
                        10,
                    )
                },
                _BLOCK_ID,
            ),
            "actions": _shape(
                {"elements": _items(_typed(_ELEMENTS), 25, unique="action_id")}, _BLOCK_ID
            ),
            "divider": _shape({}, _BLOCK_ID),
            "image": _shape({"image_url": _URL, **_IMAGE}, {**_BLOCK_ID, "title": _plain(2000)}),
            "markdown": _shape({"text": _text(12_000)}, _BLOCK_ID),
            "rich_text": _shape({"elements": _items(_RICH, _MANY)}, _BLOCK_ID),
        }
    ),
    _MOST_BLOCKS,
    unique="block_id",
)
