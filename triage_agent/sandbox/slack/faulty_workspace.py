"""In what a workspace, or what the bot may do in it, may be other than is due."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from triage_agent.sandbox.slack.workspace import Workspace, known_channels
from triage_agent.sandbox.strict import Strict


def _channel(name: str) -> str:
    if name not in known_channels():
        known = ", ".join(known_channels())
        raise ValueError(f"the workspace has no channel {name!r}; write one of {known}")
    return name


Scope = Annotated[str, Field(pattern=r"^[a-z][a-z._:-]*$")]


class SlackFault(Strict):
    @abstractmethod
    def on(self, workspace: Workspace) -> Workspace:
        """The workspace with this fault."""


class OtherWorkspace(SlackFault):
    """The token is one of another workspace than the one whose state is kept."""

    fault: Literal["other_workspace"]

    def on(self, workspace: Workspace) -> Workspace:
        other = {"id": "T0OTHER0001", "name": "Elsewhere", "domain": "elsewhere"}
        url = "https://elsewhere.slack.example/"
        return replace(workspace, team={**workspace.team, **other, "url": url})


class Scopes(SlackFault):
    """Every token was granted more or less than is due."""

    fault: Literal["scopes"]
    extra: list[Scope] = Field(default_factory=list)
    missing: list[Scope] = Field(default_factory=list)

    def on(self, workspace: Workspace) -> Workspace:
        tokens = {token: self._granted(had) for token, had in workspace.tokens.items()}
        return replace(workspace, tokens=tokens)

    def _granted(self, had: Sequence[str]) -> Sequence[str]:
        wanted = dict.fromkeys([*had, *self.extra])
        return [scope for scope in wanted if scope not in self.missing]


class ChannelFault(SlackFault):
    """The bot isn't in a channel, or the channel is archived or none at all."""

    fault: Literal["not_in_channel", "archived", "unknown_channel"]
    channel: Annotated[str, AfterValidator(_channel)]

    def on(self, workspace: Workspace) -> Workspace:
        match self.fault:
            case "not_in_channel":
                return replace(workspace, not_joined=workspace.not_joined | {self.channel})
            case "archived":
                return replace(workspace, archived=workspace.archived | {self.channel})
            case "unknown_channel":
                rest = {i: name for i, name in workspace.channels.items() if i != self.channel}
                return replace(workspace, channels=rest)
