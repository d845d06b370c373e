"""Another workflow on the same code: support cases instead of sales requests, by files alone."""

import json
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.forks.conftest import NORAS, SUPPORT, SUPPORT_CASES, Json, Swept, act, copied, typed
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.authority.wire import Request, Wire
from triage_agent.decision.events import Outcome
from triage_agent.errors import BadPage, WrongUsage
from triage_agent.jobs.report import RunReport
from triage_agent.operating_model.loading import load
from triage_agent.project import check, read_rules
from triage_agent.targets import Target

PAGE = "operating_model.yaml"


def test_it_has_no_code() -> None:
    """The fork is a page, prompts, cases and records: nothing in its folder is Python."""
    kinds = {path.suffix for path in SUPPORT_CASES.rglob("*") if path.is_file()}

    assert {".yaml", ".md", ".jsonl", ".json"} == kinds


def test_it_is_whole(support_cases: Path) -> None:
    """Page, prompts, patterns with their examples, prices and cases are valid and in step."""
    page, prompts, patterns, cases = check(support_cases)

    assert "version 3 " in page
    assert "gpt-4.1-mini-2025-04-14 assesses" in prompts
    assert "each with what it finds" in patterns
    assert "69 in eval_cases" in cases


def test_its_prompts_speak_of_its_page(support_cases: Path) -> None:
    """What the model is told holds every category, topic, policy, consequence and claim."""
    rules = read_rules(support_cases)
    told = rules.assess.render("instructions", page=rules.page)
    stops = rules.page.stops_when

    for name in (
        *rules.page.workflow.categories,
        *(f"restricted_topic.{topic}" for topic in stops.restricted_topic.topics),
        *(f"outside_policy.{policy}" for policy in stops.outside_policy.policies),
        *(f"consequential_request.{what}" for what in stops.consequential_request.about),
        *(conflict.claim for conflict in stops.conflicting_information.told),
    ):
        assert f"- {name}: " in told
    assert "sales" not in told


@pytest.mark.parametrize(
    ("written", "broken", "says"),
    [
        ("    object: Case", "    object: Ticket", "Ticket is not under reads"),
        (
            "    match: [{WhatId: Id}]",
            "    match: [{WhatId: Case.Number}]",
            "Case.Number is not read",
        ),
        (
            "    request_text: [Subject, Description]",
            "    request_text: [Subject, Comments]",
            "Comments is not in reads.Case.shown_to_model",
        ),
        (
            "    set: {Status: Working}",
            "    set: {Status: <Company>}",
            "<Company> is neither of the decision nor read",
        ),
        ("    post_to: support", "    post_to: sales_development", "is none of teams"),
        ("    update: Case", "    update: Account", "only the item itself, Case, can be"),
        ("  masks: [SuppliedPhone]", "  masks: [Subject]", "so it can't be masked"),
        ("  name: Ines Duarte", "  name: Support team", "team is nobody in particular"),
    ],
)
def test_a_broken_page_is_refused(written: str, broken: str, says: str) -> None:
    """What doesn't fit is named, with the line that it stands on."""
    text = (SUPPORT_CASES / PAGE).read_text()
    assert written in text
    line = text[: text.index(written)].count("\n") + 1
    with pytest.raises(BadPage) as refused:
        load(text.replace(written, broken, 1))
    places = [one.place for one in refused.value.problems if says in one.message]

    assert places
    assert all(place.startswith(f"{PAGE}:{line}:") for place in places)


