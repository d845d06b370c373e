"""Traces on their way to a collector, by OpenTelemetry's client and its OTEL_… settings alone."""

import logging
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import structlog
from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator

from triage_agent.decision.spans import Span, Trace

SENT_AT_ONCE = 400
"""Spans in one request."""
SERVICE = "triage-agent"
log = structlog.get_logger()


class Traces:
    """Sends traces. Ids follow from item and run: a trace that is sent again is the same one."""

    def __init__(self, exporter: SpanExporter | None = None) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # said once, by `send`
        self._exporter = exporter or OTLPSpanExporter()
        self._ids, self._ended = _Ids(), _Ended()
        named = Resource({"service.name": SERVICE}).merge(OTELResourceDetector().detect())
        provider = TracerProvider(resource=named, id_generator=self._ids, shutdown_on_exit=False)
        provider.add_span_processor(self._ended)
        self._tracer = provider.get_tracer(SERVICE)

    def send(self, traces: Sequence[Trace]) -> None:
        """All of them, or, where nobody takes them, what was taken until then; that is logged."""
        for one in traces:
            self._tell(one)
            if len(self._ended.spans) >= SENT_AT_ONCE and not self._flushed():
                return
        self._flushed()

    def close(self) -> None:
        """Lets go of the connection."""
        self._exporter.shutdown()

    def _flushed(self) -> bool:
        spans, self._ended.spans = self._ended.spans, []
        taken = not spans or self._exporter.export(spans) is SpanExportResult.SUCCESS
        if not taken:
            log.warning("traces are lost", reason="the collector didn't take them")
        return taken

    def _tell(self, one: Trace) -> None:
        links = [api.Link(_root(one.item, run)) for run in one.before]
        self._ids.next = _ids(one.item, one.run, 0)
        root = self._begun(one.root, None, links)
        parent = api.set_span_in_context(root)
        for number, child in enumerate(one.children, start=1):
            self._ids.next = _ids(one.item, one.run, number)
            _end(self._begun(child, parent, []), child)
        _end(root, one.root)

    def _begun(self, span: Span, parent: Context | None, links: Sequence[api.Link]) -> api.Span:
        return self._tracer.start_span(
            span.name,
            parent,
            kind=api.SpanKind[span.kind.upper()],
            attributes=span.attributes,
            links=links,
            start_time=_nanoseconds(span.begun),
        )


def _end(begun: api.Span, span: Span) -> None:
    if span.error:
        begun.set_attribute("error.type", span.error)
        begun.set_status(api.StatusCode.ERROR)
    begun.end(_nanoseconds(span.ended))


def _ids(item: str, run: str, number: int) -> tuple[int, int]:
    """Of a trace, and of the span with that number in it; the root's is 0."""
    trace = sha256(f"{item} {run}".encode()).digest()
    span = sha256(f"{item} {run} {number}".encode()).digest()
    return int.from_bytes(trace[:16]), int.from_bytes(span[:8])


def _root(item: str, run: str) -> api.SpanContext:
    trace, span = _ids(item, run, 0)
    sampled = api.TraceFlags(api.TraceFlags.SAMPLED)
    return api.SpanContext(trace, span, is_remote=True, trace_flags=sampled)


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) * 1000


class _Ids(IdGenerator):
    """Gives the ids that were set."""

    next = (0, 0)

    def generate_trace_id(self) -> int:
        return self.next[0]

    def generate_span_id(self) -> int:
        return self.next[1]


class _Ended(SpanProcessor):
    """Keeps what has ended until it is sent."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)
