"""The tamper table: whatever is changed behind the ledger's back is named, with its place."""

import re
from pathlib import Path

import pytest

from tests.ledger.conftest import Kept
from tests.ledger.history import FIRST_RUN, SECOND_RUN, History, filled, received, with_body
from tests.ledger.tampering import (
    Tamper,
    another,
    copied_text,
    lines,
    put_in_the_middle,
    removed,
    replaced,
    set_back,
    sql,
    swapped,
)
from triage_agent.decision import events
from triage_agent.ledger.store import Ledger

pytestmark = pytest.mark.long

OTHER = "it isn't what was sealed here"
MISSING = "missing"
MOVED = "out of its order, or put in"
PUT_IN = "put in, or its place among the items is another one's"
PRIVATE = "its private text isn't what was sealed"
UNTOLD = "its private text is missing, without an erasure"
HOMELESS = "a private text that belongs to no event"
NO_FILE = "{file}: this file of anchors is missing or empty, though there were some"
A_BODY = "(SELECT body FROM events WHERE number = 5)"
A_HASH = "(SELECT hash FROM events WHERE number = 9)"
PERMITTED = events.Permitted(action="tag", line="may.tag")
UNREADABLE = "what is stored there can't be read"
FIRST_SWAPPED = f"{FIRST_RUN}: its events aren't those that were there, or in another order"
SECOND_SWAPPED = f"{SECOND_RUN}: its events aren't those that were there, or in another order"


@pytest.fixture
def history(ledger: Ledger, database: Kept, tmp_path: Path) -> History:
    return filled(ledger, database, tmp_path)


def first_was(number: int) -> str:
    return f"{FIRST_RUN}: 7 events were there, now {number} are"


def second_was(number: int) -> str:
    return f"{SECOND_RUN}: 13 events were there, now {number} are"


