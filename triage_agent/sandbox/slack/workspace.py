"""The Slack workspace: who and what is in it, and its clock."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triage_agent.sandbox.content import own_yaml
from triage_agent.sandbox.slack.live import Live, live
from triage_agent.sandbox.slack.timing import Timing
from triage_agent.sandbox.store import Store

_MICROSECONDS = 1_000_000


@dataclass
class Workspace:
    """`tokens`, `app_tokens`: scopes by token; `channels`, `users`, `titles`: names by id.

    `members`: who is in a private channel, by its id; everybody is in the others.
    `app`: the secrets that it shares with Slack; `slash`: its commands.
    `private`, `not_joined` by the bot, `archived`: ids of channels.
    `last`: when the newest message was posted, in microseconds.
    """

    store: Store
    team: Mapping[str, str]
    bot: Mapping[str, str]
    tokens: Mapping[str, Sequence[str]]
    channels: Mapping[str, str]
    users: Mapping[str, str]
    private: frozenset[str]
    members: Mapping[str, Sequence[str]]
    titles: Mapping[str, str]
    app: Mapping[str, str]
    app_tokens: Mapping[str, Sequence[str]]
    slash: Sequence[str]
    live: Live
    not_joined: frozenset[str] = frozenset()
    archived: frozenset[str] = frozenset()
    last: int = field(default=0)

    def next_ts(self) -> str:
        """The current time as Slack names messages, later than every one before."""
        self.last = max(self.last + 1, time.time_ns() // 1000)
        seconds, rest = divmod(self.last, _MICROSECONDS)
        return f"{seconds}.{rest:06d}"

    def login(self, user: str) -> str:
        """The short name that a person, or the bot, goes by."""
        return self.everybody[user].partition(" ")[0].lower()

    def is_member(self, user: str, channel: str) -> bool:
        """Whether a person sees what is in a channel."""
        if channel in self.channels:
            return user in self.members.get(channel, self.users)
        return user in self.users and channel == _direct(user)

    @property
    def commands(self) -> Sequence[str]:
        """What can be typed after a `/`: what the app brings, once it was granted the scope."""
        return self.slash if any("commands" in had for had in self.tokens.values()) else ()

    @property
    def everybody(self) -> Mapping[str, str]:
        """The people and the bot's own user: names by id."""
        return {**self.users, self.bot["user_id"]: self.bot["user"]}

    def channel(self, name: str) -> str | None:
        """The id of a channel given by its id or its #name; a person's id means a direct one."""
        if name in self.users:
            return _direct(name)
        if name in self.channels or name in map(_direct, self.users):
            return name
        plain = name.removeprefix("#")
        return next((known for known, title in self.channels.items() if title == plain), None)

    def conversations(self) -> Mapping[str, list[Any]]:
        """All messages by channel, replies among them, oldest first."""
        everywhere = [*self.channels, *map(_direct, self.users)]
        found = {channel: list(self.store.messages(channel)) for channel in everywhere}
        return {
            channel: some for channel, some in found.items() if some or channel in self.channels
        }


def _direct(user: str) -> str:
    """The channel between the bot and one person."""
    return f"D{user[1:]}"


def known_channels() -> Mapping[str, str]:
    """The names of the bundled workspace's channels by their ids."""
    channels: Mapping[str, str] = own_yaml(__package__, "workspace.yaml")["channels"]
    return channels


def workspace_on(store: Store, url: str, timing: Timing) -> Workspace:
    """The bundled workspace, going on after the messages that the store has.

    `url`: the sandbox's base URL.
    """
    content = own_yaml(__package__, "workspace.yaml")
    workspace = Workspace(
        store=store,
        team=content["team"],
        bot=content["bot"],
        tokens=content["tokens"],
        channels=content["channels"],
        users={user: about["name"] for user, about in content["users"].items()},
        private=frozenset(content["private"]),
        members=content["private"],
        titles={user: about["title"] for user, about in content["users"].items()},
        app=content["app"],
        app_tokens=content["app_tokens"],
        slash=content["commands"],
        live=live(url, content["bot"]["app_id"], timing),
    )
    posted = (m["ts"] for messages in workspace.conversations().values() for m in messages)
    workspace.last = max((int(ts.replace(".", "")) for ts in posted), default=0)
    return workspace
