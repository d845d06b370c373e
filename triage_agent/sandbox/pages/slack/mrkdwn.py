"""Slack's own mark-up, mrkdwn, as HTML."""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup

from triage_agent.sandbox.pages.slack.markup import joined, link, words
from triage_agent.sandbox.pages.slack.mentions import Names, broadcast, date, emoji, mention

_FENCED = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTED = re.compile(r"(?:>|&gt;) ?")
_BARE = r"https?://[^\s<>|`]*[^\s<>|`.,;:!?)\]'\"*_~]"
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<sequence>[^<>\n]+)>"
    r"|(?<![\w*])\*(?![\s*])(?P<b>[^*\n]*[^\s*])\*(?![\w*])"
    r"|(?<!\w)_(?![\s_])(?P<i>[^_\n]*[^\s_])_(?!\w)"
    r"|(?<![\w~])~(?![\s~])(?P<s>[^~\n]*[^\s~])~(?![\w~])"
    r"|(?<!\w):(?P<emoji>[a-z0-9_+\-]{1,50}):"
    rf"|(?P<url>{_BARE})"
)
_DATE = re.compile(r"date\^(-?\d{1,12})\^([^^|]*)(?:\^([^|]*))?")
_STYLES = ("b", "i", "s")
_EVERYBODY = ("here", "channel", "everyone")


def mrkdwn(text: str, names: Names, *, verbatim: bool = False) -> Markup:
    """`verbatim`: addresses become links only where they are marked as such."""
    reader = _Reader(names, verbatim)
    return joined(reader.parts(text))


def unescaped(text: str) -> str:
    """The three characters that mrkdwn writes as entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Reader:
    def __init__(self, names: Names, verbatim: bool) -> None:  # noqa: FBT001 - Slack's own flag
        self._names = names
        self._verbatim = verbatim

    def parts(self, text: str) -> Iterator[Markup]:
        """Fenced code, and the quotes and lines between."""
        for place, part in enumerate(_FENCED.split(text)):
            if place % 2:
                yield Markup("<pre>{}</pre>").format(words(unescaped(part)))
            elif part.strip("\n"):
                yield from self._between(part.strip("\n"))

    def _between(self, text: str) -> Iterator[Markup]:
        for is_quoted, lines in groupby(text.split("\n"), lambda line: bool(_QUOTED.match(line))):
            if is_quoted:
                inner = "\n".join(_QUOTED.sub("", line, count=1) for line in lines)
                yield Markup("<blockquote>{}</blockquote>").format(self._line(inner))
            else:
                yield Markup("<p>{}</p>").format(self._line("\n".join(lines)))

    def _line(self, text: str) -> Markup:
        return joined(self._spans(text))

    def _spans(self, text: str) -> Iterator[Markup]:
        start = 0
        for found in _INLINE.finditer(text):
            yield words(unescaped(text[start : found.start()]))
            yield self._span(found)
            start = found.end()
        yield words(unescaped(text[start:]))

    def _span(self, found: re.Match[str]) -> Markup:
        kind = str(found.lastgroup)
        inner = found[kind]
        if kind in _STYLES:
            return Markup("<{0}>{1}</{0}>").format(kind, self._line(inner))
        match kind:
            case "code":
                return Markup("<code>{}</code>").format(words(unescaped(inner)))
            case "sequence":
                return self._sequence(inner)
            case "emoji":
                return emoji(inner)
        return words(unescaped(inner)) if self._verbatim else link(unescaped(inner))

    def _sequence(self, inner: str) -> Markup:
        """What stands between angle brackets, in which a bar comes before what is shown for it."""
        what, _, label = map(unescaped, inner.partition("|"))
        match what[:1]:
            case "@":
                return self._names.user(what[1:], label.removeprefix("@"))
            case "#":
                return self._names.channel(what[1:], label.removeprefix("#"))
            case "!":
                return _special(what[1:], label)
        if ":" not in what:
            return words(f"<{unescaped(inner)}>")
        return link(what, label)


def _special(what: str, label: str) -> Markup:
    if what in _EVERYBODY:
        return broadcast(what)
    found = _DATE.fullmatch(what)
    if found is None:
        return mention(label or f"@{what.rpartition('^')[2]}")
    return date(int(found[1]), found[2], label, found[3] or "")
