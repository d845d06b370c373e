"""How far a share that was observed may lie from the true one, and whether two differ."""

from math import exp, lgamma, sqrt

Z = 1.959964
"""The normal distribution has 95 % within so many standard deviations."""
_NAUGHT = 1e-12


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


def differ(hits: int, of: int, others: int, others_of: int, chance: float) -> bool:
    """Whether two shares differ, in one direction, by what is less likely than `chance`."""
    if hits * others_of > others * of:
        return _by_chance(hits, of, others, others_of) < chance
    return _by_chance(others, others_of, hits, of) < chance


def _by_chance(hits: int, of: int, others: int, others_of: int) -> float:
    """How likely so many of all hits, or more, are among `of`, if it is as likely everywhere.

    Fisher's exact test on one side, which few data don't fool. `hits`: more than their share.
    """
    likely = exp(_ways(of, hits) + _ways(others_of, others) - _ways(of + others_of, hits + others))
    sum_of = 0.0
    while likely > _NAUGHT:
        sum_of += likely
        likely *= (of - hits) * others / ((hits + 1) * (others_of - others + 1))
        hits, others = hits + 1, others - 1
    return sum_of


def _ways(of: int, some: int) -> float:
    """The logarithm of how many ways there are to take some of so many."""
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)
