"""Tries the agent on a project's cases, on sandboxes of their own, and tells what came of it."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from triage_agent.errors import LedgerFailed, NotCleared, TriageError, WrongUsage
from triage_agent.targets import STATE, Systems, Target, systems
from triage_agent.wiring import Terms, join, login, now

if TYPE_CHECKING:
    from triage_agent.connectors.model import Price
    from triage_agent.evaluation.cache import Answers
    from triage_agent.evaluation.cases import Placed
    from triage_agent.evaluation.clearance import Passed
    from triage_agent.evaluation.comparison import Change, Record
    from triage_agent.evaluation.ending import Ending
    from triage_agent.evaluation.results import Alone, CaseResult, Evaluation, Trial
    from triage_agent.jobs.parts import Parts, Rules
    from triage_agent.operating_model.schema import Page
    from triage_agent.settings import Settings

Progress = Callable[[int, int], None]
"""Told how many trials of cases have ended, of how many."""


@dataclass(frozen=True)
class Candidate:
    """What is evaluated: a project's rules, on the model that its settings name.

    `answers`: what that has answered in earlier evaluations, where it needn't be asked again.
    """

    project: Path
    rules: "Rules"
    prices: "dict[str, Price]"
    settings: "Settings"
    sleep: Callable[[float], None]
    answers: "Answers | None" = None


def evaluate(  # noqa: PLR0913 - one parameter an option
    project: Path,
    *,
    trials: int | None = None,
    cases: Path | None = None,
    recording: bool = False,
    fresh: bool = False,
    progress: Progress = lambda ended, of: None,  # noqa: ARG005
    sleep: Callable[[float], None] = time.sleep,
) -> "Told":
    """Each case so many times, from a new record to what the systems hold in the end.

    Without `trials` once, or as often as the page says where it is to be recorded. What is
    recorded, or wanted `fresh`, is asked anew.
    """
    from triage_agent.evaluation.digests import evaluated
    from triage_agent.evaluation.results import Digests, Evaluation
    from triage_agent.project import read_cases, read_prices, read_rules
    from triage_agent.settings import Settings

    begun, at, rules = time.monotonic(), now(), read_rules(project)
    prices, settings = read_prices(project), Settings.of(project)
    answers = None if recording or fresh else _answers(project, settings)
    tried = _that_have_begun(rules, at)
    candidate = Candidate(project, tried, prices, settings, sleep, answers)
    placed = read_cases(project, cases)
    _one_item_each(placed, rules.page)
    times = trials or (rules.page.evaluation.trials if recording else 1)
    results, answered = _results(candidate, placed, times, progress)
    of = evaluated(rules.page, [rules.assess, rules.draft], rules.patterns, placed)
    found = Evaluation(
        at=at,
        by=login(),
        page_version=rules.page.version,
        digests=Digests(**of.model_dump(), answered_by=tuple(sorted(answered))),
        trials=times,
        cases=tuple(results),
        seconds=round(time.monotonic() - begun, 1),
    )
    is_baseline = not candidate.settings.has_model
    compared = tuple(_compared(project, rules.page, found))
    counts = (answers.taken, answers.asked) if answers else (0, 0)
    return Told(found, rules.page, is_baseline, compared, *counts)


def _answers(project: Path, settings: "Settings") -> "Answers | None":
    """What a real model has answered; the baseline is as quick as that."""
    from triage_agent.connectors.model import OPENAI
    from triage_agent.evaluation.cache import FILE, Answers

    if not settings.has_model:
        return None
    return Answers(project / STATE / FILE, settings.openai_base_url or OPENAI)


def _that_have_begun(rules: "Rules", at: datetime) -> "Rules":
    """Cases are created as they are tried, be that before the page has the agent begin."""
    workflow = rules.page.workflow
    first = min(workflow.nothing_created_before, at.date() - timedelta(days=2))
    begun = workflow.model_copy(update={"nothing_created_before": first})
    page = rules.page.model_copy(update={"workflow": begun})
    return replace(rules, model=replace(rules.model, page=page))


def _one_item_each(placed: "Sequence[Placed]", page: "Page") -> None:
    from triage_agent.evaluation.cases import crowded

    if some := [one.key for one in placed if crowded(one.case, page)]:
        name = page.workflow.item.object
        raise WrongUsage("\n".join(f"{key}: around holds a {name}, an item itself" for key in some))


def _results(
    candidate: Candidate, placed: "Sequence[Placed]", times: int, progress: Progress
) -> "tuple[list[CaseResult], set[str]]":
    """What each case came to, and which models answered."""
    from triage_agent.evaluation.results import CaseResult
    from triage_agent.evaluation.worlds import worlds

    rules = candidate.rules
    trials: dict[str, list[Trial]] = {one.key: [] for one in placed}
    answered = set[str]()
    for number in range(times):
        for group in worlds(placed, rules.page, rules.patterns.free_mail):
            for one, (trial, models) in zip(group, _tried(candidate, group, number), strict=True):
                trials[one.key].append(trial)
                answered |= models
            progress(sum(map(len, trials.values())), times * len(placed))
    results = [
        CaseResult(
            stratum=one.stratum,
            name=one.case.name,
            should_stop=one.case.expect.stops,
            categories=one.case.expect.categories,
            trials=tuple(trials[one.key]),
        )
        for one in placed
    ]
    return results, answered


@dataclass(frozen=True)
class Compared:
    """A record, by its file, and the cases that come out otherwise now."""

    file: str
    changes: "tuple[Change, ...]"


@dataclass(frozen=True)
class Told:
    """An evaluation, the page that it was by, and how it stands beside what is on record.

    `is_baseline`: the sandbox's own model answered. `from_cache`: how many of the `answers` it
    had given in earlier evaluations.
    """

    evaluation: "Evaluation"
    page: "Page"
    is_baseline: bool
    compared: "tuple[Compared, ...]"
    from_cache: int = 0
    answers: int = 0

    @property
    def falls_short(self) -> bool:
        """Of the baseline, that a case fell; of a model, that the page isn't satisfied."""
        from triage_agent.evaluation.clearance import reached

        if self.is_baseline:
            return any(change.fell for one in self.compared for change in one.changes)
        return not all(one.met for one in reached(self.evaluation, self.page))


