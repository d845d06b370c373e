"""Tries again what surely did not happen, as often and as late as is reasonable."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from triage_agent.errors import NotLetIn, Unavailable

TRIES = 5
"""How often a request is made at most: one in ten may fail, and hardly one in 100,000 does."""
TRIES_TO_GET_IN = 3
"""How often credentials must be refused in a row before that is believed."""
FIRST_PAUSE = 0.5
"""Seconds before the second try; each further pause is twice as long."""
LONGEST_PAUSE = 60.0
"""Seconds. Who asks to be left alone for longer isn't waited for in this run."""

Result = TypeVar("Result")


def patiently(call: Callable[[], Result], sleep: Callable[[float], None]) -> Result:
    """What `call` returns, once it does; `Unavailable` and `NotLetIn` are tried again.

    Waits as long as the other system asks for, else longer and longer.
    """
    refused = 0
    for attempt in range(TRIES):
        try:
            return call()
        except (Unavailable, NotLetIn) as exc:
            refused = refused + 1 if isinstance(exc, NotLetIn) else 0
            pause = FIRST_PAUSE * 2**attempt if exc.retry_after is None else exc.retry_after
            last = attempt + 1 == TRIES or refused == TRIES_TO_GET_IN
            if last or pause > LONGEST_PAUSE:
                raise
            sleep(pause)
    raise AssertionError("the last try returns or raises")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds in a `Retry-After` header; None where there are none that can be read."""
    text = headers.get("retry-after") or headers.get("Retry-After") or ""
    return float(text) if text.isascii() and text.isdigit() else None
