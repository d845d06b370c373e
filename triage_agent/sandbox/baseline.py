"""The sandbox's model: word lists that fill a form, the least that a real model must beat.

It knows what any model would be told: the messages and the JSON schema of the answer. What it
listens for stands in `baseline.yaml`; a value that has no entry there is judged by the words that
it shares with the request. A request is looked at and never obeyed.
"""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from textwrap import shorten
from typing import Any

from triage_agent.sandbox.schema import read_yaml

Json = dict[str, Any]
Known = Mapping[str, object]
Message = Mapping[str, str]
"""`role` and `content`, both plain text."""

SUMMARY_LENGTH = 240
"""Characters."""

_WEIGHTS = {"settles": 6, "says": 3, "hints": 1}
_WORDS_IN_COMMON = 3  # that make a sentence speak for a value with no entry
_WORDS_OF_A_REQUEST = 4  # fewer that carry meaning ask for nothing
_WORDS_OF_A_STATEMENT = 4
_LETTERS_OF_A_STEM = 2
_LETTERS_IN_COMMON = 5
_FREE_TEXT = {"description", "message", "request", "comments", "question", "body", "text"}
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


@dataclass(frozen=True)
class Reading:
    """What the baseline takes in of a conversation."""

    request: str
    instructions: str

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The request's sentences, each exactly as it stands there."""
        return tuple(found.group().rstrip() for found in _SENTENCE.finditer(self.request))

    @cached_property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """The plain words of each sentence."""
        return tuple(plain_words(sentence) for sentence in self.sentences)

    @cached_property
    def heard(self) -> Mapping[str, set[int]]:
        """The numbers of the sentences that hold a part of a cue, by that part."""
        heard: dict[str, set[int]] = defaultdict(set)
        for number, words in enumerate(self.words):
            for part in _parts_in(words):
                heard[part].add(number)
        return dict(heard)

    @cached_property
    def language(self) -> str:
        """ISO 639-1; English where nothing speaks for another."""
        said = [word for words in self.words for word in words]
        lists = _small_words()
        return max(lists, key=lambda code: sum(word in lists[code] for word in said))


def answer(messages: Sequence[Message], schema: Json) -> Json:
    """The form that `schema` describes, filled from the messages; the same for the same.

    The schema is an object in the strict dialect of structured outputs, and not recursive.
    """
    if set(schema["properties"]) == {"language", "text"}:
        return _reply(messages)
    reading = _read(messages)
    _, choices = _choice(schema, schema)
    known = {
        "summary": _summary(reading),
        "language": reading.language,
        "confidence": _confidence([_score(choice, reading) for choice in choices]),
    }
    filled = _Form(schema, reading).fill(schema, "", known)
    assert isinstance(filled, dict)
    return filled


@dataclass(frozen=True)
class _Form:
    """Fills a schema with what is known by a property's name, and else with an empty value."""

    root: Json
    reading: Reading

    def fill(self, schema: Json, name: str, known: Known) -> object:
        """A value that obeys `schema`, for the property called `name`."""
        schema = _resolved(schema, self.root)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            value = known.get(name)
            return value if value in schema["enum"] else _best(schema["enum"], self.reading)
        return self._of_kind(_kind(schema), schema, known.get(name), known)

    def _of_kind(self, kind: str, schema: Json, value: object, known: Known) -> object:
        match kind:
            case "object":
                fields = schema["properties"].items()
                return {key: self.fill(inner, key, known) for key, inner in fields}
            case "array":
                return [self.fill(schema["items"], *entry) for entry in self._entries(schema)]
            case "string":
                return value if isinstance(value, str) else ""
            case "number" | "integer":
                number = value if kind == "number" and isinstance(value, float) else 0
                return min(
                    max(number, schema.get("minimum", number)), schema.get("maximum", number)
                )
            case "boolean":
                return False
            case _:
                return None

    def _entries(self, schema: Json) -> Iterator[tuple[str, Known]]:
        """One for each value of the entries' choice that a sentence of the request speaks for."""
        chosen, values = _choice(schema["items"], self.root)
        for value in values:
            if (quote := _quote(value, self.reading)) is not None:
                reason = f"The wording fits {value}."
                yield chosen, {chosen: value, "quote": quote, "reason": reason}


