"""What the typed values share: they never change, and have one canonical form in bytes."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from triage_agent.operating_model.kinds import Scalar


class Value(BaseModel):
    """A frozen value that refuses fields it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def alike(one: Scalar, other: Scalar) -> bool:
    """Whether two fields hold the same: systems trim text, keep no empty one, and end lines so."""
    return _kept(one) == _kept(other)


def _kept(value: Scalar) -> Scalar:
    if not isinstance(value, str):
        return value
    return value.replace("\r\n", "\n").strip() or None


class _Private:
    """Marks a field whose content is kept apart."""


Private = _Private()


def private_fields(kind: type[Value]) -> frozenset[str]:
    """The names of an event's fields that are kept apart."""
    return frozenset(name for name, info in kind.model_fields.items() if Private in info.metadata)


def canonical(value: Mapping[str, Any] | list[Any]) -> bytes:
    """The one sequence of bytes that stands for a JSON value: it is what gets hashed.

    Keys sorted, no white space, text as UTF-8 and unescaped where JSON allows it; no NaN.
    Lone surrogates, which UTF-8 can't carry, become the replacement character.
    """
    text = json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
