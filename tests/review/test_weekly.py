"""Whoever the page names says by a button that they have read of a week; nobody else can."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.review.conftest import Desk, Listen, Open, soon
from tests.sandbox.slack_people import DANA, MAYA, SALES, TESS, Person
from triage_agent import summarising, wiring
from triage_agent.decision.weekly import Reviewed
from triage_agent.ledger.store import AGENT

pytestmark = pytest.mark.long

LAST = "2026-W47"
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def desk(open_desk: Open, start_listening: Listen) -> Desk:
    """A desk of which a week was told, in the team's channel and to the owner."""
    opened = open_desk(of=1, page=[("  by: [owner, deputy]", "  by: [owner, sales_development]")])
    start_listening(opened)
    summarising.post(opened.target, LAST, lambda: NOW, lambda _seconds: None)
    return opened


def posted(desk: Desk) -> dict[str, str]:
    """The messages of the week: by channel, when each was posted."""
    slack: dict[str, Any] = requests.get(f"{desk.url}/sandbox/state", timeout=10).json()["slack"]
    return {
        channel: one["ts"]
        for channel, some in slack.items()
        for one in some
        if "triage_week" in str(one.get("metadata"))
    }


def press(desk: Desk, user: str, channel: str) -> None:
    """Presses the button below the message in a channel."""
    place = ("review", "read_week")
    assert Person(desk.url, user).click(posted(desk)[channel], place, channel=channel) is None


def reviewed(desk: Desk) -> list[str]:
    """Who has read of the week, as the ledger has it."""
    with closing(wiring.open_ledger(desk.target)) as ledger:
        told = [one.event for one in ledger.told(AGENT, "Reviewed")]
    return [one.by for one in told if isinstance(one, Reviewed) and one.week == LAST]


def test_who_may_says_so_once(desk: Desk) -> None:
    """Somebody of the team the page names is on record, once, and is told so, alone."""
    press(desk, MAYA, SALES)
    assert soon(lambda: any(LAST in note for note in desk.notes(MAYA)))
    press(desk, MAYA, SALES)
    assert soon(lambda: 1 < len(desk.notes(MAYA)))

    assert ["Maya Lindqvist"] == reviewed(desk)
    assert f"you have read the summary of {LAST}" in desk.notes(MAYA)[0]


def test_others_learn_who_can(desk: Desk) -> None:
    """Somebody else is told whom the page names, and nothing is put on record."""
    before = reviewed(desk)
    press(desk, TESS, SALES)

    assert soon(lambda: desk.notes(TESS))
    assert "Dana Reyes" in desk.notes(TESS)[0]
    assert before == reviewed(desk)


def test_in_their_direct_messages(desk: Desk) -> None:
    """The owner, who was told alone, says so there, and is answered there."""
    (alone,) = {*posted(desk)} - {SALES}
    press(desk, DANA, alone)

    assert soon(lambda: "Dana Reyes" in reviewed(desk))
