"""`status --json` is as its published schema says, whatever has happened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.conftest import HOME, copied
from triage_agent.watch.status import schema_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import TypeIn
    from tests.jobs.conftest import Site

PUBLISHED = HOME / "deploy" / "status.schema.json"


def test_the_schema_is_as_published() -> None:
    """The file in deploy/ is what the code says; `make generated` writes it."""
    assert schema_text() == PUBLISHED.read_text(encoding="utf-8")


@pytest.fixture
def shown(type_in: TypeIn, open_site: Callable[..., Site]) -> Callable[..., dict[str, Any]]:
    """What `status --json` prints after some commands, checked against what is published."""
    site = open_site([{}, {"Description": "We will sue you."}])
    at = ("--sandbox-url", site.url, "--project", copied(site.project))

    def after(*commands: tuple[str, ...]) -> dict[str, Any]:
        for command in commands:
            type_in(*command, *at)
        told: dict[str, Any] = json.loads(type_in("status", "--json", *at).out)
        schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator
        jsonschema.validate(told, schema, validator, format_checker=validator.FORMAT_CHECKER)
        return told

    return after


def test_before_anything(shown: Callable[..., dict[str, Any]]) -> None:
    """Nothing is known of a run, and that is said."""
    told = shown()

    assert (None, {}, None) == (told["last_run_id"], told["items"], told["paused"])


def test_after_a_run_and_a_pause(shown: Callable[..., dict[str, Any]]) -> None:
    """Numbers are numbers, and who paused the agent is named with reason and moment."""
    told = shown(("run",), ("pause", "--reason", "odd tags", "--as", "dana"))
    hold = told["paused"]

    assert ("finished", 1, 1) == (
        told["last_run_how"],
        told["last_run_settled_items"],
        told["last_run_escalated_items"],
    )
    assert {"settled": 1, "escalated": 1} == told["items"] == told["recent_items"]
    assert ("person", "Dana Reyes", "odd tags") == (hold["by"], hold["name"], hold["reason"])
    assert told["last_run_began_at"] < told["last_run_ended_at"] < hold["since"] < told["read_at"]
    assert told["paused_by"] == hold["by"]
