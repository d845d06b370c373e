"""Answers as people type them on one line: `Status=New`, `Email, Web`, and how they are shown."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from triage_agent.operating_model.kinds import Scalar

_A_FEW = 4
"""Words of an entry that a comma keeps apart from the next."""

_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}


def read(kind: Any, text: str) -> object:  # noqa: ANN401 - the type that is wanted
    """The value that a line stands for; a `ValueError` says how to write it."""
    if get_origin(kind) is list:
        return _listed(text)
    if get_origin(kind) is dict and get_origin(get_args(kind)[1]) is list:
        name, values = _pair(text)
        return {name: _listed(values)}
    if get_origin(kind) is dict:
        return {name: _scalar(value) for name, value in map(_pair, _listed(text))}
    if kind in (float, int):
        return _number(kind, text)
    return text


def shown(value: object) -> str:
    """How a value would be typed."""
    match value:
        case dict():
            return ", ".join(f"{name}={shown(one)}" for name, one in value.items())
        case list():
            between = "; " if any(len(str(one).split()) > _A_FEW for one in value) else ", "
            return between.join(map(shown, value))
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _number(kind: type[float], text: str) -> float:
    try:
        return kind(text)
    except ValueError as exc:
        raise ValueError(f"{text!r} is no number; write one") from exc


def _listed(text: str) -> list[str]:
    return [one for part in text.split(",") if (one := part.strip())]


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (sign and name.strip() and value.strip()):
        raise ValueError("write a name, = and what it is")
    return name.strip(), value.strip()


def _scalar(text: str) -> Scalar:
    return _TRUTHS.get(text.lower(), text)
