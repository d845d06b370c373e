"""What a ledger is about, where several want to say so at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Barrier

from tests.ledger.conftest import Kept
from triage_agent.errors import AnotherOrg
from triage_agent.ledger.store import APP, Ledger

MANY = 8


def test_one_is_first(database: Kept) -> None:
    """Of many at once one binds it, and all others learn to whom it belongs."""
    together = Barrier(MANY, timeout=20)
    with ExitStack() as stack, ThreadPoolExecutor(MANY) as pool:
        ledgers = [stack.enter_context(closing(Ledger.open(database.url))) for _ in range(MANY)]

        def claim(number: int) -> str:
            together.wait()
            try:
                ledgers[number].claim_for(APP, f"A{number}")
            except AnotherOrg as exc:
                return str(exc).partition("Slack app ")[2].partition(",")[0]
            return f"A{number}"

        told = set(pool.map(claim, range(MANY)))

        assert {ledgers[0].identity(APP)} == told
