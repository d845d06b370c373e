"""Which messages in Slack are about a record: those that name its id."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from html import unescape

from triage_agent.sandbox.pages.crm.remembered import Remembered
from triage_agent.sandbox.slack.workspace import Workspace
from triage_agent.sandbox.store import Message

_ID = re.compile(r"(?<![a-zA-Z0-9])[a-zA-Z0-9]{18}(?![a-zA-Z0-9])")
_LONGEST = 140

_READ = Remembered[frozenset[str]]()
"""The ids in each message."""


@dataclass(frozen=True)
class Mention:
    channel: str
    name: str
    ts: str
    text: str

    @property
    def at(self) -> float:
        return float(self.ts)


Finder = Callable[[Collection[str]], dict[str, list[Mention]]]


def finder(workspace: Workspace) -> Finder:
    """Finds the messages by the records that they name, oldest first."""
    return partial(_find, workspace)


def _find(workspace: Workspace, wanted: Collection[str]) -> dict[str, list[Mention]]:
    found: dict[str, list[Mention]] = {}
    for channel, messages in workspace.conversations().items():
        name = workspace.channels.get(channel)
        for message in messages:
            for identifier in _ids_in(workspace, channel, message).intersection(wanted):
                mention = Mention(
                    channel=channel,
                    name=f"#{name}" if name else "a direct message",
                    ts=message["ts"],
                    text=unescape(message["text"])[:_LONGEST],
                )
                found.setdefault(identifier, []).append(mention)
    return found


def _ids_in(workspace: Workspace, channel: str, message: Message) -> frozenset[str]:
    key = (channel, message["ts"])
    return _READ.of(workspace.store, key, message, lambda: frozenset(_ID.findall(str(message))))
