"""Tries the agent on a project's cases, on sandboxes of their own, and tells what came of it."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage_agent.targets import BASELINE, Systems, Target, systems
from triage_agent.wiring import Terms, join, login, now

if TYPE_CHECKING:
    from triage_agent.connectors.model import Price
    from triage_agent.evaluation.cases import Placed
    from triage_agent.evaluation.ending import Ending
    from triage_agent.evaluation.results import Alone, Evaluation, Trial
    from triage_agent.jobs.parts import Parts, Rules
    from triage_agent.settings import Settings

MOST_SWEEPS = 20
"""How often at most the agent runs on one org: the page may have it take up a few items a run."""
Progress = Callable[[int, int], None]
"""Told how many trials of cases have ended, of how many."""


@dataclass(frozen=True)
class Candidate:
    """What is evaluated: a project's rules, on the model that its settings name."""

    project: Path
    rules: "Rules"
    prices: "dict[str, Price]"
    settings: "Settings"

    @property
    def model(self) -> str:
        """The model that is asked."""
        return self.rules.assess.front.model if self.settings.has_model else BASELINE


def evaluate(
    project: Path,
    *,
    trials: int = 1,
    cases: Path | None = None,
    progress: Progress = lambda ended, of: None,  # noqa: ARG005
) -> "Evaluation":
    """Each case that many times, from a new record to what the systems hold in the end."""
    from triage_agent.evaluation.digests import of_cases, of_page, of_patterns, of_prompts
    from triage_agent.evaluation.results import CaseResult, Digests, Evaluation
    from triage_agent.evaluation.worlds import worlds
    from triage_agent.project import read_cases, read_prices, read_rules
    from triage_agent.settings import Settings

    begun, at = time.monotonic(), now()
    rules = read_rules(project)
    candidate = Candidate(project, rules, read_prices(project), Settings.of(project))
    placed = read_cases(project, cases)
    found: dict[str, list[Trial]] = {one.key: [] for one in placed}
    answered = set[str]()
    for number in range(trials):
        for group in worlds(placed, rules.patterns.free_mail):
            for one, (trial, models) in zip(group, _tried(candidate, group, number), strict=True):
                found[one.key].append(trial)
                answered |= models
            progress(sum(map(len, found.values())), trials * len(placed))
    return Evaluation(
        at=at,
        by=login(),
        page_version=rules.page.version,
        digests=Digests(
            page=of_page(rules.page),
            prompts=of_prompts([rules.assess, rules.draft]),
            patterns=of_patterns(rules.patterns),
            cases=of_cases(placed),
            model=candidate.model,
            answered_by=tuple(sorted(answered)),
        ),
        trials=trials,
        cases=tuple(
            CaseResult(
                stratum=one.stratum,
                name=one.case.name,
                should_stop=one.case.expect.stops,
                categories=one.case.expect.categories,
                trials=tuple(found[one.key]),
            )
            for one in placed
        ),
        seconds=round(time.monotonic() - begun, 1),
    )


def _tried(
    candidate: Candidate, group: "Sequence[Placed]", number: int
) -> "list[tuple[Trial, set[str]]]":
    """One trial of some cases, all in one org, and which models answered."""
    from triage_agent.evaluation.alone import Voter
    from triage_agent.evaluation.scores import score

    rules = candidate.rules
    with _world(candidate, group) as (parts, look):
        ended = look()
        voter = Voter(parts.asker, rules.assess, rules.page)
        with ThreadPoolExecutor(rules.page.limits.concurrency) as pool:
            votes: list[Alone | None] = list(pool.map(voter.alone, ended))
    return [
        (
            score(one.case, ending, rules.page, rules.patterns, number, vote),
            {call.answered_by for _, call in ending.story.calls if call.answered_by},
        )
        for one, ending, vote in zip(group, ended, votes, strict=True)
    ]


@contextmanager
def _world(
    candidate: Candidate, group: "Sequence[Placed]"
) -> "Iterator[tuple[Parts, Callable[[], list[Ending]]]]":
    """An org with these cases; to look at it has the agent run on it first."""
    from triage_agent.authority.looking import Looking
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.connectors.salesforce.client import SalesforceClient
    from triage_agent.connectors.slack import SlackConnector
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
            closing(join(found, terms, ledger, brake)) as parts,
            closing(SalesforceClient(found.salesforce, CallLog(), guard)) as org,
        ):
            slack = SlackConnector(found.slack_token, found.slack_url, "", CallLog(), guard)
            ids, before = in_order(org, page), snapshot(org, page)

            def look() -> "list[Ending]":
                _run(parts)
                return endings(ids, before, snapshot(org, page), ledger, slack, page)

            yield parts, look


def _run(parts: "Parts") -> None:
    """Until nothing is new; what ends a run ends the items that it had with it."""
    import structlog

    from triage_agent.errors import TriageError
    from triage_agent.jobs.sweep import sweep

    for _ in range(MOST_SWEEPS):
        try:
            report = sweep(parts)
        except TriageError as exc:
            structlog.get_logger().warning("a run of an evaluation broke off", reason=str(exc))
            return
        if not any(item.status == "deferred" for item in report.items):
            return


@contextmanager
def _served(candidate: Candidate, group: "Sequence[Placed]", folder: Path) -> Iterator[Systems]:
    """A sandbox whose org holds these cases, and lets the agent do what its page says."""
    from triage_agent.connectors.salesforce import deployment, metadata
    from triage_agent.deploying import Tree
    from triage_agent.evaluation.worlds import content
    from triage_agent.sandbox import server

    page, records = candidate.rules.page, folder / "records.jsonl"
    records.write_text(content(group, page), encoding="utf-8")
    grants = folder / "deployed"
    Tree(grants, deployment.files(page), metadata.NOTICE, "triage-agent evaluate").write()
    with server.running(state=None, leads=records, deployed=grants) as url:
        target = Target(candidate.project, sandbox_url=url)
        with systems(target, candidate.settings) as found:
            yield found
