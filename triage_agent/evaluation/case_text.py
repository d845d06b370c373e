"""A case as YAML, in the style of those that people write by hand."""

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString

from triage_agent.evaluation.cases import Case
from triage_agent.operating_model.kinds import Scalar

_WIDTH, _LONG = 100, 80


def as_yaml(case: Case) -> str:
    """The case as an entry of a file of cases."""
    expect = case.expect.model_dump(mode="json", exclude_defaults=True)
    around = {
        name: [CommentedMap(_fields(one)) for one in some] for name, some in case.around.items()
    }
    entry: dict[str, Any] = {"name": case.name, "fields": CommentedMap(_fields(case.fields))}
    if around:
        entry["around"] = around
    if "sees" in expect:
        expect["sees"] = CommentedMap(expect["sees"])
        expect["sees"].fa.set_flow_style()
    entry["expect"] = expect
    out = io.StringIO()
    yaml = YAML()
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=2, offset=0)
    yaml.dump([CommentedMap(entry)], out)
    return out.getvalue()


def _fields(fields: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: _scalar(value) for name, value in fields.items()}


def _scalar(value: Scalar) -> Scalar:
    """A long text as a block, whose lines are folded where that keeps it as it is."""
    if not isinstance(value, str):
        return value
    text = "\n".join(value.splitlines())
    if "\n" not in text and len(text) <= _LONG:
        return text
    plain = text == " ".join(text.split())
    block: str = FoldedScalarString(text) if plain else LiteralScalarString(text)
    return block
