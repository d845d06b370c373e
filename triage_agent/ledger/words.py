"""Each event in one or a few plain lines, for whoever reads a timeline."""

from functools import singledispatch

from triage_agent.decision.batch_events import GivenUp, HandedOut
from triage_agent.decision.cycle import CycleTime
from triage_agent.decision.events import (
    Assessed,
    Done,
    Drafted,
    Event,
    Failed,
    FiredRule,
    Held,
    Intended,
    ModelCalled,
    NotFound,
    Outcome,
    Overtaken,
    Permitted,
    Planned,
    Read,
    Received,
    Refused,
    Stopped,
    Unclear,
)
from triage_agent.decision.review_events import Shown
from triage_agent.decision.run_events import (
    Anchored,
    Blocked,
    Broke,
    Called,
    Cleared,
    Finished,
    FollowedUp,
    Listening,
    MeasuredBefore,
    NotCleared,
    PageChanged,
    PageKept,
    PageTried,
    RefusedToStart,
    Started,
    TextsExpired,
    Verified,
)
from triage_agent.decision.stops import Stop
from triage_agent.ledger.words_of_people import words_of_people

_MOMENT = "%Y-%m-%d %H:%M"


@singledispatch
def words(event: Event) -> str:
    """What happened, as a person would say it; may hold strangers' text."""
    return words_of_people(event)


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
    by = f", as approved by digest {event.approval[:12]}" if event.approval else ""
    return f"about to {event.action} in {event.system}, key {event.key}{by}"


@words.register
def _(event: Done) -> str:
    found = " (found after an interruption)" if event.found else ""
    return f"{event.action} is done: {event.reference}{found}"


@words.register
def _(event: NotFound) -> str:
    return f"{event.action} had not happened; it may be done again"


@words.register
def _(event: Unclear) -> str:
    return f"{event.action} may have happened: {event.reason}; look for {event.key}"


@words.register
def _(event: Overtaken) -> str:
    return f"{event.action} was left undone: since it was read, the record {event.how}"


@words.register
def _(event: Failed) -> str:
    return f"{event.action} failed: {event.reason}"


@words.register
def _(event: Started) -> str:
    page = f"page version {event.page_version} ({event.page_sha256[:12]})"
    began = (
        f"{event.mode} run on {page}, model {event.model}, "
        f"{event.unfinished} unfinished items taken up"
    )
    reads = (f"of {name} it reads {', '.join(fields)}" for name, fields in event.reads.items())
    shadow = [f"in shadow: {why}" for why in event.uncleared]
    return "\n".join([began, *shadow, *reads])


@words.register
def _(event: Finished) -> str:
    counted = (
        f"{event.received} received: {event.settled} settled, {event.escalated} escalated, "
        f"{event.failed} failed, {event.deferred} deferred; {event.refused} actions refused"
    )
    if event.handed_out:
        counted = f"{event.received} received: {event.handed_out} items handed out to workers"
    done = ", ".join(f"{name} {times:,}" for name, times in event.done.items() if times)
    used = event.allowance
    return "\n".join(
        [
            counted,
            *([f"done: {done}"] if done else []),
            *([f"{used.used:,} of the org's {used.of:,} requests a day were used"] if used else []),
        ]
    )


@words.register
def _(event: HandedOut) -> str:
    last = event.before + len(event.items)
    return f"items {event.before + 1} to {last} of {event.of} were handed out together"


@words.register
def _(event: GivenUp) -> str:
    alone = "its items are worked off one by one" if event.alone else "its item has failed"
    return f"given up after {event.times} tries: {event.reason}; {alone}"


@words.register
def _(event: RefusedToStart) -> str:
    return f"the run did not begin: {event.reason}"


@words.register
def _(event: FollowedUp) -> str:
    return f"asked what changed from {event.since:{_MOMENT}} on; {event.outcomes} outcomes"


