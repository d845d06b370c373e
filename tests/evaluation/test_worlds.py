"""Cases share an org only where none sees another's records, and it holds what they say."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from triage_agent.evaluation.cases import Case, Placed
from triage_agent.evaluation.worlds import CREATED, content, worlds
from triage_agent.jobs.parts import Rules
from triage_agent.operating_model.schema import Page
from triage_agent.project import read_cases, read_rules

FORK = Path(__file__).parents[1] / "forks" / "support_cases"
FREE = {"gmail.com", "web.de"}
DOMAINS = st.sampled_from(["acme.example", "pump.example", "lift.example", *FREE])
ADDRESSES = st.tuples(st.sampled_from(["jo", "Al", "m.wu"]), DOMAINS).map("@".join)
SITES = st.tuples(st.sampled_from(["", "www.", "https://", "http://www."]), DOMAINS).map("".join)
IDS = st.sampled_from(["001000000000001AAA", "003000000000002AAA", "acc-1"])


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


ITEMS = some(Email=ADDRESSES, Website=SITES, Company=st.sampled_from(["Acme", "Pump Co"]))
AROUND = some(
    Contact=st.lists(some(Id=IDS, Email=ADDRESSES), max_size=2),
    Account=st.lists(some(Id=IDS, Website=SITES, Type=st.just("Customer")), max_size=2),
)


def case(fields: dict[str, Any], around: dict[str, Any] | None = None, number: int = 1) -> Placed:
    told = {"name": f"case {number}", "fields": fields, "around": around or {}}
    return Placed(stratum="plain", case=Case(**told, expect={"escalates": "no"}))


CASES = st.lists(st.tuples(ITEMS, AROUND), max_size=8).map(
    lambda told: [case(fields, around, n) for n, (fields, around) in enumerate(told)]
)


def marks(placed: Placed) -> set[str]:
    """Addresses, ids and domains of somebody's own, found in the case's text as it stands."""
    text = placed.case.model_dump_json(include={"fields", "around"}).lower()
    domains = {*re.findall(r"[a-z]+\.(?:example|com|de)\b", text)} - FREE
    return {*re.findall(r"[\w.]+@[\w.]+", text), *re.findall(r"00\w{16}|acc-1", text), *domains}


@given(CASES)
def test_no_two_cases_meet(rules: Rules, cases: list[Placed]) -> None:
    """In no world do two cases share an address, an id, or a domain of their own."""
    for world in worlds(cases, rules.page, FREE):
        for one, other in combinations(world, 2):
            assert set() == marks(one) & marks(other)


@given(CASES)
def test_every_case_is_in_one(rules: Rules, cases: list[Placed]) -> None:
    """Each is in just one world, none of which is empty, in the order in which they came."""
    found = worlds(cases, rules.page, FREE)

    assert sorted(one.key for one in cases) == sorted(one.key for world in found for one in world)
    assert all(found)
    assert all(world == [one for one in cases if one in world] for world in found)


def test_free_mail_keeps_nobody_apart(rules: Rules) -> None:
    """Two senders at one free-mail provider are strangers; two of one company are not."""
    strangers = [case({"Email": "a@gmail.com"}), case({"Email": "b@gmail.com"}, number=2)]
    colleagues = [case({"Email": "a@acme.example"}), case({"Website": "www.ACME.example"}, {}, 2)]

    assert 1 == len(worlds(strangers, rules.page, FREE))
    assert 2 == len(worlds(colleagues, rules.page, FREE))


def test_whatever_the_page_matches_by_keeps_apart() -> None:
    """A fork finds records by a plain word: who has such a record is apart from who seeks it."""
    page = read_rules(FORK).page
    issue = {"Known_Issue__c": [{"Name": "Slow", "Product__c": "scheduler"}]}
    holds = case({"Subject": "Slow", "Product__c": "Scheduler"}, issue)
    seeks, other = case({"Product__c": "Scheduler "}, {}, 2), case({"Product__c": "Mobile"}, {}, 3)

    assert [[holds, other], [seeks]] == worlds([holds, seeks, other], page, FREE)
    assert [[seeks, other, case({"Product__c": "Scheduler"}, {}, 4)]] == worlds(
        [seeks, other, case({"Product__c": "Scheduler"}, {}, 4)], page, FREE
    )


def lines(cases: list[Placed], page: Page) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content(cases, page).splitlines()]


def test_a_line_a_case(rules: Rules, shipped_cases: list[Placed]) -> None:
    """Content has a line of JSON for each case, in order, new as the page says it."""
    found = lines(shipped_cases, rules.page)
    created = [line["lead"][CREATED] for line in found]

    assert len(shipped_cases) == len(found)
    assert sorted({*created}) == created
    for placed, line in zip(shipped_cases, found, strict=True):
        assert {"lead", "context"} == {*line}
        assert json.loads(placed.case.model_dump_json())["around"] == line["context"]
        assert rules.page.workflow.item.new_when.items() <= line["lead"].items()
        assert {*line["lead"].items()} - {(CREATED, line["lead"][CREATED])} <= {
            *placed.case.fields.items(), *rules.page.workflow.item.new_when.items()
        }  # fmt: skip


def test_a_forks_lines() -> None:
    """Its records stand under its own object."""
    cases, page = read_cases(FORK), read_rules(FORK).page

    assert {("case", "context")} == {tuple(line) for line in lines(cases, page)}


def test_only_what_an_org_would_keep(rules: Rules) -> None:
    """What is no address isn't in an e-mail field; fields that only sound alike stay."""
    kept = {
        "HasOptedOutOfEmail": True,
        "EmailBouncedReason": "550",
        "EmailBouncedDate": "2026-01-01T10:00:00.000+0000",
        "Phone": "n/a",
    }
    for written, is_there in (
        ("jo@acme.example", True), ("n/a", False), ("jo@acme", False), ("", False),
        ("jo at acme.example", False), ("a@b.example, c@b.example", False),
    ):  # fmt: skip
        (line,) = lines([case({**kept, "Email": written})], rules.page)

        assert kept.items() <= line["lead"].items()
        assert is_there == ("Email" in line["lead"])


def test_a_case_may_be_new_in_its_own_way(rules: Rules) -> None:
    """What a case says of a field counts for more than what makes a record new; not its time."""
    told = {"Status": "Working - Contacted", CREATED: "2020-01-01"}
    (line,) = lines([case(told)], rules.page)

    assert "Working - Contacted" == line["lead"]["Status"]
    assert "2020-01-01" != line["lead"][CREATED]
