"""What waits for people: who is told, when a claim is over, and that working hours are kept."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision.actions import HandOver, PostHandOver
from triage_agent.decision.events import Done, Event, Happened, Planned
from triage_agent.decision.review_events import Claimed, Corrected, FellBack, Rejected, Reminded
from triage_agent.decision.reviews import standing
from triage_agent.decision.story import Story
from triage_agent.decision.waiting import due, is_working_time, next_due, waiting
from triage_agent.operating_model.grants import channels
from triage_agent.operating_model.loading import load
from triage_agent.operating_model.schema import Page

MAYA, DANA = "U0MAYA00002", "U0DANA00001"
TEAM, OWNER, POST = "sales_development", "owner", "escalate"
HAND_OVER = HandOver(
    headline="Northwind", assignee=MAYA, who=(), reply="", records=(), reasons=(), request="",
    wants=None, done="", next_step="", item_id="a", record_id="1", page="",
)  # fmt: skip
ACTION = PostHandOver(name=POST, team=TEAM, hand_over=HAND_OVER)
PLANNED = Planned(names=(POST,), category="unclear", hand_overs=(POST,), actions=(ACTION,))
POSTED = Done(action=POST, key="k", reference="C1/1.2")
KNOWN: dict[str, Any] = {"by": "Maya Lindqvist", "login": "maya", "slack": MAYA, "salesforce": None}
CLAIMED = Claimed(**KNOWN)
OVER = FellBack(action=POST, by="Maya Lindqvist", slack=MAYA)
REJECTED = Rejected(**KNOWN, reason="Spam.")
WRONG = Corrected(**KNOWN, wrong="category")
MORNING = "2026-11-24 10:00"
Told = list[tuple[str, Event]]


def at(moment: str) -> datetime:
    """A moment in New York, in winter, as the ledger has it."""
    return datetime.fromisoformat(f"{moment}-05:00").astimezone(UTC)


def told(to: str) -> Reminded:
    return Reminded(action=POST, to=to)


def story(*then: tuple[str, Event], posted: str = MORNING) -> Story:
    """An item that was handed over then, and what has happened since."""
    happened = [(posted, PLANNED), (posted, POSTED), *then]
    return Story.of(Happened(at=at(when), run="r", event=event) for when, event in happened)


def due_at(one: Story, page: Page, moment: str) -> list[Event]:
    return [found.event for found in due(one, page, at(moment))]


TABLE: dict[str, tuple[Told, str, list[Event]]] = {
    "at once": ([], "10:14", []),
    "after a while": ([], "10:15", [told(TEAM)]),
    "told": ([("10:15", told(TEAM))], "10:29", []),
    "then": ([("10:15", told(TEAM))], "10:30", [told(OWNER)]),
    "nobody looked for an hour": ([], "11:00", [told(TEAM), told(OWNER)]),
    "all told": ([("10:15", told(TEAM)), ("10:30", told(OWNER))], "17:00", []),
    "claimed": ([("10:10", CLAIMED)], "10:24", []),
    "claimed a while": ([("10:10", CLAIMED)], "10:25", [told(MAYA)]),
    "claimer told": ([("10:10", CLAIMED), ("10:25", told(MAYA))], "10:39", []),
    "claim over": ([("10:10", CLAIMED), ("10:25", told(MAYA))], "10:40", [OVER]),
    "claim over, unseen": ([("10:10", CLAIMED)], "12:00", [OVER]),
    "fell back": ([("10:10", CLAIMED), ("10:40", OVER)], "10:54", []),
    "fell back, told": ([("10:15", told(TEAM)), ("10:16", CLAIMED), ("10:46", OVER)], "11:01",
                        [told(TEAM)]),
    "corrected": ([("10:10", WRONG)], "10:15", [told(TEAM)]),
    "decided": ([("10:10", CLAIMED), ("10:12", REJECTED)], "17:00", []),
    "in the evening": ([], "18:01", []),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_what_is_due(page: Page, name: str) -> None:
    """On the morning of 24 November, with the shipped page's quarter and half hours."""
    events, moment, expected = TABLE[name]
    one = story(*((f"2026-11-24 {when}", event) for when, event in events))

    assert expected == due_at(one, page, f"2026-11-24 {moment}")


