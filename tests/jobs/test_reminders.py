"""Going round: only what may be due is read, people are told once, and nobody is in the way."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import HOME, KINDS, Kind, NewLedger
from tests.decision.test_waiting import CLAIMED, PLANNED, POST, POSTED, REJECTED
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.events import Event, Happened, Received
from triage_agent.decision.review_events import Reminded
from triage_agent.decision.waiting import Waiting
from triage_agent.errors import LedgerFailed, Paused, StreamMoved, Unavailable
from triage_agent.jobs.reminders import AGAIN, Reminders
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.project import read_model

pytestmark = pytest.mark.long

START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TEAM, DANA, MAYA = "C0SALESDEV1", "U0DANA00001", "U0MAYA00002"


class Counted(Ledger):
    """Counts the items that are read; `meanwhile` is done when one has been."""

    read = 0
    meanwhile: Callable[[], None] | None = None

    def events(self, stream: str) -> list[Happened]:
        self.read += 1
        found = super().events(stream)
        if self.meanwhile:
            self.meanwhile()
        return found


@dataclass
class Told(SlackConnector):
    """Slack, as far as reminders need it: what was told to whom; `first` is done before."""

    sent: list[tuple[str, int]] = field(default_factory=list)
    first: Callable[[], None] = lambda: None

    def remind(self, channel: str, waiting: Sequence[Waiting]) -> None:
        self.first()
        self.sent.append((channel, len(waiting)))


@pytest.fixture
def model() -> OperatingModel:
    return read_model(HOME)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, new_ledger: NewLedger) -> str:
    kind: Kind = request.param
    return new_ledger(kind)


@pytest.fixture
def ledger(url: str) -> Iterator[Counted]:
    """A ledger with three items that were handed over."""
    with closing(Counted.open(url)) as opened:
        assert isinstance(opened, Counted)
        for item in ("a", "b", "c"):
            received = Received(mode="live", object="Lead", record_id="1")
            opened.append("run-1", START, [(item, e) for e in (received, PLANNED, POSTED)])
            opened.forget(item)
        yield opened


@pytest.fixture
def other(url: str, ledger: Ledger) -> Iterator[Ledger]:
    """The same ledger, as somebody else has it open."""
    assert ledger
    with closing(Ledger.open(url)) as opened:
        yield opened


@pytest.fixture
def slack() -> Told:
    return Told()


@pytest.fixture
def reminders(ledger: Ledger, slack: Told) -> Reminders:
    return Reminders(ledger, slack, lambda: None, "run-2", "live")


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def told(ledger: Ledger, item: str) -> list[str]:
    return [str(one.event.kind) for one in ledger.events(item)][3:]


def raises(error: Exception) -> Callable[[], None]:
    def raised() -> None:
        raise error

    return raised


def test_only_what_may_be_due_is_read(
    ledger: Counted, reminders: Reminders, slack: Told, model: OperatingModel
) -> None:
    """However often it goes round, an item is read again when its time has come, or it changed."""
    counts = []
    for minutes in (0, 1, 14, 15, 16, 29, 30, 31, 300):
        before = ledger.read
        reminders.go_round(model, after(minutes))
        counts.append(ledger.read - before)

    assert [3, 0, 0, 3, 3, 0, 3, 3, 0] == counts
    assert [(TEAM, 3), (DANA, 3)] == slack.sent


def test_another_page_is_looked_at(
    ledger: Counted, reminders: Reminders, model: OperatingModel
) -> None:
    """What the page says changed, so each item is read once more."""
    reminders.go_round(model, START)
    before = ledger.read
    reminders.go_round(OperatingModel(model.page, "another", model.marks), START)

    assert 3 == ledger.read - before


def test_who_decides_in_between_is_not_in_the_way(
    ledger: Ledger, other: Ledger, reminders: Reminders, slack: Told, model: OperatingModel
) -> None:
    """People were told all the same, and that is on record behind the decision."""
    slack.first = lambda: other.append("run-3", START, [("a", REJECTED)])
    reminders.go_round(model, after(15))

    assert ["Rejected", "Reminded"] == told(ledger, "a")
    assert [(TEAM, 3)] == slack.sent


def test_a_claim_that_is_decided_at_that_moment_does_not_end(
    ledger: Counted, other: Ledger, reminders: Reminders, model: OperatingModel
) -> None:
    """Whoever decides before it is on record that the claim is over was in time."""
    other.append("run-3", START, [("a", CLAIMED), ("b", CLAIMED)])
    reminders.go_round(model, after(1))

    def decides() -> None:
        ledger.meanwhile = None
        other.append("run-3", after(30), [("a", REJECTED)])

    ledger.meanwhile = decides
    fell_back = reminders.go_round(model, after(30))

    assert ["b"] == fell_back
    assert ["Claimed", "Rejected"] == told(ledger, "a")
    assert ["Claimed", "FellBack"] == told(ledger, "b")


def test_while_another_process_does_it(
    other: Ledger, reminders: Reminders, slack: Told, model: OperatingModel
) -> None:
    """Nothing is told, and nothing raised; afterwards it is."""
    with other.only_reminder("run-3", START):
        reminders.go_round(model, after(15))
        before = [*slack.sent]
    reminders.go_round(model, after(15))

    assert ([], [(TEAM, 3)]) == (before, slack.sent)


def test_what_slack_does_not_take_is_put_off(
    ledger: Counted, reminders: Reminders, slack: Told, model: OperatingModel
) -> None:
    """It is tried again after a while, and until then nothing is read for it."""
    slack.first = raises(Unavailable("slack", "X", "down"))
    reminders.go_round(model, after(15))
    slack.first, before = lambda: None, ledger.read
    reminders.go_round(model, after(16))
    waited = [*slack.sent], ledger.read - before
    reminders.go_round(model, after(15) + AGAIN)

    assert ([], 0) == waited
    assert [(TEAM, 3)] == slack.sent
    assert ["Reminded"] == told(ledger, "a")


@pytest.mark.parametrize("where", ["before", "at the wire"])
def test_paused(
    ledger: Ledger, reminders: Reminders, slack: Told, model: OperatingModel, where: str
) -> None:
    """Nobody is told, also where the agent is paused when it was just about to."""
    if where == "before":
        reminders.check_pause = raises(Paused("the agent is paused"))
    slack.first = raises(Paused("the agent is paused"))
    reminders.go_round(model, after(15))

    assert [] == slack.sent
    assert [] == told(ledger, "a")


def test_in_shadow(ledger: Ledger, slack: Told, model: OperatingModel) -> None:
    """What a live run has handed over is nothing to a shadow run."""
    Reminders(ledger, slack, lambda: None, "run-2", "shadow").go_round(model, after(15))

    assert [] == slack.sent


def test_what_is_told_but_not_on_record_is_told_once(
    ledger: Ledger,
    reminders: Reminders,
    slack: Told,
    model: OperatingModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the ledger takes nothing more, the same process doesn't tell people every time."""

    def full(*_given: object, **_more: object) -> None:
        raise LedgerFailed("its disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "append", full)
        with pytest.raises(LedgerFailed):
            reminders.go_round(model, after(15))
        reminders.go_round(model, after(16))

    assert [(TEAM, 3)] == slack.sent


def test_one_message_for_each(
    ledger: Ledger, reminders: Reminders, slack: Told, model: OperatingModel
) -> None:
    """Whoever has claimed some is told of these, the team of the others, and nobody of both."""
    claimed: list[tuple[str, Event]] = [("a", CLAIMED), ("b", CLAIMED)]
    ledger.append("run-3", START, claimed)
    reminders.go_round(model, after(15))

    assert sorted([(TEAM, 1), (MAYA, 2)]) == sorted(slack.sent)
    assert [Reminded(action=POST, to=MAYA)] == [one.event for one in ledger.events("b")][4:]


@pytest.mark.parametrize(("times", "kept"), [(2, ["Reminded"]), (9, [])])
def test_others_write_to_the_same_items(
    ledger: Ledger,
    reminders: Reminders,
    slack: Told,
    model: OperatingModel,
    monkeypatch: pytest.MonkeyPatch,
    times: int,
    kept: list[str],
) -> None:
    """It is put on record once there is a gap; where there is none, nothing breaks."""
    append, moved = ledger.append, iter(range(times))

    def appended(run: str, at: datetime, new: Sequence[tuple[str, Event]]) -> None:
        if next(moved, None) is not None:
            raise StreamMoved("somebody else was faster")
        append(run, at, new)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "append", appended)
        reminders.go_round(model, after(15))
        reminders.go_round(model, after(15))

    assert [(TEAM, 3)] == slack.sent
    assert kept == told(ledger, "a")
