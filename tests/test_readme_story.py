"""The documents' stories: each change of the page and each command, as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import TypeIn

ROOT = Path(__file__).parents[1]
RUN = re.compile(r"run-\d{8}T\d{6}-[0-9a-f]{4}")
RECORD = re.compile(r"\b00Q\w{15}\b")
ITEM = re.compile(r"\b[0-9a-f]{24}\b")
TOLD = {
    "ITEM": re.compile(r"([0-9a-f]{24}) .*\n.* decide;"),
    "ASKED": re.compile(r"([0-9a-f]{24}) .*\n.* set status;"),
    "DIGEST": re.compile(r"Digest ([0-9a-f]{64})"),
}
"""What a command tells and a later one is given: the last that was told, by its name there."""
WRONG, REFUSED = 2, 3


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project with the shipped page and prompts."""
    shutil.copy(ROOT / "operating_model.yaml", tmp_path)
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("document", "ends"),
    [
        ("docs/tour.md", [0, 0, 0, 0, 0, 0, 0, 0, REFUSED, 0, 0, 0]),
        ("docs/forking.md", [0, 0, 0, WRONG, 0, WRONG]),
        ("docs/going-live.md", [0, 0]),
        ("docs/rolling-back.md", [0, 0, 0, 0, REFUSED, 0, 0]),
    ],
)
def test_a_story_goes_as_it_is_told(
    project: Path, type_in: TypeIn, document: str, ends: list[int]
) -> None:
    """Every command prints the lines below it in their order, and ends as the story goes on."""
    told, codes = dict[str, str](), []
    for language, block in _blocks(document):
        if language == "diff":
            _apply(block, project / "operating_model.yaml")
        if language == "yaml":
            (project / block.partition("\n")[0].removeprefix("# ")).write_text(block)
        for command, shown in _commands(block):
            words = [told.get(word, word) for word in shlex.split(command)]
            assert ".venv/bin/triage-agent" == words.pop(0)
            ran = type_in(*(ROOT / word if word.startswith("docs/") else word for word in words))
            codes.append(ran.code)
            printed = _calm(ran.out + ran.err)
            for line in _lines(shown):
                assert line in printed
                printed = printed[printed.index(line) + len(line) :]
            told |= {name: found[1] for name, one in TOLD.items() if (found := one.search(ran.out))}
            if found := RUN.search(ran.out) if words[0] == "run" else None:
                told["RUN"] = found[0]

    assert ends == codes


def _blocks(document: str) -> Iterator[tuple[str, str]]:
    """A document's stories, block by block, each with its language."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for found in re.finditer(
        r"^```(shell-session|diff|yaml)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    ):
        yield found[1], found[2]


def _commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command with what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _apply(diff: str, page: Path) -> None:
    """Changes the page by hunks, each of which fits in one place."""
    text = page.read_text(encoding="utf-8")
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if not line.startswith("+"))
        new = "".join(line[1:] for line in lines if not line.startswith("-"))
        assert 1 == text.count(old)
        text = text.replace(old, new)
    page.write_text(text, encoding="utf-8")


def _calm(text: str) -> str:
    """Without what differs from one sandbox to another, and however long the lines are."""
    return " ".join(ITEM.sub("ITEM", RECORD.sub("00Q", text)).replace("ASKED", "ITEM").split())


def _lines(shown: str) -> list[str]:
    return [_calm(line) for line in shown.splitlines()]