TAMPERED: dict[str, tuple[Tamper, list[str]]] = {
    # An event, and a column of it.
    "its body": (
        sql(f"UPDATE events SET body = {A_BODY} WHERE number = 3"),
        [f"item-1 event 1: {OTHER}"],
    ),
    "its kind": (
        sql("UPDATE events SET kind = 'Refused' WHERE number = 3"),
        [f"item-1 event 1: {OTHER}"],
    ),
    "its moment": (
        sql("UPDATE events SET at = at + 1 WHERE number = 3"),
        [f"item-1 event 1: {OTHER}"],
    ),
    "a moment that is none": (
        sql("UPDATE events SET at = 4611686018427387904 WHERE number = 3"),
        [f"item-1 event 1: {UNREADABLE}"],
    ),
    "its run": (
        sql("UPDATE events SET run = 4 WHERE number = 3"),
        [f"item-1 event 1: {OTHER}"],
    ),
    "a run that is none": (
        sql("UPDATE events SET run = 77 WHERE number = 3"),
        [f"item-1 event 1: {OTHER}"],
    ),
    "its stream": (
        sql("UPDATE events SET stream = 2147483647 WHERE number = 3"),
        [
            "event number 3: it is of no stream",
            f"item-1 event 1: {MISSING}",
            f"item-1 event 1: {HOMELESS}",
        ],
    ),
    "its sequence": (
        sql("UPDATE events SET sequence = 2147483647 WHERE number = 3"),
        [
            "item-1 event 1 to 2147483646: missing",
            f"item-1 event 2: {MOVED}",
            f"item-1 event 2147483647: {UNTOLD}",
            f"item-1 event 1: {HOMELESS}",
        ],
    ),
    "its number": (
        sql("UPDATE events SET number = 77 WHERE number = 3"),
        [
            f"item-1 event 1: {MISSING}",
            first_was(6),
            f"item-1 event 1: {MOVED}",
            f"item-1 event 2: {MISSING}",
        ],
    ),
    "its hash": (
        sql(f"UPDATE events SET hash = {A_HASH} WHERE number = 3"),
        [f"item-1 event 1: {OTHER}", f"item-1 event 2: {OTHER}", FIRST_SWAPPED],
    ),
    "its private digest": (
        sql(f"UPDATE events SET private = {A_HASH} WHERE number = 3"),
        [f"item-1 event 1: {OTHER}", f"item-1 event 1: {PRIVATE}"],
    ),
    "its stream's name": (
        sql("UPDATE streams SET name = 'item-x' WHERE id = 2"),
        [*(f"item-x event {n}: {OTHER}" for n in range(3)), "item-1 event 0 to 2: missing"],
    ),
    "an anchor's own event": (
        sql(f"UPDATE events SET body = {A_BODY} WHERE number = 8"),
        [f"run-1 event 2: {OTHER}"],
    ),
    # All of a stream sealed anew, and its row set right: an anchor alone shows it.
    "its body, and all behind it sealed anew": (
        lambda history: history.reseal("item-1", e1=with_body("reply", "other")),
        [f"item-1 event 2: {OTHER}"],
    ),
    "a body of two runs ago, and all behind it sealed anew": (
        lambda history: history.reseal("item-2", e1=with_body("reply", "other")),
        [f"item-2 event 1: {OTHER}", f"item-2 event 2: {OTHER}"],
    ),
    # Events that are gone.
    "an event removed": (
        sql("DELETE FROM events WHERE number = 3"),
        [f"item-1 event 1: {MISSING}", first_was(6), f"item-1 event 1: {HOMELESS}"],
    ),
    "an event and its text removed": (
        sql(
            "DELETE FROM events WHERE number = 3",
            "DELETE FROM payloads WHERE stream = 2 AND sequence = 1",
        ),
        [f"item-1 event 1: {MISSING}", first_was(6)],
    ),
    "an end cut off": (
        sql("DELETE FROM events WHERE number = 5"),
        [f"item-1 event 2: {MISSING}", first_was(6)],
    ),
    "an end cut off, and the row set back": (
        sql("DELETE FROM events WHERE number = 5", set_back(2, 3)),
        [f"item-1 event 2: {MISSING}", first_was(6)],
    ),
    "the ends of all cut off, and the row set back": (
        sql("DELETE FROM events WHERE number > 11", set_back(5, 10)),
        ["item-3 event 1: missing", "run-2 event 1: missing", second_was(11)],
    ),
    # Another order.
    "two events' numbers": (swapped("number", 3, 4), [FIRST_SWAPPED]),
    "two numbers of one stream": (
        swapped("number", 2, 3),
        [
            f"item-1 event 0: {MISSING}",
            f"item-1 event 0: {MOVED}",
            f"item-1 event 1: {MISSING}",
            FIRST_SWAPPED,
        ],
    ),
    "two numbers across an anchor": (
        swapped("number", 7, 9),
        [f"run-1 event 1: {MISSING}", f"run-1 event 1: {MOVED}", f"run-1 event 2: {MISSING}"],
    ),
    "two events' sequences": (
        swapped("sequence", 2, 3),
        [
            f"item-1 event 0: {MISSING}",
            f"item-1 event 1: {PRIVATE}",
            f"item-1 event 0: {MOVED}",
            f"item-1 event 0: {PRIVATE}",
            f"item-1 event 1: {MISSING}",
        ],
    ),
    # Events put in.
    "an event put in the middle": (
        put_in_the_middle,
        [
            f"item-1 event 1: {MISSING}",
            f"item-1 event 3: {OTHER}",
            f"item-1 event 3: {PUT_IN}",
            f"item-1 event 1: {MOVED}",
            f"item-1 event 2: {MISSING}",
        ],
    ),
    "an event put in at an end": (
        lambda history: history.put_in("item-1", PERMITTED),
        [f"item-1 event 3: {PUT_IN}"],
    ),
    "an event put in at an end, with an old number": (
        lambda history: history.put_in("item-1", PERMITTED, number=0),
        ["item-1 event 0 to 2: missing", f"item-1 event 0: {MOVED}", first_was(8)],
    ),
    "an item put in": (
        lambda history: history.put_in("item-9", received("9")),
        ["item-9: its row among the items is missing"],
    ),
    "an item put in, with an old number": (
        lambda history: history.put_in("item-9", received("9"), number=0),
        [first_was(8), "item-9: its row among the items is missing"],
    ),
    # An item that is gone, more and more of it.
    "an item's events removed": (
        removed(),
        ["item-3 event 0 to 1: missing", second_was(11), f"item-3 event 0: {HOMELESS}"],
    ),
    "an item's events and row removed": (
        removed(row=True),
        [
            "item-3 event 0 to 1: missing",
            second_was(11),
            f"item-3 event 0: {HOMELESS}",
            "item-3: its row among the items is missing",
        ],
    ),
    "every trace of an item removed": (
        removed(trace=True),
        ["item-3 event 0 to 1: missing", second_was(11)],
    ),
    "a stream's name removed": (
        sql("DELETE FROM streams WHERE id = 5"),
        [
            "event number 10: it is of no stream",
            "event number 12: it is of no stream",
            "item-3 event 0 to 1: missing",
        ],
    ),
    "all replaced by an older copy": (
        replaced,
        [
            "item-2 event 2: missing",
            "item-3 event 0 to 1: missing",
            "run-2 event 0 to 1: missing",
            second_was(8),
        ],
    ),
    # The row of an item.
    "an item's row removed": (
        sql("DELETE FROM items WHERE stream = 2"),
        ["item-1: its row among the items is missing"],
    ),
    "a row's length": (
        sql("UPDATE items SET length = 4 WHERE stream = 2"),
        [f"item-1 event 3: {MISSING}"],
    ),
    "a row's shorter length": (
        sql("UPDATE items SET length = 2 WHERE stream = 2"),
        [f"item-1 event 2: {PUT_IN}"],
    ),
    "a row's head": (
        sql(f"UPDATE items SET head = {A_HASH} WHERE stream = 2"),
        [f"item-1 event 2: {OTHER}"],
    ),
    "a row's status": (
        sql("UPDATE items SET status = 'open' WHERE stream = 2"),
        ["item-1: among the items its status is open, by its events it is settled"],
    ),
    "that an item waits": (
        sql("UPDATE items SET waits = 1 WHERE stream = 2"),
        ["item-1: among the items its waits is 1, by its events it is 0"],
    ),
    "what weeks are counted by": (
        sql("UPDATE items SET category = 'x', rules = 'y', tokens = 7, cost = 9 WHERE stream = 2"),
        [
            "item-1: among the items its category is x, by its events it is demo_request",
            "item-1: among the items its rules is y, by its events it is None",
            "item-1: among the items its tokens is 7, by its events it is 0",
            "item-1: among the items its cost is 9, by its events it is 0",
        ],
    ),
    "when an item came": (
        sql("UPDATE items SET received_at = NULL WHERE stream = 2"),
        [
            "item-1: among the items its received_at is None, by its events it is 1795426215123456",
        ],
    ),
    "a row's record and mode": (
        sql("UPDATE items SET record_id = '77', mode = 'shadow' WHERE stream = 2"),
        [
            "item-1: among the items its record_id is 77, by its events it is 1",
            "item-1: among the items its mode is shadow, by its events it is live",
        ],
    ),
    "a row's object and failures": (
        sql("UPDATE items SET object = 'Case', failures = 1 WHERE stream = 2"),
        [
            "item-1: among the items its object is Case, by its events it is Lead",
            "item-1: among the items its failures is 1, by its events it is 0",
        ],
    ),
    # Texts.
    "a text": (
        sql(f"UPDATE payloads SET body = {another('body')} WHERE stream = 2 AND sequence = 0"),
        [f"item-1 event 0: {PRIVATE}"],
    ),
    "a text that is spoilt": (
        sql("UPDATE payloads SET body = salt WHERE stream = 2 AND sequence = 0"),
        [f"item-1 event 0: {PRIVATE}"],
    ),
    "a text's salt": (
        sql(f"UPDATE payloads SET salt = {another('salt')} WHERE stream = 2 AND sequence = 0"),
        [f"item-1 event 0: {PRIVATE}"],
    ),
    "a text removed": (
        sql("DELETE FROM payloads WHERE stream = 2 AND sequence = 0"),
        [f"item-1 event 0: {UNTOLD}"],
    ),
    "a text where there was none": (copied_text(2, 2), [f"item-1 event 2: {PRIVATE}"]),
    "a text of no event": (copied_text(2, 9), [f"item-1 event 9: {HOMELESS}"]),
    "a text of no stream": (copied_text(77, 0), [f"stream 77 event 0: {HOMELESS}"]),
    "a text moved to another place": (
        sql("UPDATE payloads SET sequence = 9 WHERE stream = 2 AND sequence = 0"),
        [f"item-1 event 0: {UNTOLD}", f"item-1 event 9: {HOMELESS}"],
    ),
    # The file of anchors.
    "the anchors removed": (lambda history: history.file.path.unlink(), [NO_FILE]),
    "the anchors emptied": (lines(lambda _: []), [NO_FILE]),
    "an anchor's digest": (
        lines(lambda said: [re.sub(rb'"digest":"..', b'"digest":"00', said[0]), said[1]]),
        [FIRST_SWAPPED, SECOND_SWAPPED],
    ),
    "an anchor's head": (
        lines(lambda said: [said[0].replace(b'"item-1":[3,"', b'"item-1":[3,"x'), said[1]]),
        [f"item-1 event 2: {OTHER}"],
    ),
    "an anchor's count": (
        lines(lambda said: [said[0].replace(b'"events":7', b'"events":8'), said[1]]),
        [f"{FIRST_RUN}: 8 events were there, now 7 are", second_was(14)],
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_named(history: History, name: str) -> None:
    """Each change yields exactly the faults that it makes, each with its event or its anchor."""
    tamper, faults = TAMPERED[name]
    tamper(history)

    assert [fault.format(file=history.file.path) for fault in faults] == history.faults()
