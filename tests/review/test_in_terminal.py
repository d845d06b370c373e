"""People decide in a terminal what waits for them: with the same checks, also without Slack."""

import json
import unicodedata
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import REAL, Ran, TypeIn, copied
from tests.jobs.conftest import written
from tests.review.conftest import STOPS, Desk, HandedOver, Listen, Open, soon
from tests.sandbox.slack_people import MAYA
from triage_agent import wiring
from triage_agent.connectors import patience
from triage_agent.decision.review_events import Claimed, Corrected, Rejected, Released
from triage_agent.sandbox.server import running
from triage_agent.targets import Target

MAY = "Maya Lindqvist (maya), Jonas Weber (jonas), Priya Nair (priya)"
WHO = {
    "by": "Maya Lindqvist",
    "login": "maya",
    "slack": MAYA,
    "salesforce": "005000000000002AAA",
}
SLACK_IS_DOWN = "faults: [{fault: server_error, system: slack, status: 503}]"
HOSTILE = "\x1b[2J\x1b[31mred\x07 \u202eturned\u2066 \x9b5n [bold]not bold[/bold] [/nonsense]"
UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

AS_MAYA = ("--as", "maya")
HOUR = timedelta(hours=1)

Review = Callable[..., Ran]


@pytest.fixture(scope="module")
def desk(open_desk: Open) -> Desk:
    """A desk at which nobody listens."""
    return open_desk()


@pytest.fixture
def review(desk: Desk, type_in: TypeIn) -> Review:
    """Types one of the commands at that desk."""
    return typing_at(desk, type_in)


def typing_at(desk: Desk, type_in: TypeIn) -> Review:
    where = ("--project", desk.target.project, "--sandbox-url", desk.url)
    return lambda *words: type_in("review", *words, *where)


def switch(desk: Desk, faults: str) -> None:
    requests.post(f"{desk.url}/faults", data={"text": faults}, timeout=10).raise_for_status()


def item_of(one: HandedOver) -> str:
    message = one.desk.messages()[one.number]
    return str(message["metadata"]["event_payload"]["key"]).partition(".")[0]


def record_of(desk: Desk, one: HandedOver) -> str:
    (record,) = [lead["Id"] for lead in records(desk, "Lead") if lead["Id"] in one.text]
    return str(record)


def records(desk: Desk, name: str) -> list[dict[str, Any]]:
    state = requests.get(f"{desk.url}/sandbox/state", timeout=10).json()
    found: list[dict[str, Any]] = state["salesforce"].get(name, [])
    return found


def flat(text: str) -> str:
    """Without the line breaks that a narrow screen needs."""
    return " ".join(text.split())


def test_what_waits_is_listed(desk: Desk, review: Review) -> None:
    """Each item with its headline, team, rule and moment, and who has claimed it; oldest first."""
    one, other = desk.another(), desk.another()
    review("claim", item_of(one), *AS_MAYA)
    ran = review("list")
    listed = json.loads(review("list", "--json").out)["waiting"]
    (told,) = [each for each in listed if each["item_id"] == item_of(one)]

    assert 0 == ran.code
    table, command = ran.out.rstrip("\n").rsplit("\n", 1)
    assert 80 >= max(map(len, table.splitlines()))
    assert command.endswith(f" review show {listed[0]['item_id']} --sandbox-url {desk.url}")
    assert f"for sales development; claimed by {WHO['by']}" in flat(ran.out)
    assert "restricted topic: legal" in ran.out
    assert item_of(other) in ran.out
    assert sorted(each["record_id"] for each in listed) == [each["record_id"] for each in listed]
    since = datetime.fromisoformat(told.pop("since"))
    assert since.utcoffset() in {(-5) * HOUR, (-4) * HOUR}  # the page's zone
    assert f"{since:%a} {since.day} {since:%b, %H:%M}" in ran.out
    assert told.pop("headline") in one.text
    assert "restricted_topic.legal" == told.pop("rules")[0]
    assert {
        "item_id": item_of(one),
        "record_id": record_of(desk, one),
        "team": "sales_development",
        "claimed_by": "Maya Lindqvist",
    } == told


def test_nothing_waits(type_in: TypeIn, tmp_path: Path) -> None:
    """Where nothing waits, the list says so."""
    project = copied(tmp_path / "project")
    ran = type_in("review", "list", "--project", project, "--sandbox")
    as_json = type_in("review", "list", "--json", "--project", project, "--sandbox")

    assert (0, "Nothing waits for people.\n") == (ran.code, ran.out)
    assert {"waiting": []} == json.loads(as_json.out)