def test_time_passes_while_people_work(page: Page) -> None:
    """Over a night and a holiday nobody is told, and no minute counts."""
    one = story(posted="2026-11-25 17:55")

    assert [] == due_at(one, page, "2026-11-26 12:00")
    assert [] == due_at(one, page, "2026-11-27 08:09")
    assert [told(TEAM)] == due_at(one, page, "2026-11-27 08:10")
    assert at("2026-11-27 08:10") == next_due(one, page, at("2026-11-25 18:30"))


def test_what_was_due_in_the_evening_waits_for_the_morning(page: Page) -> None:
    """Whoever looks too late looks again when people are back at work."""
    one = story(posted="2026-11-24 17:00")

    assert [] == due_at(one, page, "2026-11-24 20:00")
    assert at("2026-11-25 08:00") == next_due(one, page, at("2026-11-24 20:00"))


def test_who_has_left_the_team_is_told_nothing(edited: Callable[[str, str], Page]) -> None:
    """Their claim is over in its time all the same."""
    page = edited("slack: U0MAYA00002", "slack: U0OTHER0001")
    one = story((MORNING, CLAIMED))

    assert [] == due_at(one, page, "2026-11-24 10:20")
    assert [OVER] == due_at(one, page, "2026-11-24 10:30")


UNCLAIMED = "unclaimed since Tue 24 Nov, 10:00"
WORDS: dict[str, tuple[Told, str, str, list[str]]] = {
    "the team": ([], "10:15", "owner", [
        f"{UNCLAIMED}; Dana Reyes is told on Tue 24 Nov, 10:30"]),
    "the team and the owner": ([], "11:00", "owner", [
        f"{UNCLAIMED}; Dana Reyes is told as well",
        f"{UNCLAIMED} in sales development; nobody else is told; Omar Haddad stands in"]),
    "the deputy": ([("10:15", told(TEAM))], "10:30", "deputy", [
        f"{UNCLAIMED} in sales development; nobody else is told"]),
    "the claimer": ([("10:05", CLAIMED)], "10:20", "owner", [
        "yours since Tue 24 Nov, 10:05; the claim is over on Tue 24 Nov, 10:35"]),
    "the team again": ([("10:05", CLAIMED), ("10:35", OVER)], "10:50", "deputy", [
        "unclaimed since Tue 24 Nov, 10:35; Omar Haddad is told on Tue 24 Nov, 11:05"]),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_what_people_are_told(edited: Callable[[str, str], Page], name: str) -> None:
    """Since when it waits and what happens next; and who stands in for the owner."""
    events, moment, then, expected = WORDS[name]
    page, now = edited("then: owner", f"then: {then}"), at(f"2026-11-24 {moment}")
    one = story(*((f"2026-11-24 {when}", event) for when, event in events))
    lines = [waiting(found, one, page, now) for found in due(one, page, now)]

    assert expected == [line.words for line in lines]
    assert {("Northwind", "1")} == {(line.headline, line.record_id) for line in lines}


def test_another_team_is_told(shipped: str) -> None:
    """Where the page names one, it is called by its name."""
    more = "\n  support: {channel: C0SUPPORT01, remind_after: 1h, claim_within: 2h, then: owner,\n"
    member = "slack: U0NORA00007, salesforce: 005000000000011AAA, login: nora"
    teams = f"{more}    members: [{{name: Nora Klein, {member}}}]}}\n\ndrafts:"
    written = shipped.replace("then: owner", "then: support").replace("\n\ndrafts:", teams)
    page, now, one = load(written).page, at("2026-11-24 10:15"), story()
    (found,) = due(one, page, now)

    assert "support is told on" in waiting(found, one, page, now).words
    assert "C0SUPPORT01" == channels(page)["support"]


@pytest.mark.parametrize("change", [("  escalate:", "  hand_over:"), None])
def test_what_nobody_can_decide(edited: Callable[[str, str], Page], change: Any) -> None:  # noqa: ANN401 - a pair or nothing
    """An action that the page has no more, or texts that are gone: nobody is told of these."""
    page = edited(*change) if change else edited("version: 9", "version: 10")
    bare = PLANNED if change else PLANNED.model_copy(update={"actions": None})
    happened = [Happened(at=at(MORNING), run="r", event=event) for event in (bare, POSTED)]

    assert next_due(Story.of(happened), page, at(MORNING)) is None


def test_the_message_says_that_it_fell_back(page: Page) -> None:
    """It can be claimed anew, and has to be brought up to date; a new claim stands in its place."""
    one = story((MORNING, CLAIMED), ("2026-11-24 10:30", OVER))
    again = story((MORNING, CLAIMED), ("2026-11-24 10:30", OVER), ("2026-11-24 10:31", CLAIMED))
    message = one.actions["escalate"]
    assert isinstance(message, PostHandOver)
    (did,) = standing(one, message, page).did

    assert ("Fell back from ", MAYA) == (did.label, did.user)
    assert ", Tue 24 Nov, 10:30, without a decision: anybody of the team may claim it." == did.more
    assert "claim" in standing(one, message, page).can
    assert (True, 2) == (one.stale == "escalate", one.decisions)
    assert ["Claimed by "] == [did.label for did in standing(again, message, page).did]


DOES = st.lists(
    st.tuples(
        st.sampled_from(("look", "look", "look", "claim", "correct", "decide")),
        st.timedeltas(timedelta(seconds=1), timedelta(hours=9)),
    ),
    max_size=40,
)
PEOPLE: dict[str, Event] = {"claim": CLAIMED, "correct": WRONG, "decide": REJECTED}
STARTS = st.datetimes(datetime(2026, 2, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy wants them naive


def played(page: Page, start: datetime, does: Sequence[tuple[str, timedelta]]) -> list[Happened]:
    """What happens to an item at which people act, and somebody looks, every so often."""
    happened = [Happened(at=start, run="r", event=event) for event in (PLANNED, POSTED)]
    now = start
    for what, later in does:
        now, one = now + later, Story.of(happened)
        new: list[Event] = []
        if what == "look":
            new = [found.event for found in due(one, page, now)]
        elif one.waits and not (what == "claim" and one.claimed):
            new = [PEOPLE[what]]
        happened += [Happened(at=now, run="r", event=event) for event in new]
    return happened


@settings(max_examples=100, deadline=None)
@given(start=STARTS, does=DOES)
def test_nobody_is_told_too_often_or_too_late(
    page: Page, start: datetime, does: list[tuple[str, timedelta]]
) -> None:
    """Within working hours; each once a turn; the team before the others; nothing once decided."""
    happened = played(page, start, does)
    agents = [one for one in happened if isinstance(one.event, Reminded | FellBack)]
    kinds = [one.event.kind for one in happened]

    assert [] == [one for one in agents if not is_working_time(page, one.at)]
    assert "Rejected" not in kinds[:-1]
    for turn in turns([one.event for one in happened]):
        assert turn in ([], [told(TEAM)], [told(TEAM), told(OWNER)], [told(MAYA)])


def turns(events: list[Event]) -> list[list[Event]]:
    """Whom the agent told, from each claim or fall back to the next."""
    groups = groupby(events, lambda event: isinstance(event, Claimed | FellBack))
    return [[e for e in some if isinstance(e, Reminded)] for changes, some in groups if not changes]


@settings(max_examples=100, deadline=None)
@given(start=STARTS, does=DOES, later=st.timedeltas(timedelta(), timedelta(days=3)))
def test_nothing_is_due_before_it_is_said_to_be(
    page: Page, start: datetime, does: list[tuple[str, timedelta]], later: timedelta
) -> None:
    """Who looks when it is next due finds something, and before that nothing."""
    happened = played(page, start, does)
    one, now = Story.of(happened), happened[-1].at
    moment = next_due(one, page, now)

    if moment is None:
        assert [] == due(one, page, now + later)
    else:
        assert due(one, page, moment)
        assert moment <= now + later or not due(one, page, now + later)
