"""What a person does in Slack, and what they see of it; the app learns it as documented."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triage_agent.sandbox.slack import parts, payloads, submitting
from triage_agent.sandbox.slack.commands import Commands
from triage_agent.sandbox.slack.deliveries import Deliveries, Undelivered
from triage_agent.sandbox.slack.parts import Json, Place
from triage_agent.sandbox.slack.workspace import Workspace
from triage_agent.sandbox.store import Message

_TROUBLE = "We had some trouble connecting. Try again?"
_GONE = "This isn't there any more."
_NO_CHOICE = "Nothing like that can be chosen here."


@dataclass
class Interactivity:
    """`user` is a person's Slack id throughout, `ts` a message's, a reply's or a note's."""

    workspace: Workspace
    deliveries: Deliveries
    _chosen: dict[tuple[str, str, str], dict[Place, Json]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    async def click(
        self, user: str, channel: str, ts: str, block_id: str, action_id: str, chosen: parts.Chosen
    ) -> str | None:
        """A button pressed or an option picked in a message.

        `chosen`: an option's value or several, a user's id, a date or text; None for a button. The
        answer is None when it was acknowledged, else a sentence that the person sees beside it.
        """
        message = self._message(user, channel, ts)
        if message is None:
            return _GONE
        blocks, given = message.get("blocks", []), self._chosen[user, channel, ts]
        try:
            done = _done(self.workspace, blocks, (block_id, action_id), chosen)
        except parts.UnknownChoice:
            return _NO_CHOICE
        if done is None:
            return _GONE
        given.update(done.entry)
        values = parts.values(blocks, given)
        payload = payloads.on_message(self.workspace, user, channel, message, values)
        return await self._told(payload, done)

    async def choose(
        self, user: str, view_id: str, block_id: str, action_id: str, chosen: parts.Chosen
    ) -> str | None:
        """The same in an open modal."""
        modal = self.workspace.live.modals.one(view_id)
        if modal is None or modal.user != user:
            return _GONE
        blocks = modal.view["blocks"]
        try:
            done = _done(self.workspace, blocks, (block_id, action_id), chosen)
        except parts.UnknownChoice:
            return _NO_CHOICE
        if done is None:
            return _GONE
        self.workspace.live.modals.choose(view_id, done.entry)
        payload = payloads.in_view(self.workspace, user, self._shown(view_id))
        return await self._told(payload, done)

    async def submit(
        self, user: str, view_id: str, values: Mapping[Place, str | list[str] | None]
    ) -> Mapping[str, str] | str | None:
        """A modal sent off, with what was filled in by block_id and action_id.

        None: it closed, or another took its place. A mapping: what is wrong, by block_id; it stays
        open. A sentence: something went wrong, and it stays open.
        """
        modal = self.workspace.live.modals.top(user)
        if modal is None or modal.view["id"] != view_id:
            return _GONE
        filled, errors = submitting.filled(modal.view["blocks"], values)
        self.workspace.live.modals.choose(view_id, filled)
        if errors := errors or submitting.problems(self._shown(view_id)):
            return errors
        payload = payloads.submission(self.workspace, user, self._shown(view_id))
        try:
            answer = await self.deliveries.deliver(payload)
            return submitting.obey(self.workspace, user, view_id, answer)
        except (Undelivered, submitting.BadAnswer):
            return _TROUBLE

    async def close(self, user: str, view_id: str) -> None:
        """A modal closed by the person; its app learns it if it wanted to."""
        modals = self.workspace.live.modals
        modal = modals.top(user)
        if modal is None or modal.view["id"] != view_id:
            return
        payload = payloads.closed(self.workspace, user, modal.shown())
        if modal.view["clear_on_close"]:
            modals.clear(user)
        else:
            modals.close(view_id)
        if modal.view["notify_on_close"]:
            try:
                await self.deliveries.deliver(payload)
            except Undelivered:
                return  # the person has turned away

    def view_of(self, user: str) -> Mapping[str, Any] | None:
        """The modal that a person has before them."""
        modal = self.workspace.live.modals.top(user)
        return modal.shown() if modal else None

    def notes_for(self, user: str, channel: str) -> Sequence[Message]:
        """What that person alone sees in a channel, oldest first."""
        return self.workspace.live.notes.of(user, channel)

    @property
    def commands(self) -> Commands:
        """What can be typed there."""
        return Commands(self.workspace, self.deliveries)

    def _message(self, user: str, channel: str, ts: str) -> Message | None:
        """The message or note of that time, if that person sees it."""
        if not self.workspace.is_member(user, channel):
            return None
        stored = self.workspace.store.message(channel, ts)
        return stored or self.workspace.live.notes.one(user, channel, ts)

    def _shown(self, view_id: str) -> Json:
        modal = self.workspace.live.modals.one(view_id)
        assert modal, "nothing was awaited since it was there"
        return modal.shown()

    async def _told(self, payload: Json, done: "_Done") -> str | None:
        """Tells the app, unless it only fills in a form."""
        if done.silent:
            return None
        try:
            await self.deliveries.deliver({**payload, "actions": [done.action]})
        except Undelivered as trouble:
            return str(trouble)
        return None


@dataclass(frozen=True)
class _Done:
    """`entry`: what is chosen there now; `silent`: an input that waits for its form."""

    action: Json
    entry: Mapping[Place, Json]
    silent: bool


def _done(
    workspace: Workspace, blocks: Sequence[Json], place: Place, chosen: parts.Chosen
) -> _Done | None:
    """None if there is nothing at that place."""
    found = parts.found(blocks, place)
    if found is None:
        return None
    block, part = found
    entry = {place: parts.entry(part, chosen)} if parts.keeps_its_choice(part) else {}
    silent = block["type"] == "input" and not block.get("dispatch_action", False)
    return _Done(parts.action(block, part, chosen, workspace.next_ts()), entry, silent)
