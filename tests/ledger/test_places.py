"""The places at the model, which workers share."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.conftest import NewLedger
from triage_agent.ledger.places import Places
from triage_agent.ledger.store import Ledger


@pytest.fixture
def ledger(new_ledger: NewLedger) -> Iterator[Ledger]:
    with closing(Ledger.open(new_ledger("postgres"))) as opened:
        yield opened


def test_workers_share_the_places(ledger: Ledger) -> None:
    """Each has an equal part within a second, and never more together than there are."""
    at = [0.0]
    with Places(ledger, 5, 9, lambda: at[0]) as first:
        assert 5 == first()
        with Places(ledger, 5, 9, lambda: at[0]) as second:
            assert 0 == second()
            at[0] += 1
            assert 3 == first()
            at[0] += 1
            assert 2 == second()
            assert 3 == first()
        at[0] += 2
        assert 5 == first()


def test_a_single_place_is_one_workers(ledger: Ledger) -> None:
    """Where the page lets one question be asked at once, the second worker waits for its turn."""
    at = [0.0]
    with Places(ledger, 1, 9, lambda: at[0]) as first:
        assert 1 == first()
        with Places(ledger, 1, 9, lambda: at[0]) as second:
            at[0] += 2
            assert (1, 0) == (first(), second())


def test_a_worker_has_no_more_than_it_can_use(ledger: Ledger) -> None:
    """Where the page has places for several workers, one alone takes its own number."""
    with Places(ledger, 64, 32) as first, Places(ledger, 64, 32) as second:
        assert (32, 32) == (first(), second())
