"""What people type after `/triage` in Slack: each command for those whom the page lets alone.

A command is acknowledged at once, with a word where there is nothing else to do. All else is
answered afterwards, to whoever typed it: where they did, in a channel that the page hands items
over in, else in their direct messages. In shadow the agent asks Slack to tell nobody but the owner:
what can be told in an acknowledgement is, so that whoever may can pause it there, too.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Protocol

import structlog

from triage_agent.authority.people import Somebody, known_in_slack, listed
from triage_agent.connectors import slack_answers
from triage_agent.connectors.slack import SlackConnector
from triage_agent.connectors.slack_answers import Answer, Found
from triage_agent.connectors.slack_forms import RESUME, resume
from triage_agent.connectors.slack_manifest import COMMAND
from triage_agent.connectors.slack_socket import Click, Command, Taken
from triage_agent.decision.became import became
from triage_agent.decision.item import Record
from triage_agent.decision.text import clipped
from triage_agent.errors import ConnectorError, TriageError
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.grants import everybody
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.schema import Page
from triage_agent.review.listener import Listener

log = structlog.get_logger()
_HOW = {
    "status": f"{COMMAND} status",
    "pause": f"{COMMAND} pause REASON",
    "resume": f"{COMMAND} resume",
    "find": f"{COMMAND} find WORDS OF A NAME, OR A RECORD'S ID",
}
_HELP = f"Write one of these: {'; '.join(_HOW.values())}."
_WANTS_WORDS = ("pause", "find")
_LONGEST_WORDS, _LONGEST_WHY = 200, 500
_GOES_ON = "The agent isn't paused."
_SHADOW = (
    "In shadow the agent opens no form and looks nothing up for anybody in Slack; "
    "do it in a terminal: {}"
)
_IN_A_TERMINAL = {
    "status": "triage-agent status",
    "pause": "triage-agent pause --reason REASON",
    "resume": "triage-agent resume",
    "find": "triage-agent timeline RECORD",
}


class Agent(Protocol):
    """The agent that people hold and let go on."""

    def pause(self, page: Page, by: Somebody, reason: str) -> Callable[[], str]:
        """Holds it at once; what is returned announces that, and says who was told."""

    def resume(
        self, page: Page, by: Somebody, answers: Callable[[Sequence[str]], Sequence[str]]
    ) -> str:
        """Lets it go on, and announces that; what is to be said of it."""

    def why(self) -> str | None:
        """Who or what holds it, if anything does."""

    def status(self) -> Mapping[str, str]:
        """What is going on with it."""


@dataclass(frozen=True)
class Asked:
    """What somebody typed, and whom of the page they are. `words` follow the command's name."""

    command: Command
    model: OperatingModel
    by: Somebody
    words: str

    @property
    def page(self) -> Page:
        return self.model.page


@dataclass(frozen=True)
class Commands:
    """`model` is asked anew for each command, and `ledger` opened; `records` finds some by words.

    `channels`: those of the page. `slack` is not held by a pause: what it tells was asked.
    """

    listener: Listener
    model: Callable[[], OperatingModel]
    live: bool
    channels: frozenset[str]
    agent: Agent
    slack: SlackConnector
    ledger: Callable[[], Ledger]
    records: Callable[[Page, str], list[Record]]

    def taken(self, command: Command) -> Taken:
        """What a command is acknowledged with, and what is done then."""
        if not self.listener.is_ours(command.team, command.app):
            return Taken()
        name, _, words = command.text.strip().partition(" ")
        if name not in _HOW:
            return Taken(_HELP)
        try:
            model = self.model()
            by = _who(model.page, name, command.user)
            if isinstance(by, str):
                return Taken(by)
            return self._taken(name, Asked(command, model, by, words.strip()))
        except Exception as exc:  # noqa: BLE001 - the vendor's client would swallow it
            return Taken(_not_now(name, exc))

    def heard(self, click: Click) -> None:
        """What was sent with the form to resume; any other click is for the listener."""
        if click.action != RESUME or click.given is None:
            self.listener.heard(click)
        elif self.listener.is_ours(click.team, click.app):
            self._answer(RESUME, click.user, click.channel, partial(_resume, self, click))

    def _taken(self, name: str, asked: Asked) -> Taken:
        """Of a command of somebody who may."""
        if name in _WANTS_WORDS and not asked.words:
            return Taken(f"Write it like this: {_HOW[name]}.")
        if len(asked.words) > _LONGEST_WORDS:
            return Taken(f"That is too long: write at most {_LONGEST_WORDS} characters.")
        if self.live:
            who, where = asked.command.user, asked.command.channel
            said = partial(_ANSWERS[name], self, asked)
            return Taken(then=lambda: self._answer(name, who, where, said))
        if name == "status":
            return Taken("\n".join(": ".join(line) for line in self.agent.status().items()))
        if name == "pause":
            announce = self.agent.pause(asked.page, asked.by, asked.words)
            return Taken(f"Paused by {asked.by.name}.", lambda: log.info("paused", told=announce()))
        return Taken(_SHADOW.format(_IN_A_TERMINAL[name]))

    def _answer(self, name: str, user: str, channel: str, said_by: "Said") -> None:
        """Whatever stands in the way is told to whoever asked, and logged."""
        try:
            said = said_by()
        except Exception as exc:  # noqa: BLE001 - likewise
            said = _not_now(name, exc)
        try:
            if said is not None:
                answer = slack_answers.words(said) if isinstance(said, str) else said
                self.slack.answer(user, channel if channel in self.channels else None, answer)
        except TriageError as exc:
            log.warning("not told in Slack", command=name, reason=str(exc))
        finally:
            self.listener.keep_calls()


