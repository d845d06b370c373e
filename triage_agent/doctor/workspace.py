"""The page against a Slack workspace as the bot's token sees it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from triage_agent.connectors.slack_manifest import SCOPES
from triage_agent.doctor.finding import Finding, Kind, some
from triage_agent.operating_model.grants import channels
from triage_agent.operating_model.schema import Page

MANIFEST = "make the app from deploy/slack/manifest.json, and install it again"


@dataclass(frozen=True)
class WorkspaceSeen:
    """`refusals`: Slack's own code, by the channels that the bot can't read."""

    id: str
    scopes: frozenset[str]
    refusals: Mapping[str, str]


def _row(kind: Kind, check: str, what: str, cure: str) -> Finding:
    return Finding(kind=kind, check=check, system="slack", what=what, cure=cure)


too_much, too_little, _, _, held = (partial(_row, kind) for kind in Kind)


def read_channels(page: Page) -> dict[str, str]:
    """The channels in which the agent looks for its own messages, by the name of their team."""
    return {name: channel for name, channel in channels(page).items() if channel[0] in "CG"}


def findings(page: Page, seen: WorkspaceSeen) -> Iterator[Finding]:
    """All that is to be said of the workspace."""
    if excess := sorted(seen.scopes - set(SCOPES)):
        yield too_much("scope", f"the token has {some(excess)} beyond what is needed", MANIFEST)
    # Which of the two histories a channel needs shows when it is read.
    needed = [scope for scope in SCOPES if not scope.endswith(":history")]
    if missing := [scope for scope in needed if scope not in seen.scopes]:
        yield too_little("scope", f"the token lacks {some(missing)}", MANIFEST)
    for name, channel in read_channels(page).items():
        if code := seen.refusals.get(channel):
            yield too_little("channel", *_channel(name, channel, code))
    what = "a bot may write to everybody in the workspace and to each channel that it is in"
    yield held("posting", what, "held by the wire guard")


def _channel(name: str, channel: str, code: str) -> tuple[str, str]:
    known = {
        "not_in_channel": ("the bot isn't in it", "invite it there, with /invite and its name"),
        "channel_not_found": (
            "there is no such channel, or it is private and the bot isn't in it",
            "correct the id on the page, or invite the bot there",
        ),
        "missing_scope": ("the token may not read it", MANIFEST),
    }
    why, cure = known.get(code, (f"Slack says {code}", "see Slack's list of errors"))
    return f"{channel}, where {name} is: {why}", cure
