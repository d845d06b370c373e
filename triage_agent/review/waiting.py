"""What waits for people, and how one of them stands: read from the ledger, for any screen."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from triage_agent.decision.actions import HandOver, PostHandOver
from triage_agent.decision.events import Done, Happened
from triage_agent.decision.item import Mode
from triage_agent.decision.review_events import Decided
from triage_agent.decision.reviews import Button, Did, Standing, standing
from triage_agent.decision.story import Story
from triage_agent.decision.values import Value
from triage_agent.errors import WrongUsage
from triage_agent.ledger.store import Ledger, is_item
from triage_agent.operating_model.schema import Page
from triage_agent.review.deciding import team_of

SHORTEST = 8
"""So many characters of an item's id name it, where no other one begins so."""


class Waiting(Value):
    """An item that waits for people, in one line. `team`: those who decide, by the page.

    `headline` is None where the item's texts are gone.
    """

    item_id: str
    record_id: str | None
    headline: str | None
    team: str | None
    rules: tuple[str, ...]
    since: datetime | None
    claimed_by: str | None


class Case(Value):
    """All that people need to decide about an item, and what has been decided.

    `did`: each in words. `can`: what can be decided still. `deciders`: who may, by login.
    """

    waiting: Waiting
    status: str
    hand_over: HandOver | None
    did: tuple[str, ...]
    can: tuple[Button, ...]
    deciders: dict[str, str]
    categories: tuple[str, ...]


def waiting(ledger: Ledger, page: Page, mode: Mode) -> list[Waiting]:
    """What waits, oldest first; moments by the page's clock."""
    return [_waiting(item, ledger.events(item), page) for item, _ in ledger.waiting(mode)]


def case(ledger: Ledger, page: Page, item: str) -> Case:
    """How an item stands now."""
    events = ledger.events(item)
    story, told = Story.of(events), _waiting(item, events, page)
    people = page.people(told.team) if told.team else ()
    hand_over = story.actions.get(story.posted or "")
    how = standing(story, hand_over, page) if isinstance(hand_over, PostHandOver) else Standing()
    names = {one.slack: one.by for one in _decided(story)}
    return Case(
        waiting=told,
        status=story.status,
        hand_over=_hand_over(story),
        did=tuple(f"{did.label}{_name(did, names)}{did.more}" for did in how.did),
        can=how.can if told.team else (),
        deciders={one.login: one.name for one in people},
        categories=tuple(page.workflow.categories),
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


def _waiting(item: str, events: Sequence[Happened], page: Page) -> Waiting:
    story = Story.of(events)
    hand_over = _hand_over(story)
    rules = (f"{one.rule}.{one.topic}" if one.topic else one.rule for one in story.rules)
    posted = (
        one.at
        for one in reversed(events)
        if isinstance(one.event, Done) and one.event.action == story.posted
    )
    since = next(posted, None)
    return Waiting(
        item_id=item,
        record_id=story.record_id,
        headline=hand_over.headline if hand_over else None,
        team=team_of(story, page),
        rules=tuple(dict.fromkeys(rules)),
        since=since.astimezone(page.workflow.time.zone) if since else None,
        claimed_by=story.claimed[0].by if story.claimed else None,
    )


def _hand_over(story: Story) -> HandOver | None:
    action = story.actions.get(story.posted or "")
    return action.hand_over if isinstance(action, PostHandOver) else None


def _name(did: Did, names: Mapping[str, str]) -> str:
    return names.get(did.user, did.user) if did.user else ""


def _decided(story: Story) -> Iterator[Decided]:
    """The decisions that a message tells of."""
    for one in (story.claimed, story.released, story.corrected, story.closed):
        if one:
            yield one[0]
