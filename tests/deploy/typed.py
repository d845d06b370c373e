"""What a tree in `deploy/` types and names, held against the command line and the settings."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from typer.main import get_command

from triage_agent.cli import app
from triage_agent.settings import Settings

COMING: set[str] = set()
"""What the trees type and the command line doesn't know yet; empty, once it does."""

SETTINGS = {name.upper() for name in Settings.model_fields}
_SETTING = re.compile(r"\b(?:OPENAI|SLACK|SALESFORCE|TRIAGE)_[A-Z_]+\b")
_TYPED = re.compile(r"(?:`|\$ |-- )triage-agent ([^`\n]+)")


def read(path: Path) -> list[Any]:
    """A file's YAML documents."""
    return list(YAML(typ="safe").load_all(path))


def unknown(words: Sequence[str]) -> set[str]:
    """The commands and options among the words behind `triage-agent` that it doesn't know.

    Where it knows all of them, they are read as it would: what is wrong otherwise raises.
    """
    command: Any = get_command(app)
    rest = list(words)
    while hasattr(command, "commands"):
        if rest[0] not in command.commands:
            return {rest[0], *_options(rest)}
        command = command.commands[rest.pop(0)]
    known = {option for each in command.params for option in each.opts}
    if not (missing := _options(rest) - known):
        command.make_context(command.name, rest)
    return missing


def _options(words: Sequence[str]) -> set[str]:
    return {word for word in words if word.startswith("-")}


def typed_in(note: Path) -> Iterator[list[str]]:
    """Every command of ours that a note shows."""
    for words in _TYPED.findall(note.read_text(encoding="utf-8")):
        yield shlex.split(words)


def unknown_settings(tree: Path) -> set[str]:
    """What a tree's files call like a setting, and is none."""
    files = (path for path in tree.rglob("*") if path.is_file())
    texts = (path.read_text(encoding="utf-8") for path in files)
    named = {name for text in texts for name in _SETTING.findall(text)}
    return named - SETTINGS - {"TRIAGE_PROJECT"}
