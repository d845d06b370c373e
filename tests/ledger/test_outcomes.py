"""What the ledger says of the items whose outcomes are looked for, on each kind of database."""

from datetime import timedelta

from tests.ledger.conftest import MOMENT
from triage_agent.decision.events import Event, Outcome, Received
from triage_agent.decision.item import Mode
from triage_agent.decision.run_events import FollowedUp, Started
from triage_agent.ledger import outcomes
from triage_agent.ledger.store import AGENT, Ledger

A, B, C = "a" * 24, "b" * 24, "c" * 24
HOUR = timedelta(hours=1)


def receive(ledger: Ledger, item: str, record: str, hours: float, mode: Mode = "live") -> None:
    received = Received(mode=mode, object="Lead", record_id=record)
    ledger.append("run-1", MOMENT + hours * HOUR, [(item, received)])


def run(ledger: Ledger, hours: float, mode: Mode = "live", *, looked: bool = True) -> None:
    """A run that looked until the moment in which it began."""
    began = MOMENT + hours * HOUR
    stream = f"run-{began:%Y%m%dT%H%M%S}-abcd"
    started = Started(
        mode=mode, page_version=1, page_sha256="p", prompts_sha256="q", model="m", unfinished=0
    )
    followed = FollowedUp(since=began - HOUR, until=began, outcomes=0)
    told: list[Event] = [started, followed] if looked else [started]
    ledger.append(stream, began, [(stream, event) for event in told])


def test_the_first_and_the_last_item_of_a_mode(ledger: Ledger) -> None:
    """What is to be followed lies between the items that came first and last."""
    assert outcomes.span(ledger, "live") is None
    receive(ledger, A, "00Q1", 0)
    receive(ledger, B, "00Q1", 1)
    receive(ledger, C, "00Q1", 2, "shadow")

    assert (MOMENT, MOMENT + HOUR) == outcomes.span(ledger, "live")
    assert (MOMENT + 2 * HOUR,) * 2 == outcomes.span(ledger, "shadow")


def test_the_last_look_of_a_mode(ledger: Ledger) -> None:
    """Runs of the other mode, and such as couldn't look, are passed over; so is what is too old."""
    assert outcomes.followed_until(ledger, "live", MOMENT) is None
    run(ledger, 1)
    run(ledger, 2)
    run(ledger, 3, "shadow")
    run(ledger, 4, looked=False)

    assert MOMENT + 2 * HOUR == outcomes.followed_until(ledger, "live", MOMENT)
    assert MOMENT + 3 * HOUR == outcomes.followed_until(ledger, "shadow", MOMENT)
    assert outcomes.followed_until(ledger, "live", MOMENT + 2.5 * HOUR) is None


def test_the_items_of_records_and_of_keys(ledger: Ledger) -> None:
    """All versions of a record's request, and whoever made what bears a key; in this mode."""
    receive(ledger, A, "00Q1", 0)
    receive(ledger, B, "00Q1", 1)
    receive(ledger, C, "00Q2", 2)
    receive(ledger, "d" * 24, "00Q1", 3, "shadow")
    keys = [f"{C}.create_task", f"{'d' * 24}.create_task", f"{'e' * 24}.x", f"{AGENT}.x", "typed"]
    found = outcomes.followed(ledger, "live", ["00Q1", "00Q9", *keys, "00Q1"])

    assert {A, B, C} == {one.item for one in found}
    assert 3 == len(found)


def test_hearing_of_an_outcome_is_no_work_on_an_item(ledger: Ledger) -> None:
    """A run's items are those that it took up; a rollback of it must not reach others."""
    receive(ledger, A, "00Q1", 0)
    heard = Outcome(name="contacted", object="Task", record_id="00T1", happened_at=MOMENT, by="005")
    ledger.append(
        "run-2", MOMENT, [(A, heard), (B, Received(mode="live", object="O", record_id="1"))]
    )

    assert [B] == ledger.items_of("run-2")
    assert [B] == [*ledger.worked_on("run-2")]
