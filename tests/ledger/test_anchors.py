"""Anchors: counting on gives what counting from nothing gives, and the file stays readable."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from tests.conftest import KINDS, NewLedger
from tests.ledger.conftest import MOMENT, Kept
from tests.ledger.history import History, drafted, filled, received
from triage_agent.decision import run_events
from triage_agent.errors import LedgerFailed
from triage_agent.ledger import chain, rows, tables
from triage_agent.ledger.anchors import Anchor, AnchorFile, Standing, anchor, measure
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.operating_model.schema import Page
from triage_agent.project import read_model

pytestmark = pytest.mark.long

DIGEST = "d" * 64


@pytest.fixture
def file(tmp_path: Path) -> AnchorFile:
    return AnchorFile(tmp_path / "anchors.jsonl")


@pytest.fixture(scope="module", params=KINDS)
def emptied(request: pytest.FixtureRequest, new_ledger: NewLedger) -> Iterator[Ledger]:
    """A ledger that each example of a property empties for itself."""
    with closing(Ledger.open(new_ledger(request.param))) as ledger:
        yield ledger


def made(number: int, heads: int = 1, by: str | None = None, reason: str | None = None) -> Anchor:
    """The anchor of a run; without a ledger."""
    anchored = run_events.Anchored(
        events=number,
        streams=1,
        last=number,
        digest=DIGEST,
        by=by,
        reason=reason,
    )
    ends = {f"item-{one}": (number, DIGEST) for one in range(heads)}
    return Anchor(at=MOMENT, run=f"run-{number}", anchored=anchored, heads=ends)


RUNS = st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=6)


@settings(max_examples=15, deadline=None)
@given(runs=RUNS)
def test_counting_on_is_counting_from_nothing(emptied: Ledger, runs: list[list[str]]) -> None:
    """After any run the anchor before it and the events since give what all events give."""
    empty(emptied)
    before = None
    for number, streams in enumerate(runs):
        run = f"run-{number}"
        new = [(stream, received(stream)) for stream in streams]
        emptied.append(run, MOMENT, [(run, run_events.Broke(reason="x")), *new])
        counted, whole = measure(emptied, before), measure(emptied, None)

        assert whole.anchored == counted.anchored
        assert {run, *streams} == set(counted.heads)
        assert counted.heads.items() <= whole.heads.items()
        assert whole.heads == ends(emptied)
        before = counted.anchored


def empty(ledger: Ledger) -> None:
    with ledger.database.transaction() as connection:
        for table in tables.metadata.tables.values():
            connection.execute(table.delete())
    for stream in [*"abc", *(f"run-{number}" for number in range(9))]:
        ledger.forget(stream)


def ends(ledger: Ledger) -> dict[str, tuple[int, str]]:
    chains = {stream: ledger.sealed(stream) for stream in ledger.streams()}
    return {stream: (len(links), links[-1].hash) for stream, links in chains.items()}


def test_an_anchor_is_told_in_the_ledger_and_in_the_file(ledger: Ledger, file: AnchorFile) -> None:
    """Both say the same, and the file also where the streams that changed end."""
    ledger.append("run-1", MOMENT, [("item-1", received("1")), ("item-2", received("2"))])
    first = anchor(ledger, file, "run-1", MOMENT)
    ledger.append("run-2", MOMENT, [("item-2", drafted("x"))])
    second = anchor(ledger, file, "run-2", MOMENT)

    assert [first, second] == list(file.all())
    assert first.anchored == ledger.events("run-1")[-1].event
    assert {"item-1", "item-2"} == first.heads.keys()
    assert {"item-2", "run-1"} == second.heads.keys()
    assert ends(ledger)["item-2"] == second.heads["item-2"]
    assert (2, 4) == (first.anchored.events, second.anchored.events)


def test_without_a_file_the_ledger_itself_is_counted_on_from(ledger: Ledger) -> None:
    """A page that wants no file gets the same anchors, on the ledger alone."""
    for number in (1, 2):
        ledger.append(f"run-{number}", MOMENT, [("item-1", received("1"))])
        last = anchor(ledger, None, f"run-{number}", MOMENT)

    assert 3 == last.anchored.events
    assert {"item-1", "run-1"} == last.heads.keys()
    assert measure(ledger, None).anchored.events == 4


def test_an_anchor_on_the_ledger_that_was_spoilt(ledger: Ledger, database: Kept) -> None:
    """All is counted from nothing, as without one."""
    ledger.append("run-1", MOMENT, [("item-1", received("1"))])
    anchor(ledger, None, "run-1", MOMENT)
    database.change(
        "UPDATE events SET body = (SELECT body FROM events WHERE number = 1) WHERE number = 2"
    )
    whole = measure(ledger, None).anchored

    assert whole == anchor(ledger, None, "run-2", MOMENT).anchored


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 3), max_size=5), st.integers(0, 300))
def test_what_is_added_is_there(
    tmp_path_factory: pytest.TempPathFactory, sizes: Sequence[int], torn: int
) -> None:
    """Anchors come back in order; a torn last line is ignored, and gone after the next one."""
    file = AnchorFile(tmp_path_factory.mktemp("anchors") / "anchors.jsonl")
    added = [made(number, heads) for number, heads in enumerate(sizes)]
    for one in added:
        file.add(one)
    with file.path.open("ab") as broken:
        broken.write(made(99, by="Dana Reyes").model_dump_json().encode()[:torn])
    before = list(file.all()), file.last(), file.accepted()
    file.add(made(7))

    assert (added, added[-1] if added else None, frozenset()) == before
    assert [*added, made(7)] == list(file.all())
    assert made(7) == file.last()
    assert len(added) + 1 == len(file.path.read_bytes().splitlines())


@pytest.mark.parametrize("heads", [1000, 3000])
def test_lines_longer_than_what_is_read_at_once(file: AnchorFile, heads: int) -> None:
    """An anchor of thousands of streams is found from its end, torn line or not."""
    large = [made(number, heads) for number in (1, 2)]
    for one in large:
        file.add(one)
    with file.path.open("ab") as broken:
        broken.write(b"x" * 100_000)
    last = file.last()
    file.add(made(3))

    assert file.path.stat().st_size > 2 * 65536
    assert large[1] == last
    assert [*large, made(3)] == list(file.all())


def test_all_are_those_that_were_there_when_asked(file: AnchorFile) -> None:
    """What is added while they are read is left out."""
    file.add(made(1))
    asked = file.all()
    file.add(made(2))

    assert [made(1)] == list(asked)
    assert [made(1), made(2)] == list(file.all())


@pytest.mark.parametrize(
    "content",
    [
        b"hush: somebody's notes\n",
        b"\xff\xfe hush\n",
        b"\n",
        b'{"hush": 1}\n',
        made(1).model_dump_json().replace(DIGEST, "hush" * 16, 1).encode() + b"\n",
    ],
)
def test_a_file_of_something_else(file: AnchorFile, content: bytes) -> None:
    """It is refused with its path and the cure, and nothing of what stands in it."""
    file.path.write_bytes(content)
    for ask in (file.last, lambda: list(file.all())):
        with pytest.raises(LedgerFailed) as refused:
            ask()

        assert str(file.path) in str(refused.value)
        assert "triage-agent ledger anchor" in str(refused.value)
        assert "hush" not in str(refused.value)


def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    """A folder in the way, or none to write into, is named with its cure."""
    for file in (AnchorFile(tmp_path), AnchorFile(tmp_path / "none" / "anchors.jsonl")):
        with pytest.raises(LedgerFailed, match=f"{file.path} can't be used.*directory"):
            file.add(made(1))


def test_what_somebody_let_stand_ends_what_counts_before(file: AnchorFile) -> None:
    """From the last anchor with somebody's word on; words that only look like one are none."""
    before = [made(1, by="Dana Reyes"), made(2, reason='"by":"')]
    after = [made(3, by="Dana Reyes"), made(4, reason='{"by":"x"}')]
    for one in before:
        file.add(one)
    counted = list(file.all())
    for one in after:
        file.add(one)

    assert before == counted
    assert after == list(file.all())


