"""From the page's text to a `Page`, or to every reason why it can't be one."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean
from ruamel.yaml.scalarfloat import ScalarFloat

from triage_agent.errors import BadPage, Problem
from triage_agent.operating_model.checks import Path, contradictions
from triage_agent.operating_model.schema import Page
from triage_agent.operating_model.shape import wanted

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
    "outcomes": "What became of it, and what counts as what?",
    "limits": "How much may one run do?",
    "logs": "What gets logged?",
    "evaluation": "How will the agent be evaluated?",
    "weekly_review": "Who reads of each week, and says so?",
    "recovery": "How can it be paused or rolled back?",
}


class Mark(NamedTuple):
    """Where a key or an entry is written, both counted from one."""

    line: int
    column: int


Marks = dict[Path, Mark]


@dataclass(frozen=True)
class OperatingModel:
    """A page that can be enforced, as it is written, with where each of its lines stands."""

    page: Page
    text: str
    marks: Marks

    @cached_property
    def sha256(self) -> str:
        """The digest of what is written, by which the page is known."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def line(self, *path: str | int) -> str:
        """`may.tag (operating_model.yaml:92)`: how a verdict names the line it rests on."""
        return f"{'.'.join(map(str, path))} ({FILE}:{self.marks[path].line})"


def load(text: str) -> OperatingModel:
    """Reads a page; raises `BadPage` with all problems at once, each with its place."""
    tree, marks = _parse(text)
    plain = _plain(tree)
    found: list[tuple[Path, str]] = []
    try:
        page = Page.model_validate(plain)
    except ValidationError as exc:
        found += _misshapen(exc, marks)
        page = _readable(plain)
    found += contradictions(page)
    if found:
        found.sort(key=lambda one: _mark(one[0], marks))
        raise BadPage([_problem(path, message, marks) for path, message in found])
    return OperatingModel(page, text, marks)


def _readable(tree: dict[str, Any]) -> Page:
    """The sections that are well formed, so that these can be held against each other.

    An unknown key has been named by now, and hides nothing else.
    """
    try:
        return Page.model_validate(tree, extra="ignore")
    except ValidationError as exc:
        broken = {error["loc"][0] for error in exc.errors()}
    sections = {
        name: TypeAdapter[Any](info.annotation or Any).validate_python(tree[name], extra="ignore")
        for name, info in Page.model_fields.items()
        if name not in broken
    }
    return Page.model_construct(set(sections), **sections)


def _parse(text: str) -> tuple[CommentedMap, Marks]:
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as exc:
        mark = exc.problem_mark
        place = f"{FILE}:{mark.line + 1}:{mark.column + 1}" if mark else FILE
        what = " ".join(str(exc.problem).split())
        raise BadPage([Problem(place, f"this is no YAML: {what}")]) from exc
    except (YAMLError, ValueError, LookupError) as exc:  # NUL, or 2026-13-01, or !!bool x
        what = " ".join(str(exc).split())
        raise BadPage([Problem(FILE, f"a value can't be read: {what}")]) from exc
    except NotImplementedError as exc:  # of ruamel: a comment before a word and one after it
        raise BadPage([Problem(FILE, "a comment stands where none can; take it out")]) from exc
    except RecursionError as exc:
        raise BadPage([Problem(FILE, "it is nested too deeply to be a page")]) from exc
    if not isinstance(tree, CommentedMap):
        raise BadPage([_problem((), f"is empty; it answers: {_all_questions()}", {})])
    return tree, dict(_marks(tree, (), Mark(1, 1)))


def _all_questions() -> str:
    return " ".join(QUESTIONS.values())


def _marks(node: object, path: Path, above: Mark) -> Iterator[tuple[Path, Mark]]:
    """Where each node stands; what YAML merges in from elsewhere stands where it is merged."""
    if not isinstance(node, CommentedMap | CommentedSeq):
        return
    written = node.lc.data or {}
    for key, value in node.items() if isinstance(node, CommentedMap) else enumerate(node):
        mark = Mark(written[key][0] + 1, written[key][1] + 1) if key in written else above
        yield (*path, key), mark
        yield from _marks(value, (*path, key), mark)


def _plain(node: object) -> Any:  # noqa: ANN401 - a YAML tree has any shape until it is checked
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, ScalarFloat):
        return float(node)
    if isinstance(node, ScalarBoolean):  # one with an anchor, which is a number by its type
        return bool(node)
    return str(node) if isinstance(node, str) else node


def _misshapen(exc: ValidationError, marks: Marks) -> Iterator[tuple[Path, str]]:
    """One problem a place: where there are alternatives, that of the one that fits best."""
    found = {_path(error, marks): error for error in reversed(exc.errors())}
    for path, error in found.items():
        nearer = any(path == other[: len(path)] != other for other in found)
        if not nearer or error["loc"][-1] == "[key]":
            yield path, _what(error, path)


def _path(error: ErrorDetails, marks: Marks) -> Path:
    """Where on the page an error is: without the names that alternatives have in the schema."""
    path: Path = ()
    for step in error["loc"]:
        if (*path, step) in marks:
            path = (*path, step)
    return (*path, error["loc"][-1]) if error["type"] == "missing" else path


def _what(error: ErrorDetails, path: Path) -> str:
    section = str(path[0]) if path else ""
    match error["type"]:
        case "missing":
            return f"is missing{_unanswered(section)}; write {wanted(path)}"
        case _ if error["input"] is None:
            return f"is empty{_unanswered(section)}; write {wanted(path)}"
        case "extra_forbidden":
            return "is no key of the page; remove it or correct its spelling"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            shown = repr(error["input"])
            return f"{error['msg']}, got {shown[:60]}"


def _unanswered(section: str) -> str:
    return f"; '{QUESTIONS[section]}' is not answered" if section in QUESTIONS else ""


def _mark(path: Path, marks: Marks) -> Mark:
    """Where a place is written; where it isn't, the nearest around it that is."""
    while path and path not in marks:
        path = path[:-1]
    return marks.get(path, Mark(1, 1))


def _problem(path: Path, message: str, marks: Marks) -> Problem:
    line, column = _mark(path, marks)
    dotted = ".".join(map(str, path)) or "the page"
    return Problem(f"{FILE}:{line}:{column}", f"{dotted}: {message}")
