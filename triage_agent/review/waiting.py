"""What waits for people, and how one of them stands: read from the ledger, for any screen."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from triage_agent.decision.actions import Approval, HandOver, PostHandOver, UpdateRecord
from triage_agent.decision.asking import editable
from triage_agent.decision.events import Happened
from triage_agent.decision.item import Mode
from triage_agent.decision.output import worded
from triage_agent.decision.questions import Question
from triage_agent.decision.review_events import Decided, FellBack
from triage_agent.decision.reviews import Button, Did, Standing, standing
from triage_agent.decision.story import Story
from triage_agent.decision.text import clipped
from triage_agent.decision.values import Value
from triage_agent.decision.waiting import called
from triage_agent.errors import WrongUsage
from triage_agent.ledger.store import Ledger, is_item
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page
from triage_agent.review.deciding import team_of

SHORTEST = 8
"""So many characters of an item's id name it, where no other one begins so."""
_SHORT, _FEW = 40, 2


class Waiting(Value):
    """One thing that somebody is to decide about an item, in one line.

    `action`: the one that handed it over, or that asks; then `until` is when that expires. `who`:
    whose word is wanted, for people; None where the page has nobody. `why`: the rules that stopped
    it, or what would change. `headline` is None where the item's texts are gone.
    """

    item_id: str
    record_id: str | None
    headline: str | None
    action: str
    who: str | None
    why: tuple[str, ...]
    since: datetime
    until: datetime | None
    claimed_by: str | None


class Change(Value):
    """A field with what it held when somebody was asked, and what it would hold."""

    field: str
    was: Scalar
    to: Scalar


class What(Value):
    """What somebody is asked: exactly what would be done, and what they are shown beside it.

    `object`: what would be changed, or made where `is_new`. `again`: why it is asked once more.
    `editable`: what may have another value instead, with all that it may be, if not any text.
    """

    headline: str
    object: str
    is_new: bool
    changes: tuple[Change, ...]
    wants: str | None
    draft: str | None
    again: str | None
    editable: dict[str, tuple[Scalar, ...]]


class Request(Value):
    """A request for somebody's word on an action, the `number`th, and how it stands.

    `digest`: of all that is asked, to which a yes is given. `what` is None where the texts are
    gone. `did`: each in words. `can`: what can be decided; `deciders`: who may, by login.
    """

    action: str
    number: int
    digest: str
    what: What | None
    since: datetime
    until: datetime
    did: tuple[str, ...]
    can: tuple[Button, ...]
    deciders: dict[str, str]

    def with_values(self, given: Mapping[str, str]) -> "Request":
        """The same with some values as somebody wants them instead."""
        if self.what is None:
            return self
        changes = tuple(
            one.model_copy(update={"to": given.get(one.field, one.to)}) for one in self.what.changes
        )
        return self.model_copy(update={"what": self.what.model_copy(update={"changes": changes})})


class Case(Value):
    """All that people need to decide about an item, and what has been decided.

    `waits`: what is to be decided still. Of its hand-over, `did`: each in words; `can`: what can
    be decided; `deciders`: who may, by login. `asked`: what somebody's word was wanted for.
    """

    item_id: str
    record_id: str | None
    headline: str | None
    status: str
    waits: tuple[Waiting, ...]
    hand_over: HandOver | None
    did: tuple[str, ...]
    can: tuple[Button, ...]
    deciders: dict[str, str]
    categories: tuple[str, ...]
    asked: tuple[Request, ...]


def waiting(ledger: Ledger, page: Page, mode: Mode) -> list[Waiting]:
    """All that waits, oldest first; moments by the page's clock."""
    found = [
        one
        for item, _ in ledger.waiting(mode)
        for one in _waiting(item, Story.of(ledger.events(item)), page)
    ]
    return sorted(found, key=lambda one: one.since)


def case(ledger: Ledger, page: Page, item: str) -> Case:
    """How an item stands now."""
    events = ledger.events(item)
    story, names = Story.of(events), _names(events)
    team = team_of(story, page)
    hand_over = story.actions.get(story.posted or "")
    how = standing(story, hand_over, page) if isinstance(hand_over, PostHandOver) else Standing()
    return Case(
        item_id=item,
        record_id=story.record_id,
        headline=_headline(story),
        status=story.status,
        waits=tuple(_waiting(item, story, page)),
        hand_over=_hand_over(story),
        did=_worded(how, names),
        can=how.can if team else (),
        deciders=_deciders(page, team),
        categories=tuple(page.workflow.categories),
        asked=tuple(_request(story, one, page, names) for one in story.questions.values()),
    )


def item_of(ledger: Ledger, wanted: str) -> str:
    """The item that an id means: its own, the beginning of it, or its record's."""
    found = [stream for stream in ledger.find(wanted) if is_item(stream)]
    if not found and len(wanted) >= SHORTEST:
        found = ledger.beginning(wanted)
    if not found:
        raise WrongUsage(
            f"the ledger {ledger.place} knows no item or record {wanted!r}; "
            "did you mean another target (--sandbox, --sandbox-url)?",
        )
    waits = [item for item in found if ledger.story(item).waits]
    if 1 not in (len(found), len(waits)):
        some = "several" if waits else "none"
        raise WrongUsage(
            f"{wanted!r} means {len(found)} items, and {some} of them waits for people; "
            f"name one: {', '.join(waits or found)}",
        )
    return (waits if len(waits) == 1 else found)[0]


