"""Word matching: what a text's words are, and which cues of `cues.yaml` they hold."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from triage_agent.sandbox.content import own_yaml

WEIGHTS = {"settles": 6, "says": 3, "hints": 1}

_LETTERS_OF_A_STEM = 2
_FAR_EAST = "\u3040-\u30ff\u3400-\u9fff"  # no spaces between words, so each character is one
_WORD = re.compile(rf"[{_FAR_EAST}]|(?:[^\W_{_FAR_EAST}]|[\u0300-\u036f])+")
_CUE_WORD = re.compile(rf"(?:{_WORD.pattern})\*?")
_END = r"(?:[!?]|\.(?!\s+[a-zß-ÿ\d]))(?=\s)|[\u3002\uff01\uff1f]|\n\s*\n|\Z"  # but after "Art. 15"
_SENTENCE = re.compile(rf"\S(?:.{{0,400}}?(?:{_END})|.{{400}})", re.DOTALL)


@dataclass(frozen=True)
class Cue:
    """One idea: all its parts must be heard in one sentence."""

    parts: tuple[str, ...]
    weight: int


def sentences(text: str) -> tuple[str, ...]:
    """A text's sentences, each exactly as it stands there."""
    return tuple(found.group().rstrip() for found in _SENTENCE.finditer(text))


def plain_words(text: str) -> tuple[str, ...]:
    """The words without case and accents."""
    return tuple(_plain(word) for word in _WORD.findall(text))


def _plain(word: str) -> str:
    spread = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def cues(value: str) -> tuple[Cue, ...]:
    """A value's cues; a value such as `rule.topic` goes by its topic."""
    return lexicon().get(value.rsplit(".", 1)[-1], ())


def parts_in(words: Sequence[str]) -> Iterator[str]:
    """The parts of cues that a sentence holds."""
    index = _index()
    for place, word in enumerate(words):
        lengths = range(_LETTERS_OF_A_STEM, len(word) + 1)
        for first in (word, *(f"{word[:length]}*" for length in lengths)):
            for phrase, part in index.get(first, ()):
                said = words[place : place + len(phrase)]
                if len(said) == len(phrase) and all(map(_fits, phrase, said)):
                    yield part


def _fits(expected: str, word: str) -> bool:
    return word.startswith(expected[:-1]) if expected.endswith("*") else word == expected


@cache
def small_words() -> Mapping[str, frozenset[str]]:
    """The frequent words of each language, by its code."""
    lists = knowledge()["languages"]
    return {code: frozenset(_plain(word) for word in small) for code, small in lists.items()}


@cache
def empty_words() -> frozenset[str]:
    """Words that tell nothing about what is wanted."""
    return frozenset(knowledge()["polite_words"]).union(*small_words().values())


@cache
def lexicon() -> Mapping[str, tuple[Cue, ...]]:
    """The cues by the name of the value that they speak for."""
    return {
        name: tuple(
            Cue(tuple(cue.split(" + ")), WEIGHTS[kind])
            for kind, cues in kinds.items()
            for cue in cues
        )
        for name, kinds in knowledge()["cues"].items()
    }


@cache
def knowledge() -> Mapping[str, Any]:
    known: Mapping[str, Any] = own_yaml(__package__, "cues.yaml")
    return known


@cache
def _index() -> Mapping[str, list[tuple[tuple[str, ...], str]]]:
    """Each phrase that may be heard with the part that it belongs to, by its first word."""
    index: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    parts = {part for cues in lexicon().values() for cue in cues for part in cue.parts}
    for part in sorted(parts):
        for alternative in part.split("|"):
            phrase = tuple(_plain(word) for word in _CUE_WORD.findall(alternative))
            index[phrase[0]].append((phrase, part))
    return dict(index)
