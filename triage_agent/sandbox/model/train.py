"""Learns from `examples.yaml`; `python -m triage_agent.sandbox.model.train` writes `weights.json`.

Ridge regression, a line for each value. Leaving a family of examples out has a closed form, so
thresholds and confidence are set on what each text gets from lines that never saw its family.
numpy is needed here and not where the lines are used.
"""

import hashlib
import json
from array import array
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any
from zlib import compress

import numpy as np
from numpy.typing import NDArray

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.model.features import BUCKETS, features
from triage_agent.sandbox.model.hearing import plain_words, sentences
from triage_agent.sandbox.model.learned import WEIGHTS

Numbers = NDArray[np.float64]

LEARNED_FROM = ("examples.yaml", "concepts.yaml", "features.py", "hearing.py", "train.py")

Json = dict[str, Any]

FLAG, CLAIM = "flag.", "claim."
"""What a label begins with that is no category; the rest is its name in the form."""

_STIFFNESS = 3.0
_FALSE_ALARMS = 0.05
"""Of the texts without any flag, so many may be taken for one with some."""
_FALSE_ALARMS_OF_ONE = 0.006
_STEP = 127  # the largest weight that is kept: one byte


@dataclass(frozen=True)
class Example:
    """`family`: what looks alike, and is learned or left out together."""

    family: int
    labels: frozenset[str]
    text: str

    @property
    def category(self) -> str:
        """Empty where none is plain."""
        return next((label for label in sorted(self.labels) if "." not in label), "")

    def has(self, kind: str) -> bool:
        return any(label.startswith(kind) for label in self.labels)


def examples() -> list[Example]:
    return families(own_yaml(__package__, "examples.yaml"))


def families(stored: Sequence[Mapping[str, str | list[str]]]) -> list[Example]:
    """The examples in a list of families: texts, one or several, by their labels."""
    found = []
    for family, members in enumerate(stored):
        for labels, texts in members.items():
            listed = texts if isinstance(texts, list) else [texts]
            found += [Example(family, frozenset(labels.split()), text) for text in listed]
    return found


@dataclass(frozen=True)
class Material:
    """The examples as numbers; `alike` compares each with each."""

    examples: Sequence[Example]
    counted: Numbers

    @cached_property
    def alike(self) -> Numbers:
        return self.counted @ self.counted.T

    @cached_property
    def families(self) -> Mapping[int, Sequence[int]]:
        places: dict[int, list[int]] = {}
        for place, example in enumerate(self.examples):
            places.setdefault(example.family, []).append(place)
        return places

    def only(self, places: Sequence[int]) -> "Material":
        return Material([self.examples[place] for place in places], self.counted[list(places)])


@dataclass(frozen=True)
class Fit:
    """A line, and the score of each text from the line that was fitted without its family."""

    weights: Numbers
    base: float
    unseen: Numbers


def material(found: Sequence[Example]) -> Material:
    counted = np.zeros((len(found), BUCKETS))
    for row, example in zip(counted, found, strict=True):
        filled = features([plain_words(sentence) for sentence in sentences(example.text)])
        row[list(filled)] = list(filled.values())
    return Material(found, counted)


def fit(given: Material, is_so: Sequence[bool]) -> Fit:
    """The line that comes closest to 1 where it is so and -1 elsewhere, both weighing the same."""
    wanted = np.where(is_so, 1.0, -1.0)
    share = np.mean(is_so)
    weighing = np.where(is_so, 0.5 / share, 0.5 / (1 - share))
    base = float(np.average(wanted, weights=weighing))
    by_text = by_texts(given.alike, wanted - base, weighing)
    unseen = base + left_out(given, wanted - base, weighing)
    return Fit(given.counted.T @ by_text, base, unseen)


def by_texts(alike: Numbers, wanted: Numbers, weighing: Numbers) -> Numbers:
    """How much each text adds to the line that comes closest to what is wanted."""
    return np.asarray(np.linalg.solve(alike + np.diag(_STIFFNESS / weighing), wanted))


