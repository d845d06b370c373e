"""Begins a project for another workflow: from answers to a folder that runs, or to a draft."""

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from triage_agent import __version__
from triage_agent.errors import WrongUsage

if TYPE_CHECKING:
    from triage_agent.forking.given import Given
    from triage_agent.operating_model.schema import Page

ANSWERS = "answers.yaml"


def read(path: Path) -> "Given":
    """The answers of a file; `WrongUsage` names all that is wrong there."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from triage_agent.forking.given import given

    try:
        return given(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")), path.name)
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongUsage(f"{path} can't be read: {exc}") from exc
    except YAMLError as exc:
        raise WrongUsage(f"{path} is no YAML: {exc}") from exc


def asked(say: Callable[[str], None], ask: Callable[[str, str], str]) -> "Given":
    """The answers of somebody who is asked; see `asking.Interview`."""
    from triage_agent.forking.asking import Interview
    from triage_agent.forking.given import given

    return given(Interview(say, ask).everything(), "what you said")


def must_be_free(folder: Path) -> None:
    """Nothing is ever overwritten."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUsage(f"{folder} isn't empty; name a folder that is, or that isn't there yet")


def write(folder: Path, given: "Given") -> list[str]:
    """A whole project that its checks have passed; what it holds, a line each.

    `Unanswered` where an answer is missing, `WrongUsage` where they don't fit each other; then
    nothing is written.
    """
    from triage_agent.forking import page, project_files
    from triage_agent.operating_model.loading import FILE, load
    from triage_agent.project import check, filled, read_model, shipped

    must_be_free(folder)
    answers, home = given.answers(), shipped()
    today = datetime.now(ZoneInfo(answers.workflow.zone)).date()
    text = page.page_text(answers, read_model(home).page, today)
    model = load(text)
    files = project_files.files(answers, model.page, _texts(home), __version__)
    with filled(folder) as beside:
        _lay_out(beside, {**files, **_granted(model.page), FILE: text})
        return check(beside)


def write_draft(folder: Path, given: "Given") -> None:
    """The page with its open places, which no command runs by, and the answers so far."""
    from triage_agent.forking.page import page_text
    from triage_agent.operating_model.loading import FILE
    from triage_agent.project import filled, read_model, shipped

    must_be_free(folder)
    answers = given.so_far()
    zone = ZoneInfo(answers.workflow.zone)
    text = page_text(answers, read_model(shipped()).page, datetime.now(zone).date())
    with filled(folder) as beside:
        _lay_out(beside, {FILE: text, ANSWERS: _as_yaml(given)})


def _texts(home: Path) -> Mapping[str, str]:
    """What comes with the program and a project is made of, by its path."""
    from triage_agent.project import NOT_SHIPPED

    found = [home / ".env.example"]
    for part in ("prompts", "eval_cases", "deploy"):
        found += [path for path in sorted((home / part).rglob("*")) if path.is_file()]
    return {
        path.relative_to(home).as_posix(): path.read_text(encoding="utf-8")
        for path in found
        if not {*NOT_SHIPPED} & {*path.parts}
    }


def _granted(page: "Page") -> dict[str, str]:
    """What Salesforce and Slack are to grant, as `triage-agent grants` writes it."""
    from triage_agent.connectors import slack_manifest
    from triage_agent.connectors.salesforce import deployment

    trees = {"salesforce": deployment.files(page), "slack": slack_manifest.files(page)}
    return {
        f"deploy/{system}/{path}": text
        for system, files in trees.items()
        for path, text in files.items()
    }


def _lay_out(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def _as_yaml(given: "Given") -> str:
    """The answers to go on with: what is open stands there without a value."""
    from ruamel.yaml import YAML

    out, yaml = io.StringIO(), YAML()
    yaml.width = 1000
    yaml.dump(given.with_open(), out)
    return (
        f"# What is open is empty. Then: triage-agent new DIR --answers {ANSWERS}\n{out.getvalue()}"
    )