def _compared(project: Path, page: "Page", evaluation: "Evaluation") -> "Iterator[Compared]":
    """The evaluation beside the last one that passed, and beside the baseline's."""
    from triage_agent.evaluation import clearance, comparison
    from triage_agent.project import read_baseline, read_passed

    passed = read_passed(project, page)
    known = {
        clearance.FILE: passed.record if passed else None,
        comparison.BASELINE_FILE: read_baseline(project, page),
    }
    for name, one in known.items():
        if one:
            yield Compared(name, tuple(comparison.changes(one, evaluation)))


def record(project: Path, told: Told) -> Path:
    """Writes down what passed, or the baseline's own figures; `NotCleared` where it fell short."""
    from triage_agent.evaluation import clearance, comparison

    found, wanted = told.evaluation, told.page.evaluation
    folder = project / wanted.cases
    if told.is_baseline:
        kept: Passed | Record = comparison.record_of(found, clearance.scores(found, told.page))
        return _written(folder / comparison.BASELINE_FILE, kept)
    short = [one.name for one in clearance.reached(found, told.page) if not one.met]
    if found.trials < wanted.trials:
        short.append(f"trials ({found.trials} of {wanted.trials})")
    if short:
        raise NotCleared(
            f"nothing was recorded, for it falls short of the page: {', '.join(short)}"
        )
    return _written(folder / clearance.FILE, clearance.passed(found, told.page))


def _written(path: Path, kept: "Passed | Record") -> Path:
    path.write_text(f"{kept.model_dump_json(indent=2)}\n", encoding="utf-8")
    return path