def _kind(schema: Json) -> str:
    """The type; of several the first that isn't null."""
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return next((kind for kind in kinds if kind != "null"), "null")


def _resolved(schema: Json, root: Json) -> Json:
    """What a reference, or the first of several forms, comes down to."""
    if "$ref" in schema:
        return _resolved(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    return _resolved(schema["anyOf"][0], root) if "anyOf" in schema else schema


def _choice(schema: Json, root: Json) -> tuple[str, list[str]]:
    """The first property that is a choice between words, and the words."""
    schema = _resolved(schema, root)
    for name, inner in schema.get("properties", {"": schema}).items():
        values = _resolved(inner, root).get("enum", [])
        if words := [value for value in values if isinstance(value, str)]:
            return name, words
    return "", []


def _best(values: Sequence[object], reading: Reading) -> object:
    """The value that most speaks for; where nothing does, one that abstains, or else the first."""
    scores = {value: _score(value, reading) for value in values if isinstance(value, str)}
    if any(scores.values()):
        return max(scores, key=lambda value: scores[value])
    return next((value for value in values if value in _knowledge()["abstain"]), values[0])


def _confidence(scores: Sequence[float]) -> float:
    """How far the best is ahead of the second, 0 to 1; low where nothing speaks for any.

    The scale is set on the sandbox's sample leads: of 34 that a single hint decides or more, 31
    were right, so a lone hint is worth about 0.75 and a tie less than 0.5.
    """
    best, second, *_ = [*sorted(scores, reverse=True), 0, 0]
    return float(max(0.1, round((best - second / 2) / (best + 0.3), 2)))


def _score(value: str, reading: Reading) -> float:
    """How much of the request speaks for a value."""
    if cues := _cues(value):
        return sum(cue.weight for cue in cues if _heard(cue, reading))
    said = {word for words in reading.words for word in words}
    name, meaning = _meaning(value, reading.instructions)
    return _WEIGHTS["says"] * _in_common(name, said) + _in_common(meaning - name, said)


def _quote(value: str, reading: Reading) -> str | None:
    """The first sentence that speaks for a value; None where none does."""
    if "missing" in plain_words(value):
        return next(iter(reading.sentences), "") if _asks_nothing(reading) else None
    if cues := _cues(value):
        numbers = {
            number
            for cue in cues
            if cue.weight >= _WEIGHTS["says"]
            for number in _heard(cue, reading)
        }
    else:
        name, meaning = _meaning(value, reading.instructions)
        numbers = {
            number
            for number, words in enumerate(reading.words)
            if _in_common(name | meaning, set(words)) >= _WORDS_IN_COMMON
        }
    return reading.sentences[min(numbers)] if numbers else None


def _heard(cue: Cue, reading: Reading) -> set[int]:
    return set.intersection(*(reading.heard.get(part, set()) for part in cue.parts))


def _asks_nothing(reading: Reading) -> bool:
    said = {word for words in reading.words for word in words if not word.isdigit()}
    understood = any(_heard(cue, reading) for cues in _lexicon().values() for cue in cues)
    return not understood and len(said - _empty_words()) < _WORDS_OF_A_REQUEST


def _meaning(value: str, instructions: str) -> tuple[set[str], set[str]]:
    """The words of a value's name, and those after it on its line of the instructions."""
    last = value.rsplit(".", 1)[-1]
    found = re.search(rf"(?<!\w)(?:{re.escape(value)}|{re.escape(last)})(?!\w)(.*)", instructions)
    after = plain_words(found[1]) if found else ()
    return set(plain_words(last)) - _empty_words(), set(after) - _empty_words()


def _in_common(ours: set[str], theirs: set[str]) -> int:
    """How many of our words they use, in whatever ending."""
    stems = {word[:_LETTERS_IN_COMMON] for word in theirs}
    return sum(word[:_LETTERS_IN_COMMON] in stems for word in ours)


def _summary(reading: Reading) -> str:
    """The first sentences that state something."""
    stating = [
        sentence
        for sentence, words in zip(reading.sentences, reading.words, strict=True)
        if len(words) >= _WORDS_OF_A_STATEMENT
    ]
    return shorten(" ".join(stating or reading.sentences), SUMMARY_LENGTH, placeholder=" …")


def _reply(messages: Sequence[Message]) -> Json:
    """Thanks, one question and a goodbye; nothing of the sender's text."""
    replies = _knowledge()["replies"]
    language = _read(messages).language
    language = language if language in replies else "en"
    letter = replies[language]
    question = letter["questions"][_category_named(messages, letter["questions"])]
    return {"language": language, "text": f"{letter['thanks']}\n\n{question}\n\n{letter['close']}"}


def _category_named(messages: Sequence[Message], known: Mapping[str, str]) -> str:
    """The category that the asker names, in the last message or else before; never the sender."""
    before, last = _split(messages)
    for text in (_without_request(last), before):
        named = [name for name in known if re.search(rf"(?<!\w){name}(?!\w)", text)]
        if len(named) == 1:
            return named[0]
    return "otherwise"


def _read(messages: Sequence[Message]) -> Reading:
    before, last = _split(messages)
    return Reading(request=_request(last), instructions=before)


def _split(messages: Sequence[Message]) -> tuple[str, str]:
    """What stands before the last message of a user, and that message."""
    before = "\n".join(m["content"] for m in messages if m["role"] in ("system", "developer"))
    return before, next((m["content"] for m in reversed(messages) if m["role"] == "user"), "")


def _request(message: str) -> str:
    """The free text of the record in a message: its longest string; without a record, all of it."""
    strings = [pair for record, _, _ in _records(message) for pair in _strings("", record)]
    free = [text for name, text in strings if name.casefold() in _FREE_TEXT]
    return max(free or [text for _, text in strings] or [message], key=len)


def _without_request(message: str) -> str:
    """A message's own words and the record's other strings."""
    request, kept, place = _request(message), [], 0
    for record, start, end in _records(message):
        kept += [message[place:start], *(text for _, text in _strings("", record))]
        place = end
    return "\n".join(text for text in [*kept, message[place:]] if text != request)


def _records(text: str) -> Iterator[tuple[object, int, int]]:
    """The JSON objects in a text, and where each starts and ends."""
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        try:
            record, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield record, place, end
        place = text.find("{", end)


def _strings(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Every string in a JSON value, with the name that it stands under."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(name, inner)


def plain_words(text: str) -> tuple[str, ...]:
    """The words without case and accents."""
    return tuple(_plain(word) for word in _WORD.findall(text))


def _plain(word: str) -> str:
    spread = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


def _parts_in(words: Sequence[str]) -> Iterator[str]:
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
def _knowledge() -> Mapping[str, Any]:
    return read_yaml("baseline.yaml")


@cache
def _small_words() -> Mapping[str, frozenset[str]]:
    """The frequent words of each language, by its code."""
    lists = _knowledge()["languages"]
    return {code: frozenset(_plain(word) for word in small) for code, small in lists.items()}


@cache
def _empty_words() -> frozenset[str]:
    """Words that tell nothing about what is wanted."""
    return frozenset(_knowledge()["polite_words"]).union(*_small_words().values())


@cache
def _lexicon() -> Mapping[str, tuple[Cue, ...]]:
    """The cues by the name of the value that they speak for."""
    return {
        name: tuple(
            Cue(tuple(cue.split(" + ")), _WEIGHTS[kind])
            for kind, cues in kinds.items()
            for cue in cues
        )
        for name, kinds in _knowledge()["cues"].items()
    }


def _cues(value: str) -> tuple[Cue, ...]:
    """A value's cues; a value such as `rule.topic` goes by its topic."""
    return _lexicon().get(value.rsplit(".", 1)[-1], ())


@cache
def _index() -> Mapping[str, list[tuple[tuple[str, ...], str]]]:
    """Each phrase that may be heard with the part that it belongs to, by its first word."""
    index: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    parts = {part for cues in _lexicon().values() for cue in cues for part in cue.parts}
    for part in sorted(parts):
        for alternative in part.split("|"):
            phrase = tuple(_plain(word) for word in _CUE_WORD.findall(alternative))
            index[phrase[0]].append((phrase, part))
    return dict(index)
