"""The strict dialect of JSON Schema, as far as the baseline obeys it."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

MOST_LEVELS = 20
"""Steps from a schema's root into properties, entries and references; a recursive one has more."""

_Type = Literal["array", "boolean", "integer", "null", "number", "object", "string"]


def fault_of(schema: dict[str, Any]) -> str | None:
    """What keeps a schema out of the strict dialect, and where."""
    try:
        root = _Schema.model_validate(schema)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_context=False)[0]
        return f"In context={fault['loc']}, {fault['msg'].removeprefix('Value error, ')}"
    if root.type != ["object"]:
        return "schema must be of type 'object' at its root."
    return next(_endless(root, root), None)


def _listed(kinds: object) -> object:
    return [kinds] if isinstance(kinds, str) else kinds


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    type: Annotated[list[_Type], BeforeValidator(_listed)] = Field([], min_length=1)
    properties: dict[str, "_Schema"] | None = None
    required: list[str] = []
    additional_properties: Literal[False] | None = Field(None, alias="additionalProperties")
    items: "_Schema | None" = None
    any_of: list["_Schema"] = Field([], alias="anyOf", min_length=1)
    enum: list[Any] | None = Field(None, min_length=1)
    const: Any = None
    reference: str | None = Field(None, alias="$ref", pattern=r"^#/\$defs/")
    definitions: dict[str, "_Schema"] = Field({}, alias="$defs")
    minimum: float | None = None
    maximum: float | None = None
    title: str | None = None
    description: str | None = None

    @property
    def inner(self) -> list["_Schema"]:
        """The schemas directly within this one."""
        return [*(self.properties or {}).values(), *filter(None, [self.items]), *self.any_of]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.model_fields_set & {"type", "any_of", "enum", "const", "reference"}:
            raise ValueError("'type' is required.")
        if self.type and (self.any_of or self.reference):
            raise ValueError("'type' can't stand beside 'anyOf' or '$ref'.")
        if "array" in self.type and self.items is None:
            raise ValueError("'items' is required.")
        if "object" in self.type:
            self._check_object()
        return self

    def _check_object(self) -> None:
        if self.properties is None:
            raise ValueError("'properties' is required.")
        if self.additional_properties is not False:
            raise ValueError("'additionalProperties' is required and must be false.")
        for name in sorted(self.properties.keys() ^ set(self.required)):
            raise ValueError(f"'required' must list every property and no other: see '{name}'.")


def _endless(node: _Schema, root: _Schema, levels: int = MOST_LEVELS) -> Iterator[str]:
    """Why references can't be followed to an end."""
    if levels == 0:
        yield f"it is nested deeper than {MOST_LEVELS} levels."
    elif node.reference is None:
        for inner in node.inner:
            yield from _endless(inner, root, levels - 1)
    elif target := root.definitions.get(node.reference.removeprefix("#/$defs/")):
        yield from _endless(target, root, levels - 1)
    else:
        yield f"reference '{node.reference}' names no definition."
