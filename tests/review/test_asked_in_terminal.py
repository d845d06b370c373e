"""What an action asks for in a terminal as time passes, pages change, and several things wait."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TypeIn
from tests.review.at_terminal import (
    AS_MAYA,
    FRESH,
    WORKED,
    asking_desk,
    at_a_terminal,
    decided,
    digest,
    flat,
    item_of,
    message,
    rewrite,
    shown,
    status,
    typing_at,
    unsafe,
    waiting_at,
)
from tests.review.conftest import STOPS, Desk
from triage_agent import reviewing, wiring

pytestmark = pytest.mark.long

HOSTILE = "\x1b[2J\x1b[31mred\x07 \u202eturned\u2066 \x9b5n [bold]not bold[/bold] [/nonsense]"
OpenAsking = Callable[..., Desk]


@pytest.fixture
def open_asking(tmp_path: Path) -> Iterator[OpenAsking]:
    """A desk as `asking_desk` opens it."""
    with ExitStack() as stack:
        yield partial(asking_desk, stack, tmp_path)


def test_it_has_expired(open_asking: OpenAsking, type_in: TypeIn) -> None:
    """Nobody can say yes any more; the item says so from then on, and its message, too."""
    then = datetime.now(UTC) - timedelta(days=9)
    desk = open_asking({}, clock=lambda: then)
    review, (item,) = typing_at(desk, type_in), waiting_at(desk)
    words = ("approve", item, "--digest", digest(review, item), *AS_MAYA)
    ran, again = review(*words), review(*words)

    assert (3, 3) == (ran.code, again.code)
    assert "It has expired, so nothing was changed." in ran.err
    assert "It has expired, so nothing was changed." in again.err
    assert "Expired" in message(desk, item)
    assert "Expired" in review("show", item).out
    assert FRESH == status(desk, review, item)
    assert [] == decided(desk, item)


def test_the_page_has_changed(open_asking: OpenAsking, type_in: TypeIn) -> None:
    """What was asked by another page is no more, and asked afresh at once; then a yes counts."""
    desk = open_asking({})
    review, (item,) = typing_at(desk, type_in), waiting_at(desk)
    old = digest(review, item)
    rewrite(desk.target.project, "expires_after: 20h", "expires_after: 19h")
    ran = review("approve", item, "--digest", old, *AS_MAYA)
    first, second = shown(review, item)["asked"]
    late = review("approve", item, "--digest", old, *AS_MAYA)
    yes = review("approve", item, "--digest", second["digest"], *AS_MAYA)

    assert (3, 3, 0) == (ran.code, late.code, yes.code)
    words = "Nothing was approved, for the operating model has changed since. You will be asked"
    assert words in flat(ran.err)
    assert [] == first["can"]
    assert "It is asked again: the operating model has changed since." in flat(
        review("show", item).out
    )
    assert "This isn't what is asked any more" in late.err
    assert WORKED == status(desk, review, item)
    assert [] == desk.faults()


def test_the_page_changes_before_it_is_done(
    open_asking: OpenAsking, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The yes holds no more, and the command says so, and that it is asked afresh."""
    desk = open_asking({})
    review, (item,) = typing_at(desk, type_in), waiting_at(desk)

    def late(*given: Any, **named: Any) -> object:  # noqa: ANN401 - as `wiring.run`
        rewrite(desk.target.project, "expires_after: 20h", "expires_after: 19h")
        return wiring.run(*given, **named)

    monkeypatch.setattr(reviewing, "run", late)
    ran = review("approve", item, "--digest", digest(review, item), *AS_MAYA)

    assert 0 == ran.code
    assert "the operating model has changed since. It is asked afresh." in flat(ran.out)
    assert FRESH == status(desk, review, item)
    assert ["approve", "edit", "reject"] == shown(review, item)["asked"][-1]["can"]


def test_the_page_asks_about_other_fields(open_asking: OpenAsking, type_in: TypeIn) -> None:
    """What was asked by the old one can be looked at, and refused."""
    desk = open_asking({})
    review, (item,) = typing_at(desk, type_in), waiting_at(desk)
    rewrite(
        desk.target.project,
        "set: {Status: Working - Contacted}\n    when: settled\n    ask:\n"
        "      who: sales_development\n"
        "      expires_after: 20h            # of working time, like all that waits for people\n"
        "      instead: {Status: [Closed - Not Converted]}",
        "set: {Rating: Hot}\n    when: settled\n    ask:\n"
        "      who: sales_development\n      expires_after: 20h",
    )
    told = review("show", item)
    ran = review("reject", item, "--reason", "Old.", *AS_MAYA)

    assert (0, 0) == (told.code, ran.code)
    assert f"Status: {FRESH} → {WORKED}" in told.out
    assert " review edit " not in told.out


