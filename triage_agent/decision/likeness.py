"""Whether two values say the same thing: of a person, a firm, a place or a size."""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache

from triage_agent.decision.text import normalised
from triage_agent.operating_model.kinds import Scalar

FAR_APART = 4
"""How many times larger one number is than another for them to be no estimates of the same."""

_ALIKE = 0.75
"""How much of two names must be the same for one to be a spelling of the other."""

_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ß": "ss", "æ": "ae"}
)
_LATIN = re.compile(r"[a-z]+")
_PART = 3
"""Letters that a word must have to count as another's beginning."""

Same = tuple[frozenset[str], ...]


def differ(claimed: Scalar, recorded: Scalar, same: Same, *, at_least: bool = False) -> bool | None:
    """Whether one speaks against the other; None where they can't be compared.

    `same`: groups of names for one thing each; what stands in one is compared by that alone.
    `at_least`: the number claimed is only a part of what is recorded, so it may be smaller.
    """
    one, other = _plain(claimed), _plain(recorded)
    groups = [_group(one, same), _group(other, same)]
    if isinstance(recorded, int | float):
        return _far_apart(_number(claimed, groups[0]), recorded, at_least=at_least)
    if any(groups):
        return groups[0] != groups[1] if all(groups) else None
    return _unlike(one, other)


def names(text: Scalar, name: Scalar) -> bool:
    """Whether a text has any word of a name in it."""
    return bool(_words(_plain(text)) & {word for word in _words(_plain(name)) if len(word) > 1})


def _number(claimed: Scalar, group: frozenset[str]) -> float:
    """A number, as people write it: 1,200, 1.200 and 1 200 are the same, or a word for one."""
    if isinstance(claimed, int | float):
        return claimed
    digits = [re.sub(r"\D", "", one) for one in (str(claimed), *group)]
    return float(next(filter(None, digits), 0))


def _far_apart(claimed: float, recorded: float, *, at_least: bool) -> bool | None:
    if claimed <= 0 or recorded <= 0:
        return None
    larger = claimed / recorded
    return larger >= FAR_APART or (not at_least and 1 / larger >= FAR_APART)


def _plain(value: Scalar) -> str:
    """Small letters without accents; what is no letter becomes a space."""
    text = normalised(str(value or "")).casefold().translate(_LETTERS)
    bare = unicodedata.normalize("NFKD", text)
    kept = (letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", "".join(kept)))


def _group(name: str, same: Same) -> frozenset[str]:
    """The other names of a thing; empty where none is known."""
    return next((group for group in _groups(same) if name in group), frozenset())


@cache
def _groups(same: Same) -> Same:
    return tuple(frozenset(map(_plain, group)) for group in same)


def _words(text: str) -> set[str]:
    return set(text.split())


def _unlike(one: str, other: str) -> bool | None:
    """Whether two names have nothing in common; None where a script can't be compared."""
    if not _LATIN.search(one) or not _LATIN.search(other):
        return None
    if _words(one) & _words(other) or _is_short_for(one, other) or _is_short_for(other, one):
        return False
    return SequenceMatcher(None, one, other).ratio() < _ALIKE


def _is_short_for(short: str, whole: str) -> bool:
    """By its initials, or by the beginning of a word: `nbh` or `north` for North Bay Heating."""
    initials = "".join(word[0] for word in whole.split())
    if short.replace(" ", "") == initials:
        return True
    return (
        len(short) >= _PART
        and " " not in short
        and any(word.startswith(short) for word in (*whole.split(), whole.replace(" ", "")))
    )
