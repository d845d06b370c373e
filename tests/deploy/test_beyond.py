"""What `deploy/beyond` reckons: loads, days, and what its README and picture say of them."""

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from math import inf
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.beyond import simulate
from deploy.beyond.day import Day, arrivals, simulated
from deploy.beyond.figures import MINUTES, MODEL, PEAK, TIERS, Item, World
from deploy.beyond.picture import apart
from deploy.beyond.resources import dollars, resources
from tests.conftest import HOME
from tests.test_readme import blocks
from triage_agent.project import read_model, read_prices

FOLDER = HOME / "deploy" / "beyond"
WORLD, ITEM = World(), Item()
NAMES = [one.name for one in resources(WORLD, ITEM)]
LIMITS = (
    *("people", "attention", "allowance", "ours", "long_requests", "channels", "messages_a_second"),
    *("concurrency", "items_per_run"),
)
"""Of a world, what may be doubled to have more; `processes` bring more requests along."""
SIZES = st.integers(1, 10**7)
PLAIN = Item(handed_over=0.5, asked=0.5, tokens_in=900, tokens_out=100, calls=1, requests=0.05)
"""Round numbers, for sums done by hand."""


def _load(name: str, items: float, world: World = WORLD, item: Item = ITEM) -> float:
    return next(one for one in resources(world, item) if one.name == name).load(items)


def _breaks_from(name: str, world: World) -> float:
    found = next(one for one in resources(world, ITEM) if one.name == name)
    return found.breaks_from() or inf


@pytest.mark.parametrize(
    ("name", "items", "load"),
    [
        ("people's time", 216, 216 * (0.5 * 4 + 0.5 * 1) / (3 * 180)),
        ("decisions taken up", 1000, 1000 * 0.5 * 1.1 / (10 * 3600)),
        ("Salesforce requests", 0, 12 * 288 / 55_000),
        ("Salesforce requests", 1000, (13 * 288 + 1000 * (0.05 + 0.5 * 8)) / 55_000),
        ("Slack messages", 3600 / PEAK, 1),
        ("the model's tier", 5000, 0.5),  # by requests a day
        ("items a run", 24_000 / PEAK, 1),
        ("read again", 1000, 2000 * ITEM.read_again / 300),
        ("questions at once", 57_600 / PEAK, 1),
        ("processor", 3600 / PEAK / 0.033, 1),
        ("the ledger's writer", 3600 / PEAK / 0.0095, 1),
        ("long requests", 1000, 4 / 25),
        ("long requests", 7200 / PEAK / 0.033, 8 / 25),
    ],
)
def test_a_load_is_what_it_is_by_hand(name: str, items: float, load: float) -> None:
    """Each resource's load is the sum that the README tells."""
    assert _load(name, items, item=PLAIN) == pytest.approx(load)


@pytest.mark.parametrize(
    ("tier", "calls", "items", "load"),
    [(1, 1, 10_000, 1.0), (2, 1, 120_000 / PEAK, 1.0), (2, 10, 30_000 / PEAK, 1.0)],
)
def test_the_tightest_of_a_tiers_limits_counts(
    tier: int, calls: float, items: float, load: float
) -> None:
    """A tier is full by its requests a day, its tokens a minute or its requests a minute."""
    found = _load("the model's tier", items, replace(WORLD, tier=tier), replace(PLAIN, calls=calls))

    assert found == pytest.approx(load)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
@given(few=SIZES, more=SIZES)
def test_more_items_never_lessen_a_load(name: str, few: int, more: int) -> None:
    """Whatever the resource."""
    assert _load(name, few) <= _load(name, few + more)


@pytest.mark.parametrize("limit", LIMITS)
@given(name=st.sampled_from(NAMES), times=st.integers(1, 50))
def test_twice_of_a_limit_breaks_nothing_earlier(limit: str, name: str, times: int) -> None:
    """However much of it there was."""
    world = _with(WORLD, limit, times)

    assert _breaks_from(name, world) <= _breaks_from(name, _with(world, limit, 2))


