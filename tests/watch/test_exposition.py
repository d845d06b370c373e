"""What Prometheus reads: the figures, each under one name, and nobody's words."""

from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from triage_agent.watch.exposition import LABELLED, METRICS, WORDS, exposed
from triage_agent.watch.figures import Figures

BEGAN = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
SAID = "2026-W47"
FULL = Figures(
    page_version=9,
    mode="live",
    paused_by="agent",
    uncleared=True,
    last_run_id="run-1",
    last_run_began_at=BEGAN,
    last_run_ended_at=BEGAN,
    last_run_how="broke",
    last_run_settled_items=1,
    last_run_escalated_items=2,
    last_run_failed_items=3,
    open_items=4,
    failed_items=5,
    waiting_items=6,
    oldest_open_age_seconds=7.5,
    oldest_waiting_age_seconds=8.5,
    recent_items={"settled": 9, "failed": 10},
    week_unread=True,
    unread_week=SAID,
    today_tokens=11,
    today_usd=0.12,
    recent_tokens=13,
    recent_usd=0.14,
    recent_unpriced_items=15,
    org_requests_used=16,
    org_requests_allowed=17,
)
"""Every number is another one."""


Samples = dict[str, float]


def read(figures: Figures) -> dict[str, Samples]:
    """The page as the vendor's own parser reads it: by metric, and by the value of its label."""
    families = text_string_to_metric_families(exposed(figures).decode())
    return {
        family.name: {"".join(one.labels.values()): one.value for one in family.samples}
        for family in families
    }


def test_each_figure_is_told() -> None:
    """Whatever a number says stands there, moments as seconds since 1970."""
    told = read(FULL)
    expected = {
        name: {"": value.timestamp() if isinstance(value, datetime) else float(value)}
        for name, field in METRICS.items()
        if field not in LABELLED and (value := getattr(FULL, field)) is not None
    }

    assert {*METRICS} == {*told}
    assert expected == {name: of for name, of in told.items() if "" in of}
    assert len(METRICS) - len(LABELLED) == len(expected)


def test_what_has_kinds_is_told_of_each() -> None:
    """A label has each of its values at any time, so that an alert need not guess."""
    told = read(FULL)

    assert {"person": 0, "agent": 1, "file": 0, "setting": 0} == told["triage_agent_paused_by"]
    assert {"finished": 0, "broke": 1, "unended": 0} == told["triage_agent_last_run_how"]
    assert {"settled": 9, "failed": 10, "open": 0}.items() <= (
        told["triage_agent_recent_items"].items()
    )


def test_what_is_not_known_has_no_sample() -> None:
    """No number stands for none: an age of 0 would be another thing than no item."""
    fields = ("last_run_ended_at", "oldest_open_age_seconds", "org_requests_used")
    told = read(FULL.model_copy(update=dict.fromkeys(fields)))

    assert {*fields} == {METRICS[name] for name, samples in told.items() if not samples}


def test_no_id_and_no_word() -> None:
    """What isn't a number isn't there: no run's id, no week, no reason."""
    page = exposed(FULL).decode()

    assert {"mode", "last_run_id", "unread_week"} == {*WORDS}
    assert [] == [word for word in ("run-1", SAID) if word in page]


@pytest.mark.parametrize("field", Figures.model_fields)
def test_each_figure_says_what_it_is(field: str) -> None:
    """A figure has one description, in a sentence, and its metric's HELP is that."""
    described = str(Figures.model_fields[field].description)
    names = [name for name, one in METRICS.items() if one == field]
    page = exposed(FULL).decode()

    assert described.endswith(".")
    assert all(f"# HELP {name} {described}\n" in page for name in names)
    assert (field in WORDS) == (not names)
