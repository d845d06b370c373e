"""The support team decides in Slack what the fork's run left to people, and reads of it later."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.forks.conftest import (
    INES,
    NORA,
    NORAS,
    SAMIR,
    SAMIRS,
    SUPPORT,
    SUPPORT_CASES,
    copied,
    flat,
    typed,
)
from tests.review.conftest import UNHURRIED, Desk, HandedOver, soon, start_listening
from tests.sandboxes import running
from triage_agent.decision.review_events import Claimed
from triage_agent.project import read_model
from triage_agent.targets import Target

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.review.conftest import Listen

__all__ = ["start_listening"]
PAGE = read_model(SUPPORT_CASES).page
OUTAGE, SETTLES = "00001003", "00001001"


@dataclass(frozen=True)
class Decided:
    """A desk, and what there was to see at it before and after people decided."""

    desk: Desk
    handed: HandedOver
    asked: HandedOver
    before: dict[str, str]
    form: dict[str, Any]

    def case(self, number: str) -> dict[str, Any]:
        cases = self.desk.records("Case").values()
        return next(case for case in cases if case["CaseNumber"] == number)


def about(desk: Desk, number: str, kind: str) -> HandedOver:
    """The message of a kind about a case."""
    posted = [one["text"] for one in desk.posted(kind)]
    return HandedOver(desk, next(n for n, text in enumerate(posted) if number in text), kind)


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, start_listening: Listen) -> Iterator[Decided]:
    """The owner tries in vain; Samir claims and releases the outage; Nora approves for another."""
    folder = copied(tmp_path_factory.mktemp("fork"))
    served = {"state": None, "leads": folder / "samples.jsonl", "timing": UNHURRIED}
    with running(**served) as url:
        desk = Desk(Target(folder, sandbox_url=url), url, channel=SUPPORT)
        desk.run()
        start_listening(desk)
        handed = about(desk, OUTAGE, "triage_hand_over")
        asked = about(desk, SETTLES, "triage_approval")
        before = {"handed": handed.text, "asked": asked.text}
        desk.click(INES, handed.ts)
        assert soon(lambda: desk.notes(INES))
        desk.click(SAMIR, handed.ts)
        assert soon(lambda: handed.told("Shown"))
        form = desk.form(SAMIR, handed, "release")
        assert form
        desk.send(SAMIR, form, category="work_blocked")
        desk.click(NORA, asked.ts, "approve")
        assert soon(lambda: "Done" in asked.text and "Released by" in handed.text)
        assert soon(lambda: OUTAGE in str(desk.posted("triage_approval")))
        yield Decided(desk, handed, asked, before, form)


def test_who_is_not_of_the_team_is_refused(decided: Decided) -> None:
    """The owner, whom the page doesn't list in the team, learns who may, and nothing is decided."""
    assert "Nora Klein, Samir Patel" in decided.desk.notes(INES)[0]
    assert [] == decided.desk.notes(NORA)
    (claimed,) = decided.handed.told("Claimed")
    assert isinstance(claimed, Claimed)
    assert ("Samir Patel", SAMIRS) == (claimed.by, claimed.salesforce)


def test_a_hand_over_is_the_forks(decided: Decided) -> None:
    """It tells the case by the page's headline and fields, and the form offers its categories."""
    told = decided.before["handed"]
    offered = json.dumps(decided.form)

    for words in ("Needs a person: 00001003 - Nothing works", "Product", "Supplied Name", "Origin"):
        assert words in told
    for button in ("Claim", "Release", "Correct", "Not useful"):
        assert f"'text': '{button}'" in told
    assert all(name in offered for name in PAGE.workflow.categories)
    assert not [word for word in ("Lead", "Company", "demo") if word in told + offered]


