"""Every row of doctor's table fires for the fault that it is about, and is silent without it.

The table stands in docs/going-live.md, too; each page, the shipped one and the fork's, goes
through it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.doctor.conftest import found, practice_of
from tests.forks.conftest import copied as fork_in

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from tests.doctor.conftest import Practice
    from triage_agent.doctor.finding import Report

HOME = Path(__file__).parents[2]


@dataclass(frozen=True)
class Row:
    """A fault of an org as a faults file has it, and the finding that it leads to."""

    fault: str
    kind: str
    check: str
    says: str


ROWS = {
    # too much
    "it may change everything": Row(
        "{fault: extra_permission, permission: ModifyAllData}",
        "too much", "user_right", "ModifyAllData",
    ),
    "it may see everything": Row(
        "{fault: extra_permission, permission: ViewAllData}",
        "too much", "user_right", "see every record",
    ),
    "it may send e-mail": Row(
        "{fault: extra_permission, permission: EmailSingle}",
        "too much", "user_right", "send e-mail",
    ),
    "it may edit what is only read": Row(
        "{fault: extra_permission, object: Account, may: [edit]}",
        "too much", "object_right", "may edit Account",
    ),
    "it may delete the item": Row(
        "{fault: extra_permission, object: ITEM, may: [delete]}",
        "too much", "object_right", "may delete ITEM",
    ),
    "it may change all of an object": Row(
        "{fault: extra_permission, object: ITEM, may: [modify_all]}",
        "too much", "object_right", "may delete ITEM",
    ),
    "it sees a field beyond the page": Row(
        "{fault: extra_permission, field: Contact.Department, may: [read]}",
        "too much", "field", "sees of Contact beyond the page: Department",
    ),
    "it may set a field that no action sets": Row(
        "{fault: extra_permission, field: ITEM.SHOWN, may: [edit]}",
        "too much", "field_right", "may set SHOWN of ITEM",
    ),
    "it sees another object": Row(
        "{fault: extra_permission, object: OTHER, may: [read]}",
        "too much", "other_object", "may read OTHER",
    ),
    "the token has another scope": Row(
        "{fault: scopes, extra: [channels:join]}",
        "too much", "scope", "channels:join",
    ),
    # too little
    "an object can't be read": Row(
        "{fault: no_permission, object: Account, may: [read]}",
        "too little", "object", "Account can't be read",
    ),
    "a field is hidden": Row(
        "{fault: hidden_field, field: ITEM.SHOWN}",
        "too little", "field", "ITEM.SHOWN is hidden",
    ),
    "a field isn't there": Row(
        "{fault: missing_field, field: Task.Triage_Key__c}",
        "too little", "field", "Task.Triage_Key__c is hidden or isn't there",
    ),
    "a field can't be set": Row(
        "{fault: read_only_field, field: ITEM.Triage_Category__c}",
        "too little", "field_right", "may not set Triage_Category__c of ITEM",
    ),
    "the item can't be edited": Row(
        "{fault: no_permission, object: ITEM, may: [edit]}",
        "too little", "object_right", "may not edit ITEM",
    ),
    "tasks can't be created": Row(
        "{fault: no_permission, permission: EditTask}",
        "too little", "object_right", "may not create Task, as the user permission EditTask",
    ),
    "tasks can't be read": Row(
        "{fault: no_permission, permission: ActivitiesAccess}",
        "too little", "object", "Task can't be read",
    ),
    "the item has no history": Row(
        "{fault: no_history, field: ITEM.Status}",
        "too little", "history", "ITEM keeps no history of Status",
    ),
    "the bot isn't in the channel": Row(
        "{fault: not_in_channel, channel: CHANNEL}",
        "too little", "channel", "CHANNEL, where TEAM is: the bot isn't in it",
    ),
    "there is no such channel": Row(
        "{fault: unknown_channel, channel: CHANNEL}",
        "too little", "channel", "there is no such channel",
    ),
    "the token may not post": Row(
        "{fault: scopes, missing: [chat:write]}",
        "too little", "scope", "chat:write",
    ),
    "the token may not read": Row(
        "{fault: scopes, missing: [channels:history, groups:history]}",
        "too little", "channel", "may not read it",
    ),
    # different
    "a picklist lacks the page's value": Row(
        "{fault: picklist_without, field: Task.Status, value: Not Started}",
        "different", "picklist", "no value 'Not Started'",
    ),
    "a picklist lacks what makes an item new": Row(
        "{fault: picklist_without, field: ITEM.Status, value: NEW}",
        "different", "picklist", "ITEM.Status has no value 'NEW'",
    ),
    "a picklist lacks what contradicts a claim": Row(
        "{fault: picklist_without, field: Account.Type, value: Former Customer}",
        "different", "picklist", "Account.Type has no value 'Former Customer'",
    ),
    "a record type lacks the page's value": Row(
        "{fault: record_type, object: Task, name: Visit, without: {Status: [Not Started]}}",
        "different", "record_type", "its record type Visit lacks 'Not Started'",
    ),
    "a task needs a field that the page doesn't set": Row(
        "{fault: required_field, field: Task.Type}",
        "different", "required_field", "a new Task needs Type",
    ),
    "a clock is off": Row(
        "{fault: clock, system: salesforce, minutes: 10}",
        "different", "clock", "ahead of this machine's",
    ),
    "the model ignores the form": Row(
        "{fault: ignores_schema}",
        "different", "schema", "doesn't keep to the form",
    ),
    "the model ignores its limit": Row(
        "{fault: ignores_token_limit}",
        "different", "tokens", "allowed 16 tokens",
    ),
    # to be asked before going live
    "a new task gets a record type": Row(
        "{fault: record_type, object: Task, name: Visit}",
        "question", "record_type", "gets the record type Visit",
    ),
    "sharing may refuse changes": Row(
        "{fault: sharing, object: ITEM, model: Read}",
        "question", "sharing", "ITEM is not open to changes",
    ),
    "tasks take no upsert": Row(
        "{fault: no_upsert, field: Task.Triage_Key__c}",
        "question", "upsert", "takes no upsert by Triage_Key__c",
    ),
}  # fmt: skip
"""By what is wrong; capitals stand for what each page calls it."""

SEES_RULES = "{fault: extra_permission, permission: ViewSetup}"
WITH_SETUP = {
    "a flow may mail": ("{fault: flow, object: ITEM, name: Welcome}", "the flow Welcome"),
    "a workflow rule may mail": (
        "{fault: workflow_rule, object: ITEM, name: Thanks}", "the workflow rule Thanks",
    ),
    "a trigger may": ("{fault: apex_trigger, object: Task, name: OnTask}", "the trigger OnTask"),
    "a duplicate rule is in the way": (
        "{fault: duplicate_rule, object: ITEM, name: Same}", "the duplicate rule Same",
    ),
    "a validation rule is in the way": (
        "{fault: validation_rule, object: Task, name: Due}", "the validation rule Due",
    ),
}  # fmt: skip
"""What only a user who sees the set-up is told of."""

NAMES = {
    "shipped": {
        "ITEM": "Lead", "SHOWN": "Industry", "OTHER": "Case", "NEW": "Open - Not Contacted",
        "CHANNEL": "C0SALESDEV1", "TEAM": "sales_development",
    },
    "fork": {
        "ITEM": "Case", "SHOWN": "Priority", "OTHER": "Lead", "NEW": "New",
        "CHANNEL": "C0SUPPORT01", "TEAM": "support",
    },
}  # fmt: skip


@dataclass
class Page:
    """A page that is examined in orgs of all kinds; `well` is what is said of a good one."""

    practice: Practice
    names: dict[str, str]
    well: Report

    def named(self, text: str) -> str:
        """With this page's names in place of the capitals."""
        return re.sub(r"\b[A-Z]{3,}\b", lambda m: self.names.get(m[0], m[0]), text)

    def examine(self, *faults: str) -> Report:
        """What is said of an org with these faults."""
        lines = "".join(f"  - {self.named(fault)}\n" for fault in faults)
        return self.practice.examine(f"org:\n{lines}")


