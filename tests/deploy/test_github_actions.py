"""`deploy/github-actions/`: GitHub's own shape, our rules, and the shell lines run for real."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import HOME, TypeIn
from tests.deploy.typed import COMING, SETTINGS, read, typed_in, unknown, unknown_settings

pytestmark = pytest.mark.long

TREE = HOME / "deploy" / "github-actions"
NAMES = ["evaluation.yml", "triage.yml"]
FLOWS: dict[str, dict[str, Any]] = {name: read(TREE / name)[0] for name in NAMES}
STEPS = [
    (name, step)
    for name, flow in FLOWS.items()
    for job in flow["jobs"].values()
    for step in job["steps"]
]
LINES: dict[str, str] = {step["name"]: step["run"] for _, step in STEPS if "run" in step}
PINNED = re.compile(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def test_github_knows_their_shape() -> None:
    """Every key and value is one that the published schema of workflows has."""
    checker = Path(sys.executable).with_name("check-jsonschema")
    told = subprocess.run(  # noqa: S603 - our own files
        [
            checker,
            "--builtin-schema",
            "vendor.github-workflows",
            *(TREE / name for name in NAMES),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == told.returncode, told.stdout


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_ours_is_pinned(name: str) -> None:
    """Each action is named by a whole commit, with the version that it was."""
    uses = re.findall(r"uses: .*", (TREE / name).read_text(encoding="utf-8"))

    assert uses
    assert all(PINNED.match(one) for one in uses)


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_may_read_and_no_more(name: str) -> None:
    """It reads the repository, keeps no token, and no job has another right or all day."""
    flow = FLOWS[name]

    assert {"contents": "read"} == flow["permissions"]
    for job in flow["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 30
        assert job["steps"][0]["with"] == {"persist-credentials": False}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_is_shell_and_holds_no_expression(line: str) -> None:
    """Bash reads it; what GitHub fills in reaches it as environment, so nothing can be put in."""
    read_by_bash = subprocess.run(["bash", "-n"], input=line, text=True, check=False)  # noqa: S607

    assert 0 == read_by_bash.returncode
    assert "${{" not in line


def test_two_sweeps_never_overlap() -> None:
    """A run waits for the one before, whatever began it."""
    assert {"group": "triage", "cancel-in-progress": False} == FLOWS["triage.yml"]["concurrency"]


def test_secrets_reach_only_what_needs_them() -> None:
    """They are settings, stand at single steps, and none where strangers may propose a change."""
    evaluation, triage = ((TREE / name).read_text(encoding="utf-8") for name in NAMES)

    assert "secrets." not in evaluation
    assert "pull_request" == FLOWS["evaluation.yml"]["on"]
    assert {*re.findall(r"(?:secrets|vars)\.(\w+)", triage)} <= SETTINGS
    assert "env" not in FLOWS["triage.yml"]
    assert all("env" not in job for job in FLOWS["triage.yml"]["jobs"].values())


def test_the_note_and_the_lines_type_what_there_is() -> None:
    """Every command is one of the program's, and every setting that is named exists."""
    typed = [
        line.split()
        for text in LINES.values()
        for line in re.findall(r"\.venv/bin/triage-agent ([^|>\n]+)", text)
    ]

    assert 4 == len(typed)
    assert all(unknown(words) <= COMING for words in (*typed, *typed_in(TREE / "README.md")))
    assert set() == unknown_settings(TREE)


def test_what_is_installed_is_locked() -> None:
    """A file of requirements that a line names is there, unless it is still to come."""
    named = re.findall(r"--requirement (\S+)", "\n".join(LINES.values()))

    assert ["requirements-containers.lock"] == named
    assert [] == [one for one in named if one not in COMING and not (HOME / one).exists()]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project as it is checked out, with two cases and the baseline's record of them."""
    folder = tmp_path / "checkout"
    shutil.copytree(HOME / "prompts", folder / "prompts")
    shutil.copy(HOME / "operating_model.yaml", folder)
    cases = (HOME / "eval_cases" / "normal.yaml").read_text(encoding="utf-8")
    (folder / "eval_cases").mkdir()
    kept = "\n- name:".join(cases.split("\n- name:")[:3]) + "\n"
    (folder / "eval_cases" / "normal.yaml").write_text(kept, encoding="utf-8")
    shutil.copy(HOME / "eval_cases" / "baseline.json", folder / "eval_cases")
    _program(folder, f'PYTHONPATH="{HOME}" exec "{sys.executable}" -m triage_agent "$@"')
    return folder


