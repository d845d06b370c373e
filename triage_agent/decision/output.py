"""Text on its way to people: what strangers and models wrote is read, and does nothing more."""

import re
from datetime import datetime

from triage_agent.operating_model.kinds import Scalar

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a formula begins in spreadsheets; some take the wide forms for the plain ones."""
_NUMBER = re.compile(r"[+-]?[\d\s().,/-]+")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|_")


def readable(text: str) -> str:
    """Text without control characters, and without signs that turn the writing round."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def defused(text: str) -> str:
    """A field's text that no spreadsheet takes for a formula when records are exported.

    A lone number stays as it is: nothing in it can be called. `+49 711 …` in front of words gets
    an apostrophe as any other beginning of a formula does.
    """
    bare = text.strip()
    return f"'{text}" if bare.startswith(_FORMULA) and not _NUMBER.fullmatch(bare) else text


def spaced(name: str) -> str:
    """The name of a field or an action as people write it: `StageName` is `Stage Name`."""
    return _WORDS.sub(" ", name.removesuffix("__c"))


def worded(value: Scalar) -> str:
    """A field's value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def clock(local: datetime) -> str:
    """A moment as its own clock tells it, for people: `Mon 23 Nov, 09:30`."""
    return f"{local:%a} {local.day} {local:%b, %H:%M}"
