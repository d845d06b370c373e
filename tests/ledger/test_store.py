"""The store: all or nothing, durable, and its projection says what the events say."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from tests.conftest import KINDS, Kind, NewLedger
from tests.ledger.conftest import Kept
from triage_agent.decision import events, review_events, run_events
from triage_agent.decision.events import Event
from triage_agent.decision.item import Mode, Record
from triage_agent.decision.story import Story
from triage_agent.decision.values import canonical
from triage_agent.errors import AnotherOrg, LedgerFailed, StreamMoved
from triage_agent.ledger import tables
from triage_agent.ledger.chain import check
from triage_agent.ledger.store import Ledger

pytestmark = pytest.mark.long

Append = Callable[..., None]
Row = tuple[object, ...]


@pytest.fixture
def append(ledger: Ledger, moment: datetime) -> Append:
    """Appends events given as pairs of stream and event, at a fixed moment."""

    def appended(*new: tuple[str, Event], run: str = "run-1") -> None:
        ledger.append(run, moment, new)

    return appended


def received(record: str, mode: Mode = "live") -> Event:
    return events.Received(mode=mode, object="Lead", record_id=record)


def counts(database: Kept) -> list[Row]:
    return database.rows(
        "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM payloads), "
        "(SELECT count(*) FROM items)",
    )


CLAIMED = review_events.Claimed(by="Maya Lindqvist", login="maya", slack="U1", salesforce=None)
SETTLED = (events.Planned(names=(), category="demo_request"),)
FAILED = (
    events.Planned(names=("tag",), category="demo_request"),
    events.Permitted(action="tag", line="may.tag"),
    events.Failed(action="tag", code="X", reason="no"),
)


def test_events_are_there_in_order(
    ledger: Ledger, append: Append, examples: Mapping[str, Event]
) -> None:
    """Every kind of event comes back from its stream, in the order of its appending."""
    for one in examples.values():
        append(("item-1", one))

    assert list(examples.values()) == [happened.event for happened in ledger.events("item-1")]
    assert [] == list(check(ledger.sealed("item-1")))
    assert [] == ledger.events("item-2")


def test_streams_are_told_apart(ledger: Ledger, append: Append) -> None:
    """Events of several streams in one append each go to the end of their own."""
    append(("a", received("1")), ("b", received("2")), ("a", SETTLED[0]))
    append(("b", SETTLED[0]))

    assert ["Received", "Planned"] == [happened.event.kind for happened in ledger.events("a")]
    assert ["Received", "Planned"] == [happened.event.kind for happened in ledger.events("b")]
    assert [] == [*check(ledger.sealed("a")), *check(ledger.sealed("b"))]


def test_a_failure_in_the_middle_leaves_nothing(
    ledger: Ledger, append: Append, database: Kept
) -> None:
    """Where one event can't be stored none of its append is, on disk or in memory."""
    append(("a", received("1")))
    before = counts(database)
    unknown = events.Failed(action="tag", code="X", reason="of an item that was never received")
    with pytest.raises(LedgerFailed):
        append(("a", SETTLED[0]), ("b", received("2")), ("c", unknown))

    assert before == counts(database)
    assert ("open", Story()) == (ledger.story("a").status, ledger.story("b"))
    assert Story.of(ledger.events("a")) == ledger.story("a")


def test_an_append_after_a_failed_one_goes_on_where_the_stream_ended(
    ledger: Ledger, append: Append
) -> None:
    """What was rolled back leaves no gap in the chain."""
    append(("a", received("1")))
    with pytest.raises(LedgerFailed):
        append(("a", SETTLED[0]), ("b", SETTLED[0]))
    append(("a", FAILED[0]))

    assert [] == list(check(ledger.sealed("a")))
    assert 2 == len(ledger.sealed("a"))


