"""Expiry: old texts of what has ended go by themselves, and nothing else does."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import KINDS, NewLedger
from tests.ledger.conftest import MOMENT, Kept
from tests.ledger.history import SETTLED
from tests.ledger.test_erasure import ADA, LATER, TOLD, about, said, texts
from triage_agent.ledger import tables
from triage_agent.ledger.erasure import expire
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.ledger.verify import faults_of, verify

pytestmark = pytest.mark.long


def test_old_texts_of_what_has_ended_expire(ledger: Ledger, database: Kept) -> None:
    """Neither those of open and failed items, nor younger ones; it is told once, and no fault."""
    day = timedelta(days=1)
    for number, name in enumerate(TOLD):
        steps = [(name, step) for step in TOLD[name][0]]
        ledger.append("run-1", MOMENT, [(name, about(str(number), Email=ADA)), *steps])
    ledger.append("run-1", MOMENT + 2 * day, [("settled", said("young"))])
    ledger.append("run-1", MOMENT + 2 * day, [("young", about("9")), ("young", SETTLED)])
    held = [ledger.story(name).status for name in TOLD]
    gone = expire(ledger, MOMENT + day, MOMENT + 5 * day)
    again = expire(ledger, MOMENT + day, MOMENT + 6 * day)

    assert (3, 0) == (gone, again)
    assert [("failed", 2), ("intended", 2), ("open", 1), ("settled", 1), ("young", 1)] == (
        texts(database)
    )
    assert ["TextsExpired"] == [happened.event.kind for happened in ledger.events(AGENT)]
    assert () == verify(ledger, None).faults
    with closing(Ledger.open(database.url)) as reopened:
        assert held == [reopened.story(name).status for name in TOLD]
        assert [] == faults_of(reopened, [AGENT, "young", *TOLD])


def test_a_younger_text_that_is_missing_is_a_fault(ledger: Ledger, database: Kept) -> None:
    """What expired explains only what is older."""
    day = timedelta(days=1)
    ledger.append("run-1", MOMENT, [("a", about("1")), ("a", SETTLED)])
    ledger.append("run-1", MOMENT + day, [("a", said("of the very moment"))])
    assert 1 == expire(ledger, MOMENT + day, MOMENT + 2 * day)
    whole = verify(ledger, None).faults
    database.change("DELETE FROM payloads")
    gone = ["a event 2: its private text is missing, without an erasure"]

    assert () == whole
    assert gone == list(verify(ledger, None).faults)
    assert gone == faults_of(ledger, ["a"])


@pytest.fixture(scope="module", params=KINDS)
def emptied(request: pytest.FixtureRequest, new_ledger: NewLedger) -> Kept:
    """A ledger that each example of a property empties for itself."""
    database = Kept(new_ledger(request.param))
    Ledger.open(database.url).close()
    return database


ITEMS = st.lists(
    st.tuples(st.integers(0, 9), st.booleans(), st.lists(st.integers(0, 9), max_size=2)), max_size=8
)


@settings(max_examples=12, deadline=None)
@given(given_items=ITEMS, border=st.integers(0, 10))
def test_what_expires_is_what_is_old_and_has_ended(
    emptied: Kept, given_items: list[tuple[int, bool, list[int]]], border: int
) -> None:
    """Of items that begin one after the other, whatever is added to them later."""
    database, hour = emptied, timedelta(hours=1)
    for table in tables.metadata.tables:
        database.change(f"DELETE FROM {table}")  # noqa: S608 - our own names
    kept, gone = set(), 0
    steps = [
        (at, number, ended, event)
        for number, (began, ended, later) in enumerate(sorted(given_items))
        for at, event in ((began, about(str(number))), *((began + n, said("x")) for n in later))
    ]
    with closing(Ledger.open(database.url)) as ledger:
        for at, number, ended, event in sorted(steps, key=lambda step: step[0]):
            new = [(f"item-{number}", event)]
            if ended and event.kind == "Received":
                new.append((f"item-{number}", SETTLED))
            ledger.append("run-1", MOMENT + at * hour, new)
            old = ended and at < border
            gone += old
            kept |= set() if old else {(f"item-{number}", at)}
        expired = expire(ledger, MOMENT + border * hour, LATER)
        faults = verify(ledger, None).faults
    left = database.rows(
        "SELECT name, at FROM payloads p JOIN streams ON id = p.stream "
        "JOIN events e ON e.stream = p.stream AND e.sequence = p.sequence"
    )

    assert gone == expired
    assert () == faults
    assert kept == {(name, hours(at)) for name, at in left}


def hours(at: Any) -> int:  # noqa: ANN401 - of a row
    return int((at - MOMENT.timestamp() * 1e6) / 3.6e9)
