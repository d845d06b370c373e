"""Tells people what waits for them: each of them one message, however much it is.

One process at a time does this: it holds the ledger's own lock for it from the look at what is due
until it is on record that people were told. They are told first, for the record says what Slack
took. So whoever dies in between, or loses the database, has somebody told once more; and what Slack
didn't take is tried again. A claim that is over needs no Slack: it is put on record before
anything is told, unless somebody has decided at that very moment.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.item import Mode
from triage_agent.decision.review_events import Reminded
from triage_agent.decision.story import Story
from triage_agent.decision.waiting import Due, Waiting, due, is_working_time, next_due, waiting
from triage_agent.effects.deliver import Entry
from triage_agent.errors import ConnectorError, Paused, RunRefused, StreamMoved
from triage_agent.jobs.parts import Parts
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import Page

AGAIN = timedelta(minutes=5)
"""After how long somebody whom Slack didn't tell is told again by the same process."""
_TRIES = 5
log = structlog.get_logger()


@dataclass(frozen=True)
class Found:
    """Something that is due for an item that has so many events, and what is told of it."""

    item: str
    length: int
    due: Due
    told: Waiting


@dataclass(frozen=True)
class Looked:
    """When something is due next for an item, as long as it has so many events, by that page."""

    length: int
    page: str
    again: datetime | None


@dataclass
class Reminders:
    """Goes round again and again, and reads of all that waits only what may be due.

    `ledger` is used by the thread that goes round, and by no other.
    """

    ledger: Ledger
    slack: SlackConnector
    check_pause: Callable[[], None]
    run: str
    mode: Mode
    _looked: dict[str, Looked] = field(default_factory=dict)

    def go_round(self, model: OperatingModel, now: datetime) -> list[str]:
        """Does all that is due; the items whose claims are over, for their messages to say so.

        Nothing while people don't work, while the agent is paused, or another process does it.
        """
        if not is_working_time(model.page, now):
            return []
        try:
            self.check_pause()
            with self.ledger.only_reminder(self.run, now):
                return self._round(model, now)
        except RunRefused as exc:
            log.debug("nobody is reminded", reason=str(exc))
            return []

    def _round(self, model: OperatingModel, now: datetime) -> list[str]:
        found = self._look(model, now)
        over = [one for one in found if not isinstance(one.due.event, Reminded)]
        fell_back = [one.item for one in over if self._is_over(one, now)]
        by_channel: dict[str, list[Found]] = {}
        for one in found:
            if isinstance(one.due.event, Reminded):
                channel = _channel(model.page, one.due.event.to)
                by_channel.setdefault(channel, []).append(one)
        for channel, some in by_channel.items():
            self._tell(channel, some, now)
        return fell_back

    def _look(self, model: OperatingModel, now: datetime) -> list[Found]:
        """What is due, oldest items first."""
        found: list[Found] = []
        looked: dict[str, Looked] = {}
        for item, length in self.ledger.waiting(self.mode):
            last = self._looked.get(item)
            if last and (last.length, last.page) == (length, model.sha256) and _later(last, now):
                looked[item] = last
                continue
            events = self.ledger.events(item)
            story = Story.of(events)
            found += (
                Found(item, len(events), one, waiting(one, story, model.page, now))
                for one in due(story, model.page, now)
            )
            again = next_due(story, model.page, now)
            looked[item] = Looked(len(events), model.sha256, again)
        self._looked = looked
        return found

    def _is_over(self, one: Found, now: datetime) -> bool:
        """Puts on record that a claim is over; not where somebody has just decided."""
        try:
            self.ledger.append(
                self.run, now, [(one.item, one.due.event)], after={one.item: one.length}
            )
        except StreamMoved:
            return False
        finally:
            self.ledger.forget(one.item)
        return True

    def _tell(self, channel: str, some: Sequence[Found], now: datetime) -> None:
        for one in some:  # should the record of it fail, they are told no more by this process
            self._put_off(one, None)
        try:
            self.slack.remind(channel, [one.told for one in some])
        except (ConnectorError, Paused) as exc:
            log.warning("somebody is reminded later", to=channel, reason=str(exc))
            for one in some:
                self._put_off(one, now + AGAIN)
        else:
            self._record([(one.item, one.due.event) for one in some], now)

    def _put_off(self, one: Found, again: datetime | None) -> None:
        self._looked[one.item] = Looked(one.length, self._looked[one.item].page, again)

    def _record(self, told: Sequence[Entry], now: datetime) -> None:
        """Whatever else happens to these items meanwhile: people have been told."""
        for _ in range(_TRIES):
            try:
                self.ledger.append(self.run, now, told)
            except StreamMoved:
                continue
            finally:
                for item, _event in told:
                    self.ledger.forget(item)
            return
        log.error("that people were reminded is not on record", items=len(told))


def remind(parts: Parts, run: str) -> list[str]:
    """Goes round once, for a run."""
    found = Reminders(parts.ledger, parts.slack, parts.check_pause, run, parts.mode)
    return found.go_round(parts.rules.model, parts.clock())


def _later(looked: Looked, now: datetime) -> bool:
    return looked.again is None or looked.again > now


def _channel(page: Page, to: str) -> str:
    """Where somebody is told, by the page's name for them or by their own id."""
    return page.channel_of(to) if page.people(to) else to
