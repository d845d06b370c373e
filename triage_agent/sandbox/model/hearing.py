"""Word matching: what a text's words are, and which concepts of `concepts.yaml` they hold."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from triage_agent.sandbox.content import own_yaml

_FAR_EAST = "\u3040-\u30ff\u3400-\u9fff"  # no spaces between words, so each character is one
_WORD = re.compile(rf"[{_FAR_EAST}]|(?:[^\W_{_FAR_EAST}]|[\u0300-\u036f])+")
_LOOKS_LIKE = str.maketrans(  # Cyrillic letters, as in a word that is to slip past
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456", "aeopcyxi"
)
_CONCEPT_WORD = re.compile(rf"(?:{_WORD.pattern})\*?")
_MARKUP = re.compile(r"</?[a-z][^<>]{0,200}>", re.IGNORECASE)
_END = r"(?:[!?]|\.(?!\s+[a-zß-ÿ\d]))(?=\s)|[\u3002\uff01\uff1f]|\n\s*\n|\Z"  # but after "Art. 15"
_SENTENCE = re.compile(rf"\S(?:.{{0,400}}?(?:{_END})|.{{400}})", re.DOTALL)


def sentences(text: str) -> tuple[str, ...]:
    """A text's sentences, each exactly as it stands there."""
    return tuple(found.group().rstrip() for found in _SENTENCE.finditer(text))


def plain_words(text: str) -> tuple[str, ...]:
    """The words without case and accents, and without the names of markup."""
    return tuple(_plain(word) for word in _WORD.findall(_MARKUP.sub(" ", text)))


def _plain(word: str) -> str:
    spread = unicodedata.normalize("NFKD", word.casefold()).translate(_LOOKS_LIKE)
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


@lru_cache(maxsize=1000)  # a sentence is judged in several ways, one after the other
def concepts_in(words: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """The concepts that a sentence holds, each with the place where it starts, in order."""
    return tuple(_concepts_in(words))


def _concepts_in(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    index = _index()
    for place, word in enumerate(words):
        stems = (f"{word[:length]}*" for length in range(1, len(word) + 1))
        found = {
            concept: None  # a dict, for its order
            for first in (word, *stems)
            for phrase, concept in index.get(first, ())
            if _fit(phrase, words[place : place + len(phrase)])
        }
        yield from ((place, concept) for concept in found)


def _fit(phrase: Sequence[str], words: Sequence[str]) -> bool:
    return len(phrase) == len(words) and all(
        said.startswith(expected[:-1]) if expected.endswith("*") else said == expected
        for expected, said in zip(phrase, words, strict=True)
    )


@cache
def small_words() -> Mapping[str, frozenset[str]]:
    """The frequent words of each language, by its code."""
    lists = _languages()["languages"]
    return {code: frozenset(_plain(word) for word in small) for code, small in lists.items()}


@cache
def empty_words() -> frozenset[str]:
    """Words that tell nothing about what is wanted."""
    return frozenset(_languages()["polite_words"]).union(*small_words().values())


@cache
def abstaining() -> frozenset[str]:
    """What a choice between words is called that leaves the choice open."""
    return frozenset(_languages()["abstain"])


def _languages() -> Mapping[str, Any]:
    known: Mapping[str, Any] = own_yaml(__package__, "languages.yaml")
    return known


@cache
def _index() -> Mapping[str, list[tuple[tuple[str, ...], str]]]:
    """Each phrase that may be heard with the concept that it stands for, by its first word."""
    index: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for concept, phrases in own_yaml(__package__, "concepts.yaml").items():
        for alternative in phrases.split("|"):
            phrase = tuple(_plain(word) for word in _CONCEPT_WORD.findall(alternative))
            index[phrase[0]].append((phrase, concept))
    return dict(index)
