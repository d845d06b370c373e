"""A run of the fork is undone as its page says, and what people have changed since is left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import requests

from tests.forks.conftest import INES, NORAS, SUPPORT, Json, Swept, act, flat, typed

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from tests.conftest import Ran

TAKEN_UP, SORTED_ANEW = "00001001", "00001002"
"""A case for which Nora approved that it is taken up, and one that she gave another category."""
WHY = ("--reason", "Odd tags", "--found", "Nora saw it")


@dataclass(frozen=True)
class Undone:
    """What was said and what there was to see: of a dry run, a rollback, and one of a single item.

    `before` the first of these, `between` it and the second, `after` all three.
    """

    swept: Swept
    before: Swept
    between: Swept
    after: Swept
    shown: Ran
    done: Ran
    one: Ran


def looked(swept: Swept) -> Swept:
    """The same run, beside what the sandbox shows now."""
    url = swept.target.sandbox_url
    state = requests.get(f"{url}/sandbox/state", timeout=10).json()
    return Swept(swept.target, swept.report, state)


@pytest.fixture(scope="module")
def undone(swept: Swept) -> Undone:
    """Nora approves and changes something; Ines has the run undone, then what Nora approved."""
    target, item = swept.target, swept.item(TAKEN_UP).item_id
    told = json.loads(typed(target, "review", "show", item, "--json").out)
    digest = told["asked"][-1]["digest"]
    approved = typed(target, "review", "approve", item, "--digest", digest, "--as", "nora")
    assert 0 == approved.code, approved.err
    case, (task,) = swept.case(SORTED_ANEW)["Id"], swept.tasks(SORTED_ANEW)
    act(str(target.sandbox_url), NORAS, "PATCH", f"Case/{case}", Triage_Category__c="feature_idea")
    act(str(target.sandbox_url), NORAS, "PATCH", f"Task/{task['Id']}", Status="In Progress")
    before, run = looked(swept), ("rollback", "--run", swept.report.run_id)
    shown = typed(target, *run)
    between = looked(swept)
    done = typed(target, *run, "--apply", "--as", "ines", *WHY)
    one = typed(target, "rollback", "--item", item, "--apply", "--as", "ines", *WHY)
    return Undone(swept, before, between, looked(swept), shown, done, one)


def tags(case: Json) -> tuple[object, ...]:
    return tuple(case[f"Triage_{name}__c"] for name in ("Category", "Confidence", "Summary"))


def test_a_dry_run_changes_nothing(undone: Undone) -> None:
    """It shows the fork's records and fields, from what to what, and leaves all as it is."""
    told = flat(undone.shown.out)

    assert 0 == undone.shown.code
    assert undone.before.state["salesforce"] == undone.between.state["salesforce"]
    assert undone.before.state["slack"] == undone.between.state["slack"]
    assert "Triage_Category__c: scheduler_defect → (empty)" in told
    assert "Status: Not Started → Deferred" in told
    assert "left: Triage_Category__c: it was changed since" in told
    assert "left: Status: it was changed since" in told
    assert "Nothing was changed" in told
    assert all(len(line) <= 80 for line in undone.shown.out.splitlines())


def test_cases_are_as_they_were(undone: Undone) -> None:
    """Tags are gone but for the one that Nora changed; what she approved is new again."""
    cases = undone.after.state["salesforce"]["Case"]
    kept = {case["CaseNumber"]: tags(case) for case in cases if any(map(bool, tags(case)))}

    assert 7 == len(cases)
    assert {SORTED_ANEW: ("feature_idea", None, None)} == kept
    assert "Working" == undone.before.case(TAKEN_UP)["Status"]
    assert {"New"} == {case["Status"] for case in cases}


def test_tasks_are_put_off(undone: Undone) -> None:
    """A task stays, deferred, with a note of who had it undone; Nora's is as she left it."""
    (task,), (noras,) = undone.after.tasks(TAKEN_UP), undone.after.tasks(SORTED_ANEW)
    ((before,), (noras_before,)) = undone.before.tasks(TAKEN_UP), undone.before.tasks(SORTED_ANEW)
    note, _, text = task["Description"].partition("\n\n")

    assert "Deferred" == task["Status"]
    assert note.startswith("Withdrawn by Ines Duarte, ")
    assert "Odd tags" in note
    assert before["Description"] == text
    assert noras_before == noras


def test_messages_say_so(undone: Undone) -> None:
    """Each hand-over and request in the team's channel is withdrawn and has no button left."""
    ours = [
        one
        for one in undone.after.state["slack"][SUPPORT]
        if one["metadata"]["event_type"] in ("triage_hand_over", "triage_approval")
    ]

    assert 7 == len(ours)
    assert all(one["blocks"][0]["text"]["text"].startswith("Withdrawn: ") for one in ours)
    assert all(INES in json.dumps(one) for one in ours)
    assert "button" not in json.dumps(ours)


def test_people_are_told(undone: Undone) -> None:
    """The owner and the team get the note of it, whose checklist is the page's."""
    run = undone.done.out.partition("incident ")[2].split()[0]
    note = typed(undone.swept.target, "incident", run).out
    told = [
        channel
        for channel, messages in undone.after.state["slack"].items()
        for one in messages
        if one["metadata"]["event_type"] == "triage_incident"
    ]

    assert "2 something is left for people; 0 failed" in flat(undone.done.out)
    assert {SUPPORT, "D0INES00009"} == set(told)
    assert "- [ ] Which cases were affected, and has each been looked at again?" in note
    assert "| tag | Triage Category | it was changed since |" in note
    assert "4 undone; of 0 something is left" in flat(undone.one.out)
    assert [] == undone.after.faults()


def test_the_agent_waits_for_an_answer(undone: Undone) -> None:
    """Only whom the page lets may have it undone; it goes on once its checklist is answered."""
    run = ("rollback", "--run", undone.swept.report.run_id, "--apply", *WHY)
    other = typed(undone.swept.target, *run, "--as", "dana")
    paused = typed(undone.swept.target, "run")
    answers = [word for answer in ("A", "Yes", "A test") for word in ("--answer", answer)]
    resumed = typed(undone.swept.target, "resume", "--as", "samir", *answers)
    again = typed(undone.swept.target, "run", "--json")

    assert (3, 3, 0, 0) == (other.code, paused.code, resumed.code, again.code)
    assert "the agent is paused: by Ines Duarte" in paused.err
    assert 0 == json.loads(again.out)["totals"]["received"]
