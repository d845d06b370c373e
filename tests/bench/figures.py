"""The figures: each a number with its bound, as a ratio or a count where that can be had."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.leads import Kinds, mixed
from tests.harness import PROGRAM, Bench, Spent, bench, measured

LATENCY, CONCURRENCY = 1.0, 32
SLOW_MODEL = f"  - {{fault: latency, seconds: {LATENCY}, system: model}}\n"
TENTH = """\
  - {fault: cut, rate: 0.02}
  - {fault: cut, carried_out: true, rate: 0.02}
  - {fault: torn, rate: 0.01}
  - {fault: server_error, rate: 0.02}
  - {fault: server_error, status: 503, rate: 0.01}
  - {fault: rate_limit, retry_after: 1, rate: 0.01}
  - {fault: request_limit, rate: 0.01}
  - {fault: unauthorized, rate: 0.01}
"""
"""One request in ten fails, in every system and in every way that passes."""

STARTS = 7
"""How often a start is timed; the median counts."""


@dataclass(frozen=True)
class Figure:
    """One measured number; `bound`: what it may be at most, None where it is only shown."""

    name: str
    value: float
    bound: float | None = None
    digits: int = 2

    @property
    def held(self) -> bool:
        return self.bound is None or self.value <= self.bound


@dataclass(frozen=True)
class Sweep:
    """One run over many leads."""

    leads: int
    report: Any
    spent: Spent

    @property
    def cpu(self) -> float:
        """CPU of the agent for a lead, in milliseconds."""
        return 1000 * self.spent.cpu / self.leads

    @property
    def salesforce(self) -> float:
        """Requests to Salesforce for a lead."""
        requests: int = self.report["requests"]["salesforce"]
        return requests / self.leads

    @property
    def wall(self) -> float:
        """The run's time beside what its questions alone take."""
        calls: int = self.report["requests"]["model"]
        return float(self.report["seconds"]) / (calls * LATENCY / CONCURRENCY)

    @property
    def left(self) -> int:
        """Leads that neither settled nor escalated."""
        totals = self.report["totals"]
        return self.leads - int(totals["settled"]) - int(totals["escalated"])

    def needless_calls(self) -> int:
        """Calls of the model for leads that a rule without a model stops."""
        items = self.report["items"]
        floor = [item for item in items if any(s["source"] == "floor" for s in item["stops"])]
        asked = len(items) - len(floor)
        drafted = sum("draft_reply" in [a["action"] for a in item["actions"]] for item in items)
        return int(self.report["requests"]["model"]) - asked - drafted


def swept(kinds: Kinds, leads: int, faults: str = "") -> Sweep:
    """A run over a mix of leads in a fresh sandbox."""
    with bench(mixed(kinds, leads), faults, items=leads) as found:
        return Sweep(leads, *found.run())


def machine(kinds: Kinds) -> Iterator[Figure]:
    """How fast this machine is: 0.6 s and 6 to 10 ms where the bounds were set."""
    imported = [_took([sys.executable, "-c", "import openai"]).wall for _ in range(STARTS)]
    yield Figure("this machine: importing openai, s", median(imported))
    with bench(mixed(kinds, 20)) as found:
        spent = _took([sys.executable, "-m", "tests.bench.bare", found.url, "500"])
    yield Figure("this machine: bare openai client, ms a lead", 1000 * spent.cpu / 500, digits=1)


def _took(command: list[str]) -> Spent:
    return measured(command, Path())[1]


def speed(kinds: Kinds) -> Iterator[Figure]:
    """500 leads and 4,000, with a model that takes a second."""
    few = swept(kinds, 500, SLOW_MODEL)
    drafts = sum(item["draft"] is not None for item in few.report["items"])
    yield Figure("500 leads: share that gets a draft", drafts / few.leads)
    yield Figure("500 leads: not ended", few.left, 0, 0)
    yield Figure("500 leads: wall, of model calls x 1 s / 32", few.wall, 1.15)
    yield Figure("500 leads: CPU of the agent, ms a lead", few.cpu, 15, 1)
    yield Figure("500 leads: Salesforce calls a lead", few.salesforce, 0.10, 3)
    yield Figure("500 leads: model calls where the floor stops", few.needless_calls(), 0, 0)
    yield Figure("500 leads: peak memory, MiB", few.spent.memory, 150, 0)
    many = swept(kinds, 4000, SLOW_MODEL)
    yield Figure("4,000 leads: not ended", many.left, 0, 0)
    yield Figure("4,000 leads: Salesforce calls a lead", many.salesforce, 0.06, 3)
    memory = many.spent.memory / few.spent.memory
    yield Figure("4,000 leads: peak memory, of that at 500", memory, 1.2)


def faulty(kinds: Kinds) -> Iterator[Figure]:
    """500 leads while one request in ten fails, beside the same undisturbed."""
    calm = swept(kinds, 500, SLOW_MODEL)
    rough = swept(kinds, 500, SLOW_MODEL + TENTH)
    yield Figure("one in ten requests fails: not ended", rough.left, 0, 0)
    wall = rough.report["seconds"] / calm.report["seconds"]
    yield Figure("one in ten requests fails: wall, of undisturbed", wall, 1.6)


def scale(kinds: Kinds) -> Iterator[Figure]:
    """20,000 leads beside 500, with a model that answers at once."""
    few, many = swept(kinds, 500), swept(kinds, 20_000)
    yield Figure("20,000 leads: not ended", many.left, 0, 0)
    yield Figure("20,000 leads: CPU of the agent, ms a lead", many.cpu, digits=1)
    yield Figure("20,000 leads: CPU a lead, of that at 500", many.cpu / few.cpu, 1.1)
    yield Figure("20,000 leads: peak memory, MiB", many.spent.memory, digits=0)


def starts(kinds: Kinds) -> Iterator[Figure]:
    """What a person waits for: the help, and a run that finds nothing new."""
    with bench(mixed(kinds, 20)) as found:
        found.run()
        helped, idle, imported = [], [], []
        modules = _needed(found)
        for _ in range(STARTS):
            helped.append(_took([*PROGRAM, "--help"]).wall)
            idle.append(found.run()[1].wall)
            imported.append(_took([sys.executable, "-c", modules]).wall)
    yield Figure("--help, s", median(helped), 0.3)
    yield Figure("nothing new, s", median(idle))
    yield Figure("nothing new, of importing what it needs", median(idle) / median(imported), 1.3)


def _needed(found: Bench) -> str:
    """A program that imports what a run that finds nothing new has imported, and no more."""
    command = [sys.executable, "-c", _LISTS_IMPORTS, "run", "--sandbox-url", found.url]
    listed, _ = measured(command, found.project)
    return f"import importlib\nfor name in {listed['modules']}: importlib.import_module(name)"


_LISTS_IMPORTS = """
import json, os, sys
before = set(sys.modules)
sys.stdout, out = open(os.devnull, "w"), sys.stdout
from triage_agent.cli import main
try:
    main()
except SystemExit:
    pass
names = [n for n, m in sys.modules.items() if n not in before and getattr(m, "__spec__", None)]
print(json.dumps({"modules": names}), file=out)
"""
