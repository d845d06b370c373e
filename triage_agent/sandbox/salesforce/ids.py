"""Record ids: fifteen characters that know case, and three that make up for programs that don't."""

import re

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
SHORT = 15


def suffix(short: str) -> str:
    """The three characters that say which of the fifteen are upper case, five to a character."""
    groups = (short[start : start + 5] for start in range(0, SHORT, 5))
    return "".join(
        _SUFFIX[sum(1 << place for place, letter in enumerate(group) if letter.isupper())]
        for group in groups
    )


def canonical(text: str) -> str | None:
    """The eighteen-character form of an id; None where the text is none.

    Fifteen characters say it all, so the suffix that came with them is set right, not judged.
    """
    return text[:SHORT] + suffix(text[:SHORT]) if _SHAPE.fullmatch(text) else None


def mint(prefix: str, pod: str, number: int) -> str:
    """The id of an org's `number`th record: key prefix, the org's own three characters, number."""
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    short = prefix + pod + digits.rjust(SHORT - len(prefix) - len(pod), "0")
    return short + suffix(short)