def test_each_anchor_says_where_the_agents_stream_ends(ledger: Ledger, file: AnchorFile) -> None:
    """Also where nothing was added to it: each run asks it whether the agent is paused."""
    ledger.append(AGENT, MOMENT, [(AGENT, run_events.Paused(by="Dana Reyes", reason="x"))])
    for number in (1, 2):
        anchor(ledger, file, f"run-{number}", MOMENT)

    assert [ends(ledger)[AGENT]] * 2 == [one.heads[AGENT] for one in file.all()]


def test_an_acceptance_counts_from_nothing(ledger: Ledger, database: Kept, tmp_path: Path) -> None:
    """Its digest is over what is there now, whatever was there before."""
    history = filled(ledger, database, tmp_path)
    history.change("DELETE FROM events WHERE number = 5", "DELETE FROM items WHERE stream = 2")
    whole = measure(ledger, None)
    standing = Standing("Dana Reyes", "a backup", tuple(history.faults()))
    accepted = anchor(ledger, history.file, AGENT, MOMENT + timedelta(hours=5), standing)

    assert whole.anchored.digest == accepted.anchored.digest
    assert (13, whole.heads) == (accepted.anchored.events, accepted.heads)
    assert ("Dana Reyes", "a backup") == (accepted.anchored.by, accepted.anchored.reason)
    assert frozenset(accepted.anchored.accepted) == history.file.accepted()
    assert [accepted] == list(history.file.all())
    assert accepted.anchored == ledger.events(AGENT)[-1].event


