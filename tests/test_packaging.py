"""What a wheel carries, and a folder where nothing is yet. `tests.prove.wheel` goes further."""

import re
import shutil
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import triage_agent
from tests.conftest import HOME, TypeIn
from triage_agent import demonstration
from triage_agent.operating_model.loading import FILE
from triage_agent.project import EXAMPLE, PARTS
from triage_agent.targets import Target


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, an empty one."""
    (folder := tmp_path / "here").mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    """What `demo` would have shown."""
    targets: list[Target] = []
    monkeypatch.setattr(demonstration, "demonstrate", lambda target, *_: targets.append(target))
    return targets


def test_an_example_for_whoever_has_nothing(
    here: Path, shown: list[Target], type_in: TypeIn
) -> None:
    """`demo` unpacks the shipped project, says where its page is, and finds it again as it is."""
    first = type_in("demo")
    page = here / EXAMPLE / FILE
    page.write_text(page.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    second = type_in("demo")

    assert (0, 0) == (first.code, second.code)
    assert [Target(EXAMPLE, sandbox=True)] * 2 == shown
    assert all(f"unpacked into {EXAMPLE}/" in one.err for one in (first, second))
    assert page.read_text(encoding="utf-8").endswith("# mine\n")
    assert [EXAMPLE.name] == [one.name for one in here.iterdir()]
    assert {*PARTS} == {one.name for one in (here / EXAMPLE).iterdir()}


def test_an_example_only_where_no_project_is_meant(
    here: Path, shown: list[Target], type_in: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is unpacked over a project that is here, or instead of one that is named."""
    named = type_in("demo", "--project", "elsewhere")
    monkeypatch.setenv("TRIAGE_PROJECT", "elsewhere")
    told = type_in("demo")
    monkeypatch.delenv("TRIAGE_PROJECT")
    (here / FILE).touch()
    present = type_in("demo")

    assert (2, 2, 0) == (named.code, told.code, present.code)
    assert [Target(Path(), sandbox=True)] == shown
    assert not EXAMPLE.exists()


def test_a_folder_that_is_called_like_the_example(
    here: Path, shown: list[Target], type_in: TypeIn
) -> None:
    """What somebody else put there stays as it is, and isn't taken for a project."""
    (here / EXAMPLE).mkdir()
    ran = type_in("demo")

    assert (2, []) == (ran.code, shown)
    assert [] == [*(here / EXAMPLE).iterdir()]


@pytest.mark.usefixtures("here")
def test_ways_on_from_an_empty_folder(type_in: TypeIn) -> None:
    """Every other command ends with 2, and names the ways to a project."""
    for words in (
        "run --sandbox",
        "check",
        "page",
        "status",
        "listen",
        "sandbox",
        "evaluate",
        "summary --sandbox",
        "review list",
        "ledger verify",
        "timeline anything --sandbox",
        "grants slack",
    ):
        ran = type_in(*words.split())

        assert (2, "") == (ran.code, ran.out), words
        for way in ("--project DIR", "`triage-agent demo`", "`triage-agent new DIR`"):
            assert way in ran.err, words
    assert [] == [*Path().iterdir()]


def test_what_a_wheel_carries(tmp_path: Path) -> None:
    """The package and the parts of the shipped project, and nothing that git ignores."""
    for name in ("pyproject.toml", "README.md", ".gitignore", *PARTS, "triage_agent/sandbox"):
        if (HOME / name).is_dir():
            shutil.copytree(HOME / name, tmp_path / name)
        else:
            shutil.copy(HOME / name, tmp_path / name)
    for name in ("deploy/docker/.env", "eval_cases/.triage", "prompts/__pycache__/x.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    files = WheelBuilder(str(tmp_path)).recurse_included_files()
    carried = {Path(file.distribution_path).relative_to("triage_agent") for file in files}
    shipped = {path.relative_to("shipped") for path in carried if path.parts[0] == "shipped"}

    assert {*PARTS} == {path.parts[0] for path in shipped}
    assert Path("sandbox/sample_leads.jsonl") in carried
    assert {Path(".env.example"), Path("deploy/docker/compose.yaml")} < shipped
    assert not {".env", ".triage", "x.pyc"} & {path.name for path in carried}


def test_the_version_stands_in_one_place() -> None:
    """What else names it, images and the newest change, names the package's own."""
    texts = {
        path: path.read_text(encoding="utf-8")
        for path in [HOME / "README.md", *(HOME / "deploy").rglob("*")]
        if path.is_file() and path.suffix != ".pyc"
    }
    named = [v for text in texts.values() for v in re.findall(r"triage-agent:([0-9][\w.]*)", text)]
    changes = (HOME / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## (\S+)", changes, re.MULTILINE)[0]

    assert 'dynamic = ["version"]' in (HOME / "pyproject.toml").read_text(encoding="utf-8")
    assert {triage_agent.__version__} == {*named, newest}
