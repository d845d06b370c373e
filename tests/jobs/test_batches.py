"""Batches: what a run hands out is worked off once, by whichever worker comes first."""

from __future__ import annotations

import shutil
import time
from threading import Event, Thread, Timer
from typing import TYPE_CHECKING, NoReturn

import psycopg
import pytest

from tests.jobs.conftest import HOME, USUAL
from triage_agent import wiring, working
from triage_agent.connectors import queue
from triage_agent.decision.batch_events import GivenUp, HandedOut
from triage_agent.errors import LedgerFailed, NewerLedger, RunRefused, WrongUsage
from triage_agent.jobs import batches
from triage_agent.jobs.running import Running
from triage_agent.jobs.sweep import sweep
from triage_agent.ledger.migrate import NEWEST
from triage_agent.ledger.store import AGENT
from triage_agent.ledger.timeline import timelines
from triage_agent.settings import Settings, secret
from triage_agent.targets import systems

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from tests.conftest import NewLedger
    from tests.jobs.conftest import Site
    from triage_agent.jobs.parts import Parts

LEADS = 5


@pytest.fixture
def site(
    open_site: Callable[..., Site], new_ledger: NewLedger, monkeypatch: pytest.MonkeyPatch
) -> Site:
    """Five leads that settle, and a ledger on PostgreSQL that workers share."""
    url = new_ledger("postgres")
    monkeypatch.setenv("TRIAGE_LEDGER_URL", url)
    monkeypatch.setattr(batches, "MOST", 2)
    monkeypatch.setattr(queue, "POLL", 0.1)
    monkeypatch.setattr(queue, "PUT_OFF", 0.1)
    monkeypatch.setattr("triage_agent.jobs.sweep.READ_AT_ONCE", 2)
    found: Site = open_site(
        [{**USUAL, "Email": f"ada{n}@lind-heating.example"} for n in range(LEADS)]
    )
    found.settings = Settings(triage_ledger_url=url)
    shutil.copy(HOME / "operating_model.yaml", found.project)
    shutil.copytree(HOME / "prompts", found.project / "prompts")
    queue.prepare(url)
    return found


def hand_out(site: Site, put: Callable[[Connection, str], object] = queue.put) -> int:
    """A run that hands out all that it finds; how many items that are."""
    with site.parts() as parts:
        return sweep(parts, put=put).handed_out


def left(site: Site) -> list[str]:
    with site.ledger() as ledger:
        return ledger.database.batches()


def where(site: Site) -> str:
    """The database that holds the ledger and the queue."""
    return str(secret(site.settings.triage_ledger_url))


def worker(site: Site) -> working.Batches:
    """What a worker does with batches, in this process."""
    with systems(site.target, site.settings) as found:
        return working.Batches(site.target, site.settings, found, Event(), wiring.now)


def work(site: Site, made: working.Batches, patience: float = 30, until_left: int = 0) -> None:
    """A worker in this process, until no more than so many are left."""
    until, worked = Event(), queue.Worked(made.work_off, made.give_up)
    thread = Thread(target=queue.Worker(where(site), worked).run, args=(until,))
    thread.start()
    ends = time.monotonic() + patience
    while len(left(site)) > until_left and time.monotonic() < ends:
        time.sleep(0.05)
    until.set()
    thread.join()
    assert until_left == len(left(site))


def told(site: Site, batch: str, *kinds: str) -> list[object]:
    with site.ledger() as ledger:
        return [one.event for one in ledger.told(batch, *kinds)]


def test_a_run_hands_out_and_a_worker_works_off(site: Site) -> None:
    """Each item is in one batch and ends as a run would have ended it; each batch is a run."""
    assert LEADS == hand_out(site)
    names = left(site)
    assert [0, 2, 4] == [
        one.before
        for name in names
        for one in told(site, name, "HandedOut")
        if isinstance(one, HandedOut)
    ]
    assert not site.tasks()

    work(site, worker(site))

    assert LEADS == len(site.tasks())
    assert [["Started", "Finished"]] * 3 == [
        [type(one).__name__ for one in told(site, name, "Started", "Finished")] for name in names
    ]
    assert [] == site.faults()
    assert 0 == hand_out(site)


def test_what_is_handed_out_is_left_alone(site: Site) -> None:
    """Neither another run, nor one that hands out, takes up what workers will take."""
    hand_out(site)
    before = left(site)

    with site.parts() as parts:
        report = sweep(parts)

    assert ([], 0, before) == (report.items, hand_out(site), left(site))
    assert not site.tasks()


