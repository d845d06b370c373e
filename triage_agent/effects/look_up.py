"""Finds out, by key or by value, whether interrupted writes took place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage_agent.connectors.salesforce.writing import Writer
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.actions import CreateRecord, Message, UpdateRecord
from triage_agent.decision.events import Done, Failed, Happened, Intended, NotFound, Unclear
from triage_agent.effects.deliver import THREAD, Effect, Entry, Mark
from triage_agent.errors import ConnectorError
from triage_agent.operating_model.schema import Page

_EARLIER = timedelta(hours=6)
"""How much older than a reply its thread may be: longer than a run takes, or than clocks differ."""


@dataclass(frozen=True)
class Interrupted:
    """A write that was intended at a moment and has neither been confirmed nor denied."""

    effect: Effect
    at: datetime


def look_up(
    writer: Writer,
    slack: SlackConnector,
    page: Page,
    interrupted: Sequence[Interrupted],
) -> list[Entry]:
    """`Done` for each write that is there, `NotFound` for the others."""
    return [
        *_updates(interrupted),
        *_creates(writer, interrupted),
        *_posts(slack, page, interrupted),
    ]


def _updates(interrupted: Sequence[Interrupted]) -> Iterator[Entry]:
    """An update may simply be done again: the second changes nothing more."""
    updates = (one for one in interrupted if isinstance(one.effect.action, UpdateRecord))
    yield from (one.effect.mark.not_found() for one in updates)


def _creates(writer: Writer, interrupted: Sequence[Interrupted]) -> Iterator[Entry]:
    by_place: dict[tuple[str, str], list[Interrupted]] = {}
    for one in interrupted:
        if isinstance(action := one.effect.action, CreateRecord):
            by_place.setdefault((action.object, action.key_field), []).append(one)
    for (name, field), some in by_place.items():
        found = writer.find(name, field, [one.effect.mark.key for one in some])
        for one in some:
            yield _told(one, found.get(one.effect.mark.key))


def _posts(
    slack: SlackConnector,
    page: Page,
    interrupted: Sequence[Interrupted],
) -> Iterator[Entry]:
    by_channel: dict[str, list[Interrupted]] = {}
    for one in interrupted:
        if isinstance(action := one.effect.action, Message):
            by_channel.setdefault(page.teams[action.team].channel, []).append(one)
    for channel, some in by_channel.items():
        found = slack.find(channel, min(one.at for one in some) - _EARLIER)
        for one in some:
            posted = found.get(one.effect.mark.key)
            yield _told(one, posted.reference if posted else None)


def _told(one: Interrupted, reference: str | None) -> Entry:
    mark = one.effect.mark
    return mark.done(reference, found=True) if reference else mark.not_found()


def look_up_threads(
    slack: SlackConnector, page: Page, run: str, told: Sequence[Happened]
) -> list[Entry]:
    """What became of the messages for further hand-overs, where a run left that open.

    `told`: what happened in the run's own stream.
    """
    left: dict[str, tuple[Intended, datetime]] = {}
    for happened in told:
        match happened.event:
            case Intended(key=key) as intended:
                left[key] = (intended, happened.at)
            case Done(key=key) | NotFound(key=key) | Unclear(key=key):
                left.pop(key, None)
            case Failed(action=action):
                left.pop(Mark(run, action, "slack").key, None)
            case _:
                pass
    return [_thread(slack, page, run, *one) for one in left.values()]


def _thread(slack: SlackConnector, page: Page, run: str, intended: Intended, at: datetime) -> Entry:
    mark = Mark(run, intended.action, "slack")
    team = page.teams.get(intended.action.removesuffix(THREAD))
    if team is None:
        return mark.unclear("the page no longer has this team")
    try:
        found = slack.find(team.channel, at - _EARLIER).get(mark.key)
    except ConnectorError as exc:
        return mark.unclear(str(exc))
    return mark.done(found.reference, found=True) if found else mark.not_found()
