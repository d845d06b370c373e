"""From the page's text to a `Page`, or to every reason why it can't be one."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarfloat import ScalarFloat

from triage_agent.errors import BadPage, Problem
from triage_agent.operating_model.checks import Path, contradictions
from triage_agent.operating_model.schema import Page

FILE = "operating_model.yaml"
QUESTIONS = {
    "workflow": "What workflow does this agent own?",
    "owner": "Who is the business owner?",
    "reads": "What systems can it read?",
    "may": "What can it write, and what may it do without asking?",
    "never": "What must it never do?",
    "stops_when": "What are the stop rules?",
    "teams": "Who takes over when it stops?",
    "drafts": "What may a draft say?",
    "limits": "How much may one run do?",
}


@dataclass(frozen=True)
class OperatingModel:
    """A page that can be enforced, with where each of its lines stands."""

    page: Page
    sha256: str
    lines: dict[Path, int]

    def line(self, *path: str | int) -> str:
        """`may.tag (operating_model.yaml:92)`: how a verdict names the line it rests on."""
        return f"{'.'.join(map(str, path))} ({FILE}:{self.lines[path]})"


def load(text: str) -> OperatingModel:
    """Reads a page; raises `BadPage` with all problems at once, each with its line."""
    tree, lines = _parse(text)
    try:
        page = Page.model_validate(_plain(tree))
    except ValidationError as exc:
        raise BadPage(list(_shape_problems(exc, lines))) from exc
    problems = [
        Problem(_place(path, lines), f"{_dotted(path)}: {message}")
        for path, message in contradictions(page)
    ]
    if problems:
        raise BadPage(problems)
    return OperatingModel(page, hashlib.sha256(text.encode()).hexdigest(), lines)


def _parse(text: str) -> tuple[CommentedMap, dict[Path, int]]:
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        what = " ".join(str(exc.problem).split())
        raise BadPage([Problem(f"{FILE}:{line}", f"this is no YAML: {what}")]) from exc
    except (YAMLError, ValueError) as exc:  # a forbidden character, or a date like 2026-13-01
        what = " ".join(str(exc).split())
        raise BadPage([Problem(FILE, f"a value can't be read: {what}")]) from exc
    except RecursionError as exc:
        raise BadPage([Problem(FILE, "it is nested too deeply to be a page")]) from exc
    if not isinstance(tree, CommentedMap):
        raise BadPage([Problem(f"{FILE}:1", f"the page is empty; it answers: {_all_questions()}")])
    return tree, dict(_lines(tree, (), 1))


def _all_questions() -> str:
    return " ".join(QUESTIONS.values())


def _lines(node: object, path: Path, above: int) -> Iterator[tuple[Path, int]]:
    """Where each node stands; what YAML merges in from elsewhere stands where it is merged."""
    if not isinstance(node, CommentedMap | CommentedSeq):
        return
    written = node.lc.data or {}
    for key, value in node.items() if isinstance(node, CommentedMap) else enumerate(node):
        line = written[key][0] + 1 if key in written else above
        yield (*path, key), line
        yield from _lines(value, (*path, key), line)


def _plain(node: object) -> Any:  # noqa: ANN401 - a YAML tree has any shape until it is checked
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, ScalarFloat):
        return float(node)
    return str(node) if isinstance(node, str) else node


def _shape_problems(exc: ValidationError, lines: dict[Path, int]) -> Iterator[Problem]:
    """One problem a place: of an action's four forms, only the one that it names is judged."""
    seen: set[Path] = set()
    for error in exc.errors():
        path = tuple(step for step in error["loc"] if step not in _FORMS)
        if path in seen or _other_form(error["loc"], lines):
            continue
        seen.add(path)
        yield Problem(_place(path, lines), f"{_dotted(path)}: {_what(dict(error), path)}")


_FORMS = {
    "UpdateAction": "update",
    "CreateAction": "create",
    "PostAction": "post_to",
    "DraftAction": "draft",
}


def _other_form(loc: Path, lines: dict[Path, int]) -> bool:
    for index, step in enumerate(loc):
        if step in _FORMS:
            stated = [key for key in _FORMS.values() if (*loc[:index], key) in lines]
            return bool(stated) and _FORMS[str(step)] != stated[0]
    return False


def _what(error: dict[str, Any], path: Path) -> str:
    question = QUESTIONS.get(str(path[0])) if path else None
    match error["type"]:
        case "missing":
            unanswered = f"; '{question}' is not answered" if question else ""
            return f"is missing{unanswered}"
        case "extra_forbidden":
            return "is no key of the page; remove it or correct its spelling"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            shown = repr(error["input"])
            return f"{error['msg']}, got {shown[:60]}"


def _place(path: Path, lines: dict[Path, int]) -> str:
    while path and path not in lines:
        path = path[:-1]
    return f"{FILE}:{lines.get(path, 1)}"


def _dotted(path: Path) -> str:
    return ".".join(map(str, path)) or "the page"
