"""The whole loop on one machine: a sandbox with its pages, and the agent at work beside it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from triage_agent.errors import TriageError
from triage_agent.targets import Target, deployed

if TYPE_CHECKING:
    from triage_agent.jobs.report import RunReport

EVERY = 60.0
"""Seconds between sweeps while nobody sends a request; a new one is taken up at once."""


def demonstrate(target: Target, port: int, say: Callable[[str], None]) -> None:
    """Serves the embedded sandbox and sweeps it, until Ctrl-C or a SIGTERM."""
    from triage_agent.sandbox import server
    from triage_agent.sandbox.leads import SAMPLE
    from triage_agent.wiring import run

    new = threading.Event()
    place = {"state": target.sandbox_state, "leads": SAMPLE, "deployed": deployed(target)}
    with _until_told(), server.running(**place, port=port, arrived=new.set) as url:
        say(f"Open {url} in a browser. Ctrl-C ends it.")
        at_work = replace(target, served_at=url)
        while True:
            new.clear()
            try:
                report = run(at_work, shadow=False, limit=None, only=None, progress=lambda *_: None)
            except TriageError as exc:  # paused, a fault that was switched on, a page being edited
                say(str(exc))
            else:
                _tell(report, say)
            new.wait(EVERY)


@contextmanager
def _until_told() -> Iterator[None]:
    """Being told to stop is how it ends well, wherever it is at that moment."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(report: "RunReport", say: Callable[[str], None]) -> None:
    totals = report.totals
    if report.items:
        say(
            f"{totals.received} taken up: {totals.settled} settled, {totals.escalated} escalated, "
            f"{totals.failed} failed"
        )
