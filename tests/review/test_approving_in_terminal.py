"""People say yes, yes but otherwise, or no to what an action asks them for, in a terminal."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest
import requests

from tests.conftest import TypeIn
from tests.review.at_terminal import (
    AS_MAYA,
    CLOSED,
    FRESH,
    MAY,
    SLACK_IS_DOWN,
    WHO,
    WORKED,
    Review,
    asking_desk,
    at_a_terminal,
    decided,
    digest,
    flat,
    message,
    shown,
    status,
    switch,
    typing_at,
    waiting_at,
)
from tests.review.conftest import Desk
from triage_agent.connectors import patience
from triage_agent.decision.review_events import Approved, Rejected

pytestmark = pytest.mark.long

NO_DIGEST = "0" * 64


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk at which nobody listens, with an item for each test."""
    leads = [{"Company": f"Acme {n}"} for n in range(14)]
    with ExitStack() as stack:
        yield asking_desk(stack, tmp_path_factory.mktemp("asking"), *leads)


@pytest.fixture(scope="module")
def items(desk: Desk) -> Iterator[str]:
    """The items that wait at that desk."""
    return iter(waiting_at(desk))


@pytest.fixture
def item(items: Iterator[str]) -> str:
    """One that no test has used before."""
    return next(items)


@pytest.fixture
def review(desk: Desk, type_in: TypeIn) -> Review:
    """Types one of the commands at that desk."""
    return typing_at(desk, type_in)


def test_what_asks_is_listed(review: Review, item: str) -> None:
    """With what it would change, whose word it takes, since when and until when."""
    ran = review("list")
    listed = json.loads(review("list", "--json").out)["waiting"]
    (told,) = [each for each in listed if each["item_id"] == item]
    until = datetime.fromisoformat(told.pop("until"))
    since = datetime.fromisoformat(told.pop("since"))

    assert 80 >= max(map(len, ran.out.rstrip("\n").rsplit("\n", 1)[0].splitlines()))
    assert f"set status; Status: {FRESH} → {WORKED}" in flat(ran.out)
    assert f"for sales development; good until {until:%a} {until.day} {until:%b, %H:%M}" in ran.out
    assert since < until
    assert told.pop("headline").startswith("Acme ")
    assert told.pop("record_id").startswith("00Q")
    assert {
        "item_id": item,
        "action": "set_status",
        "who": "sales development",
        "why": [f"Status: {FRESH} → {WORKED}"],
        "claimed_by": None,
    } == told


def test_what_asks_is_shown(review: Review, item: str) -> None:
    """Exactly what would change, the draft, who may, until when, and what they can type."""
    ran, told = review("show", item), shown(review, item)
    (asked,) = told["asked"]

    assert f"\n    Status: {FRESH} → {WORKED}" in ran.out
    assert f"\n  Digest {asked['digest']} " in ran.out
    for words in ("May I set status?", "In the model's words: ", "The draft, not sent:", MAY):
        assert words in flat(ran.out)
    assert f"VALUE then one of {WORKED}, {CLOSED}." in flat(ran.out)
    assert ["approve", "edit", "reject"] == asked["can"]
    assert [{"field": "Status", "was": FRESH, "to": WORKED}] == asked["what"]["changes"]
    assert all(command in ran.out for command in told["commands"])
    assert ["approve", "edit", "reject"] == [line.split()[2] for line in told["commands"]]
    assert f" review approve {item} --digest {asked['digest'][:12]} " in told["commands"][0]
    assert (None, []) == (told["hand_over"], told["can"])


def test_a_yes_is_carried_out_at_once(desk: Desk, review: Review, item: str) -> None:
    """It is one to the whole digest, for which its beginning stands; it is told, and used once."""
    whole = digest(review, item)
    ran = review("approve", item, "--digest", whole[:12], *AS_MAYA)
    late = review("approve", item, "--digest", whole, "--as", "jonas")
    told = flat(review("show", item).out)

    assert 0 == ran.code
    assert f"Approved by Maya Lindqvist: set status, item {item}\n" in ran.out
    assert "Its message in Slack says so." in ran.out
    assert "create task done, set status done. Done, " in flat(ran.out)
    assert [Approved(**WHO, action="set_status", digest=whole)] == decided(desk, item)
    assert WORKED == status(desk, review, item)
    assert "Approved by " in message(desk, item)
    assert "'approve'" not in message(desk, item)
    assert (3, "triage-agent: Maya Lindqvist has approved it already.\n") == (late.code, late.err)
    assert "Approved by Maya Lindqvist, " in told
    assert "There is nothing to decide about it." in told
    assert " review approve " not in told
    assert item not in review("list").out
    assert [] == desk.faults()


