"""Prompts: templates with their model and limits in front. Rendering is pure.

A prompt file is YAML front matter between two lines of `---`, then a Jinja2 template with two
blocks: `instructions`, the same for every item of a page, and `request`, the one item. Strangers'
text stands in the second only, as JSON between two lines that no sender can guess.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from triage_agent.decision.item import Item
from triage_agent.decision.values import Value, canonical
from triage_agent.errors import WrongUsage

BLOCKS = ("instructions", "request")


class FrontMatter(Value):
    """Which model is asked, by its pinned name, and how much it may take."""

    model: str = Field(min_length=1)
    max_output_tokens: int = Field(ge=16)
    timeout_seconds: float = Field(gt=0)


@dataclass(frozen=True)
class Prompt:
    """A prompt file, checked and compiled."""

    name: str
    front: FrontMatter
    template: Template
    text: str

    def render(self, block: str, **context: object) -> str:
        """One of the two blocks; `WrongUsage` names what it asks for and `context` lacks."""
        scope = self.template.new_context(context)
        try:
            return "".join(self.template.blocks[block](scope)).strip()
        except (TemplateError, TypeError) as exc:  # the latter for an include, or a wrong sum
            raise WrongUsage(f"{self.name}: block {block} can't be rendered: {exc}") from exc


def parse_prompt(text: str, name: str) -> Prompt:
    """Reads a prompt file; `WrongUsage` says what is wrong with it."""
    try:
        _, front, body = text.split("---\n", 2)
        values = YAML(typ="safe").load(front)
        matter = FrontMatter.model_validate(values)
        template = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False).from_string(
            body
        )
    except ValidationError as exc:
        wrong = "; ".join(
            f"{'.'.join(map(str, error['loc'])) or 'all of it'}: {error['msg']}"
            for error in exc.errors()
        )
        raise WrongUsage(f"{name}: its front matter is wrong: {wrong}") from exc
    except TemplateError as exc:
        raise WrongUsage(f"{name}: the template can't be read: {exc}") from exc
    except (ValueError, YAMLError) as exc:
        raise WrongUsage(f"{name}: begin it with front matter between two lines of ---") from exc
    if missing := [block for block in BLOCKS if block not in template.blocks]:
        raise WrongUsage(f"{name}: there is no block {missing[0]}")
    return Prompt(name, matter, template, text)


@dataclass(frozen=True)
class Question:
    """What is asked about one item, complete: it determines the key of a paid answer.

    `boundary`: the line that no sender can guess.
    """

    front: FrontMatter
    messages: tuple[dict[str, str], ...]
    schema_name: str
    schema: dict[str, Any]
    boundary: str = ""

    def key(self, model: str) -> str:
        """SHA-256 of model, prompt as rendered and schema, in hex."""
        return _digest(model, list(self.messages), self.schema)

    def key_for_any(self, model: str) -> str:
        """The same for every item with these texts: the boundary alone tells them apart."""
        told = [
            {name: text.replace(self.boundary, "boundary") for name, text in message.items()}
            for message in self.messages
        ]
        return _digest(model, told if self.boundary else list(self.messages), self.schema)


def _digest(*asked: object) -> str:
    return hashlib.sha256(canonical(list(asked))).hexdigest()


def question(
    prompt: Prompt,
    instructions: str,
    item: Item,
    schema_name: str,
    schema: dict[str, Any],
    **context: object,
) -> Question:
    """The question about one item, its boundary made from the item itself."""
    boundary = f"request-{item.id[:16]}"
    content = prompt.render(
        "request",
        boundary=boundary,
        record=json.dumps(item.shown, ensure_ascii=False, indent=1),
        page=item.page,
        **context,
    )
    messages = (
        {"role": "system", "content": instructions},
        {"role": "user", "content": content},
    )
    return Question(prompt.front, messages, schema_name, schema, boundary)