def left_out(given: Material, wanted: Numbers, weighing: Numbers) -> Numbers:
    """What each text gets from the line that is fitted without the text's family."""
    hat = given.alike @ np.linalg.inv(given.alike + np.diag(_STIFFNESS / weighing))
    seen = hat @ wanted
    unseen = np.empty(len(wanted))
    for places in given.families.values():
        own = np.eye(len(places)) - hat[np.ix_(places, places)]
        unseen[places] = wanted[places] - np.linalg.solve(own, (wanted - seen)[places])
    return unseen


def certainty(scores: Numbers, right: NDArray[np.bool_]) -> list[float]:
    """A logistic curve through how often the best score, ahead of the second, was right."""
    best, second = np.sort(scores)[:, ::-1][:, :2].T
    inputs = np.stack([best, best - second, np.ones(len(best))], axis=1)
    curve = np.zeros(3)
    for _ in range(25):  # Newton's steps; far fewer settle it
        chance = 1 / (1 + np.exp(-inputs @ curve))
        bend = inputs.T @ (inputs * (chance * (1 - chance))[:, None]) + 0.1 * np.eye(3)
        curve += np.linalg.solve(bend, inputs.T @ (right - chance) - 0.1 * curve)
    return [round(float(number), 4) for number in curve]


def trained() -> str:
    """The content of `weights.json`."""
    given = material(examples())
    categories, sure = _of_categories(given)
    content = {
        "generated": "by python -m triage_agent.sandbox.model.train",
        "from": digest(),
        "sure": sure,
        "categories": categories,
        "flags": _lines(given, FLAG, _FALSE_ALARMS_OF_ONE),
        "claims": _lines(_saying_no_more(given), CLAIM, _FALSE_ALARMS_OF_ONE),
        "stops": _above_most(given, [e.has(FLAG) for e in given.examples], _FALSE_ALARMS),
    }
    return json.dumps(content, indent=0) + "\n"


def _of_categories(given: Material) -> tuple[dict[str, Json], list[float]]:
    """A line each, and how sure to be of them.

    That is set on examples that stand alone: look-alikes were written to be harder than most.
    """
    own = given.only([row for row, e in enumerate(given.examples) if e.category])
    names = sorted({e.category for e in own.examples})
    fits = {name: fit(own, [e.category == name for e in own.examples]) for name in names}
    scores = np.stack([line.unseen for line in fits.values()], axis=1)
    best = [names[place] for place in scores.argmax(axis=1)]
    right = np.array([name == e.category for name, e in zip(best, own.examples, strict=True)])
    alone = [places[0] for places in own.families.values() if len(places) == 1]
    lines = {name: _kept(line, 0) for name, line in fits.items()}
    return lines, certainty(scores[alone], right[alone])


def _lines(given: Material, kind: str, false_alarms: float) -> dict[str, Json]:
    names = sorted({label for e in given.examples for label in e.labels if label.startswith(kind)})
    return {
        name.removeprefix(kind): _above_most(
            given, [name in e.labels for e in given.examples], false_alarms
        )
        for name in names
    }


def _saying_no_more(given: Material) -> Material:
    """Without the examples that have flags and no claim: what they claim wasn't marked."""
    return given.only(
        [row for row, e in enumerate(given.examples) if e.has(CLAIM) or not e.has(FLAG)]
    )


def _above_most(given: Material, is_so: Sequence[bool], false_alarms: float) -> Json:
    """The line, lowered until of the texts where it isn't so no more than these are above 0."""
    line = fit(given, is_so)
    others = line.unseen[~np.array(is_so)]
    return _kept(line, float(np.quantile(others, 1 - false_alarms)))


def _kept(line: Fit, lowered: float) -> Json:
    """A weight takes a byte: a share of the largest."""
    scale = float(np.abs(line.weights).max()) / _STEP
    weights = array("b", np.rint(line.weights / scale).astype(int).tolist())
    return {
        "base": round(line.base - lowered, 6),
        "scale": round(scale, 9),
        "weights": b64encode(compress(weights.tobytes(), 9)).decode(),
    }


def digest() -> str:
    """The SHA-256 of everything that the weights follow from."""
    read = hashlib.sha256()
    for name in LEARNED_FROM:
        read.update(files(__package__).joinpath(name).read_bytes())
    return read.hexdigest()


if __name__ == "__main__":
    Path(__file__).with_name(WEIGHTS).write_text(trained(), encoding="utf-8")
