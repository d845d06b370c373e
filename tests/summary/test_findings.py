"""What to do next: only what is more than chance, the weightiest first."""

import random
from collections.abc import Sequence
from math import exp, lgamma, log

import pytest

from triage_agent.ledger.weekly import Group
from triage_agent.summary.findings import FEWEST, MOST, Finding, findings
from triage_agent.summary.metrics import Counts

pytestmark = pytest.mark.long

RULES = (
    *("missing_data", "low_confidence", "unapproved_category", "conflicting_information"),
    *("restricted_topic", "outside_policy", "consequential_request", "failed_repeatedly"),
)
WEEKS = 500


def week(
    of: int,
    rules: dict[str, int] | None = None,
    happened: dict[str, int] | None = None,
    *,
    failed: int = 0,
) -> Counts:
    """So many items of one category: each rule stopped so many of them, the others are settled."""
    stopped = rules or {}
    parts: list[tuple[str, tuple[str, ...], int]] = [
        ("escalated", (rule,), number) for rule, number in stopped.items()
    ]
    parts += [("failed", (), failed), ("settled", (), of - failed - sum(stopped.values()))]
    return Counts(
        groups=tuple(
            group("demo_request", number, status, fired)
            for status, fired, number in parts
            if number
        ),
        happened=happened or {},
    )


def group(
    category: str, number: int, status: str = "settled", rules: tuple[str, ...] = ()
) -> Group:
    return Group.model_validate(
        {
            "status": status,
            "category": category,
            "waits": False,
            "came_by": None,
            "fired": [{"rule": rule} for rule in rules],
            "items": number,
            "tokens": 0,
            "cost_usd": 0.0,
        }
    )


def test_nothing_is_said_of_few_items() -> None:
    """However a week differs, below twenty items it may be chance; so may usual ones be."""
    few, many = FEWEST - 1, 400

    assert [] == findings(week(few, {"missing_data": few}), [week(many)] * 4, {})
    assert [] == findings(week(many, {"missing_data": many}), [week(few)], {})
    assert [] == findings(week(many, {"missing_data": many}), [], {})


@pytest.mark.parametrize("of", [20, 50, 200])
def test_nothing_is_said_of_one_or_two_more(of: int) -> None:
    """A rule that never fires and now fires twice is no finding, however few there are."""
    assert [] == findings(week(of, {"restricted_topic": 2}), [week(of)] * 4, {})


def test_a_rule_that_doubles_is_named() -> None:
    """With its evidence in figures, whom it concerns, a change of the page, and some items."""
    now, usual = week(400, {"missing_data": 80}), week(400, {"missing_data": 40})

    (found,) = findings(now, [usual] * 4, {"missing_data": ["item-1", "item-2"]})

    assert "missing data stops more than usual" == found.what
    assert "80 of 400 (20.0%), usually 10.0%" == found.evidence
    assert "the page's owner" == found.concerns
    assert "stops_when.missing_data.needs" in found.change
    assert ("item-1", "item-2") == found.items
    assert 40 == pytest.approx(found.weight)


def test_a_rule_that_fires_no_more_is_named_too() -> None:
    """Less than usual is as unusual as more, also where it is nothing at all."""
    (found,) = findings(week(400), [week(400, {"missing_data": 40})] * 4, {})

    assert "missing data stops less than usual" == found.what
    assert "0 of 400 (0.0%), usually 10.0%" == found.evidence


def test_a_category_that_doubles_is_named() -> None:
    """As a rule is; what the one gains, the other loses, and both are told."""
    usual = Counts(groups=(group("partnership", 40), group("demo_request", 360)), happened={})
    now = Counts(groups=(group("partnership", 80), group("demo_request", 320)), happened={})

    assert {
        "partnership comes more than usual",
        "demo request comes less than usual",
    } == {one.what for one in findings(now, [usual] * 4, {})}