Said = Callable[[], str | Answer | None]
"""Does what was asked, and says what is to be told, if anything."""


def _status(commands: Commands, _asked: Asked) -> Answer:
    return slack_answers.lines(commands.agent.status())


def _pause(commands: Commands, asked: Asked) -> str:
    announce = commands.agent.pause(asked.page, asked.by, asked.words)
    return f"Paused by {asked.by.name}. {announce()}"


def _ask(commands: Commands, asked: Asked) -> str | None:
    """Opens the page's checklist for whoever may answer it."""
    why = commands.agent.why()
    if not why:
        return _GOES_ON
    place = {
        "item": _digest(asked.model, why),
        "channel": asked.command.channel,
        "thread": None,
        "why": clipped(why, _LONGEST_WHY),
    }
    try:
        commands.slack.ask(asked.command.trigger, resume(place, _questions(asked.page)))
    except ConnectorError as exc:  # most often Slack's three seconds were over
        log.warning("a form was not opened", command=RESUME, reason=str(exc))
        return f"The form couldn't be opened in time; write {_HOW[RESUME]} again."
    return None


def _resume(commands: Commands, click: Click) -> str:
    """The checklist as it was filled in counts for the page and the pause that it was about."""
    model, given, why = commands.model(), click.given or {}, commands.agent.why()
    by = _who(model.page, RESUME, click.user)
    if isinstance(by, str):
        return by
    if not why:
        return _GOES_ON
    if click.value != _digest(model, why):
        return (
            "The operating model or the pause is another one than when you were asked; "
            f"write {_HOW[RESUME]} again."
        )
    answers = [given.get(name, "") for name in _questions(model.page)]
    return commands.agent.resume(model.page, by, lambda _: answers)


def _find(commands: Commands, asked: Asked) -> str | Answer:
    records = commands.records(asked.page, asked.words)
    if not records:
        return f"No {asked.page.workflow.item.object} has that in its name, or as its id."
    with closing(commands.ledger()) as ledger:
        known = ledger.known("live", [record.id for record in records])
        return slack_answers.found(
            [_found(commands, ledger, one, known.get(one.id, ())) for one in records]
        )


def _found(commands: Commands, ledger: Ledger, record: Record, items: Sequence[str]) -> Found:
    """A record by the newest of its items."""
    names = " - ".join(str(value) for value in record.fields.values() if value)
    return Found(
        headline=names or f"{record.object} {record.id}",
        became=became(ledger.story(items[-1])) if items else "Not taken up by the agent",
        link=commands.slack.record_url(record.id),
        story=items[-1] if items else None,
    )


_ANSWERS: Mapping[str, Callable[[Commands, Asked], str | Answer | None]] = {
    "status": _status,
    "pause": _pause,
    "resume": _ask,
    "find": _find,
}
"""What comes of each command once it was acknowledged."""


def _who(page: Page, name: str, user: str) -> Somebody | str:
    """Who that is on the page, where they may; otherwise who may."""
    names = page.recovery.may_pause if name in ("pause", RESUME) else everybody(page)
    found = known_in_slack(page, names, user)
    return found or f"Only these can do that, by the operating model: {listed(page, names)}."


def _digest(model: OperatingModel, why: str) -> str:
    """What answers to the checklist are about: its page, and the pause."""
    return sha256(f"{model.sha256} {why}".encode()).hexdigest()


def _questions(page: Page) -> dict[str, str]:
    """The page's checklist, by what the answers are called in the form."""
    return {f"answer_{n}": asked for n, asked in enumerate(page.recovery.before_resuming, start=1)}


def _not_now(name: str, exc: Exception) -> str:
    """What somebody is told whose command was not carried out; why, the log alone says."""
    reason = str(exc) if isinstance(exc, TriageError) else type(exc).__name__
    log.error("a command was not carried out", command=name, reason=reason)
    return (
        "This couldn't be done now, so nothing was; try again later, or in a terminal: "
        f"{_IN_A_TERMINAL[name]}"
    )
