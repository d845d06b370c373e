"""From what somebody typed or wrote to answers, or to all that is wrong with it and still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from triage_agent.errors import Problem, Unanswered, WrongUsage
from triage_agent.forking import material
from triage_agent.forking.answers import OPEN, Answers
from triage_agent.operating_model import kinds

Raw = Mapping[str, Any]
Steps = tuple[str | int, ...]
NOT_YET = "If the team cannot fill that out, do not build yet."
"""The article's own words."""

_AS_A_DRAFT = "What there is can be kept as a draft, which can't run: --draft"

_WITH_PATTERNS: tuple[Any, ...] = (
    kinds.FieldName,
    kinds.Login,
    kinds.Name,
    kinds.SalesforceId,
    kinds.SlackChannel,
    kinds.SlackUser,
)
_UNANSWERED = ("missing", "too_short")


@dataclass(frozen=True)
class Given:
    """Answers as they were given, with what is supposed where nothing was said.

    `open`: the places that have to be answered and aren't.
    """

    tree: dict[str, Any]
    open: tuple[Steps, ...]

    def answers(self) -> Answers:
        """All of them; `Unanswered` lists what is open, each under its question."""
        if self.open:
            raise Unanswered(f"{self.refusal()}\n{_AS_A_DRAFT}")
        return Answers.model_validate(self.tree)

    def so_far(self) -> Answers:
        """With None in each open place: nothing but a draft can be made of these."""
        return Answers.model_validate(self.with_open(), context=OPEN)

    def with_open(self) -> dict[str, Any]:
        """The answers as they were given, and None in each open place."""
        tree: dict[str, Any] = _with_none(self.tree, self.open)
        return tree

    def refusal(self) -> str:
        """Each question that is open, and below it the places with what to write there."""
        lines = []
        for section, places in groupby(self.open, key=lambda steps: str(steps[0])):
            lines.append(material.question(section))
            lines += [f"  {'.'.join(map(str, place))}: {_say(place)}" for place in places]
        return "\n".join([*lines, "", NOT_YET])


def given(raw: object, name: str) -> Given:
    """Answers as a tree of plain values; `WrongUsage` names all that is wrong, by places in `name`.

    What is merely missing isn't wrong.
    """
    if not isinstance(raw, dict):
        raise WrongUsage(f"{name} answers nothing; write {', '.join(Answers.model_fields)}")
    tree = _with_defaults(_without_none(raw))
    try:
        Answers.model_validate(tree)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
    else:
        errors = []
    if wrong := [error for error in errors if error["type"] not in _UNANSWERED]:
        problems = [Problem(f"{name}: {'.'.join(map(str, e['loc']))}", what(e)) for e in wrong]
        raise WrongUsage("\n".join(map(str, problems)))
    return Given(tree, tuple(error["loc"] for error in errors))


def what(error: ErrorDetails) -> str:
    """What is wrong with an answer, and what to write."""
    match error["type"]:
        case "extra_forbidden":
            return "isn't asked; remove it or correct its spelling"
        case "value_error":
            return str(error["ctx"]["error"])
        case "string_pattern_mismatch":
            wanted = _kinds()[error["ctx"]["pattern"]]
            return f"{error['input']!r:.60} won't do; write {wanted}"
        case _:
            return f"{error['msg']}, got {error['input']!r:.60}"


@cache
def _kinds() -> dict[str, str]:
    """What may stand in a place, in words, by the pattern that it has to fit."""
    found = (TypeAdapter(kind).json_schema() for kind in _WITH_PATTERNS)
    return {schema["pattern"]: schema["description"] for schema in found}


def _say(place: Steps) -> str:
    section, *steps = place
    return material.wording(str(section), *steps)


def _with_defaults(raw: Raw) -> dict[str, Any]:
    """A section that isn't there is an empty one, so that each place in it is missing."""
    workflow = raw.get("workflow")
    of = workflow.get("object") if isinstance(workflow, dict) else None
    tree = dict(raw)
    for section in Answers.model_fields:
        said = raw.get(section, {})
        if isinstance(said, dict):
            tree[section] = {**material.supposed(section, of), **said}
    return tree


def _without_none(raw: Any) -> Any:  # noqa: ANN401 - any tree
    """An answer that was left empty is none."""
    if isinstance(raw, dict):
        return {key: _without_none(value) for key, value in raw.items() if value is not None}
    return [_without_none(value) for value in raw] if isinstance(raw, list) else raw


def _with_none(tree: Any, places: Sequence[Steps]) -> Any:  # noqa: ANN401 - any tree
    """The tree with None in these places."""
    if () in places:
        return None
    made = {**tree} if isinstance(tree, dict) else dict(enumerate(tree))
    for step in dict.fromkeys(place[0] for place in places):
        below = [place[1:] for place in places if place[0] == step]
        made[step] = _with_none(made.get(step, {}), below)
    return made if isinstance(tree, dict) else [*made.values()]
