"""What was rolled back is over for people, too: nobody decides about it, or is told of it."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.conftest import KINDS, Kind, TypeIn
from tests.review.at_terminal import AS_MAYA, flat, typing_at
from tests.review.conftest import SETTLED, Clock, Desk, HandedOver, Listen, Open, soon
from tests.sandbox.slack_people import MAYA
from triage_agent import wiring
from triage_agent.decision.review_events import Asked
from triage_agent.decision.rollback_events import Withdrawn

pytestmark = pytest.mark.long

WITHDRAWN = Withdrawn(by="Dana Reyes", login="dana", slack="U0DANA00001", salesforce=None)
SAID = "Dana Reyes has had it rolled back."
OFTEN = 0.05
"""Seconds between a test's listener's looks at what waits."""


def withdraw(one: HandedOver) -> None:
    """Has the ledger say that somebody has had an item rolled back, and nothing else done."""
    with closing(wiring.open_ledger(one.desk.target)) as ledger:
        ledger.append("by-hand", datetime.now(UTC), [(one.item, WITHDRAWN)])


@pytest.fixture(scope="module")
def asking(open_desk: Open, start_listening: Listen) -> Desk:
    """A desk at which the agent has asked about each of its leads, and somebody listens."""
    opened = open_desk(lead=SETTLED)
    start_listening(opened)
    return opened


@pytest.fixture(scope="module")
def quiet(open_desk: Open) -> Desk:
    """A desk at which nobody listens."""
    return open_desk()


@pytest.mark.parametrize("kind", KINDS)
def test_it_waits_no_more(open_desk: Open, type_in: TypeIn, kind: Kind) -> None:
    """It isn't listed, and whoever looks at it sees that it was rolled back; others still wait."""
    desk = open_desk(kind, of=2)
    review, one, other = typing_at(desk, type_in), desk.another(), desk.another()
    withdraw(one)
    shown = flat(review("show", one.item).out)
    listed = json.loads(review("list", "--json").out)["waiting"]

    assert [other.item] == [row["item_id"] for row in listed]
    assert "Withdrawn by Dana Reyes" in shown
    assert " review claim " not in shown


@pytest.mark.parametrize("button", ["claim", "release", "correct", "not_useful"])
def test_nobody_decides_about_its_hand_over(desk: Desk, button: str) -> None:
    """Whoever presses a button that still stands there is told who had it rolled back."""
    one, before = desk.another(), len(desk.notes(MAYA))
    withdraw(one)

    assert desk.form(MAYA, one, button) is None
    assert soon(lambda: len(desk.notes(MAYA)) > before)
    assert SAID == desk.notes(MAYA)[0]
    assert [] == one.told("Claimed", "Released", "Corrected", "Rejected")


def test_a_form_that_was_open_decides_nothing(desk: Desk) -> None:
    """It may have been rolled back while somebody filled a form in."""
    one = desk.another()
    view = desk.form(MAYA, one, "release")
    assert view
    withdraw(one)
    desk.send(MAYA, view, category="new_business")

    assert soon(lambda: SAID in desk.notes(MAYA))
    assert [] == one.told("Released")


@pytest.mark.parametrize("button", ["approve", "edit", "reject"])
def test_nobody_decides_what_was_asked(asking: Desk, button: str) -> None:
    """A request for somebody's word is over as well, and nothing is written."""
    one, before = asking.question(), len(asking.notes(MAYA))
    withdraw(one)

    assert asking.form(MAYA, one, button) is None
    assert soon(lambda: len(asking.notes(MAYA)) > before)
    assert SAID == asking.notes(MAYA)[0]
    assert [] == one.told("Approved", "Edited", "Rejected")


@pytest.mark.parametrize(
    "words",
    [
        ("claim",),
        ("release", "--category", "new_business"),
        ("correct", "--wrong", "rule"),
        ("reject", "--reason", "No."),
    ],
    ids=lambda words: words[0],
)
def test_nor_does_anybody_in_a_terminal(
    quiet: Desk, type_in: TypeIn, words: tuple[str, ...]
) -> None:
    """The commands say the same, and end as refused."""
    one, (command, *given) = quiet.another(), words
    withdraw(one)
    ran = typing_at(quiet, type_in)(command, one.item, *given, *AS_MAYA)

    assert (3, f"triage-agent: {SAID}\n") == (ran.code, ran.err)


def test_nor_approves_in_a_terminal(asking: Desk, type_in: TypeIn) -> None:
    """A yes with the right digest comes too late."""
    one = asking.question()
    (asked,) = one.told("Asked")
    assert isinstance(asked, Asked)
    withdraw(one)
    ran = typing_at(asking, type_in)("approve", one.item, "--digest", asked.digest, *AS_MAYA)

    assert (3, f"triage-agent: {SAID}\n") == (ran.code, ran.err)
    assert [] == one.told("Approved")


def test_nobody_is_told_that_it_waits(
    open_desk: Open, start_listening: Listen, clock: Clock
) -> None:
    """The team's reminder is about the others alone."""
    desk = open_desk(clock=clock, of=3)
    one = desk.another()
    withdraw(one)
    start_listening(desk, pause=OFTEN)
    clock.passes(15)

    assert soon(desk.told)
    assert 2 == desk.told()[0].count("open the record")
    assert [] == one.told("Reminded")


def heads(one: HandedOver) -> tuple[str, str]:
    """A message's first line, and what a notification shows of it."""
    return one.message["blocks"][0]["text"]["text"], one.message["text"]


def withdraw_and_look(one: HandedOver, type_in: TypeIn) -> None:
    """Withdraws an item, and has somebody be at it, who makes its message say so."""
    withdraw(one)
    typing_at(one.desk, type_in)("reject", one.item, "--reason", "No.", *AS_MAYA)


def test_its_messages_say_so(quiet: Desk, asking: Desk, type_in: TypeIn) -> None:
    """Both kinds say who withdrew them, and have no button, once anybody is at them."""
    handed, asked = quiet.another(), asking.question()
    before = handed.text, asked.text
    for one in (handed, asked):
        withdraw_and_look(one, type_in)

    assert all("'button'" in text for text in before)
    for one in (handed, asked):
        assert "Withdrawn by " in one.text
        assert "'user_id': 'U0DANA00001'" in one.text
        assert "'button'" not in one.text


def test_their_first_lines_say_so(quiet: Desk, asking: Desk, type_in: TypeIn) -> None:
    """Whoever sees a header or a notification alone knows, and still what it was about."""
    handed, asked = quiet.another(), asking.question()
    before = *heads(handed), *heads(asked)
    for one in (handed, asked):
        withdraw_and_look(one, type_in)
    about, wanted = (head.partition(": ")[2] for head in (before[1], before[3]))

    assert f"Needs a person: {about}" == before[0]
    assert f"Your word is needed: {wanted}" == before[3]
    assert (f"Withdrawn: {about}",) * 2 == heads(handed)
    assert (f"Withdrawn: {wanted}",) * 2 == heads(asked)
    assert wanted.startswith("set status - ")
