"""Messages as rows of a page: who said it and when, and what hangs on it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from triage_agent.sandbox.pages.slack.blocks import Where
from triage_agent.sandbox.pages.slack.markup import moment
from triage_agent.sandbox.pages.slack.mentions import day
from triage_agent.sandbox.slack.workspace import Workspace
from triage_agent.sandbox.store import Message

_HUES = 6


@dataclass(frozen=True)
class Row:
    """`at`: seconds; `replies`: the thread below it, oldest first; `note`: one person's alone."""

    message: Message
    where: Where
    name: str
    is_app: bool
    at: float
    replies: Sequence[Message]

    @property
    def clock(self) -> str:
        return _clock(self.at)

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.split()[:2]).upper()

    @property
    def hue(self) -> int:
        return sum(map(ord, self.name)) % _HUES

    @property
    def lost(self) -> Sequence[str]:
        """What somebody is to be told beside a block that has gone meanwhile."""
        there = [block.get("block_id") for block in self.message.get("blocks", ())]
        return [told for block_id, told in self.where.wrong.items() if block_id not in there]

    @property
    def latest(self) -> str:
        """When the last reply came."""
        return _clock(float(self.replies[-1]["ts"]))


@dataclass(frozen=True)
class Talk:
    """A channel's heads and threads, as one person sees them."""

    heads: Sequence[Message]
    threads: Mapping[str, Sequence[Message]]


def talk(messages: Iterable[Message], notes: Iterable[Message]) -> Talk:
    """`notes`: what only that person sees; each stands where its time is."""
    heads: list[Message] = []
    threads: dict[str, list[Message]] = defaultdict(list)
    for message in sorted([*messages, *notes], key=lambda one: str(one["ts"])):
        thread = message.get("thread_ts", message["ts"])
        (heads if thread == message["ts"] else threads[thread]).append(message)
    return Talk(heads, threads)


def row(workspace: Workspace, message: Message, where: Where, replies: Sequence[Message]) -> Row:
    return Row(
        message=message,
        where=where,
        name=workspace.everybody.get(message["user"], message["user"]),
        is_app="bot_id" in message,
        at=float(message["ts"]),
        replies=replies,
    )


def by_day(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    """The rows under the day that each is of."""
    return [(label, list(some)) for label, some in groupby(rows, lambda one: _day(one.at))]


def _day(at: float) -> str:
    when = moment(at)
    return day(when) if when else ""


def _clock(at: float) -> str:
    when = moment(at)
    return f"{when:%H:%M}" if when else ""


def block_order(wrong: Mapping[str, str], blocks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What is told about blocks that are there, in their order; what is about none comes first."""
    places = ("", *(block.get("block_id", "") for block in blocks))
    return {place: wrong[place] for place in places if place in wrong}
