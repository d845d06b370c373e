"""Where work waits for company: a lane gathers what can travel together into batches."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

LONGEST_WAIT = 2.0
"""Seconds that something waits for others to travel with."""
TOGETHER = 0.01
"""Seconds within which results are committed in one group."""
Passenger = TypeVar("Passenger")
Result = TypeVar("Result")


@dataclass
class Lane(Generic[Passenger]):
    """What goes one way, with at most one batch on its way at a time."""

    capacity: int
    clock: Callable[[], float]
    flying: bool = False
    _waiting: list[Passenger] = field(default_factory=list)
    _since: float = 0.0

    def add(self, passenger: Passenger) -> None:
        """One more to carry."""
        if not self._waiting:
            self._since = self.clock()
        self._waiting.append(passenger)

    def due_in(self, *, nothing_follows: bool) -> float | None:
        """Seconds until the next batch should leave; None while there is none to wait for."""
        if self.flying or not self._waiting:
            return None
        if nothing_follows or len(self._waiting) >= self.capacity:
            return 0.0
        return max(0.0, self._since + LONGEST_WAIT - self.clock())

    def take(self) -> list[Passenger]:
        """The batch that leaves now."""
        batch, self._waiting = self._waiting[: self.capacity], self._waiting[self.capacity :]
        self._since = self.clock()
        self.flying = True
        return batch


def available(
    landed: SimpleQueue[Future[Result]],
    patience: float | None,
) -> Iterator[Future[Result]]:
    """All that has finished; waits for the first, at most `patience` seconds.

    What finishes right after it is waited for, too: it is committed together.
    """
    try:
        yield landed.get(timeout=patience)
        until = time.monotonic() + TOGETHER
        while True:
            yield landed.get(timeout=max(0.0, until - time.monotonic()))
    except Empty:
        return