@pytest.mark.long
@pytest.mark.parametrize(
    ("file", "written", "broken", "says"),
    [
        (PAGE, "      outage:", "      flood:", "flood has no pattern"),
        (PAGE, "[fix_dates,", "[feelings,", "feelings has no pattern"),
        ("eval_cases/messy.yaml", "usage_question", "demo_request", "demo_request is none of"),
        ("eval_cases/messy.yaml", "Product__c: Scheduler\n", "Version: 2\n", "Case.Version is not"),
        ("prompts/patterns.yaml", "total outage in", "power cut in", "doesn't find"),
        ("prompts/assess.md", "block instructions", "block rules", "there is no block instruct"),
    ],
)
def test_a_broken_project_is_refused(
    support_cases: Path, file: str, written: str, broken: str, says: str
) -> None:
    """What is wrong with a file is named."""
    path = support_cases / file
    assert written in path.read_text()
    path.write_text(path.read_text().replace(written, broken))

    with pytest.raises(WrongUsage, match=says):
        check(support_cases)


def test_every_case_ends(swept: Swept) -> None:
    """All of the sample's cases settle or escalate, each as its text and records want it."""
    totals = swept.report.totals

    assert (7, 3, 4, 0) == (totals.received, totals.settled, totals.escalated, totals.failed)
    assert {
        "restricted_topic": 1,
        "missing_data": 1,
        "conflicting_information": 1,
        "consequential_request": 1,
    } == totals.by_stop


@pytest.mark.parametrize(
    ("number", "category", "assignee"),
    [
        ("00001001", "scheduler_defect", {"005000000000012AAA"}),  # its own owner
        ("00001002", "usage_question", {"005000000000011AAA", "005000000000012AAA"}),
    ],
)
def test_a_settled_case_has_a_task(
    swept: Swept, number: str, category: str, assignee: set[str]
) -> None:
    """The task is about the case, goes to its owner or the team, and holds the signed draft."""
    (task,), item = swept.tasks(number), swept.item(number)
    subject = swept.case(number)["Subject"]

    assert ("settled", category) == (item.status, item.category)
    assert f"Case {number} ({category}): {subject}" == task["Subject"]
    assert task["OwnerId"] in assignee
    assert item.draft
    assert item.draft.endswith("Brightfield Support")
    assert item.draft in task["Description"]
    assert [] == swept.messages(number)
    ((channel, _),) = swept.messages(number, "triage_approval")
    assert SUPPORT == channel


def test_what_nobody_answers_has_no_task(swept: Swept) -> None:
    """A category without reply and task is tagged, and that is all."""
    item = swept.item("00001007")

    assert ("settled", "misdirected", None) == (item.status, item.category, item.draft)
    assert ([], []) == (swept.tasks("00001007"), swept.messages("00001007"))


@pytest.mark.parametrize(
    ("number", "rule", "topic"),
    [
        ("00001003", "restricted_topic", "outage"),
        ("00001004", "missing_data", "SuppliedEmail"),
        ("00001005", "conflicting_information", "premium_support"),
        ("00001006", "consequential_request", "refund"),
    ],
)
def test_a_stopped_case_goes_to_the_support_team(
    swept: Swept, number: str, rule: str, topic: str
) -> None:
    """One message in the team's channel, for one of the team, and neither task nor draft."""
    item = swept.item(number)
    ((channel, message),) = swept.messages(number)
    (stop,) = item.stops

    assert (rule, topic) == (stop.rule, stop.topic)
    assert SUPPORT == channel
    assert any(user in json.dumps(message) for user in ("U0NORA00007", "U0SAMIR0008"))
    assert ([], None) == (swept.tasks(number), item.draft)


def test_a_hand_over_names_the_known_issue(swept: Swept) -> None:
    """What is known about a case's product is read, and told to whoever takes over."""
    ((_, message),) = swept.messages("00001003")

    assert "Known Issue Repeated jobs after a time change" in json.dumps(message)


def test_people_read_no_api_names(swept: Swept) -> None:
    """Fields and objects of the fork's own making are told as people write them."""
    told = json.dumps([one["blocks"] for one in swept.state["slack"][SUPPORT]])
    listed = typed(swept.target, "review", "list").out

    assert "Support Plan is Basic" in told
    assert "no Supplied Email" in told
    assert "missing data: Supplied Email" in listed
    assert "__c" not in told + listed


