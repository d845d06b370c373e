"""Somebody takes an item on themselves in Slack: who may, once, and what everybody sees of it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import KINDS, Kind
from tests.review.conftest import Desk, Listen, Open, soon
from tests.sandbox.slack_people import DANA, MAYA, TESS
from triage_agent import wiring
from triage_agent.decision.review_events import Claimed, Shown
from triage_agent.operating_model.loading import FILE
from triage_agent.project import read_model
from triage_agent.review.deciding import Clicked, claim

pytestmark = pytest.mark.long

JONAS, PRIYA = "U0JONAS0003", "U0PRIYA0004"
TEAM = (MAYA, JONAS, PRIYA)
WHO_MAY = "Maya Lindqvist, Jonas Weber, Priya Nair"


@pytest.mark.parametrize("kind", KINDS)
def test_who_claims_has_it(open_desk: Open, start_listening: Listen, kind: Kind) -> None:
    """The message names them, and can't be claimed again; the ledger knows them everywhere."""
    desk = open_desk(kind)
    start_listening(desk)
    one, other = desk.another(), desk.another()

    assert desk.click(MAYA, one.ts) is None
    assert soon(lambda: "Claimed by" in one.text)
    assert "'user_id': 'U0MAYA00002'" in one.text
    assert "'claim'" not in one.text
    assert "'claim'" in other.text
    claimed = Claimed(
        by="Maya Lindqvist", login="maya", slack=MAYA, salesforce="005000000000002AAA"
    )
    assert soon(lambda: one.told("Shown"))
    assert [claimed, Shown(action="escalate", decisions=1)] == one.told("Claimed", "Shown")


@pytest.mark.parametrize("user", [TESS, DANA])
def test_others_learn_who_can(desk: Desk, user: str) -> None:
    """Somebody who isn't of the team is told so, alone, and nothing is decided."""
    one = desk.another()
    desk.click(user, one.ts)

    assert soon(lambda: desk.notes(user))
    assert WHO_MAY in desk.notes(user)[0]
    assert [] == [note for member in TEAM for note in desk.notes(member) if WHO_MAY in note]
    assert [] == one.told("Claimed")
    assert "'button'" in one.text


def test_who_comes_second_learns_who_was_first(desk: Desk) -> None:
    """Of two at the same moment one has it, and the other is told who."""
    for _ in range(5):  # on a busy machine the message may have changed before the second click
        one = desk.another()
        ts = one.ts
        with ThreadPoolExecutor(2) as pool:
            troubles = list(pool.map(partial(desk.click, ts=ts), (JONAS, PRIYA)))
        if troubles == [None, None]:
            break

    assert [None, None] == troubles
    assert soon(lambda: desk.notes(JONAS) or desk.notes(PRIYA))
    (first,) = one.told("Claimed")
    (note,) = desk.notes(JONAS) + desk.notes(PRIYA)
    assert isinstance(first, Claimed)
    assert f"{first.by} has it already." == note


def test_many_clicks_and_two_listeners_decide_once(
    open_desk: Open, start_listening: Listen
) -> None:
    """However many click at once, and whoever hears them, one person has it."""
    desk = open_desk()
    start_listening(desk)
    start_listening(desk)
    one = desk.another()
    ts = one.ts
    with ThreadPoolExecutor(16) as pool:
        troubles = list(pool.map(lambda user: desk.click(user, ts), TEAM * 14))
    heard = troubles.count(None)  # for the others the button was gone already

    assert heard > 1
    assert soon(lambda: sum(len(desk.notes(user)) for user in TEAM) == heard - 1)
    assert 1 == len(one.told("Claimed"))
    assert [] == desk.faults()


def test_a_message_that_could_not_be_changed_is_later(desk: Desk) -> None:
    """While the agent is paused its messages stay; the next run has them tell what was decided."""
    one = desk.another()
    paused = desk.target.project / "PAUSED"
    paused.touch()
    desk.click(MAYA, one.ts)

    assert soon(lambda: any("It is on record" in note for note in desk.notes(MAYA)))
    assert "Claimed by" not in one.text

    paused.unlink()
    desk.run()

    assert "Claimed by" in one.text
    assert ["Claimed", "Shown"] == [event.kind for event in one.told("Claimed", "Shown")]


def test_the_page_is_asked_at_each_click(open_desk: Open, start_listening: Listen) -> None:
    """Who has left the team can't claim any more, also with whoever listens since before.

    While the page can't be read, nobody can.
    """
    desk = open_desk()
    start_listening(desk)
    one, page = desk.another(), desk.target.project / FILE
    lines = page.read_text().splitlines(keepends=True)
    page.write_text("".join(line for line in lines if "maya" not in line))
    desk.click(MAYA, one.ts)

    assert soon(lambda: desk.notes(MAYA))
    assert "Jonas Weber, Priya Nair." in desk.notes(MAYA)[0]

    page.write_text("version: soon")
    desk.click(JONAS, one.ts)
    page.unlink()
    desk.click(PRIYA, one.ts)

    assert soon(lambda: desk.notes(JONAS) and desk.notes(PRIYA))
    assert "nothing was decided" in desk.notes(JONAS)[0]
    assert "nothing was decided" in desk.notes(PRIYA)[0]
    assert [] == one.told("Claimed")


def test_an_item_that_was_never_handed_over(desk: Desk) -> None:
    """A button with a made-up value is none of the agent's."""
    page = read_model(desk.target.project).page
    with closing(wiring.open_ledger(desk.target)) as ledger:
        words = claim(ledger, page, Clicked("made-up", MAYA, "run-x", datetime.now(UTC)))

        assert words is not None
        assert "no hand-over like this one any more" in words
        assert [] == ledger.events("made-up")


def test_what_slack_does_not_take_is_shown_by_the_next_run(
    open_desk: Open, start_listening: Listen, tmp_path: Path
) -> None:
    """The decision stands while Slack refuses to change messages, and the message says it later."""
    faults = tmp_path / "faults.yaml"
    faults.write_text(
        "faults: [{fault: server_error, system: slack, path: chat.update, at: [1, 2, 3, 4, 5]}]"
    )
    desk = open_desk(faults=faults)
    start_listening(desk)
    one = desk.another()
    desk.click(MAYA, one.ts)

    assert soon(lambda: desk.notes(MAYA))
    assert "once Slack takes it" in desk.notes(MAYA)[0]
    assert "Claimed by" not in one.text

    desk.run()

    assert "Claimed by" in one.text
    assert ["Claimed", "Failed", "Shown"] == [
        e.kind for e in one.told("Claimed", "Failed", "Shown")
    ]
