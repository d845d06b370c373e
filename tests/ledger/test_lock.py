"""The lock: one sweep at a time, also between processes, and never left behind."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage_agent.errors import RunRefused
from triage_agent.ledger.lock import only_run

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from triage_agent.ledger.lock import only_run
with only_run(Path(sys.argv[1]), "run-other", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends or it is killed."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HOLDER, str(lock)],
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
def lock(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "lock"


def refusal(lock: Path) -> str:
    """What a run is told that comes second."""
    with pytest.raises(RunRefused) as refused, only_run(lock, "run-second", NOW):
        pass
    return str(refused.value)


def test_a_second_run_is_refused(lock: Path) -> None:
    """Within a process, too, the second run learns which one is under way."""
    with only_run(lock, "run-first", NOW):
        told = refusal(lock)

    assert told.startswith("run-first (process ")
    assert "since 09:30:00" in told


def test_another_process_is_told_who_holds_it(lock: Path) -> None:
    """The refusal names the other process's run and number, and when it began."""
    with holding(lock) as process:
        told = refusal(lock)

    assert f"run-other (process {process.pid} on " in told
    assert "since 09:30:00" in told


def test_the_lock_dies_with_its_process(lock: Path) -> None:
    """After SIGKILL the next run starts, though the file still names the dead one."""
    with holding(lock) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        named = lock.read_text(encoding="utf-8")
        with only_run(lock, "run-next", NOW):
            told = refusal(lock)

    assert named.startswith("run-other ")
    assert told.startswith("run-next ")


def test_the_lock_is_free_again_after_a_run(lock: Path) -> None:
    """A run that ends, well or by an error, lets the next one in."""
    with pytest.raises(KeyError), only_run(lock, "run-first", NOW):
        raise KeyError
    with only_run(lock, "run-second", NOW):
        held = lock.read_text(encoding="utf-8")

    assert held.startswith("run-second ")
    assert "run-first" not in held
