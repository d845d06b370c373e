"""The floor's data: patterns that fire whatever a model says, each with its own examples."""

import re
from collections.abc import Iterator
from functools import cached_property

from pydantic import Field, field_validator

from triage_agent.decision.text import excerpt, normalised
from triage_agent.decision.values import Value


class Pattern(Value):
    """A regular expression for normalised text, with texts that it must and must not find."""

    match: str
    hits: tuple[str, ...] = Field(min_length=1)
    misses: tuple[str, ...] = Field(min_length=1)

    @field_validator("match")
    @classmethod
    def _compiles(cls, match: str) -> str:
        try:
            re.compile(match, re.IGNORECASE)  # as `expression` does: compiled once, then cached
        except re.error as exc:
            raise ValueError(f"{match!r} is no regular expression: {exc}") from exc
        return match

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The compiled pattern; case doesn't matter."""
        return re.compile(self.match, re.IGNORECASE)


Patterns = tuple[Pattern, ...]


class PatternFile(Value):
    """`prompts/patterns.yaml`: words that the deterministic rules look for."""

    free_mail: frozenset[str]
    fillers: frozenset[str]
    topics: dict[str, Patterns]
    consequential: dict[str, Patterns]
    claims: dict[str, Patterns]
    never_state: dict[str, Patterns]

    def is_filler(self, value: object) -> bool:
        """Whether a field that isn't empty says nothing all the same."""
        return normalised(str(value)).casefold() in self.fillers


def first_hit(patterns: Patterns, text: str) -> str | None:
    """The words around the first hit in normalised text, or None."""
    return next(_hits(patterns, text), None)


def _hits(patterns: Patterns, text: str) -> Iterator[str]:
    for pattern in patterns:
        if found := pattern.expression.search(text):
            yield excerpt(text, found.start(), found.end())