@words.register
def _(event: MeasuredBefore) -> str:
    counted = (
        f"of {event.records:,} records before the agent's time, {event.touched:,} were touched"
    )
    if event.median_minutes is None or event.ninth_decile_minutes is None:
        return counted
    median, decile = _minutes(event.median_minutes), _minutes(event.ninth_decile_minutes)
    return f"{counted}: half of them within {median}, nine of ten within {decile}"


@words.register
def _(event: Outcome) -> str:
    by = f" by {event.by}" if event.by else ""
    change = ""
    if event.change and (event.change.was or event.change.became):
        change = f", from {event.change.was or 'nothing'} to {event.change.became or 'nothing'}"
    name = event.name.replace("_", " ")
    kept = "" if event.kept is None else f", {event.kept:.0%} of the draft kept"
    shown = f"{event.object} {event.record_id}{change}{kept}"
    return f"{name} at {event.happened_at:{_MOMENT}}{by} ({shown})"


@words.register
def _(event: Shown) -> str:
    return f"{event.action} tells of {event.decisions} decisions now"


@words.register
def _(event: Listening) -> str:
    return f"listening to Slack, by page version {event.page_version} ({event.page_sha256[:12]})"


@words.register
def _(event: TextsExpired) -> str:
    return (
        f"{event.texts:,} texts from before {event.before:{_MOMENT}} were erased, as the page says"
    )


@words.register
def _(event: Verified) -> str:
    counted = f"{event.events:,} events in {event.streams:,} streams checked: "
    return "\n".join(
        [counted + (f"faults: {event.found:,}" if event.found else "whole"), *event.faults]
    )


@words.register
def _(event: Anchored) -> str:
    by = f"{event.by}: {event.reason}; " if event.by else ""
    said = (
        f"{by}anchored {event.events:,} events in {event.streams:,} streams as {event.digest[:16]}"
    )
    return "\n".join([said, *event.accepted])


@words.register
def _(event: PageChanged) -> str:
    if event.page_sha256 == event.was_page_sha256:
        return f"other prompts or patterns than before ({event.prompts_sha256[:12]})"
    versions = f"version {event.was_version} to version {event.version}"
    return f"the page changed from {versions} ({event.page_sha256[:12]})"


@words.register
def _(event: PageKept) -> str:
    return f"version {event.version} of the page is kept ({event.sha256[:12]})"


@words.register
def _(event: Cleared) -> str:
    scores = ", ".join(f"{name} {value:g}" for name, value in event.scores.items())
    passed = f"passed on {event.evaluated_at:%Y-%m-%d}, evaluated by {event.by}"
    return f"what runs {passed} in {event.trials} trials of each case: {scores}"


@words.register
def _(event: NotCleared) -> str:
    return f"what would run hasn't passed, so nothing is changed: {'; '.join(event.reasons)}"


@words.register
def _(event: PageTried) -> str:
    what = f"what version {event.version} of the page ({event.page_sha256[:12]}) would have decided"
    came = f"{event.differ:,} of {event.items:,} otherwise, {event.untold:,} can't be told"
    return f"{event.login} asked {what} ({event.selection}): {came}"


@words.register
def _(event: Broke) -> str:
    return f"the run broke off: {event.reason}"


def cycle_in_words(cycle: CycleTime) -> str:
    """What an item's outcomes come to; empty where none of them counts."""
    told = []
    if cycle.first_touch and cycle.minutes is not None:
        after = f"{_minutes(cycle.minutes)} after it was {cycle.counted_from}"
        told.append(f"first touched by a person {after}")
    if cycle.clean_up:
        told.append(f"clean-up: {', '.join(name.replace('_', ' ') for name in cycle.clean_up)}")
    return "; ".join(told)


def _rule(fired: FiredRule | Stop) -> str:
    topic = f".{fired.topic}" if fired.topic else ""
    return f"{fired.rule}{topic} ({fired.source})"


def _minutes(minutes: float) -> str:
    """A length of time in the unit in which people would say it."""
    for size, unit in ((24 * 60, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes / size:.0f} {unit}"
    return f"{minutes:.0f} minutes"
