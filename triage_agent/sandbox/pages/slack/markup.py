"""HTML of what others wrote: text that stays text, and links that hide nothing."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from triage_agent.sandbox.pages.site import upright

# Neither blanks nor backslashes: browsers read those in an address otherwise than urlsplit does.
_ADDRESS = re.compile(r"(?:https?://[^\s\\<>\"/?#]|mailto:[^\s\\<>\"?])[^\s\\<>\"]*", re.IGNORECASE)
_OTHER_DOT = "\N{IDEOGRAPHIC FULL STOP}"  # browsers read it as one
_HOST = re.compile(r"[^\s/?#\\]+")


def words(text: str) -> Markup:
    """Text, and nothing else."""
    return Markup("{}").format(upright(text))


def joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def link(url: str, label: str = "") -> Markup:
    """A link to where people may be led, otherwise only its words.

    Where the label names another host than the address has, the address's is shown beside it.
    """
    says = label or url
    if not is_address(url):
        return words(says)
    anchor = Markup(
        '<a href="{url}" title="{url}" target="_blank" rel="noreferrer noopener">{shown}</a>'
    ).format(url=upright(url), shown=words(says))
    return anchor + beside(url, says)


def is_address(url: str) -> bool:
    """Whether people may be led there."""
    return _ADDRESS.fullmatch(url) is not None


def beside(url: str, label: str) -> Markup:
    """The host of an address, where its label says another; else nothing."""
    real = host(url)
    seen = "".join(letter for letter in label if unicodedata.category(letter) != "Cf")
    plain = unicodedata.normalize("NFKC", seen).replace(_OTHER_DOT, ".").lower()
    if all(_claim(word) in ("", real.lower()) for word in plain.split()):
        return Markup()
    return Markup(' <span class="host">({})</span>').format(real)


def host(url: str) -> str:
    """Where an address leads, in letters that can't be mistaken for others; a mail's addressee."""
    try:
        parts = urlsplit(url)
        found = parts.hostname or parts.path
        return upright(found).encode("idna").decode() if parts.hostname else upright(found)
    except ValueError:
        return "an unreadable address"


def moment(timestamp: float) -> datetime | None:
    """As clocks here show it; None where there is no such time."""
    try:
        return datetime.fromtimestamp(timestamp, UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def _claim(word: str) -> str:
    """The host or the mail address that a word seems to be; else nothing."""
    bare = word.rpartition("://")[2] if "://" in word else word.removeprefix("mailto:")
    found = _HOST.match(bare)
    claimed = (found[0] if found else "").strip(".,;:!?()[]'\"")
    if "@" not in claimed:
        claimed = re.sub(r":\d*$", "", claimed)
    return claimed if re.search(r"[^.]\.[^.\d]", claimed) or "@" in claimed else ""
