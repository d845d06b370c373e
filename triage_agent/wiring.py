"""Joins the parts for each command. Heavy imports stand inside, so that `--help` is quick."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from triage_agent.errors import AnotherOrg, WrongUsage

if TYPE_CHECKING:
    from triage_agent.connectors.model import Endpoint, Price
    from triage_agent.connectors.salesforce.client import Credentials
    from triage_agent.decision.item import Mode
    from triage_agent.jobs.parts import Parts, Rules
    from triage_agent.jobs.report import RunReport
    from triage_agent.jobs.sweep import Progress
    from triage_agent.ledger.store import Ledger
    from triage_agent.ledger.timeline import Timeline
    from triage_agent.settings import Settings

STATE, LEDGER = ".triage", "ledger.db"
BASELINE = "baseline"
SWITCH = 0.001
"""Seconds after which a thread that computes lets another go on: the one that hands out work."""
_SALESFORCE_TOKEN, _SLACK_TOKEN, _MODEL_KEY = "sandbox", "xoxb-sandbox", "sandbox"


@dataclass(frozen=True)
class Target:
    """Which systems a command works on: the real ones, the embedded sandbox, or one by URL."""

    project: Path
    sandbox: bool = False
    sandbox_url: str | None = None

    @property
    def is_real(self) -> bool:
        return not self.sandbox and self.sandbox_url is None

    @property
    def folder(self) -> Path:
        """Where this target's ledger and lock lie, apart from every other target's."""
        if self.is_real:
            return self.project / STATE / "real"
        if self.sandbox_url is None:
            return self.project / STATE / "sandbox"
        parts = urlsplit(self.sandbox_url)
        return self.project / STATE / f"sandbox-{parts.hostname}-{parts.port or 80}"

    @property
    def arguments(self) -> list[str]:
        """How the command line names this target."""
        if self.sandbox_url:
            return ["--sandbox-url", self.sandbox_url]
        return ["--sandbox"] if self.sandbox else []

    @property
    def sandbox_state(self) -> Path:
        """Where the embedded sandbox keeps its records."""
        return self.folder / "org"


def target_of(project: Path | None, *, sandbox: bool, sandbox_url: str | None) -> Target:
    """The project and target that the command line names; `WrongUsage` where they don't fit."""
    from triage_agent.project import project_folder

    folder = project_folder(project)
    if sandbox and sandbox_url:
        raise WrongUsage("--sandbox and --sandbox-url name two sandboxes; give one of them")
    if sandbox_url:
        parts = urlsplit(sandbox_url)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise WrongUsage(f"--sandbox-url {sandbox_url!r}: write one like http://127.0.0.1:8000")
    return Target(folder, sandbox, sandbox_url.rstrip("/") if sandbox_url else None)


def run(
    target: Target,
    *,
    shadow: bool,
    limit: int | None,
    only: str | None,
    progress: "Progress",
) -> "RunReport":
    """One sweep over a target's new records."""
    from triage_agent.jobs.sweep import sweep
    from triage_agent.project import read_prices, read_rules
    from triage_agent.settings import Settings

    rules, prices = read_rules(target.project), read_prices(target.project)
    settings = Settings.of(target.project)
    if target.is_real:
        settings.require_real()
    sys.setswitchinterval(SWITCH)
    live = not shadow and (not target.is_real or rules.page.workflow.mode == "live")
    with systems(target, settings) as found:

        def once() -> "RunReport":
            with closing(open_ledger(target)) as ledger:
                mode: Mode = "live" if live else "shadow"
                with closing(join(found, rules, prices, ledger)) as parts:
                    return sweep(parts, mode, limit=limit, only=only, progress=progress)

        try:
            return once()
        except AnotherOrg:
            if not target.sandbox_url:
                raise
            put_aside(target)  # a sandbox was started anew at the same address
            return once()


@dataclass(frozen=True)
class Systems:
    """Where the three systems are and how to get in; `baseline`: the model is the sandbox's."""

    salesforce: "Credentials"
    slack_url: str
    slack_token: str
    model: "Endpoint"
    baseline: bool


@contextmanager
def systems(target: Target, settings: "Settings") -> Iterator[Systems]:
    """The target's systems; the embedded sandbox runs for as long as they are used."""
    if target.is_real:
        yield _real(settings)
    elif target.sandbox_url:
        yield _sandbox(target.sandbox_url, settings)
    else:
        from triage_agent.sandbox import leads, server

        with server.running(state=target.sandbox_state, leads=leads.SAMPLE) as url:
            yield _sandbox(url, settings)


