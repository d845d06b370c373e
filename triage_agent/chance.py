"""How far a share that was observed may lie from the true one."""

from math import sqrt

Z = 1.959964
"""The normal distribution has 95 % within so many standard deviations."""


def wilson(value: float, of: float) -> tuple[float, float]:
    """The 95 % score interval of a share that was observed in so many; they need not be whole.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association 22 (158), 1927, 209-212. Of nothing, anything may be true.
    """
    if not of:
        return 0.0, 1.0
    spread = Z * Z / of
    centre = (value + spread / 2) / (1 + spread)
    half = sqrt(spread * (value * (1 - value) + spread / 4)) / (1 + spread)
    return centre - half, 1.0 if value == 1 else centre + half  # rounded, that may not be quite 1
