"""Trigger ids: what lets an app open a modal for whoever just did something, once and soon."""

import secrets
import time
from dataclasses import dataclass
from itertools import count

from triage_agent.sandbox.slack.refusal import SlackError


@dataclass(frozen=True)
class Trigger:
    """Who did something, and in which open modal, if in any."""

    user: str
    view: str | None
    at: float


class Triggers:
    """`life`: how long one is good, in seconds."""

    def __init__(self, life: float) -> None:
        self._life = life
        self._numbers = count(1_000_000_000)
        self._open: dict[str, Trigger] = {}
        self._used: set[str] = set()

    def new(self, user: str, view: str | None = None) -> str:
        number = next(self._numbers)
        name = f"{number}.{number + 1}.{secrets.token_hex(16)}"
        self._open[name] = Trigger(user, view, time.monotonic())
        return name

    def redeem(self, name: str) -> Trigger:
        if name in self._used:
            raise SlackError("exchanged_trigger_id")
        if name not in self._open:
            raise SlackError("invalid_trigger_id")
        trigger = self._open[name]
        if time.monotonic() - trigger.at > self._life:
            raise SlackError("expired_trigger_id")
        del self._open[name]
        self._used.add(name)
        return trigger