@given(name=st.sampled_from(NAMES), tier=st.sampled_from(sorted(TIERS)[1:]))
def test_a_higher_tier_breaks_nothing_earlier(name: str, tier: int) -> None:
    """Of the five there are."""
    lower, higher = replace(WORLD, tier=tier - 1), replace(WORLD, tier=tier)

    assert _breaks_from(name, lower) <= _breaks_from(name, higher)


def _with(world: World, limit: str, times: int) -> World:
    return _changed(world, **{limit: getattr(world, limit) * times})


def _changed(world: World, **others: float) -> World:
    known = {one.name: getattr(world, one.name) for one in fields(world)}
    return World(**known | others)


@pytest.mark.parametrize("name", NAMES)
def test_it_breaks_from_where_it_says(name: str) -> None:
    """One item fewer still goes."""
    items = _breaks_from(name, WORLD)

    assert _load(name, items - 1) <= 1 < _load(name, items)


def test_what_the_model_costs_is_told_by_its_prices() -> None:
    """900 tokens at $0.40 a million and 100 at $1.60."""
    assert dollars(WORLD, PLAIN) == pytest.approx(0.00036 + 0.00016)


def test_more_processes_share_the_work_and_ask_more_at_once() -> None:
    """Nine take a ninth each, and have nine times as much under way."""
    nine = replace(WORLD, processes=9)

    for name in ("processor", "questions at once"):
        assert _load(name, 1000, nine) == pytest.approx(_load(name, 1000) / 9)
    assert _load("long requests", 1000, nine) == pytest.approx(9 * 4 / 25)


def test_unasked_people_get_what_is_handed_over() -> None:
    """No question, and no message for one."""
    assert simulate.unasked(PLAIN) == replace(PLAIN, asked=0, messages=0.5)


def test_what_never_breaks_says_so() -> None:
    """Where nothing is asked, nobody's decisions are taken up."""
    unasked = resources(WORLD, simulate.unasked(ITEM))

    assert [None] == [one.breaks_from() for one in unasked if one.name == "decisions taken up"]


@pytest.mark.parametrize("items", [1000, 100_000, 250_000])
def test_what_would_do_does(items: int) -> None:
    """With as much as is told, what can be bought by number isn't overloaded."""
    told = {one.needs: one.enough(items) for one in resources(WORLD, ITEM)}
    number: Callable[[str], int] = lambda needs: int(told[needs].replace(",", ""))  # noqa: E731
    world = replace(
        WORLD,
        people=number("people"),
        allowance=number("Salesforce requests a day") * 2 + 2,  # others have half of it
        channels=number("Slack channels"),
        tier=number("the model's tier"),
        items_per_run=number("items_per_run"),
        concurrency=number("concurrency"),
        every=max(5, number("minutes between runs")),
        processes=number("processes"),
    )

    over = [one.name for one in resources(world, ITEM) if one.load(items) > 1]
    assert set(over) <= {"decisions taken up"}


@given(few=st.integers(0, 3000), more=st.integers(0, 3000), seed=st.integers(0, 9))
def test_more_items_are_the_same_and_more(few: int, more: int, seed: int) -> None:
    """In no minute of the day fewer come in, and all of them do."""
    less, all_ = arrivals(few, seed), arrivals(few + more, seed)

    assert all(one <= other for one, other in zip(less, all_, strict=True))
    assert (MINUTES, few + more) == (len(all_), sum(all_))


def _day(items: int = 500, item: Item = PLAIN, **others: float) -> Day:
    return simulated(items, _changed(WORLD, **others), item, seed=1)


def test_a_day_is_the_same_again() -> None:
    """With its seed; with another it is another day."""
    assert _day() == _day()
    assert arrivals(500, 1) != arrivals(500, 2)


def test_an_easy_day_leaves_next_to_nothing() -> None:
    """What came in the last five minutes is all that is left, and runs come every five."""
    day = _day(people=99)

    assert (288, None, None) == (day.runs, day.no_requests_from, day.paused_from)
    assert day.items - day.done == sum(arrivals(500, 1)[-5:])
    assert day.oldest <= 5
    assert day.days_of_people == pytest.approx(0, abs=0.5)


def test_a_run_takes_no_more_than_the_page_says() -> None:
    """`items_per_run` of one item, each hour, ends with at most 24; the oldest go first."""
    day = _day(items_per_run=1, every=60)

    assert 20 <= day.done <= 24
    assert day.oldest > 20 * 60


