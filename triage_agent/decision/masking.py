"""What of a free text the model isn't shown: placeholders stand for it.

Rather too little is masked than too much: a number of jobs or of an order is what a request is
about. The deterministic rules see the text as it was written.
"""

import re
from collections.abc import Callable, Iterator, Sequence

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CARD = re.compile(r"(?<![\d+])(?<!\d[.,])[2-6](?:[ -]?\d){13,18}(?!\d)")
_PHONE = re.compile(
    r"(?:(?<![\w+])\+|(?<![\w.,/-])[(0])[\d ()./\u2010-\u2015-]{5,24}\d(?!\w)"  # with a code
    r"|(?<![\w.,/-])\d{3}[ .\u2010-\u2015-]\d{3}[ .\u2010-\u2015-]\d{4}(?![\w.,]?\d)"  # in groups
)
_MOMENTS = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{1,2}\.\d{2} ?[\u2010-\u2015-] ?\d")
"""Dates, and hours from one to another."""
_PHONE_DIGITS = range(7, 16)


def _email(_found: str) -> bool:
    return True


def _card(found: str) -> bool:
    """Whether the last digit is the check digit that every payment card has."""
    digits = [int(one) for one in reversed(found) if one.isdigit()]
    doubled = [sum(divmod(2 * one, 10)) for one in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _phone(found: str) -> bool:
    digits = sum(one.isdigit() for one in found)
    return digits in _PHONE_DIGITS and not _MOMENTS.match(found)


_KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "email": (_EMAIL, _email),
    "card": (_CARD, _card),  # before what could be taken for a telephone number
    "phone": (_PHONE, _phone),
}


def masked_text(text: str, kinds: Sequence[str]) -> str:
    """The text with `[email]`, `[card]` and `[phone]` in place of what is of these kinds."""
    for kind, (pattern, is_one) in _KINDS.items():
        if kind in kinds:
            text = pattern.sub(lambda one: f"[{kind}]" if is_one(one[0]) else one[0], text)  # noqa: B023 - used at once
    return text


def found(text: str, kind: str) -> Iterator[re.Match[str]]:
    """Where something of a kind stands."""
    pattern, is_one = _KINDS[kind]
    return (one for one in pattern.finditer(text) if is_one(one[0]))


def addresses(text: str) -> set[str]:
    """The e-mail addresses and telephone numbers in a text, the latter as their digits."""
    phones = (re.sub(r"\D", "", one[0]) for one in _PHONE.finditer(text) if _phone(one[0]))
    return {one.casefold().rstrip(".") for one in _EMAIL.findall(text)} | set(phones)
