"""What waits for people, in a terminal: the list, and all about one of them."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.conftest import TypeIn, copied
from tests.jobs.conftest import written
from tests.review.at_terminal import (
    AS_MAYA,
    MAY,
    Review,
    flat,
    item_of,
    record_of,
    typing_at,
    unsafe,
    waiting_at,
)
from tests.review.conftest import STOPS, Desk, Open
from tests.sandbox.slack_people import MAYA
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.decision.review_events import FellBack
from triage_agent.ledger.store import AGENT
from triage_agent.targets import Target

pytestmark = pytest.mark.long

HOSTILE = "\x1b[2J\x1b[31mred\x07 \u202eturned\u2066 \x9b5n [bold]not bold[/bold] [/nonsense]"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def desk(open_desk: Open) -> Desk:
    """A desk at which nobody listens."""
    return open_desk()


@pytest.fixture
def review(desk: Desk, type_in: TypeIn) -> Review:
    """Types one of the commands at that desk."""
    return typing_at(desk, type_in)


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
    assert "for sales development; claimed by Maya Lindqvist" in flat(ran.out)
    assert "decide; restricted topic: legal" in ran.out
    assert item_of(other) in ran.out
    assert sorted(each["since"] for each in listed) == [each["since"] for each in listed]
    since = datetime.fromisoformat(told.pop("since"))
    assert since.utcoffset() in {(-5) * HOUR, (-4) * HOUR}  # the page's zone
    assert f"{since:%a} {since.day} {since:%b, %H:%M}" in ran.out
    assert told.pop("headline") in one.text
    assert "restricted_topic.legal" == told.pop("why")[0]
    assert {
        "item_id": item_of(one),
        "record_id": record_of(desk, one),
        "action": "escalate",
        "who": "sales development",
        "until": None,
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
    assert item_of(one) == told["item_id"] == told["hand_over"]["item_id"]
    assert ["claim", "release", "correct", "not_useful"] == told["can"]
    assert "maya" in told["deciders"]


def test_whose_claim_is_over(desk: Desk, review: Review) -> None:
    """They are called by their name, and the item waits for anybody of the team again."""
    one = desk.another()
    review("claim", item_of(one), *AS_MAYA)
    over = FellBack(action="escalate", by="Maya Lindqvist", slack=MAYA)
    with closing(wiring.open_ledger(desk.target)) as ledger:
        ledger.append(AGENT, datetime.now(UTC), [(item_of(one), over)])
    told = review("show", item_of(one)).out

    assert "Fell back from Maya Lindqvist, " in told
    assert " review claim " in told


@pytest.mark.parametrize(
    "wanted", ["x", "0123456789", "run-", "00Q000000000000AAA", "%%%%%%%%", "\x1b[2J%"]
)
def test_an_id_that_means_nothing(review: Review, wanted: str) -> None:
    """It is named, and it can't take hold of the terminal."""
    ran = review("show", wanted)

    assert 2 == ran.code
    assert "knows no item or record" in ran.err
    assert set() == unsafe(ran.err)


def test_several_items_of_a_record(desk: Desk, review: Review) -> None:
    """A record means the one of its items that waits; where several do, one is to be named."""
    one = desk.another()
    first, record = item_of(one), record_of(desk, one)
    requests.patch(
        f"{desk.url}/services/data/v62.0/sobjects/Lead/{record}",
        json={"Description": f"Once more. {STOPS}", "Status": "Open - Not Contacted"},
        headers={"Authorization": "Bearer sandbox"},
        timeout=10,
    ).raise_for_status()
    desk.run()
    both = review("claim", record, *AS_MAYA)
    review("reject", first, "--reason", "Old.", *AS_MAYA)
    told = json.loads(review("show", record, "--json").out)

    assert 2 == both.code
    assert "means 2 items, and several of them waits" in flat(both.err)
    assert first in both.err
    assert first != told["item_id"]
    assert record == told["record_id"]


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


def test_what_was_erased_waits_no_longer(open_desk: Open, type_in: TypeIn) -> None:
    """Without its texts nobody can decide about an item; what is left of it can be looked at."""
    desk = open_desk()
    review, item = typing_at(desk, type_in), waiting_at(desk)[0]
    where = ("--project", desk.target.project, "--sandbox-url", desk.url)
    type_in("ledger", "erase", "--person", "ada@lind-heating.example", "--as", "dana", *where)
    listed, shown = review("list"), review("show", item)
    claimed = review("claim", item, *AS_MAYA)

    assert "Nothing waits for people.\n" == listed.out
    assert shown.out.startswith("its texts have been erased\n")
    assert "There is nothing to decide about it." in shown.out
    assert 3 == claimed.code
    assert "no hand-over like this one any more" in flat(claimed.err)