@pytest.mark.parametrize("of", [400, 40_000])
def test_the_week_after_an_odd_one_is_quiet(of: int) -> None:
    """It isn't told as less than usual: what was odd is no part of what is usual."""
    odd, usual = week(of, {"missing_data": of // 2}), week(of, {"missing_data": of // 10})

    for place in range(4):
        earlier = [usual] * 3
        earlier.insert(place, odd)
        assert [] == findings(usual, earlier, {})


def test_an_odd_week_is_told_again_where_the_next_is_like_it() -> None:
    """A second bad week in a row is told beside what was usual before both."""
    odd, usual = week(400, {"missing_data": 80}), week(400, {"missing_data": 40})

    (found,) = findings(odd, [odd, usual, usual, usual], {})

    assert "80 of 400 (20.0%), usually 10.0%" == found.evidence


def test_a_lasting_change_becomes_usual() -> None:
    """It is told for two weeks at least, and no more once three weeks in four are like it."""
    new, old = week(400, {"missing_data": 100}), week(400, {"missing_data": 40})
    said = [bool(findings(new, [new] * before + [old] * (4 - before), {})) for before in range(5)]

    assert [True, True] == said[:2]
    assert [False, False] == said[3:]


@pytest.mark.parametrize(
    ("before", "usually"),
    [((40, 50, 40, 40), "10.6%"), ((40, 0, 40, 40), "10.0%"), ((40,), "10.0%")],
)
def test_what_is_usual(before: Sequence[int], usually: str) -> None:
    """All weeks before, but for one that has more or less than the others, and not by chance."""
    earlier = [week(400, {"missing_data": hits}) for hits in before]

    (found,) = findings(week(400, {"missing_data": 100}), earlier, {})

    assert f"100 of 400 (25.0%), usually {usually}" == found.evidence


@pytest.mark.parametrize(
    ("few", "usually"),
    [([], "30.0%"), ([week(FEWEST - 1, {"missing_data": 2})] * 2, "29.1%")],
)
def test_of_two_weeks_neither_is_odd(few: list[Counts], usually: str) -> None:
    """Nor where others have too few items to say which of the two is."""
    odd, usual = week(400, {"missing_data": 200}), week(400, {"missing_data": 40})

    (found,) = findings(usual, [odd, usual, *few], {})

    assert f"40 of 400 (10.0%), usually {usually}" == found.evidence


def test_a_risk_comes_before_work() -> None:
    """And that nobody reads this before either, however many items there are of others."""
    words = dict.fromkeys(("what", "evidence", "concerns", "change"), "")
    risk, unread = Finding(rank="risk", **words), Finding(rank="unread", **words)

    found = findings(week(400, {"missing_data": 80}), [week(400)] * 4, {}, [risk, unread])

    assert ["unread", "risk", "work"] == [one.rank for one in found]


@pytest.mark.parametrize("of", [20, 60, 400, 5000])
@pytest.mark.parametrize("share", [0.002, 0.02, 0.2])
def test_chance_gives_hardly_any_finding(of: int, share: float) -> None:
    """Where every rule keeps its rate, fewer than one week in a hundred has a finding."""
    draw = random.Random(f"{of} {share}")  # noqa: S311 - to be the same again
    likely = [exp(_log_binomial(hits, of, share)) for hits in range(of + 1)]
    drawn = iter(draw.choices(range(of + 1), likely, k=WEEKS * 5 * len(RULES)))

    def told() -> Counts:
        return _told(of, {rule: next(drawn) for rule in RULES})

    found = sum(bool(findings(told(), [told() for _ in range(4)], {})) for _ in range(WEEKS))

    assert found < WEEKS / 100


def _log_binomial(hits: int, of: int, share: float) -> float:
    ways = lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1)
    return ways + hits * log(share) + (of - hits) * log(1 - share)


def _told(of: int, hits: dict[str, int]) -> Counts:
    """So many items, of which each rule stopped so many, together as far as that goes."""
    names, groups, done = sorted(hits, key=lambda rule: hits[rule]), [], 0
    for place, name in enumerate(names):
        groups.append(group("demo_request", hits[name] - done, "escalated", tuple(names[place:])))
        done = hits[name]
    return Counts(groups=(*groups, group("demo_request", of - done)), happened={})


def test_the_weightiest_come_first_and_five_at_most() -> None:
    """Weight is how many items more than usual, or fewer; the others are left out."""
    hits = {rule: 40 + 10 * place for place, rule in enumerate(RULES)}

    found = findings(_told(400, hits), [week(400)] * 4, {})

    weights = [one.weight for one in found]
    assert MOST == len(found)
    assert sorted(weights, reverse=True) == weights
    assert [f"{rule.replace('_', ' ')} stops more than usual" for rule in RULES[:2:-1]] == [
        one.what for one in found
    ]


@pytest.mark.parametrize("of", [2, 1000])
def test_what_failed_or_expired_is_always_told(of: int) -> None:
    """However little it is, on however few data, and whatever else is weightier."""
    hits = dict.fromkeys(RULES, of // 2)
    told = _told(of - 1, hits)
    now = Counts(
        groups=(*told.groups, group("demo_request", 1, "failed")),
        happened={"Expired": 1, "Asked": 3},
    )

    found = findings(now, [week(1000)] * 4, {})

    said = {one.what: one.evidence for one in found}
    assert len(found) <= MOST
    assert f"of {of:,} received" == said["1 item came to no end"]
    assert "3 were asked" == said["1 request for somebody's word expired"]
    assert sorted((one.weight for one in found), reverse=True) == [one.weight for one in found]


def test_several_that_failed_are_counted() -> None:
    """With how many were received; and whoever runs the agent is told what to do."""
    (found,) = findings(week(2000, failed=1200), [], {})

    assert ("1,200 items came to no end", "of 2,000 received") == (found.what, found.evidence)
    assert "triage-agent run" in found.change
