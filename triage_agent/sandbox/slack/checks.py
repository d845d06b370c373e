"""What Block Kit's checks are made of.

A check looks at a value and yields what is wrong with it, each with the JSON pointer to the place;
larger checks are made of smaller ones.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple


class Problem(NamedTuple):
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


Check = Callable[[Any, str], Iterator[Problem]]


def text(most: int, least: int = 1) -> Check:
    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(at, "must be a string")
        elif len(value) > most:
            yield Problem(at, f"must be less than {most + 1} characters")
        elif len(value) < least:
            yield Problem(at, f"must be more than {least - 1} characters")

    return check


def word(*allowed: str) -> Check:
    def check(value: object, at: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(at, f"value is not one of: {', '.join(allowed)}")

    return check


def boolean(value: object, at: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(at, "must be a boolean")


def number(value: object, at: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield Problem(at, "must be an integer")


def between(least: int, most: int) -> Check:
    """A whole number within these bounds, both included."""

    def check(value: object, at: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Problem(at, "must be an integer")
        elif not least <= value <= most:
            yield Problem(at, f"must be between {least} and {most}")

    return check


def matching(pattern: str) -> Check:
    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            yield Problem(at, f"must match the pattern {pattern}")

    return check


def items(check: Check, most: int, unique: str = "") -> Check:
    """A list that isn't empty. `unique`: the key that no two of its items may share."""

    def check_all(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(at, "must be an array")
            return
        if len(value) > most:
            yield Problem(at, f"no more than {most} items allowed")
        if not value:
            yield Problem(at, "no fewer than 1 items allowed")
        for place, item in enumerate(value):
            yield from check(item, f"{at}/{place}")
        yield from _repeats(value, unique, at)

    return check_all


def _repeats(items: list[Any], key: str, at: str) -> Iterator[Problem]:
    seen = Counter(str(item[key]) for item in items if isinstance(item, dict) and item.get(key))
    for value, times in seen.items():
        if times > 1:
            yield Problem(at, f"{key} {value!r} is not unique")


def shape(required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    """An object with these keys and no others."""
    known = {**required, **optional}

    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must be an object")
            return
        for key in required:
            if key not in value:
                yield Problem(at, f"missing required field: {key}")
        for key, part in value.items():
            if key in known:
                yield from known[key](part, f"{at}/{key}")
            elif key != "type":
                yield Problem(at, f"invalid additional property: {key}")

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object that says by its `type` which of these it is."""

    def check(value: object, at: str) -> Iterator[Problem]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            yield Problem(f"{at}/type", f"unsupported type: {kind}")
        else:
            yield from kinds[kind](value, at)

    return check


def either(first: str, second: str, check: Check) -> Check:
    """At least one of two keys, besides what `check` wants."""

    def check_both(value: dict[str, Any], at: str) -> Iterator[Problem]:
        yield from check(value, at)
        if first not in value and second not in value:
            yield Problem(at, f"missing required field: {first} or {second}")

    return check_both


def plain(most: int) -> Check:
    return typed({"plain_text": shape({"text": text(most)}, {"emoji": boolean})})


def marked(most: int) -> Check:
    return typed(
        {
            "plain_text": shape({"text": text(most)}, {"emoji": boolean}),
            "mrkdwn": shape({"text": text(most)}, {"verbatim": boolean}),
        }
    )