def meant(story: Story, named: str | None, known: Sequence[str]) -> str | None:
    """Which of some actions of an item somebody decides: the one named, else the one that waits.

    Where none does it is the last of them; where there is none at all, None.
    """
    if named is not None and named not in known:
        there = ", ".join(known) or "none"
        raise WrongUsage(f"--action {named}: of this item these can be decided so: {there}")
    waits = [one for one in known if one in _open(story)]
    if named is None and len(waits) > 1:
        raise WrongUsage(f"the item waits for several decisions; name one: {_named(waits)}")
    return named or next(reversed(waits or known), None)


def _named(actions: Sequence[str]) -> str:
    return ", ".join(f"--action {one}" for one in actions)


def _open(story: Story) -> list[str]:
    """The actions about which somebody has to decide still."""
    if story.erased or story.withdrawn:
        return []
    handed = [story.posted] if story.posted and not (story.released or story.closed) else []
    return [*handed, *(story.questions[name].asked.action for name in story.asks)]


def _waiting(item: str, story: Story, page: Page) -> Iterator[Waiting]:
    zone = page.workflow.time.zone
    for action in _open(story):
        question = story.question(action) if action != story.posted else None
        who = question.asked.who if question else team_of(story, page)
        since = question.at if question else story.posted_at
        assert since
        yield Waiting(
            item_id=item,
            record_id=story.record_id,
            headline=_headline(story),
            action=action,
            who=called(page, who) if who and page.people(who) else None,
            why=tuple(_in_short(question.approval) if question else _rules(story)),
            since=since.astimezone(zone),
            until=question.asked.expires_at.astimezone(zone) if question else None,
            claimed_by=story.claimed[0].by if story.claimed and not question else None,
        )


def _rules(story: Story) -> Iterator[str]:
    rules = (f"{one.rule}.{one.topic}" if one.topic else one.rule for one in story.rules)
    yield from dict.fromkeys(rules)


def _in_short(approval: Approval | None) -> Iterator[str]:
    """What would change, as far as that fits into a list."""
    if approval is None:
        return
    changes = _changes(approval)
    for one in changes[:_FEW]:
        was = f"{_clipped(one.was)} → " if one.field in approval.was else ""
        yield f"{one.field}: {was}{_clipped(one.to)}"
    if more := len(changes[_FEW:]):
        yield f"and {more} more"


def _clipped(value: Scalar) -> str:
    return clipped(" ".join(worded(value).split()), _SHORT) or "(empty)"


def _changes(approval: Approval) -> tuple[Change, ...]:
    return tuple(
        Change(field=name, was=approval.was.get(name), to=value)
        for name, value in approval.action.fields.items()
    )


def _request(story: Story, one: Question, page: Page, names: Mapping[str, str]) -> Request:
    approval, zone = one.approval, page.workflow.time.zone
    how = standing(story, one.message, page) if one.message else Standing()
    deciders = _deciders(page, one.asked.who)
    return Request(
        action=one.asked.action,
        number=one.asked.number,
        digest=one.digest,
        what=_what(approval, page) if approval else None,
        since=one.at.astimezone(zone),
        until=one.asked.expires_at.astimezone(zone),
        did=_worded(how, names),
        can=how.can if deciders else (),
        deciders=deciders,
    )


def _what(approval: Approval, page: Page) -> What:
    return What(
        headline=approval.headline,
        object=approval.action.object,
        is_new=not isinstance(approval.action, UpdateRecord),
        changes=_changes(approval),
        wants=approval.wants,
        draft=approval.draft,
        again=approval.again.reason if approval.again else None,
        editable={one.field: one.choices for one in editable(page, approval)},
    )


def _headline(story: Story) -> str | None:
    """As it was handed over, or asked last."""
    hand_over = _hand_over(story)
    asked = [one.approval.headline for one in story.questions.values() if one.approval]
    return hand_over.headline if hand_over else next(reversed(asked), None)


def _hand_over(story: Story) -> HandOver | None:
    action = story.actions.get(story.posted or "")
    return action.hand_over if isinstance(action, PostHandOver) else None


def _deciders(page: Page, who: str | None) -> dict[str, str]:
    return {one.login: one.name for one in page.people(who)} if who else {}


def _worded(how: Standing, names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{did.label}{_name(did, names)}{did.more}" for did in how.did)


def _name(did: Did, names: Mapping[str, str]) -> str:
    return names.get(did.user, did.user) if did.user else ""


def _names(events: Sequence[Happened]) -> dict[str, str]:
    """What those are called who had to do with it, by Slack user id."""
    people = (one.event for one in events if isinstance(one.event, Decided | FellBack))
    return {one.slack: one.by for one in people}
