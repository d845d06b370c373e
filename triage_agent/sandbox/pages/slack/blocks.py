"""Blocks as Slack shows them: what the templates ask about the parts of a message or a modal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from triage_agent.sandbox.pages.slack import markup
from triage_agent.sandbox.pages.slack.markdown import markdown
from triage_agent.sandbox.pages.slack.mentions import Names
from triage_agent.sandbox.pages.slack.mrkdwn import mrkdwn
from triage_agent.sandbox.pages.slack.rich_text import rich_text

Json = Mapping[str, Any]

_HOLDS = ("selected_", "initial_", "value")


@dataclass(frozen=True)
class Where:
    """The message, or the modal, that blocks stand in.

    `people`: who can be chosen, names by id; `back`: the page it is on; `spot`: its id in there.
    A message has `channel` and `ts`, a modal has `view`, its id.
    `state`: what is chosen by block_id and action_id; `wrong`: what is to be told, by block_id.
    """

    names: Names
    people: Mapping[str, str]
    back: str
    spot: str
    channel: str = ""
    ts: str = ""
    view: str = ""
    state: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def text(self, part: Json) -> Markup:
        """A text object."""
        if part["type"] == "plain_text":
            return markup.words(part["text"])
        return mrkdwn(part["text"], self.names, verbatim=part.get("verbatim", False))

    def message(self, text: str) -> Markup:
        return mrkdwn(text, self.names)

    def rich(self, block: Json) -> Markup:
        return rich_text(block["elements"], self.names)

    def markdown(self, block: Json) -> Markup:
        return markdown(block["text"])

    def id(self, block: Json, element: Json) -> str:
        """The element's name in the page, the same as long as it is the same."""
        names = (block.get("block_id", ""), element.get("action_id", ""))
        return "-".join([self.spot, *(quote(name, safe="") for name in names)])

    def chosen(self, block: Json, element: Json) -> list[str]:
        """The text, or the values, that are in an element now."""
        state = self.state.get(block.get("block_id", ""), {})
        now = state.get(element.get("action_id", ""), element)
        held = next((value for name, value in now.items() if name.startswith(_HOLDS)), None)
        several = held if isinstance(held, list) else [held]
        return [one["value"] if isinstance(one, dict) else one for one in several if one]

    def first_wrong(self, block: Json) -> bool:
        return next(iter(self.wrong), None) == block.get("block_id")


def place(block: Json, element: Json, value: str | None = None) -> str:
    """What a modal's form calls an element, or one of its options."""
    names = [block.get("block_id", ""), element.get("action_id", "")]
    return json.dumps(names if value is None else [*names, value])
