"""Rich text as HTML: lines, lists, quotes and code of elements with a style each."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from markupsafe import Markup

from triage_agent.sandbox.pages.slack.markup import joined, link, words
from triage_agent.sandbox.pages.slack.mentions import Names, broadcast, date, emoji, mention

Json = Mapping[str, Any]

_STYLES = {
    "bold": "b",
    "italic": "i",
    "strike": "s",
    "code": "code",
    "underline": "u",
    "highlight": "mark",
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")
_DEEPEST = 8


def rich_text(elements: list[Json], names: Names) -> Markup:
    return joined(_PARTS[element["type"]](element, names) for element in elements)


def _section(element: Json, names: Names) -> Markup:
    return Markup("<p>{}</p>").format(_inlines(element, names))


def _quote(element: Json, names: Names) -> Markup:
    return Markup("<blockquote>{}</blockquote>").format(_inlines(element, names))


def _preformatted(element: Json, names: Names) -> Markup:
    return Markup("<pre>{}</pre>").format(_inlines(element, names))


def _list(element: Json, names: Names) -> Markup:
    """Slack's lists don't nest: each says how far in it stands, and where its numbers begin."""
    tag = "ol" if element["style"] == "ordered" else "ul"
    deep = min(max(element.get("indent", 0), 0), _DEEPEST)
    start = Markup(' start="{}"').format(element.get("offset", 0) + 1) if tag == "ol" else ""
    items = (
        Markup("<li>{}</li>").format(_inlines(section, names)) for section in element["elements"]
    )
    return Markup('<{0} class="in-{1}"{2}>{3}</{0}>').format(tag, deep, start, joined(items))


def _inlines(element: Json, names: Names) -> Markup:
    return joined(_styled(part, names) for part in element["elements"])


def _styled(part: Json, names: Names) -> Markup:
    shown = _INLINES[part["type"]](part, names)
    for tag in _tags(part.get("style", {})):
        shown = Markup("<{0}>{1}</{0}>").format(tag, shown)
    return shown


def _tags(style: Mapping[str, bool]) -> Iterator[str]:
    return (_STYLES[name] for name, is_on in style.items() if is_on and name in _STYLES)


def _colour(value: str) -> Markup:
    """An attribute of a picture, as no style of ours may stand in a page."""
    if not _COLOUR.fullmatch(value):
        return words(value)
    return Markup(
        '<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">'
        '<rect width="10" height="10" rx="2" fill="{0}"/></svg><code>{0}</code>'
    ).format(value)


_PARTS: Mapping[str, Callable[[Json, Names], Markup]] = {
    "rich_text_section": _section,
    "rich_text_quote": _quote,
    "rich_text_preformatted": _preformatted,
    "rich_text_list": _list,
}
_INLINES: Mapping[str, Callable[[Json, Names], Markup]] = {
    "text": lambda part, _: words(part["text"]),
    "link": lambda part, _: link(part["url"], part.get("text", "")),
    "user": lambda part, names: names.user(part["user_id"]),
    "channel": lambda part, names: names.channel(part["channel_id"]),
    "usergroup": lambda part, _: mention(f"@{part['usergroup_id']}"),
    "emoji": lambda part, _: emoji(part["name"], part.get("unicode", "")),
    "broadcast": lambda part, _: broadcast(part["range"]),
    "color": lambda part, _: _colour(part["value"]),
    "date": lambda part, _: date(
        part["timestamp"], part["format"], part.get("fallback", ""), part.get("url", "")
    ),
}
