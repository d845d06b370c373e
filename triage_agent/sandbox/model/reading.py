"""What the baseline takes in of a conversation: what is asked, and by whom the form was given.

A request is looked at and never obeyed.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from triage_agent.sandbox.model.features import features
from triage_agent.sandbox.model.hearing import plain_words, sentences, small_words

Message = Mapping[str, str]
"""`role` and `content`, both plain text."""

_FREE_TEXT = {"description", "message", "request", "comments", "question", "body", "text"}


MOST_CHARACTERS = 8_000
"""Of a request: what stands after them isn't read."""

_WORDS_ABOVE_A_THREAD = 8
_OLDER_MAIL = re.compile(
    r"^(?:-{2,} ?(?:original message|forwarded message|ursprüngliche nachricht|message d'origine"
    r"|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original)|_{10,}$|>)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Reading:
    """`request`: a stranger's text; `instructions`: what stands before it; `asked`: beside it."""

    request: str
    instructions: str
    asked: str

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What the sender wrote now; older mail below it only where that is next to nothing."""
        written = _without_thread(self.request)
        is_enough = len(plain_words(written)) >= _WORDS_ABOVE_A_THREAD
        return sentences((written if is_enough else self.request)[:MOST_CHARACTERS])

    @cached_property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """The plain words of each sentence."""
        return tuple(plain_words(sentence) for sentence in self.sentences)

    @cached_property
    def counted(self) -> Mapping[int, float]:
        return features(self.words)

    @cached_property
    def language(self) -> str:
        """ISO 639-1; English where nothing speaks for another."""
        said = [word for words in self.words for word in words]
        lists = small_words()
        return max(lists, key=lambda code: sum(word in lists[code] for word in said))


def read(messages: Sequence[Message]) -> Reading:
    """The request is in the last message of a user, by itself or in a record as JSON."""
    before = "\n".join(m["content"] for m in messages if m["role"] in ("system", "developer"))
    last = next((m["content"] for m in reversed(messages) if m["role"] == "user"), "")
    request = _request(last)
    return Reading(request=request, instructions=before, asked=_without(request, last))


def _without_thread(request: str) -> str:
    found = _OLDER_MAIL.search(request)
    return request[: found.start()] if found else request


def _request(message: str) -> str:
    """The free text of the record in a message: its longest string; without a record, all of it."""
    strings = [pair for record, _, _ in _records(message) for pair in _strings("", record)]
    free = [text for name, text in strings if name.casefold() in _FREE_TEXT]
    return max(free or [text for _, text in strings] or [message], key=len)


def _without(request: str, message: str) -> str:
    """A message's own words and the record's other strings."""
    kept, place = [], 0
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
