"""Verification: what is whole passes, how far that is known, and what people let stand stands."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from tests.conftest import KINDS, NewLedger
from tests.ledger.conftest import MOMENT, Kept
from tests.ledger.history import (
    FINISHED,
    FIRST_RUN,
    SECOND_RUN,
    History,
    Rows,
    drafted,
    filled,
    received,
)
from tests.ledger.tampering import lines, set_back
from triage_agent.decision import events, run_events
from triage_agent.errors import LedgerFailed
from triage_agent.ledger import packing
from triage_agent.ledger.anchors import AnchorFile, Standing, anchor
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.ledger.verify import faults_of, unlike_last_anchor, verify

pytestmark = pytest.mark.long

A_HASH = "(SELECT hash FROM events WHERE number = 9)"
CHANGED = "item-1 event 1: it isn't what was sealed here"
CHANGE = "UPDATE events SET body = (SELECT body FROM events WHERE number = 5) WHERE number = 3"


@pytest.fixture
def history(ledger: Ledger, database: Kept, tmp_path: Path) -> History:
    return filled(ledger, database, tmp_path)


def accept(history: History) -> None:
    """Somebody lets all faults stand."""
    standing = Standing("Dana Reyes", "seen", tuple(history.faults()))
    anchor(history.ledger, history.file, AGENT, MOMENT + timedelta(hours=3), standing)


def test_a_whole_ledger_has_no_faults(history: History) -> None:
    """It is held against its last anchor; the anchor's own event is younger than what it counts."""
    verdict = history.verdict()

    assert (14, 5, (), 1) == (verdict.events, verdict.streams, verdict.faults, verdict.since)
    assert verdict.anchor
    assert SECOND_RUN == verdict.anchor.name


def test_a_ledger_without_anything_is_whole(ledger: Ledger, tmp_path: Path) -> None:
    """Neither events nor anchors, and no file of them: nothing is missing."""
    empty = History(ledger, AnchorFile(tmp_path / "none"), Kept(""))

    assert (0, 0, (), None, 0) == tuple(vars(empty.verdict()).values())


def test_streams_that_say_nothing_are_no_fault(ledger: Ledger, tmp_path: Path) -> None:
    """A run that is known by what it did to an item alone has a name, and no events."""
    whole = History(ledger, AnchorFile(tmp_path / "none"), Kept(""))
    whole.append(1, ("item-1", received("1")))
    whole.append(2, ("item-1", events.Planned(names=(), category="x")))

    assert () == whole.verdict().faults
    assert [] == faults_of(ledger, ["item-1", "run-1", "run-2", "unheard of"])


def test_an_end_cut_off_after_the_last_anchor_does_not_show(history: History) -> None:
    """Nobody outside knows of what came since; how many such events there are is said."""
    history.append(3, ("item-1", events.Permitted(action="tag", line="may.tag")))
    history.append(3, ("item-4", received("4")))
    before = history.verdict()
    history.change(
        "DELETE FROM events WHERE number > 14",
        "DELETE FROM items WHERE stream = 7",
        "DELETE FROM streams WHERE name IN ('item-4', 'run-3')",
        set_back(2, 5),
        "UPDATE items SET status = 'settled', category = 'demo_request' WHERE stream = 2",
    )
    after = history.verdict()

    assert [((), 3), ((), 1)] == [(found.faults, found.since) for found in (before, after)]


@pytest.mark.parametrize(("kept", "since"), [(slice(1, 2), 1), (slice(1), 7)])
def test_a_line_removed_from_the_anchors(history: History, kept: slice, since: int) -> None:
    """Nothing is missing from the ledger; without the last line less of it is vouched for."""
    lines(lambda said: said[kept])(history)
    verdict = history.verdict()

    assert ((), since) == (verdict.faults, verdict.since)


def test_anchors_torn_at_their_end(history: History) -> None:
    """Half of a last line counts for nothing."""
    lines(lambda said: [said[0], said[1][:-9]])(history)
    verdict = history.verdict()

    assert ((), 7) == (verdict.faults, verdict.since)
    assert verdict.anchor
    assert FIRST_RUN == verdict.anchor.name


def test_a_line_that_is_no_anchor(history: History) -> None:
    """A whole line that doesn't read is nothing to go by, and the file is named."""
    lines(lambda said: [b"x" + said[0], said[1]])(history)
    with pytest.raises(LedgerFailed, match=str(history.file.path)):
        history.verdict()


def test_what_was_accepted_is_left_out(history: History) -> None:
    """Faults that somebody let stand show no more; new ones do, also of the same stream."""
    history.change(CHANGE, "DELETE FROM events WHERE number = 4")
    before = history.faults()
    accept(history)
    stands = history.verdict()
    history.change("DELETE FROM events WHERE number = 11")

    assert CHANGED in before
    assert ((), 1) == (stands.faults, stands.since)
    assert ["item-2 event 2: missing"] == [
        fault for fault in history.faults() if "agent" not in fault
    ]
    assert 2 == len(history.faults())


