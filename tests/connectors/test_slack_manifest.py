"""The Slack manifest: it has the documented shape, and asks for no more than the agent uses."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.connectors.conftest import ROOT
from triage_agent.connectors.slack_manifest import NOTICE, files
from triage_agent.operating_model.loading import FILE, load
from triage_agent.operating_model.schema import Page

SCHEMA = Path(__file__).parent / "slack_manifest.schema.json"
FORK = ROOT / "tests" / "forks" / "support_cases"

Manifest = dict[str, Any]


def _page(folder: Path) -> Page:
    return load((folder / FILE).read_text(encoding="utf-8")).page


def _manifest(page: Page) -> Manifest:
    manifest: Manifest = json.loads(files(page)["manifest.json"])
    return manifest


def _faults(manifest: Manifest) -> list[str]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return [
        error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest)
    ]


@pytest.fixture(params=[ROOT, FORK], ids=["shipped", "fork"])
def any_page(request: pytest.FixtureRequest) -> Page:
    """The shipped page, and the fork's."""
    folder: Path = request.param
    return _page(folder)


def test_the_manifest_has_slacks_shape(any_page: Page) -> None:
    """Slack takes it: names within their lengths, no unknown key."""
    assert [] == _faults(_manifest(any_page))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("display_information", "name"), "x" * 36),
        (("display_information", "description"), "x" * 141),
        (("oauth_config", "scopes", "bots"), []),
        (("settings", "interactivity"), True),
        (("settings", "event_subscriptions"), {"bot_events": ["message.channels"]}),
        (("settings", "socket_mode_enabled"), "no"),
        (("features", "slash_commands"), [{"command": "/triage"}]),
        (("features", "slash_commands"), [{"command": "triage", "description": "It."}]),
        (("features", "slash_commands"), [{"command": "/triage now", "description": "It."}]),
    ],
    ids=str,
)
def test_a_wrong_manifest_is_found(page: Page, path: tuple[str, ...], value: object) -> None:
    """The shape that it is held against refuses what Slack would, and what nothing answers."""
    manifest = _manifest(page)
    part = manifest
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value

    assert [] != _faults(manifest)


def test_it_asks_for_four_scopes(any_page: Page) -> None:
    """It posts, hears its command, and reads what it posted where it was invited.

    It asks for nothing of a user.
    """
    scopes = _manifest(any_page)["oauth_config"]["scopes"]

    assert {"bot": ["chat:write", "commands", "channels:history", "groups:history"]} == scopes


def test_it_has_one_command(any_page: Page) -> None:
    """It is heard over the socket, so it needs no address; names in it stay as they were typed."""
    (command,) = _manifest(any_page)["features"]["slash_commands"]

    assert "/triage" == command["command"]
    assert all(name in command["usage_hint"] for name in ("status", "pause", "resume", "find"))
    assert "url" not in command
    assert command["should_escape"] is False


def test_people_can_be_told(page: Page) -> None:
    """Slack refuses a direct message of an app whose messages tab is off."""
    assert _manifest(page)["features"]["app_home"]["messages_tab_enabled"] is True


def test_buttons_are_heard_over_a_socket(page: Page) -> None:
    """What people click is told over a connection that the agent opens, so it needs no address."""
    settings = _manifest(page)["settings"]

    assert {"is_enabled": True} == settings["interactivity"]
    assert settings["socket_mode_enabled"] is True


def test_a_long_workflow_has_a_short_name(page: Page) -> None:
    """A name that Slack would refuse is cut where a word ends."""
    long = page.workflow.model_copy(update={"name": "Requests of everybody everywhere always"})
    manifest = _manifest(page.model_copy(update={"workflow": long}))

    assert "Triage: Requests of everybody…" == manifest["display_information"]["name"]
    assert [] == _faults(manifest)


def test_the_note_names_the_channels_to_join(any_page: Page) -> None:
    """Whoever installs the app learns where to invite it, from the page."""
    note = files(any_page)["README.md"]

    assert NOTICE in note
    assert all(team.channel in note for team in any_page.teams.values())
    assert any_page.owner.slack not in note
