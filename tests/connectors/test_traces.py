"""Traces as a collector gets them: one an item and run, whose ids follow from these."""

from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from structlog.testing import capture_logs

from tests.decision.test_spans import DONE, FAILED, INTENDED, PERMITTED, PLANNED, told, traced
from tests.ledger.conftest import CALL
from tests.ledger.history import received
from triage_agent.connectors import traces
from triage_agent.connectors.traces import Traces
from triage_agent.decision.events import ModelCalled

FIRST = told(received("1"), ModelCalled(call=CALL), PLANNED, PERMITTED, INTENDED, FAILED)
AGAIN = told(INTENDED, DONE, run="run-2", later=60)
FAILS, RESUMED = traced(FIRST), traced([*FIRST, *AGAIN], "run-2")


@pytest.fixture
def collector() -> Iterator[InMemorySpanExporter]:
    """It takes whatever is sent."""
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.shutdown()


def context(span: ReadableSpan) -> tuple[int, int]:
    found = span.get_span_context()
    assert found
    return found.trace_id, found.span_id


def sent(collector: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """What was taken, by name."""
    return {span.name: span for span in collector.get_finished_spans()}


def test_an_item_is_one_trace(collector: InMemorySpanExporter) -> None:
    """Its calls and writes are children of its root, with times, kinds and outcomes."""
    Traces(collector).send([FAILS])
    spans = sent(collector)
    root, call, write = spans["triage item"], spans["chat model-1"], spans["write tag"]

    assert 1 == len({context(span)[0] for span in spans.values()})
    assert [None, context(root)[1], context(root)[1]] == [
        span.parent and span.parent.span_id for span in (root, call, write)
    ]
    assert [SpanKind.INTERNAL, SpanKind.CLIENT] == [root.kind, call.kind]
    assert call.start_time is not None
    assert call.end_time is not None
    assert CALL.seconds * 1e9 == call.end_time - call.start_time
    assert [StatusCode.ERROR, StatusCode.UNSET, StatusCode.ERROR] == [
        span.status.status_code for span in (root, call, write)
    ]
    assert write.attributes
    assert "ROW_LOCKED" == write.attributes["error.type"]
    assert {**FAILS.children[0].attributes} == {**(call.attributes or {})}


def test_a_resumed_item_leads_to_its_first_run(collector: InMemorySpanExporter) -> None:
    """Another run is another trace, with a link to the root of the one before."""
    Traces(collector).send([FAILS, RESUMED])
    first, second = (one for one in collector.get_finished_spans() if one.name == "triage item")

    assert {*context(first)}.isdisjoint(context(second))
    assert [context(first)] == [
        (link.context.trace_id, link.context.span_id) for link in second.links
    ]
    assert () == tuple(first.links)


def test_the_same_trace_again(collector: InMemorySpanExporter) -> None:
    """What is sent twice has the same ids both times."""
    Traces(collector).send([FAILS])
    once = {context(span) for span in collector.get_finished_spans()}
    Traces(collector).send([FAILS])

    assert once == {context(span) for span in collector.get_finished_spans()}
    assert 3 == len(once)


def test_by_the_standard_settings(
    collector: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service has our name, unless the settings name it; and they can switch it all off."""
    Traces(collector).send([FAILS])
    monkeypatch.setenv("OTEL_SERVICE_NAME", "triage-emea")
    Traces(collector).send([FAILS])
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    Traces(collector).send([FAILS])
    names = [span.resource.attributes["service.name"] for span in collector.get_finished_spans()]

    assert ["triage-agent"] * 3 + ["triage-emea"] * 3 == names


class Broken(SpanExporter):
    """A collector that takes nothing after the first few."""

    def __init__(self) -> None:
        self.asked = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        assert spans
        self.asked += 1
        return SpanExportResult.SUCCESS if self.asked == 1 else SpanExportResult.FAILURE


def test_a_collector_that_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked no further, and that is logged once."""
    monkeypatch.setattr(traces, "SENT_AT_ONCE", 1)
    broken = Broken()
    with capture_logs() as logs:
        Traces(broken).send([FAILS] * 5)

    assert 2 == broken.asked
    assert ["traces are lost"] == [entry["event"] for entry in logs]