def test_faults_are_accepted_one_after_the_other(history: History) -> None:
    """A second acceptance leaves the first one standing."""
    history.change(CHANGE)
    accept(history)
    history.change("DELETE FROM payloads WHERE stream = 3 AND sequence = 0")
    second = history.faults()
    accept(history)

    assert ["item-2 event 0: its private text is missing, without an erasure"] == second
    assert [] == history.faults()


def test_nobody_accepts_faults_by_writing_to_the_database(history: History) -> None:
    """With a file of anchors an acceptance counts only where it stands in that."""
    forged = run_events.Anchored(
        events=14,
        streams=5,
        last=14,
        digest="0" * 64,
        by="Mallory",
        accepted=(CHANGED,),
    )
    history.change(CHANGE)
    history.append(3, (AGENT, forged))

    assert [CHANGED] == history.faults()
    assert [CHANGED] == faults_of(history.ledger, ["item-1"], history.file)
    assert [] == faults_of(history.ledger, ["item-1"])


def test_without_a_file_the_ledger_says_what_was_accepted(ledger: Ledger, database: Kept) -> None:
    """A page that wants no file has its acceptances on the agent's own stream."""
    ledger.append("run-1", MOMENT, [("item-1", received("1")), ("item-1", drafted("x"))])
    database.change("UPDATE events SET kind = 'Refused' WHERE number = 2")
    before = verify(ledger, None).faults
    anchor(ledger, None, AGENT, MOMENT, Standing("Dana Reyes", "seen", before))

    assert (CHANGED,) == before
    assert () == verify(ledger, None).faults
    assert [] == faults_of(ledger, ["item-1"])


