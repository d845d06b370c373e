"""How names, values and lists are said in a sentence."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from triage_agent.operating_model.kinds import Scalar


def in_words(name: str) -> str:
    return name.replace("_", " ")


def value_in_words(value: Scalar) -> str:
    if value is None:
        return "empty"
    return f"“{value}”" if isinstance(value, str) else str(value).lower()


def time_in_words(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    for name, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        count, left = divmod(minutes, size)
        if not left:
            return f"{count} {name}" + ("s" if count > 1 else "")
    raise AssertionError("minutes are whole")


def all_of(words: Iterable[str]) -> str:
    return _joined([*words], "and")


def any_of(words: Iterable[str]) -> str:
    return _joined([*words], "or")


def _joined(words: Sequence[str], last: str) -> str:
    return f" {last} ".join([part for part in (", ".join(words[:-1]), *words[-1:]) if part])


def title(name: str) -> str:
    return in_words(name).title()


def pairs(values: Mapping[str, Scalar]) -> str:
    return ", ".join(f"{name} {value_in_words(value)}" for name, value in values.items())
