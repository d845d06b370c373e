"""Sandboxes that nobody waits for when they are told to end: they do so beside the next test."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Any

from triage_agent.sandbox import server


@contextmanager
def running(**served: Any) -> Iterator[str]:  # noqa: ANN401 - as the sandbox's own
    """As the sandbox's own; one whose state another may open is waited for."""
    with ExitStack() as stack:
        url = stack.enter_context(server.running(**served))
        if served["state"] is None:
            stack.callback(Thread(target=stack.pop_all().close).start)
        yield url
