"""What the fork's page grants, and whether an org grants it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.doctor.conftest import Practice, practice_of
from tests.forks.conftest import SUPPORT, copied, typed
from triage_agent.targets import Target

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = """\
org:
  - {fault: hidden_field, field: Case.Product__c}
  - {fault: no_permission, object: Known_Issue__c, may: [read]}
  - {fault: picklist_without, field: Case.Status, value: Working}
  - {fault: extra_permission, object: Contact, may: [edit]}
  - {fault: not_in_channel, channel: C0SUPPORT01}
"""
SHIPPED = ("Lead", "Opportunity", "Company", "C0SALESDEV1")


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    """A copy of the fork, its grants written."""
    return practice_of(copied(tmp_path_factory.mktemp("fork")))


def granted(folder: Path, system: str) -> dict[str, str]:
    """What was written for a system, by path."""
    root = folder / "deploy" / system
    return {str(one.relative_to(root)): one.read_text() for one in root.rglob("*.*")}


def test_its_grants_are_its_own(practice: Practice) -> None:
    """The files name the fork's objects, fields and channel, none of another workflow's."""
    target = Target(practice.project)
    wrote = typed(target, "grants", "slack")
    checked = [typed(target, "grants", system, "--check") for system in ("salesforce", "slack")]
    org, slack = granted(practice.project, "salesforce"), granted(practice.project, "slack")
    everything = "\n".join((*org, *org.values(), *slack.values()))

    assert (0, 0, 0) == (wrote.code, *(one.code for one in checked))
    made = {path.rpartition("objects/")[2] for path in org if "/objects/" in path}
    assert {
        "Activity/fields/Triage_Key__c.field-meta.xml",
        *(
            f"Case/fields/Triage_{name}__c.field-meta.xml"
            for name in ("Category", "Confidence", "Summary")
        ),
    } == made
    for name in ("Case.Product__c", "Account.Support_Plan__c", "Known_Issue__c.Status__c"):
        assert f"<field>{name}</field>" in everything
    assert SUPPORT in slack["README.md"]
    assert "Triage: Inbound support cases" in slack["manifest.json"]
    assert [] == [word for word in SHIPPED if word in everything]


def test_an_org_that_grants_it(practice: Practice) -> None:
    """Where the grants are deployed nothing stands in the way."""
    with practice.org() as target:
        ran = typed(target, "doctor")

    assert 0 == ran.code
    assert "nothing stands in the way" in ran.out


def test_an_org_that_does_not(practice: Practice) -> None:
    """What differs is named by the fork's objects, fields, values and channel."""
    with practice.org(FAULTS) as target:
        ran = typed(target, "doctor", "--json")
    found = json.loads(ran.out)["findings"]
    wrong = {one["what"] for one in found if one["kind"] not in ("question", "held")}

    assert 1 == ran.code
    assert {
        "may edit Contact, which the page never does",
        "Known_Issue__c can't be read",
        "Case.Product__c is hidden or isn't there",
        "C0SUPPORT01, where support is: the bot isn't in it",
        "Case.Status has no value 'Working', which the page names",
    } == wrong
    assert [] == [word for word in SHIPPED if word in ran.out]
