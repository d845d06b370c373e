"""Whether two values say the same thing: of a person, a firm, a place or a size."""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache

from triage_agent.decision.patterns import PatternFile
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


def differ(
    claimed: Scalar, recorded: Scalar, patterns: PatternFile, *, at_least: bool = False
) -> bool | None:
    """Whether one speaks against the other; None where they can't be compared.

    What has other names in the patterns is compared by these alone. `at_least`: the number that
    is claimed is only a part of what is recorded, so it may be smaller.
    """
    one, other = _plain(claimed), _plain(recorded)
    groups = [_group(one, patterns.same), _group(other, patterns.same)]
    if isinstance(recorded, int | float):
        return _far_apart(_number(claimed, groups[0]), recorded, at_least=at_least)
    if any(groups):
        return groups[0] != groups[1] if all(groups) else None
    return _unlike(_words(one, patterns), _words(other, patterns))


def names(text: Scalar, name: Scalar, patterns: PatternFile) -> bool:
    """Whether a text has any word of a name in it."""
    told = _plain(text).split()
    return any(len(word) > 1 and word in told for word in _words(_plain(name), patterns))


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


def _group(name: str, same: tuple[frozenset[str], ...]) -> frozenset[str]:
    """The other names of a thing; empty where none is known."""
    return next((group for group in _groups(same) if name in group), frozenset())


@cache
def _groups(same: tuple[frozenset[str], ...]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(map(_plain, group)) for group in same)


def _words(name: str, patterns: PatternFile) -> list[str]:
    """What tells a name from others."""
    return [word for word in name.split() if word not in patterns.legal_forms]


def _unlike(one: list[str], other: list[str]) -> bool | None:
    """Whether two names have nothing in common; None where a script can't be compared."""
    short, whole = " ".join(one), " ".join(other)
    if not _LATIN.search(short) or not _LATIN.search(whole):
        return None
    if set(one) & set(other) or _is_short_for(one, other) or _is_short_for(other, one):
        return False
    return SequenceMatcher(None, short, whole).ratio() < _ALIKE


def _is_short_for(short: list[str], whole: list[str]) -> bool:
    """By its initials, or by how a word begins: `nbh` or `north` for North Bay Heating."""
    written = "".join(short)
    if written == "".join(word[0] for word in whole):
        return True
    begins = any(word.startswith(written) for word in (*whole, "".join(whole)))
    return len(short) == 1 and len(written) >= _PART and begins
