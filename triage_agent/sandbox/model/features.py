"""What is counted in a text before it is judged: its words, parts of words, and concepts.

Each feature falls into one of `BUCKETS` by a checksum, so no vocabulary has to be kept; where two
fall into the same, the texts that hold them both are learned from, and it hardly matters.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import log, sqrt
from zlib import crc32

from triage_agent.sandbox.model.hearing import concepts_in

BUCKETS = 2**15
_WEIGHTS = {"word": 1.0, "words": 0.7, "part": 0.5, "concept": 1.5, "concepts": 1.0}
_PART_LENGTHS = (3, 4, 5)
_WORDS_BETWEEN_CONCEPTS = 8

Sentence = Sequence[str]
"""The plain words of one."""


def features(sentences: Sequence[Sentence]) -> Mapping[int, float]:
    """The buckets that a text fills, and how much of each; every kind of feature counts alike."""
    counted: dict[str, Counter[str]] = {kind: Counter() for kind in _WEIGHTS}
    for sentence in sentences:
        for kind, feature in _features(tuple("0" if word.isdigit() else word for word in sentence)):
            counted[kind][feature] += 1
    filled: dict[int, float] = {}
    for kind, counts in counted.items():
        damped = {feature: 1 + log(times) for feature, times in counts.items()}
        length = sqrt(sum(times**2 for times in damped.values()))
        for feature, times in damped.items():
            bucket = crc32(f"{kind} {feature}".encode()) % BUCKETS
            filled[bucket] = filled.get(bucket, 0) + _WEIGHTS[kind] * times / length
    return filled


def _features(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for word in words:
        yield "word", word
        framed = f"<{word[:40]}>"
        for length in _PART_LENGTHS:
            for start in range(len(framed) - length + 1):
                yield "part", framed[start : start + length]
    for first, second in pairwise(["^", *words, "$"]):
        yield "words", f"{first} {second}"
    heard = concepts_in(words)
    for number, (place, concept) in enumerate(heard):
        yield "concept", concept
        for later, other in heard[number + 1 :]:
            if later - place > _WORDS_BETWEEN_CONCEPTS:
                break
            yield "concepts", f"{concept} {other}"