def _program(folder: Path, line: str) -> None:
    path = folder / ".venv" / "bin" / "triage-agent"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/bash\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def _step(folder: Path, line: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What GitHub makes of a step's line."""
    environment = {**os.environ, "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), **settings}
    return subprocess.run(  # noqa: S603 - our own line
        ["bash", "-e", "-c", line],  # noqa: S607
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


CHECK = "Are page, prompts, patterns and cases in step?"
EVALUATE = "Does every case come out as well as on record?"
REFUSE = "Refuse a ledger that would go with this machine"
WORK = "Take up the new records, and tell of the week once"


def test_a_change_that_keeps_the_record_passes(checkout: Path) -> None:
    """Both steps end with 0, and the evaluation stands on the run's page."""
    checked, evaluated = _step(checkout, LINES[CHECK]), _step(checkout, LINES[EVALUATE])

    assert (0, 0) == (checked.returncode, evaluated.returncode)
    assert "2 cases" in (checkout / "summary.md").read_text(encoding="utf-8")


def test_a_change_that_spoils_a_case_fails(checkout: Path) -> None:
    """Where a case comes out worse than on record the step fails, and still says which."""
    cases = checkout / "eval_cases" / "normal.yaml"
    text = cases.read_text(encoding="utf-8")
    cases.write_text(text.replace("category: new_business", "category: partnership"), "utf-8")

    evaluated = _step(checkout, LINES[EVALUATE])

    assert 1 == evaluated.returncode
    assert "not partnership" in (checkout / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "ends", "told"), [(0, 0, "run\nsummary --post\n"), (1, 1, "run\n"), (2, 1, "run\n")]
)
def test_a_sweep_that_fails_fails_its_job(tmp_path: Path, code: int, ends: int, told: str) -> None:
    """What ends with an error is the job's last; otherwise the week is told as well."""
    _program(tmp_path, f'echo "$@"; exit {code}')

    ran = _step(tmp_path, LINES[WORK])

    assert (ends, told) == (ran.returncode, ran.stdout)


def test_a_sweep_that_is_refused_fails_nothing(tmp_path: Path) -> None:
    """As while it is paused: the job is green, with a warning on it."""
    _program(tmp_path, "exit 3")

    ran = _step(tmp_path, LINES[WORK])

    assert 0 == ran.returncode
    assert ran.stdout.startswith("::warning::")


@pytest.mark.parametrize(
    ("url", "anchors", "ends"),
    [
        ("postgresql://agent@host/ledger", "[owner]", 0),
        ("postgresql://agent@host/ledger", "[file, owner]", 1),
        ("sqlite:///ledger.db", "[owner]", 1),
        ("", "[owner]", 1),
    ],
)
def test_a_ledger_that_would_be_lost_is_refused(
    project: Path, url: str, anchors: str, ends: int
) -> None:
    """Before anything is done: one in a file, and a file of anchors that the next run misses."""
    _anchor_to(project, anchors)

    assert ends == _step(project, LINES[REFUSE], TRIAGE_LEDGER_URL=url).returncode


@pytest.mark.parametrize(("anchors", "ends"), [("[file, owner]", 3), ("[owner]", 0)])
def test_a_file_of_anchors_must_stay(
    type_in: TypeIn, project: Path, anchors: str, ends: int
) -> None:
    """Where it went with its machine, the next run is refused; a page without one needs none."""
    _anchor_to(project, anchors)
    words = ("run", "--sandbox", "--limit", "1", "--project", project)
    first = type_in(*words)
    for path in project.rglob("ledger.db-anchors.jsonl"):
        path.unlink()

    assert (0, ends) == (first.code, type_in(*words).code)


def _anchor_to(project: Path, anchors: str) -> None:
    page = project / "operating_model.yaml"
    text = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r"anchors_to: \[.*?\]", f"anchors_to: {anchors}", text), "utf-8")
