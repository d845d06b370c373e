"""What two texts share: words in a row, codes, and the letters that they are written in."""

import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher

from triage_agent.decision.text import normalised

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Letters of writing without spaces; three of them say about as much as a word."""
_WORD = re.compile(rf"[^\W_{_UNSPACED}]+")
_LETTER = re.compile(rf"[{_UNSPACED}]")
_LETTERS_A_WORD = 3
_PART = re.compile(rf"{_WORD.pattern}|{_LETTER.pattern}")
_PARTS_OF_A_DRAFT = 400
_PARTS_OF_A_LETTER = 1_600
"""More isn't compared, as that takes too long of what says one thing again and again."""

_CODE = re.compile(r"[^\W_][\w-]{6,60}[^\W_]")
_DIGITS_OF_A_CODE = 4

_LETTERS_LOOKED_AT = 2000
_MOST = 0.8
_ONE_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "FULLWIDTH": "LATIN"}


def words_in(text: str) -> int:
    """How many words a text has, about so many in writing without spaces."""
    spaced, letters = _parts(text)
    return len(spaced) + len(letters) // _LETTERS_A_WORD


def phrases(text: str, length: int) -> set[tuple[str, ...]]:
    """Every so many words that stand in a row; case and punctuation don't matter."""
    spaced, letters = _parts(text)
    return _runs(spaced, length) | _runs(letters, length * _LETTERS_A_WORD)


def _parts(text: str) -> tuple[list[str], list[str]]:
    folded = normalised(text).casefold()
    return _WORD.findall(folded), _LETTER.findall(folded)


def _runs(parts: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(parts[at : at + length]) for at in range(len(parts) - length + 1)}


def kept(draft: str, sent: str) -> float:
    """The share of a draft's words that stand, in their order, in what was sent; 0 without any.

    Case and punctuation don't matter, nor what else was sent: an address, or quoted mail.
    """
    words, others = (_PART.findall(normalised(text).casefold()) for text in (draft, sent))
    words, others = words[:_PARTS_OF_A_DRAFT], others[:_PARTS_OF_A_LETTER]
    alike = SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks()
    return sum(block.size for block in alike) / len(words) if words else 0.0


def codes(text: str) -> set[str]:
    """What nobody says twice by chance: letters with digits among them, as in a bank's numbers."""
    found = (one.casefold() for one in _CODE.findall(normalised(text)))
    return {
        one
        for one in found
        if sum(letter.isdigit() for letter in one) >= _DIGITS_OF_A_CODE
        and any(letter.isalpha() for letter in one)
    }


def script(text: str) -> str | None:
    """The script that nearly all letters of a text are of, like LATIN; None where none is."""
    letters = [letter for letter in text if letter.isalpha()][:_LETTERS_LOOKED_AT]
    names = (unicodedata.name(letter, "").split(" ")[0] for letter in letters)
    found = Counter(_ONE_SCRIPT.get(name, name) for name in names).most_common(1)
    return next((name for name, count in found if count >= _MOST * len(letters)), None)
