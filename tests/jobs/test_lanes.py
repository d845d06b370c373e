"""When a batch of writes leaves."""

from triage_agent.decision.actions import UpdateRecord
from triage_agent.decision.item import Record
from triage_agent.effects.deliver import Effect
from triage_agent.jobs.lanes import LONGEST_WAIT, Lane


def _effect(number: int) -> Effect:
    action = UpdateRecord(name="tag", object="Lead", record_id=f"00Q{number}", fields={})
    record = Record(object="Lead", id=action.record_id, fields={})
    return Effect.of(f"item-{number}", action, record)


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _lane(effects: int, clock: Clock, capacity: int = 3) -> Lane[Effect]:
    lane: Lane[Effect] = Lane(capacity, clock)
    for number in range(effects):
        lane.add(_effect(number))
    return lane


def test_an_empty_lane_has_nothing_due() -> None:
    """There is nothing to wait for, also when nothing follows."""
    lane = _lane(0, Clock())

    assert lane.due_in(nothing_follows=False) is None
    assert lane.due_in(nothing_follows=True) is None


def test_a_part_of_a_batch_waits_for_company() -> None:
    """It leaves at the latest when its first write has waited for the longest time."""
    clock = Clock()
    lane = _lane(1, clock)
    waits = [lane.due_in(nothing_follows=False)]
    clock.now += 0.5
    lane.add(_effect(1))
    waits.append(lane.due_in(nothing_follows=False))
    clock.now += 60
    waits.append(lane.due_in(nothing_follows=False))

    assert [LONGEST_WAIT, LONGEST_WAIT - 0.5, 0.0] == waits


def test_a_full_batch_leaves_at_once() -> None:
    """Nobody waits once the capacity is reached."""
    assert 0.0 == _lane(3, Clock()).due_in(nothing_follows=False)


def test_nothing_is_waited_for_when_nothing_follows() -> None:
    """The last batch of a run leaves at once, however small."""
    assert 0.0 == _lane(1, Clock()).due_in(nothing_follows=True)


def test_one_batch_flies_at_a_time() -> None:
    """While a batch is on its way the next one stays, whatever waits."""
    lane = _lane(7, Clock())
    first = lane.take()
    while_flying = lane.due_in(nothing_follows=True)
    lane.flying = False

    assert [_effect(n) for n in range(3)] == first
    assert while_flying is None
    assert 0.0 == lane.due_in(nothing_follows=False)
    assert [_effect(n) for n in range(3, 6)] == lane.take()


def test_what_stays_behind_waits_anew() -> None:
    """What a full batch left over waits from then on, not from when the batch began."""
    clock = Clock()
    lane = _lane(4, clock)
    clock.now += 1.5
    lane.take()
    lane.flying = False

    assert LONGEST_WAIT == lane.due_in(nothing_follows=False)
