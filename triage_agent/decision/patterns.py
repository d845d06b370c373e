"""The floor's data: patterns that fire whatever a model says, each with its own examples."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Self

from pydantic import ConfigDict, Field, RootModel, model_validator

from triage_agent.decision.text import excerpt, normalised
from triage_agent.decision.values import Value

_PLAIN = re.compile(r"[\x00-\xb4\xb6-\xff\u2010-\u2027\u2030-\u205e\u20ac]*")
"""Text of Western letters and signs, whose large and small forms are simple pairs."""

_ODD_SMALL = {"\N{LATIN SMALL LETTER DOTLESS I}", "\N{LATIN SMALL LETTER LONG S}"}
"""Letters that count as i and s where case doesn't matter, without being their small form."""


class Pattern(Value):
    """A regular expression for normalised text, with texts that it must and must not find."""

    match: str
    hits: tuple[str, ...] = Field(min_length=1)
    misses: tuple[str, ...] = Field(min_length=1)

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The compiled pattern; case doesn't matter."""
        return re.compile(self.match, re.IGNORECASE)

    def must_compile(self) -> None:
        """Raises a `ValueError` that shows the text of what is no regular expression."""
        try:
            _ = self.expression
        except re.error as exc:
            raise ValueError(f"{self.match!r} is no regular expression: {exc}") from exc

    @cached_property
    def is_common(self) -> bool:
        """Whether it begins with a word, and means the same when it is joined with others.

        In the small letters of a plain text, that is.
        """
        letters = re.sub(r"\\.", "", self.match)
        plain = letters == letters.lower() and not _ODD_SMALL & set(letters)
        whole = not re.search(r"\((?!\?[:=!<])|\(\?<[^=!]", letters) and "(?i" not in letters
        return self.match.startswith(r"\b") and plain and whole


class Patterns(RootModel[tuple[Pattern, ...]]):
    """Patterns for one thing, in order. Most texts hold none of them, which is soon found out."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        """All at once, as they are looked for first; one alone is compiled when it is needed."""
        try:
            _ = self._common
        except re.error:
            for pattern in self.root:
                pattern.must_compile()
            raise
        for pattern in self._odd:
            pattern.must_compile()
        return self

    def __iter__(self) -> Iterator[Pattern]:  # type: ignore[override]
        return iter(self.root)

    def first_hit(self, text: str) -> str | None:
        """The words around the first hit in normalised text, or None."""
        hits = (
            excerpt(text, found.start(), found.end())
            for pattern in self._worth_a_look(text)
            if (found := pattern.expression.search(text))
        )
        return next(hits, None)

    def _worth_a_look(self, text: str) -> Iterable[Pattern]:
        """All patterns, or only the odd ones where a search for all others at once is in vain."""
        if not _PLAIN.fullmatch(text):
            return self.root
        common = self._common.search(text.lower())
        return self.root if common else self._odd

    @cached_property
    def _common(self) -> re.Pattern[str]:
        """All that begin with a word, in one: their beginning is looked for once."""
        common = [pattern.match for pattern in self.root if pattern.is_common]
        return re.compile("|".join(f"(?:{match})" for match in common) or "(?!)")

    @cached_property
    def _odd(self) -> tuple[Pattern, ...]:
        return tuple(pattern for pattern in self.root if not pattern.is_common)


class PatternFile(Value):
    """`prompts/patterns.yaml`: words that the deterministic rules look for."""

    free_mail: frozenset[str]
    fillers: frozenset[str]
    small_talk: frozenset[str] = frozenset()
    sign_offs: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    same: tuple[frozenset[str], ...] = ()
    legal_forms: frozenset[str] = frozenset()
    topics: dict[str, Patterns]
    orders: dict[str, Patterns]
    policies: dict[str, Patterns]
    consequential: dict[str, Patterns]
    claims: dict[str, Patterns]
    categories: dict[str, Patterns] = Field(default_factory=dict)
    never_state: dict[str, Patterns]
    closings: frozenset[str] = frozenset()
    introductions: Patterns = Patterns(())

    def everything(self) -> Iterator[Pattern]:
        """All patterns, the floor's and those for drafts."""
        for group in (
            self.topics,
            self.orders,
            self.policies,
            self.consequential,
            self.claims,
            self.categories,
            self.never_state,
        ):
            for some in group.values():
                yield from some
        yield from self.introductions

    def is_filler(self, value: object) -> bool:
        """Whether a field that isn't empty says nothing all the same."""
        return normalised(str(value)).casefold() in self.fillers


NONE = Patterns(())
"""What finds nothing."""
