"""Joins the parts for each command. Heavy imports stand inside, so that `--help` is quick."""

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from triage_agent.errors import AnotherOrg, NotCleared, WrongUsage
from triage_agent.targets import ANCHORS, BASELINE, LEDGER, Systems, Target, deployed, systems

if TYPE_CHECKING:
    from triage_agent.authority.people import Somebody
    from triage_agent.connectors.model import Price
    from triage_agent.decision.item import Mode
    from triage_agent.decision.run_events import Cleared
    from triage_agent.doctor.finding import Report
    from triage_agent.evaluation.clearance import Passed
    from triage_agent.jobs.batches import Put
    from triage_agent.jobs.parts import Parts, Rules
    from triage_agent.jobs.report import RunReport
    from triage_agent.jobs.running import Progress
    from triage_agent.ledger.store import Ledger
    from triage_agent.ledger.timeline import Timeline
    from triage_agent.operating_model.schema import Page
    from triage_agent.recovery.pause import Brake
    from triage_agent.settings import Settings

SWITCH = 0.001
"""Seconds after which a thread that computes lets another go on: the one that hands out work."""
Clock = Callable[[], datetime]


def now() -> datetime:
    """The moment, by this machine's clock."""
    return datetime.now(UTC)


def run(  # noqa: PLR0913 - one parameter an option
    target: Target,
    *,
    shadow: bool,
    limit: int | None,
    only: str | None,
    progress: "Progress",
    strict: bool = False,
    put: "Put | None" = None,
    clock: Clock = now,
) -> "RunReport":
    """One sweep over a target's new records.

    What hasn't passed its evaluation is in shadow on real systems; with `strict`, `NotCleared`.
    `put`: where its items are handed out to workers.
    """
    from triage_agent.jobs.sweep import sweep
    from triage_agent.settings import Settings

    terms = terms_of(target, shadow=shadow, strict=strict)
    settings = Settings.of(target.project)
    if target.is_real:
        settings.require_real()
    sys.setswitchinterval(SWITCH)
    with systems(target, settings) as found:

        def once(terms: Terms) -> "RunReport":
            with closing(open_ledger(target)) as ledger:
                brake = brake_of(target, settings, ledger)
                with closing(join(found, terms, ledger, brake, clock=clock)) as parts:
                    return sweep(parts, limit=limit, only=only, progress=progress, put=put)

        try:
            return once(terms)
        except AnotherOrg:
            if not target.sandbox_url:
                raise
            put_aside(target)  # a sandbox was started anew at the same address
            return once(terms)
        except NotCleared as exc:  # the model that answered shows only when it does
            if strict:
                raise
            return once(replace(terms, mode="shadow", uncleared=(str(exc),), trusted=None))


@dataclass(frozen=True)
class Terms:
    """What a run goes by: the project's rules, the models' prices, and whether it acts.

    `uncleared`: why it doesn't, though its page is live; else `cleared` says by what it may, and
    `trusted` which models may answer.
    """

    rules: "Rules"
    prices: "dict[str, Price]"
    mode: "Mode"
    uncleared: tuple[str, ...] = ()
    cleared: "Cleared | None" = None
    trusted: frozenset[str] | None = None


def terms_of(target: Target, *, shadow: bool = False, strict: bool = False) -> Terms:
    """By what a run goes now."""
    from triage_agent.project import read_prices, read_rules

    rules, prices = read_rules(target.project), read_prices(target.project)
    terms = Terms(rules, prices, "shadow" if shadow else mode_of(target, rules.page))
    acts = target.is_real and terms.mode == "live"
    return _with_clearance(target.project, terms, strict=strict) if acts else terms


def _with_clearance(project: Path, terms: Terms, *, strict: bool) -> Terms:
    """In shadow unless what would run is what passed."""
    record, why = _clearance(project, terms.rules)
    if record is None or why:
        if strict:
            raise NotCleared("; ".join(why))
        return replace(terms, mode="shadow", uncleared=why)
    return replace(terms, cleared=record.cleared, trusted=frozenset(record.digests.answered_by))


def _clearance(project: Path, rules: "Rules") -> "tuple[Passed | None, tuple[str, ...]]":
    """What passed, and why that isn't what would run."""
    from triage_agent.evaluation.clearance import unlike
    from triage_agent.project import evaluated, read_passed

    record = read_passed(project, rules.page)
    evaluation = rules.page.evaluation
    return record, tuple(unlike(record, evaluated(project, rules), evaluation))


def mode_of(target: Target, page: "Page") -> "Mode":
    """In a sandbox the agent acts; on real systems as the page says."""
    return page.workflow.mode if target.is_real else "live"