def test_an_interruption_leaves_nothing(ledger: Ledger, append: Append, database: Kept) -> None:
    """Ctrl-C between two statements rolls the append back, and memory agrees."""

    def interrupted(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO payloads"):
            raise KeyboardInterrupt

    append(("a", received("1")))
    event.listen(ledger.database.engine, "before_cursor_execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        append(("a", SETTLED[0]), ("a", events.Drafted(action="d", words=1, text="x")))
    left = counts(database)
    append(("a", SETTLED[0]))

    assert [(1, 0, 1)] == left
    assert [(2, 0, 1)] == counts(database)
    assert [] == list(check(ledger.sealed("a")))


def test_nothing_to_append_is_nothing(append: Append, database: Kept) -> None:
    """An append without events writes none."""
    append()

    assert [(0, 0, 0)] == counts(database)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("a", "b")),
        st.sampled_from(
            (
                "Read",
                "ModelCalled",
                "Assessed",
                "Stopped",
                "Drafted",
                "Planned",
                "Permitted",
                "Refused",
                "Intended",
                "Done",
                "Failed",
                "NotFound",
            )
        ),
        st.booleans(),
    ),
    max_size=25,
)


@pytest.fixture(scope="module", params=KINDS)
def emptied(request: pytest.FixtureRequest, new_ledger: NewLedger) -> Kept:
    """A database that each example of a property empties for itself: that is quick."""
    database = Kept(new_ledger(request.param))
    Ledger.open(database.url).close()
    return database


@settings(max_examples=15, deadline=None)
@given(steps=STEPS, mode=st.sampled_from(("live", "shadow")))
def test_the_projection_says_what_the_events_say(
    examples: Mapping[str, Event],
    moment: datetime,
    emptied: Kept,
    steps: list[tuple[str, str, bool]],
    mode: Mode,
) -> None:
    """After any events the row of an item is the one that its events, read again, make."""
    database = emptied
    for table in tables.metadata.tables:
        database.change(f"DELETE FROM {table}")  # noqa: S608 - our own names
    with closing(Ledger.open(database.url)) as ledger:
        ledger.append("run-1", moment, [("a", received("1", mode)), ("b", received("2"))])
        for item, kind, forgotten in steps:
            ledger.append("run-1", moment, [(item, examples[kind])])
            if forgotten:
                ledger.forget(item)
        kept = {item: ledger.story(item) for item in ("a", "b")}
    with closing(Ledger.open(database.url)) as again:
        told = {item: Story.of(again.events(item)) for item in ("a", "b")}
        heads = {item: again.sealed(item)[-1] for item in ("a", "b")}
    projected = database.rows(
        "SELECT name, object, record_id, mode, status, failures, length, head, waits "
        "FROM items JOIN streams ON id = stream ORDER BY id",
    )

    assert told == kept
    assert [
        (
            item,
            "Lead",
            story.record_id,
            story.mode,
            story.status,
            len(story.failures),
            heads[item].sequence + 1,
            bytes.fromhex(heads[item].hash),
            int(story.waits),
        )
        for item, story in told.items()
    ] == projected


def test_a_run_has_no_row_among_the_items(
    append: Append, examples: Mapping[str, Event], database: Kept
) -> None:
    """A run's own events are kept as a stream, but it is no item."""
    append(("run-1", examples["Started"]), ("run-1", examples["Finished"]))

    assert [(2, 0, 0)] == counts(database)


def test_the_unfinished_are_those_that_have_not_ended(ledger: Ledger, append: Append) -> None:
    """Open and failed items of the mode are unfinished, oldest first; settled ones are not."""
    append(("open", received("1")), ("settled", received("2")), ("failed", received("3")))
    append(("shadow", received("4", "shadow")))
    append(("settled", SETTLED[0]), *(("failed", step) for step in FAILED))
    append(*(("open", step) for step in FAILED[:-1]))

    assert ["open", "failed"] == ledger.unfinished("live")
    assert ["shadow"] == ledger.unfinished("shadow")


def test_known_items_come_by_record(ledger: Ledger, append: Append) -> None:
    """The items of each record that is asked for, oldest first, in this mode alone."""
    append(("a", received("1")), ("b", received("2")), ("c", received("1")))
    append(("d", received("1", "shadow")))

    assert {"1": ["a", "c"], "2": ["b"]} == ledger.known("live", ["1", "2", "3"])
    assert {"1": ["d"]} == ledger.known("shadow", ["1"])
    assert {} == ledger.known("live", [])


