"""The README's commands work, and print what it says they print."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sybil import Document
from sybil.parsers.markdown import CodeBlockParser

from triage_agent.jobs.report import RunReport
from triage_agent.sandbox import server
from triage_agent.sandbox.leads import SAMPLE

ROOT = Path(__file__).parents[1]
PROGRAM = [sys.executable, "-m", "triage_agent"]
DOCUMENTS = ("README.md", "CONTRIBUTING.md")


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of one language in a document, as they are written."""
    document = Document.parse(
        str(ROOT / name),
        CodeBlockParser(language=language, evaluator=lambda _: None),
    )
    return [str(example.parsed) for example in document.examples()]


def commands() -> list[str]:
    """Every command that a document shows behind a prompt."""
    return [
        line.removeprefix("$ ")
        for name in DOCUMENTS
        for block in blocks(name, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the shipped page and prompts, and nothing run in it."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "operating_model.yaml", folder)
    shutil.copytree(ROOT / "prompts", folder / "prompts")
    return folder


def type_in(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the program in a project, in an 80-column terminal."""
    return subprocess.run(  # noqa: S603 - our own program
        [*PROGRAM, *arguments],
        cwd=project,
        env={**os.environ, "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def served() -> Iterator[str]:
    """A sandbox over the sample leads, as the README serves one."""
    with server.running(state=None, leads=SAMPLE) as url:
        yield url


def test_first_command_prints_what_the_readme_shows(project: Path) -> None:
    """`make run` ends with the very figures of the README's first screen."""
    shown = blocks("README.md", "text")[0]

    printed = type_in(project, "run", "--sandbox").stdout

    assert _words(shown) == _words(printed.split("\n\nrun-")[0])


def test_second_run_finds_nothing_new(project: Path) -> None:
    """A second run says that nothing is new."""
    type_in(project, "run", "--sandbox")

    again = type_in(project, "run", "--sandbox")

    assert "Nothing new" in again.stdout
    assert 0 == again.returncode


def test_every_command_of_the_documents_works(project: Path) -> None:
    """Each command behind a prompt exits with 0; one that no rule here knows fails the test."""
    with served() as url:
        outcomes = {command: _try(project, command, url) for command in commands()}

    assert dict.fromkeys(outcomes, 0) == outcomes


def test_every_command_of_the_program_is_in_the_readme() -> None:
    """The README's table of commands has a row for each command that `--help` lists."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\W*(\w+)\s{2,}", _help(), flags=re.MULTILINE)

    assert {"run", "timeline", "sandbox"} <= set(listed)
    assert [name for name in listed if f"`triage-agent {name}" not in text] == []


def test_problems_of_a_page_look_as_in_the_readme(project: Path) -> None:
    """The README's example of a bad page is what a bad page prints."""
    page = project / "operating_model.yaml"
    good = page.read_text(encoding="utf-8")
    shown = blocks("README.md", "text")[-1]
    broken = good.replace("look_back: 30d", "look_back: soon").replace("  name: Dana Reyes\n", "")
    page.write_text(broken, encoding="utf-8")

    refused = type_in(project, "run", "--sandbox")
    page.write_text(good, encoding="utf-8")

    assert 2 == refused.returncode
    assert shown.strip() == refused.stderr.strip()


def _try(project: Path, command: str, url: str) -> int:
    words = shlex.split(command)
    environment = {}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value.replace("http://127.0.0.1:8080", url)
    if words[0] == "make":
        return _make(words[1])
    assert ".venv/bin/triage-agent" == words.pop(0)
    if words[0] == "sandbox":
        return type_in(project, "sandbox", "--help").returncode  # it serves until it is stopped
    words = [word.replace("http://127.0.0.1:8787", url) for word in words]
    if words[0] == "timeline":
        words[1] = _some_record(project)
    if "OPENAI_BASE_URL" in environment:
        environment["OPENAI_API_KEY"] = "sandbox"
        _use_model(project, "baseline")
    return type_in(project, *words, **environment).returncode


def _make(target: str) -> int:
    return subprocess.run(  # noqa: S603 - a dry run of our own Makefile
        ["make", "--dry-run", target],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    ).returncode


def _some_record(project: Path) -> str:
    type_in(project, "sandbox", "--reset")
    report = RunReport.model_validate_json(type_in(project, "run", "--sandbox", "--json").stdout)
    return report.items[0].record_id


def _use_model(project: Path, name: str) -> None:
    for prompt in (project / "prompts").glob("*.md"):
        text = prompt.read_text(encoding="utf-8")
        prompt.write_text(
            re.sub(r"^model: .*$", f"model: {name}", text, count=1, flags=re.MULTILINE)
        )


def _help() -> str:
    found = subprocess.run(  # noqa: S603 - our own program
        [*PROGRAM, "--help"],
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.split("Commands", 1)[1]


def _words(text: str) -> list[str]:
    """Text as its words: trailing white space is of no interest."""
    return text.split()
