"""The project: where it is found, and what is said of files that can't be used."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from triage_agent.errors import BadPage, WrongUsage
from triage_agent.project import check, project_folder, read_prices, read_rules

HOME = Path(__file__).parent.parent


def _folder(path: Path) -> Path:
    path.mkdir()
    (path / "operating_model.yaml").touch()
    return path


def test_the_folder_that_is_named_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the one that was typed, then the environment's, then the current one."""
    typed, told, here = (_folder(tmp_path / name) for name in ("typed", "told", "here"))
    monkeypatch.chdir(here)
    current = project_folder(None)
    monkeypatch.setenv("TRIAGE_PROJECT", str(told))

    assert (typed, told) == (project_folder(typed), project_folder(None))
    assert here == current.absolute()


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_without_a_page(tmp_path: Path, name: str) -> None:
    """It is named in full, with the way to name another."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(WrongUsage, match=rf"{tmp_path / name}.*--project DIR"):
        project_folder(tmp_path / name)


def test_the_shipped_project_is_whole() -> None:
    """Page, prompts, patterns and prices load, and the pinned models have a price."""
    rules, prices = read_rules(HOME), read_prices(HOME)

    assert rules.page.version >= 1
    assert {rules.assess.front.model, rules.draft.front.model} <= set(prices)


def _delete(path: Path) -> None:
    path.unlink()


def _spoil(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


def _empty(path: Path) -> None:
    path.write_text("")


@pytest.mark.parametrize("spoiled", [_delete, _spoil, _empty])
@pytest.mark.parametrize(
    "name",
    ["operating_model.yaml", "prompts/assess.md", "prompts/draft.md", "prompts/patterns.yaml"],
)
def test_a_file_that_cannot_be_used(
    project: Path,
    spoiled: Callable[[Path], None],
    name: str,
) -> None:
    """It is named, whether it is missing, no text, or empty."""
    spoiled(project / name)

    with pytest.raises(WrongUsage, match=Path(name).name):
        read_rules(project)


@pytest.mark.parametrize("spoiled", [_delete, _spoil, _empty])
def test_prices_that_cannot_be_used(project: Path, spoiled: Callable[[Path], None]) -> None:
    """The file is named."""
    spoiled(project / "prompts" / "prices.yaml")

    with pytest.raises(WrongUsage, match=r"prices\.yaml"):
        read_prices(project)


@pytest.mark.parametrize("name", ["assess.md", "draft.md", "patterns.yaml"])
def test_the_digest_covers_every_prompt(project: Path, name: str) -> None:
    """A word more in any of the files is another digest, and the same words are the same."""
    before, again = read_rules(project).prompts_sha256, read_rules(project).prompts_sha256
    path = project / "prompts" / name
    path.write_text(path.read_text() + "\n# another word\n")

    assert before == again
    assert before != read_rules(project).prompts_sha256


def test_what_drafts_may_not_state_has_patterns(project: Path) -> None:
    """A name on the page without a pattern to find it is a problem of the page."""
    page = project / "operating_model.yaml"
    page.write_text(page.read_text().replace("never_state: [prices", "never_state: [feelings"))

    with pytest.raises(BadPage, match=r"drafts\.never_state: feelings has no pattern"):
        read_rules(project)


def test_a_project_without_cases(project: Path) -> None:
    """A project is not in order where the folder that the page names holds no case."""
    page = project / "operating_model.yaml"
    page.write_text(page.read_text().replace("cases: eval_cases", "cases: other_cases"))

    with pytest.raises(WrongUsage, match=r"evaluation\.cases: .*other_cases holds no case"):
        check(project)


@pytest.mark.long
def test_the_shipped_project_is_in_order() -> None:
    """Page, prompts, patterns and cases fit each other, and are counted."""
    lines = check(HOME)

    assert ["page", "prompts", "patterns", "cases"] == [line.split()[0] for line in lines]


def test_cases_that_the_page_does_not_know(project: Path) -> None:
    """A case that names a category, a rule or a field beyond the page is named with its place."""
    (project / "eval_cases").mkdir()
    case = """
- name: odd
  fields: {Company: Acme, Shoe: "44"}
  expect: {category: shoes, escalates: yes, by: [bad_mood]}
"""
    (project / "eval_cases" / "odd.yaml").write_text(case)
    shutil.copy(HOME / "prompts" / "patterns.yaml", project / "prompts")
    with pytest.raises(WrongUsage) as wrong:
        check(project)

    assert [
        "eval_cases/odd.yaml: odd: category shoes is none of the page's",
        "eval_cases/odd.yaml: odd: bad_mood is no stop rule",
        "eval_cases/odd.yaml: odd: Lead.Shoe is not read",
    ] == str(wrong.value).splitlines()


@pytest.mark.long
def test_a_costly_pair_that_nothing_tells_apart(project: Path) -> None:
    """Where the words of neither category are known, only the model could tell: that is named."""
    shutil.copytree(HOME / "eval_cases", project / "eval_cases")
    patterns = (HOME / "prompts" / "patterns.yaml").read_text(encoding="utf-8")
    before, _, after = patterns.partition("  support_misroute:\n    - match")
    kept = before + after[after.index("\nnever_state:") :]
    (project / "prompts" / "patterns.yaml").write_text(kept, encoding="utf-8")

    with pytest.raises(WrongUsage) as wrong:
        check(project)
    assert [
        "prompts/patterns.yaml: categories has neither of support_misroute and existing_customer"
    ] == str(wrong.value).splitlines()
