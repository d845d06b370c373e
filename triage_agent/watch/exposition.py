"""The figures as Prometheus reads them: each is a gauge, named as its field is."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from triage_agent.decision.states import Status
from triage_agent.recovery.pause import By
from triage_agent.watch.figures import Figures, How

__all__ = ["CONTENT_TYPE", "METRICS", "exposed"]
PREFIX = "triage_agent_"
LABELLED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "paused_by": ("by", get_args(By)),
    "last_run_how": ("how", get_args(How)),
    "recent_items": ("status", get_args(Status)),
}
"""The label of a field that has several samples, and its values; each of them is always told."""
WORDS = ("mode", "last_run_id", "unread_week")
"""What no number tells."""


def _name(field: str) -> str:
    return (
        PREFIX + field.removesuffix("_at") + ("_timestamp_seconds" if field.endswith("_at") else "")
    )


METRICS: Mapping[str, str] = {
    _name(name): name for name in Figures.model_fields if name not in WORDS
}
"""The field that each metric tells."""


def exposed(figures: Figures) -> bytes:
    """The page that is scraped; what isn't known has no sample."""
    registry = CollectorRegistry()
    registry.register(_Collected(figures))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for name, field in METRICS.items():
            described = str(Figures.model_fields[field].description)
            value = getattr(self._figures, field)
            if field not in LABELLED:
                yield GaugeMetricFamily(name, described, value=_number(value))
                continue
            label, values = LABELLED[field]
            family = GaugeMetricFamily(name, described, labels=[label])
            for one in values:
                family.add_metric([one], _sample(value, one))
            yield family


def _number(value: float | datetime | None) -> float | None:
    return value.timestamp() if isinstance(value, datetime) else value


def _sample(value: Mapping[str, int] | str | None, label: str) -> float:
    """How many there are of that; or whether it is just that."""
    return value.get(label, 0) if isinstance(value, Mapping) else float(value == label)