@pytest.fixture(scope="module", params=NAMES)
def page(
    request: pytest.FixtureRequest, practice: Practice, tmp_path_factory: pytest.TempPathFactory
) -> Page:
    """Each of the two pages."""
    if request.param == "fork":
        practice = practice_of(fork_in(tmp_path_factory.mktemp("fork")))
    return Page(practice, NAMES[request.param], practice.examine())


def test_nothing_stands_in_the_way_of_a_good_org(page: Page) -> None:
    """With what was generated deployed, all that is left is what can't be seen or withheld."""
    kinds = {(one.kind, one.check) for one in page.well.findings}

    assert page.well.passes
    assert kinds <= {
        ("question", "unseen"),
        *(("held", check) for check in ("fields", "values", "deletion", "posting")),
    }


@pytest.mark.parametrize("wrong", ROWS)
def test_a_row_fires_and_falls_silent(page: Page, wrong: str) -> None:
    """The fault is found, under its kind, with a cure; a good org has no such row."""
    row = ROWS[wrong]
    report = page.examine(row.fault)
    findings = found(report, row.kind, row.check)

    assert any(page.named(row.says) in one.what for one in findings)
    assert all(len(one.cure.split()) > 3 for one in findings)
    assert not found(page.well, row.kind, row.check)
    assert (row.kind == "question") is report.passes


