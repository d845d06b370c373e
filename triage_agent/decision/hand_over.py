"""The message to the person who takes over: fields and checked quotes, in the page's words."""

from collections.abc import Iterator, Mapping

from triage_agent.decision.actions import HandOver, Reason
from triage_agent.decision.assessment import Assessment
from triage_agent.decision.item import Item
from triage_agent.decision.stops import Stop
from triage_agent.decision.text import clipped
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Member, Page

REQUEST_LENGTH = 600
"""Characters of the request that a hand-over quotes; the record holds the rest."""

_NEXT_STEPS = {
    "missing_data": "Find out what is missing, or close the record.",
    "restricted_topic": "Bring in whoever answers for this topic before you reply.",
    "outside_policy": "Decide whether we make an exception, then reply yourself.",
    "conflicting_information": "Check the record against what the sender says, then reply.",
    "low_confidence": "Read the request and decide what it is.",
    "consequential_request": "Decide whether we agree to this, then reply yourself.",
    "unapproved_category": "Decide who takes care of requests like this one.",
    "failed_repeatedly": "Handle it by hand, and tell whoever runs the agent what failed.",
}


def hand_over(
    item: Item,
    stops: tuple[Stop, ...],
    assessment: Assessment | None,
    assignee: Member,
    done: tuple[str, ...] = (),
) -> HandOver:
    """What the assignee needs to decide, without opening another window; `done` names actions."""
    page = item.page
    return HandOver(
        headline=clipped(_headline(item), 120),
        assignee=assignee.slack,
        who=_who(item),
        records=tuple(_described(item))[:5],
        reasons=tuple(Reason(words=words(s, page), quote=s.quote, fact=s.fact) for s in stops),
        request=clipped(item.request, REQUEST_LENGTH),
        wants=assessment.summary if assessment else None,
        done=_done(done),
        next_step=_NEXT_STEPS[stops[0].rule],
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


def _done(before: tuple[str, ...]) -> str:
    if before:
        return f"Before it stopped: {', '.join(before)}."
    return "Nothing but its tag; there is no draft and no task."


def _headline(item: Item) -> str:
    fields = item.record.fields
    names = [str(fields[name]) for name in item.page.item_read.headline if fields.get(name)]
    return " - ".join(names) or f"{item.record.object} {item.record.id}"


def _who(item: Item) -> tuple[tuple[str, str], ...]:
    hidden = set(item.page.workflow.item.request_text)
    return tuple(
        (name, clipped(value, 200))
        for name, value in _told(item.record.fields)
        if name not in hidden
    )


def _described(item: Item) -> list[str]:
    return [
        clipped(
            f"{record.object} {record.id}: "
            + ", ".join(f"{name} {value}" for name, value in _told(record.fields)),
            300,
        )
        for record in item.related
        if record.object != item.page.workflow.item.owner.is_
    ]


def _told(fields: Mapping[str, Scalar]) -> Iterator[tuple[str, str]]:
    """What says something to a person: no empty fields and no ids."""
    for name, value in fields.items():
        if value not in (None, "", False) and not name.endswith("Id"):
            yield name, str(value)
