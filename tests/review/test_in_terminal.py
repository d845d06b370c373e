"""People decide in a terminal what waits for them: with the same checks, also without Slack."""

import json
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.conftest import REAL, TypeIn
from tests.review.at_terminal import (
    AS_MAYA,
    MAY,
    SLACK_IS_DOWN,
    WHO,
    Review,
    decided,
    flat,
    item_of,
    records,
    switch,
    typing_at,
    waiting_at,
)
from tests.review.conftest import Desk, Listen, Open, soon
from triage_agent import wiring
from triage_agent.connectors import patience
from triage_agent.decision.review_events import Claimed, Corrected, Rejected, Released

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def desk(open_desk: Open) -> Desk:
    """A desk at which nobody listens."""
    return open_desk()


@pytest.fixture
def review(desk: Desk, type_in: TypeIn) -> Review:
    """Types one of the commands at that desk."""
    return typing_at(desk, type_in)


def test_who_claims_has_it(desk: Desk, review: Review) -> None:
    """The ledger, the message in Slack and the timeline say who; nobody else can decide it."""
    one = desk.another()
    came = json.loads(review("claim", item_of(one), "--as", "Maya Lindqvist", "--json").out)
    again = review("claim", item_of(one), *AS_MAYA)
    other = review("reject", item_of(one), "--reason", "Mine.", "--as", "jonas")
    shown = review("show", item_of(one))

    assert [Claimed(**WHO)] == one.told("Claimed")
    assert "Claimed by" in one.text
    assert [("claimed", "Maya Lindqvist", None)] == [
        (came["decision"], came["by"], came["not_shown"])
    ]
    assert (3, "triage-agent: You have it already.\n") == (again.code, again.err)
    assert (3, "triage-agent: Maya Lindqvist has it already.\n") == (other.code, other.err)
    assert "Claimed by Maya Lindqvist, " in shown.out
    assert " review claim " not in shown.out
    assert " review release " in shown.out
    assert ["Called", "Shown"] == sorted({e.kind for e in one.told("Called", "Shown", "Failed")})


def test_the_agent_goes_on_at_once(desk: Desk, review: Review, type_in: TypeIn) -> None:
    """After a release it makes the task, in the name of whoever released; the command says so."""
    one = desk.another()
    before = len(records(desk, "Task"))
    ran = review("release", item_of(one), "--category", "new_business", *AS_MAYA)
    late = review("claim", item_of(one), "--as", "jonas")
    shown = review("show", item_of(one))
    where = ("--project", desk.target.project, "--sandbox-url", desk.url)
    timeline = type_in("timeline", item_of(one), *where)

    assert 0 == ran.code
    assert "Released by Maya Lindqvist" in ran.out
    assert "Its message in Slack says so." in ran.out
    assert (
        "The agent went on with it: settled; draft reply done, tag done, create task done"
        in flat(ran.out)
    )
    assert [Released(**WHO, category="new_business")] == one.told("Released")
    assert 1 + before == len(records(desk, "Task"))
    assert WHO["salesforce"] == records(desk, "Task")[-1]["OwnerId"]
    assert "Released by" in one.text
    assert (3, "triage-agent: Maya Lindqvist has decided it already.\n") == (late.code, late.err)
    assert "There is nothing to decide about it." in shown.out
    assert "May I set status?" in shown.out
    reviewed = flat(timeline.out.partition("Who reviewed or approved?")[2])
    assert "Maya Lindqvist (maya, in Slack U0MAYA00002) has the agent go on" in reviewed
    listed = json.loads(review("list", "--json").out)["waiting"]
    assert ["set_status"] == [each["action"] for each in listed if each["item_id"] == item_of(one)]
    assert [] == desk.faults()


def test_what_was_wrong_is_kept(desk: Desk, review: Review) -> None:
    """A correction stays on record with its note, and the item goes on waiting."""
    one = desk.another()
    words = ("--wrong", "category", "--category", "partnership", "--note", "They resell.")
    ran = review("correct", item_of(one), *words, *AS_MAYA)

    assert 0 == ran.code
    kept = Corrected(**WHO, wrong="category", category="partnership", note="They resell.")
    assert [kept] == one.told("Corrected")
    assert "Corrected by" in one.text
    assert item_of(one) in review("list").out


def test_a_useless_hand_over_is_set_aside(desk: Desk, review: Review) -> None:
    """With its reason, which has to be one; then it waits no longer."""
    one = desk.another()
    empty = review("reject", item_of(one), "--reason", " ", *AS_MAYA)
    none = review("reject", item_of(one), *AS_MAYA)
    assert [] == one.told("Rejected")
    ran = review("reject", item_of(one), "--reason", "A test.", *AS_MAYA)

    assert (2, 2, 0) == (empty.code, none.code, ran.code)
    assert [Rejected(**WHO, reason="A test.")] == one.told("Rejected")
    assert item_of(one) not in review("list").out


@pytest.fixture(scope="module")
def other_desk(open_desk: Open) -> Desk:
    """One more desk at which nobody listens."""
    return open_desk()


@pytest.fixture
def other_review(other_desk: Desk, type_in: TypeIn) -> Review:
    """Types one of the commands at the other desk."""
    return typing_at(other_desk, type_in)


