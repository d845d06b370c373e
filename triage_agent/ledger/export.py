"""The ledger as JSON lines, which a script without this program can check.

Each line is an event: `stream`, `sequence`, `at`, `run`, `kind`, `private`, `body`, `hash`, as
`chain` seals them; with texts also `salt` and `text`, where they haven't been erased. The last line
counts the events and gives their digest, to be held against an anchor's.
"""

from collections.abc import Iterator
from typing import Any

from triage_agent.decision.values import canonical
from triage_agent.ledger import rows
from triage_agent.ledger.anchors import Fold
from triage_agent.ledger.rows import SEALED
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import events

_AT_ONCE = 2000


def export(ledger: Ledger, *, texts: bool) -> Iterator[str]:
    """All events in the order in which they were written, a line each, then their digest."""
    fold = Fold()
    query = SEALED.order_by(events.c.number)
    with ledger.database.snapshot() as connection:
        for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
            fold.take(row.hash)
            yield canonical(_line(row, texts=texts)).decode()
    yield canonical({"events": fold.count, "digest": fold.digest.hex()}).decode()


def _line(row: Any, *, texts: bool) -> dict[str, Any]:  # noqa: ANN401 - a row of `SEALED`
    link = rows.sealed(row)
    line = {name: value for name, value in link.__dict__.items() if name != "payload"}
    if texts and link.payload:
        line |= {"salt": link.payload.salt, "text": link.payload.body}
    return line