def test_verification_sees_one_moment(history: History) -> None:
    """What others append, anchor and erase meanwhile is no fault."""
    began: list[str] = []
    engine = history.ledger.database.engine

    def meanwhile(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM events" in statement and not began:
            began.append(statement)
            with closing(Ledger.open(history.database.url)) as other:
                others = replace(history, ledger=other)
                others.append(3, ("item-1", drafted("x")), ("item-9", received("9", "y")))
                others.anchor(3)
                other.append(AGENT, MOMENT, [(AGENT, expired(0))])
                history.change("DELETE FROM payloads WHERE stream = 2")

    event.listen(engine, "after_cursor_execute", meanwhile)
    verdict = history.verdict()
    event.remove(engine, "after_cursor_execute", meanwhile)

    assert 1 == len(began)
    assert ((), 1) == (verdict.faults, verdict.since)


def expired(days: int) -> run_events.TextsExpired:
    return run_events.TextsExpired(before=MOMENT + timedelta(days=days), texts=1)


def test_a_few_streams_are_checked_alone(history: History) -> None:
    """The faults of those that are named, and of no others, by chain, texts and row."""
    history.change(
        CHANGE,
        "DELETE FROM payloads WHERE stream = 3 AND sequence = 1",
        "UPDATE items SET status = 'open' WHERE stream = 5",
        "UPDATE events SET at = 4611686018427387904 WHERE number = 9",
    )

    assert [] == faults_of(history.ledger, ["run-1"])
    assert [CHANGED] == faults_of(history.ledger, ["item-1"])
    assert [
        "item-2 event 1: its private text is missing, without an erasure",
        "item-3: among the items its status is open, by its events it is settled",
        "run-2: what is stored there can't be read",
    ] == faults_of(history.ledger, ["item-2", "item-3", "run-2"])


def test_less_than_was_anchored_last(history: History) -> None:
    """Before a run the ends that the last anchor names are looked for, and the last event."""
    whole = list(unlike_last_anchor(history.ledger, history.file))
    history.change("DELETE FROM streams WHERE id = 2", "DELETE FROM events WHERE number >= 13")
    less = list(unlike_last_anchor(history.ledger, history.file))
    history.file.path.unlink()

    assert [] == whole
    assert [
        "run-2 event 1: it isn't what was anchored, or is missing",
        f"{SECOND_RUN}: its last event, number 13, is missing",
    ] == less
    gone = f"{history.file.path}: this file of anchors is missing or empty, though there were some"
    assert [gone] == list(unlike_last_anchor(history.ledger, history.file))


def test_the_agents_own_stream_is_looked_at_before_a_run(history: History) -> None:
    """Whoever takes a pause out, or puts another event in its place, is named, whatever it is."""
    paused = run_events.Paused(by="Dana Reyes", reason="odd tags")
    history.append(3, (AGENT, paused), ("run-3", FINISHED))
    history.anchor(3)
    history.append(4, (AGENT, run_events.Broke(reason="later")))
    whole = list(unlike_last_anchor(history.ledger, history.file))
    gone = ["agent event 0: it isn't what was anchored, or is missing"]
    found = []
    for change in (
        "UPDATE events SET at = 4611686018427387904 WHERE kind = 'Paused'",
        f"UPDATE events SET hash = {A_HASH} WHERE kind = 'Paused'",
        "DELETE FROM events WHERE kind IN ('Paused', 'Broke')",
    ):
        history.change(change)
        found.append(list(unlike_last_anchor(history.ledger, history.file)))

    assert [[], [], gone, gone] == [whole, *found]


@pytest.fixture(scope="module", params=KINDS)
def anchored(
    request: pytest.FixtureRequest, new_ledger: NewLedger, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[History, Rows]]:
    """A ledger that each example of a property may spoil, and what its tables held."""
    database = Kept(new_ledger(request.param))
    with closing(Ledger.open(database.url)) as ledger:
        history = filled(ledger, database, tmp_path_factory.mktemp("anchors"))
        yield history, history.rows()


Anchored = tuple[History, Rows]
TABLES = st.sampled_from(("events", "payloads", "items", "streams"))


@settings(max_examples=25, deadline=None)
@given(data=st.data(), table=TABLES)
def test_no_row_can_be_removed_unseen(anchored: Anchored, data: Any, table: str) -> None:  # noqa: ANN401 - hypothesis' own
    """Whichever row of whichever table is gone that was there at the last anchor, it shows."""
    history, kept = anchored
    row = data.draw(st.sampled_from(before_the_anchor(kept, table)))
    left = {**kept, table: [other for other in kept[table] if other != row]}
    history.put_back(left)

    assert [] != history.faults()


def before_the_anchor(kept: Rows, table: str) -> list[dict[str, Any]]:
    """All but the last anchor's own event."""
    return [dict(row) for row in kept[table] if row.get("number") != 14]


@settings(max_examples=80, deadline=None)
@given(data=st.data(), table=TABLES)
def test_no_byte_can_be_changed_unseen(anchored: Anchored, data: Any, table: str) -> None:  # noqa: ANN401 - hypothesis' own
    """Whichever byte of whichever column is another one, it shows; or it says what it said."""
    history, kept = anchored
    row = data.draw(st.sampled_from(before_the_anchor(kept, table)))
    column = data.draw(st.sampled_from(sorted(row)))
    assume(row[column] is not None)
    changed = row | {column: data.draw(st.one_of(others(row[column])))}
    rows = [changed if other == row else other for other in kept[table]]
    try:
        history.put_back({**kept, table: rows})
    except IntegrityError:  # another row has this key
        reject()
    if column == "body" and isinstance(row[column], bytes):
        assume(packing.unpacked(row[column]) != packing.unpacked(changed[column]))
    if column == "number":  # another number between the same neighbours tells the same order
        assume(ordered(rows) != ordered(kept[table]))

    assert [] != history.faults()


def ordered(rows: Iterable[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Which event follows which, by their streams and their places there."""
    numbered = sorted(rows, key=lambda row: int(row["number"]))
    return [(row["stream"], row["sequence"]) for row in numbered]


def others(value: object) -> list[st.SearchStrategy[Any]]:
    """What could stand there instead, one byte or character or number apart."""
    match value:
        case int():
            return [st.integers(-(2**31), 2**31 - 1).filter(lambda other: other != value)]
        case str():
            places, characters = (
                st.integers(0, len(value) - 1),
                st.characters(codec="utf-8", min_codepoint=1),
            )
            made = st.tuples(places, characters).map(
                lambda at: value[: at[0]] + at[1] + value[at[0] + 1 :]
            )
            return [made.filter(lambda other: other != value)]
        case bytes():
            flips = st.tuples(st.integers(0, len(value) - 1), st.integers(1, 255))
            return [
                flips.map(
                    lambda at: value[: at[0]] + bytes([value[at[0]] ^ at[1]]) + value[at[0] + 1 :]
                )
            ]
        case _:
            return [st.binary(min_size=32, max_size=32)]


SPOILT = {
    "a hash that is text": "UPDATE events SET hash = 'text' WHERE number = 3",
    "a text that is no text": "UPDATE events SET body = CAST(X'ff00' AS TEXT) WHERE number = 3",
    "a place that is no number": "UPDATE events SET sequence = 'x' WHERE number = 3",
    "a stream that is no number": "UPDATE events SET stream = 'x' WHERE number = 3",
    "a salt that is text": "UPDATE payloads SET salt = 'text' WHERE stream = 2",
    "a row's head that is text": "UPDATE items SET head = 'text' WHERE stream = 2",
    "a row's status that is no text": "UPDATE items SET status = X'ff' WHERE stream = 2",
}


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_values_that_no_ledger_writes(history: History, name: str) -> None:
    """SQLite keeps anything in any column; verification says so, and goes on to the end."""
    history.change(SPOILT[name], "DELETE FROM items WHERE stream = 5")
    faults = history.faults()

    assert "item-3: its row among the items is missing" in faults
    assert [] != [fault for fault in faults if "item-1" in fault or "read" in fault]
    assert [] != faults_of(history.ledger, ["item-1"])
