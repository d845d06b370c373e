"""One trial: runs that are killed or cut off, one that is not, and the reckoning."""

import re
import shutil
import signal
import tempfile
import time
import traceback
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from tests.prove.agent import NOT_KILLED, Agent, Fate, Ran, requests_in
from tests.prove.prepared import Prepared
from tests.prove.reckoning import Reckoning, reckoned
from tests.prove.site import LIMITS, Site, site
from tests.prove.wire import LATE, wire
from tests.prove.withdrawal import Withdrawal, finished, withdrawn
from triage_agent.decision.rollback_events import RollbackFinished

ANOTHER_RUN = 3
"""The exit code where another run holds the lock."""
Part = Literal["A", "B", "C", "D", "E", "F"]


@dataclass(frozen=True)
class Trial:
    """Says all that happens in a trial; each run but the last has a fate.

    `cut`: the share of the answers that is lost in the first run. `rivals`: the first run is
    stopped at its fate until a second one has been refused, and is killed then. `late`: a request,
    and its number, that is still on its way when the first run is killed, and when the last begins.
    `prepared`: what was done already, and is rolled back instead; `ends`: how that is to end.
    """

    part: Part
    number: int
    leads: int
    fates: tuple[Fate | None, ...] = ()
    cut: float = 0.0
    rivals: bool = False
    late: tuple[str, int] | None = None
    prepared: Prepared | None = field(default=None, repr=False)
    ends: RollbackFinished | None = None


@dataclass
class Outcome:
    """What came of a trial; `misses` is empty where all held."""

    trial: Trial
    hits: tuple[str, ...] = (NOT_KILLED,)
    reckoning: Reckoning | Withdrawal = field(default_factory=Reckoning)
    cuts: int = 0
    seconds: float = 0.0
    misses: list[str] = field(default_factory=list)
    kept: str | None = None

    def judge(self) -> None:
        """Notes what is amiss at the end."""
        if not self.reckoning.holds:
            self.misses.append(str(self.reckoning))
        if isinstance(self.reckoning, Withdrawal):
            return
        kills = sum(hit != NOT_KILLED for hit in self.hits)
        if self.reckoning.in_flight > LIMITS["concurrency"] * kills + self.cuts:
            self.misses.append(f"{self.reckoning.in_flight} answers in flight, {kills} kills")


@cache
def agent(number: int = 0) -> Agent:
    """The fork servers of this process."""
    return Agent()


def perform(trial: Trial) -> Outcome:
    """Carries a trial out; where something is amiss its folder is kept."""
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"prove-{trial.part}{trial.number}-"))
    try:
        outcome = _carried_out(trial, folder)
    except Exception:  # noqa: BLE001 - a miss like any other: the other trials go on
        none = Withdrawal() if trial.prepared else Reckoning()
        outcome = Outcome(trial, reckoning=none, misses=[traceback.format_exc()])
    outcome.seconds = time.monotonic() - begun
    outcome.judge()
    if outcome.misses:
        outcome.kept = str(folder)
    else:
        shutil.rmtree(folder)
    return outcome


def _carried_out(trial: Trial, folder: Path) -> Outcome:
    if trial.prepared:
        with trial.prepared.opened(folder) as found:
            return _rolled_back(trial, trial.prepared, found)
    with site(folder, trial.leads) as found:
        return _rivalry(trial, found) if trial.rivals else _interrupted(trial, found)


def _rolled_back(trial: Trial, prepared: Prepared, found: Site) -> Outcome:
    """What had ended before it was killed is another rollback when it is done once more."""
    words, (fate,) = prepared.words(found), trial.fates
    assert trial.ends
    first = agent().run(words, found.folder / "first", fate)
    rollbacks = len(finished(found)) + 1
    last = agent().run(words, found.folder / "last")
    reckoning = withdrawn(found, prepared, [trial.ends] * rollbacks)
    outcome = Outcome(trial, (first.hit,), reckoning)
    if not first.killed:
        outcome.misses.append(f"it was to be killed, and ended with {first.code}")
    if reckoning.marked_again > first.killed:
        outcome.misses.append(f"{reckoning.marked_again} messages were marked again")
    if last.code:
        outcome.misses.append(f"the last rollback ended with {last.code}")
    return outcome


def _interrupted(trial: Trial, found: Site) -> Outcome:
    with wire(found.sandbox, trial.number) as between:
        over = replace(found, url=between.url) if trial.cut or trial.late else found
        between.share, between.paced = trial.cut, True
        between.late = (*trial.late, agent().kill) if trial.late else None
        runs = [_run(over, f"run-{n}", fate) for n, fate in enumerate(trial.fates)]
        between.share, between.late, between.paced = 0.0, None, False
        runs.append(_run(over, "last", None))
        if trial.late and runs[0].killed:
            between.arrived.wait(2 * LATE)
        outcome = _outcome(trial, over, runs)
        outcome.cuts = between.cuts
        if trial.late and runs[0].killed:
            outcome.hits = (f"during {trial.late[0]}",)
    odd = {ran.code for ran in runs[:-1]} - {0, 1 if trial.cut else 0, -signal.SIGKILL}
    outcome.misses += [f"a run ended with {code}" for code in odd]
    return outcome


def _rivalry(trial: Trial, found: Site) -> Outcome:
    """The second run is refused while the first one holds the lock, and the third is not."""
    (fate,) = trial.fates
    assert fate
    first = agent()
    first.start(found.words, found.folder / "first", fate)
    while requests_in(first.passed()) < fate.at:
        time.sleep(0.01)
    second = agent(1).run(found.words, found.folder / "second")
    first.kill()
    runs = [first.wait(), _run(found, "last", None)]
    outcome = _outcome(trial, found, runs)
    holder = re.search(r"run-\w+-\w+", runs[0].log)
    if second.code != ANOTHER_RUN or second.requests:
        outcome.misses.append(
            f"the second run ended with {second.code} after {second.requests} requests"
        )
    if (holder[0] if holder else "run-") not in second.log:
        outcome.misses.append("the second run doesn't name the first")
    return outcome


def _run(found: Site, name: str, fate: Fate | None) -> Ran:
    return agent().run(found.words, found.folder / name, fate)


def _outcome(trial: Trial, found: Site, runs: list[Ran]) -> Outcome:
    reckoning = reckoned(found, sum(ran.asked for ran in runs))
    outcome = Outcome(trial, tuple(ran.hit for ran in runs[:-1]), reckoning)
    if runs[-1].code:
        outcome.misses.append(f"the last run ended with {runs[-1].code}")
    return outcome


def ended(prepared: Prepared) -> tuple[Ran, RollbackFinished]:
    """A rollback that nothing disturbs, and how it ends."""
    with tempfile.TemporaryDirectory() as name, prepared.opened(Path(name)) as found:
        ran = agent().run(prepared.words(found), found.folder / "last")
        (ends,) = finished(found)
        reckoning = withdrawn(found, prepared, [ends])
        assert reckoning == Withdrawal(), reckoning
        return ran, ends


def measured(leads: int) -> Ran:
    """A run that nothing disturbs."""
    with tempfile.TemporaryDirectory() as name, site(Path(name), leads) as found:
        return _run(found, "last", None)
