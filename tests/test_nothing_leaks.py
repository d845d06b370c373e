"""What must never be kept: secrets and masked fields are planted, and looked for everywhere."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sandboxes import running
from triage_agent.connectors import patience
from triage_agent.ledger.packing import unpacked
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.tables import payloads

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Ran, TypeIn

PHONE = "+1 614 555 7788"
BUY = "We have 40 technicians and would like to buy your scheduling software. Please call us."
LEADS = (
    {"LastName": "Lind", "Company": "Buyer", "Email": "lind@heating.example", "Phone": PHONE},
    {"LastName": "Lund", "Company": "Caller", "Phone": PHONE},
    {"LastName": "Land", "Company": "Court", "Email": "land@court.example", "Phone": PHONE},
)
SECRETS = {
    "SALESFORCE_PASSWORD": "planted-password",
    "SALESFORCE_SECURITY_TOKEN": "planted-security-token",
    "SALESFORCE_CLIENT_SECRET": "planted-client-secret",
    "SALESFORCE_ACCESS_TOKEN": "planted-access-token",
    "SLACK_BOT_TOKEN": "xoxb-planted-bot-token",
    "OPENAI_API_KEY": "sk-planted-model-key",
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a sandbox whose leads have telephone numbers."""
    texts = (BUY, BUY, "I dispute the invoice and will sue you.")
    lines = [
        json.dumps({"lead": {**lead, "Description": text}})
        for lead, text in zip(LEADS, texts, strict=True)
    ]
    path = tmp_path / "leads.jsonl"
    path.write_text("\n".join(lines))
    with running(state=None, leads=path) as url:
        yield url


def kept(folder: Path) -> str:
    """All that lies in a project's state, its texts unpacked."""
    found = [
        path.read_bytes().decode("latin-1")
        for path in folder.rglob("*")
        if path.is_file() and "org" not in path.parts
    ]
    for path in folder.rglob("ledger.db"):
        with closing(Ledger.open(f"sqlite:///{path}")) as ledger, ledger.database.reading() as rows:
            found += [unpacked(row.body) for row in rows.execute(payloads.select())]
    return "\n".join(found)


def printed(*ran: Ran) -> str:
    return "\n".join(f"{one.out}\n{one.err}" for one in ran)


def test_masked_fields_never_enter(type_in: TypeIn, project: Path, served: str) -> None:
    """A masked field's value is in no table, text, log, export or timeline."""
    target = ("--project", project, "--sandbox-url", served)
    run = type_in("run", "-v", "--json", *target)
    items = json.loads(run.out)["items"]
    told = [
        type_in("timeline", items[0]["record_id"], "--format", style, *target)
        for style in ("text", "json", "html")
    ]
    told += [type_in("timeline", one["record_id"], *target) for one in items[1:]]
    export = type_in("ledger", "export", "--with-texts", *target)
    everything = kept(project / ".triage") + printed(run, *told, export)

    assert {"settled", "escalated"} == {item["status"] for item in items}
    assert "lind@heating.example" in everything  # so that the search would find it
    assert [] == [form for form in (PHONE, "555 7788", "5557788") if form in everything]


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_never_enter(
    type_in: TypeIn, project: Path, served: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Credentials, taken or refused, are in no table, log, export or error."""
    ways: dict[str, dict[str, str]] = {
        "SALESFORCE_PASSWORD": {
            "SALESFORCE_USERNAME": "triage@brightfield.example",
            "SALESFORCE_SECURITY_TOKEN": "sandbox",
        },
        "SALESFORCE_SECURITY_TOKEN": {
            "SALESFORCE_USERNAME": "triage@brightfield.example",
            "SALESFORCE_PASSWORD": "sandbox",
        },
        "SALESFORCE_CLIENT_SECRET": {"SALESFORCE_CLIENT_ID": "sandbox"},
        "SALESFORCE_ACCESS_TOKEN": {},
    }
    way = ways.get(name, {"SALESFORCE_ACCESS_TOKEN": "sandbox"})
    others = {
        "SALESFORCE_INSTANCE_URL": served,
        "SLACK_API_URL": f"{served}/api/",
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "OPENAI_BASE_URL": f"{served}/v1",
        "OPENAI_API_KEY": "sandbox",
    }
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0)
    for setting, value in {**others, **way, name: SECRETS[name]}.items():
        monkeypatch.setenv(setting, value)
    ran = [
        type_in(*words, "--project", project)
        for words in (
            ("run", "-v"),
            ("status",),
            ("ledger", "export", "--with-texts"),
            ("timeline", "agent", "--format", "html"),
        )
    ]
    everything = kept(project / ".triage") + printed(*ran)

    assert {0, 1, 2} >= {one.code for one in ran}
    assert "Started" in everything or "Broke" in everything  # so that something was kept
    assert "planted" not in everything
