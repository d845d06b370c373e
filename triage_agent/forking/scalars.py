"""Values as they stand in YAML: plain where that reads well, else quoted."""

import json
import re

OPEN = "\ue000"
"""Stands where an answer is missing, until the text is finished: see `marked`."""

_PLAIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ](?:[\w ./'()<>%+-]*[\w.)>])?")
_LONGER = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ](?:[\w ,;./'()<>%+?!-]*[\w.)>?!])?")
_OTHER_VALUES = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def written(value: object) -> str:
    """A value after its key, or an entry of a list, on a line of its own."""
    return _text(value, _LONGER) if isinstance(value, str) else flow(value)


def flow(value: object) -> str:
    """A value within brackets, and whatever is in it."""
    match value:
        case None:
            return OPEN
        case dict():
            return "{" + ", ".join(f"{flow(k)}: {flow(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str():
            return _text(value, _PLAIN)
        case _:
            return json.dumps(value)


def open_if(is_open: object) -> str:
    """Marks a list or a table that nothing is in yet."""
    return OPEN if is_open else ""


def marked(text: str) -> str:
    """The text, in which each line with an open place says so."""
    return "\n".join(
        f"{_emptied(line)}  # OPEN" if OPEN in line else line.rstrip() for line in text.split("\n")
    )


def _emptied(line: str) -> str:
    """Nothing where nothing else follows, and within brackets the word for it."""
    return line.rstrip().removesuffix(OPEN).rstrip().replace(OPEN, "null")


def _text(value: str, plain: re.Pattern[str]) -> str:
    if plain.fullmatch(value) and value.lower() not in _OTHER_VALUES:
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """In double quotes; lines and tabs are written out."""
    return json.dumps(value, ensure_ascii=False)