@pytest.mark.parametrize("whom", [(), ("--as", "dana"), ("--as", "nobody")])
@pytest.mark.parametrize(
    "words",
    [
        ("claim",),
        ("release", "--category", "new_business"),
        ("correct", "--wrong", "rule"),
        ("reject", "--reason", "x"),
    ],
)
def test_others_may_not(
    other_desk: Desk, other_review: Review, words: tuple[str, ...], whom: tuple[str, ...]
) -> None:
    """Whoever isn't of the team is refused and learns who is; nothing is decided."""
    item = waiting_at(other_desk)[0]
    ran = other_review(words[0], item, *words[1:], *whom)

    assert 3 == ran.code
    assert MAY in flat(ran.err)
    assert [] == decided(other_desk, item)


def test_nobody_plays_somebody_else_on_real_systems(
    other_desk: Desk, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside a sandbox people decide as themselves."""
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    ledger = other_desk.target.folder / "ledger.db"
    monkeypatch.setenv("TRIAGE_LEDGER_URL", f"sqlite:///{ledger}")
    item = waiting_at(other_desk)[0]
    words = ("claim", item, "--as", "maya", "--project", other_desk.target.project)
    ran = type_in("review", *words)

    assert 3 == ran.code
    assert "they have to do it themselves" in flat(ran.err)
    assert [] == decided(other_desk, item)


def test_a_category_of_the_page_is_wanted(other_desk: Desk, other_review: Review) -> None:
    """Another one is wrong usage, and those that there are get named; nothing is decided."""
    item = waiting_at(other_desk)[0]
    released = other_review("release", item, "--category", "gold", *AS_MAYA)
    wrong = ("--wrong", "category", "--category", "gold")
    corrected = other_review("correct", item, *wrong, *AS_MAYA)

    for ran in (released, corrected):
        assert 2 == ran.code
        assert "--category gold: the operating model has only these: new_business," in flat(ran.err)
    assert [] == decided(other_desk, item)


def test_without_slack_people_decide_all_the_same(
    other_desk: Desk, other_review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision is on record, the command says what is to follow, and the next run does it."""
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.0)
    one, other = other_desk.another(), other_desk.another()
    switch(other_desk, SLACK_IS_DOWN)
    claimed = other_review("claim", item_of(one), *AS_MAYA)
    words = ("--category", "new_business", *AS_MAYA)
    released = other_review("release", item_of(other), *words)

    assert (0, 0) == (claimed.code, released.code)
    assert "It is on record; the message will say so later" in flat(claimed.out)
    assert "The agent goes on with it in its next run: " in flat(released.out)
    assert [Claimed(**WHO)] == one.told("Claimed")
    assert "Claimed by" not in one.text

    switch(other_desk, "")
    other_desk.run()

    assert "Claimed by" in one.text
    assert "Released by" in other.text
    assert [lead for lead in records(other_desk, "Task") if lead["WhoId"] in other.text]


def test_a_paused_agent_goes_on_later(other_desk: Desk, other_review: Review) -> None:
    """While the agent is paused people decide all the same, and read when it shows."""
    one = other_desk.another()
    paused = other_desk.target.project / "PAUSED"
    paused.touch()
    ran = other_review("release", item_of(one), "--category", "new_business", *AS_MAYA)
    paused.unlink()

    assert 0 == ran.code
    assert "It is on record; the message will say so later, for the agent is paused" in ran.out
    assert "The agent goes on with it in its next run: the agent is paused" in flat(ran.out)

    other_desk.run()

    assert "Released by" in one.text


def test_another_run_is_on(other_desk: Desk, other_review: Review) -> None:
    """Then the released item waits for the next one, and the command says so."""
    one = other_desk.another()
    with (
        closing(wiring.open_ledger(other_desk.target)) as ledger,
        ledger.only_run("run-other", datetime.now(UTC)),
    ):
        ran = other_review("release", item_of(one), "--category", "new_business", *AS_MAYA)

    assert 0 == ran.code
    assert "Its message in Slack says so." in ran.out
    assert "The agent goes on with it in its next run: " in ran.out
    assert "run-other" in flat(ran.out)
    assert "Released by" in one.text


def test_what_the_agent_could_not_do_is_told(
    other_desk: Desk, other_review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it fails with a released item the command ends with 1; the decision stands."""
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.0)
    one = other_desk.another()
    switch(other_desk, "faults: [{fault: bad_row, code: UNABLE_TO_LOCK_ROW}]")
    words = ("--category", "new_business", *AS_MAYA, "--json")
    ran = other_review("release", item_of(one), *words)
    switch(other_desk, "")
    came = json.loads(ran.out)

    assert (1, "failed") == (ran.code, came["went_on"]["status"])
    assert "Salesforce refused the row" == came["went_on"]["failure"]
    assert [Released(**WHO, category="new_business")] == one.told("Released")


def test_slack_and_terminal_know_of_each_other(
    open_desk: Open, start_listening: Listen, type_in: TypeIn
) -> None:
    """What was decided in one can't be decided in the other, and is seen in both."""
    desk = open_desk()
    start_listening(desk)
    one, other = desk.another(), desk.another()
    review = typing_at(desk, type_in)
    desk.click("U0JONAS0003", one.ts)
    assert soon(lambda: one.told("Shown"))
    mine = review("claim", item_of(one), *AS_MAYA)
    ts = other.ts
    desk.click("U0JONAS0003", ts)
    assert soon(lambda: other.told("Shown"))

    assert (3, "triage-agent: Jonas Weber has it already.\n") == (mine.code, mine.err)
    assert "Claimed by Jonas Weber, " in review("show", item_of(other)).out
    assert [] == desk.faults()
