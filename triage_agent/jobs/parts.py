"""What a job works with, joined in `wiring`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.model import ModelConnector
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.connectors.salesforce.writing import Writer
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.item import Mode
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.prompts import Prompt
from triage_agent.decision.run_events import Cleared
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import Page


@dataclass(frozen=True)
class Rules:
    """What the business wrote: the page, the prompts, the patterns."""

    model: OperatingModel
    assess: Prompt
    draft: Prompt
    patterns: PatternFile
    prompts_sha256: str

    @property
    def page(self) -> Page:
        return self.model.page


@dataclass(frozen=True)
class Parts:
    """Everything that a sweep needs; tests replace any of it.

    `check_pause` raises `Paused` where the agent is; `pause` has it pause itself, for a reason.
    `places`: how many questions may be asked at once by now.
    `uncleared`: why it may not act, though the page is live; `cleared`: by what it may.
    """

    rules: Rules
    mode: Mode
    check_pause: Callable[[], None]
    pause: Callable[[str], None]
    ledger: Ledger
    calls: CallLog
    salesforce: SalesforceClient
    writer: Writer
    slack: SlackConnector
    asker: ModelConnector
    asked_model: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    places: Callable[[], int]
    uncleared: tuple[str, ...] = ()
    cleared: Cleared | None = None

    def close(self) -> None:
        """Ends the connections that are kept open."""
        self.salesforce.close()
        self.asker.close()