@pytest.mark.parametrize("wrong", WITH_SETUP)
def test_what_an_org_does_by_itself_is_a_question(page: Page, wrong: str) -> None:
    """It is named, and its owner to be asked whether it mails or refuses; without it, nothing."""
    fault, says = WITH_SETUP[wrong]
    questions = found(page.examine(SEES_RULES, fault), "question", "automation")
    silent = page.examine(SEES_RULES)

    assert any(page.named(says) in one.what and "mails" in one.cure for one in questions)
    assert not found(silent, "question", "automation")
    assert not found(silent, "question", "unseen")


def test_what_cannot_be_seen_is_said(page: Page) -> None:
    """Credentials that may do little see no rules; an administrator is to look for them."""
    (unseen,) = found(page.well, "question", "unseen")

    assert "validation rules" in unseen.what
    assert "administrator" in unseen.cure


NO_VIEW_ALL = "{fault: no_permission, object: Account, may: [view_all]}"
PRIVATE = "{fault: sharing, object: Account, model: Private}"


def test_sharing_that_hides_conflicts(page: Page) -> None:
    """Records that are shared privately are missed, unless the user views all of them."""
    hidden = found(page.examine(SEES_RULES, PRIVATE, NO_VIEW_ALL), "too little", "sharing")
    viewed = page.examine(SEES_RULES, PRIVATE)

    assert ["Account is shared privately"] == [one.what.partition(":")[0] for one in hidden]
    assert not found(viewed, "too little", "sharing")


def test_sharing_that_cannot_be_judged(page: Page) -> None:
    """Whether all is viewed shows only to who sees the set-up; else an administrator is asked."""
    report = page.examine(PRIVATE)
    (asked,) = found(report, "question", "sharing")

    assert "unless View All is given" in asked.what
    assert not found(report, "too little", "sharing")


def test_modify_all_is_named(page: Page) -> None:
    """To who sees the set-up it is told by its name, also for an object that isn't on the page."""
    extra = "{fault: extra_permission, object: OTHER, may: [modify_all]}"
    found_there = found(page.examine(SEES_RULES, extra), "too much", "user_right")

    assert any(page.named("has Modify All for OTHER") in one.what for one in found_there)


def test_a_user_who_is_not_active(page: Page) -> None:
    """Whoever the page hands work to is an active user of the org, or is named."""
    pages = page.practice.project / "operating_model.yaml"
    good = pages.read_text(encoding="utf-8")
    member = re.search(r"salesforce: (005\d+)AAA", good)
    assert member
    pages.write_text(good.replace(member[1], "005000000000006"), encoding="utf-8")
    (gone,) = found(page.practice.examine(), "different", "member")
    pages.write_text(good, encoding="utf-8")

    assert "no active user has the id 005000000000006" in gone.what
