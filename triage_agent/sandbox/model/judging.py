"""What a request says, judged by what was learned.

A value that nothing was learned of, as another workflow's are, is judged by the words that its name
and meaning share with the request.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import shorten

from triage_agent.sandbox.model.features import features
from triage_agent.sandbox.model.hearing import abstaining, concepts_in, empty_words, plain_words
from triage_agent.sandbox.model.learned import Line, learned, scores
from triage_agent.sandbox.model.reading import Reading

SUMMARY_LENGTH = 240
"""Characters."""

_WORDS_IN_COMMON = 3  # that make a sentence speak for a value
_WORD_OF_A_NAME = 3  # how many of a meaning's words one is worth
_WORDS_OF_A_REQUEST = 4  # fewer that carry meaning ask for nothing
_WORDS_OF_A_STATEMENT = 4
_LETTERS_IN_COMMON = 5
_ASKING = {"asks_to_do", "demands", "how_does", "interested", "need", "seek", "want"}
_LINK = re.compile(r"(?:https?://|www\.)\S*")
_ONLY_POLITE = {"greeting", "thanks", "call_us", "talk", "attached", "i", "we", "you", "asks_to_do"}


def best(values: Sequence[object], reading: Reading) -> object:
    """The value that most speaks for; where nothing does, one that abstains, or else the first."""
    scores_of = _scores([value for value in values if isinstance(value, str)], reading)
    if any(scores_of.values()):
        return max(scores_of, key=lambda value: scores_of[value])
    return next((value for value in values if value in abstaining()), values[0])


def confidence(values: Sequence[str], reading: Reading) -> float:
    """How likely the best of these is right, 0.1 to 1; low where nothing speaks for any."""
    found = [*_scores(values, reading).values()]
    if is_known(values):
        likely = learned().confidence(found) if reading.counted else 0.0
    else:
        best, second, *_ = [*sorted(found, reverse=True), 0, 0]
        likely = (best - second / 2) / (best + 0.3)
    return max(0.1, round(likely, 2))


def is_known(categories: Sequence[str]) -> bool:
    """Whether these are the categories of the workflow that was learned."""
    return bool(categories) and set(categories) <= learned().categories.keys()


def quotes(
    values: Sequence[str], reading: Reading, *, known_workflow: bool
) -> Iterator[tuple[str, str]]:
    """Those of the values that the request speaks for, each with the sentence that does so most."""
    lines = {**learned().flags, **learned().claims} if known_workflow else {}
    told = {*_flags(reading), *_above_none(learned().claims, reading)} if known_workflow else set()
    for value in values:
        if "missing" in plain_words(value) and _asks_nothing(reading):
            yield value, next(iter(reading.sentences), "")
        elif value in lines:
            if value in told:
                yield value, _telling_sentence(lines[value], reading)
        elif (quote := _fitting_sentence(value, reading)) is not None:
            yield value, quote


def _flags(reading: Reading) -> list[str]:
    """What is plain by itself; where only some flag is plain, the likeliest of all."""
    lines = dict(learned().flags)
    if best([*learned().categories], reading) not in abstaining():
        lines = {
            value: line for value, line in lines.items() if "missing" not in plain_words(value)
        }
    if plain := _above_none(lines, reading):
        return plain
    stops = bool(reading.counted) and learned().stops.score(reading.counted) > 0
    return [max(lines, key=lambda value: lines[value].score(reading.counted))] if stops else []


def _above_none(lines: Mapping[str, Line], reading: Reading) -> list[str]:
    found = scores(lines, reading.counted) if reading.counted else {}
    return [value for value, score in found.items() if score > 0]


def _telling_sentence(line: Line, reading: Reading) -> str:
    """The sentence that by itself speaks most for a line's value."""
    counted = [features([words]) for words in reading.words]
    telling = max(range(len(counted)), key=lambda number: line.score(counted[number]))
    return reading.sentences[telling]


def _scores(values: Sequence[str], reading: Reading) -> Mapping[str, float]:
    """By what was learned, where that is so of all: what speaks for the others doesn't compare."""
    if not is_known(values):
        return {value: _by_meaning(value, reading) for value in values}
    lines = {value: learned().categories[value] for value in values}
    return scores(lines, reading.counted) if reading.counted else dict.fromkeys(values, 0.0)


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
    """The first two sentences that ask for something, or else that state something; no links."""
    stating = [
        sentence
        for sentence, words in zip(reading.sentences, reading.words, strict=True)
        if len(words) >= _WORDS_OF_A_STATEMENT
    ]
    asking = [sentence for sentence in stating if _asks(sentence)]
    told = " ".join((asking or stating or reading.sentences)[:2])
    return shorten(_LINK.sub("", told), SUMMARY_LENGTH, placeholder=" …")


def _asks(sentence: str) -> bool:
    heard = {concept for _, concept in concepts_in(plain_words(sentence))}
    return sentence.endswith(("?", "\uff1f")) or bool(heard & _ASKING)
