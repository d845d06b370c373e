"""What a run costs: `make bench`. Counts are bounded; times depend on the machine and are shown."""

import sys

from rich.console import Console
from rich.table import Table

from tests.harness import bench

LEADS = 500
SALESFORCE_CALLS_A_LEAD = 0.10


def main() -> int:
    """Measures one run over 500 leads; 1 where a bound is missed."""
    with bench(LEADS) as found:
        report, cpu = found.run()
        again, _ = found.run()
    totals, requests = report["totals"], report["requests"]
    calls = requests["salesforce"] / LEADS
    ended = totals["settled"] + totals["escalated"]
    rows = [
        ("leads that ended", f"{ended}", f"{LEADS}", ended == LEADS),
        (
            "Salesforce calls a lead",
            f"{calls:.3f}",
            f"≤ {SALESFORCE_CALLS_A_LEAD:.2f}",
            calls <= SALESFORCE_CALLS_A_LEAD,
        ),
        (
            "new leads in a second run",
            f"{again['totals']['received']}",
            "0",
            not again["totals"]["received"],
        ),
        ("model calls a lead", f"{requests['model'] / LEADS:.2f}", "", True),
        ("CPU of the agent, ms a lead", f"{1000 * cpu / LEADS:.1f}", "", True),
        ("wall, s", f"{report['seconds']:.1f}", "", True),
    ]
    table = Table("figure", "measured", "bound", "")
    for name, measured, bound, held in rows:
        table.add_row(name, measured, bound, "" if not bound else "held" if held else "MISSED")
    Console().print(table)
    return 0 if all(held for *_, held in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
