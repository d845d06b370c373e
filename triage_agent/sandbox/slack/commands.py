"""What a person types in Slack: a command of an app's, since the sandbox's people say nothing else.

Slack tells an app of its command as of a click, and shows what it is acknowledged with to that
person alone.
"""

from dataclasses import dataclass

from triage_agent.sandbox.slack import messages, payloads
from triage_agent.sandbox.slack.call import Json, SlackCall
from triage_agent.sandbox.slack.deliveries import Deliveries, Undelivered
from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.slack.workspace import Workspace

ONLY_COMMANDS = "Only commands can be typed here: write one that begins with /, like /triage."
_UNKNOWN = (
    '{name} is not a valid command. In Slack, all messages that start with the "/" character are '
    "interpreted as commands. If you are trying to send a message and not run a command, try "
    'preceding the "/" with an empty space.'
)
_FAILED = '{name} failed with the error "{code}"'
_LONGEST_NAME = 32


@dataclass(frozen=True)
class Commands:
    workspace: Workspace
    deliveries: Deliveries

    async def type(self, user: str, channel: str, text: str) -> str | None:
        """What the person sees beside what they typed; None: it was acknowledged."""
        if not self.may_type(user, channel):
            return "Nothing can be typed here."
        name, _, rest = text.strip().partition(" ")
        if not name.startswith("/"):
            return ONLY_COMMANDS
        if name not in self.workspace.commands:
            return _UNKNOWN.format(name=name[:_LONGEST_NAME])
        payload = payloads.command(self.workspace, user, channel, name, rest.strip())
        try:
            answer = await self.deliveries.deliver_command(payload)
            self._show(user, channel, answer)
        except Undelivered as trouble:
            return _FAILED.format(name=name, code=trouble.code)
        except SlackError:
            return _FAILED.format(name=name, code="invalid_command_response")
        return None

    def may_type(self, user: str, channel: str) -> bool:
        """In a channel that they are in; the app's own messages tab is for reading alone."""
        known = self.workspace.channels.keys() - self.workspace.archived
        return channel in known and self.workspace.is_member(user, channel)

    def _show(self, user: str, channel: str, answer: Json) -> None:
        """To that person alone, unless the app wants everybody to see it."""
        if not answer.get("text") and not answer.get("blocks"):
            return
        with self.workspace.store.changing():
            said = messages.said(SlackCall(self.workspace, answer))
            message = messages.made(self.workspace, said)
            if answer.get("response_type") == "in_channel":
                self.workspace.store.put_message(channel, message)
            else:
                note = {**message, "is_ephemeral": True}
                self.workspace.live.notes.put(user, channel, note)
