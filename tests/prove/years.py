"""Years of runs: what happened is named, and nothing is made of quiet weeks. A row a year."""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.summary import year
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.loading import load
from triage_agent.summary.reading import read

PAGE = Path(__file__).parents[2] / "operating_model.yaml"
WEEKS, YEARS = 52, 5
CAUSES = {
    9: "low confidence stops more",
    15: "missing data stops more",
    20: "Maya Lindqvist decides far more",
    25: "job or vendor spam comes more",
}
MOST = 0.01
"""The part of the quiet weeks of which something may be made all the same."""


def main() -> int:
    """1 where a cause isn't named first, or too much is made of quiet weeks."""
    table = Table("year", "causes named first", "quiet weeks", "with a finding", "said of them")
    named = quiet = loud = 0
    for seed in range(1, YEARS + 1):
        found = _findings(seed)
        first = sum(found[week][:1] == [what] for week, what in CAUSES.items())
        odd = {week: said for week, said in found.items() if said and week not in CAUSES}
        named, quiet, loud = named + first, quiet + WEEKS - len(CAUSES), loud + len(odd)
        said = "; ".join(f"week {week}: {', '.join(what)}" for week, what in odd.items())
        table.add_row(f"{seed}", f"{first} of 4", f"{WEEKS - len(CAUSES)}", f"{len(odd)}", said)
    Console(width=120).print(table)
    return int(named < YEARS * len(CAUSES) or loud > MOST * quiet)


def _findings(seed: int) -> dict[int, list[str]]:
    """What is said of each week of a year."""
    page = load(PAGE.read_text(encoding="utf-8")).page
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Ledger.open(f"sqlite:///{folder}/ledger.db")) as ledger,
    ):
        year.fill(ledger, WEEKS, seed)
        told = {week: read(ledger, page, "live", year.week(week)) for week in range(WEEKS)}
    return {
        week: [
            one.what.removesuffix(" than usual").removesuffix(" than the others")
            for one in said.findings
        ]
        for week, said in told.items()
    }


if __name__ == "__main__":
    sys.exit(main())
