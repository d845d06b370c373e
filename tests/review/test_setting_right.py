"""Somebody says what the agent got wrong, or that a hand-over was of no use; both are kept."""

from typing import Any

import pytest

from tests.review.conftest import Desk, HandedOver, soon
from tests.sandbox.slack_people import MAYA, TESS, Person
from triage_agent.decision.review_events import Corrected, Rejected

pytestmark = pytest.mark.long

JONAS = "U0JONAS0003"
WHO = {
    "by": "Maya Lindqvist",
    "login": "maya",
    "slack": MAYA,
    "salesforce": "005000000000002AAA",
}
NOTE = "<!channel> They resell *our* product."


def ask(desk: Desk, user: str, one: HandedOver, button: str) -> dict[str, Any] | None:
    """The form that somebody has before them after they pressed a button."""
    person, before = Person(desk.url, user), desk.notes(user)
    person.click(one.ts, ("review", button))
    soon(lambda: person.view() or desk.notes(user) != before)
    view: dict[str, Any] | None = person.view()
    return view


def send(desk: Desk, user: str, view: dict[str, Any] | None, **given: str) -> Any:  # noqa: ANN401 - JSON
    assert view is not None
    values = {name: {name: value} for name, value in given.items()}
    return Person(desk.url, user).act("submit", view_id=view["id"], values=values)


def test_a_correction_is_kept_and_the_item_stays_open(desk: Desk) -> None:
    """What is wrong stands on the message; whoever takes the item can still do so."""
    one = desk.another()
    view = ask(desk, MAYA, one, "correct")
    send(desk, MAYA, view, wrong="category", category="partnership", note=NOTE)

    assert soon(lambda: "Corrected by" in one.text)
    assert "the category is another one (partnership)" in one.text
    assert [Corrected(**WHO, wrong="category", category="partnership", note=NOTE)] == one.told(
        "Corrected"
    )
    assert "They resell" not in one.text
    assert "'claim'" in one.text


def test_what_is_no_request_is_closed(desk: Desk) -> None:
    """Then nobody has anything more to decide, and the message has no button."""
    one = desk.another()
    send(desk, MAYA, ask(desk, MAYA, one, "correct"), wrong="not_an_item")

    assert soon(lambda: "Corrected by" in one.text)
    assert "'button'" not in one.text
    assert [Corrected(**WHO, wrong="not_an_item")] == one.told("Corrected")


def test_a_useless_hand_over_is_set_aside(desk: Desk) -> None:
    """With its reason, once; the agent does nothing more about it."""
    one = desk.another()
    mine, other = (ask(desk, user, one, "not_useful") for user in (MAYA, JONAS))
    send(desk, MAYA, mine, note=NOTE)
    assert soon(lambda: "Set aside by" in one.text)
    send(desk, JONAS, other, note="It was useful.")

    assert soon(lambda: "Maya Lindqvist has decided it already." in desk.notes(JONAS))
    assert [Rejected(**WHO, reason=NOTE)] == one.told("Rejected")
    assert "'button'" not in one.text
    assert [] == one.told("Released")


def test_a_reason_is_wanted(desk: Desk) -> None:
    """Without one the form stays, and nothing is decided."""
    one = desk.another()
    answered = send(desk, MAYA, ask(desk, MAYA, one, "not_useful"))

    assert ["note"] == list(answered["errors"])
    assert [] == one.told("Rejected")


@pytest.mark.parametrize("button", ["correct", "not_useful"])
def test_others_get_no_form(desk: Desk, button: str) -> None:
    """Who may not decide may not correct either."""
    one = desk.another()

    assert ask(desk, TESS, one, button) is None
    assert "Only these can decide it" in desk.notes(TESS)[0]
    assert [] == one.told("Corrected", "Rejected")
