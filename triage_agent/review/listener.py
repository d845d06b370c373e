"""What people click in Slack, decided one after another; Slack is told what came of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Lock

import structlog

from triage_agent.connectors import slack_answers
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.slack import SlackConnector
from triage_agent.connectors.slack_socket import Click
from triage_agent.connectors.slack_week import READ
from triage_agent.decision.run_events import Listening
from triage_agent.decision.story import Story
from triage_agent.effects.deliver import Entry
from triage_agent.errors import (
    AnotherOrg,
    ConnectorError,
    LedgerFailed,
    TriageError,
    WrongUsage,
)
from triage_agent.ledger.store import APP, WORKSPACE, Ledger
from triage_agent.operating_model.grants import channels
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.review import weekly
from triage_agent.review.approving import Room
from triage_agent.review.buttons import DECISIONS, FORMS, GOES_ON, item_of
from triage_agent.review.deciding import Clicked
from triage_agent.review.showing import show_decisions

log = structlog.get_logger()


@dataclass
class Listener:
    """`model` is asked anew for each click; `run`: the stream that keeps its requests.

    `held` says why the agent is held, if it is; `go_on` has it take up an item that
    somebody has decided on, soon and elsewhere.
    """

    ledger: Ledger
    model: Callable[[], OperatingModel]
    held: Callable[[], str | None]
    slack: SlackConnector
    calls: CallLog
    clock: Callable[[], datetime]
    run: str
    go_on: Callable[[str], None]
    _one_at_a_time: Lock = field(default_factory=Lock)

    def begin(self) -> None:
        """Puts on record that somebody listens now, and by which page."""
        model = self.model()
        page = Listening(page_version=model.page.version, page_sha256=model.sha256)
        self.ledger.append(self.run, self.clock(), [(self.run, page)])

    def heard(self, click: Click) -> None:
        """Decides, and tells. Whatever stands in the way is told to whoever clicked, and logged."""
        try:
            if not self.is_ours(click.team, click.app):
                return
            if click.action == READ:
                self._has_read(click)
            elif words := self._decided(click):
                self.slack.whisper(click.channel, click.user, words, click.thread)
        except TriageError as exc:
            log.warning("not told in Slack", item=click.value, reason=str(exc))
        except Exception as exc:  # noqa: BLE001 - the vendor's client would swallow it
            log.error("a click broke", item=click.value, error=type(exc).__name__)  # noqa: TRY400 - no traceback
        finally:
            self.keep_calls()

    def is_ours(self, team: str, app: str) -> bool:
        """Whether it is of the ledger's workspace and app; the first app that is heard there is."""
        if team != self.ledger.identity(WORKSPACE):
            log.warning("heard something of another workspace", team=team)
            return False
        try:
            self.ledger.claim_for(APP, app)
        except AnotherOrg:
            log.warning("heard something of another app", app=app)
            return False
        return True

    def show(self, items: Iterable[str]) -> None:
        """Has the messages of these say what became of them without a click."""
        for item in items:
            try:
                page, keep = self.model().page, partial(self._keep, item)
                put_off = show_decisions(self.ledger, self.slack, page, item, keep)
            except TriageError as exc:
                put_off = str(exc)
            if put_off:
                log.warning("a message is not up to date", item=item, reason=put_off)
        self.keep_calls()

    def _decided(self, click: Click) -> str | None:
        """What is to be told to whoever clicked, if anything."""
        item = item_of(click.value)
        clicked = Clicked(item, click.user, self.run, self.clock())
        try:
            room = Room(self.ledger, self.model(), self.held())
            if click.given is None and click.action in FORMS:
                return self._asked(room, click, clicked)
            if click.action not in DECISIONS:
                return "The agent knows no such button, so nothing was done."
            with self._one_at_a_time:
                decide = DECISIONS[click.action]
                refused = decide(room, clicked, click.value, click.given or {})
        except (WrongUsage, LedgerFailed) as exc:
            log.error("a decision was not kept", item=item, reason=str(exc))  # noqa: TRY400 - no traceback
            return "This couldn't be put on record now, so nothing was decided. Try again later."
        try:
            keep = partial(self._keep, item)
            untold = show_decisions(self.ledger, self.slack, room.model.page, item, keep)
        finally:  # not before: the run would write to the same stream
            status = Story.of(self.ledger.events(item)).status
            if click.action in GOES_ON and status == "open":
                self.go_on(item)
        return refused or untold

    def _has_read(self, click: Click) -> None:
        """Of a week, which is told in channels and to people alone."""
        page = self.model().page
        with self._one_at_a_time:
            said = weekly.read(self.ledger, page, click.user, click.value, self.clock())
        where = click.channel if click.channel in channels(page).values() else None
        self.slack.answer(click.user, where, slack_answers.words(said))

    def _asked(self, room: Room, click: Click, clicked: Clicked) -> str | None:
        """Opens the form for whoever may decide; everybody else learns at once why they can't."""
        place = {"item": click.value, "channel": click.channel, "thread": click.thread}
        view = FORMS[click.action](room, clicked, click.value, place)
        if isinstance(view, str):
            return view
        try:
            self.slack.ask(click.trigger, view)
        except ConnectorError as exc:  # most often Slack's three seconds were over
            log.warning("a form was not opened", item=click.value, reason=str(exc))
            return "The form couldn't be opened in time; press the button again."
        return None

    def _keep(self, item: str, entries: Sequence[Entry]) -> None:
        with self._one_at_a_time:
            self.ledger.forget(item)
            self.ledger.keep(self.run, self.clock(), entries)

    def keep_calls(self) -> None:
        """Puts on record what the systems were asked since the last time."""
        with self._one_at_a_time:
            called = [(self.run, event) for event in self.calls.drain()]
            try:
                self.ledger.append(self.run, self.clock(), called)
            except LedgerFailed as exc:
                log.error("the record lacks what Slack was asked", reason=str(exc))  # noqa: TRY400 - no traceback
