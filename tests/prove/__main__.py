"""`make prove`: every way to interrupt a run, then one that is not, then the reckoning.

`python -m tests.prove A` proves one part, and `python -m tests.prove B 17 18` trials of it.
"""

import multiprocessing
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.postgres import running
from tests.prove.agent import NOT_KILLED, REQUESTS, Fate
from tests.prove.prepared import prepare
from tests.prove.site import MIXED
from tests.prove.trial import Outcome, Part, Trial, agent, ended, measured, perform
from tests.prove.wire import POST

OURS = ("OPENAI_", "SLACK_", "SALESFORCE_", "TRIAGE_")
WIDTH = 160
WORKERS = 6
"""More than there are processors: a run that looks a message up waits for it to show."""
MANY, RANDOM, CUT, RIVALS = 200, 100, 48, 12
FEW, SIXTY, SOME, ELSEWHERE = 12, 60, 60, 40
LATE = (*((POST, number) for number in range(1, 13)), *(("composite", n) for n in (1, 2)))
TITLES: dict[Part, str] = {
    "A": f"A. Killed at every boundary of a sweep over {MIXED} leads",
    "B": f"B. Killed at random requests of a sweep over {MANY} leads, half of them twice",
    "C": f"C. Answers lost at random over {MIXED} leads, in half of the trials with a kill, too",
    "D": f"D. A second sweep beside one over {MIXED} leads, the first one killed, a third one",
    "E": f"E. Killed with a request on its way that arrives later, of a sweep over {MIXED} leads",
    "F": f"F. Killed at every boundary of a rollback of {FEW} leads, at {ELSEWHERE} on PostgreSQL, "
    f"and at {SOME} of a rollback of {SIXTY} leads",
}


