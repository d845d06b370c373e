"""Typing the `review` commands at a desk, and looking at what came of it."""

import io
import json
import sys
import unicodedata
from collections.abc import Callable
from contextlib import ExitStack, closing, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import Ran, TypeIn, copied
from tests.jobs.conftest import written
from tests.review.conftest import Desk, HandedOver
from tests.sandbox.slack_people import MAYA
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.decision.review_events import Decided
from triage_agent.operating_model.loading import FILE
from triage_agent.targets import Target

WHO = {
    "by": "Maya Lindqvist",
    "login": "maya",
    "slack": MAYA,
    "salesforce": "005000000000002AAA",
}
SLACK_IS_DOWN = "faults: [{fault: server_error, system: slack, status: 503}]"
FRESH, WORKED, CLOSED = "Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"
Review = Callable[..., Ran]
AS_MAYA = ("--as", "maya")
MAY = "Maya Lindqvist (maya), Jonas Weber (jonas), Priya Nair (priya)"
"""Who may decide, as people are told."""
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def typing_at(desk: Desk, type_in: TypeIn) -> Review:
    where = ("--project", desk.target.project, "--sandbox-url", desk.url)
    return lambda *words: type_in("review", *words, *where)


def switch(desk: Desk, faults: str) -> None:
    requests.post(f"{desk.url}/faults", data={"text": faults}, timeout=10).raise_for_status()


def item_of(one: HandedOver) -> str:
    message = one.desk.messages()[one.number]
    return str(message["metadata"]["event_payload"]["key"]).partition(".")[0]


def record_of(desk: Desk, one: HandedOver) -> str:
    (record,) = [lead["Id"] for lead in records(desk, "Lead") if lead["Id"] in one.text]
    return str(record)


def records(desk: Desk, name: str) -> list[dict[str, Any]]:
    state = requests.get(f"{desk.url}/sandbox/state", timeout=10).json()
    found: list[dict[str, Any]] = state["salesforce"].get(name, [])
    return found


def flat(text: str) -> str:
    """Without the line breaks that a narrow screen needs."""
    return " ".join(text.split())


def unsafe(text: str) -> set[str]:
    return {c for c in text if c != "\n" and unicodedata.category(c) in _UNSAFE}


def waiting_at(desk: Desk) -> list[str]:
    with closing(wiring.open_ledger(desk.target)) as ledger:
        return [item for item, _ in ledger.waiting("live")]


def decided(desk: Desk, item: str) -> list[Any]:
    """What people have decided about an item."""
    with closing(wiring.open_ledger(desk.target)) as ledger:
        events = [one.event for one in ledger.events(item)]
    return [e for e in events if isinstance(e, Decided)]


def asking_desk(
    stack: ExitStack,
    folder: Path,
    *leads: dict[str, str],
    page: tuple[str, str] = ("", ""),
    clock: wiring.Clock = wiring.now,
) -> Desk:
    """A desk after the agent's first run over records that it settles, by a page that was changed.

    `page`: what stands there, and what instead.
    """
    project = copied(folder / "project")
    rewrite(project, *page)
    path = written(folder / "leads.jsonl", list(leads))
    url = stack.enter_context(running(state=None, leads=path))
    desk = Desk(Target(project, sandbox_url=url), url, clock)
    with redirect_stdout(io.StringIO()):  # what it logs is no command's answer
        desk.run()
    return desk


def rewrite(project: Path, old: str, new: str) -> None:
    """Has the page say something else."""
    page = project / FILE
    text = page.read_text()
    assert old in text
    page.write_text(text.replace(old, new, 1))


def shown(review: Review, item: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(review("show", item, "--json").out)
    return told


def digest(review: Review, item: str) -> str:
    """Of what is asked last."""
    return str(shown(review, item)["asked"][-1]["digest"])


def status(desk: Desk, review: Review, item: str) -> str:
    """What the item's record holds."""
    record = shown(review, item)["record_id"]
    (found,) = [one["Status"] for one in records(desk, "Lead") if one["Id"] == record]
    return str(found)


def message(desk: Desk, item: str) -> str:
    """All that the newest message says that asks about an item."""
    return [str(one["blocks"]) for one in desk.posted("triage_approval") if item in str(one)][-1]


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    typed = io.StringIO(f"{answer}\n")
    monkeypatch.setattr(typed, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", typed)
