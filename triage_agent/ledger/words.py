"""Each event in one or a few plain lines, for whoever reads a timeline."""

from functools import singledispatch

from triage_agent.decision.events import (
    Assessed,
    Blocked,
    Broke,
    Called,
    Done,
    Drafted,
    Event,
    ExcessAllowed,
    Failed,
    Finished,
    FiredRule,
    Held,
    Intended,
    ModelCalled,
    NotFound,
    Overtaken,
    Paused,
    Permitted,
    Planned,
    Read,
    Received,
    Refused,
    Resumed,
    Started,
    Stopped,
)
from triage_agent.decision.stops import Stop


@singledispatch
def words(event: Event) -> str:
    """What happened, as a person would say it; may hold strangers' text."""
    raise NotImplementedError(event)


@words.register
def _(event: Received) -> str:
    again = f", after item {event.replaces}" if event.replaces else ""
    received = f"{event.object} {event.record_id} ({event.mode}){again}"
    if event.record is None:
        return f"{received}; its texts have been erased"
    fields = event.record.fields.items()
    return "\n".join(
        [received, *(f"{name}: {value}" for name, value in fields if value is not None)]
    )


@words.register
def _(event: Read) -> str:
    found = ", ".join(event.record_ids) or "nothing"
    return f"looked for {', '.join(event.looked_at) or 'nothing'}; found {found}"


@words.register
def _(event: ModelCalled) -> str:
    call = event.call
    cost = "unknown cost" if call.cost_usd is None else f"${call.cost_usd:.6f}"
    tokens = f"{call.input_tokens} + {call.output_tokens} tokens"
    shown = f", shown {', '.join(event.shown)}" if event.shown else ""
    masked = f" (masked: {', '.join(event.masked)})" if event.masked else ""
    asked = f"asked {call.asked} to {call.purpose}{shown}{masked}: {call.outcome}"
    return f"{asked}; {tokens}, {cost}, {call.seconds:.2f} s"


@words.register
def _(event: Called) -> str:
    return f"{event.system}: {event.method} {event.path} → {event.status or 'no answer'}"


@words.register
def _(event: Blocked) -> str:
    return f"{event.system}: {event.method} {event.path} was kept back: {event.reason}"


@words.register
def _(event: Assessed) -> str:
    said = f": {event.assessment.summary}" if event.assessment else ""
    return f"the model says {event.category}, confidence {event.confidence:.2f}{said}"


@words.register
def _(event: Stopped) -> str:
    if event.stops is None:
        return "\n".join(f"stopped by {_rule(rule)}" for rule in event.rules)
    return "\n".join(f"stopped by {_rule(stop)}: {stop.evidence}" for stop in event.stops)


@words.register
def _(event: Drafted) -> str:
    return f"a draft of {event.words} words" + (f":\n{event.text}" if event.text else "")


@words.register
def _(event: Planned) -> str:
    return f"category {event.category}; wants {', '.join(event.names) or 'nothing'}"


@words.register
def _(event: Permitted) -> str:
    return f"{event.action} is allowed by {event.line}"


@words.register
def _(event: Held) -> str:
    return f"{event.action} waits for {event.who}, by {event.line}"


@words.register
def _(event: Refused) -> str:
    return f"{event.action} is refused by {event.line}: {event.reason}"


@words.register
def _(event: Intended) -> str:
    return f"about to {event.action} in {event.system}, key {event.key}"


@words.register
def _(event: Done) -> str:
    found = " (found after an interruption)" if event.found else ""
    return f"{event.action} is done: {event.reference}{found}"


@words.register
def _(event: NotFound) -> str:
    return f"{event.action} had not happened; it may be done again"


@words.register
def _(event: Overtaken) -> str:
    return f"{event.action} was left undone: since it was read, the record {event.how}"


@words.register
def _(event: Failed) -> str:
    return f"{event.action} failed: {event.reason}"


@words.register
def _(event: Started) -> str:
    page = f"page version {event.page_version} ({event.page_sha256[:12]})"
    return (
        f"{event.mode} run on {page}, model {event.model}, "
        f"{event.unfinished} unfinished items taken up"
    )


@words.register
def _(event: Finished) -> str:
    return (
        f"{event.received} received: {event.settled} settled, {event.escalated} escalated, "
        f"{event.failed} failed, {event.deferred} deferred; {event.refused} actions refused"
    )


@words.register
def _(event: Paused) -> str:
    return f"paused by {event.by}: {event.reason}"


@words.register
def _(event: Resumed) -> str:
    answers = (f"{one.question} {one.answer}" for one in event.checklist)
    return "\n".join([f"resumed by {event.by} ({event.login})", *answers])


@words.register
def _(event: ExcessAllowed) -> str:
    return "\n".join([f"{event.login} let these credentials pass, though they", *event.excess])


@words.register
def _(event: Broke) -> str:
    return f"the run broke off: {event.reason}"


def _rule(fired: FiredRule | Stop) -> str:
    topic = f".{fired.topic}" if fired.topic else ""
    return f"{fired.rule}{topic} ({fired.source})"
