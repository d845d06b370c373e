"""What a visitor of the demo waits for."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from tests.bench.figures import STARTS, Figure
from tests.bench.leads import Kinds, mixed
from tests.conftest import copied
from tests.harness import PROGRAM, ROOT, bench, free_port, wait_for

LEADS = 4000


def pages(kinds: Kinds) -> Iterator[Figure]:
    """The first page of all, and a CRM with many leads."""
    with tempfile.TemporaryDirectory() as folder:
        project = copied(Path(folder) / "project")
        yield Figure("demo: first page, s", median(_first_page(project) for _ in range(STARTS)), 1)
    with bench(mixed(kinds, LEADS)) as found:
        for name, query in (("a list", ""), ("page 40", "page=40"), ("a search", "q=technicians")):
            url = f"{found.url}/crm/Lead?{query}"
            took = median(_got(url) for _ in range(STARTS))
            yield Figure(f"{LEADS:,} leads in the CRM: {name}, s", took, 1)


def _first_page(project: Path) -> float:
    """Seconds from starting the program, whose sandbox begins empty only the first time."""
    port = free_port()
    begun = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "demo", "--port", str(port), "--project", str(project)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    ) as demo:
        try:
            wait_for(f"http://127.0.0.1:{port}")
            return time.monotonic() - begun
        finally:
            demo.terminate()


def _got(url: str) -> float:
    begun = time.monotonic()
    with urlopen(url) as answer:  # noqa: S310 - loopback
        answer.read()
    return time.monotonic() - begun
