"""The lock: one sweep at a time, also between processes and machines, and never left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import HOME, Kind, NewLedger
from tests.ledger.conftest import Kept
from triage_agent.decision import run_events
from triage_agent.errors import LedgerFailed, RunRefused
from triage_agent.ledger.store import Ledger

pytestmark = pytest.mark.long

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
HOLDER = """
import sys
from datetime import UTC, datetime
from triage_agent.ledger.store import Ledger
ledger = Ledger.open(sys.argv[1])
with ledger.only_run("run-other", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(database: Kept) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends or it is killed."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HOLDER, database.url],
        env={"PYTHONPATH": str(HOME)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def other(database: Kept) -> Iterator[Ledger]:
    """The same ledger, as another run opens it."""
    with closing(Ledger.open(database.url)) as opened:
        yield opened


def refusal(ledger: Ledger) -> str:
    """What a run is told that comes second."""
    with pytest.raises(RunRefused) as refused, ledger.only_run("run-second", NOW):
        pass
    return str(refused.value)


def test_a_second_run_is_refused(ledger: Ledger, other: Ledger) -> None:
    """Within a process, too, the second run learns which one is under way."""
    with ledger.only_run("run-first", NOW):
        told = [refusal(other), refusal(ledger)]

    assert told[0] == told[1]
    assert told[0].startswith("run-first (process ")
    assert "since 09:30:00) holds the lock" in told[0]


def test_another_process_is_told_who_holds_it(ledger: Ledger, database: Kept) -> None:
    """The refusal names the other process's run and number, and when it began."""
    with holding(database) as process:
        told = refusal(ledger)

    assert f"run-other (process {process.pid} on " in told
    assert "since 09:30:00)" in told


def test_the_lock_dies_with_its_process(ledger: Ledger, other: Ledger, database: Kept) -> None:
    """After SIGKILL the next run starts, and is the one that is named."""
    with holding(database) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with _soon(ledger, "run-next"):
            told = refusal(other)

    assert told.startswith("run-next ")


@contextmanager
def _soon(ledger: Ledger, run: str) -> Iterator[None]:
    """Takes the lock; PostgreSQL may need a moment to see that a process is gone."""
    for _ in range(100):
        try:
            with ledger.only_run(run, NOW):
                yield
                return
        except RunRefused:
            time.sleep(0.05)
    pytest.fail("the lock outlived its process")


def test_the_lock_is_free_again_after_a_run(ledger: Ledger, other: Ledger) -> None:
    """A run that ends, well or by an error, lets the next one in."""
    with pytest.raises(KeyError), ledger.only_run("run-first", NOW):
        raise KeyError
    with ledger.only_run("run-second", NOW):
        told = refusal(other)
    with other.only_run("run-third", NOW):
        pass

    assert told.startswith("run-second ")
    assert "run-first" not in told


def test_reminding_has_a_lock_of_its_own(ledger: Ledger, other: Ledger) -> None:
    """People are reminded while a run is under way, also by that run, but by one process alone."""
    with ledger.only_run("run-first", NOW), ledger.only_reminder("run-first", NOW):
        with pytest.raises(RunRefused) as refused, other.only_reminder("run-second", NOW):
            pass
        ledger.append("run-first", NOW, [("run-first", run_events.Broke(reason="x"))])
    with other.only_reminder("run-second", NOW):
        pass

    assert str(refused.value).startswith("run-first (process ")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_the_file_lies_beside_the_ledger(ledger: Ledger, database: Kept) -> None:
    """Each ledger file has a lock file of its own, also where several lie in one folder."""
    path = Path(database.url.removeprefix("sqlite:///"))
    with ledger.only_run("run-first", NOW):
        held = path.with_name("ledger.db.lock").read_text(encoding="utf-8")

    assert held.startswith("run-first ")


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
def test_a_long_host_name_is_cut(
    ledger: Ledger, other: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all that is told only the host is cut to what a session may be called."""
    monkeypatch.setattr("socket.gethostname", lambda: "höst-" + "x" * 80)
    run = "run-20261123T093000-ab12"
    with ledger.only_run(run, NOW):
        told = refusal(other)

    assert f"{run} (process " in told
    assert "on h?st-xxx" in told
    assert "xx, since 09:30:00)" in told


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
def test_who_lost_the_lock_writes_no_more(
    ledger: Ledger, other: Ledger, database: Kept, kind: Kind
) -> None:
    """Once a run's session has ended another run may begin, and only that one writes."""
    broke = [("run-first", run_events.Broke(reason="x"))]
    with ledger.only_run("run-first", NOW):
        ledger.append("run-first", NOW, broke)
        database.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'run-first %'",
        )
        with _soon(other, "run-second"):
            for _ in range(2):
                with pytest.raises(LedgerFailed, match="can't be reached or ended"):
                    ledger.append("run-first", NOW, broke)
            other.append("run-second", NOW, [("run-second", run_events.Broke(reason="y"))])
    ledger.append("run-first", NOW, broke)

    assert ["run-first", "run-second"] == other.streams()
    assert 2 == len(other.events("run-first"))


@pytest.mark.parametrize("kind", ["postgres"], indirect=True)
def test_ledgers_of_one_server_do_not_wait_for_each_other(
    ledger: Ledger, new_ledger: NewLedger
) -> None:
    """The lock is the database's: runs on another one begin at once."""
    with (
        ledger.only_run("run-first", NOW),
        closing(Ledger.open(new_ledger("postgres"))) as elsewhere,
        elsewhere.only_run("run-second", NOW),
    ):
        assert refusal(ledger).startswith("run-first ")