def brake_of(target: Target, settings: "Settings", ledger: "Ledger") -> "Brake":
    """All that can hold the agent on this target."""
    from triage_agent.recovery.pause import FILE, Brake

    return Brake(ledger, target.project / FILE, settings.triage_paused, now)


def held(target: Target, page: "Page", brake: "Brake") -> str | None:
    """Why nothing that somebody approves would be done now; None: it would."""
    if why := brake.why():
        return f"the agent is paused: {why}"
    if mode_of(target, page) == "shadow":
        return "the agent is in shadow, by its operating model, and changes nothing"
    if missing := uncleared(target, page):
        return f"the agent is in shadow, and changes nothing: {'; '.join(missing)}"
    return None


def uncleared(target: Target, page: "Page") -> tuple[str, ...]:
    """Why it is in shadow on real systems, though its page is live."""
    from triage_agent.project import read_rules

    if not target.is_real or page.workflow.mode == "shadow":
        return ()
    return _clearance(target.project, read_rules(target.project))[1]


def join(  # noqa: PLR0913, PLR0917 - each a part that somebody replaces
    found: Systems,
    terms: Terms,
    ledger: "Ledger",
    brake: "Brake",
    sleep: Callable[[float], None] = time.sleep,
    clock: Clock = now,
    places: Callable[[], int] | None = None,
) -> "Parts":
    """All that a sweep works with; `places`: where others ask the model at the same time."""
    import structlog

    from triage_agent.authority.wire import Wire
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.connectors.model import ModelConnector
    from triage_agent.connectors.salesforce.client import SalesforceClient
    from triage_agent.connectors.salesforce.writing import Writer
    from triage_agent.errors import ConnectorError
    from triage_agent.jobs.parts import Parts
    from triage_agent.recovery.pause import ITSELF

    log, calls, rules = structlog.get_logger(), CallLog(), terms.rules
    wire = Wire(rules.page, found.hosts, live=terms.mode == "live")
    guard = Guard(wire, calls, brake.check)
    salesforce = SalesforceClient(found.salesforce, calls, guard, sleep)
    slack = found.slack(calls, guard, sleep)

    def pause_itself(reason: str) -> None:
        brake.pause(ITSELF, reason)
        try:
            slack.tell(rules.page.owner.slack, f"The agent has paused itself: {reason}")
        except ConnectorError as exc:  # it is paused all the same
            log.error("the owner can not be told of the pause", reason=str(exc))  # noqa: TRY400 - no traceback

    return Parts(
        rules=rules,
        mode=terms.mode,
        check_pause=brake.check,
        pause=pause_itself,
        ledger=ledger,
        calls=calls,
        salesforce=salesforce,
        writer=Writer(salesforce, wire.approved),
        slack=slack,
        asker=ModelConnector(found.model, terms.prices, calls, guard, sleep, terms.trusted),
        asked_model=BASELINE if found.baseline else rules.assess.front.model,
        clock=clock,
        sleep=sleep,
        places=places or (lambda: rules.page.limits.concurrency),
        uncleared=terms.uncleared,
        cleared=terms.cleared,
    )


def open_ledger(target: Target) -> "Ledger":
    """The target's own ledger, unless TRIAGE_LEDGER_URL names another."""
    from triage_agent.ledger.store import Ledger
    from triage_agent.settings import Settings, secret

    target.folder.mkdir(parents=True, exist_ok=True)
    own = f"sqlite:///{target.folder / LEDGER}"
    url = secret(Settings.of(target.project).triage_ledger_url) or own
    return Ledger.open(url, target.folder / ANCHORS)


def check(project: Path | None) -> list[str]:
    """What the project holds, once all of it was found to be in order."""
    from triage_agent.project import check as checked
    from triage_agent.project import project_folder

    return checked(project_folder(project))


def page(project: Path | None, *, as_html: bool) -> str:
    """The project's page as its owner signs it: in HTML, else in Markdown."""
    from triage_agent.operating_model import rendering
    from triage_agent.project import project_folder, read_model

    model = read_model(project_folder(project))
    return rendering.as_html(model) if as_html else rendering.as_markdown(model)


def grants(project: Path | None, system: str, *, check: bool) -> list[str]:
    """Writes what a system is to grant the agent, or checks what lies there; lines that say so."""
    from triage_agent.connectors import slack_manifest
    from triage_agent.connectors.salesforce import deployment, metadata
    from triage_agent.deploying import Tree
    from triage_agent.project import project_folder, read_model

    folder = project_folder(project)
    files, notice = {
        "salesforce": (deployment.files, metadata.NOTICE),
        "slack": (slack_manifest.files, slack_manifest.NOTICE),
    }[system]
    made = files(read_model(folder).page)
    tree = Tree(folder / "deploy" / system, made, notice, f"triage-agent grants {system}")
    return tree.check() if check else tree.write()


