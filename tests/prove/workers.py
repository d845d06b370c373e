"""Workers on one ledger in PostgreSQL: how much quicker two are than one, and what a kill costs.

`python -m tests.prove.workers` prints both tables, with what a worker takes of its machine, and
fails where a bound is missed. The model
answers after a second, and each worker asks eight at once: so waiting, not this machine, is what
they share.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import requests
from rich.console import Console
from rich.table import Table

from tests.harness import PROGRAM, ROOT, Bench, bench, varied
from tests.postgres import running

SLOW = "  - {fault: latency, seconds: 1.0, system: model}\n"
ITEMS, KILL_ITEMS, AT_ONCE = 400, 1200, "8"
QUICKER, TAKEN_OVER = 1.8, 45.0
"""Two workers against one, at least; seconds from a kill to the batch's next beginning, at most."""
KILL_EVERY, KILL_FOR = 10.0, 120.0
_STATES = "SELECT status, count(*) FROM procrastinate_jobs WHERE queue_name = 'batches' GROUP BY 1"
_BEGUN = """
    SELECT s.name, e.at / 1e6 FROM events e JOIN streams s ON s.id = e.stream
    WHERE e.kind = 'Started' AND s.name LIKE '%.%' ORDER BY e.number
"""
_HAS = """
    SELECT DISTINCT split_part(application_name, ' ', 1) FROM pg_stat_activity
    WHERE application_name LIKE '%.% {} %'
"""