@pytest.mark.parametrize("kind", ["postgres"])
def test_an_append_that_is_half_done_is_waited_for(
    ledger: Ledger, database: Kept, file: AnchorFile
) -> None:
    """An event has its number before it can be seen: none with a lower one comes afterwards."""
    ledger.append("run-1", MOMENT, [("run-1", run_events.Broke(reason="x"))])
    ledger.append("run-2", MOMENT, [("run-2", run_events.Broke(reason="x"))])
    with closing(Ledger.open(database.url)) as other, ThreadPoolExecutor(1) as pool:
        with other.database.transaction() as connection:
            half_done(connection, other)
            anchored = pool.submit(anchor, ledger, file, "run-1", MOMENT)
            time.sleep(0.3)
            waited = not anchored.done()
        counted = anchored.result().anchored.events
    history = History(ledger, file, database)

    assert waited
    assert 3 == counted
    assert [] == history.faults()


def half_done(connection: Connection, other: Ledger) -> None:
    """An event of run-2 that is written, and not committed."""
    (link,) = other.sealed("run-2")
    happened = chain.opened(link)
    again = chain.seal("run-2", chain.Head(1, link.hash), happened, chain.random_salt)
    query = select(tables.streams.c.name, tables.streams.c.id)
    rows.add(connection, [again], {row.name: row.id for row in connection.execute(query)})


def page_with(places: tuple[str, ...]) -> Page:
    page = read_model(Path(__file__).parents[2]).page
    return page.model_copy(update={"logs": page.logs.model_copy(update={"anchors_to": places})})


def test_the_page_says_whether_there_is_a_file(new_ledger: NewLedger, tmp_path: Path) -> None:
    """Where it names none, or the ledger knows no place for one, there is none."""
    path = tmp_path / "anchors.jsonl"
    with (
        closing(Ledger.open(new_ledger("sqlite"), path)) as ledger,
        closing(Ledger.open(new_ledger("sqlite"))) as placeless,
    ):
        assert AnchorFile(path) == AnchorFile.of(ledger, page_with(("file", "owner")))
        assert AnchorFile.of(ledger, page_with(("owner",))) is None
        assert AnchorFile.of(placeless, page_with(("file",))) is None