def test_a_released_case_goes_on(decided: Decided) -> None:
    """As the category that was chosen, with a task for whoever released it, about the case."""
    case = decided.case(OUTAGE)
    tasks = decided.desk.records("Task").values()
    (task,) = [task for task in tasks if task["WhatId"] == case["Id"]]

    assert "Case 00001003 (work_blocked): Nothing works" == task["Subject"]
    assert (SAMIRS, "High") == (task["OwnerId"], task["Priority"])
    assert task["Description"].endswith("Brightfield Support")
    assert ("work_blocked", "New") == (case["Triage_Category__c"], case["Status"])
    assert "'button'" not in decided.handed.text
    assert [] == decided.desk.faults()


def test_what_was_approved_is_done(decided: Decided) -> None:
    """The case is taken up, as the message said; no other that was asked about has changed."""
    approved, told = decided.case(SETTLES), decided.before["asked"]
    others = [one for one in decided.desk.records("Case").values() if one != approved]

    assert "May I take up? 00001001 - Jobs shown twice" in told
    assert "What would change in Case" in told
    assert "Status: New → Working" in told
    assert "Brightfield Support" in told
    assert ("Working", {"New"}) == (approved["Status"], {one["Status"] for one in others})
    assert "'Approved by '" in decided.asked.text
    assert f"'user_id': '{NORA}'" in decided.asked.text
    assert "'button'" not in decided.asked.text
    assert NORAS in str(decided.asked.told("Approved"))


def test_a_case_is_found_in_slack(decided: Decided) -> None:
    """By words of the headline that the page gives it, and the answer speaks of cases."""
    decided.desk.person(SAMIR).type("/triage find jobs")
    assert soon(lambda: decided.desk.notes(SAMIR))
    (found,) = decided.desk.person(SAMIR).notes()
    decided.desk.person(SAMIR).type("/triage find quotation")
    assert soon(lambda: len(decided.desk.notes(SAMIR)) > 1)

    assert "00001001 - Jobs shown twice" in str(found["blocks"])
    assert "Settled as scheduler defect" in str(found["blocks"])
    assert "No Case has that in its name, or as its id." == decided.desk.notes(SAMIR)[0]


def test_the_week_is_told_by_the_forks_names(decided: Decided) -> None:
    """Its own categories, rules and ways of coming, and who decided."""
    week = ("summary", "--week", f"{datetime.now(PAGE.workflow.time.zone):%G-W%V}")
    told = json.loads(typed(decided.desk.target, *week, "--format", "json").out)
    figures = {
        kind: {one["name"]: one["now"] for one in told[kind]}
        for kind in ("categories", "topics", "ways")
    }
    printed = flat(typed(decided.desk.target, *week).out)

    assert {
        "categories": {
            "unclear": 3,
            "misdirected": 1,
            "scheduler_defect": 1,
            "usage_question": 1,
            "work_blocked": 1,
        },
        "topics": {
            "conflicting_information.premium_support": 1,
            "consequential_request.refund": 1,
            "missing_data.SuppliedEmail": 1,
            "restricted_topic.outage": 1,
        },
        "ways": {"Email": 4, "Web": 2, "Phone": 1},
    } == figures
    assert {"Samir Patel": 2, "Nora Klein": 1} == told["people"]["load"]
    assert "7 requests came" in printed
    assert "of 2 that came by Web: Supplied Email in 1" in printed


def test_the_team_reads_the_week(decided: Decided) -> None:
    """Its summary goes to whom the fork's page names, in their channel; no other has read it."""
    target = decided.desk.target
    sent = typed(target, "summary", "--post")
    refused = typed(target, "summary", "--reviewed-by", "ines")
    read = typed(target, "summary", "--reviewed-by", "samir")
    (posted,) = decided.desk.posted("triage_week")

    assert (0, 3, 0) == (sent.code, refused.code, read.code)
    assert "support: told" in sent.out
    assert "To be read by Tuesday" in str(posted["blocks"])
    assert "Nora Klein (nora), Samir Patel (samir)" in refused.err
    assert "Samir Patel has read" in read.out
