"""Which systems a command works on, and how to get into each of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from triage_agent.errors import WrongUsage

if TYPE_CHECKING:
    from triage_agent.authority.wire import System
    from triage_agent.connectors.calls import CallLog
    from triage_agent.connectors.guard import Pass
    from triage_agent.connectors.model import Endpoint
    from triage_agent.connectors.salesforce.client import Credentials
    from triage_agent.connectors.slack import SlackConnector
    from triage_agent.settings import Settings

STATE, LEDGER = ".triage", "ledger.db"
ANCHORS = f"{LEDGER}-anchors.jsonl"
BASELINE = "baseline"
_SALESFORCE_TOKEN, _SLACK_TOKEN, _MODEL_KEY = "sandbox", "xoxb-sandbox", "sandbox"
_SLACK_APP_TOKEN = "xapp-sandbox"  # noqa: S105 - a sandbox's token is meant to be known
_SLACK_SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105 - likewise


@dataclass(frozen=True)
class Target:
    """Which systems a command works on: the real ones, the embedded sandbox, or one by URL.

    `served_at`: where this process serves the embedded sandbox already, if it does.
    """

    project: Path
    sandbox: bool = False
    sandbox_url: str | None = None
    served_at: str | None = None

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


@dataclass(frozen=True)
class Systems:
    """Where the three systems are and how to get in; `baseline`: the model is the sandbox's."""

    salesforce: "Credentials"
    slack_url: str
    slack_token: str
    slack_app_token: str | None
    slack_signing_secret: str | None
    model: "Endpoint"
    baseline: bool

    @property
    def hosts(self) -> "dict[System, frozenset[str]]":
        """Where each system's requests may go."""
        from triage_agent.connectors.model import OPENAI

        return {
            "salesforce": self.salesforce.hosts,
            "slack": frozenset({urlsplit(self.slack_url).netloc}),
            "model": frozenset({urlsplit(self.model.base_url or OPENAI).netloc}),
        }

    def slack(
        self, calls: "CallLog", guard: "Pass", sleep: Callable[[float], None] = time.sleep
    ) -> "SlackConnector":
        """The workspace, with links from its messages to the org's records."""
        from triage_agent.connectors.slack import SlackConnector

        link = self.salesforce.instance_url.rstrip("/") + "/"
        return SlackConnector(self.slack_token, self.slack_url, link, calls, guard, sleep)


@contextmanager
def systems(target: Target, settings: "Settings") -> Iterator[Systems]:
    """The target's systems; the embedded sandbox runs for as long as they are used."""
    if target.is_real:
        yield _real(settings)
    elif url := target.sandbox_url or target.served_at:
        yield _sandbox(url, settings)
    else:
        from triage_agent.sandbox import server
        from triage_agent.staging import samples

        records = samples(target.project)
        with server.running(
            state=target.sandbox_state, leads=records, deployed=deployed(target)
        ) as url:
            yield _sandbox(url, settings)


def deployed(target: Target) -> Path:
    """What a sandbox is to deploy, laid out for it; see `staging.laid_out`."""
    from triage_agent.project import read_model
    from triage_agent.staging import laid_out

    page = read_model(target.project).page
    return laid_out(page, target.project, target.folder / "deployed")


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
    return Systems(
        salesforce=credentials,
        slack_url=slack_url,
        slack_token=str(secret(settings.slack_bot_token)),
        slack_app_token=secret(settings.slack_app_token),
        slack_signing_secret=secret(settings.slack_signing_secret),
        model=_model(settings),
        baseline=False,
    )


def _sandbox(url: str, settings: "Settings") -> Systems:
    from triage_agent.connectors.model import Endpoint
    from triage_agent.connectors.salesforce.client import Credentials

    own = Endpoint(api_key=_MODEL_KEY, base_url=f"{url}/v1", model=BASELINE)
    return Systems(
        salesforce=Credentials(instance_url=url, access_token=_SALESFORCE_TOKEN),
        slack_url=f"{url}/api/",
        slack_token=_SLACK_TOKEN,
        slack_app_token=_SLACK_APP_TOKEN,
        slack_signing_secret=_SLACK_SIGNING_SECRET,
        model=_model(settings) if settings.has_model else own,
        baseline=not settings.has_model,
    )


def _model(settings: "Settings") -> "Endpoint":
    from triage_agent.connectors.model import Endpoint
    from triage_agent.settings import secret

    key = secret(settings.openai_api_key) or "none"  # a local server needs no key
    return Endpoint(api_key=key, base_url=settings.openai_base_url)
