"""What is due for an item that waits for people: who is told so, and when a claim is over.

Time is counted as working time of the page, and outside of it nothing is due.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage_agent.decision.actions import Message, PostHandOver
from triage_agent.decision.output import spaced
from triage_agent.decision.review_events import Claimed, Expired, FellBack, Reminded
from triage_agent.decision.reviews import local_time
from triage_agent.decision.story import Story
from triage_agent.operating_model import working_time
from triage_agent.operating_model.action_rules import PostAction
from triage_agent.operating_model.schema import OWNER, Page, Team


@dataclass(frozen=True)
class Matter:
    """What somebody has to decide: since when it is theirs, who has claimed it, who was told so.

    `action`: the one that posted it, in the channel of `team`. `who`: the page's name for them.
    `ends`: when it is over undecided, where it ever is, and the event that says so.
    """

    action: str
    team: str
    who: str
    since: datetime
    reminded: frozenset[Reminded]
    claimed: tuple[Claimed, datetime] | None = None
    ends: tuple[Expired, datetime] | None = None


@dataclass(frozen=True)
class Due:
    """Something that is to happen, the moment from which on, and the event that says so."""

    at: datetime
    matter: Matter
    event: Reminded | FellBack | Expired


@dataclass(frozen=True)
class Waiting:
    """What somebody is told of one thing that waits. The headline is a stranger's text."""

    headline: str
    words: str
    record_id: str


def due(story: Story, page: Page, now: datetime) -> list[Due]:
    """What is to happen now, in this order; nothing outside of working hours."""
    if not is_working_time(page, now):
        return []
    found = [one for one in coming(story, page) if one.at <= now]
    over = {one.matter for one in found if not isinstance(one.event, Reminded)}
    return [one for one in found if one.matter not in over or not isinstance(one.event, Reminded)]


def next_due(story: Story, page: Page, now: datetime) -> datetime | None:
    """When something is due next, `now` or later, as long as nothing more happens to the item."""
    first = min((one.at for one in coming(story, page)), default=None)
    return None if first is None else _after(page, max(first, now), timedelta())


def coming(story: Story, page: Page) -> list[Due]:
    """All that is to happen while nobody decides anything, in order."""
    every = [one for matter in matters(story, page) for one in _schedule(matter, page)]
    return sorted(every, key=lambda one: one.at)


def matters(story: Story, page: Page) -> Iterator[Matter]:
    """What of an item waits for people who can decide it."""
    if not (story.erased or story.withdrawn):
        yield from _handed_over(story, page)
        yield from _asked(story, page)


def _handed_over(story: Story, page: Page) -> Iterator[Matter]:
    """Nobody can decide what the page has no such action for, or whose texts are gone."""
    posted, rule = story.posted, page.may.get(story.posted or "")
    is_open = posted in story.actions and not (story.released or story.closed)
    if posted and is_open and isinstance(rule, PostAction):
        since = story.fell_back[1] if story.fell_back else story.posted_at
        assert since
        reminded = _reminded(story, posted)
        yield Matter(posted, rule.post_to, rule.post_to, since, reminded, story.claimed)


def _asked(story: Story, page: Page) -> Iterator[Matter]:
    """What nobody of the page can decide any more is over all the same in the end."""
    for name in story.asks:
        question = story.questions[name]
        asked = question.asked
        if name in story.actions:
            over = Expired(action=asked.action, digest=question.digest), asked.expires_at
            team, reminded = page.team_asked(asked.who), _reminded(story, name)
            yield Matter(name, team, asked.who, question.at, reminded, ends=over)


def _reminded(story: Story, action: str) -> frozenset[Reminded]:
    return frozenset(one for one in story.reminded if one.action == action)


def waiting(one: Due, story: Story, page: Page, now: datetime) -> Waiting:
    """What is told by a reminder that is due, with what happens next."""
    message = story.actions[one.matter.action]
    assert isinstance(message, Message)
    told = message.hand_over if isinstance(message, PostHandOver) else message.approval
    return Waiting(told.headline, _words(one, page, now), told.record_id)


def _words(one: Due, page: Page, now: datetime) -> str:
    matter, team = one.matter, page.teams[one.matter.team]
    if matter.ends:
        until = local_time(matter.ends[1], page)
        name = spaced(matter.ends[0].action)
        since = local_time(matter.since, page)
        return f"waits for a yes or no to {name} since {since}; it expires on {until}"
    if matter.claimed:
        at = matter.claimed[1]
        over = local_time(_after(page, at, team.claim_within), page)
        return f"yours since {local_time(at, page)}; the claim is over on {over}"
    assert isinstance(one.event, Reminded)
    unclaimed = f"unclaimed since {local_time(matter.since, page)}"
    if one.event.to == matter.team:
        then = _after(page, matter.since, 2 * team.remind_after)
        told = f"on {local_time(then, page)}" if then > now else "as well"
        return f"{unclaimed}; {called(page, team.then)} is told {told}"
    others = f"{unclaimed} in {called(page, matter.team)}; nobody else is told"
    deputy = page.owner.deputy.name
    return f"{others}; {deputy} stands in" if one.event.to == OWNER else others


def called(page: Page, name: str) -> str:
    """Those whom a name on the page means, for people: a team by its name, others by their own."""
    return spaced(name) if name in page.teams else page.people(name)[0].name


def is_working_time(page: Page, moment: datetime) -> bool:
    """Whether people are at work then, by the page."""
    return _after(page, moment, timedelta()) <= moment


def _schedule(matter: Matter, page: Page) -> Iterator[Due]:
    """What is to happen of a matter: those who have been told are not told again."""
    team = page.teams[matter.team]
    if matter.claimed:
        yield from _of_claim(matter, page, team, *matter.claimed)
        return
    if matter.ends:
        yield Due(matter.ends[1], matter, matter.ends[0])
    told = {matter.who: team.remind_after} if page.people(matter.who) else {}
    for to, allowed in ({team.then: 2 * team.remind_after} | told).items():
        reminder = Reminded(action=matter.action, to=to)
        if reminder not in matter.reminded:
            yield Due(_after(page, matter.since, allowed), matter, reminder)


def _of_claim(
    matter: Matter, page: Page, team: Team, claimed: Claimed, at: datetime
) -> Iterator[Due]:
    """Who has left the team meanwhile isn't told anything; their claim is over all the same."""
    told = Reminded(action=matter.action, to=claimed.slack)
    on_team = claimed.slack in (member.slack for member in team.members)
    if on_team and told not in matter.reminded:
        yield Due(_after(page, at, team.remind_after), matter, told)
    over = FellBack(action=matter.action, by=claimed.by, slack=claimed.slack)
    yield Due(_after(page, at, team.claim_within), matter, over)


def _after(page: Page, start: datetime, allowed: timedelta) -> datetime:
    time = page.workflow.time
    return working_time.due(
        start, allowed, hours=time.working_hours, zone=time.zone, holidays=time.holidays
    )