def test_known_takes_more_records_than_a_query_may_hold(ledger: Ledger, append: Append) -> None:
    """Thousands of records are looked up in pieces."""
    append(("a", received("1")), ("z", received("2999")))

    assert {"1": ["a"], "2999": ["z"]} == ledger.known("live", map(str, range(3000)))


@pytest.mark.parametrize(
    ("wanted", "streams"),
    [("a", ["a"]), ("1", ["a", "c"]), ("run-1", ["run-1"]), ("unheard of", []), ("", [])],
)
def test_an_id_finds_its_streams(
    ledger: Ledger,
    append: Append,
    examples: Mapping[str, Event],
    wanted: str,
    streams: list[str],
) -> None:
    """An item or a run means its own stream, a record all of its items."""
    append(("a", received("1")), ("b", received("2")), ("c", received("1")))
    append(("run-1", examples["Started"]))

    assert streams == ledger.find(wanted)


def test_a_run_knows_its_items(
    ledger: Ledger, append: Append, examples: Mapping[str, Event]
) -> None:
    """The items of a run in the order in which it took them up, and nobody else's."""
    append(("b", received("2")), ("run-0", examples["Started"]), run="run-0")
    append(("a", received("1")), ("run-1", examples["Started"]))
    append(("b", SETTLED[0]), ("a", SETTLED[0]))

    assert ["a", "b"] == ledger.items_of("run-1")
    assert ["b"] == ledger.items_of("run-0")


def test_a_ledger_belongs_to_one_org(ledger: Ledger, database: Kept) -> None:
    """The first identity of a system binds for good; another is refused, with the cure."""
    ledger.claim_for("Salesforce org", "00D1")
    ledger.claim_for("Slack workspace", "T1")
    ledger.claim_for("Salesforce org", "00D1")
    with pytest.raises(AnotherOrg, match=r"00D1.*00D2.*TRIAGE_LEDGER_URL"):
        ledger.claim_for("Salesforce org", "00D2")
    with (
        closing(Ledger.open(database.url)) as again,
        pytest.raises(AnotherOrg, match=r"T1.*T2"),
    ):
        again.claim_for("Slack workspace", "T2")


def test_a_second_open_goes_on(append: Append, database: Kept, moment: datetime) -> None:
    """Another process reads what was written, and appends behind it."""
    append(("a", received("1")))
    with closing(Ledger.open(database.url)) as again:
        again.append("run-2", moment + timedelta(hours=1), [("a", SETTLED[0])])

        assert ["run-1", "run-2"] == [happened.run for happened in again.events("a")]
        assert [] == list(check(again.sealed("a")))
        assert "settled" == again.story("a").status


SAFE: dict[Kind, dict[str, str | int]] = {
    "sqlite": {
        "PRAGMA journal_mode": "wal",
        "PRAGMA synchronous": 2,
        "PRAGMA busy_timeout": 10_000,
    },
    "postgres": {"SHOW synchronous_commit": "on", "SHOW transaction_isolation": "read committed"},
}
"""What each connection answers that keeps what it confirms; SQLite's 2 is FULL."""


def test_a_commit_is_on_the_disk_when_it_returns(ledger: Ledger, kind: Kind) -> None:
    """Each connection of the ledger confirms nothing that could still be lost."""
    with ledger.database.engine.connect() as connection:
        told = {asked: connection.execute(text(asked)).scalar() for asked in SAFE[kind]}

    assert SAFE[kind] == told


def test_one_append_is_one_transaction(ledger: Ledger, moment: datetime) -> None:
    """Events, payloads and projection are committed together, once."""
    commits: list[object] = []
    event.listen(ledger.database.engine, "commit", commits.append)
    drafted = events.Drafted(action="d", words=1, text="x")
    ledger.append("run-1", moment, [("a", received("1")), ("a", drafted), ("b", received("2"))])

    assert 1 == len(commits)


