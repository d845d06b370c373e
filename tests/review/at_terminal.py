"""Typing the `review` commands at a desk, and looking at what came of it."""

import unicodedata
from collections.abc import Callable
from contextlib import closing
from typing import Any

import requests

from tests.conftest import Ran, TypeIn
from tests.review.conftest import Desk, HandedOver
from triage_agent import wiring
from triage_agent.decision.review_events import Decided

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


def decided(desk: Desk, item: str) -> list[object]:
    """What people have decided about an item."""
    with closing(wiring.open_ledger(desk.target)) as ledger:
        events = [one.event for one in ledger.events(item)]
    return [e for e in events if isinstance(e, Decided)]
