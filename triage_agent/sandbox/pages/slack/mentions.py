"""What Slack writes by an id or a name: people, channels, moments and emoji."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.pages.slack.markup import link, moment, words

_NEAR = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}
_TOKEN = re.compile(r"\{(\w+)\}")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Names:
    """`users`, `channels`: names by id."""

    users: Mapping[str, str]
    channels: Mapping[str, str]

    def user(self, identifier: str, label: str = "") -> Markup:
        return mention(f"@{self.users.get(identifier) or label or identifier}")

    def channel(self, identifier: str, label: str = "") -> Markup:
        if identifier not in self.channels:
            return mention(f"#{label or identifier}")
        return Markup('<a class="mention" href="/slack/{}">#{}</a>').format(
            identifier, self.channels[identifier]
        )


def mention(text: str) -> Markup:
    return Markup('<span class="mention">{}</span>').format(words(text))


def broadcast(whom: str) -> Markup:
    return Markup('<span class="mention all">@{}</span>').format(words(whom))


def emoji(name: str, code: str = "") -> Markup:
    """`code`: the characters it is made of, in hexadecimal; where there are none, its name."""
    shown = own_yaml(__package__, "emoji.yaml").get(name) or _characters(code)
    if not shown:
        return words(f":{name}:")
    return Markup(
        '<span class="emoji" role="img" aria-label="{0}" title=":{0}:">{1}</span>'
    ).format(words(name), words(shown))


def date(timestamp: float, form: str, fallback: str, url: str = "") -> Markup:
    """A moment in the visitor's own time, as `form` says with the tokens that Slack knows."""
    when = moment(timestamp)
    if when is None:
        return words(fallback)
    written = _TOKEN.sub(lambda found: _token(found[1], when) or found[0], form)
    shown = link(url, written) if url else words(written)
    return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), shown)


def day(when: datetime) -> str:
    """A day as people name it."""
    return _NEAR.get(_days_to(when)) or f"{when:%A, %B} {when.day}, {when.year}"


def _days_to(when: datetime) -> int:
    return (when.date() - datetime.now(when.tzinfo).date()).days


def _token(name: str, when: datetime) -> str | None:
    long = f"{when:%B} {when.day}, {when.year}"
    short = f"{when:%b} {when.day}, {when.year}"
    forms = {
        "date_num": f"{when:%Y-%m-%d}",
        "date": long,
        "date_short": short,
        "date_long": f"{when:%A}, {long}",
        "time": f"{when:%H:%M}",
        "time_secs": f"{when:%H:%M:%S}",
        "ago": _ago(when),
    }
    near = _NEAR.get(_days_to(when))
    if near and name.startswith("date") and name.endswith("_pretty"):
        return near.lower()
    return forms.get(name.removesuffix("_pretty"))


def _ago(when: datetime) -> str:
    seconds = (datetime.now(when.tzinfo) - when).total_seconds()
    size = abs(seconds)
    units = ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"))
    length, unit = next(((n, u) for n, u in units if size >= n), (1, "second"))
    count = int(size // length)
    told = f"{count} {unit}{'s' * (count != 1)}"
    return f"{told} ago" if seconds >= 0 else f"in {told}"


def _characters(code: str) -> str:
    """Those of a code like `1f469-200d-1f4bb`; nothing for what is no such code."""
    if not re.fullmatch(r"[0-9a-fA-F]{2,5}(-[0-9a-fA-F]{2,5}){0,9}", code):
        return ""
    characters = "".join(chr(int(part, 16)) for part in code.split("-"))
    return characters.encode(errors="ignore").decode()