def test_erased_payloads_read_as_none(ledger: Ledger, append: Append, database: Kept) -> None:
    """Once its payload is deleted an event still reads, without its texts, and the chain holds."""
    append(("a", received("1")), ("a", events.Drafted(action="d", words=2, text="Dear you")))
    database.change("DELETE FROM payloads")

    assert events.Drafted(action="d", words=2, text=None) == ledger.events("a")[1].event
    assert [] == list(check(ledger.sealed("a")))


def test_what_is_changed_in_the_database_shows(
    ledger: Ledger, append: Append, database: Kept
) -> None:
    """The check reads what is stored, not what memory holds."""
    append(("a", received("1")), ("a", SETTLED[0]))
    database.change("UPDATE events SET body = (SELECT body FROM events WHERE sequence = 0)")

    assert ["a event 1: it isn't what was sealed here"] == list(check(ledger.sealed("a")))


NUMBERS = count()
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)
"""Also lone surrogates and NUL, which UTF-8 and PostgreSQL can't hold."""


@pytest.fixture(scope="module")
def ledgers(new_ledger: NewLedger) -> Iterator[dict[Kind, Ledger]]:
    """One of each kind, for tests that need no fresh one."""
    with ExitStack() as stack:
        yield {k: stack.enter_context(closing(Ledger.open(new_ledger(k)))) for k in KINDS}


@settings(max_examples=50, deadline=None)
@given(words=ANY_TEXT, name=ANY_TEXT)
@example(words="a\x00b\ud800c\U0001f600", name="\x00\udfff")
def test_what_strangers_write_is_kept(
    ledgers: dict[Kind, Ledger], moment: datetime, words: str, name: str
) -> None:
    """Any text comes back from either database, a lone surrogate as a replacement character."""
    item = f"item-{next(NUMBERS)}"
    record = Record(object="Lead", id="1", fields={"Company": words, name: 1})
    read = events.Read(looked_at=(words,), record_ids=(), related=(record,))
    kept = json.loads(canonical(read.model_dump(mode="json")))
    for ledger in ledgers.values():
        ledger.append("run-1", moment, [(item, received("1")), (item, read)])
        ledger.forget(item)

        assert kept == ledger.events(item)[1].event.model_dump(mode="json")
        assert [] == list(check(ledger.sealed(item)))


@pytest.mark.parametrize("wanted", ["\x00", "\ud800", "item\n"])
def test_what_no_id_can_be_is_not_found(ledger: Ledger, wanted: str) -> None:
    """An id that a database couldn't even be asked for is unknown, like any other."""
    assert [] == ledger.find(wanted)


def test_streams_come_in_the_order_of_their_beginning(ledger: Ledger, append: Append) -> None:
    """Every stream once, whatever was added to it later."""
    append(("b", received("2")), ("a", received("1")))
    append(("run-1", run_events.Broke(reason="x")), ("a", SETTLED[0]), ("b", SETTLED[0]))

    assert ["b", "a", "run-1"] == ledger.streams()


def test_a_decision_holds_for_what_it_was_taken_on(
    ledger: Ledger, append: Append, moment: datetime
) -> None:
    """Where somebody else was faster, nothing is added, whatever this process remembers."""
    append(("a", received("00Q1")))
    seen = len(ledger.events("a"))
    ledger.append("by-hand", moment, [("a", CLAIMED)], after={"a": seen})
    with pytest.raises(StreamMoved, match="somebody else was faster"):
        ledger.append("by-hand", moment, [("a", CLAIMED)], after={"a": seen})

    assert ["Received", "Claimed"] == [one.event.kind for one in ledger.events("a")]


def test_of_two_at_once_one_is_first(
    ledger: Ledger, append: Append, database: Kept, moment: datetime
) -> None:
    """Two processes that decide at the same moment, having seen the same, decide once."""
    append(("a", received("00Q1")))
    others = [Ledger.open(database.url) for _ in range(6)]

    def decided(other: Ledger) -> bool:
        try:
            other.append("by-hand", moment, [("a", CLAIMED)], after={"a": 1})
        except StreamMoved:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(decided, others))
    for other in others:
        other.close()

    assert 1 == sum(won)
    assert 2 == len(ledger.events("a"))
