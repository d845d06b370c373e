"""What people click in Slack, decided one after another; Slack is told what came of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import structlog

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.slack import SlackConnector
from triage_agent.connectors.slack_forms import CATEGORY, FORMS, NOTE, WHAT
from triage_agent.connectors.slack_socket import Click
from triage_agent.decision.events import Failed
from triage_agent.decision.run_events import Listening
from triage_agent.decision.story import Story
from triage_agent.effects.show import show
from triage_agent.errors import ConnectorError, LedgerFailed, Paused, TriageError, WrongUsage
from triage_agent.ledger.store import WORKSPACE, Ledger
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import Page
from triage_agent.review.deciding import Clicked, claim, correct, may_not, reject, release

log = structlog.get_logger()
_TIMES = 3
"""How often a message is brought up to date at most, while others go on deciding."""


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

    def show(self, items: Iterable[str]) -> None:
        """Has the messages of these say what became of them without a click."""
        for item in items:
            try:
                put_off = self._shown(self.page(), item)
            except TriageError as exc:
                put_off = str(exc)
            if put_off:
                log.warning("a message is not up to date", item=item, reason=put_off)
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
            return self._shown(page, click.value)
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

    def _shown(self, page: Page, item: str) -> str | None:
        """Has the message say what was decided; again if somebody decided in the meantime."""
        for _ in range(_TIMES):
            story = Story.of(self.ledger.events(item))
            if not story.is_stale:
                break
            try:
                entries = show(self.slack, page, item, story)
            except Paused as exc:
                return f"It is on record; the message will say so later, for {exc}"
            with self._one_at_a_time:
                self.ledger.forget(item)
                self.ledger.append(self.run, self.clock(), entries)
            if any(isinstance(event, Failed) for _, event in entries):
                return "It is on record; the message will say so once Slack takes it."
        return None

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
