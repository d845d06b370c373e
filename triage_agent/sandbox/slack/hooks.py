"""Response URLs: where an app may answer an act for half an hour, without a token."""

import secrets
import time
from dataclasses import dataclass
from itertools import count

from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.store import Message

_MOST_USES = 5


@dataclass
class Hook:
    """`ts`: of what was clicked in, "" for a command; `note`: whether only that person sees it."""

    user: str
    channel: str
    ts: str
    note: bool
    issued: float
    uses: int = 0


class Hooks:
    """`url`: the sandbox's base URL; `life`: how long one is good, in seconds."""

    def __init__(self, url: str, life: float) -> None:
        self._url = url
        self._life = life
        self._numbers = count(1_000_000_000_001)
        self._hooks: dict[str, Hook] = {}

    def new(self, team: str, user: str, channel: str, message: Message) -> str:
        note = message.get("is_ephemeral", False)
        return self._new(
            "actions", team, Hook(user, channel, message["ts"], note, time.monotonic())
        )

    def of_command(self, team: str, user: str, channel: str) -> str:
        return self._new(
            "commands", team, Hook(user, channel, "", note=False, issued=time.monotonic())
        )

    def _new(self, kind: str, team: str, hook: Hook) -> str:
        path = f"/hooks/{kind}/{team}/{next(self._numbers)}/{secrets.token_hex(12)}"
        self._hooks[path] = hook
        return self._url + path

    def use(self, path: str) -> Hook:
        hook = self._hooks.get(path)
        if hook is None:
            raise SlackError("invalid_url")
        if time.monotonic() - hook.issued > self._life:
            raise SlackError("expired_url")
        if hook.uses >= _MOST_USES:
            raise SlackError("used_url")
        hook.uses += 1
        return hook
