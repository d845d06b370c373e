"""The message to the person who takes over: fields and checked quotes, in the page's words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from triage_agent.decision.actions import HandOver, Reason
from triage_agent.decision.assessment import Assessment
from triage_agent.decision.item import ELSEWHERE, Item, Record
from triage_agent.decision.output import spaced, worded
from triage_agent.decision.replies import not_to
from triage_agent.decision.stops import Stop
from triage_agent.decision.text import clipped
from triage_agent.operating_model.action_rules import PostAction
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Member, Page

REQUEST_LENGTH = 600
"""Characters of the request that a hand-over quotes; the record holds the rest."""
RECORDS = 5
"""So many related records are told; the others are counted."""

_NEXT_STEPS = {
    "failed_repeatedly": "Handle it by hand, and tell whoever runs the agent what failed.",
    "restricted_topic": "Bring in whoever answers for {topic} matters before you reply.",
    "consequential_request": "Decide with those who answer for {topic} if we agree, then reply.",
    "conflicting_information": "Find out whether the record or the sender is right, then reply.",
    "outside_policy": "Decide whether we make an exception ({topic}), then reply yourself.",
    "missing_data": "Find out what is missing ({topic}), or close the record.",
    "unapproved_category": "Decide who takes care of requests like this one.",
    "low_confidence": "Read the request and decide what it is.",
}
"""What to do next, by rule; the weightiest rule first, which decides where several fired."""
_WITHHELD = ("outside_policy", "draft")
_REPLY_YOURSELF = "Reply yourself: the draft was not fit to be kept."

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]{5,15}(?:Z|[+-]\d{2}:?\d{2})")
_REACHABLE = re.compile(r"\S+@\S+|\+?[\d\s()./-]{6,}")


def hand_over(
    item: Item,
    stops: tuple[Stop, ...],
    assessment: Assessment | None,
    assignee: Member,
    done: str = "",
) -> HandOver:
    """What the assignee needs to decide, without opening another window; `done`: by `deeds`."""
    page = item.page
    weightiest = sorted(stops, key=lambda stop: [*_NEXT_STEPS].index(stop.rule))
    told = (Reason(words=words(one, page), quote=one.quote, fact=one.fact) for one in weightiest)
    return HandOver(
        headline=headline(item),
        assignee=assignee.slack,
        who=_who(item),
        reply=_reply(item),
        records=tuple(_records(item)),
        reasons=tuple(dict.fromkeys(told)),
        request=clipped(item.request, REQUEST_LENGTH),
        wants=_wants(assessment) if assessment else None,
        done=done,
        next_step=_next_step(weightiest[0]),
        item_id=item.id,
        record_id=item.record.id,
        page=f"version {page.version}, owned by {page.owner.name}, {page.owner.role}",
    )


def words(stop: Stop, page: Page) -> str:
    """Why a rule fired, in the words that the page has for it."""
    rules, topic = page.stops_when, stop.topic or ""
    named: dict[str, dict[str, str]] = {
        "restricted_topic": rules.restricted_topic.topics,
        "outside_policy": rules.outside_policy.policies,
        "consequential_request": rules.consequential_request.about,
        "conflicting_information": {
            conflict.claim: f"{conflict.means} Our records say otherwise."
            for conflict in rules.conflicting_information.conflicts
        },
    }
    title = stop.rule.replace("_", " ").capitalize()
    meaning = named.get(stop.rule, {}).get(topic)
    return f"{title}: {meaning}" if meaning else f"{title}."


def deeds(page: Page, before: tuple[str, ...]) -> str:
    """What the agent does of a stopped item, and what it leaves to people, by the page.

    `before`: the actions that were done before it stopped.
    """
    mine = {name: rule for name, rule in page.may.items() if not isinstance(rule, PostAction)}
    left = {name: rule for name, rule in mine.items() if name not in before}
    now = [name for name, rule in left.items() if rule.when != "settled" and rule.alone == "yes"]
    never = [name for name in left if name not in now]
    parts = (("Before it stopped", before), ("With this message", now), ("Not done", never))
    told = [f"{label}: {', '.join(map(spaced, names))}." for label, names in parts if names]
    return " ".join(told) or "Nothing but this message."


def _next_step(stop: Stop) -> str:
    if (stop.rule, stop.topic) == _WITHHELD:
        return _REPLY_YOURSELF
    return _NEXT_STEPS[stop.rule].format(topic=spaced(stop.topic or "this"))


def _wants(said: Assessment) -> str:
    """What the model makes of it; all of it is its own words, and is labelled so."""
    kind = spaced(said.category[:60])
    sure = f"{kind}, confidence {said.confidence:.2f}, language {said.language_code or 'unknown'}"
    return f"{said.summary} ({sure})"


def headline(item: Item) -> str:
    """How people know the item's record, in a line."""
    fields = item.record.fields
    names = [str(fields[name]) for name in item.page.item_read.headline if fields.get(name)]
    return clipped(" - ".join(names) or f"{item.record.object} {item.record.id}", 120)