def test_a_masked_field_stays_on_the_record(swept: Swept) -> None:
    """A sender's phone number is in no message."""
    assert "555 0103" in swept.case("00001003")["SuppliedPhone"]
    assert "555 01" not in json.dumps(swept.state["slack"])


def test_every_case_is_tagged(swept: Swept) -> None:
    """The tag is on the case; what only a person may change is as it was."""
    for item in swept.report.items:
        (case,) = (c for c in swept.state["salesforce"]["Case"] if c["Id"] == item.record_id)
        assert item.category == case["Triage_Category__c"]
        assert case["Triage_Summary__c"]
        assert "New" == case["Status"]


def test_the_chain_is_intact(swept: Swept) -> None:
    """Every stream of the fork's ledger is whole."""
    assert [] == swept.faults()


def test_a_page_without_updates_may_reread_its_item() -> None:
    """Before a write the item is looked at again, also where the page changes none."""
    page = load((SUPPORT_CASES / PAGE).read_text()).page
    few = {name: rule for name, rule in page.may.items() if name not in ("tag", "take_up")}
    changed = page.model_copy(update={"may": few})
    wire = Wire(changed, {"salesforce": frozenset({"org"})}, live=True)
    path = "/services/data/v62.0/sobjects/Case/describe"

    assert wire.refuses(Request("salesforce", "GET", "org", path)) is None


@pytest.mark.long
def test_its_sandbox_begins_with_its_records(support_cases: Path) -> None:
    """`run --sandbox` takes up the fork's own samples, and a second run finds nothing new."""
    target = Target(support_cases, sandbox=True)
    first, second = typed(target, "run"), typed(target, "run")

    assert "7 received: 3 settled, 4 escalated" in first.out
    assert "Nothing new" in second.out


@pytest.mark.long
def test_its_outcomes_are_its_own(tmp_path: Path) -> None:
    """What people do with its cases and tasks is told by the names of its page."""
    with running(state=None, leads=SUPPORT_CASES / "samples.jsonl") as url:
        target = Target(copied(tmp_path), sandbox_url=url)
        items = {item.record_id: item for item in run(target).items}
        tasks = {task["WhatId"]: task["Id"] for task in kept(url, "Task") if task["Triage_Key__c"]}
        worked, waits = list(tasks)[:2]
        act(url, NORAS, "PATCH", f"Case/{worked}", Status="Working")
        act(
            url, NORAS, "PATCH", f"Case/{waits}", Triage_Category__c="feature_idea", Status="Closed"
        )
        act(url, NORAS, "PATCH", f"Task/{tasks[worked]}", ActivityDate="2027-01-04")
        act(url, NORAS, "DELETE", f"Task/{tasks[waits]}")
        answer = {"Description": items[worked].draft or ""}
        act(url, NORAS, "POST", "Task", Subject="Answered", WhatId=worked, **answer)
        run(target)

    assert {"answered": 1.0, "moved_on": None, "task_postponed": None} == outcomes(
        target, items[worked].item_id
    )
    assert {"sorted_anew": None, "moved_on": None, "solved": None, "task_deleted": 0.0} == outcomes(
        target, items[waits].item_id
    )


def run(target: Target) -> RunReport:
    return wiring.run(
        target, shadow=False, limit=None, only=None, progress=lambda _ended, _of: None
    )


def kept(url: str, name: str) -> list[Json]:
    state: Json = requests.get(f"{url}/sandbox/state", timeout=10).json()
    records: list[Json] = state["salesforce"][name]
    return records


def outcomes(target: Target, item: str) -> dict[str, float | None]:
    """By the page's names, each with how much it kept of the draft."""
    with closing(wiring.open_ledger(target)) as ledger:
        events = [happened.event for happened in ledger.events(item)]
    return {event.name: event.kept for event in events if isinstance(event, Outcome)}
