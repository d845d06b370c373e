"""The markdown block: the part of standard markdown that Slack shows, as HTML."""

import re
from collections.abc import Callable, Iterator, Mapping

from markupsafe import Markup

from triage_agent.sandbox.pages.slack.markup import joined, link, words

_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+\-.!~>|])"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?P<picture>!)?\[(?P<label>[^\[\]\n]*)\]\((?P<to>[^\s()]+)\)"
    r"|\*\*(?!\s)(?P<b>[^*\n]*[^*\s])\*\*"
    r"|(?<!\w)__(?!\s)(?P<b2>[^_\n]*[^_\s])__(?!\w)"
    r"|\*(?![\s*])(?P<i>[^*\n]*[^*\s])\*"
    r"|(?<!\w)_(?![\s_])(?P<i2>[^_\n]*[^_\s])_(?!\w)"
    r"|~~(?!\s)(?P<s>[^~\n]*[^~\s])~~"
    r"|(?P<url>https?://[^\s<>()\[\]`]*[^\s<>()\[\]`.,;:!?'\"*_~])"
)
_BLOCKS = re.compile(
    r"(?P<code>^```[^\n]*(?:\n.*?(?:^```[ \t]*$|\Z)|\Z))"
    r"|(?P<heading>^#{1,6} [^\n]*$)"
    r"|(?P<rule>^ {0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$)"
    r"|(?P<quote>(?:^>[^\n]*\n?)+)"
    r"|(?P<list>(?:^[ \t]*(?:[-*+]|\d{1,9}[.)]) [^\n]*\n?)+)"
    r"|(?P<text>(?:^(?!```|#{1,6} |>|[ \t]*(?:[-*+]|\d{1,9}[.)]) )[^\n]*\S[^\n]*\n?)+)",
    re.MULTILINE | re.DOTALL,
)
_ITEM = re.compile(r"([ \t]*)([-*+]|(\d+)[.)]) ")
_DEEPEST = 8


def markdown(text: str) -> Markup:
    return joined(
        _SHAPES[str(found.lastgroup)](found[0].strip("\n")) for found in _BLOCKS.finditer(text)
    )


def _code(text: str) -> Markup:
    inner = re.sub(r"\A```[^\n]*(?:\n|\Z)|(?:\n|\A)```[ \t]*\Z", "", text)
    return Markup("<pre>{}</pre>").format(words(inner))


def _heading(text: str) -> Markup:
    """All levels look alike in Slack; none of them is a heading of the page's."""
    return Markup('<p class="headline"><b>{}</b></p>').format(_line(text.lstrip("#").strip()))


def _rule(_text: str) -> Markup:
    return Markup("<hr>")


def _quote(text: str) -> Markup:
    lines = (line.removeprefix(">").removeprefix(" ") for line in text.split("\n"))
    return Markup("<blockquote>{}</blockquote>").format(_line("\n".join(lines)))


def _list(text: str) -> Markup:
    return joined(map(_item, text.split("\n")))


def _item(line: str) -> Markup:
    """A list of its own, as far in and with the number as it is written."""
    found = _ITEM.match(line)
    assert found, "each line of a list begins so"
    deep = min(len(found[1].expandtabs(4)) // 2, _DEEPEST)
    inner = _line(line[found.end() :])
    if found[3]:
        return Markup('<ol class="in-{}" start="{}"><li>{}</li></ol>').format(deep, found[3], inner)
    return Markup('<ul class="in-{}"><li>{}</li></ul>').format(deep, inner)


def _paragraph(text: str) -> Markup:
    return Markup("<p>{}</p>").format(_line(text))


def _line(text: str) -> Markup:
    return joined(_spans(text))


def _spans(text: str) -> Iterator[Markup]:
    start = 0
    for found in _INLINE.finditer(text):
        yield words(text[start : found.start()])
        yield _span(found)
        start = found.end()
    yield words(text[start:])


def _span(found: re.Match[str]) -> Markup:
    if found["to"]:
        return link(found["to"], found["label"])
    kind = str(found.lastgroup)
    inner = found[kind]
    match kind:
        case "escaped":
            return words(inner)
        case "code":
            return Markup("<code>{}</code>").format(words(inner))
        case "url":
            return link(inner)
    return Markup("<{0}>{1}</{0}>").format(kind[0], _line(inner))


_SHAPES: Mapping[str, Callable[[str], Markup]] = {
    "code": _code,
    "heading": _heading,
    "rule": _rule,
    "quote": _quote,
    "list": _list,
    "text": _paragraph,
}
