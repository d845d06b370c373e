"""Somebody takes an item on themselves in Slack: who may, once, and what everybody sees of it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.conftest import KINDS, Kind
from tests.review.conftest import REVIEW, Desk, Open
from tests.sandbox.slack_people import DANA, MAYA, TESS
from triage_agent import wiring
from triage_agent.decision.events import Claimed, Shown
from triage_agent.ledger import chain
from triage_agent.project import read_model
from triage_agent.review.claiming import Clicked, claim
from triage_agent.sandbox.slack.timing import Timing

Listen = Callable[[Desk], None]
JONAS, PRIYA = "U0JONAS0003", "U0PRIYA0004"
WHO_MAY = "Maya Lindqvist, Jonas Weber, Priya Nair"


def soon(holds: Callable[[], object]) -> bool:
    """Whether it comes about within ten seconds."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(holds())


@pytest.mark.parametrize("kind", KINDS)
def test_who_claims_has_it(open_desk: Open, start_listening: Listen, kind: Kind) -> None:
    """The message names them and has no button any more; the ledger knows them everywhere."""
    desk = open_desk(kind)
    start_listening(desk)
    trouble = desk.person(MAYA).click(desk.message(), REVIEW)

    assert trouble is None
    assert soon(lambda: "Claimed by" in desk.text())
    assert "'user_id': 'U0MAYA00002'" in desk.text()
    assert "'button'" not in desk.text()
    assert "'button'" in desk.text(1)
    claimed = Claimed(
        by="Maya Lindqvist", login="maya", slack=MAYA, salesforce="005000000000002AAA"
    )
    assert [claimed, Shown(action="escalate", decisions=1)] == desk.told(0, "Claimed", "Shown")


@pytest.mark.parametrize("user", [TESS, DANA])
def test_others_learn_who_can(desk: Desk, start_listening: Listen, user: str) -> None:
    """Somebody who isn't of the team is told so, alone, and nothing is decided."""
    start_listening(desk)
    desk.person(user).click(desk.message(), REVIEW)

    assert soon(lambda: desk.person(user).notes())
    assert WHO_MAY in desk.person(user).notes()[0]["text"]
    assert [] == desk.person(MAYA).notes()
    assert [] == desk.told(0, "Claimed")
    assert "'button'" in desk.text()


def test_who_comes_second_learns_who_was_first(desk: Desk, start_listening: Listen) -> None:
    """An old button that somebody still sees decides nothing more."""
    start_listening(desk)
    with ThreadPoolExecutor(2) as pool:
        clicks = [
            pool.submit(desk.person(user).click, desk.message(), REVIEW) for user in (MAYA, JONAS)
        ]
        assert [None, None] == [click.result() for click in clicks]

    assert [None, None] == troubles
    assert soon(lambda: desk.person(MAYA).notes() or desk.person(JONAS).notes())
    (first,) = desk.told(0, "Claimed")
    (note,) = desk.person(MAYA).notes() + desk.person(JONAS).notes()
    assert isinstance(first, Claimed)
    assert f"{first.by} has it already." == note["text"]


def test_many_clicks_and_two_listeners_decide_once(desk: Desk, start_listening: Listen) -> None:
    """However many click at once, and whoever hears them, one person has it."""
    start_listening(desk)
    start_listening(desk)
    with ThreadPoolExecutor(16) as pool:
        users = [MAYA, JONAS, PRIYA] * 14
        ts = desk.message()
        troubles = list(pool.map(lambda user: desk.person(user).click(ts, REVIEW), users))
    heard = troubles.count(None)  # for the others the button was gone already

    assert heard > 1
    assert soon(lambda: sum(len(desk.person(u).notes()) for u in (MAYA, JONAS, PRIYA)) == heard - 1)
    assert 1 == len(desk.told(0, "Claimed"))
    assert [] == faults(desk)


def faults(desk: Desk) -> list[str]:
    """What is wrong with the ledger's chains."""
    with closing(wiring.open_ledger(desk.target)) as ledger:
        return [f for name in ledger.streams() for f in chain.check(ledger.sealed(name))]


def test_a_lost_connection_is_made_again(open_desk: Open, start_listening: Listen) -> None:
    """Slack ends each connection now and then; who clicks afterwards is heard as well."""
    desk = open_desk(timing=Timing(connection=0.6, warning=0.2))
    start_listening(desk)

    assert soon(lambda: len(desk.requests("/api/apps.connections.open")) >= 3)
    assert soon(lambda: desk.person(JONAS).click(desk.message(), REVIEW) is None)
    assert soon(lambda: desk.told(0, "Claimed"))


def test_a_message_that_could_not_be_changed_is_later(desk: Desk, start_listening: Listen) -> None:
    """While the agent is paused its messages stay; the next run has them tell what was decided."""
    paused = desk.target.project / "PAUSED"
    paused.touch()
    start_listening(desk)
    desk.person(MAYA).click(desk.message(), REVIEW)

    assert soon(lambda: desk.person(MAYA).notes())
    assert "It is on record" in desk.person(MAYA).notes()[0]["text"]
    assert "Claimed by" not in desk.text()

    paused.unlink()
    desk.run()

    assert "Claimed by" in desk.text()
    assert ["Claimed", "Shown"] == [event.kind for event in desk.told(0, "Claimed", "Shown")]


def test_the_page_is_asked_at_each_click(desk: Desk, start_listening: Listen) -> None:
    """Who has left the team can't claim any more, also with whoever listens since before."""
    start_listening(desk)
    page = desk.target.project / "operating_model.yaml"
    lines = page.read_text().splitlines(keepends=True)
    page.write_text("".join(line for line in lines if "maya" not in line))
    desk.person(MAYA).click(desk.message(), REVIEW)

    assert soon(lambda: desk.person(MAYA).notes())
    assert "Jonas Weber, Priya Nair." in desk.person(MAYA).notes()[0]["text"]
    assert [] == desk.told(0, "Claimed")


def test_a_page_that_cannot_be_read_decides_nothing(desk: Desk, start_listening: Listen) -> None:
    """While somebody edits the page, clicks are put off, and whoever clicked is told."""
    start_listening(desk)
    (desk.target.project / "operating_model.yaml").write_text("version: soon")
    desk.person(MAYA).click(desk.message(), REVIEW)

    assert soon(lambda: desk.person(MAYA).notes())
    assert "nothing was decided" in desk.person(MAYA).notes()[0]["text"]
    assert [] == desk.told(0, "Claimed")


def test_an_item_that_was_never_handed_over(desk: Desk) -> None:
    """A button with a made-up value is none of the agent's."""
    page = read_model(desk.target.project).page
    with closing(wiring.open_ledger(desk.target)) as ledger:
        words = claim(ledger, page, Clicked("made-up", MAYA, "run-x", datetime.now(UTC)))

        assert words is not None
        assert "no hand-over like this one" in words
        assert [] == ledger.events("made-up")


def test_nobody_listens(desk: Desk) -> None:
    """Slack itself tells whoever clicks that the app doesn't answer; nothing is decided."""
    assert "No app listens" in str(desk.person(MAYA).click(desk.message(), REVIEW))
    assert [] == desk.told(0, "Claimed")
