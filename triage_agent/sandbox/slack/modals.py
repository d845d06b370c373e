"""The modals that people have open, each person's in a stack; they last as long as the sandbox."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from triage_agent.sandbox.slack import parts
from triage_agent.sandbox.slack.parts import Json, Place

MOST_IN_A_STACK = 3


@dataclass(frozen=True)
class Modal:
    """`view`: as its app gave it, with what Slack adds; `given`: what was chosen in it so far."""

    user: str
    view: Json
    given: Mapping[Place, Json] = field(default_factory=dict)

    def shown(self) -> Json:
        """The view with its state."""
        return {**self.view, "state": {"values": parts.values(self.view["blocks"], self.given)}}


class Modals:
    def __init__(self) -> None:
        self._stacks: dict[str, list[str]] = defaultdict(list)
        self._modals: dict[str, Modal] = {}

    def one(self, view_id: str) -> Modal | None:
        return self._modals.get(view_id)

    def called(self, external_id: str) -> Modal | None:
        """The open one that its app calls so."""
        return next(
            (m for m in self._modals.values() if m.view["external_id"] == external_id), None
        )

    def stack(self, user: str) -> list[Modal]:
        """All of a person's, the one that is seen last."""
        return [self._modals[view_id] for view_id in self._stacks[user]]

    def top(self, user: str) -> Modal | None:
        stack = self.stack(user)
        return stack[-1] if stack else None

    def push(self, user: str, view: Json) -> None:
        self._modals[view["id"]] = Modal(user, view)
        self._stacks[user].append(view["id"])

    def change(self, view: Json) -> None:
        """Another content for an open one; what was chosen stays where the place is still there."""
        self._modals[view["id"]] = replace(self._modals[view["id"]], view=view)

    def choose(self, view_id: str, chosen: Mapping[Place, Json]) -> None:
        modal = self._modals[view_id]
        self._modals[view_id] = replace(modal, given={**modal.given, **chosen})

    def close(self, view_id: str) -> None:
        """Takes it off its stack, if it is still there."""
        modal = self._modals.pop(view_id, None)
        if modal:
            self._stacks[modal.user].remove(view_id)

    def clear(self, user: str) -> None:
        for modal in self.stack(user):
            self.close(modal.view["id"])
