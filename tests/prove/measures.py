"""What a ledger that has grown large costs, measured: each figure by its name."""

import os
import random
import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from logging import CRITICAL
from pathlib import Path
from statistics import median

import structlog
from sqlalchemy import func, select

from tests.harness import ROOT, bench, measured
from tests.prove.busy import make_busy
from tests.prove.template import ITEMS, Copy, Template
from triage_agent import wiring
from triage_agent.jobs.sweep import sweep
from triage_agent.ledger import erasure
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import items, streams
from triage_agent.ledger.timeline import timelines
from triage_agent.operating_model.schema import OWNER
from triage_agent.project import read_model, read_prices, read_rules
from triage_agent.settings import Settings
from triage_agent.targets import ANCHORS, Target, systems

PAGE = read_model(ROOT).page
TIMELINES, FIRST_TIMELINES, STARTS, CHUNKS, SUMMARIES = 200, 40, 15, 40, 5
BUSY = timedelta(weeks=7)
CHUNK = 50
"""How many items are added at once to either of two ledgers."""
URL = "TRIAGE_LEDGER_URL"


@dataclass(frozen=True)
class Grown:
    """A generated ledger and the file of its anchors."""

    url: str
    anchors: Path
    items: int

    @property
    def path(self) -> Path | None:
        """Where the ledger is a file."""
        _, sqlite, path = self.url.partition("sqlite:///")
        return Path(path) if sqlite else None

    def open(self) -> Ledger:
        """The ledger, to be closed."""
        return Ledger.open(self.url, self.anchors)


Measured = Iterator[tuple[str, float]]


def timeline(grown: Grown) -> Measured:
    """From opening the ledger to what the command prints; the page is read before."""
    with closing(grown.open()) as ledger:
        records = _records(ledger, grown, TIMELINES + FIRST_TIMELINES)
    for record in records[:10]:
        _told(grown, record)
    yield "a timeline, ms", 1000 * median(_told(grown, one) for one in records[10:TIMELINES])
    if grown.path:
        first = [_from_disk(grown, grown.path, one) for one in records[TIMELINES:]]
        yield "a timeline, from the disk, ms", 1000 * median(first)


def _records(ledger: Ledger, grown: Grown, wanted: int) -> list[str]:
    """The records of some items anywhere."""
    with ledger.database.reading() as connection:
        most = connection.execute(select(func.max(items.c.stream))).scalar_one()
        chosen = random.Random(grown.items).choices(range(1, most + 1), k=2 * wanted)  # noqa: S311 - to be the same again
        query = select(items.c.record_id).where(items.c.stream.in_(chosen))
        found = list(connection.execute(query).scalars())
    random.Random(0).shuffle(found)  # noqa: S311 - to be the same again
    return found[:wanted]


def _told(grown: Grown, record: str) -> float:
    begun = time.perf_counter()
    with closing(grown.open()) as ledger:
        assert timelines(ledger, record, PAGE)
    return time.perf_counter() - begun


def _from_disk(grown: Grown, path: Path, record: str) -> float:
    """After the system has forgotten what it knew of the file."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return _told(grown, record)


@contextmanager
def _project(grown: Grown) -> Iterator[Target]:
    """A sandbox without leads, and a project whose ledger that is."""
    with bench([]) as found:
        target = Target(found.project, sandbox_url=found.url)
        target.folder.mkdir(parents=True)
        (target.folder / ANCHORS).symlink_to(grown.anchors)
        yield target


@contextmanager
def _ledger_at(url: str) -> Iterator[None]:
    os.environ[URL] = url
    try:
        yield
    finally:
        del os.environ[URL]


def starts(grown: Grown, empty: Grown) -> Measured:
    """A run that finds nothing new, in turn on a large ledger and on one that was empty."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    on_empty, on_large = [], []
    with _project(empty) as little, _project(grown) as large:
        terms = wiring.Terms(read_rules(large.project), read_prices(large.project), "live")
        for _ in range(STARTS + 1):
            on_empty.append(_run(empty, little, terms))
            on_large.append(_run(grown, large, terms))
    (before, _), (start, whole) = (
        map(median, zip(*took[1:], strict=True)) for took in (on_empty, on_large)
    )
    yield "a run's start, ms", 1000 * start
    yield "a run's start, of that on an empty ledger", start / before
    yield "nothing new, ms", 1000 * whole