@dataclass
class Site:
    """A sandbox, a ledger, and the workers on both."""

    found: Bench
    url: str
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def command(self, *words: str) -> list[str]:
        """The program on this site."""
        where = ("--project", str(self.found.project), "--sandbox-url", self.found.url)
        return [*PROGRAM, *words, *where]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "TRIAGE_LEDGER_URL": self.url}

    def begin(self) -> None:
        """One worker more."""
        log = (self.found.project / f"worker-{len(self.workers)}.log").open("wb")
        self.workers.append(
            subprocess.Popen(  # noqa: S603 - our own program
                self.command("worker", "--at-once", AT_ONCE), env=self.environment, stderr=log
            )
        )

    def hand_out(self) -> None:
        """A run that hands out all that there is."""
        told = self.command("run", "--enqueue", "--json")
        subprocess.run(told, env=self.environment, check=True, capture_output=True)  # noqa: S603

    def asked(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def left(self) -> bool:
        """Whether any batch is still to be worked off."""
        return any(status in {"todo", "doing"} for status, _ in self.asked(_STATES))

    def statuses(self) -> dict[object, object]:
        return dict(self.asked("SELECT status, count(*) FROM items GROUP BY 1"))  # type: ignore[arg-type]

    def twice(self) -> int:
        """Tasks and hand-overs whose key is there more than once."""
        state = requests.get(f"{self.found.url}/sandbox/state", timeout=60).json()
        keys = [one.get("Triage_Key__c") for one in state["salesforce"]["Task"]]
        for messages in state["slack"].values():
            told = (one.get("metadata", {}) for one in messages)
            keys += [
                one["event_payload"].get("key")
                for one in told
                if one.get("event_type") == "triage_hand_over"
            ]
        return sum(number > 1 for key, number in Counter(keys).items() if key)


@contextmanager
def site(items: int) -> Iterator[Site]:
    """A sandbox of its own with so many leads, and a ledger that nobody has used."""
    with running() as cluster, bench(varied(items), SLOW) as found, ExitStack() as ends:
        page = found.project / "operating_model.yaml"
        text = page.read_text(encoding="utf-8")
        assert "concurrency: 32" in text
        page.write_text(text.replace("concurrency: 32", "concurrency: 64"), encoding="utf-8")
        made = Site(found, cluster.new_database())
        try:
            yield made
        finally:
            for worker in made.workers:
                worker.terminate()
            for worker in made.workers:
                ends.callback(worker.wait, 60)


@dataclass(frozen=True)
class Worked:
    """From the first batch's beginning until all is done; `took`: MiB and seconds of a worker's."""

    seconds: float
    took: list[tuple[float, float]]


def worked(workers: int) -> Worked:
    """What so many workers come to."""
    with site(ITEMS) as made:
        made.hand_out()
        for _ in range(workers):
            made.begin()
        _wait(made, 300)
        begun, last = made.asked(
            "SELECT min(at) FILTER (WHERE kind = 'Started'), "
            "max(at) FILTER (WHERE kind = 'Finished') "
            "FROM events JOIN streams ON id = stream WHERE name LIKE '%.%'"
        )[0]
        assert isinstance(begun, int)
        assert isinstance(last, int)
        return Worked((last - begun) / 1e6, [_taken(one.pid) for one in made.workers])


def _taken(process: int) -> tuple[float, float]:
    """The most memory that it ever had, in MiB, and its processor's seconds."""
    of = Path(f"/proc/{process}")
    [peak] = re.findall(r"VmHWM:\s*(\d+) kB", (of / "status").read_text(encoding="ascii"))
    times = (of / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return int(peak) / 1024, sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def _wait(made: Site, patience: float) -> None:
    ends = time.monotonic() + patience
    while made.left():
        assert time.monotonic() < ends, made.asked(_STATES)
        time.sleep(0.2)


@dataclass(frozen=True)
class Killed:
    """What became of a run whose workers were killed, one every ten seconds."""

    kills: int
    statuses: dict[object, object]
    twice: int
    slowest: float


def killed() -> Killed:
    """One of three workers is killed every ten seconds, for two minutes; another one begins."""
    chance, orphaned, kills = random.Random(1), list[tuple[object, float]](), 0  # noqa: S311 - to be the same again
    with site(KILL_ITEMS) as made:
        made.hand_out()
        for _ in range(3):
            made.begin()
        ends = time.monotonic() + KILL_FOR
        while time.monotonic() < ends:
            time.sleep(KILL_EVERY)
            alive = [one for one in made.workers if one.poll() is None]
            victim = chance.choice(alive)
            had = made.asked(_HAS.format(victim.pid))
            victim.send_signal(signal.SIGKILL)
            orphaned += [(batch, time.time()) for (batch,) in had]
            kills += 1
            made.begin()
            if not made.left():  # more work for those who are left
                break
        _wait(made, 600)
        return Killed(kills, made.statuses(), made.twice(), _slowest(made, orphaned))


def _slowest(made: Site, orphaned: list[tuple[object, float]]) -> float:
    """The longest from a worker's death to when another one begins the batch that it had."""
    begun = [(name, float(str(at))) for name, at in made.asked(_BEGUN)]
    took = [
        min((at for name, at in begun if name == batch and at > died), default=died) - died
        for batch, died in orphaned
    ]
    return max(took, default=0.0)


def main() -> int:
    """1 where a bound is missed."""
    by = {workers: worked(workers) for workers in (1, 2)}
    scaling = Table("workers", f"{ITEMS} items in, s", "of one", "each: MiB", "each: processor, s")
    for workers, one in by.items():
        quicker = by[1].seconds / one.seconds
        memory, processor = (
            " ".join(f"{n:.0f}" for n in some) for some in zip(*one.took, strict=True)
        )
        scaling.add_row(
            str(workers), f"{one.seconds:.1f}", f"{quicker:.2f} times", memory, processor
        )
    Console(width=80).print(scaling)
    after = killed()
    kills = Table("killed", "ended as", "there twice", "slowest taken over, s")
    ended = ", ".join(f"{number:,} {name}" for name, number in after.statuses.items())
    kills.add_row(str(after.kills), ended, str(after.twice), f"{after.slowest:.1f}")
    Console(width=80).print(kills)
    good = (
        by[1].seconds / by[2].seconds >= QUICKER and not after.twice and after.slowest <= TAKEN_OVER
    )
    return int(not (good and {*after.statuses} <= {"settled", "escalated"}))


if __name__ == "__main__":
    sys.exit(main())
