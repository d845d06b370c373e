"""Cutting work into pieces that other systems accept."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in order, in lists of `size`; the last may be shorter."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