def test_an_item_waits_for_two_decisions(open_asking: OpenAsking, type_in: TypeIn) -> None:
    """It has two rows; what a no is about has to be said, and a no to one leaves the other."""
    always = (
        "Status: Working - Contacted}\n    when: settled",
        "Status: Working - Contacted}\n    when: always",
    )
    desk = open_asking({"Description": STOPS}, page=always)
    review, one = typing_at(desk, type_in), desk.another()
    item, reason = item_of(one), ("--reason", "No.", *AS_MAYA)
    rows = [row["action"] for row in json.loads(review("list", "--json").out)["waiting"]]
    told, commands = review("show", item), shown(review, item)["commands"]
    both = review("reject", item, *reason)
    strange = review("reject", item, "--action", "tag", *reason)
    no = review("reject", item, "--action", "set_status", *reason)
    set_aside = review("reject", item, *reason)

    assert ["escalate", "set_status"] == rows
    assert "May I set status?" in told.out
    rejects = [line for line in commands if " review reject " in line]
    assert ["escalate", "set_status"] == [line.split()[7] for line in rejects]
    assert not [line for line in commands if " approve " in line and "--action" in line]
    assert (2, 2, 0, 0) == (both.code, strange.code, no.code, set_aside.code)
    assert "name one: --action escalate, --action set_status" in flat(both.err)
    assert "--action tag: of this item these can be decided so: escalate, set_status" in flat(
        strange.err
    )
    assert ["set_status", None] == [event.action for event in decided(desk, item)]
    assert [] == waiting_at(desk)


def test_two_actions_of_an_item_ask(open_asking: OpenAsking, type_in: TypeIn) -> None:
    """Which of them a yes is about has to be said, and is about that alone."""
    rating = (
        "  escalate:\n    post_to",
        (
            "  set_rating:\n    update: Lead\n    set: {Rating: Hot}\n    when: settled\n"
            "    ask: {who: owner, expires_after: 4h}\n    undo: restore\n  escalate:\n    post_to"
        ),
    )
    desk = open_asking({}, page=rating)
    review, (item,) = typing_at(desk, type_in), waiting_at(desk)
    rows = json.loads(review("list", "--json").out)["waiting"]
    status_, rating_ = shown(review, item)["asked"]
    whole = ("--digest", rating_["digest"])
    both = review("approve", item, *whole, "--as", "dana")
    other = review("approve", item, *whole, "--action", "set_status", *AS_MAYA)
    ran = review("approve", item, *whole, "--action", "set_rating", "--as", "dana")

    assert [("set_status", "sales development"), ("set_rating", "Dana Reyes")] == [
        (row["action"], row["who"]) for row in rows
    ]
    assert ["approve", "reject"] == rating_["can"]
    assert {"dana": "Dana Reyes"} == rating_["deciders"]
    assert "set_status" == status_["action"]
    assert (2, 3, 0) == (both.code, other.code, ran.code)
    assert "name one: --action set_status, --action set_rating" in flat(both.err)
    assert "set rating done" in flat(ran.out)
    assert FRESH == status(desk, review, item)


def test_a_strangers_words_do_nothing(
    open_asking: OpenAsking, type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They neither move the cursor nor look like a line of ours where somebody says yes."""
    desk = open_asking({"Company": HOSTILE})
    review, (item,) = typing_at(desk, type_in), waiting_at(desk)
    listed, told, as_json = review("list"), review("show", item), review("show", item, "--json")
    at_a_terminal(monkeypatch, "n")
    asked = review("approve", item, *AS_MAYA)

    assert 1 == flat(listed.out).count("[bold]not bold[/bold]")
    assert 1 == flat(asked.err).count("[bold]not bold[/bold]")
    assert set() == unsafe(listed.out + told.out + as_json.out + asked.err)


def test_what_was_asked_of_one_is_not_there(open_asking: OpenAsking, type_in: TypeIn) -> None:
    """Nobody is asked about an item that was handed over; nobody can claim one that asks."""
    desk = open_asking({"Description": STOPS}, {"Company": "Acme"})
    review, handed = typing_at(desk, type_in), item_of(desk.another())
    (asking,) = [item for item in waiting_at(desk) if item != handed]
    ran = review("approve", handed, "--digest", "0" * 64, *AS_MAYA)
    claimed = review("claim", asking, *AS_MAYA)

    assert (3, 3) == (ran.code, claimed.code)
    assert "no such request any more" in flat(ran.err)
    assert "no hand-over like this one any more" in flat(claimed.err)
