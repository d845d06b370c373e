"""What became of each case is told of that case, and of no other one."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.events import Event, Read, Received
from triage_agent.decision.item import Record
from triage_agent.evaluation.ending import Ending, endings
from triage_agent.jobs.parts import Rules
from triage_agent.ledger.store import Ledger

ONE, TWO, ACME = "00Q000000000001AAA", "00Q000000000002AAA", "001000000000001AAA"
BEFORE: dict[str, Any] = {
    "Lead": {ONE: {"Id": ONE, "Status": "Open"}, TWO: {"Id": TWO, "Status": "Open"}},
    "Account": {ACME: {"Id": ACME, "Name": "Acme"}},
    "Task": {},
}


class Channel:
    """Slack, as far as it is looked at."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self._messages = messages

    def said(self, *_where: object) -> Iterator[dict[str, Any]]:
        yield from self._messages


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """One on which an item of the second record has read an account."""
    with closing(Ledger.open(f"sqlite:///{tmp_path}/ledger.db", None)) as ledger:
        account = Record(object="Account", id=ACME, fields={"Name": "Acme"})
        lead = Record(object="Lead", id=TWO, fields={"Status": "Open"})
        received = Received(mode="live", object="Lead", record_id=TWO, record=lead)
        read = Read(looked_at=("Account by Website",), record_ids=(ACME,), related=(account,))
        told: list[tuple[str, Event]] = [("item-2", received), ("item-2", read)]
        ledger.append("run-1", datetime(2026, 11, 20, tzinfo=UTC), told)
        yield ledger


def after(ledger: Ledger, rules: Rules, *said: dict[str, Any], **changes: Any) -> list[Ending]:  # noqa: ANN401 - records
    slack = cast("SlackConnector", Channel(*said))
    return endings([ONE, TWO], BEFORE, BEFORE | changes, ledger, slack, rules.page)


def strange(found: list[Ending]) -> list[list[str]]:
    return [one.strange for one in found]


def test_nothing_became_of_them(ledger: Ledger, rules: Rules) -> None:
    """Each stands in its place, taken up or not."""
    found = after(ledger, rules)

    assert [(ONE, ""), (TWO, "item-2")] == [(one.record_id, one.item) for one in found]
    assert not any((one.made, one.said, one.strange) != ([], [], []) for one in found)


def test_its_own_record(ledger: Ledger, rules: Rules) -> None:
    """A change of its record is seen before and after, and is nothing strange as such."""
    found = after(ledger, rules, Lead={**BEFORE["Lead"], TWO: {"Id": TWO, "Status": "Closed"}})

    assert ("Open", "Closed") == (found[1].before["Status"], found[1].after["Status"])
    assert [[], []] == strange(found)


def test_its_own_record_is_gone(ledger: Ledger, rules: Rules) -> None:
    """That is told of the very case whose record it is."""
    found = after(ledger, rules, Lead={ONE: BEFORE["Lead"][ONE]})

    assert [[], [f"Lead {TWO} is gone"]] == strange(found)


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        ({ACME: {"Id": ACME, "Name": "Other"}}, f"changed Account {ACME}"),
        ({}, f"Account {ACME} is gone"),
    ],
)
def test_what_became_of_a_record_around_it(
    ledger: Ledger, rules: Rules, accounts: dict[str, Any], told: str
) -> None:
    """It is told of the case for which it was read."""
    assert [[], [told]] == strange(after(ledger, rules, Account=accounts))


def test_what_is_new(ledger: Ledger, rules: Rules) -> None:
    """A record belongs to the case that it names; one that names none is told all the same."""
    task, nobodys = {"Id": "t1", "WhoId": TWO}, {"Id": "t2", "WhoId": None}
    found = after(ledger, rules, Task={"t1": task, "t2": nobodys})

    assert [[], [("Task", task)]] == [one.made for one in found]
    assert [["made a Task that is about nobody"], []] == strange(found)


def test_what_was_said(ledger: Ledger, rules: Rules) -> None:
    """A message belongs to its item, with every text that a person sees, and its metadata not."""
    link = {"type": "link", "url": f"https://crm/{TWO}"}
    message = {
        "text": "short", "blocks": [{"text": {"text": "Acme asks"}}, {"elements": [link]}],
        "metadata": {
            "event_type": "triage_hand_over", "event_payload": {"key": "item-2.escalate"}
        },
    }  # fmt: skip
    found = after(ledger, rules, message, {"text": "by a person"})

    assert [] == found[0].said
    assert {"short", "Acme", "asks", link["url"]} == {*found[1].said[0].text.split()}
    assert (rules.page.teams["sales_development"].channel, "escalate") == (
        found[1].said[0].channel,
        found[1].said[0].action,
    )
