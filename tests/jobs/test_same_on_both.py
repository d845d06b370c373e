"""The same leads on both databases: the same happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.conftest import KINDS
from triage_agent.decision.values import private_fields
from triage_agent.jobs.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.conftest import Json, Site

LEADS: list[Json] = [
    {"Company": "Lind Heating"},
    {"Company": "Nobody", "Email": None},
    {
        "Company": "Zażółć \N{PILE OF POO}",
        "Description": "We want to buy.\x00 Call us. \N{SNOWMAN}",
    },
    {"Company": "Court", "Description": "We dispute your invoice and our lawyers will sue you."},
    {
        "Company": "Known Pipes",
        "Email": "kim@known-pipes.example",
        "context": {
            "Account": [{"Name": "Known Pipes", "Website": "known-pipes.example"}],
            "Contact": [{"LastName": "Kim", "Email": "kim@known-pipes.example"}],
        },
    },
    {"Company": "Curious", "Description": "What does a licence for 15 people cost a month?"},
]
VARYING = {
    *("at", "seconds", "key", "record_id", "reference", "record_ids", "path", "run", "digest"),
    *("allowance", "events", "last"),
}
"""What two runs never share: ids, moments, durations, keys that hold ids, and how many requests."""
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""Of a Tuesday in New York: both runs' clock, so that what they ask expires at one moment."""


def test_the_same_happens_on_both_databases(open_site: Callable[..., Site]) -> None:
    """Each lead's events, and the run's, are the same but for ids, moments and durations."""
    told = []
    for kind in KINDS:
        site = open_site(LEADS, kind=kind)
        with site.parts() as parts:
            report = sweep(replace(parts, clock=lambda: NOON))
        companies = {id_: lead["Company"] for id_, lead in site.leads().items()}
        items = {companies[i.record_id]: _told(site, i.item_id) for i in report.items}
        run = [event for event in _told(site, report.run_id) if event["kind"] != "Called"]
        told.append({**items, "the run": run})

        assert [] == site.faults()
    sqlite, postgres = told

    assert {"the run", *(lead["Company"] for lead in LEADS)} == set(sqlite)
    assert sqlite == postgres


def _told(site: Site, stream: str) -> list[Json]:
    """What of a stream is public; each action's order stays, that between actions may differ."""
    events = [
        _without(
            happened.event.model_dump(mode="json"),
            {*VARYING, *private_fields(type(happened.event))},
        )
        for happened in site.events(stream)
    ]
    return sorted(events, key=lambda event: str(event.get("action", "")))


def _without(value: object, names: set[str]) -> Json:
    assert isinstance(value, dict)
    return {key: _plain(inner, names) for key, inner in value.items() if key not in names}


def _plain(value: object, names: set[str]) -> object:
    if isinstance(value, dict):
        return _without(value, names)
    if isinstance(value, list):
        return [_plain(inner, names) for inner in value]
    return value
