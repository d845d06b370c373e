"""On real systems the agent is in shadow until what runs has passed, and again once it differs."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.jobs.conftest import HOME, new_model, written
from tests.sandboxes import running
from triage_agent.ledger.store import AGENT, Ledger

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import TypeIn
    from tests.jobs.conftest import Model

__all__ = ["new_model"]
CASES = """
- name: they want to buy
  fields:
    LastName: Lind
    Email: ada@lind-heating.example
    Company: Lind Heating
    Description: >-
      We have 40 technicians and look for scheduling software. Could your sales team contact us
      about buying it?
  expect: {category: new_business, escalates: no, sees: {}}

- name: a lawyer writes
  fields:
    LastName: Roth
    Email: roth@roth-pumps.example
    Company: Roth Pumps
    Description: We will take legal action against you unless you answer us.
  expect: {escalates: yes, by: [restricted_topic], hand_over: [legal action]}
"""


@pytest.fixture
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Settings that lead to a served sandbox with two new leads, as if it were real."""
    leads = written(tmp_path / "leads.jsonl", [{}, {"Company": "Ada Pumps"}])
    with running(state=None, leads=leads) as url:
        settings = {
            "SALESFORCE_INSTANCE_URL": url,
            "SALESFORCE_USERNAME": "triage@brightfield.example",
            "SALESFORCE_PASSWORD": "sandbox",
            "SALESFORCE_SECURITY_TOKEN": "sandbox",
            "SLACK_BOT_TOKEN": "xoxb-sandbox",
            "SLACK_API_URL": f"{url}/api/",
            "OPENAI_BASE_URL": f"{url}/v1",
            "OPENAI_API_KEY": "sandbox",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield url


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose page is live, with two cases, on the sandbox's own model."""
    folder = tmp_path / "project"
    shutil.copytree(HOME / "prompts", folder / "prompts")
    (folder / "eval_cases").mkdir()
    (folder / "eval_cases" / "normal.yaml").write_text(CASES, encoding="utf-8")
    shutil.copy(HOME / "operating_model.yaml", folder)
    edit(folder / "operating_model.yaml", "mode: shadow", "mode: live")
    for name in ("assess.md", "draft.md"):
        edit(folder / "prompts" / name, "gpt-4.1-mini-2025-04-14", "baseline")
    return folder


@pytest.fixture
def on(type_in: TypeIn, project: Path) -> TypeIn:
    """Types a command about the project."""
    return lambda *words: type_in(*words, "--project", project)


def edit(path: Path, was: str, becomes: str) -> None:
    """Changes one place of a file."""
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes), encoding="utf-8")


def run(on: TypeIn, *words: str) -> dict[str, Any]:
    """A run that ends well."""
    ran = on("run", "--json", *words)
    assert 0 == ran.code, ran.err
    report: dict[str, Any] = json.loads(ran.out)
    return report


def there(url: str) -> tuple[Any, list[str]]:
    """What the CRM holds, and who was told of the shadow."""
    state = requests.get(f"{url}/sandbox/state", timeout=10).json()
    every = [one["text"] for channel in state["slack"].values() for one in channel]
    return state["salesforce"], [text for text in every if "in shadow" in text]


def test_until_it_passed(on: TypeIn, project: Path, systems: str) -> None:
    """Out of reach: shadow. Within reach, recorded: live. A word of a prompt changed: shadow."""
    page = project / "operating_model.yaml"
    before, _ = there(systems)
    edit(page, "trials: 3 ", "trials: 4 ")
    refused = on("evaluate", "--record", "--trials", "3")
    first, again, status = run(on), run(on), on("status")

    assert 3 == refused.code
    assert "falls short of the page: trials (3 of 4)" in refused.err
    assert not (project / "eval_cases" / "passed.json").exists()
    assert ("shadow", ["nothing has passed an evaluation yet"]) == (
        first["mode"],
        first["uncleared"],
    )
    assert "shadow" == again["mode"]
    assert "live, but in shadow: nothing has passed an evaluation yet" in status.out
    assert (before, 1) == (there(systems)[0], len(there(systems)[1]))

    edit(page, "trials: 4 ", "trials: 3 ")
    recorded = on("evaluate", "--record")
    live = run(on, "--strict")

    assert 0 == recorded.code, recorded.out + recorded.err
    assert "check it in" in recorded.out
    assert ("live", []) == (live["mode"], live["uncleared"])
    assert before != there(systems)[0]

    edit(project / "prompts" / "assess.md", "You read one inbound", "You see one inbound")
    strict, shadow, printed = on("run", "--strict"), run(on), on("run")

    assert 3 == strict.code
    assert "the prompts changed since" in strict.err
    assert "shadow" == shadow["mode"]
    assert printed.out.startswith("In shadow, nothing is changed: the prompts changed since")
    with closing(Ledger.open(f"sqlite:///{project}/.triage/real/ledger.db")) as ledger:
        told = [one.event.kind for one in ledger.told(AGENT, "Cleared", "NotCleared")]
    assert ["NotCleared", "Cleared", "NotCleared"] == told


def test_turning_it_live_voids_nothing(on: TypeIn, project: Path, systems: str) -> None:
    """What was evaluated with the page in shadow may act once it is live, under a new version."""
    page = project / "operating_model.yaml"
    edit(page, "mode: live", "mode: shadow")
    recorded = on("evaluate", "--record")
    edit(page, "mode: shadow", "mode: live")
    edit(page, "version: 9", "version: 10")

    assert 0 == recorded.code, recorded.out + recorded.err
    assert "live" == run(on, "--strict")["mode"]
    assert there(systems)[0]["Task"]


def test_another_model_answers(
    on: TypeIn,
    project: Path,
    systems: str,
    new_model: Callable[[], Model],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where another model answers than the one that passed, nothing is changed either."""
    assert 0 == on("evaluate", "--record").code
    before, _ = there(systems)
    monkeypatch.setenv("OPENAI_BASE_URL", new_model().url)
    strict, report = on("run", "--strict"), run(on)

    assert 3 == strict.code
    assert "answered, which hasn't passed the evaluation" in strict.err
    assert "shadow" == report["mode"]
    assert "answered, which hasn't passed" in report["uncleared"][0]
    assert before == there(systems)[0]
    assert there(systems)[1]
    assert project
