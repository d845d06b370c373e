"""What a request says, judged by the cues that are heard in it.

A value that has no cues is judged by the words that its name and meaning share with the request.
"""

import re
from collections.abc import Sequence
from textwrap import shorten

from triage_agent.sandbox.model.hearing import (
    WEIGHTS,
    Cue,
    cues,
    empty_words,
    knowledge,
    lexicon,
    plain_words,
)
from triage_agent.sandbox.model.reading import Reading

SUMMARY_LENGTH = 240
"""Characters."""

_WORDS_IN_COMMON = 3  # that make a sentence speak for a value with no entry
_WORDS_OF_A_REQUEST = 4  # fewer that carry meaning ask for nothing
_WORDS_OF_A_STATEMENT = 4
_LETTERS_IN_COMMON = 5


def best(values: Sequence[object], reading: Reading) -> object:
    """The value that most speaks for; where nothing does, one that abstains, or else the first."""
    scores = {value: score(value, reading) for value in values if isinstance(value, str)}
    if any(scores.values()):
        return max(scores, key=lambda value: scores[value])
    return next((value for value in values if value in knowledge()["abstain"]), values[0])


def confidence(scores: Sequence[float]) -> float:
    """How far the best is ahead of the second, 0 to 1; low where nothing speaks for any.

    The scale is set on the sandbox's sample leads: of 34 that a single hint decides or more, 31
    were right, so a lone hint is worth about 0.75 and a tie less than 0.5.
    """
    best, second, *_ = [*sorted(scores, reverse=True), 0, 0]
    return float(max(0.1, round((best - second / 2) / (best + 0.3), 2)))


def score(value: str, reading: Reading) -> float:
    """How much of the request speaks for a value."""
    if known := cues(value):
        return sum(cue.weight for cue in known if _heard(cue, reading))
    said = {word for words in reading.words for word in words}
    name, meaning = _meaning(value, reading.instructions)
    return WEIGHTS["says"] * _in_common(name, said) + _in_common(meaning - name, said)


def quote(value: str, reading: Reading) -> str | None:
    """The first sentence that speaks for a value; None where none does."""
    if "missing" in plain_words(value):
        return next(iter(reading.sentences), "") if _asks_nothing(reading) else None
    if known := cues(value):
        numbers = {
            number
            for cue in known
            if cue.weight >= WEIGHTS["says"]
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
    understood = any(_heard(cue, reading) for known in lexicon().values() for cue in known)
    return not understood and len(said - empty_words()) < _WORDS_OF_A_REQUEST


def _meaning(value: str, instructions: str) -> tuple[set[str], set[str]]:
    """The words of a value's name, and those after it on its line of the instructions."""
    last = value.rsplit(".", 1)[-1]
    found = re.search(rf"(?<!\w)(?:{re.escape(value)}|{re.escape(last)})(?!\w)(.*)", instructions)
    after = plain_words(found[1]) if found else ()
    return set(plain_words(last)) - empty_words(), set(after) - empty_words()


def _in_common(ours: set[str], theirs: set[str]) -> int:
    """How many of our words they use, in whatever ending."""
    stems = {word[:_LETTERS_IN_COMMON] for word in theirs}
    return sum(word[:_LETTERS_IN_COMMON] in stems for word in ours)


def summary(reading: Reading) -> str:
    """The first sentences that state something."""
    stating = [
        sentence
        for sentence, words in zip(reading.sentences, reading.words, strict=True)
        if len(words) >= _WORDS_OF_A_STATEMENT
    ]
    return shorten(" ".join(stating or reading.sentences), SUMMARY_LENGTH, placeholder=" …")