def main() -> int:
    """Proves what is asked for; 1 where anything was missed."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    parts = [part for part in TITLES if not sys.argv[1:] or part in sys.argv[1]]
    numbers = {int(word) for word in sys.argv[2:]}
    with ExitStack() as places:
        plans: dict[Part, Plan] = {**PLANS, "F": partial(_rolled_back, places)}
        trials = [t for part in parts for t in plans[part]() if not numbers or t.number in numbers]
        random.Random(0).shuffle(trials)  # noqa: S311 - so that some wait while others work
        outcomes = _performed(trials, console)
    for part in parts:
        console.print(_table(part, [outcome for outcome in outcomes if outcome.trial.part == part]))
    missed = [outcome for outcome in outcomes if outcome.misses]
    for outcome in sorted(missed, key=lambda one: (one.trial.part, one.trial.number)):
        _tell(console, outcome)
    return 1 if missed else 0


def _everywhere() -> Iterator[Trial]:
    """A trial for each boundary of an undisturbed run."""
    counted: Counter[str] = Counter()
    for number, name in enumerate(measured(MIXED).passed):
        counted[name] += 1
        yield Trial("A", number, MIXED, (Fate(counted[name], name),))


def _at_random() -> Iterator[Trial]:
    most = measured(MANY).requests
    for number in range(RANDOM):
        chance = random.Random(number)  # noqa: S311 - to be the same again
        first = chance.randint(1, most)
        second = Fate(chance.randint(1, max(20, most - first)), REQUESTS)
        yield Trial("B", number, MANY, (Fate(first, REQUESTS), *[second] * (number % 2)))


def _cut_off() -> Iterator[Trial]:
    most = len(measured(MIXED).passed)
    for number in range(CUT):
        chance = random.Random(number)  # noqa: S311 - to be the same again
        fate = Fate(chance.randint(most // 4, most)) if number % 2 else None
        yield Trial("C", number, MIXED, (fate,), cut=chance.choice((0.02, 0.1, 0.3)))


def _beside() -> Iterator[Trial]:
    most = measured(MIXED).requests
    for number in range(RIVALS):
        at = random.Random(number).randint(1, most // 2)  # noqa: S311 - to be the same again
        yield Trial("D", number, MIXED, (Fate(at, REQUESTS, stops=True),), rivals=True)


def _too_late() -> Iterator[Trial]:
    """Each message, and the first writes."""
    for number, late in enumerate(LATE):
        yield Trial("E", number, MIXED, (None,), late=late)


Plan = Callable[[], Iterator[Trial]]
PLANS: dict[Part, Plan] = {
    "A": _everywhere,
    "B": _at_random,
    "C": _cut_off,
    "D": _beside,
    "E": _too_late,
}


def _rolled_back(places: ExitStack) -> Iterator[Trial]:
    """All boundaries of one over few leads; of one over sixty some, and some on PostgreSQL."""
    folder = Path(places.enter_context(tempfile.TemporaryDirectory(prefix="prove-F-")))
    few = prepare(folder / "few", FEW, agent(), approved=2)
    ran, ends = ended(few)
    boundaries = range(1, len(ran.passed) + 1)
    for at in boundaries:
        yield Trial("F", at, FEW, (Fate(at),), prepared=few, ends=ends)
    server = places.enter_context(running())
    for at in random.Random(0).sample(boundaries, ELSEWHERE):  # noqa: S311 - to be the same again
        elsewhere = few.moved(server.new_database())
        yield Trial("F", 1000 + at, FEW, (Fate(at),), prepared=elsewhere, ends=ends)
    sixty = prepare(folder / "sixty", SIXTY, agent(), approved=0)
    ran, ends = ended(sixty)
    for at in random.Random(1).sample(range(1, len(ran.passed) + 1), SOME):  # noqa: S311 - likewise
        yield Trial("F", 2000 + at, SIXTY, (Fate(at),), prepared=sixty, ends=ends)


def _performed(trials: Sequence[Trial], console: Console) -> list[Outcome]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(["tests.prove.trial"])
    outcomes: list[Outcome] = []
    with (
        Progress(*columns, TimeElapsedColumn(), console=console) as bar,
        ProcessPoolExecutor(WORKERS, forking) as pool,
    ):
        task = bar.add_task("trials", total=len(trials))
        for future in as_completed([pool.submit(perform, trial) for trial in trials]):
            outcomes.append(future.result())
            missed = sum(bool(outcome.misses) for outcome in outcomes)
            bar.update(task, advance=1, description=f"trials, {missed} missed")
    return outcomes


def _table(part: Part, outcomes: Sequence[Outcome]) -> Table:
    """One line for each kind of boundary at which the first run was killed, and one for all."""
    table = Table(title=TITLES[part], title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("the first run was killed", min_width=46)
    reckoning = outcomes[0].reckoning
    for name in ("trials", "kills", *reckoning.COLUMNS, "missed"):
        table.add_column(name, justify="right", no_wrap=True)
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.hits[0]].append(outcome)
    for name, group in sorted(groups.items(), key=lambda pair: pair[0].split(" ", 1)[::-1]):
        table.add_row(name, *_counted(group))
    table.add_section()
    table.add_row("all", *_counted(outcomes))
    seconds = sorted(outcome.seconds for outcome in outcomes)
    cuts = sum(outcome.cuts for outcome in outcomes)
    table.caption = f"{cuts} answers lost; a trial took up to {seconds[-1]:.1f} s"
    return table


def _counted(outcomes: Sequence[Outcome]) -> list[str]:
    reckonings = [list(vars(outcome.reckoning).values()) for outcome in outcomes]
    sums = [*map(sum, zip(*reckonings, strict=True))]
    kills = sum(hit != NOT_KILLED for outcome in outcomes for hit in outcome.hits)
    missed = sum(bool(outcome.misses) for outcome in outcomes)
    cells = outcomes[0].reckoning.cells(sums)
    return [str(len(outcomes)), str(kills), *cells, str(missed)]


def _tell(console: Console, outcome: Outcome) -> None:
    """What it takes to see a miss again."""
    trial = outcome.trial
    console.print(f"MISSED {trial}", *outcome.misses, sep="\n  ", markup=False)
    console.print(
        f"  killed: {', '.join(outcome.hits)}; project, traces and logs: {outcome.kept}\n"
        f"  again: python -m tests.prove {trial.part} {trial.number}",
        markup=False,
    )


if __name__ == "__main__":
    sys.exit(main())
