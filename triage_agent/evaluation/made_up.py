"""What is made up in place of something real: words, digits, ids. It follows from a seed alone."""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256
from html.entities import codepoint2name
from itertools import count, product

from triage_agent.evaluation.neutral_words import FIRMS, FIRST, LAST, STREETS

POOLS = {"first": FIRST, "last": LAST, "firm": FIRMS, "street": STREETS}
SHORT = 15
"""Of an id's 18 characters the last three only check the others."""
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_ONE_LETTER = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)
_WORD, _DIGIT = re.compile(r"[^\W_]+"), re.compile(r"\d")
_FEW, _OFTEN = 4, 500
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class MadeUp:
    """Nothing that is made up is among what there is: the words and digits of `whole`."""

    def __init__(self, seed: str, whole: str) -> None:
        self._seed = seed
        self._taken = {key for word in _WORD.findall(whole) for key in spellings(word)}
        self._digits_there = "".join(_DIGIT.findall(whole))
        self._made: dict[tuple[str, str], str] = {}
        self._digits_taken = set[str]()

    def word(self, pool: str, of: str) -> str:
        """A word of a pool, which stands for `of` and for nothing else."""
        if (pool, of) not in self._made:
            new = next(one for one in self._words(pool) if one.casefold() not in self._taken)
            self._taken.add(new.casefold())
            self._made[pool, of] = new
        return self._made[pool, of]

    def digits(self, of: str, *, begins: str = "") -> str:
        """As many other digits, which begin as they are told to."""
        key = f"digits {begins}", of
        if key not in self._made:
            tried = ((n, f"{self._number(*key, n):060d}") for n in count())
            wanted = ((n, begins + one[-(len(of) - len(begins)) :]) for n, one in tried)
            new = next(one for n, one in wanted if self._is_new(one, of, often=n > _OFTEN))
            self._digits_taken.add(new)
            self._made[key] = new
        return self._made[key]

    def id(self, of: str) -> str:
        """Another id of the same object, as long as the one that it stands for."""
        digits = f"{self._number('id', of[:SHORT]) % 10**12:012d}"
        short = of[:3] + digits
        return short + _check(short) if len(of) > SHORT else short

    def _words(self, pool: str) -> Iterator[str]:
        """All of a pool, in the seed's order, then two in one."""
        words = sorted(POOLS[pool], key=lambda word: self._number(pool, word))
        yield from words
        yield from (one + other.lower() for one, other in product(words, words))

    def _number(self, *what: object) -> int:
        return (
            int(sha256("\n".join(map(str, (self._seed, *what))).encode()).hexdigest(), 16) % 10**60
        )

    def _is_new(self, digits: str, of: str, *, often: bool) -> bool:
        """Of few digits there are few; where all are taken, it is enough that they are others."""
        there = digits in self._digits_there if len(of) > _FEW else digits == of
        return not there and (often or digits not in self._digits_taken)


def spellings(word: str) -> set[str]:
    """How a word is written without its marks: `müller` is `muller` and `mueller`."""
    small = unicodedata.normalize("NFC", word).casefold()
    return {_plain(small.translate(_ONE_LETTER)), _plain(small.translate(_TWO_LETTERS))}


def encoded(word: str) -> set[str]:
    """How its marks look in markup, or in mail that nobody has decoded."""
    if word.isascii():
        return set()
    named = "".join(f"&{codepoint2name[ord(c)]};" if ord(c) in codepoint2name else c for c in word)
    numbered = "".join(c if c.isascii() else f"&#{ord(c)};" for c in word)
    quoted = b"".join(c.encode() if c.isascii() else _quoted(c) for c in word).decode()
    return {named, numbered, quoted} - {word}


def _quoted(letter: str) -> bytes:
    return b"".join(b"=%02X" % one for one in letter.encode())


def _plain(text: str) -> str:
    marked = unicodedata.normalize("NFKD", text)
    bare = "".join(one for one in marked if not unicodedata.combining(one))
    return unicodedata.normalize("NFC", bare)


def written_like(new: str, old: str) -> str:
    """A word in capitals or small letters, as another one is."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new.lower() if old.islower() else new


def _check(short: str) -> str:
    """Which of the fifteen characters are capitals, five to a character."""
    groups = (short[start : start + 5] for start in range(0, SHORT, 5))
    return "".join(
        _CHECKS[sum(1 << place for place, one in enumerate(group) if one.isupper())]
        for group in groups
    )