def test_a_batch_is_told_of_with_its_items_or_not_at_all(site: Site) -> None:
    """Where workers can't be told, no item has begun that nobody will take up."""

    def fails(_connection: Connection, _batch: str) -> None:
        raise LedgerFailed("the queue is gone")

    with pytest.raises(LedgerFailed, match="the queue is gone"):
        hand_out(site, fails)
    with site.ledger() as ledger:
        assert [] == ledger.unfinished("live")
    assert [] == left(site)
    assert LEADS == hand_out(site)


def test_a_batch_that_was_worked_off_is_not_again(site: Site) -> None:
    """A second worker that was told of it finds nothing to do."""
    hand_out(site)
    first = left(site)[0]
    made = worker(site)
    made.work_off(first)
    state = site.state()

    made.work_off(first)

    after = site.state()
    assert state["slack"] == after["slack"]
    assert state["salesforce"] == after["salesforce"]


def test_one_worker_at_a_time_has_a_batch(site: Site) -> None:
    """Whoever comes second waits until the first is done with it, however long that takes."""
    hand_out(site)
    batch = left(site)[0]
    made = worker(site)
    with site.ledger() as holder, holder.only_batch(batch, wiring.now()):
        second = Thread(target=made.work_off, args=(batch,))
        second.start()
        time.sleep(0.5)
        assert second.is_alive()
        assert not told(site, batch, "Started")
    second.join(30)

    assert told(site, batch, "Finished")


def test_a_batch_that_breaks_again_and_again(site: Site) -> None:
    """After three tries its items go one by one, so that one of them harms no other."""
    hand_out(site)
    made = worker(site)
    honest, (bad, *_) = made.work_off, _items(site, left(site)[0])

    def breaks(batch: str) -> None:
        if bad not in _items(site, batch):
            return honest(batch)
        with site.parts() as parts:
            _begin(parts, batch)
        raise ValueError("whatever this item has")

    made.work_off = breaks  # type: ignore[method-assign]
    work(site, made, patience=60)

    with site.ledger() as ledger:
        failed = ledger.unfinished("live")
        why = ledger.story(bad).failures
    assert [bad] == failed
    assert ["it broke: ValueError"] == [one.reason for one in why]
    assert LEADS - 1 == len(site.tasks())
    given_up = [one for name in _batches_of(site) for one in told(site, name, "GivenUp")]
    assert [2, 0] == [len(one.alone) for one in given_up if isinstance(one, GivenUp)]


def _begin(parts: Parts, batch: str) -> None:
    running = Running(parts, batch, lambda *_: None)
    running.append(running.started(1))


def _items(site: Site, batch: str) -> tuple[str, ...]:
    with site.ledger() as ledger:
        return batches.handed(ledger, batch).items


def _batches_of(site: Site) -> list[str]:
    return [name for name in site.streams() if "." in name]


def test_a_pause_puts_a_batch_off(site: Site) -> None:
    """A worker of a paused agent changes nothing, and the batch counts as never begun."""
    hand_out(site)
    batch = left(site)[0]
    with site.ledger() as ledger:
        wiring.brake_of(site.target, site.settings, ledger).pause("Dana Reyes", "a test")

    with pytest.raises(RunRefused, match="paused"):
        worker(site).work_off(batch)

    assert not told(site, batch, "Started", "GivenUp")
    assert not worker(site).give_up(batch, "paused")


def test_live_items_wait_while_the_agent_is_in_shadow(site: Site) -> None:
    """What was handed out live isn't worked off by an agent that may not act any more."""
    hand_out(site)
    batch = left(site)[0]

    with site.parts("shadow") as parts, pytest.raises(RunRefused, match="are live, and the agent"):
        batches.work_off(parts, batch)

    assert not told(site, batch, "Started")
    assert not site.tasks()


@pytest.mark.parametrize("under_way", [False, True])
def test_an_older_worker_leaves_batches_to_newer_ones(site: Site, *, under_way: bool) -> None:
    """Where a newer program has upgraded the ledger it ends, and the batch that it had is whole."""
    hand_out(site)
    names, made = left(site), worker(site)

    def upgraded(batch: str) -> None:
        revise(site, "0099")
        if under_way:
            raise LedgerFailed("the ledger's tables aren't what they were")
        worker(site).work_off(batch)

    until = Event()
    patience = Timer(30, until.set)
    patience.start()
    with pytest.raises(NewerLedger, match=r"newer version \(0099\)"):
        queue.Worker(where(site), queue.Worked(upgraded, made.give_up)).run(until)
    assert patience.is_alive()
    patience.cancel()
    with pytest.raises(NewerLedger):
        working.work(site.target, Event(), lambda _ready: pytest.fail("it begins"))

    revise(site, NEWEST)
    assert {*names} == {*left(site)}
    assert not any(told(site, name, "Started", "Broke", "GivenUp") for name in names)