def _who(item: Item) -> tuple[tuple[str, str], ...]:
    hidden = set(item.page.workflow.item.request_text)
    return tuple(
        (spaced(name), clipped(value, 200))
        for name, value in _told(item, item.record.fields)
        if name not in hidden
    )


def _reply(item: Item) -> str:
    """By which of the fields that the page needs they can be reached, and whether they may be."""
    needs = item.page.stops_when.missing_data.needs
    every = (one for need in needs for one in (need if isinstance(need, list) else [need]))
    names = (one for one in every if isinstance(one, str))
    values = {name: str(item.record.fields.get(name) or "") for name in names}
    ways = [
        f"{spaced(name)} {clipped(value, 100)}"
        for name, value in values.items()
        if value == ELSEWHERE or _REACHABLE.fullmatch(value)
    ]
    forbidden = not_to(item)
    warning = f" They are not to be written to ({', '.join(forbidden)})." if forbidden else ""
    return f"{' or '.join(ways) or 'No way is on the record'}.{warning}"


def _records(item: Item) -> Iterator[str]:
    """Who owns the record, what is related to it, and what was looked for in vain."""
    kind = item.page.workflow.item.owner.is_
    yield _owner(item)
    related = [record for record in item.related if record.object != kind]
    yield from (_described(item, record) for record in related[:RECORDS])
    if len(related) > RECORDS:
        yield f"And {len(related) - RECORDS} more."
    found = {item.record.object, kind, *(record.object for record in related)}
    if missing := [name for name in item.page.reads if name not in found]:
        yield f"Nothing found: {', '.join(map(spaced, missing))}."


def _owner(item: Item) -> str:
    owner = item.page.workflow.item.owner
    record = next(item.records(owner.is_), None)
    if record is None:
        return "Owned by no person."
    conditions = (f"{spaced(name)} {worded(record.fields.get(name))}" for name in owner.when)
    unlike = "" if item.owner else f" ({', '.join(conditions)})"
    return f"Owned by {_first(_told(item, record.fields)) or record.id}{unlike}."


def _described(item: Item, record: Record) -> str:
    """`User Lee: Is Active yes`: the first field that says anything names a record."""
    name, *others = [value for _, value in _told(item, record.fields)] or [record.id]
    labels = [spaced(label) for label, _ in _told(item, record.fields)][1:]
    rest = ", ".join(map(" ".join, zip(labels, others, strict=True)))
    return clipped(f"{spaced(record.object)} {name}" + (f": {rest}" if rest else ""), 300)


def _first(told: Iterable[tuple[str, str]]) -> str | None:
    return next((value for _, value in told), None)


def _told(item: Item, fields: Mapping[str, Scalar]) -> Iterator[tuple[str, str]]:
    """What says something to a person: no empty fields and no ids; moments by the page's clock."""
    for name, value in fields.items():
        if value not in (None, "", False) and not name.endswith("Id"):
            yield name, _moment(item, str(value)) or worded(value)


def _moment(item: Item, text: str) -> str | None:
    zone = item.page.workflow.time.zone
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        local = moment.astimezone(zone)
    except (ValueError, OverflowError):
        return None
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} ({zone})"
