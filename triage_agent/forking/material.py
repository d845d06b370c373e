"""What a new project is written from: questions, defaults, templates. All of it is data."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from ruamel.yaml import YAML

from triage_agent.forking import scalars

ANY = "any"


@cache
def text(name: str) -> str:
    """A file of `written/`."""
    return files(__package__).joinpath("written", name).read_text(encoding="utf-8")


@cache
def data(name: str) -> Any:  # noqa: ANN401 - as the file has it
    """One in YAML; not to be changed."""
    return YAML(typ="safe", pure=True).load(text(name))


def question(section: str) -> str:
    """What a section of the answers answers."""
    asks: str = data("questions.yaml")[section]["asks"]
    return asks


def meaning(section: str) -> str:
    """What of that answer is enforced."""
    means: str = data("questions.yaml")[section]["means"]
    return means


def wording(section: str, *steps: str | int) -> str:
    """How a place of a section is asked for; what belongs to something is asked for by its name."""
    say = data("questions.yaml")[section]["say"]
    first, last = str(steps[0]), str(steps[-1])
    words: str = say[first if len(steps) == 1 else f"{first}.{last}"]
    if "{}" not in words:
        return words
    name = str(steps[1])
    return words.format(name.replace("_", " ") if name.islower() else name)


def supposed(section: str, of: object) -> Mapping[str, Any]:
    """What is supposed in a section where nothing is said, of an object that is known or any."""
    defaults = data("defaults.yaml")
    special = defaults.get(of, {}) if of != ANY and isinstance(of, str) else {}
    return {**defaults[ANY].get(section, {}), **special.get(section, {})}


def rendered(template: str, /, **context: object) -> str:
    """A template of `written/`; what it asks for has to be there."""
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    environment.filters |= {"written": scalars.written, "flow": scalars.flow}
    return environment.from_string(text(template)).render(**context)
