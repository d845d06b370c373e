"""What a run did, as traces: once it has ended, from the ledger, where somebody collects them."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

import structlog

from triage_agent.decision.spans import trace
from triage_agent.ledger.store import Ledger

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Without one of these settings nothing is imported, and nothing read."""
log = structlog.get_logger()


@contextmanager
def traced(ledger: Ledger, run: str) -> Iterator[None]:
    """Sends the traces of a run that begins and ends in here, however it ends.

    Nothing that stands in the way of that is raised: it is logged.
    """
    try:
        yield
    finally:
        if any(map(os.environ.get, ENDPOINTS)):
            try:
                _send(ledger, run)
            except Exception as exc:  # noqa: BLE001 - the run's work is done, and on record
                log.warning("traces are lost", reason=type(exc).__name__)


def _send(ledger: Ledger, run: str) -> None:
    """One for each item that it worked on."""
    found = (trace(item, run, told) for item, told in ledger.worked_on(run).items())
    told = [one for one in found if one]
    if not told:
        return
    try:
        from triage_agent.connectors.traces import Traces  # noqa: PLC0415 - an extra, and slow
    except ImportError:
        log.warning("traces are lost", reason="pip install 'triage-agent[otel]'")
        return
    with closing(Traces()) as traces:
        traces.send(told)