def doctor(target: Target, *, allow_excess: bool) -> "Report":
    """What sets a target's credentials apart from its page; kept on record where it is allowed."""
    from triage_agent.authority.inspection import Inspection
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Guard
    from triage_agent.connectors.model import ModelConnector
    from triage_agent.connectors.salesforce.client import SalesforceClient
    from triage_agent.doctor.examine import Patient, allow, examine
    from triage_agent.project import read_assess, read_model, read_prices
    from triage_agent.settings import Settings

    page, settings = read_model(target.project).page, Settings.of(target.project)
    prompt, prices = read_assess(target.project), read_prices(target.project)
    if target.is_real:
        settings.require_real()
    with systems(target, settings) as found, closing(open_ledger(target)) as ledger:
        calls = CallLog()
        guard = Guard(Inspection(page, found.hosts), calls, brake=lambda: None)
        asker = ModelConnector(found.model, prices, calls, guard)
        with closing(SalesforceClient(found.salesforce, calls, guard)) as org, closing(asker):
            slack = found.slack(calls, guard)
            pinned = not found.baseline
            patient = Patient(page, prompt, org, slack, asker, ledger, calls, pinned)
            report = examine(patient, allow_excess=allow_excess)
        if allow_excess:
            allow(ledger, report, login(), now())
    return report


def acting(
    target: Target, page: "Page", allowed: Sequence[str], named: str | None, option: str = "--as"
) -> "Somebody":
    """Who a command's word counts as, of those whom the page lets; the login says who is there."""
    from triage_agent.authority import people

    playing = not target.is_real
    return people.acting(page, allowed, named, login(), playing=playing, option=option)


def login() -> str:
    """Who has logged in on this machine."""
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # as in a container, under a number of its own
        return f"user {os.getuid()}"


def put_aside(target: Target) -> None:
    """Keeps a sandbox's old ledger under another name, so that a new one can begin."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    for path in sorted(target.folder.glob(f"{LEDGER}*")):
        path.rename(path.with_name(f"until-{stamp}-{path.name}"))


def timeline(target: Target, wanted: str) -> "list[Timeline]":
    """What an id means: the story of an item, of a run, or of every item of a record."""
    page = _readable(target)
    with closing(open_ledger(target)) as ledger:
        return _known(ledger, wanted, page)


def timeline_page(target: Target, wanted: str) -> str:
    """The same as one HTML document, in which records have the names that the page gives them."""
    from triage_agent.ledger import overview, story_page
    from triage_agent.ledger.gist import Names
    from triage_agent.ledger.store import is_item

    page, names = _readable(target), Names()
    if page:
        request = tuple(page.workflow.item.request_text)
        names = Names(headline=tuple(page.item_read.headline), request=request)
    with closing(open_ledger(target)) as ledger:
        found = _known(ledger, wanted, page)
        stream = found[0].stream
        rows = [] if is_item(stream) else overview.rows(ledger, stream, names)
    return story_page.as_html(found, names, rows)


def _readable(target: Target) -> "Page | None":
    """None where the page can't be read: what happened can be told all the same."""
    from triage_agent.errors import TriageError
    from triage_agent.project import read_model

    try:
        return read_model(target.project).page
    except TriageError:
        return None


def _known(ledger: "Ledger", wanted: str, page: "Page | None") -> "list[Timeline]":
    from triage_agent.ledger.timeline import timelines

    if found := timelines(ledger, wanted, page):
        return found
    raise WrongUsage(
        f"the ledger {ledger.place} knows no item, run or record {wanted!r}; "
        "did you mean another target (--sandbox, --sandbox-url)?",
    )


def serve_sandbox(
    target: Target,
    records: Path | None,
    port: int,
    faults: Path | None = None,
    request_url: str | None = None,
) -> None:
    """Serves a sandbox until it is stopped: over `records` in memory, else the embedded one's.

    `request_url`: where its Slack tells an app what people did.
    """
    from triage_agent.sandbox import server
    from triage_agent.staging import samples

    state = None if records else target.sandbox_state
    server.serve(
        state=state,
        leads=records or samples(target.project),
        port=port,
        faults=faults,
        deployed=deployed(target),
        request_url=request_url,
    )


def reset_sandbox(target: Target) -> None:
    """Forgets the embedded sandbox's records and the ledger about them."""
    if target.folder.exists():
        shutil.rmtree(target.folder)