def _run(grown: Grown, target: Target, terms: wiring.Terms) -> tuple[float, float]:
    """From opening the ledger until a run has begun, and until it has ended; the page is read."""
    settings = Settings.of(target.project)
    began: list[float] = []
    with _ledger_at(grown.url), systems(target, settings) as found:
        begun = time.perf_counter()
        with closing(wiring.open_ledger(target)) as ledger:
            brake = wiring.brake_of(target, settings, ledger)
            with closing(wiring.join(found, terms, ledger, brake)) as parts:
                sweep(parts, progress=lambda _ended, _of: began.append(time.perf_counter()))
        return began[0] - begun, time.perf_counter() - begun


def verification(grown: Grown) -> Measured:
    """In a process of its own, whose memory counts."""
    command = [sys.executable, "-m", "tests.prove.verifying", grown.url, str(grown.anchors)]
    said, _ = measured(command, ROOT)
    assert said["faults"] == [], said["faults"]
    yield "verified, events a second of CPU", said["events"] / said["cpu"]
    yield "verified in, s", said["seconds"]
    yield "verified in memory of, MiB", said["memory"]


def summary(grown: Grown) -> Measured:
    """The command, in a process of its own: the last full week beside the four before it.

    In these weeks people were busy, and runs that found nothing came every fifth minute.
    """
    now = datetime.now(UTC)
    with closing(grown.open()) as ledger:
        yield "events of people and idle runs", make_busy(ledger, now - BUSY, now)
    with _project(grown) as target, _ledger_at(grown.url):
        where = ["--project", str(target.project), "--sandbox-url", str(target.sandbox_url)]
        told = [sys.executable, "-m", "tests.prove.telling", "summary", *where]
        took = [measured(told, ROOT) for _ in range(SUMMARIES)]
    yield "a week told, s", median(spent.wall for _, spent in took)
    yield "a week told in memory of, MiB", max(said["memory"] for said, _ in took)


def appending(few: Grown, many: Grown, template: Template) -> Measured:
    """Items as a run appends them, in turn to a ledger of few and to one of many."""
    with closing(few.open()) as little, closing(many.open()) as large:
        took: dict[Ledger, list[float]] = {little: [], large: []}
        for number in range(CHUNKS + 1):
            copy = template.copy(many.items // ITEMS + number + 1, datetime.now(UTC))
            for ledger, seconds in took.items():
                seconds.append(_appended(ledger, copy) / CHUNK)
    on_few, on_many = (seconds[1:] for seconds in took.values())
    yield "an item appended, ms", 1000 * median(on_many)
    ratios = [many / few for few, many in zip(on_few, on_many, strict=True)]
    yield "an item appended, of that to few", median(ratios)


def _appended(ledger: Ledger, copy: Copy) -> float:
    """What happens at one moment is appended at once, as it was."""
    happened = [(place, one) for place, one in copy.happened() if place <= CHUNK]
    begun = time.perf_counter()
    for at, group in groupby(happened, key=lambda pair: pair[1].at):
        told = [(copy.streams[place], one.event) for place, one in group]
        ledger.append(copy.run, at, told)
    took = time.perf_counter() - begun
    for stream in copy.streams:
        ledger.forget(stream)
    return took


def taking_out(grown: Grown) -> Measured:
    """A person's texts; then those of the oldest month; then all others."""
    owner = next(iter(PAGE.people(OWNER)))
    now = datetime.now(UTC)
    with closing(grown.open()) as ledger:
        address = _somebody(ledger)
        begun = time.perf_counter()
        assert erasure.erase(ledger, address, owner, now).items == 1
        yield "erase a person, s", time.perf_counter() - begun
        for days, name in ((335, "a month's texts expire, s"), (0, "all texts expire, s")):
            begun = time.perf_counter()
            assert erasure.expire(ledger, now - timedelta(days=days), now)
            yield name, time.perf_counter() - begun


def _somebody(ledger: Ledger) -> str:
    """Somebody's address, out of the middle."""
    with ledger.database.reading() as connection:
        most = connection.execute(select(func.max(items.c.stream))).scalar_one()
        names = connection.execute(
            select(streams.c.name)
            .join(items, items.c.stream == streams.c.id)
            .where(items.c.stream.between(most // 2, most // 2 + ITEMS))
        )
        wanted = list(names.scalars())
    for item in wanted:
        record = ledger.story(item).record
        found = record and re.fullmatch(r"n\d+\.\S+@\S+", str(record.fields.get("Email")))
        if found:
            return found[0]
    raise LookupError("nobody has an address of their own")
