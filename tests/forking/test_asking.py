"""The questions as they are asked: what is typed becomes a project, what isn't stays open."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from triage_agent.cli import app
from triage_agent.errors import WrongUsage
from triage_agent.forking.asking import Interview
from triage_agent.operating_model.loading import load

KEPT = ""
"""Enter: what stands in brackets."""

WORKFLOW = [
    "Partner applications", "Acme Robotics", "Lead",
    "New reseller", "A shop wants to sell our robots to its own clients.", KEPT,
    "We are a dealer of tools and want to sell your robots to our clients.",
    "Vendor mail", "Somebody wants to sell a service of theirs to us.", "no", "no",
    "We sell cleaning services, and this mail is about our service.", "", KEPT,
]  # fmt: skip
OWNER = ["Jane Roe", "Head of Partners", "jane", "U0JANE00001", "jane", "Tom Poe", "Manager",
         "U0TOM000002", "tom", KEPT]  # fmt: skip
STOPS = [
    "Exclusive rights", "We grant nobody exclusive rights.", "exclusive rights, sole dealer",
    "We want to be your only shop.", "We want exclusive rights for Norway.", "", "",
    "no", "high", "0.8",
]  # fmt: skip
TEAM = ["C0PARTNERS1", "Ann Lee", "U0ANN000003", "005000000000201AAA", "ann", "", KEPT]
DRAFTS = [
    "The Acme partner team",
    "Acme builds robot arms.",
    "",
    "no",
    "",
    "budget=What they can pay.",
    "",
]
EVERYTHING = [*WORKFLOW, *OWNER, *[KEPT] * 4, *STOPS, *[KEPT] * 3, *TEAM, *DRAFTS]


def _lines(typed: list[str]) -> str:
    return "".join(f"{line}\n" for line in typed)


def test_questions_become_a_project(tmp_path: Path) -> None:
    """Ten questions in the article's words; with what is typed, a project that its checks pass."""
    ran = CliRunner().invoke(app, ["new", str(tmp_path / "new")], input=_lines(EVERYTHING))
    text = (tmp_path / "new" / "operating_model.yaml").read_text()
    page = load(text).page

    assert 0 == ran.exit_code
    assert "1. What workflow does this agent own?" in ran.stderr
    assert "10. How can it be paused or rolled back?" in ran.stderr
    assert "'jane' won't do; write a Slack member's id, like U0MAYA00002" in ran.stderr
    assert "write one in it" in ran.stderr
    assert "'high' is no number; write one" in ran.stderr
    assert f"run --sandbox --project {tmp_path / 'new'}" in ran.stdout
    assert ["new_reseller", "vendor_mail"] == list(page.workflow.categories)
    assert ("draft", "none") == tuple(one.reply for one in page.workflow.categories.values())
    assert {
        "exclusive_rights": "We grant nobody exclusive rights."
    } == page.stops_when.outside_policy.policies
    assert 0.8 == page.stops_when.low_confidence.below
    assert {"budget": "What they can pay."} == page.drafts.asks_for
    assert ["Ann Lee"] == [one.name for one in page.teams["triage_team"].members]


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("n", False)])
def test_open_questions_can_be_kept_as_a_draft(tmp_path: Path, answer: str, written: bool) -> None:  # noqa: FBT001
    """Whoever leaves questions open is told which, and asked whether a draft is wanted."""
    typed = [*WORKFLOW, "", "", "", "", "", "", "", "", KEPT, *[KEPT] * 4, *STOPS]
    typed += [*[KEPT] * 3, *TEAM, *DRAFTS, answer]
    ran = CliRunner().invoke(app, ["new", str(tmp_path / "new")], input=_lines(typed))

    assert "Who is the business owner?\n  owner.name: Their name" in ran.stderr
    assert written == (tmp_path / "new" / "answers.yaml").exists()
    assert written == (ran.exit_code == 0)


def test_breaking_off_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the questions; what was said until then can be kept."""
    typed = iter(WORKFLOW[:-1])

    def prompt(_question: str, *, default: str, **_how: object) -> str:
        for line in typed:
            return line or default
        raise typer.Abort

    monkeypatch.setattr(typer, "prompt", prompt)
    ran = CliRunner().invoke(app, ["new", str(tmp_path / "new")], input="y\n")

    assert 0 == ran.exit_code
    assert "Who is the business owner?\n  owner.name: Their name" in ran.stderr
    assert "new_reseller" in (tmp_path / "new" / "answers.yaml").read_text()


def test_another_object_s_fields_are_asked() -> None:
    """Of what Salesforce doesn't bring along nothing is supposed: its fields have to be said."""
    reads = ["Project__c", "Applicant__c", "Email__c", "Project__c, Field__c", "Applicant__c"]
    reads += ["Stage__c", "Stage__c=Submitted, Archived__c=false", "Channel__c=Form, Post"]
    typed = iter(
        ["Grants", "Fjell", "Application__c", "", KEPT, *[""] * 8, KEPT, *reads, "Stage__c=Read"]
    )
    said: list[str] = []

    raw = Interview(
        said.append, lambda _question, supposed: next(typed, "") or supposed
    ).everything()

    assert "write a name, = and what it is" in "\n".join(said)
    assert {"Stage__c": "Submitted", "Archived__c": False} == raw["reads"]["new_when"]
    assert {"Channel__c": ["Form", "Post"]} == raw["reads"]["came_by"]
    assert ["Project__c", "Field__c"] == raw["reads"]["shown"]
    assert {"Stage__c": "Read"} == raw["writes"]["status"]
    assert {} == raw["owner"]


def test_nothing_that_was_said_is_lost(tmp_path: Path) -> None:
    """Where the answers make a page that can't be enforced, they are kept as a draft."""
    typed = ["Partner team" if line == "Jane Roe" else line for line in EVERYTHING]
    ran = CliRunner().invoke(app, ["new", str(tmp_path / "new")], input=_lines(typed))

    assert isinstance(ran.exception, WrongUsage)
    assert "owner.name: team is nobody in particular; name a person" in str(ran.exception)
    assert "Partner team" in (tmp_path / "new" / "answers.yaml").read_text()
