"""A run tells traces of what it did where somebody collects them, and is never the worse for it."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from structlog.testing import capture_logs

from tests.conftest import copied
from triage_agent import wiring
from triage_agent.connectors import traces
from triage_agent.errors import Paused
from triage_agent.jobs import bookkeeping
from triage_agent.jobs.traces import ENDPOINTS
from triage_agent.recovery.pause import FILE

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.jobs.conftest import Site
    from triage_agent.jobs.report import RunReport

STOPS = {"Description": "I dispute the invoice of last month."}


class Collector:
    """What OpenTelemetry's collector does: takes spans over HTTP."""

    def __init__(self) -> None:
        self.status = 200
        self.asked = 0
        self.spans: list[Any] = []

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Its address."""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join()

    def take(self, body: bytes) -> None:
        self.asked += 1
        told = ExportTraceServiceRequest.FromString(body)
        for resource in told.resource_spans:
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """One that listens where the settings say."""
    found = Collector()
    with found.listening() as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        yield found


@pytest.fixture
def site(open_site: Callable[..., Site]) -> Site:
    site: Site = open_site([{}, STOPS])
    copied(site.project)
    return site


def run(site: Site) -> RunReport:
    """As the command does."""
    return wiring.run(site.target, shadow=False, limit=None, only=None, progress=lambda *_: None)


def attributes(span: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf's
    return {one.key: one.value.string_value for one in span.attributes}


def test_a_trace_an_item(site: Site, collector: Collector) -> None:
    """Each item of the run is told with its calls and its writes; an idle run tells nothing."""
    report = run(site)
    roots = {attributes(span)["triage_agent.status"] for span in collector.named("triage item")}
    asked, said = collector.asked, [str(span) for span in collector.spans]
    run(site)

    assert {"settled", "escalated"} == roots
    assert 2 == len({span.trace_id for span in collector.spans})
    assert report.model_calls.calls == sum(one.startswith("chat ") for one in names(collector))
    assert {"write tag", "write escalate", "write create_task"} <= {*names(collector)}
    assert (1, 1) == (asked, collector.asked)
    assert [] == [one for one in said if "I dispute" in one or "Lind" in one or "00Q" in one]


def names(collector: Collector) -> list[str]:
    return [span.name for span in collector.spans]


def test_no_trace_of_a_run_that_was_refused(site: Site, collector: Collector) -> None:
    """Where no run began, the one before isn't told again."""
    run(site)
    (site.project / FILE).touch()
    with pytest.raises(Paused):
        run(site)

    assert 1 == collector.asked


def breaks(*_: object) -> None:
    raise RuntimeError


def test_a_run_that_broke_off(
    site: Site, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had done until then is told."""
    monkeypatch.setattr(bookkeeping, "close", breaks)
    with pytest.raises(RuntimeError):
        run(site)

    assert 2 == len(collector.named("triage item"))


@pytest.mark.parametrize("how", ["refuses", "breaks"])
def test_a_collector_that_fails(
    site: Site, collector: Collector, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The run's report is as ever, and one line of the log says that traces are lost."""
    if how == "refuses":
        collector.status = 400
    else:
        monkeypatch.setattr(traces.Traces, "_tell", None)
    with capture_logs() as logs:
        report = run(site)

    assert (1, 1) == (report.totals.settled, report.totals.escalated)
    lost = [entry for entry in logs if entry["event"] == "traces are lost"]
    assert ["warning"] == [entry["log_level"] for entry in lost]


def test_nothing_is_imported_without_a_collector(site: Site) -> None:
    """Without the settings that name one, a run loads nothing of OpenTelemetry."""
    code = (
        "import sys; from pathlib import Path; from triage_agent import wiring; "
        "from triage_agent.targets import Target; "
        f"wiring.run(Target(Path({str(site.project)!r}), sandbox_url={site.url!r}), shadow=False, "
        "limit=None, only=None, progress=lambda *_: None); "
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    found = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )

    assert "[]" == found.stdout.splitlines()[-1]
    assert 2 == len(ENDPOINTS)


def test_without_the_extra(
    site: Site, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a collector is named and its client isn't installed, that is said with the cure."""
    monkeypatch.setitem(sys.modules, "triage_agent.connectors.traces", None)
    with capture_logs() as logs:
        run(site)

    (lost,) = (entry for entry in logs if entry["event"] == "traces are lost")
    assert "pip install 'triage-agent[otel]'" == lost["reason"]
    assert 0 == collector.asked
