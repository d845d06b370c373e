"""The record when it has grown large: a million items, on SQLite and on PostgreSQL.

`python -m tests.prove.record` prints each figure with its bound, and fails where one is missed;
`python -m tests.prove.record 10000` tries it with so many items.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tests.postgres import Cluster, running
from tests.prove import measures
from tests.prove.__main__ import OURS
from tests.prove.generator import copied, generate
from tests.prove.measures import Grown, Measured
from tests.prove.template import ITEMS, Template, template

MILLION = 1_000_000
FEW, MANY = 1000, 10
"""Of the large ledger: a thousandth, and a tenth, for what an item costs while they grow."""
KINDS = ("SQLite", "PostgreSQL")


@dataclass(frozen=True)
class Bound:
    """What a figure may be: at most, or at least, so much; on PostgreSQL `server` times that."""

    value: float
    least: bool = False
    server: float = 1

    def __str__(self) -> str:
        return f"{'at least' if self.least else 'at most'} {self.value:,g}"

    def holds(self, value: float, kind: str) -> bool:
        """Whether a figure keeps it."""
        bound = self.value * (self.server if kind == KINDS[1] else 1)
        return value >= bound if self.least else value <= bound


BOUNDS = {
    "bytes an item": Bound(6000),
    "a timeline, ms": Bound(50),
    "a run's start, of that on an empty ledger": Bound(1.2),
    "verified, events a second of CPU": Bound(20_000, least=True),
    "an item appended, of that to few": Bound(1.1),
    "a week told, s": Bound(3, server=1.5),
    "a week told in memory of, MiB": Bound(286),
}


@dataclass(frozen=True)
class Place:
    """Where ledgers are made, and like what."""

    folder: Path
    cluster: Cluster
    template: Template

    def grown(self, number: int, told: Callable[[str], None]) -> tuple[Grown, Grown]:
        """A ledger of so many items, in SQLite and in PostgreSQL."""
        folder = self.folder / str(number)
        folder.mkdir()
        file = Grown(f"sqlite:///{folder}/ledger.db", folder / "anchors.jsonl", number)
        server = Grown(self.cluster.new_database(), folder / "anchors-postgres.jsonl", number)
        if number:
            with closing(file.open()) as ledger, closing(server.open()) as copy:
                generate(ledger, self.template, number, lambda n: told(f"{n:,} of {number:,}"))
                ledger.database.scrub()
                told(f"{number:,} to PostgreSQL")
                copied(ledger, copy)
            shutil.copy(file.anchors, server.anchors)
            _settle(server)
        return file, server

    def size(self, grown: Grown) -> int:
        """The bytes that a ledger takes, in PostgreSQL beyond one that is empty."""
        if file := grown.path:
            return sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))
        return _bytes(grown.url) - _bytes(self.cluster.url("migrated"))


def _settle(grown: Grown) -> None:
    """What PostgreSQL does by itself some minutes later."""
    with psycopg.connect(grown.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _bytes(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row
    return int(row[0])


@dataclass(frozen=True)
class Sides:
    """The ledgers of one kind, by how many items they hold."""

    empty: Grown
    few: Grown
    many: Grown
    all: Grown


def _measured(place: Place, sides: Sides) -> Measured:
    yield "bytes an item", place.size(sides.all) / sides.all.items
    yield "bytes of anchors an item", sides.all.anchors.stat().st_size / sides.all.items
    yield from measures.timeline(sides.all)
    yield from measures.starts(sides.all, sides.empty)
    yield from measures.verification(sides.all)
    yield from measures.appending(sides.few, sides.many, place.template)
    yield from measures.summary(sides.all)
    yield from measures.taking_out(sides.all)


def main(number: int) -> int:
    """Grows the ledgers, measures them; 1 where a bound is missed."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    console = Console(highlight=False)
    few = max(ITEMS, number // FEW // ITEMS * ITEMS)
    sizes = (0, few, number // MANY // ITEMS * ITEMS, number)
    found: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    with tempfile.TemporaryDirectory(prefix="prove-") as name, running() as cluster:
        with console.status("a real run over the samples") as status:
            place, begun = Place(Path(name), cluster, template()), time.monotonic()
            grown = [place.grown(size, status.update) for size in sizes]
        console.print(f"{number:,} items were generated in {time.monotonic() - begun:,.0f} s")
        for kind, ledgers in zip(KINDS, zip(*grown, strict=True), strict=True):
            for figure, value in _measured(place, Sides(*ledgers)):
                found[kind][figure] = value
                console.print(f"{kind}: {figure}: {value:,.2f}")
    table, missed = _table(number, found)
    console.print(table)
    return 1 if missed else 0


def _table(number: int, found: dict[str, dict[str, float]]) -> tuple[Table, bool]:
    table, missed = Table(f"{number:,} items", *KINDS, "bound", "", box=SIMPLE), False
    for name in found[KINDS[0]]:
        values = {kind: found[kind].get(name) for kind in KINDS}
        bound = BOUNDS.get(name)
        held = bound is None or all(
            bound.holds(value, kind) for kind, value in values.items() if value is not None
        )
        said = [
            f"{value:,.{_digits(value)}f}" if value is not None else "" for value in values.values()
        ]
        verdict = "" if bound is None else "held" if held else "MISSED"
        table.add_row(name, *said, "" if bound is None else str(bound), verdict)
        missed |= not held
    return table, missed


def _digits(value: float) -> int:
    return 0 if value >= 1000 else 1 if value >= 10 else 2


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else MILLION))