def _real(settings: "Settings") -> Systems:
    from triage_agent.connectors.salesforce.client import Credentials
    from triage_agent.settings import SLACK_API, secret

    way = {
        name.lower().removeprefix("salesforce_"): getattr(settings, name.lower())
        for name in settings.way_in()
    }
    credentials = Credentials(
        instance_url=str(settings.salesforce_instance_url),
        **{name: secret(value) for name, value in way.items()},
    )
    slack_url = (settings.slack_api_url or SLACK_API).rstrip("/") + "/"
    token = str(secret(settings.slack_bot_token))
    return Systems(credentials, slack_url, token, _model(settings), baseline=False)


def _sandbox(url: str, settings: "Settings") -> Systems:
    from triage_agent.connectors.model import Endpoint
    from triage_agent.connectors.salesforce.client import Credentials

    own = Endpoint(api_key=_MODEL_KEY, base_url=f"{url}/v1", model=BASELINE)
    return Systems(
        salesforce=Credentials(instance_url=url, access_token=_SALESFORCE_TOKEN),
        slack_url=f"{url}/api/",
        slack_token=_SLACK_TOKEN,
        model=_model(settings) if settings.has_model else own,
        baseline=not settings.has_model,
    )


def _model(settings: "Settings") -> "Endpoint":
    from triage_agent.connectors.model import Endpoint
    from triage_agent.settings import secret

    key = secret(settings.openai_api_key) or "none"  # a local server needs no key
    return Endpoint(api_key=key, base_url=settings.openai_base_url)


def join(
    found: Systems,
    rules: "Rules",
    prices: "dict[str, Price]",
    ledger: "Ledger",
    sleep: Callable[[float], None] = time.sleep,
) -> "Parts":
    """All that a sweep works with."""
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.model import ModelConnector
    from triage_agent.connectors.salesforce.client import SalesforceClient
    from triage_agent.connectors.salesforce.writing import Writer
    from triage_agent.connectors.slack import SlackConnector
    from triage_agent.jobs.parts import Parts

    calls = CallLog()
    salesforce = SalesforceClient(found.salesforce, calls, sleep)
    link = found.salesforce.instance_url.rstrip("/") + "/"
    return Parts(
        rules=rules,
        ledger=ledger,
        calls=calls,
        salesforce=salesforce,
        writer=Writer(salesforce),
        slack=SlackConnector(found.slack_token, found.slack_url, link, calls, sleep),
        asker=ModelConnector(found.model, prices, calls, sleep),
        asked_model=BASELINE if found.baseline else rules.assess.front.model,
        clock=lambda: datetime.now(UTC),
        sleep=sleep,
    )


def open_ledger(target: Target) -> "Ledger":
    """The target's own ledger, unless TRIAGE_LEDGER_URL names another."""
    from triage_agent.ledger.store import Ledger
    from triage_agent.settings import Settings, secret

    if url := secret(Settings.of(target.project).triage_ledger_url):
        return Ledger.open(url)
    target.folder.mkdir(parents=True, exist_ok=True)
    return Ledger.open(f"sqlite:///{target.folder / LEDGER}")


def put_aside(target: Target) -> None:
    """Keeps a sandbox's old ledger under another name, so that a new one can begin."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    for path in sorted(target.folder.glob(f"{LEDGER}*")):
        path.rename(path.with_name(f"until-{stamp}-{path.name}"))


def timeline(target: Target, wanted: str) -> "list[Timeline]":
    """What an id means: the story of an item, of a run, or of every item of a record."""
    from triage_agent.ledger.timeline import timelines

    with closing(open_ledger(target)) as ledger:
        if found := timelines(ledger, wanted):
            return found
    raise WrongUsage(
        f"the ledger {ledger.place} knows no item, run or record {wanted!r}; "
        "did you mean another target (--sandbox, --sandbox-url)?",
    )


def serve_sandbox(
    target: Target, leads: Path | None, port: int, faults: Path | None = None
) -> None:
    """Serves a sandbox until it is stopped: over `leads` in memory, else the embedded one's."""
    from triage_agent.sandbox import server
    from triage_agent.sandbox.leads import SAMPLE

    state = None if leads else target.sandbox_state
    server.serve(state=state, leads=leads or SAMPLE, port=port, faults=faults)


def reset_sandbox(target: Target) -> None:
    """Forgets the embedded sandbox's records and the ledger about them."""
    if target.folder.exists():
        shutil.rmtree(target.folder)