def test_an_item_is_shown(desk: Desk, review: Review) -> None:
    """All that the hand-over says, who can decide it, and what they can type."""
    one = desk.another()
    ran = review("show", item_of(one)[:8])
    told = json.loads(review("show", record_of(desk, one), "--json").out)

    assert 0 == ran.code
    for words in (STOPS, "Restricted topic: A legal claim", "lind-heating.example", MAY):
        assert words in flat(ran.out)
    assert "It waits since " in ran.out
    assert "CATEGORY is one of new_business, demo_request" in flat(ran.out)
    assert f" review claim {item_of(one)} --sandbox-url {desk.url}\n" in ran.out
    assert all(command in ran.out for command in told["commands"])
    assert item_of(one) == told["waiting"]["item_id"] == told["hand_over"]["item_id"]
    assert ["claim", "release", "correct", "not_useful"] == told["can"]
    assert "maya" in told["deciders"]


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
    reviewed = flat(timeline.out.partition("Who reviewed or approved?")[2])
    assert "Maya Lindqvist (maya, in Slack U0MAYA00002) has the agent go on" in reviewed
    assert item_of(one) not in review("list").out
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


@pytest.mark.parametrize(
    "wanted", ["x", "0123456789", "run-", "00Q000000000000AAA", "%%%%%%%%", "\x1b[2J%"]
)
def test_an_id_that_means_nothing(other_review: Review, wanted: str) -> None:
    """It is named, and it can't take hold of the terminal."""
    ran = other_review("show", wanted)

    assert 2 == ran.code
    assert "knows no item or record" in ran.err
    assert set() == unsafe(ran.err)


def test_several_items_of_a_record(other_desk: Desk, other_review: Review) -> None:
    """A record means the one of its items that waits; where several do, one is to be named."""
    one = other_desk.another()
    first, record = item_of(one), record_of(other_desk, one)
    requests.patch(
        f"{other_desk.url}/services/data/v62.0/sobjects/Lead/{record}",
        json={"Description": f"Once more. {STOPS}", "Status": "Open - Not Contacted"},
        headers={"Authorization": "Bearer sandbox"},
        timeout=10,
    ).raise_for_status()
    other_desk.run()
    both = other_review("claim", record, *AS_MAYA)
    other_review("reject", first, "--reason", "Old.", *AS_MAYA)
    told = json.loads(other_review("show", record, "--json").out)

    assert 2 == both.code
    assert "means 2 items, and several of them waits" in flat(both.err)
    assert first in both.err
    assert first != told["waiting"]["item_id"]
    assert record == told["waiting"]["record_id"]


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


def test_a_strangers_words_do_nothing(
    type_in: TypeIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the list nor the item lets them move the cursor, colour the screen or hide."""
    lead = {"Company": HOSTILE, "Title": HOSTILE, "Description": f"{STOPS}\n{HOSTILE}"}
    path = written(tmp_path / "leads.jsonl", [lead])
    with running(state=None, leads=path) as url:
        desk = Desk(Target(copied(tmp_path / "project"), sandbox_url=url), url)
        desk.run()
        capsys.readouterr()
        review, (item,) = typing_at(desk, type_in), waiting_at(desk)
        listed, shown = review("list"), review("show", item)
        as_json = review("show", item, "--json").out

    assert (0, 0) == (listed.code, shown.code)
    assert 1 == flat(listed.out).count("[bold]not bold[/bold]")
    assert 5 == flat(shown.out).count("[bold]not bold[/bold]")
    assert set() == unsafe(listed.out + shown.out + as_json)
    assert HOSTILE in json.loads(as_json)["hand_over"]["request"]


def unsafe(text: str) -> set[str]:
    return {c for c in text if c != "\n" and unicodedata.category(c) in UNSAFE}


def waiting_at(desk: Desk) -> list[str]:
    with closing(wiring.open_ledger(desk.target)) as ledger:
        return [item for item, _ in ledger.waiting("live")]


def decided(desk: Desk, item: str) -> list[object]:
    """What people have decided about an item."""
    with closing(wiring.open_ledger(desk.target)) as ledger:
        events = [one.event for one in ledger.events(item)]
    return [e for e in events if isinstance(e, Claimed | Released | Corrected | Rejected)]
