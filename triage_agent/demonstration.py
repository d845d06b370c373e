"""The whole loop on one machine: a sandbox with its pages, and the agent at work beside it."""

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from triage_agent.errors import TriageError
from triage_agent.targets import Target, deployed

if TYPE_CHECKING:
    from triage_agent.jobs.report import RunReport

_WORDS = (signal.SIGINT, signal.SIGTERM)
EVERY = 60.0
"""Seconds between sweeps while nobody sends a request; a new one is taken up at once."""


def target_of(named: Path | None, say: Callable[[str], None]) -> Target:
    """The embedded sandbox of a project: the one that is named or here, else the example."""
    from triage_agent.operating_model.loading import FILE
    from triage_agent.project import EXAMPLE, folder_or_example

    if (folder := folder_or_example(named)) == EXAMPLE:
        say(
            f"There is no {FILE} here: this is the example, unpacked into {folder}/. "
            "Edit its page, and the next sweep goes by it."
        )
    return Target(folder, sandbox=True)


def demonstrate(target: Target, port: int, say: Callable[[str], None]) -> None:
    """Serves the embedded sandbox and sweeps it, until Ctrl-C or a SIGTERM."""
    from triage_agent.sandbox import server
    from triage_agent.staging import samples
    from triage_agent.wiring import run

    new = threading.Event()
    with _until_told(), ExitStack() as stack:
        url = stack.enter_context(
            server.running(
                state=target.sandbox_state,
                leads=samples(target.project),
                port=port,
                deployed=deployed(target),
                arrived=new.set,
            )
        )
        say(f"Open {url} in a browser. Ctrl-C ends it.")
        at_work = replace(target, served_at=url)
        stack.enter_context(_listening(at_work))
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
def _listening(target: Target) -> Iterator[None]:
    """Somebody hears what people click, beside whatever else is done."""
    from triage_agent.listening import listen

    ready, over = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        listener = pool.submit(listen, target, over, lambda _: ready.set())
        listener.add_done_callback(lambda _: ready.set())
        try:
            ready.wait()
            yield
        finally:
            over.set()
    listener.result()


@contextmanager
def _until_told() -> Iterator[None]:
    """Being told to stop is how it ends well, wherever it is at that moment; once is enough.

    `make` passes on what it is sent, so that the same word may come twice.
    """

    def told(_number: int, _frame: object) -> None:
        for number in _WORDS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _WORDS:
        signal.signal(number, told)
    with suppress(KeyboardInterrupt):
        yield


def _tell(report: "RunReport", say: Callable[[str], None]) -> None:
    totals = report.totals
    if report.items:
        say(
            f"{totals.received} taken up: {totals.settled} settled, {totals.escalated} escalated, "
            f"{totals.failed} failed"
        )
