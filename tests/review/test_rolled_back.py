"""What people had the agent do is undone like anything else, the last thing first."""

from __future__ import annotations

from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.conftest import KINDS, Kind
from tests.review.conftest import SETTLED, STOPPED
from triage_agent import reviewing, rolling_back, wiring
from triage_agent.decision.events import Done, Intended, NotFound
from triage_agent.decision.rollback_events import Reversed
from triage_agent.errors import TriageError
from triage_agent.recovery.rollback import Selection
from triage_agent.reviewing import Word
from triage_agent.wiring import now

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from tests.review.conftest import Desk, Open
    from triage_agent.decision.events import Event

TAG = ("Triage_Category__c", "Triage_Confidence__c", "Triage_Summary__c")


def back(desk: Desk, what: Selection) -> rolling_back.Undone:
    return rolling_back.roll_back(
        desk.target, what, "dana", reason="Wrong", found="Seen", sleep=lambda _s: None
    )


def append(desk: Desk, item: str, *events: Event) -> None:
    """Has the ledger of that desk say something more of an item."""
    with closing(wiring.open_ledger(desk.target)) as ledger:
        ledger.append(str(ledger.last_run()), now(), [(item, event) for event in events])


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_released(open_desk: Open, kind: Kind) -> None:
    """Both tags of a released item are undone, so that the fields hold what they did at first."""
    lead = {**STOPPED, "Triage_Summary__c": "Seen at a fair"}
    desk = open_desk(kind, lead=lead, of=1)
    one = desk.another()
    reviewing.release(desk.target, one.item, "maya", "pricing_question")
    (record,) = desk.records("Lead").values()
    undone = back(desk, Selection(item=one.item))

    assert "pricing_question" == record[TAG[0]]
    (record,) = desk.records("Lead").values()
    assert (None, None, "Seen at a fair") == tuple(record[name] for name in TAG)
    assert ["Deferred"] == [task["Status"] for task in desk.records("Task").values()]
    assert (0, 0) == (undone.left, undone.failed)
    assert 2 == sum(event.action == "tag" for event in one.told("Reversed"))  # type: ignore[union-attr]
    assert [] == desk.faults()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_approved(open_desk: Open, kind: Kind) -> None:
    """What somebody approved is undone, too, and who approved it stays on record."""
    desk = open_desk(kind, lead=SETTLED, of=1)
    one = desk.question()
    reviewing.approve(desk.target, Word(one.item, "maya", None, lambda asked: asked.digest))
    (approved,) = desk.records("Lead").values()
    undone = back(desk, Selection(item=one.item))

    (record,) = desk.records("Lead").values()
    assert ("Working - Contacted", "Open - Not Contacted") == (approved["Status"], record["Status"])
    assert (0, 0) == (undone.left, undone.failed)
    assert 1 == len(one.told("Approved"))
    assert "Withdrawn by" in one.text


def test_what_was_never_confirmed(open_desk: Open) -> None:
    """An update that was intended, not found and left so is undone where its values are there."""
    desk = open_desk(lead=SETTLED, of=1)
    one = desk.question()
    with closing(wiring.open_ledger(desk.target)) as ledger:
        tag = ledger.story(one.item).actions["tag"]
    again = Intended(action="tag", key=f"{one.item}.tag", system="salesforce")
    append(desk, one.item, again, NotFound(action="tag", key=again.key))
    undone = back(desk, Selection(item=one.item))

    (record,) = desk.records("Lead").values()
    assert "tag" == tag.name
    assert (None, None, None) == tuple(record[name] for name in TAG)
    assert (0, 0) == (undone.left, undone.failed)


def test_a_message_that_was_never_confirmed(open_desk: Open) -> None:
    """A message that was intended and is there is found by its key first, and then marked."""
    desk = open_desk(of=1)
    one = desk.another()
    append(desk, one.item, Intended(action="escalate", key=f"{one.item}.escalate", system="slack"))
    back(desk, Selection(item=one.item))

    assert [True] == [event.found for event in one.told("Done") if isinstance(event, Done)][-1:]
    assert "Withdrawn by" in one.text


def test_two_at_once(open_desk: Open) -> None:
    """Of two rollbacks at once one waits for the other, and everything is undone once."""
    desk = open_desk(lead=SETTLED, of=5)
    run = str(_last_run(desk))
    failed: list[Exception] = []

    def go() -> None:
        try:
            rolling_back.roll_back(
                desk.target, Selection(run=run), "dana", reason="Wrong", found="Seen"
            )
        except TriageError as exc:
            failed.append(exc)

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    keys = [event.key for event in _told(desk) if isinstance(event, Reversed)]
    assert not failed
    assert 15 == len(keys) == len({*keys})
    assert {"Deferred"} == {task["Status"] for task in desk.records("Task").values()}
    assert [] == desk.faults()


def _last_run(desk: Desk) -> str | None:
    with closing(wiring.open_ledger(desk.target)) as ledger:
        return ledger.last_run()


def _told(desk: Desk) -> list[Event]:
    with closing(wiring.open_ledger(desk.target)) as ledger:
        return [one.event for stream in ledger.streams() for one in ledger.events(stream)]
