"""The sandbox's model: a form filled by a linear classifier, the least that a real model must beat.

It knows what any model would be told: the messages and the JSON schema of the answer. What it has
learned of the shipped workflow comes from `examples.yaml`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage_agent.sandbox.model import judging
from triage_agent.sandbox.model.reading import Message, Reading, read
from triage_agent.sandbox.model.replies import reply

Json = dict[str, Any]
Known = Mapping[str, object]


def answer(messages: Sequence[Message], schema: Json) -> Json:
    """The form that `schema` describes, filled from the messages; the same for the same.

    The schema is an object in the strict dialect of structured outputs, and not recursive.
    """
    reading = read(messages)
    if set(schema["properties"]) == {"language", "text"}:
        return reply(reading)
    _, choices = _choice(schema, schema)
    known = {
        "summary": judging.summary(reading),
        "language": reading.language,
        "confidence": judging.confidence(choices, reading),
    }
    filled = _Form(schema, reading, judging.is_known(choices)).fill(schema, "", known)
    assert isinstance(filled, dict)
    return filled


@dataclass(frozen=True)
class _Form:
    """Fills a schema with what is known by a property's name, and else with an empty value."""

    root: Json
    reading: Reading
    known_workflow: bool

    def fill(self, schema: Json, name: str, known: Known) -> object:
        """A value that obeys `schema`, for the property called `name`."""
        schema = _resolved(schema, self.root)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            value = known.get(name)
            return value if value in schema["enum"] else judging.best(schema["enum"], self.reading)
        return self._of_kind(_kind(schema), schema, known.get(name), known)

    def _of_kind(self, kind: str, schema: Json, value: object, known: Known) -> object:
        match kind:
            case "object":
                fields = schema["properties"].items()
                return {key: self.fill(inner, key, known) for key, inner in fields}
            case "array":
                return [self.fill(schema["items"], *entry) for entry in self._entries(schema)]
            case "string":
                return value if isinstance(value, str) else ""
            case "number" | "integer":
                number = value if kind == "number" and isinstance(value, float) else 0
                return min(
                    max(number, schema.get("minimum", number)), schema.get("maximum", number)
                )
            case "boolean":
                return False
            case _:
                return None

    def _entries(self, schema: Json) -> Iterator[tuple[str, Known]]:
        """One for each value of the entries' choice that a sentence of the request speaks for."""
        chosen, values = _choice(schema["items"], self.root)
        found = judging.quotes(values, self.reading, known_workflow=self.known_workflow)
        for value, quote in found:
            reason = f"The wording fits {value}."
            yield chosen, {chosen: value, "quote": quote, "reason": reason}


def _kind(schema: Json) -> str:
    """The type; of several the first that isn't null."""
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return next((kind for kind in kinds if kind != "null"), "null")


def _resolved(schema: Json, root: Json) -> Json:
    """What a reference, or the first of several forms, comes down to."""
    if "$ref" in schema:
        return _resolved(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    return _resolved(schema["anyOf"][0], root) if "anyOf" in schema else schema


def _choice(schema: Json, root: Json) -> tuple[str, list[str]]:
    """The first property that is a choice between words, and the words."""
    schema = _resolved(schema, root)
    for name, inner in schema.get("properties", {"": schema}).items():
        values = _resolved(inner, root).get("enum", [])
        if words := [value for value in values if isinstance(value, str)]:
            return name, words
    return "", []
