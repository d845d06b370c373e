"""`make bench`: measures, prints each figure with its bound, and fails where one is missed.

Names of parts measure those alone: `python -m tests.bench speed starts`.
"""

import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.table import Table

from tests.bench import figures
from tests.bench.figures import Figure
from tests.bench.leads import Kinds, kinds_of_samples
from tests.bench.pages import pages

PARTS: dict[str, Callable[[Kinds], Iterator[Figure]]] = {
    "machine": figures.machine,
    "starts": figures.starts,
    "pages": pages,
    "speed": figures.speed,
    "faulty": figures.faulty,
    "scale": figures.scale,
}


def main(wanted: list[str]) -> int:
    """Measures the parts that are wanted, or all; 1 where a bound is missed."""
    console, table = Console(), Table("figure", "measured", "at most", "")
    kinds, held = kinds_of_samples(), True
    for name in wanted or PARTS:
        with console.status(f"measuring: {name}"):
            for figure in PARTS[name](kinds):
                bound = "" if figure.bound is None else f"{figure.bound:g}"
                verdict = "" if figure.bound is None else "held" if figure.held else "MISSED"
                table.add_row(figure.name, f"{figure.value:,.{figure.digits}f}", bound, verdict)
                held &= figure.held
    console.print(table)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
