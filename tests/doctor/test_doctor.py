"""doctor as it is typed: it only looks, says all at once, and keeps what is let pass."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.doctor.conftest import checks, found
from triage_agent import wiring
from triage_agent.connectors import patience
from triage_agent.decision.run_events import ExcessAllowed
from triage_agent.errors import Paused, WrongUsage
from triage_agent.ledger.store import AGENT, ORG, WORKSPACE
from triage_agent.settings import Settings
from triage_agent.targets import Target

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import TypeIn
    from tests.doctor.conftest import Practice

EXCESS = "org:\n  - {fault: extra_permission, object: Account, may: [edit]}\n"
WORST = """\
org:
  - {fault: extra_permission, permission: EmailSingle}
  - {fault: extra_permission, object: Account, may: [edit]}
  - {fault: scopes, extra: [channels:join, "users:read"]}
  - {fault: no_permission, permission: EditTask}
  - {fault: missing_field, field: Lead.Triage_Summary__c}
  - {fault: no_history, field: Lead.Status}
  - {fault: not_in_channel, channel: C0SALESDEV1}
  - {fault: picklist_without, field: Account.Type, value: Prospect}
  - {fault: clock, system: slack, minutes: -10}
  - {fault: ignores_schema}
  - {fault: ignores_token_limit}
"""


def state(url: str) -> dict[str, Any]:
    """All that a sandbox shows."""
    shown: dict[str, Any] = requests.get(f"{url}/sandbox/state", timeout=10).json()
    return shown


def events_of(target: Target) -> list[object]:
    """What the ledger holds of the agent as a whole."""
    ledger = wiring.open_ledger(target)
    try:
        return [happened.event for happened in ledger.events(AGENT)]
    finally:
        ledger.close()


def test_it_changes_nothing(practice: Practice) -> None:
    """The org, its records and the workspace are afterwards what they were."""
    with practice.org(WORST) as target:
        url = str(target.sandbox_url)
        before = state(url)
        wiring.doctor(target, allow_excess=True)
        after = state(url)

    assert before["salesforce"] == after["salesforce"]
    assert before["slack"] == after["slack"]
    assert {"GET"} == {r["method"] for r in after["requests"] if r["system"] == "salesforce"}


def test_the_worst_org_is_told_at_once(practice: Practice) -> None:
    """What is wrong with each of the systems stands in one table."""
    report = practice.examine(WORST)

    assert {"user_right", "object_right", "scope"} <= set(checks(report, "too much"))
    assert {"object_right", "field", "history", "channel"} <= set(checks(report, "too little"))
    assert {"picklist", "clock", "schema", "tokens"} <= set(checks(report, "different"))
    assert not report.passes


@pytest.mark.parametrize(
    ("faults", "options", "code"),
    [
        (None, [], 0),
        (EXCESS, [], 1),
        (EXCESS, ["--allow-excess"], 0),
        (WORST, ["--allow-excess"], 1),
    ],
    ids=["good", "too much", "too much, allowed", "worst, allowed"],
)
def test_exit_codes(
    practice: Practice, type_in: TypeIn, faults: str | None, options: list[str], code: int
) -> None:
    """What is too much can be let pass, what is too little can't."""
    with practice.org(faults) as target:
        url = str(target.sandbox_url)
        ran = type_in("doctor", "--project", target.project, "--sandbox-url", url, *options)

    assert code == ran.code
    assert ("nothing stands in the way" in ran.out) is (code == 0)
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_json(practice: Practice, type_in: TypeIn) -> None:
    """Machines read the same rows, each with its cure."""
    with practice.org(EXCESS) as target:
        url = str(target.sandbox_url)
        ran = type_in("doctor", "--project", target.project, "--sandbox-url", url, "--json")
    report = json.loads(ran.out)

    assert (1, False) == (ran.code, report["passes"])
    assert "too much" == report["findings"][0]["kind"]
    assert {"kind", "check", "system", "what", "cure"} == report["findings"][0].keys()


def test_what_is_let_pass_is_on_the_ledger(practice: Practice) -> None:
    """Who let which excess pass stands there; without the option, and without excess, nothing."""
    with practice.org(EXCESS) as target:
        wiring.doctor(target, allow_excess=False)
        before = events_of(target)
        wiring.doctor(target, allow_excess=True)
        (allowed,) = events_of(target)[len(before) :]
    with practice.org() as target:
        wiring.doctor(target, allow_excess=True)
        assert not [e for e in events_of(target) if isinstance(e, ExcessAllowed)]

    assert not before
    assert isinstance(allowed, ExcessAllowed)
    assert allowed.login
    assert ("may edit Account, which the page never does",) == allowed.excess


