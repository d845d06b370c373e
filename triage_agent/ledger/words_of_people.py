"""What people decide, are asked and have undone, each in one or a few plain lines."""

from collections.abc import Iterator
from functools import singledispatch

from triage_agent.decision.actions import Approval
from triage_agent.decision.events import Erased, Event
from triage_agent.decision.review_events import (
    Approved,
    Asked,
    Claimed,
    Corrected,
    Edited,
    Expired,
    FellBack,
    Rejected,
    Released,
    Reminded,
    Voided,
)
from triage_agent.decision.rollback_events import (
    LeftAsIs,
    Rejudged,
    Requeued,
    Reversed,
    RollbackFinished,
    RollbackStarted,
    Withdrawn,
)
from triage_agent.decision.run_events import ExcessAllowed, Paused, Resumed
from triage_agent.decision.weekly import Reviewed, SummaryPosted

_MOMENT = "%Y-%m-%d %H:%M"


@singledispatch
def words_of_people(event: Event) -> str:
    """What happened, of those events; `words` says it of every other, too."""
    raise NotImplementedError(event)


@words_of_people.register
def _(event: Claimed) -> str:
    return f"{event.by} ({event.login}, in Slack {event.slack}) took it on themselves"


@words_of_people.register
def _(event: Released) -> str:
    known = f"{event.by} ({event.login}, in Slack {event.slack})"
    return f"{known} has the agent go on in their name, as with {event.category}"


@words_of_people.register
def _(event: Corrected) -> str:
    category = f", it is {event.category}" if event.category else ""
    note = f": {event.note}" if event.note else ""
    return f"{event.by} ({event.login}) says what is wrong: {event.wrong}{category}{note}"


@words_of_people.register
def _(event: Rejected) -> str:
    reason = f": {event.reason}" if event.reason else ""
    what = f"says no to {event.action}" if event.action else "found the hand-over of no use"
    return f"{event.by} ({event.login}) {what}{reason}"


@words_of_people.register
def _(event: Reminded) -> str:
    return f"{event.to} was told that it waits ({event.action})"


@words_of_people.register
def _(event: FellBack) -> str:
    return f"{event.action} fell back to the team: {event.by} had claimed it, and not decided"


@words_of_people.register
def _(event: Erased) -> str:
    return f"{event.by} ({event.login}) had its {event.texts} texts erased"


@words_of_people.register
def _(event: Asked) -> str:
    until = f"{event.expires_at:{_MOMENT}}"
    asked = f"{event.who} is asked for {event.action}, by digest {event.digest[:12]}"
    times = f", for the {event.number}. time" if event.number > 1 else ""
    return "\n".join([f"{asked}{times}, until {until}", *_changes(event.approval)])


@words_of_people.register
def _(event: Approved) -> str:
    known = f"{event.by} ({event.login}, in Slack {event.slack})"
    return f"{known} says yes to {event.action} as of digest {event.digest[:12]}"


@words_of_people.register
def _(event: Edited) -> str:
    known = f"{event.by} ({event.login}, in Slack {event.slack})"
    digests = f"digest {event.digest[:12]} in place of {event.was[:12]}"
    return "\n".join(
        [f"{known} wants {event.action} otherwise: {digests}", *_changes(event.approval)]
    )


@words_of_people.register
def _(event: Expired) -> str:
    return f"nobody decided on {event.action} (digest {event.digest[:12]}) in time"


@words_of_people.register
def _(event: Voided) -> str:
    return f"{event.action} (digest {event.digest[:12]}) holds no more: {event.reason}"


def _changes(approval: Approval | None) -> Iterator[str]:
    """What would be written, in place of what."""
    for name, value in approval.action.fields.items() if approval else ():
        was = f" (was {approval.was[name]})" if approval and name in approval.was else ""
        yield f"{name}: {value}{was}"


@words_of_people.register
def _(event: Paused) -> str:
    return f"paused by {event.by}: {event.reason}"


@words_of_people.register
def _(event: Resumed) -> str:
    answers = (f"{one.question} {one.answer}" for one in event.checklist)
    return "\n".join([f"resumed by {event.by} ({event.login})", *answers])


@words_of_people.register
def _(event: ExcessAllowed) -> str:
    return "\n".join([f"{event.login} let these credentials pass, though they", *event.excess])


@words_of_people.register
def _(event: SummaryPosted) -> str:
    return f"{event.to} was told of {event.week} ({event.reference})"


@words_of_people.register
def _(event: Reviewed) -> str:
    return f"{event.by} ({event.login}) has read the summary of {event.week}"


@words_of_people.register
def _(event: RollbackStarted) -> str:
    known = f"{event.by} ({event.login})"
    return "\n".join(
        [
            f"{known} has what the agent did undone ({event.selection}), of {event.items:,} items",
            f"what happened: {event.reason}",
            f"how it was found: {event.found}",
        ]
    )


@words_of_people.register
def _(event: RollbackFinished) -> str:
    return (
        f"{event.undone:,} things undone, {event.left:,} left for people, "
        f"{event.failed:,} could not be undone"
    )


@words_of_people.register
def _(event: Requeued) -> str:
    return f"{event.by} ({event.login}) has the next run take its record up afresh"


@words_of_people.register
def _(event: Rejudged) -> str:
    what = f"version {event.version} of the page ({event.page_sha256[:12]})"
    return f"the model is asked what {what} would have decided; nothing follows from it"


@words_of_people.register
def _(event: Withdrawn) -> str:
    return f"{event.by} ({event.login}) has had it rolled back; the agent does nothing more with it"


@words_of_people.register
def _(event: Reversed) -> str:
    fields = f" ({', '.join(event.fields)})" if event.fields else ""
    found = ", as it was already" if event.found else ""
    return f"{event.action} is undone{fields}{found}"


@words_of_people.register
def _(event: LeftAsIs) -> str:
    fields = f" ({', '.join(event.fields)})" if event.fields else ""
    return f"{event.action} is left for people{fields}: {event.reason}"
