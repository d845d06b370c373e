"""What a request says, judged by what was learned.

A value that nothing was learned of, as another workflow's are, is judged by the words that its name
and meaning share with the request.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import shorten

from triage_agent.sandbox.model.hearing import abstaining, concepts_in, empty_words, plain_words
from triage_agent.sandbox.model.learned import STOPS, learned
from triage_agent.sandbox.model.reading import Reading

SUMMARY_LENGTH = 240
"""Characters."""

_WORDS_IN_COMMON = 3  # that make a sentence speak for a value
_WORD_OF_A_NAME = 3  # how many of a meaning's words one is worth
_WORDS_OF_A_REQUEST = 4  # fewer that carry meaning ask for nothing
_WORDS_OF_A_STATEMENT = 4
_LETTERS_IN_COMMON = 5
_ONLY_POLITE = {"greeting", "thanks", "call_us", "talk", "attached", "i", "we", "you", "asks_to_do"}


def best(values: Sequence[object], reading: Reading) -> object:
    """The value that most speaks for; where nothing does, one that abstains, or else the first."""
    words = [value for value in values if isinstance(value, str)]
    open_choice = next((value for value in values if value in abstaining()), values[0])
    if not words or not any(reading.words):
        return open_choice
    scores = _scores(words, reading)
    return max(scores, key=lambda value: scores[value]) if any(scores.values()) else open_choice


def confidence(values: Sequence[str], reading: Reading) -> float:
    """How likely the best of these is right, 0.1 to 1; low where nothing speaks for any."""
    if not any(reading.words):
        return 0.1
    scores = list(_scores(values, reading).values())
    if _all_learned(values):
        return max(0.1, round(learned().confidence(scores), 2))
    best, second, *_ = [*sorted(scores, reverse=True), 0, 0]
    return max(0.1, round((best - second / 2) / (best + 0.3), 2))


def quotes(values: Sequence[str], reading: Reading) -> Iterator[tuple[str, str]]:
    """Those of the values that the request speaks for, each with the sentence that does so most."""
    for value in values:
        if _asks_nothing(reading) and "missing" in plain_words(value):
            yield value, next(iter(reading.sentences), "")
    if any(reading.words):
        known = [value for value in values if value in learned().lines]
        for value in _spoken_for(known, reading):
            yield value, _telling_sentence(value, reading)
        for value in values:
            if value not in known and (quote := _fitting_sentence(value, reading)) is not None:
                yield value, quote


def _spoken_for(known: Sequence[str], reading: Reading) -> list[str]:
    """What is plain by itself; where only some flag is plain, the likeliest of all."""
    scores = learned().scores([*learned().lines], reading.words)
    plain = [value for value in known if scores[value] > 0]
    flags = {value: score for value, score in scores.items() if "." in value}
    likeliest = max(flags, key=lambda value: flags[value])
    if scores[STOPS] > 0 and not any("." in value for value in plain) and likeliest in known:
        return [*plain, likeliest]
    return plain


def _telling_sentence(value: str, reading: Reading) -> str:
    def speaks_for(number: int) -> float:
        return learned().scores([value], [reading.words[number]])[value]

    return reading.sentences[max(range(len(reading.sentences)), key=speaks_for)]


def _scores(values: Sequence[str], reading: Reading) -> Mapping[str, float]:
    if _all_learned(values):
        return learned().scores(values, reading.words)
    return {value: _by_meaning(value, reading) for value in values}


def _all_learned(values: Sequence[str]) -> bool:
    return set(values) <= learned().lines.keys()


def _by_meaning(value: str, reading: Reading) -> float:
    said = {word for words in reading.words for word in words}
    name, meaning = _meaning(value, reading.instructions)
    return _WORD_OF_A_NAME * _in_common(name, said) + _in_common(meaning - name, said)


def _fitting_sentence(value: str, reading: Reading) -> str | None:
    """The first sentence that shares enough words with a value's name and meaning."""
    if "missing" in plain_words(value):
        return None
    ours = set.union(*_meaning(value, reading.instructions))
    for sentence, words in zip(reading.sentences, reading.words, strict=True):
        if _in_common(ours, set(words)) >= _WORDS_IN_COMMON:
            return sentence
    return None


def _asks_nothing(reading: Reading) -> bool:
    heard = {concept for words in reading.words for _, concept in concepts_in(words)}
    said = {word for words in reading.words for word in words if not word.isdigit()}
    return heard <= _ONLY_POLITE and len(said - empty_words()) < _WORDS_OF_A_REQUEST


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