def test_a_yes_to_another_value(desk: Desk, review: Review, item: str) -> None:
    """One that the page lets people write; the record gets it, and the message says so."""
    set_ = ("--set", f"Status={CLOSED}")
    ran = review("edit", item, *set_, "--digest", digest(review, item), *AS_MAYA, "--json")
    came = json.loads(ran.out)
    edited, approved = decided(desk, item)

    assert ("edited", "set_status", None) == (came["decision"], came["action"], came["left"])
    assert ["Edited", "Approved"] == [edited.kind, approved.kind]
    assert edited.digest == approved.digest != edited.was
    assert CLOSED == status(desk, review, item)
    (outcome,) = came["outcome"]
    moment = outcome.removeprefix("Done, ").removesuffix(".")
    shown = flat(review("show", item).out)
    assert f"Changed by Maya Lindqvist, {moment}: Status {CLOSED}." in shown
    assert "Changed by " in message(desk, item)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["Status=Gold"], f"can only be one of these: {WORKED}, {CLOSED}"),
        (["Rating=Hot"], "--set Rating: by the operating model only these can be changed: Status"),
        (["Status"], "--set Status: write one like FIELD=VALUE"),
        (["Status= "], "write one like FIELD=VALUE"),
        ([f"Status={CLOSED}", f"Status={WORKED}"], "--set Status: it is given twice"),
    ],
)
def test_what_the_page_does_not_have(
    desk: Desk, review: Review, settings: list[str], words: str
) -> None:
    """Nobody can have it written, and what is possible is named; nothing is decided."""
    item = waiting_at(desk)[-1]
    said = [word for one in settings for word in ("--set", one)]
    ran = review("edit", item, *said, "--digest", digest(review, item), *AS_MAYA)

    assert 2 == ran.code
    assert words in flat(ran.err)
    assert [] == decided(desk, item)


def test_an_edit_that_changes_nothing(desk: Desk, review: Review, item: str) -> None:
    """It is none, as in Slack."""
    set_ = ("--set", f"Status={WORKED}")
    ran = review("edit", item, *set_, "--digest", digest(review, item), *AS_MAYA)

    assert (3, []) == (ran.code, decided(desk, item))
    assert "Nothing of it was changed" in ran.err


def test_a_no_leaves_it_undone(desk: Desk, review: Review, item: str) -> None:
    """With its reason, which has to be one; then it waits no longer."""
    empty = review("reject", item, "--reason", " ", *AS_MAYA)
    ran = review("reject", item, "--reason", "Not yet.", *AS_MAYA)
    again = review("reject", item, "--reason", "No.", "--as", "jonas")

    assert (2, 0, 3) == (empty.code, ran.code, again.code)
    assert f"Rejected by Maya Lindqvist: set status, item {item}\n" in ran.out
    assert [Rejected(**WHO, action="set_status", reason="Not yet.")] == decided(desk, item)
    assert "Maya Lindqvist has rejected it already." in again.err
    assert FRESH == status(desk, review, item)
    assert "Rejected by " in message(desk, item)
    assert item not in review("list").out


@pytest.mark.parametrize("whom", [(), ("--as", "dana"), ("--as", "nobody")])
@pytest.mark.parametrize(
    "words", [("approve",), ("edit", "--set", f"Status={CLOSED}"), ("reject", "--reason", "x")]
)
def test_others_may_not(
    desk: Desk, review: Review, words: tuple[str, ...], whom: tuple[str, ...]
) -> None:
    """Whoever the page doesn't ask is refused and learns whom it asks; nothing is decided."""
    item = waiting_at(desk)[-1]
    seen = () if words[0] == "reject" else ("--digest", digest(review, item))
    ran = review(words[0], item, *words[1:], *seen, *whom)

    assert 3 == ran.code
    assert MAY in flat(ran.err)
    assert [] == decided(desk, item)


