"""What people click in Slack, decided one after another; Slack is told what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Lock

import structlog

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.slack import SlackConnector
from triage_agent.connectors.slack_forms import CATEGORY, FORMS, NOTE, WHAT
from triage_agent.connectors.slack_socket import Click
from triage_agent.decision.run_events import Listening
from triage_agent.effects.deliver import Entry
from triage_agent.errors import ConnectorError, LedgerFailed, TriageError, WrongUsage
from triage_agent.ledger.store import WORKSPACE, Ledger
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import Page
from triage_agent.review.deciding import Clicked, claim, correct, may_not, reject, release
from triage_agent.review.showing import show_decisions

log = structlog.get_logger()


@dataclass
class Listener:
    """`page` is asked anew for each click; `run`: the stream that keeps its requests.

    `go_on` has the agent take up an item that was released, soon and elsewhere.
    """

    ledger: Ledger
    page: Callable[[], Page]
    slack: SlackConnector
    calls: CallLog
    clock: Callable[[], datetime]
    run: str
    go_on: Callable[[str], None]
    _one_at_a_time: Lock = field(default_factory=Lock)

    def begin(self, model: OperatingModel) -> None:
        """Puts on record that somebody listens now, and by which page."""
        page = Listening(page_version=model.page.version, page_sha256=model.sha256)
        self.ledger.append(self.run, self.clock(), [(self.run, page)])

    def heard(self, click: Click) -> None:
        """Decides, and tells. Whatever stands in the way is told to whoever clicked, and logged."""
        if click.team != self.ledger.identity(WORKSPACE):
            log.warning("a click of another workspace", team=click.team)
            return
        try:
            if words := self._decided(click):
                self.slack.whisper(click.channel, click.user, words, click.thread)
        except TriageError as exc:
            log.warning("not told in Slack", item=click.value, reason=str(exc))
        except Exception as exc:  # noqa: BLE001 - the vendor's client would swallow it
            log.error("a click broke", item=click.value, error=type(exc).__name__)  # noqa: TRY400 - no traceback
        finally:
            self._keep_calls()

    def _decided(self, click: Click) -> str | None:
        """What is to be told to whoever clicked, if anything."""
        clicked = Clicked(click.value, click.user, self.run, self.clock())
        try:
            page = self.page()
            if click.given is None and click.action in FORMS:
                return self._asked(page, click, clicked)
            if click.action not in _DECISIONS:
                return "The agent knows no such button, so nothing was done."
            with self._one_at_a_time:
                decide = _DECISIONS[click.action]
                refused = decide(self.ledger, page, clicked, click.given or {})
        except (WrongUsage, LedgerFailed) as exc:
            log.error("a decision was not kept", item=click.value, reason=str(exc))  # noqa: TRY400 - no traceback
            return "This couldn't be put on record now, so nothing was decided. Try again later."
        if refused:
            return refused
        try:
            keep = partial(self._keep, click.value)
            return show_decisions(self.ledger, self.slack, page, click.value, keep)
        finally:  # not before: the run would write to the same stream
            if click.action == "release":
                self.go_on(click.value)

    def _asked(self, page: Page, click: Click, clicked: Clicked) -> str | None:
        """Opens the form for whoever may decide; everybody else learns at once why they can't."""
        if refused := may_not(self.ledger, page, clicked):
            return refused
        place = {"item": click.value, "channel": click.channel, "thread": click.thread}
        categories = {name: kind.means for name, kind in page.workflow.categories.items()}
        try:
            self.slack.ask(click.action, click.trigger, place, categories)
        except ConnectorError as exc:  # most often Slack's three seconds were over
            log.warning("a form was not opened", item=click.value, reason=str(exc))
            return "The form couldn't be opened in time; press the button again."
        return None

    def _keep(self, item: str, entries: Sequence[Entry]) -> None:
        with self._one_at_a_time:
            self.ledger.forget(item)
            self.ledger.append(self.run, self.clock(), entries)

    def _keep_calls(self) -> None:
        with self._one_at_a_time:
            called = [(self.run, event) for event in self.calls.drain()]
            try:
                self.ledger.append(self.run, self.clock(), called)
            except LedgerFailed as exc:
                log.error("the record lacks what Slack was asked", reason=str(exc))  # noqa: TRY400 - no traceback


Decide = Callable[[Ledger, Page, Clicked, Mapping[str, str]], str | None]

_DECISIONS: Mapping[str, Decide] = {
    "claim": lambda ledger, page, clicked, _: claim(ledger, page, clicked),
    "release": lambda ledger, page, clicked, given: release(
        ledger, page, clicked, given.get(CATEGORY)
    ),
    "correct": lambda ledger, page, clicked, given: correct(
        ledger, page, clicked, given[WHAT], given.get(CATEGORY), given.get(NOTE)
    ),
    "not_useful": lambda ledger, page, clicked, given: reject(ledger, page, clicked, given[NOTE]),
}
"""What each button, or the form behind it, decides."""
