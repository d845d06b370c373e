"""Tells people of a week in Slack: each of them once, whoever else does so at that moment.

Before it leaves, it is on record that it is about to; whoever is second finds that, and leaves it.
Direct messages can't be looked through, so what was interrupted is never posted again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.events import Event, Failed, Intended
from triage_agent.decision.values import Value
from triage_agent.decision.weekly import SummaryPosted, WeeklyNote
from triage_agent.effects.deliver import Mark
from triage_agent.errors import AnswerLost, ConnectorError, Paused, StreamMoved
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.operating_model.schema import Page

_TRIES = 20
_UNKNOWN = "perhaps it has arrived, and perhaps not: it was interrupted while it was sent"


@dataclass(frozen=True)
class Parts:
    """What a week is told by."""

    page: Page
    ledger: Ledger
    slack: SlackConnector
    calls: CallLog
    clock: Callable[[], datetime]


class Sent(Value):
    """What came of telling those whom a name means.

    `reference`: the message, where it is there; else `why` it isn't. `before`: it wasn't this time.
    """

    to: str
    reference: str | None = None
    why: str | None = None
    before: bool = False


def post(parts: Parts, note: WeeklyNote, names: Sequence[str]) -> list[Sent]:
    """Tells each of those, where they haven't been told; what surely failed is tried again."""
    return [_post(parts, note, name) for name in names]


def _post(parts: Parts, note: WeeklyNote, name: str) -> Sent:
    mark = Mark(AGENT, f"summary {note.week} {name}", "slack")
    if sent := _begin(parts, note, name, mark):
        return sent
    told: Event | None = None
    try:
        posted = parts.slack.tell_week(parts.page.channel_of(name), mark.key, note)
    except AnswerLost:
        sent = Sent(to=name, why=_UNKNOWN)
    except (ConnectorError, Paused) as exc:
        sent = Sent(to=name, why=str(exc))
        code = exc.code if isinstance(exc, ConnectorError) else "PAUSED"
        told = Failed(action=mark.name, code=code, reason=str(exc))
    else:
        sent = Sent(to=name, reference=posted.reference)
        told = SummaryPosted(
            week=note.week,
            to=name,
            reference=posted.reference,
            mode=note.mode,
            figures=note.figures,
        )
    happened = [*([told] if told else []), *parts.calls.drain()]
    parts.ledger.keep(AGENT, parts.clock(), [(AGENT, event) for event in happened])
    return sent


def _begin(parts: Parts, note: WeeklyNote, name: str, mark: Mark) -> Sent | None:
    """Puts on record that it is about to be sent; what is known of it where it was before."""
    for _ in range(_TRIES):
        events = [one.event for one in parts.ledger.events(AGENT)]
        match next((one for one in reversed(events) if _is_about(one, note, name, mark)), None):
            case SummaryPosted(reference=reference):
                return Sent(to=name, reference=reference, before=True)
            case Intended():
                return Sent(to=name, why=_UNKNOWN, before=True)
        try:
            parts.ledger.append(AGENT, parts.clock(), [mark.intended()], after={AGENT: len(events)})
        except StreamMoved:
            continue
        return None
    raise StreamMoved(f"the ledger {parts.ledger.place}: others go on adding to it; try it again")


def _is_about(event: Event, note: WeeklyNote, name: str, mark: Mark) -> bool:
    if isinstance(event, SummaryPosted):
        return (event.week, event.to) == (note.week, name)
    return isinstance(event, Intended | Failed) and event.action == mark.name
