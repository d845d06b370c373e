"""A new project: from a file of answers to one that checks, runs and is evaluated."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.forking.conftest import ANSWERS, Raw
from tests.sandboxes import running
from triage_agent import beginning, evaluating, wiring
from triage_agent.evaluation.cases import Placed
from triage_agent.forking.given import given
from triage_agent.jobs.report import RunReport
from triage_agent.project import read_cases, read_model, shipped
from triage_agent.targets import Target, deployed

pytestmark = pytest.mark.long

STRATA = ["bad_data", "hostile", "incomplete", "messy", "must_escalate", "normal", "policy"]


@dataclass(frozen=True)
class Begun:
    """The project, what its checks said, and what its first run and evaluation came to."""

    folder: Path
    lines: list[str]
    cases: list[Placed]
    report: RunReport
    told: evaluating.Told

    def text(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """One project of the answers that the documents show, tried as its owner would."""
    folder = tmp_path_factory.mktemp("new") / "events"
    lines = beginning.write(folder, beginning.read(ANSWERS))
    told = evaluating.evaluate(folder, sleep=lambda _: None)
    return Begun(folder, lines, read_cases(folder), ran(folder), told)


def ran(folder: Path) -> RunReport:
    """What `triage-agent run --sandbox` does there."""
    target = Target(folder, sandbox=True)
    return wiring.run(target, shadow=False, limit=None, only=None, progress=lambda *_: None)


def test_it_passes_its_checks(begun: Begun) -> None:
    """Page, prompts, patterns and cases are in step, with a case in each stratum."""
    assert ["page", "prompts", "patterns", "cases"] == [line.split()[0] for line in begun.lines]
    assert STRATA == sorted({one.stratum for one in begun.cases})


def test_the_sandbox_has_its_examples(begun: Begun) -> None:
    """The first run takes up the owner's own requests, and each comes to the end it should."""
    totals = begun.report.totals

    assert len(begun.cases) == totals.received
    assert (5, 10, 0) == (totals.settled, totals.escalated, totals.failed)
    assert {"wedding": 2, "school_visit": 1, "photo_shoot": 1, "advertising": 1} == {
        name: count for name, count in totals.by_category.items() if name != "unclear"
    }
    assert {"outside_policy": 1, "missing_data": 1, "conflicting_information": 1} == {
        name: count for name, count in totals.by_stop.items() if name != "restricted_topic"
    }


def test_its_people_are_asked(begun: Begun) -> None:
    """What stops is posted in the owner's own channel, and tasks go to the team's members."""
    org = Target(begun.folder, sandbox=True).sandbox_state
    with running(
        state=org, leads=None, deployed=deployed(Target(begun.folder, sandbox=True))
    ) as url:
        state = requests.get(f"{url}/sandbox/state", timeout=10).json()
    posted = [one["metadata"]["event_type"] for one in state["slack"]["C0EVENTS001"]]

    assert (10, 5) == (posted.count("triage_hand_over"), posted.count("triage_approval"))
    owners = {task["OwnerId"] for task in state["salesforce"]["Task"]}
    assert owners
    assert owners <= {"005000000000101AAA", "005000000000102AAA"}


def test_the_baseline_passes_its_first_cases(begun: Begun) -> None:
    """An evaluation ends well, and of these plain examples no case fails."""
    assert not begun.told.falls_short
    assert all(case.passes == 1 for case in begun.told.evaluation.cases)


@pytest.mark.parametrize("system", ["salesforce", "slack"])
def test_what_is_granted_is_fresh(begun: Begun, system: str) -> None:
    """The generated files are those of its page."""
    assert wiring.grants(begun.folder, system, check=True)


def test_it_knows_nothing_of_the_shipped_business(begun: Begun) -> None:
    """No file names that business or its people; its own name stands where that stood."""
    page = read_model(shipped()).page
    names = [page.owner.name, page.owner.deputy.name, page.owner.slack, "brightfield"]
    held = [path for path in begun.folder.rglob("*") if path.is_file()]
    texts = {path: path.read_bytes().decode(errors="replace").lower() for path in held}

    assert [] == [
        (path, name)
        for path, text in texts.items()
        for name in names
        if name.lower() in text and ".triage" not in path.parts
    ]
    assert "halden" in begun.text("prompts/patterns.yaml")


def test_it_is_installed_without_a_checkout(begun: Begun) -> None:
    """No way to run it needs the program's source or lock files: it takes what is published."""
    ways = [path for path in (begun.folder / "deploy").rglob("*") if path.is_file()]
    told = "\n".join(path.read_text(encoding="utf-8") for path in ways)

    assert begun.text("requirements.txt").startswith("triage-agent[scale]==")
    assert "--requirement requirements.txt" in begun.text("deploy/docker/Dockerfile")
    assert "requirements.txt" in begun.text("Makefile")
    assert "pyproject" not in told
    assert "requirements-containers" not in told


def test_another_object_works_as_well(tmp_path: Path, answers: Raw) -> None:
    """Requests in an administrator's own object and fields are taken up in the sandbox, too.

    So is one that a visitor types in there.
    """
    answers["workflow"]["object"] = "Application__c"
    answers["reads"] = {
        "request_text": ["Project__c"],
        "sender_name": ["Applicant__c"],
        "sender_email": "Email__c",
        "shown": ["Project__c", "Field_of_Work__c"],
        "headline": ["Applicant__c"],
        "new_when": {"Stage__c": "Submitted", "Archived__c": False},
        "came_by": {"Channel__c": ["Form", "Post"]},
    }
    answers["writes"] = {"status": {"Stage__c": "In review"}}
    beginning.write(tmp_path / "new", given(answers, "answers.yaml"))
    totals = ran(tmp_path / "new").totals
    target = Target(tmp_path / "new", sandbox=True)
    typed = {"Applicant__c": "Ada Ek", "Email__c": "ada@ek.example", "Project__c": "Help, please"}
    with running(state=target.sandbox_state, leads=None, deployed=deployed(target)) as url:
        sent = requests.post(f"{url}/", data=typed, timeout=10)
    (item,) = ran(tmp_path / "new").items

    assert (15, 5, 10, 0) == (totals.received, totals.settled, totals.escalated, totals.failed)
    assert sent.url.endswith(f"/?sent={item.record_id}")
