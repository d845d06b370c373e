"""Workspaces, models and clocks that are not as due, and how a faults file speaks of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from openai import OpenAI
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from triage_agent.errors import WrongUsage
from triage_agent.sandbox.fault_file import read

Faulty = Callable[..., str]

SALES, PRIVATE = "C0SALESDEV1", "C0PRIVATE01"
NAMED = {"name": "form", "strict": True}


@pytest.mark.parametrize("system", ["salesforce", "slack", "model"])
def test_a_clock_may_be_off(faulty: Faulty, system: str) -> None:
    """The Date of one system's answers differs; those of the others are right."""
    url = faulty(f"{{fault: clock, system: {system}, minutes: -10}}")
    off = {}
    for name, path in (("salesforce", "services/data"), ("slack", "api/x"), ("model", "v1/models")):
        date = parsedate_to_datetime(requests.get(f"{url}/{path}", timeout=5).headers["Date"])
        off[name] = round((date - datetime.now(UTC)) / timedelta(minutes=1))

    assert {"salesforce": 0, "slack": 0, "model": 0} | {system: -10} == off


def slack_error(call: Callable[..., object], **arguments: object) -> str:
    """The error that a call of the Web API is refused with."""
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    return str(refused.value.response["error"])


def test_a_token_may_have_other_scopes(faulty: Faulty) -> None:
    """The header names what was granted, and what wasn't is refused."""
    url = faulty("{fault: scopes, extra: [channels:join], missing: [channels:history]}")
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/")

    granted = str(client.auth_test().headers["x-oauth-scopes"]).split(",")
    assert ["chat:write", "commands", "groups:history", "channels:join"] == granted
    assert "missing_scope" == slack_error(client.conversations_history, channel=SALES)
    assert client.conversations_history(channel=PRIVATE)["ok"]


def test_private_channels_take_a_scope_of_their_own(faulty: Faulty) -> None:
    """They are read with groups:history and listed where they are asked for."""
    url = faulty("{fault: scopes, missing: [groups:history]}")
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
    reader = WebClient("xoxb-sandbox-reader", base_url=f"{url}/api/")
    listed = reader.conversations_list(types="private_channel")["channels"]

    assert "missing_scope" == slack_error(client.conversations_history, channel=PRIVATE)
    assert [(PRIVATE, True)] == [(found["id"], found["is_private"]) for found in listed]


def test_the_bot_may_be_in_no_channel(faulty: Faulty) -> None:
    """It can neither read nor write there; a private channel isn't even there."""
    url = faulty(
        f"{{fault: not_in_channel, channel: {SALES}}}",
        f"{{fault: not_in_channel, channel: {PRIVATE}}}",
    )
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
    reader = WebClient("xoxb-sandbox-reader", base_url=f"{url}/api/")

    assert "not_in_channel" == slack_error(client.conversations_history, channel=SALES)
    assert "not_in_channel" == slack_error(client.conversations_replies, channel=SALES, ts="1.1")
    assert "not_in_channel" == slack_error(client.chat_postMessage, channel=SALES, text="x")
    assert "channel_not_found" == slack_error(client.chat_postMessage, channel=PRIVATE, text="x")
    assert reader.conversations_info(channel=SALES)["channel"]["is_member"] is False


def test_a_channel_may_be_archived_or_unknown(faulty: Faulty) -> None:
    """An archived channel can be read; an unknown one is nowhere."""
    url = faulty(
        f"{{fault: archived, channel: {SALES}}}", "{fault: unknown_channel, channel: C0OPSSUMM01}"
    )
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/")

    assert client.conversations_history(channel=SALES)["ok"]
    assert "is_archived" == slack_error(client.chat_postMessage, channel=SALES, text="x")
    assert "channel_not_found" == slack_error(client.conversations_history, channel="C0OPSSUMM01")


def test_the_token_may_be_of_another_workspace(faulty: Faulty) -> None:
    """auth.test names the other team."""
    client = WebClient("xoxb-sandbox", base_url=f"{faulty('{fault: other_workspace}')}/api/")

    assert "T0BRIGHT001" != client.auth_test()["team_id"]


@pytest.mark.parametrize(
    ("fault", "limit", "expected"),
    [
        ("ignores_schema", 500, (False, "stop", True)),
        ("ignores_token_limit", 1, (True, "stop", True)),
        ("other_model", 500, (True, "stop", False)),
    ],
)
def test_a_model_may_not_do_as_asked(
    faulty: Faulty, fault: str, limit: int, expected: tuple[bool, str, bool]
) -> None:
    """It answers prose instead of the form, more than it may, or is another model."""
    url = faulty(f"{{fault: {fault}}}")
    schema = {
        "type": "object",
        "properties": {"category": {"type": "string", "enum": ["a", "b"]}},
        "required": ["category"],
        "additionalProperties": False,
    }
    form: Any = {"type": "json_schema", "json_schema": {**NAMED, "schema": schema}}
    with OpenAI(api_key="sandbox", base_url=f"{url}/v1") as client:
        answer = client.chat.completions.create(
            model="baseline",
            messages=[{"role": "user", "content": "Hello"}],
            response_format=form,
            max_completion_tokens=limit,
        )
    (choice,) = answer.choices

    assert expected == (
        str(choice.message.content).startswith("{"),
        choice.finish_reason,
        answer.model.startswith("baseline"),
    )


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("{fault: hidden_field, field: Lead.Sector}", "org[0].field: the org has no field"),
        ("{fault: hidden_field, field: Lead.Status}", "the security of Lead.Status can't be set"),
        ("{fault: missing_field, field: Lead.Id}", "no org can be without Lead.Id"),
        ("{fault: sharing, object: Leed, model: Read}", "org[0].object: the org has no object"),
        ("{fault: no_permission}", "org[0]: write permission: NAME, or object: NAME"),
        ("{fault: no_permission, object: Lead}", "org[0]: write permission: NAME, or object"),
        ("{fault: no_permission, permission: Edit}", "there is no user permission 'Edit'"),
        ("{fault: extra_permission, field: Lead.Email}", "org[0]: write permission: NAME, or may"),
        ("{fault: extra_permission, field: Lead.Email, may: delete}", "a field can be read or"),
        ("{fault: extra_permission, object: Task, may: read}", "Task has no object permissions"),
        ("{fault: picklist_without, field: Task.Status, value: Odd}", "has no value 'Odd'"),
        ("{fault: record_type, object: Task, name: A, without: {Status: [Odd]}}", "no value"),
        ("{fault: archived, channel: general}", "the workspace has no channel 'general'"),
        ("{fault: cut}", "org[0]: there is no fault 'cut'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, fault: str, complaint: str) -> None:
    """The message names line and place, and says what to write."""
    path = tmp_path / "faults.yaml"
    path.write_text(f"seed: 1\norg:\n  - {fault}\n")
    with pytest.raises(WrongUsage) as refused:
        read(path)

    assert f"{path}:3: " in str(refused.value)
    assert complaint in str(refused.value)
