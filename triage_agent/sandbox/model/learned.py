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
from operator import mul
from typing import Any
from zlib import decompress

WEIGHTS = "weights.json"
HARDER = 0.5
"""The examples are harder than what comes in: of requests as people write them more come out right
than the curve through the examples says. Tried on tests/evaluation/dev_cases, so that of those at
0.75 and above nine in ten are."""


@dataclass(frozen=True)
class Line:
    """One value's weights; its score is above 0 where more speaks for the value than against."""

    weights: Sequence[int]
    scale: float
    base: float

    def score(self, counted: Mapping[int, float]) -> float:
        total: float = sum(map(mul, map(self.weights.__getitem__, counted), counted.values()))
        return self.base + self.scale * total


@dataclass(frozen=True)
class Learned:
    """The lines by their value. `stops` tells texts with any flag from those without."""

    categories: Mapping[str, Line]
    flags: Mapping[str, Line]
    claims: Mapping[str, Line]
    stops: Line
    sure: Sequence[float]

    def confidence(self, scores: Sequence[float]) -> float:
        """How likely the best category is right at such scores, in a text not learned from."""
        best, second, *_ = [*sorted(scores, reverse=True), -1.0, -1.0]
        by_best, by_lead, always = self.sure
        chance = 1 / (1 + exp(-(by_best * best + by_lead * (best - second) + always)))
        likely: float = chance**HARDER
        return likely


@cache
def learned() -> Learned:
    stored = json.loads(files(__package__).joinpath(WEIGHTS).read_text(encoding="utf-8"))
    kinds = {
        kind: {value: _line(kept) for value, kept in stored[kind].items()}
        for kind in ("categories", "flags", "claims")
    }
    return Learned(**kinds, stops=_line(stored["stops"]), sure=stored["sure"])


def _line(kept: Mapping[str, Any]) -> Line:
    weights = array("b", decompress(b64decode(kept["weights"])))
    return Line(weights, kept["scale"], kept["base"])


def scores(lines: Mapping[str, Line], counted: Mapping[int, float]) -> dict[str, float]:
    """How much of what was counted in a text speaks for each."""
    return {value: line.score(counted) for value, line in lines.items()}