@pytest.mark.parametrize(
    ("item", "world"),
    [
        (PLAIN, {"messages_a_second": 1 / 3600}),
        (PLAIN, {"seconds_a_call": 32 * 3600}),
        (replace(PLAIN, processor=3600), {}),
        (replace(PLAIN, written=3600), {}),
        (replace(PLAIN, tokens_in=11_999_900), {"tokens_per_run": inf, "dollars_per_run": inf}),
    ],
    ids=["messages", "questions", "processor", "ledger", "tokens"],
)
def test_what_takes_an_hour_lets_a_day_have_24(item: Item, world: dict[str, float]) -> None:
    """Whatever it is; what a run has begun with at midnight isn't done."""
    item = replace(item, read_again=0)
    day = simulated(500, _changed(WORLD, items_per_run=1, **world), item, seed=1)
    came = [minute for minute, number in enumerate(arrivals(500, 1)) for _ in range(number)]

    begun = -(-came[0] // 5) * 5
    assert day.done == (MINUTES - begun) // 60
    assert day.oldest == MINUTES - came[day.done]


def test_a_run_that_takes_too_much_pauses_the_agent() -> None:
    """By tokens or dollars; until somebody resumes it, nothing more is done."""
    tokens, dollars = _day(tokens_per_run=10), _day(dollars_per_run=1e-9)

    assert tokens.paused_from == dollars.paused_from is not None
    assert 0 < tokens.done < 10


def test_the_allowance_is_used_up_and_not_passed() -> None:
    """From then on no run begins."""
    day = _day(allowance=600)

    assert day.requests <= 300
    assert day.no_requests_from is not None
    assert day.runs * 12 <= 300


def test_what_is_still_new_takes_requests_and_time() -> None:
    """Each run reads it, and what waits, before it begins."""
    day, idle = _day(days_new=0), _day(items=0)

    assert idle.requests == 288 * 12
    assert day.requests < _day(days_new=400).requests
    undecided = _day(days_new=0, decision_requests=0)
    assert undecided.requests == pytest.approx(288 * 12 + 500 * 0.05, abs=2)
    assert day.done > simulated(500, WORLD, replace(PLAIN, read_again=20), seed=1).done


def test_a_tiers_requests_a_day_end_a_day() -> None:
    """Tier 1 answers 10,000 of them; the next has no such limit."""
    held, free = _day(12_000, channels=9), _day(12_000, channels=9, tier=2)

    assert held.done == 10_000 < free.done


def test_what_exceeds_the_messages_of_a_run_goes_under_one() -> None:
    """With none allowed all of them do; with many none does."""
    assert _day(messages_per_run=0).replies >= _day().done
    assert _day(messages_per_run=500).replies == 0


def test_people_work_off_what_they_can() -> None:
    """One person leaves more than two do, and a day's work is their time."""
    one, two = _day(people=1), _day(people=2)

    assert one.days_of_people * 180 == pytest.approx(one.done * 2.5 - 180, abs=90)
    assert one.days_of_people > two.days_of_people


def test_decisions_need_requests() -> None:
    """Each that was asked and decided takes eight, by a run of its own."""
    busy, idle = _day(people=50), _day(people=50, decision_requests=0)
    decided = idle.done - idle.days_of_people * 50 * 180 / 2.5

    assert busy.requests - idle.requests == pytest.approx(decided * 0.5 * 8, abs=2)


def test_the_page_s_limits_count() -> None:
    """Limits, people, hours and prices are the project's own."""
    limits, price = read_model(HOME).page.limits, read_prices(HOME)[MODEL]
    world = simulate.of_project(HOME)

    assert (world.concurrency, world.items_per_run) == (limits.concurrency, limits.items_per_run)
    assert (world.tokens_per_run, world.dollars_per_run) == (
        limits.tokens_per_run,
        limits.cost_usd_per_run,
    )
    assert (world.messages_per_run, world.people) == (limits.messages_per_run, 3)
    assert (world.opens, world.closes) == (8 * 60, 18 * 60)
    assert (world.dollars_in, world.dollars_out) == (price.input, price.output)


def test_what_an_item_costs_is_what_a_run_shows() -> None:
    """The counts agree with the run over the samples that the README shows."""
    run = blocks("README.md", "text")[0]
    match = re.search(r"(\d+) received: (\d+) settled, (\d+) escalated", run)
    model = re.search(r"(\d+) calls of baseline, ([\d,]+) \+ ([\d,]+) tokens", run)
    slack = re.search(r"(\d+) to Slack", run)
    assert match
    assert model
    assert slack
    items, settled, escalated = (int(number) for number in match.groups())
    calls, tokens_in, tokens_out = (int(one.replace(",", "")) for one in model.groups())

    shown = [settled, escalated, calls, tokens_in, tokens_out, int(slack[1]) - 2]
    told = (ITEM.asked, ITEM.handed_over, ITEM.calls, ITEM.tokens_in, ITEM.tokens_out, 1.0)
    assert [one / items for one in shown] == pytest.approx(told, rel=0.01)


@pytest.mark.long
def test_the_readme_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line, on 80 columns."""
    simulate.main([])
    printed = [line.rstrip() for line in capsys.readouterr().out.rstrip().splitlines()]

    assert "\n".join(printed) == blocks("deploy/beyond/README.md", "text")[0].rstrip()
    assert max(map(len, printed)) <= 80


@pytest.mark.long
def test_json_tells_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """One object, with each resource in the order in which they break, and each day."""
    simulate.main(["--json", "--seed", "7"])
    told = json.loads(capsys.readouterr().out)

    breaks = [one["breaks_from"] or inf for one in told["resources"]]
    assert breaks == sorted(breaks)
    assert {one["name"] for one in told["resources"]} == set(NAMES)
    assert [day["items"] for day in told["days"]] == [*simulate.SIZES]
    assert told["days"][0] != told["days_unasked"][0]


def test_the_picture_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    """The one in docs/ is what the script draws; `make generated` writes it."""
    simulate.main(["--svg"])

    assert capsys.readouterr().out == Path(HOME / "docs" / "beyond.svg").read_text(encoding="utf-8")


def test_the_picture_names_every_resource() -> None:
    """It is XML, and each line has its name beside it."""
    tree = ET.parse(HOME / "docs" / "beyond.svg")  # noqa: S314 - our own
    texts = [one.text for one in tree.iter("{http://www.w3.org/2000/svg}text")]

    assert set(NAMES) <= set(texts)


@given(st.lists(st.floats(0, 1000), max_size=12))
def test_names_stand_apart(places: list[float]) -> None:
    """In their order, none above its line's end, each two 17 apart."""
    moved = apart(places)

    assert all(after >= before - 0.1 for before, after in zip(places, moved, strict=True))
    in_order = [after for _, after in sorted(zip(places, moved, strict=True))]
    assert all(lower - upper >= 16.8 for upper, lower in pairwise(in_order))


def test_the_readme_tells_what_each_does() -> None:
    """Each resource has its row there: what happens then, and what to buy."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")

    rows = {one.name: f"| {one.name} | {one.then} | {one.buy} |" for one in resources(WORLD, ITEM)}
    assert [name for name, row in rows.items() if row not in text] == []
    assert f"a million items are ${1e6 * dollars(WORLD, ITEM):.0f} of the model" in text


def test_the_readmes_say_where_each_breaks() -> None:
    """To two digits: as they are, and where nothing is asked."""
    now, unasked = (
        {one.name: f"{float(f'{one.breaks_from() or inf:.2g}'):,.0f}" for one in some}
        for some in (resources(WORLD, ITEM), resources(WORLD, simulate.unasked(ITEM)))
    )
    short = (
        (HOME / "docs" / "production.md")
        .read_text(encoding="utf-8")
        .partition("## Past this machine")[2]
    )
    whole = (FOLDER / "README.md").read_text(encoding="utf-8").partition("So, in this order")[2]

    for name in ("people's time", "the model's tier", "Salesforce requests", "Slack messages"):
        assert now[name] in short.partition("## ")[0], name
    for name in ("the model's tier", "Slack messages", "read again", "questions at once"):
        assert now[name] in whole.partition("## ")[0], name
    assert unasked["Slack messages"] in whole.partition("## ")[0]