def test_a_pause_outlives_it(practice: Practice) -> None:
    """What is kept of an excess ends no pause, and a pause keeps nobody from looking."""
    with practice.org(EXCESS) as target:
        ledger = wiring.open_ledger(target)
        brake = wiring.brake_of(target, Settings.of(target.project), ledger)
        brake.pause("Dana Reyes", "odd tags")
        wiring.doctor(target, allow_excess=True)

        with pytest.raises(Paused, match="odd tags"):
            brake.check()
        ledger.close()


@pytest.mark.parametrize(
    ("fault", "system", "bound"),
    [("other_org", ORG, "00D"), ("other_workspace", WORKSPACE, "T0BRIGHT001")],
)
def test_another_org_than_the_ledgers(
    practice: Practice, fault: str, system: str, bound: str
) -> None:
    """A ledger is about one org and one workspace; other credentials are named with both."""
    with practice.org(f"org:\n  - {{fault: {fault}}}\n") as target:
        ledger = wiring.open_ledger(target)
        ledger.claim_for(system, f"{bound}-first")
        ledger.close()
        (row,) = found(wiring.doctor(target, allow_excess=False), "different", "ledger")

    assert f"it is about the {system} {bound}-first, the credentials lead to" in row.what
    assert "TRIAGE_LEDGER_URL" in row.cure


@pytest.fixture
def pinned(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    """The project, its prompts pinned to a model that answers under another name."""
    prompt = practice.project / "prompts" / "assess.md"
    good = prompt.read_text(encoding="utf-8")
    prompt.write_text(good.replace("gpt-4.1-mini-2025-04-14", "baseline"), encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "sandbox")
    yield practice
    prompt.write_text(good, encoding="utf-8")


@pytest.mark.parametrize("answers_as", ["baseline", "baseline-2026-11"])
def test_a_model_under_another_name(
    pinned: Practice, monkeypatch: pytest.MonkeyPatch, answers_as: str
) -> None:
    """A name that stands for another is no pin: the dated one that answers is told."""
    prompt = pinned.project / "prompts" / "assess.md"
    good = prompt.read_text(encoding="utf-8")
    with pinned.org() as target:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{target.sandbox_url}/v1")
        prompt.write_text(good.replace("model: baseline", f"model: {answers_as}"), encoding="utf-8")
        rows = found(wiring.doctor(target, allow_excess=False), "different", "name")

    if answers_as == "baseline":
        assert ["asked for baseline, baseline-2026-11 answers"] == [row.what for row in rows]
    else:
        assert not rows


REAL = {
    "SALESFORCE_ACCESS_TOKEN": "sandbox",
    "SLACK_BOT_TOKEN": "xoxb-sandbox",
    "OPENAI_API_KEY": "sandbox",
}


@pytest.mark.parametrize(
    ("name", "value", "system", "says"),
    [
        ("SALESFORCE_ACCESS_TOKEN", "wrong", "salesforce", "refuses the login"),
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "slack", "refuses SLACK_BOT_TOKEN"),
        ("OPENAI_API_KEY", "wrong", "model", "refuses OPENAI_API_KEY"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1", "model", "can't be reached"),
    ],
)
def test_a_system_that_lets_nobody_in(
    pinned: Practice,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    system: str,
    says: str,
) -> None:
    """It is one row; the other systems are looked at all the same, and no secret is told."""
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0)
    with pinned.org() as target:
        url = str(target.sandbox_url)
        addresses = {
            "SALESFORCE_INSTANCE_URL": url,
            "SLACK_API_URL": f"{url}/api/",
            "OPENAI_BASE_URL": f"{url}/v1",
        }
        for setting, given in {**REAL, **addresses, name: value}.items():
            monkeypatch.setenv(setting, given)
        report = wiring.doctor(Target(pinned.project), allow_excess=False)
    (row,) = [one for one in report.findings if one.kind == "too little"]

    assert system == row.system
    assert says in row.what
    assert value not in row.what
    others = {"salesforce", "slack"} - {system}
    assert others <= {one.system for one in report.findings if one.kind in ("held", "question")}


def test_no_credentials(practice: Practice, type_in: TypeIn) -> None:
    """Without any, and without a sandbox, it is the usual word about both, and exit code 2."""
    ran = type_in("doctor", "--project", practice.project)

    assert 2 == ran.code
    assert "--sandbox" in ran.err
    with pytest.raises(WrongUsage):
        wiring.doctor(Target(practice.project), allow_excess=False)
