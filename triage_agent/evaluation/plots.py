"""Where the values of a plot lie in its picture; what is drawn there stands in the templates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triage_agent.evaluation.confidence import Point
from triage_agent.evaluation.results import Share

LEFT, TOP, WIDTH, HEIGHT = 48, 26, 306, 220
_TICKS = (0, 0.25, 0.5, 0.75, 1)
_TOPS = (0.04, 0.1, 0.2, 0.4, 0.6, 1.0)
"""Where an axis may end, so that its quarters are read easily."""
_BAR_LEFT, _BAR_WIDTH = 6, 228

Spot = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """A plot of shares over shares; `most`: the highest that it has room for."""

    most: float = 1.0

    def x(self, share: float) -> float:
        """How far to the right."""
        return round(LEFT + share * WIDTH, 1)

    def y(self, share: float) -> float:
        """How far down; what is too high lies on the upper edge."""
        return round(TOP + (1 - min(share / self.most, 1.0)) * HEIGHT, 1)

    @property
    def across(self) -> list[float]:
        """The ticks of the lower axis."""
        return [*_TICKS]

    @property
    def up(self) -> list[float]:
        """The ticks of the left axis."""
        return [tick * self.most for tick in _TICKS]

    def path(self, spots: Iterable[Spot]) -> str:
        """Some spots as a line, in the words of SVG."""
        return " ".join(f"{self.x(across)},{self.y(up)}" for across, up in spots)

    def band(self, points: Sequence[Point]) -> str:
        """The intervals of some points, as the outline of one area."""
        lower = [(one.coverage, one.errors.low) for one in points]
        upper = [(one.coverage, one.errors.high) for one in reversed(points)]
        return self.path(lower + upper)

    def line(self, points: Sequence[Point]) -> str:
        """The errors of some points."""
        return self.path((one.coverage, one.errors.value or 0.0) for one in points)


def framed(shares: Iterable[Share]) -> Frame:
    """With room for each share, and for half as much again of its interval."""
    highest = max((1.5 * (one.value or 0.0) for one in shares), default=1.0)
    return Frame(next((top for top in _TOPS if highest <= top), 1.0))


def bar_x(share: float) -> float:
    """How far to the right in a small bar from 0 to 100 %."""
    return round(_BAR_LEFT + share * _BAR_WIDTH, 1)
