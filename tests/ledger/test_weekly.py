"""A span is counted by what an index finds of it, and that index is in nobody else's way."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from tests.conftest import NewLedger
from tests.ledger.conftest import EXAMPLES
from tests.ledger.history import SETTLED, received
from triage_agent.ledger import outcomes, weekly, weekly_use
from triage_agent.ledger.store import Ledger

Ask = Callable[[Ledger, datetime], object]
WEEK = timedelta(days=7)
OF_A_SPAN: dict[str, Ask] = {
    "groups": lambda ledger, at: weekly.groups(ledger, "live", at, at + WEEK),
    "happened": lambda ledger, at: weekly.happened(ledger, "live", at, at + WEEK),
    "told": lambda ledger, at: list(weekly.told(ledger, at, at + WEEK, ("Claimed", "Released"))),
    "used": lambda ledger, at: weekly_use.used(ledger, at, at + WEEK),
    "examples": lambda ledger, at: weekly.examples(
        ledger, "live", at, at + WEEK, weekly.Wanted(), 5
    ),
    "of a rule": lambda ledger, at: weekly.examples(
        ledger, "live", at, at + WEEK, weekly.Wanted(rule="missing_data"), 5
    ),
    "of a status": lambda ledger, at: weekly.examples(
        ledger, "live", at, at + WEEK, weekly.Wanted(status="settled", category="x"), 5
    ),
    "later": lambda ledger, at: list(
        weekly.later(ledger, "live", at, at + WEEK, ("Claimed",), every=3)
    ),
    "to which": lambda ledger, at: weekly.happened_to(ledger, "live", at, at + WEEK, "Claimed", 5),
}
OF_A_RUN: dict[str, Ask] = {
    "unfinished": lambda ledger, _at: ledger.unfinished("live"),
    "waiting": lambda ledger, _at: ledger.waiting("live"),
    "requeued": lambda ledger, _at: ledger.requeued("live"),
    "known": lambda ledger, _at: ledger.known("live", ["1"]),
    "counts": lambda ledger, _at: ledger.counts("live"),
}


@pytest.fixture
def ledger(new_ledger: NewLedger) -> Iterator[Ledger]:
    """One in SQLite, which chooses its indexes without knowing what the tables hold."""
    with closing(Ledger.open(new_ledger("sqlite"))) as opened:
        yield opened


def plan(ledger: Ledger, ask: Ask, at: datetime) -> list[str]:
    """How SQLite finds what is asked for."""
    asked: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:  # noqa: ANN401 - a driver's
        if statement.startswith("SELECT"):
            asked.append((statement, values))

    event.listen(ledger.database.engine, "before_cursor_execute", hear)
    ask(ledger, at)
    event.remove(ledger.database.engine, "before_cursor_execute", hear)
    assert asked
    with ledger.database.reading() as connection:
        return [
            str(row[3])
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]


@pytest.mark.parametrize("name", OF_A_SPAN)
def test_a_span_is_found_by_its_moments(ledger: Ledger, moment: datetime, name: str) -> None:
    """None of the queries goes through all items or all events."""
    steps = plan(ledger, OF_A_SPAN[name], moment)

    assert [] == [step for step in steps if step.startswith("SCAN")]
    assert any(
        "ix_items_received (received_at>" in s or "ix_events_told (kind=? AND at>" in s
        for s in steps
    )


@pytest.mark.parametrize("name", OF_A_RUN)
def test_what_a_run_asks_is_found_as_before(ledger: Ledger, moment: datetime, name: str) -> None:
    """Nothing that says no moment goes through all items of a mode by the index of a span."""
    steps = plan(ledger, OF_A_RUN[name], moment)

    assert [] == [step for step in steps if "ix_items_received" in step]


def test_the_first_and_the_last_item_are_found_at_an_end(ledger: Ledger, moment: datetime) -> None:
    """When these came is read from the index, whose order it has."""
    ledger.append("run-1", moment, [("a", received("1")), ("b", received("2", mode="shadow"))])
    ledger.append("run-1", moment + WEEK, [("c", received("3")), ("a", SETTLED)])
    ledger.append("run-1", moment + 2 * WEEK, [("a", EXAMPLES["Outcome"])])
    steps = plan(ledger, lambda one, _at: outcomes.span(one, "live"), moment)

    assert (moment, moment + WEEK) == outcomes.span(ledger, "live")
    assert (moment, moment) == outcomes.span(ledger, "shadow")
    assert [] == [
        step for step in steps if "TEMP B-TREE" in step or "ix_items_received" not in step
    ]
