"""Finds the project - a folder with a page - and reads what the business wrote in it."""

import hashlib
import os
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from triage_agent.connectors.model import Price
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.prompts import Prompt, parse_prompt
from triage_agent.decision.values import canonical
from triage_agent.errors import BadPage, Problem, WrongUsage
from triage_agent.jobs.parts import Rules
from triage_agent.operating_model.loading import FILE, load
from triage_agent.operating_model.schema import Page

PROMPTS = Path("prompts")


def project_folder(named: Path | None) -> Path:
    """`--project`, else `TRIAGE_PROJECT`, else the current folder; it must hold a page."""
    folder = named or Path(os.environ.get("TRIAGE_PROJECT") or ".")
    if not (folder / FILE).is_file():
        raise WrongUsage(
            f"there is no {FILE} in {folder.absolute()}; go to the project's folder, "
            "or name it with --project DIR",
        )
    return folder


def read_rules(folder: Path) -> Rules:
    """The page, prompts and patterns of a project; `WrongUsage` names what is wrong with them."""
    model = load(_text(folder / FILE))
    assess = _prompt(folder, "assess.md")
    draft = _prompt(folder, "draft.md")
    patterns_text = _text(folder / PROMPTS / "patterns.yaml")
    patterns = _valid(PatternFile, patterns_text, "patterns.yaml")
    _never_state_is_known(model.page, patterns)
    digest = hashlib.sha256(canonical([assess.text, draft.text, patterns_text])).hexdigest()
    return Rules(model, assess, draft, patterns, digest)


def read_prices(folder: Path) -> dict[str, Price]:
    """The models' prices, by their pinned names."""
    prices: dict[str, Price]
    prices = _valid(dict[str, Price], _text(folder / PROMPTS / "prices.yaml"), "prices.yaml")
    return prices


def _prompt(folder: Path, name: str) -> Prompt:
    return parse_prompt(_text(folder / PROMPTS / name), f"{PROMPTS}/{name}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise WrongUsage(f"{path} is missing; a project needs it") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongUsage(f"{path} can't be read: {exc}") from exc


def _valid(kind: Any, text: str, name: str) -> Any:  # noqa: ANN401 - of the kind that is asked for
    try:
        return TypeAdapter(kind).validate_python(YAML(typ="safe").load(text))
    except YAMLError as exc:
        raise WrongUsage(f"{PROMPTS}/{name} is no YAML: {exc}") from exc
    except ValidationError as exc:
        lines = "\n".join(
            f"{PROMPTS}/{name}: {'.'.join(map(str, error['loc']))}: {error['msg']}"
            for error in exc.errors(include_url=False)
        )
        raise WrongUsage(lines) from exc


def _never_state_is_known(page: Page, patterns: PatternFile) -> None:
    problems = [
        Problem(FILE, f"drafts.never_state: {name} has no pattern in {PROMPTS}/patterns.yaml")
        for name in page.drafts.never_state
        if name not in patterns.never_state
    ]
    if problems:
        raise BadPage(problems)