@pytest.mark.parametrize("words", [("approve",), ("edit", "--set", f"Status={CLOSED}")])
def test_a_yes_needs_what_was_seen(desk: Desk, review: Review, words: tuple[str, ...]) -> None:
    """Without a terminal a digest has to be given: enough of it, and of what is asked now."""
    item = waiting_at(desk)[-1]
    none = review(words[0], item, *words[1:], *AS_MAYA)
    short = review(words[0], item, *words[1:], "--digest", digest(review, item)[:11], *AS_MAYA)
    other = review(words[0], item, *words[1:], "--digest", NO_DIGEST, *AS_MAYA)

    assert (2, 2, 3) == (none.code, short.code, other.code)
    assert "--digest is missing" in none.err
    assert "`triage-agent review show` prints it" in flat(none.err)
    assert "give at least the first 12 characters" in flat(short.err)
    assert "This isn't what is asked any more" in other.err
    assert [] == decided(desk, item)


def test_at_a_terminal_it_is_shown(
    desk: Desk, review: Review, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly what would be written, and only a yes is one."""
    at_a_terminal(monkeypatch, "")
    no = review("approve", item, *AS_MAYA)
    before = decided(desk, item)
    at_a_terminal(monkeypatch, "y")
    yes = review("edit", item, "--set", f"Status={CLOSED}", *AS_MAYA)

    assert (3, 0) == (no.code, yes.code)
    assert f"  Status: {FRESH} → {WORKED}\n" in no.err
    assert "nothing was decided" in no.err
    assert [] == before
    assert f"  Status: {FRESH} → {CLOSED}\n" in yes.err
    assert "May the agent set status? [y/N]" in yes.err
    assert CLOSED == status(desk, review, item)


def test_while_it_is_paused_nobody_says_yes(desk: Desk, review: Review, item: str) -> None:
    """A no counts all the same, and its message tells it later."""
    paused = desk.target.project / "PAUSED"
    whole = digest(review, item)
    paused.touch()
    yes = review("approve", item, "--digest", whole, *AS_MAYA)
    no = review("reject", item, "--reason", "No.", *AS_MAYA)
    paused.unlink()

    assert (3, 0) == (yes.code, no.code)
    assert "Nothing was approved, for the agent is paused" in flat(yes.err)
    assert [Rejected(**WHO, action="set_status", reason="No.")] == decided(desk, item)
    assert "the message will say so later, for the agent is paused" in flat(no.out)


def test_the_record_has_changed(desk: Desk, review: Review, item: str) -> None:
    """What somebody has written meanwhile stands, and whoever said yes is told."""
    record, whole = shown(review, item)["record_id"], digest(review, item)
    requests.patch(
        f"{desk.url}/services/data/v62.0/sobjects/Lead/{record}",
        json={"Status": CLOSED},
        headers={"Authorization": "Bearer sandbox"},
        timeout=10,
    ).raise_for_status()
    ran = review("approve", item, "--digest", whole, *AS_MAYA)

    assert "Not done, " in ran.out
    assert "since it was read, the record " in flat(ran.out)
    assert CLOSED == status(desk, review, item)


def test_without_slack_people_decide_all_the_same(
    desk: Desk, review: Review, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The yes is on record, the command says what is to follow, and the next run tells it."""
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.0)
    whole = digest(review, item)
    switch(desk, SLACK_IS_DOWN)
    ran = review("approve", item, "--digest", whole, *AS_MAYA)
    switch(desk, "")
    before = message(desk, item)
    desk.run()

    assert "It is on record; the message will say so later" in flat(ran.out)
    assert [Approved(**WHO, action="set_status", digest=whole)] == decided(desk, item)
    assert "Approved by " not in before
    assert "Approved by " in message(desk, item)
    assert WORKED == status(desk, review, item)
