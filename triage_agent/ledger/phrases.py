"""Moments, lengths of time, counts and lists, as people write them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

_UNITS = ((24 * 60 * 60, "d"), (60 * 60, "h"), (60, "min"))
_SHORT = 10
"""Seconds below which parts of one are told."""


def moment(at: datetime) -> str:
    """To the second, in the ledger's zone."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def length(seconds: float) -> str:
    """A length of time, in the largest unit of which there are two."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= _SHORT else f"{seconds:.2f} s"


def count(number: int, of: str) -> str:
    """A number with what is counted: `no record`, `1 record`, `2 records`."""
    if number == 1:
        return f"1 {of}"
    return f"{number or 'no'} {of}{'s' if number else ''}"


def listed(texts: Iterable[str]) -> list[str]:
    """Each text once, in order."""
    return list(dict.fromkeys(texts))


def joined(texts: Sequence[str]) -> str:
    """Some names in a sentence."""
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)
