"""A request for somebody's word waits, too: who is reminded of it, and that it expires."""

from datetime import timedelta
from typing import Any

import pytest

from tests.decision.test_waiting import MORNING, Told, at
from triage_agent.decision import events
from triage_agent.decision.actions import Approval, UpdateRecord
from triage_agent.decision.events import Event, Happened
from triage_agent.decision.review_events import (
    Approved,
    Asked,
    Expired,
    Rejected,
    Released,
    Reminded,
)
from triage_agent.decision.story import Story
from triage_agent.decision.waiting import due, next_due, waiting
from triage_agent.operating_model.schema import Page

MAYA: dict[str, Any] = {"by": "Maya", "login": "maya", "slack": "U0MAYA00002", "salesforce": None}
ACTION = UpdateRecord(name="set_status", object="Lead", record_id="1", fields={"Status": "Working"})
POST, TEAM = "set_status.ask1", "sales_development"
UNTIL = at("2026-11-25 18:00")


def asked(who: str = TEAM) -> Asked:
    """Sales development, or somebody of the page, is asked until the next day's evening."""
    approval = Approval(
        action=ACTION, was={"Status": "Open"}, headline="Northwind", wants=None, draft=None,
        item_id="a", record_id="1", who=who, names="Maya", team=TEAM, page="", sections="s",
        expires_at=UNTIL, again=None, nonce="n",
    )  # fmt: skip
    return Asked(
        action="set_status", number=1, who=who, digest=approval.digest, expires_at=UNTIL,
        approval=approval,
    )  # fmt: skip


def story(*then: tuple[str, Event], who: str = TEAM) -> Story:
    """An item about which somebody was asked that morning, and what has happened since."""
    planned = events.Planned(names=("set_status",), category="x", actions=(ACTION,))
    held = events.Held(action="set_status", line="may", who=who)
    before: Told = [(MORNING, planned), (MORNING, held), (MORNING, asked(who))]
    told = [*before, *then]
    return Story.of(Happened(at=at(when), run="r", event=event) for when, event in told)


def reminded(to: str) -> Reminded:
    return Reminded(action=POST, to=to)


OVER = Expired(action="set_status", digest=asked().digest)
YES = Approved(**MAYA, action="set_status", digest=asked().digest)
NO = Rejected(**MAYA, action="set_status", reason="No.")
FIRST = ("2026-11-24 10:15", reminded(TEAM))
SECOND = ("2026-11-24 10:30", reminded("owner"))


@pytest.mark.parametrize(
    ("told", "moment", "expected"),
    [
        pytest.param([], "2026-11-24 10:14", [], id="at once"),
        pytest.param([], "2026-11-24 10:15", [reminded(TEAM)], id="the team"),
        pytest.param([FIRST], "2026-11-24 10:20", [], id="the team, once"),
        pytest.param([FIRST], "2026-11-24 10:30", [reminded("owner")], id="the owner"),
        pytest.param([FIRST, SECOND], "2026-11-25 17:59", [], id="then it waits"),
        pytest.param([FIRST, SECOND], "2026-11-25 18:00", [OVER], id="until it expires"),
        pytest.param([], "2026-11-25 18:00", [OVER], id="then nobody is reminded any more"),
        pytest.param([("2026-11-24 10:05", YES)], "2026-11-25 18:00", [], id="approved"),
        pytest.param([("2026-11-24 10:05", NO)], "2026-11-25 18:00", [], id="rejected"),
        pytest.param([("2026-11-25 18:00", OVER)], "2026-11-25 18:00", [], id="expired"),
    ],
)
def test_what_is_due(page: Page, told: Told, moment: str, expected: list[Event]) -> None:
    """Who is asked is reminded once, then who comes next; a decision silences it, or time does."""
    assert expected == [one.event for one in due(story(*told), page, at(moment))]


def test_a_person_is_reminded_once(page: Page) -> None:
    """Where the owner is asked, nobody comes after them; the team only has the message."""
    one = story(who="owner")
    found = due(one, page, at("2026-11-24 11:00"))

    assert [reminded("owner")] == [each.event for each in found]
    assert {TEAM} == {each.matter.team for each in found}


def test_what_is_told(page: Page) -> None:
    """A reminder names the action, since when and until when."""
    one, now = story(), at("2026-11-24 10:15")
    (first,) = due(one, page, now)
    told = waiting(first, one, page, now)

    assert ("Northwind", "1") == (told.headline, told.record_id)
    assert "set status since Tue 24 Nov, 10:00; it expires on Wed 25 Nov, 18:00" in told.words
    assert at("2026-11-24 10:15") == next_due(one, page, at("2026-11-24 10:00"))
    assert next_due(story((MORNING, NO)), page, now + timedelta(days=9)) is None


def test_what_is_asked_outlives_a_release() -> None:
    """An item that is released while somebody is asked about it begins anew, and still waits."""
    one = story(("2026-11-24 10:05", Released(**MAYA, category="x")))

    assert ("open", True, (POST,)) == (one.status, one.waits, one.asks)
    one.tell(
        Happened(at=at("2026-11-24 10:06"), run="r", event=events.Planned(names=(), category="x"))
    )
    assert one.waits
    assert one.status == "open"
