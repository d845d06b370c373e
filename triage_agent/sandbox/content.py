"""What the sandbox reads: JSON of strangers, and its own data files."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML


def parsed(body: bytes | str) -> Any:  # noqa: ANN401 - any JSON
    """The content; a `ValueError` where it is no JSON, or holds half a character.

    JSON can spell a lone surrogate, which no answer could then be written with.
    """
    content = json.loads(body)
    json.dumps(content, ensure_ascii=False).encode()
    return content


@cache
def own_yaml(package: str, name: str) -> Any:  # noqa: ANN401 - as the file has it
    """A data file beside a package's modules; not to be changed, it is read once."""
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return YAML(typ="safe", pure=True).load(text)
