"""SOQL as text, and what it asks for: the part of the language that reads records one by one."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from triage_agent.sandbox.salesforce.refusals import Refusal, malformed_query

Part = TypeVar("Part")
Kind = Literal["string", "number", "boolean", "null", "date", "datetime"]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
  | (?P<date>\d{4}-\d\d-\d\d)
  | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_][\w.]*)
  | (?P<sign>!=|<>|<=|>=|[=<>(),])
)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {
    "n": "\n", "N": "\n", "r": "\r", "R": "\r", "t": "\t", "T": "\t", "b": "\b", "B": "\b",
    "f": "\f", "F": "\f", '"': '"', "'": "'", "\\": "\\", "_": "_", "%": "%",
}  # fmt: skip
_LITERAL_WORDS: Mapping[str, tuple[Kind, str]] = {
    "TRUE": ("boolean", "true"),
    "FALSE": ("boolean", "false"),
    "NULL": ("null", ""),
}
_LITERAL_KINDS: Mapping[str, Kind] = {
    "string": "string",
    "number": "number",
    "date": "date",
    "datetime": "datetime",
}
_COMPARISONS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
COUNT = "COUNT()"
FUNCTIONS = frozenset({COUNT, "FIELDS(ALL)", "FIELDS(STANDARD)", "FIELDS(CUSTOM)"})
_CLAUSES = frozenset({"WHERE", "ORDER", "LIMIT", "OFFSET"})


@dataclass(frozen=True)
class Value:
    """A literal. `text`: of a string, what stands between its quotes, escapes and all."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Comparison:
    """`operator`: one of = != < <= > >= LIKE."""

    path: str
    operator: str
    value: Value


@dataclass(frozen=True)
class Membership:
    path: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Not:
    part: "Condition"


@dataclass(frozen=True)
class Junction:
    operator: Literal["AND", "OR"]
    parts: tuple["Condition", ...]


Condition = Comparison | Membership | Not | Junction


@dataclass(frozen=True)
class Order:
    path: str
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Query:
    """`fields`: paths as written, and members of `FUNCTIONS`."""

    fields: tuple[str, ...]
    entity: str
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


class _Token(NamedTuple):
    kind: str
    text: str

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind in ("word", "sign") else ""


_END = _Token("end", "<EOF>")


def parse(text: str) -> Query:
    """The query that a text asks for; a `MALFORMED_QUERY` refusal where it can't be read."""
    reader = _Reader(list(_tokens(text)))
    reader.expect("SELECT")
    fields = tuple(reader.listed(reader.selected))
    reader.expect("FROM")
    query = Query(
        fields=fields,
        entity=reader.name(),
        where=reader.condition() if reader.took("WHERE") else None,
        order=tuple(reader.listed(reader.ordering)) if reader.took_both("ORDER", "BY") else (),
        limit=reader.whole_number() if reader.took("LIMIT") else None,
        offset=reader.whole_number() if reader.took("OFFSET") else 0,
    )
    reader.finish()
    return query


def unescaped(text: str) -> str:
    """The characters that a string literal means."""
    return _ESCAPE.sub(lambda match: _character(match[1]), text)


def like_pattern(text: str) -> re.Pattern[str]:
    """What a LIKE literal matches: % any characters, _ one, either escaped itself."""
    parts = []
    for piece in re.findall(r"\\u[0-9a-fA-F]{4}|\\.|.", text, re.DOTALL):
        wild = {"%": ".*", "_": "."}.get(piece)
        parts.append(wild or re.escape(unescaped(piece)))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _character(escape: str) -> str:
    if escape.startswith("u") and len(escape) > 1:
        return chr(int(escape[1:], 16))
    if escape not in _ESCAPED:
        raise malformed_query(f"Invalid string literal: illegal escape '\\{escape}'")
    return _ESCAPED[escape]


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise malformed_query(f"unexpected token: '{text[place:].split(maxsplit=1)[0]}'")
        kind = match.lastgroup or ""
        yield _Token(kind, match[kind])
        place = match.end()


class _Reader:
    """Recursive descent: each method reads what it is named after, from the next token on."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def listed(self, read: Callable[[], Part]) -> Iterator[Part]:
        yield read()
        while self.took(","):
            yield read()

    def took(self, word: str) -> bool:
        """Whether the next token is this word, which is then behind us."""
        if self._next.word != word:
            return False
        self._place += 1
        return True

    def took_both(self, first: str, second: str) -> bool:
        if not self.took(first):
            return False
        self.expect(second)
        return True

    def expect(self, word: str) -> None:
        if not self.took(word):
            raise self._unexpected()

    def finish(self) -> None:
        if self._next is not _END:
            raise self._unexpected()

    def name(self) -> str:
        if self._next.kind != "word" or self._next.word in _CLAUSES:
            raise self._unexpected()
        return self._take().text

    def whole_number(self) -> int:
        if self._next.kind != "number" or not self._next.text.isdigit():
            raise self._unexpected()
        return int(self._take().text)

    def selected(self) -> str:
        name = self.name()
        if not self.took("("):
            return name
        inner = "" if self._next.word == ")" else self.name().upper()
        self.expect(")")
        call = f"{name.upper()}({inner})"
        if call not in FUNCTIONS:
            raise malformed_query(f"unexpected token: '{call}'")
        return call

    def ordering(self) -> Order:
        path = self.name()
        descending = self.took("DESC")
        if not descending:
            self.took("ASC")
        nulls_last = False
        if self.took("NULLS"):
            nulls_last = self.took("LAST")
            if not nulls_last:
                self.expect("FIRST")
        return Order(path, descending=descending, nulls_last=nulls_last)

    def condition(self) -> Condition:
        parts = [self._term()]
        joint: Literal["AND", "OR"] = "OR" if self._next.word == "OR" else "AND"
        while self.took(joint):
            parts.append(self._term())
        if self._next.word in ("AND", "OR"):
            raise self._unexpected()
        return parts[0] if len(parts) == 1 else Junction(joint, tuple(parts))

    def _term(self) -> Condition:
        if self.took("NOT"):
            return Not(self._term())
        if self.took("("):
            inner = self.condition()
            self.expect(")")
            return inner
        return self._comparison(self.name())

    def _comparison(self, path: str) -> Condition:
        if self.took_both("NOT", "IN"):
            return Not(self._membership(path))
        if self.took("IN"):
            return self._membership(path)
        if self.took("LIKE"):
            return Comparison(path, "LIKE", self._value())
        operator = _COMPARISONS.get(self._next.text)
        if operator is None:
            raise self._unexpected()
        self._take()
        return Comparison(path, operator, self._value())

    def _membership(self, path: str) -> Membership:
        self.expect("(")
        values = tuple(self.listed(self._value))
        self.expect(")")
        return Membership(path, values)

    def _value(self) -> Value:
        if self._next.word in _LITERAL_WORDS:
            return Value(*_LITERAL_WORDS[self._take().word])
        kind = _LITERAL_KINDS.get(self._next.kind)
        if kind is None:
            raise self._unexpected()
        text = self._take().text
        return Value(kind, text[1:-1] if kind == "string" else text)

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else _END

    def _take(self) -> _Token:
        token = self._next
        self._place += 1
        return token

    def _unexpected(self) -> Refusal:
        return malformed_query(f"unexpected token: '{self._next.text}'")