def _tried(
    candidate: Candidate, group: "Sequence[Placed]", number: int
) -> "list[tuple[Trial, set[str]]]":
    """One trial of some cases, all in one org, and which models answered."""
    from triage_agent.evaluation.alone import Voter
    from triage_agent.evaluation.scores import score

    rules = candidate.rules
    with _world(candidate, group, number) as (parts, look):
        ended = look()
        voter = Voter(parts.asker, rules.assess, rules.page)
        with ThreadPoolExecutor(rules.page.limits.concurrency) as pool:
            votes: list[Alone | None] = list(pool.map(voter.alone, ended))
    return [
        (
            _whole(
                candidate,
                score(one.case, ending, rules.page, rules.patterns, number, vote),
                ending,
            ),
            {call.answered_by for _, call in ending.story.calls if call.answered_by},
        )
        for one, ending, vote in zip(group, ended, votes, strict=True)
    ]


def _whole(candidate: Candidate, trial: "Trial", ending: "Ending") -> "Trial":
    """With the time that it took when the answers were given that were known already."""
    if candidate.answers is None:
        return trial
    keys = {call.key for _, call in ending.story.calls}
    saved = candidate.answers.seconds_saved(trial.number, keys)
    return trial.model_copy(update={"seconds": round(trial.seconds + saved, 3)})


@contextmanager
def _world(
    candidate: Candidate, group: "Sequence[Placed]", number: int = 0
) -> "Iterator[tuple[Parts, Callable[[], list[Ending]]]]":
    """An org with these cases; to look at it has the agent run on it first."""
    from triage_agent.authority.looking import Looking
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.connectors.salesforce.client import SalesforceClient
    from triage_agent.evaluation.cache import Remembering
    from triage_agent.evaluation.ending import endings, in_order, snapshot
    from triage_agent.ledger.store import Ledger
    from triage_agent.recovery.pause import Brake

    page = candidate.rules.page
    with tempfile.TemporaryDirectory() as name, _served(candidate, group, Path(name)) as found:
        ledger = Ledger.open(f"sqlite:///{name}/ledger.db", None)
        brake = Brake(ledger, Path(name) / "PAUSED", None, now)
        terms = Terms(candidate.rules, candidate.prices, "live")
        guard = Guard(Looking(found.hosts), CallLog(), lambda: None)
        with (
            closing(ledger),
            closing(join(found, terms, ledger, brake, candidate.sleep)) as parts,
            closing(SalesforceClient(found.salesforce, CallLog(), guard)) as org,
        ):
            if candidate.answers:
                asker = Remembering(parts.asker, candidate.answers, number)
                parts = replace(parts, asker=asker)  # noqa: PLW2901 - the same, asked less
            slack = found.slack(CallLog(), guard)
            ids, before = in_order(org, page), snapshot(org, page)

            def look() -> "list[Ending]":
                _run(parts)
                return endings(ids, before, snapshot(org, page), ledger, slack, page)

            yield parts, look


def _run(parts: "Parts") -> None:
    """Until nothing is new; what ends a run ends the items that it had with it."""
    import structlog

    from triage_agent.jobs.sweep import sweep

    left, more = 0, True
    while more:
        try:
            report = sweep(parts)
        except (LedgerFailed, WrongUsage):
            raise  # no case could come to its end
        except Exception as exc:  # noqa: BLE001 - whatever it is, it fails these cases
            why = str(exc) if isinstance(exc, TriageError) else type(exc).__name__
            structlog.get_logger().warning("a run of an evaluation broke off", reason=why)
            return
        before, left = left, report.totals.deferred
        more = left not in (0, before)


@contextmanager
def _served(candidate: Candidate, group: "Sequence[Placed]", folder: Path) -> Iterator[Systems]:
    """A sandbox whose org holds these cases, and lets the agent do what its page says."""
    from triage_agent.evaluation.worlds import content
    from triage_agent.sandbox import server
    from triage_agent.staging import laid_out

    page, records = candidate.rules.page, folder / "records.jsonl"
    records.write_text(content(group, page), encoding="utf-8")
    deployed = laid_out(page, candidate.project, folder / "deployed")
    with server.running(state=None, leads=records, deployed=deployed) as url:
        target = Target(candidate.project, sandbox_url=url)
        with systems(target, candidate.settings) as found:
            yield found
