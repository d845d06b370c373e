"""The documents' commands work, and print what they say; their links lead somewhere."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sybil import Document
from sybil.parsers.markdown import CodeBlockParser

from triage_agent import cli
from triage_agent.jobs.report import RunReport
from triage_agent.sandbox import server
from triage_agent.sandbox.fault_file import FaultFile, read
from triage_agent.sandbox.leads import SAMPLE
from triage_agent.targets import Target, deployed

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of one language in a document, as they are written."""
    document = Document.parse(
        str(ROOT / name),
        CodeBlockParser(language=language, evaluator=lambda _: None),
    )
    return [str(example.parsed) for example in document.examples()]


def commands() -> list[str]:
    """Every command that a document shows behind a prompt, once, in their order."""
    lines = (
        line.removeprefix("$ ")
        for name in DOCUMENTS
        for block in blocks(name, "console")
        for line in block.splitlines()
        if line.startswith("$ ")
    )
    return list(dict.fromkeys(lines))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the shipped page and prompts, one of its cases, and nothing run in it."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "operating_model.yaml", folder)
    shutil.copytree(ROOT / "prompts", folder / "prompts")
    (folder / "eval_cases").mkdir()
    first = (ROOT / "eval_cases" / "normal.yaml").read_text(encoding="utf-8").split("\n- name:")[:2]
    (folder / "eval_cases" / "normal.yaml").write_text("\n- name:".join(first), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Printed:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


Type = Callable[..., Printed]


@pytest.fixture
def type_in(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Type:
    """Types a command in a project, on an 80-column terminal."""

    def typed(*arguments: str, **environment: str) -> Printed:
        with monkeypatch.context() as patch:
            patch.chdir(project)
            patch.setenv("COLUMNS", "80")
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr("sys.argv", ["triage-agent", *arguments])
            try:
                cli.main()
                code = 0
            except SystemExit as exc:
                code = int(exc.code or 0)
        return Printed(code, *capsys.readouterr())

    return typed


@contextmanager
def served(project: Path) -> Iterator[str]:
    """A sandbox over the sample leads, which grants what a project's page does."""
    granted = deployed(Target(project, sandbox=True))
    with server.running(state=None, leads=SAMPLE, deployed=granted) as url:
        yield url


@pytest.mark.long
def test_first_command_prints_what_the_readme_shows(type_in: Type) -> None:
    """`make run` ends with the figures of the README's first screen; then nothing is new.

    How many requests the writes share depends on the machine's speed.
    """
    shown = blocks("README.md", "text")[0]

    printed = type_in("run", "--sandbox").out
    again = type_in("run", "--sandbox")

    assert _calm(shown) == _calm(printed.split("\n\nrun-")[0])
    assert "Nothing new" in again.out
    assert 0 == again.code


def _calm(screen: str) -> list[str]:
    return re.sub(r"\d+ to Salesforce", "some to Salesforce", screen).split()


@pytest.mark.long
def test_every_command_of_the_documents_works(project: Path, type_in: Type) -> None:
    """Each command behind a prompt exits with 0; one that no rule here knows fails the test."""
    with served(project) as url:
        outcomes = {command: _try(project, type_in, command, url) for command in commands()}

    assert dict.fromkeys(outcomes, 0) == outcomes


def test_every_command_of_the_program_is_in_the_readme(type_in: Type) -> None:
    """The README's table of commands has a row for each command that `--help` lists."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands_listed = type_in("--help").out.split("Commands", 1)[1]
    listed = re.findall(r"^\W*(\w+)\s{2,}", commands_listed, flags=re.MULTILINE)

    assert {"run", "timeline", "sandbox"} <= set(listed)
    assert [name for name in listed if f"`triage-agent {name}" not in text] == []


def test_problems_of_a_page_look_as_shown(project: Path, type_in: Type) -> None:
    """The documents' example of a bad page is what a bad page prints."""
    page = project / "operating_model.yaml"
    good = page.read_text(encoding="utf-8")
    (shown,) = (b for b in blocks("docs/page.md", "text") if b.startswith("triage-agent:"))
    broken = good.replace("look_back: 30d", "look_back: soon").replace("  name: Dana Reyes\n", "")
    page.write_text(broken, encoding="utf-8")

    refused = type_in("run", "--sandbox")
    page.write_text(good, encoding="utf-8")

    assert 2 == refused.code
    assert shown.strip() == refused.err.strip()


def _try(project: Path, type_in: Type, command: str, url: str) -> int:
    words = shlex.split(command)
    environment = {}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value.replace("http://127.0.0.1:8080", url)
    if words[0] == "make":
        return _make(words[1])
    assert ".venv/bin/triage-agent" == words.pop(0)
    if words[0] in ("sandbox", "listen"):
        words = [words[0], "--help"]  # it would go on until it is stopped
    if words[0] == "timeline":
        report = type_in("run", "--sandbox", "--shadow", "--limit", "1", "--json").out
        words[1] = RunReport.model_validate_json(report).items[0].record_id
    if words[0] in ("run", "doctor", "status") and not {"--sandbox", "--sandbox-url"} & {*words}:
        words += ["--sandbox-url", url]  # in place of a reader's own org
    if "OPENAI_BASE_URL" in environment:
        environment["OPENAI_API_KEY"] = "sandbox"
        _use_model(project, "baseline")
    words = [word.replace("http://127.0.0.1:8787", url) for word in words]
    words = [str(ROOT / word) if word.startswith("tests/") else word for word in words]
    return type_in(*words, **environment).code


SLUG = re.compile(r"[^\w\- ]")
LINK = re.compile(r"(?:\]\(|(?:src|href)=\")([^)\"\s]+)")


def test_every_link_leads_somewhere() -> None:
    """A relative link of any note names a file that is there, and a heading that it has."""
    notes = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("[a-z]*/**/README.md")]
    broken = [
        f"{note.relative_to(ROOT)}: {link}"
        for note in notes
        for link in LINK.findall(_without_code(note))
        if "://" not in link and not _leads(note, link)
    ]

    assert [] == broken


def test_the_readme_knows_every_document() -> None:
    """Its map has each of the documents."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [name for name in DOCUMENTS[1:] if f"]({name})" not in text] == []


def _without_code(note: Path) -> str:
    text = note.read_text(encoding="utf-8")
    return re.sub(r"(?ms)^ *```.*?^ *```$|`[^`\n]+`", "", text)


def _leads(note: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = note.parent / name if name else note
    if not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return anchor in {SLUG.sub("", one.lower()).replace(" ", "-") for one in headings}


def _make(target: str) -> int:
    return subprocess.run(  # noqa: S603 - a dry run of our own Makefile
        ["make", "--dry-run", target],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    ).returncode


def _use_model(project: Path, name: str) -> None:
    for prompt in (project / "prompts").glob("*.md"):
        text = prompt.read_text(encoding="utf-8")
        prompt.write_text(
            re.sub(r"^model: .*$", f"model: {name}", text, count=1, flags=re.MULTILINE)
        )


def test_faults_files_can_be_read(tmp_path: Path) -> None:
    """Each file that is shown for a sandbox to fail by is one that it takes."""
    for block in blocks("docs/sandbox.md", "yaml"):
        path = tmp_path / "faults.yaml"
        path.write_text(block, encoding="utf-8")
        assert read(path)


def test_every_fault_of_a_faults_file_is_named() -> None:
    """Whoever writes such a file finds each kind of fault named."""
    text = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    schema = json.dumps(FaultFile.model_json_schema())
    kinds = set(re.findall(r'"fault": \{"const": "(\w+)"', schema))
    kinds |= {k for some in re.findall(r'"fault": \{"enum": \[([^]]+)\]', schema)
              for k in re.findall(r"\w+", some)}  # fmt: skip

    assert {"latency", "hidden_field", "ignores_schema"} <= kinds
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in text] == []


def test_doctor_prints_what_is_shown(project: Path, tmp_path: Path, type_in: Type) -> None:
    """The example of a doctor is what it says of the org in the example of a faults file."""
    faults = tmp_path / "faults.yaml"
    faults.write_text(blocks("docs/sandbox.md", "yaml")[-1], encoding="utf-8")
    (shown,) = (
        block for block in blocks("docs/going-live.md", "text") if block.startswith("Too much")
    )
    target = Target(project, sandbox=True)
    with server.running(state=None, leads=None, faults=faults, deployed=deployed(target)) as url:
        printed = type_in("doctor", "--sandbox-url", url)

    assert 1 == printed.code
    assert shown.split() == printed.out.partition("Different")[0].split()
