"""What was learned from `examples.yaml`: a straight line through the features for each value.

`weights.json` is written by `train`; nothing is learned while the sandbox runs.
"""

import json
from array import array
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from operator import itemgetter, mul
from typing import Any
from zlib import decompress

from triage_agent.sandbox.model.features import Sentence, features

WEIGHTS = "weights.json"
STOPS = "any flag"
"""The line that tells texts with any flag from those without."""


@dataclass(frozen=True)
class Line:
    """One value's weights; its score is above 0 where more speaks for the value than against."""

    weights: Sequence[int]
    scale: float
    base: float

    def score(self, counted: Mapping[int, float]) -> float:
        if len(counted) < 2:  # itemgetter would give no tuple
            return self.base
        weights = itemgetter(*counted)(self.weights)
        return self.base + self.scale * sum(map(mul, weights, counted.values()))


@dataclass(frozen=True)
class Learned:
    """All lines by their value, and how sure they are of a category."""

    lines: Mapping[str, Line]
    sure: Sequence[float]

    def scores(self, values: Sequence[str], text: Sequence[Sentence]) -> dict[str, float]:
        """How much of a text speaks for each of these values, all of them learned."""
        counted = features(text)
        return {value: self.lines[value].score(counted) for value in values}

    def confidence(self, scores: Sequence[float]) -> float:
        """How often the best of such scores was right, on texts that weren't learned from."""
        best, second, *_ = [*sorted(scores, reverse=True), -1.0, -1.0]
        by_best, by_lead, always = self.sure
        return 1 / (1 + exp(-(by_best * best + by_lead * (best - second) + always)))


@cache
def learned() -> Learned:
    stored = json.loads(files(__package__).joinpath(WEIGHTS).read_text(encoding="utf-8"))
    return Learned({value: _line(kept) for value, kept in stored["lines"].items()}, stored["sure"])


def _line(kept: Mapping[str, Any]) -> Line:
    weights = array("b", decompress(b64decode(kept["weights"])))
    return Line(weights, kept["scale"], kept["base"])
