"""Where a week's values lie in its pictures; what is drawn there stands in the templates."""

from collections.abc import Iterable
from dataclasses import dataclass

from triage_agent.summary.reading import Figure

BAR = 236
"""How long the longest bar is."""
_TOP, _HEIGHT = 20, 74
_LEFT, _STEP = 4, 52


class Bars:
    """Bars of some figures to one scale, each with its mean."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        values = [value for one in figures for value in (one.now, one.mean) if value]
        self._most = max(values, default=1.0)

    def x(self, value: float | None) -> float:
        """How far to the right."""
        return round(2 + (value or 0.0) / self._most * BAR, 1)


@dataclass(frozen=True)
class Column:
    """A week's value as an upright bar; `value` is None where it isn't known."""

    value: float | None
    x: int
    y: float
    height: float


def columns(figure: Figure) -> list[Column]:
    """A figure over the weeks, the earliest first; 0 is where they stand."""
    values = [*reversed(figure.weeks), figure.now]
    most = max((value for value in values if value), default=1.0)
    heights = [round((value or 0.0) / most * _HEIGHT, 1) for value in values]
    return [
        Column(value, _LEFT + place * _STEP, round(_TOP + _HEIGHT - height, 1), height)
        for place, (value, height) in enumerate(zip(values, heights, strict=True))
    ]
