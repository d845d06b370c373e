"""Time passes at the desk: people are told what waits for them, and claims come to an end."""

from pathlib import Path

import pytest

from tests.conftest import KINDS, Kind
from tests.review.conftest import REQUESTS, Clock, Desk, Listen, Open, soon
from tests.sandbox.slack_people import MAYA
from triage_agent.decision.review_events import FellBack, Reminded
from triage_agent.errors import Paused

pytestmark = pytest.mark.long

JONAS = "U0JONAS0003"
MAYAS, DANAS = "D0MAYA00002", "D0DANA00001"
OFTEN = 0.05
"""Seconds between a test's listener's looks at what waits."""


def faulty(folder: Path, fault: str) -> Path:
    """Slack's trouble with the first message after the hand-overs."""
    path = folder / "faults.yaml"
    at = f"system: slack, path: chat.postMessage, at: [{REQUESTS + 1}]"
    path.write_text(f"faults: [{{{fault}, {at}}}]")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_what_nobody_claims(
    open_desk: Open, start_listening: Listen, clock: Clock, kind: Kind
) -> None:
    """The team is told once, of all of it in one message, then the owner; after that it waits."""
    desk = open_desk(kind, clock)
    start_listening(desk, pause=OFTEN)
    one = desk.another()
    clock.passes(15)
    assert soon(desk.told)
    clock.passes(15)
    assert soon(lambda: desk.told(DANAS))
    clock.passes(600)
    desk.run()

    (team,), (owner,) = desk.told(), desk.told(DANAS)
    assert [REQUESTS] * 2 == [text.count("open the record") for text in (team, owner)]
    assert "unclaimed since Tue 24 Nov, 10:00; Dana Reyes is told on Tue 24 Nov, 10:30" in team
    assert (
        "unclaimed since Tue 24 Nov, 10:00 in sales development; nobody else is told; "
        "Omar Haddad stands in" in owner
    )
    told = [Reminded(action="escalate", to=to) for to in ("sales_development", "owner")]
    assert told == one.told("Reminded", "FellBack")
    assert [] == desk.faults()


def test_what_nobody_decides(open_desk: Open, start_listening: Listen, clock: Clock) -> None:
    """Whoever has claimed it is told, then the claim ends, and all begins anew for the team."""
    desk = open_desk(clock=clock)
    start_listening(desk, pause=OFTEN)
    one = desk.another()
    desk.click(MAYA, one.ts)
    assert soon(lambda: one.told("Shown"))
    clock.passes(15)
    assert soon(lambda: desk.told(MAYAS))
    clock.passes(15)

    assert soon(lambda: "Fell back from" in one.text)
    assert (
        "yours since Tue 24 Nov, 10:00; the claim is over on Tue 24 Nov, 10:30"
        in (desk.told(MAYAS)[0])
    )
    assert "'claim'" in one.text
    assert ", Tue 24 Nov, 10:30, without a decision" in one.text

    clock.passes(15)
    assert soon(lambda: len(one.told("Reminded")) == 2)
    assert desk.click(JONAS, one.ts) is None
    assert soon(lambda: "Claimed by" in one.text)
    told = one.told("Claimed", "Reminded", "FellBack")
    assert ["Claimed", "Reminded", "FellBack", "Reminded", "Claimed"] == [e.kind for e in told]
    assert FellBack(action="escalate", by="Maya Lindqvist", slack=MAYA) == told[2]
    assert "Fell back" not in one.text


def test_without_a_listener_runs_do_it(
    open_desk: Open, start_listening: Listen, clock: Clock
) -> None:
    """A run tells people, ends claims, and has the messages say so, all in one go."""
    desk = open_desk(clock=clock)
    one, other = desk.another(), desk.another()
    with_claims(desk, start_listening, one.ts, other.ts)
    clock.passes(15)
    desk.run()
    first = (len(desk.told()), len(desk.told(MAYAS)), len(desk.told(DANAS)))
    clock.passes(15)
    desk.run()
    (claimed,) = desk.told(MAYAS)

    assert (1, 1, 0) == first
    assert (1, 1, 1) == (len(desk.told()), len(desk.told(MAYAS)), len(desk.told(DANAS)))
    assert 2 == claimed.count("open the record")
    assert [True, True] == ["Fell back from" in one.text for one in (one, other)]
    assert [REQUESTS - 2] == [text.count("open the record") for text in desk.told(DANAS)]
    assert [] == desk.faults()