def test_a_dead_workers_batch_is_taken_over(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the ledger was away at the first look: who looks for the dead looks again."""
    monkeypatch.setattr(queue, "LOOK", 0.1)
    hand_out(site)
    dead, *_ = left(site)
    with psycopg.connect(where(site)) as connection:
        taken = b"UPDATE procrastinate_jobs SET status = 'doing' WHERE args->>'batch' = %s"
        connection.execute(taken, (dead,))
    made, looked = worker(site), list[str]()
    honest = made.give_up

    def away(batch: str, reason: str) -> bool:
        looked.append(batch)
        return honest(batch, reason) if looked[1:] else fail("the ledger is away")

    made.give_up = away  # type: ignore[method-assign]
    work(site, made)

    assert [dead, dead] == looked
    assert LEADS == len(site.tasks())


def test_what_a_newer_program_hands_out_is_left_to_its_workers(site: Site) -> None:
    """A job that says more than workers know is in another queue; runs leave its items alone."""
    hand_out(site)
    with psycopg.connect(where(site)) as connection:
        jobs = "SELECT DISTINCT queue_name, task_name, lock = args->>'batch', args - 'batch' FROM "
        asked = connection.execute(jobs.encode() + b"procrastinate_jobs").fetchall()
        newer = "UPDATE procrastinate_jobs SET queue_name = 'newer', args = args || '{\"by\": 2}'"
        connection.execute(newer.encode() + b" WHERE args->>'batch' LIKE '%.0'")
    names = left(site)

    work(site, worker(site), until_left=1)

    assert [("batches", "batch", True, {})] == asked
    assert [name for name in names if name.endswith(".0")] == left(site)
    assert (0, LEADS - 2) == (hand_out(site), len(site.tasks()))


def test_each_item_is_told_by_the_page_that_it_went_by(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a worker with a newer page takes up what one with an older page had begun."""
    hand_out(site)
    names = sorted(left(site))
    with monkeypatch.context() as patch:
        patch.setattr(Running, "finish", lambda *_: fail("its worker ends here"))
        with pytest.raises(LedgerFailed):
            worker(site).work_off(names[0])
    page, was = site.project / "operating_model.yaml", site.rules.page.version
    page.write_text(page.read_text("utf-8").replace(f"\nversion: {was}", "\nversion: 99"), "utf-8")
    for batch in names:
        worker(site).work_off(batch)

    with site.ledger() as ledger:
        assert [{was}, {99}, {99}] == [
            {
                one.runs[batch].page_version
                for item in batches.handed(ledger, batch).items
                for one in timelines(ledger, item)
            }
            for batch in names
        ]
        changes = [one.event.kind for one in ledger.told(AGENT, "PageChanged", "PageKept")]
    assert ["PageKept", "PageChanged", "PageKept"] == changes
    assert LEADS == len(site.tasks())


def fail(why: str) -> NoReturn:
    raise LedgerFailed(why)


def revise(site: Site, revision: str) -> None:
    """Has the ledger's tables be of a revision."""
    with psycopg.connect(where(site)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))


def test_what_is_due_is_done_by_one_of_the_workers(new_ledger: NewLedger) -> None:
    """Each moment once, however many workers there are; what fails is done the next time."""
    url = new_ledger("postgres")
    queue.prepare(url)
    done: list[float] = []

    def due() -> None:
        done.append(time.monotonic())
        raise RunRefused("another run is under way")

    nothing = queue.Worked(lambda _batch: None, lambda _batch, _reason: False)
    until, scheduled = Event(), [queue.Scheduled("run", "* * * * * *", due)]
    threads = [
        Thread(target=queue.Worker(url, nothing, scheduled).run, args=(until,)) for _ in range(3)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    while len(done) < 6 and time.monotonic() < began + 40:
        time.sleep(0.1)
    until.set()
    for thread in threads:
        thread.join()

    assert 6 <= len(done) <= done[-1] - began + 2


def test_a_file_has_no_workers(
    open_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite nothing can be handed out: it says what is needed."""
    monkeypatch.delenv("TRIAGE_LEDGER_URL", raising=False)
    site = open_site([])

    with pytest.raises(WrongUsage, match="need a ledger on PostgreSQL: name it in TRIAGE_LEDGER"):
        working.handing_out(site.target)
    with site.ledger() as ledger:
        assert batches.handed_out(ledger) == frozenset()
        with pytest.raises(WrongUsage, match="is a file"):
            ledger.only_batch("run-1.0", wiring.now())
