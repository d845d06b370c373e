"""Somebody has the agent go on with what it stopped: in their name, once, and on the record."""

from typing import Any

import pytest
import requests

from tests.conftest import KINDS, Kind
from tests.review.conftest import Desk, HandedOver, Listen, Open, soon
from tests.sandbox.slack_people import MAYA, TESS, Person
from triage_agent.decision.review_events import Released
from triage_agent.sandbox.slack.timing import Timing

pytestmark = pytest.mark.long

JONAS = "U0JONAS0003"
RELEASE = ("review", "release")
MAYAS = "005000000000002AAA"


def ask(desk: Desk, user: str, one: HandedOver) -> dict[str, Any] | None:
    """The form that somebody has before them after they pressed Release."""
    person, before = Person(desk.url, user), desk.notes(user)
    person.click(one.ts, RELEASE)
    soon(lambda: person.view() or desk.notes(user) != before)
    view: dict[str, Any] | None = person.view()
    return view


def send(desk: Desk, user: str, view: dict[str, Any], category: str | None) -> Any:  # noqa: ANN401 - JSON
    """What came of sending that form with a category."""
    given = {"category": {"category": category}}
    return Person(desk.url, user).act("submit", view_id=view["id"], values=given)


def records(desk: Desk, name: str) -> list[dict[str, Any]]:
    state = requests.get(f"{desk.url}/sandbox/state", timeout=10).json()
    found: list[dict[str, Any]] = state["salesforce"][name]
    return found


def lead_of(desk: Desk, one: HandedOver) -> dict[str, Any]:
    (lead,) = [lead for lead in records(desk, "Lead") if lead["Id"] in one.text]
    return lead


@pytest.mark.parametrize("kind", KINDS)
def test_the_agent_goes_on(open_desk: Open, start_listening: Listen, kind: Kind) -> None:
    """A released item gets its draft and task, for whoever released it and as they say it is."""
    desk = open_desk(kind)
    start_listening(desk)
    one = desk.another()
    view = ask(desk, MAYA, one)
    assert view is not None
    send(desk, MAYA, view, "pricing_question")

    assert soon(lambda: records(desk, "Task"))
    (task,) = records(desk, "Task")
    assert MAYAS == task["OwnerId"]
    assert lead_of(desk, one)["Id"] == task["WhoId"]
    assert "Inbound request (pricing_question)" in task["Subject"]
    assert "Draft of a reply, not sent:\nHello" in task["Description"]
    assert "pricing_question" == lead_of(desk, one)["Triage_Category__c"]
    assert soon(lambda: "Released by" in one.text)
    assert "'button'" not in one.text
    released = Released(
        by="Maya Lindqvist",
        login="maya",
        slack=MAYA,
        salesforce=MAYAS,
        category="pricing_question",
    )
    assert [released] == one.told("Released")
    assert soon(lambda: desk.last_run() == {"received": 0, "settled": 1, "escalated": 0})
    assert [] == desk.faults()


def test_the_hand_over_is_posted_once(desk: Desk) -> None:
    """Whatever the rules say of a released item, it isn't handed over again."""
    one, before = desk.another(), len(desk.messages())
    view = ask(desk, MAYA, one)
    assert view is not None
    send(desk, MAYA, view, "new_business")

    assert soon(lambda: [task for task in records(desk, "Task") if task["WhoId"] in one.text])
    desk.run()

    assert before == len(desk.messages())
    assert ["Stopped", "Released"] == [event.kind for event in one.told("Stopped", "Released")]


def test_its_second_tag_takes_the_place_of_the_first(desk: Desk) -> None:
    """What the agent wrote when it stopped the item is its own, so it may be written anew."""
    one = desk.another()
    before = lead_of(desk, one)
    view = ask(desk, MAYA, one)
    assert view is not None
    send(desk, MAYA, view, "demo_request")

    assert before["Triage_Category__c"] not in (None, "demo_request")
    assert soon(lambda: lead_of(desk, one)["Triage_Category__c"] == "demo_request")
    assert [] == one.told("Overtaken")


def test_others_get_no_form(desk: Desk) -> None:
    """Who may not decide learns who can, before they are asked anything."""
    one = desk.another()

    assert ask(desk, TESS, one) is None
    assert "Only these can decide it" in desk.notes(TESS)[0]
    assert [] == one.told("Released")


def test_what_somebody_has_is_released_by_them_alone(desk: Desk) -> None:
    """A colleague's claim holds against everybody else, not against themselves."""
    one = desk.another()
    desk.click(JONAS, one.ts)
    assert soon(lambda: "Claimed by" in one.text)

    assert ask(desk, MAYA, one) is None
    assert "Jonas Weber has it already." == desk.notes(MAYA)[0]

    view = ask(desk, JONAS, one)
    assert view is not None
    send(desk, JONAS, view, "demo_request")

    assert soon(lambda: "Released by" in one.text)
    assert ["Claimed", "Released"] == [event.kind for event in one.told("Claimed", "Released")]


def test_two_forms_release_once(desk: Desk) -> None:
    """Of two who have the form open the first one decides; the other is told."""
    one = desk.another()
    mine, other = ask(desk, MAYA, one), ask(desk, JONAS, one)
    assert mine is not None
    assert other is not None
    send(desk, MAYA, mine, "demo_request")
    assert soon(lambda: one.told("Released"))
    send(desk, JONAS, other, "partnership")

    assert soon(lambda: "Maya Lindqvist has decided it already." in desk.notes(JONAS))
    (released,) = one.told("Released")
    assert isinstance(released, Released)
    assert "demo_request" == released.category


def test_a_form_without_a_choice_stays(desk: Desk) -> None:
    """A category has to be chosen; until then nothing is decided."""
    one = desk.another()
    view = ask(desk, MAYA, one)
    assert view is not None
    answered = send(desk, MAYA, view, None)

    assert ["category"] == list(answered["errors"])
    assert [] == one.told("Released")


def test_a_form_that_comes_too_late_is_told(open_desk: Open, start_listening: Listen) -> None:
    """Slack opens a form only for a moment after a click; who waited in vain learns why."""
    desk = open_desk(timing=Timing(answer=30, trigger=0))
    start_listening(desk)
    one = desk.another()

    assert ask(desk, MAYA, one) is None
    assert ["The form couldn't be opened in time; press the button again."] == desk.notes(MAYA)
    assert [] == one.told("Released")
