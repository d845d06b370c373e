"""Which messages in Slack are about a record: those that name its id."""

import re
from dataclasses import dataclass
from html import unescape
from weakref import WeakKeyDictionary

from triage_agent.sandbox.slack.workspace import Workspace
from triage_agent.sandbox.store import Message, Store

_ID = re.compile(r"(?<![a-zA-Z0-9])[a-zA-Z0-9]{18}(?![a-zA-Z0-9])")
_LONGEST = 140

_Read = dict[tuple[str, str], tuple[Message, frozenset[str]]]
_READ: WeakKeyDictionary[Store, _Read] = WeakKeyDictionary()
"""The ids in each message. A message is never changed in place, so it is read once."""


@dataclass(frozen=True)
class Mention:
    channel: str
    name: str
    ts: str
    text: str

    @property
    def at(self) -> float:
        return float(self.ts)


def mentions(workspace: Workspace) -> dict[str, list[Mention]]:
    """All messages by the ids that they name, oldest first."""
    read = _READ.setdefault(workspace.store, {})
    found: dict[str, list[Mention]] = {}
    for channel, messages in workspace.conversations().items():
        name = workspace.channels.get(channel)
        for message in messages:
            for identifier in _ids_in(read, channel, message):
                mention = Mention(
                    channel=channel,
                    name=f"#{name}" if name else "a direct message",
                    ts=message["ts"],
                    text=unescape(message["text"])[:_LONGEST],
                )
                found.setdefault(identifier, []).append(mention)
    return found


def _ids_in(read: _Read, channel: str, message: Message) -> frozenset[str]:
    known = read.get((channel, message["ts"]))
    if known is None or known[0] is not message:
        known = (message, frozenset(_ID.findall(str(message))))
        read[channel, message["ts"]] = known
    return known[1]