def with_claims(desk: Desk, start_listening: Listen, *messages: str) -> None:
    """Maya claims these with a listener who reminds nobody."""
    start_listening(desk)
    for ts in messages:
        desk.click(MAYA, ts)
    assert soon(lambda: str(desk.messages()).count("Claimed by") == len(messages))


def test_in_the_evening_nobody_is_told(open_desk: Open, clock: Clock) -> None:
    """What became due after work is told the next morning."""
    clock.passes(7 * 60 + 50)
    desk = open_desk(clock=clock)
    clock.passes(120)
    desk.run()
    evening = desk.told()
    clock.passes(12 * 60 + 15)
    desk.run()

    assert [] == evening
    assert 1 == len(desk.told())


def test_while_it_is_paused_nobody_is_told(
    open_desk: Open, start_listening: Listen, clock: Clock
) -> None:
    """Neither by runs nor by listeners; and afterwards once."""
    desk = open_desk(clock=clock)
    paused = desk.target.project / "PAUSED"
    paused.touch()
    start_listening(desk, pause=OFTEN)
    clock.passes(60)
    with pytest.raises(Paused):
        desk.run()
    told = desk.told(), desk.told(DANAS)
    paused.unlink()

    assert soon(lambda: desk.told() and desk.told(DANAS))
    assert ([], []) == told
    assert [1, 1] == [len(desk.told(channel)) for channel in ("C0SALESDEV1", DANAS)]


def test_what_slack_does_not_take_is_told_later(
    open_desk: Open, clock: Clock, tmp_path: Path
) -> None:
    """Nobody was told, so nothing is on record; the next run tells them."""
    faults = faulty(tmp_path, "fault: rate_limit, retry_after: 3600")
    desk = open_desk(clock=clock, faults=faults)
    one = desk.another()
    clock.passes(20)
    desk.run()
    before = (desk.told(), one.told("Reminded"))
    desk.run()

    assert ([], []) == before
    assert (1, 1) == (len(desk.told()), len(one.told("Reminded")))


def test_an_answer_that_is_lost_counts_as_told(
    open_desk: Open, clock: Clock, tmp_path: Path
) -> None:
    """The message may be there: better once too few than once too many."""
    desk = open_desk(clock=clock, faults=faulty(tmp_path, "fault: server_error"))
    one = desk.another()
    clock.passes(20)
    desk.run()
    desk.run()

    assert ([], 1) == (desk.told(), len(one.told("Reminded")))


@pytest.mark.parametrize("kind", KINDS)
def test_two_listeners_and_a_run_tell_once(
    open_desk: Open, start_listening: Listen, clock: Clock, kind: Kind
) -> None:
    """However many look at the same moment, people get one message."""
    desk = open_desk(kind, clock)
    one = desk.another()
    start_listening(desk, pause=OFTEN)
    start_listening(desk, pause=OFTEN)
    clock.passes(15)
    desk.run()
    assert soon(lambda: one.told("Reminded"))
    desk.run()

    assert (1, 1) == (len(desk.told()), len(one.told("Reminded")))
    assert [] == desk.faults()


def test_another_page_counts_at_once(
    open_desk: Open, start_listening: Listen, clock: Clock
) -> None:
    """Whoever listens goes by the page as it is now, also for what it has looked at before."""
    desk = open_desk(clock=clock)
    start_listening(desk, pause=OFTEN)
    one, page = desk.another(), desk.target.project / "operating_model.yaml"
    desk.click(MAYA, one.ts)
    assert soon(lambda: one.told("Shown"))
    clock.passes(10)
    page.write_text(page.read_text().replace("remind_after: 15m", "remind_after: 10m"))

    assert soon(lambda: desk.told() and desk.told(MAYAS))
