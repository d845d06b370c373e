"""A ledger that fails in the middle of a run: nothing leaves unrecorded, nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import event, text
from structlog.testing import capture_logs

from tests.conftest import HOME, copied, passes
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import Credentials, SalesforceClient
from triage_agent.errors import LedgerFailed, Unavailable
from triage_agent.jobs.sweep import sweep
from triage_agent.ledger import sqlite
from triage_agent.ledger.store import is_item
from triage_agent.settings import Settings, secret
from triage_agent.targets import LEDGER

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tests.conftest import Kind
    from tests.jobs.conftest import Site
    from triage_agent.decision.events import Event
    from triage_agent.ledger.store import Ledger

LONG = " ".join(f"{n * 2654435761 % 2**32:08x}" for n in range(2000))
"""What finds no room in a ledger that can't grow, however it is packed."""
LEADS = [
    *({"Company": f"Buyer {n}"} for n in range(3)),
    *({"Company": f"Nobody {n}", "Email": None} for n in range(3)),
    {"Company": "Writer", "Email": None, "Description": LONG},
]
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from triage_agent.cli import main
main()
"""
"""The program, as on a disk with so little room that no file grows beyond so many bytes."""


class Fault:
    """Something that happens to a ledger in a run, and its cure. `says`: what the run ends with."""

    says = ""

    def __init__(self, site: Site, ledger: Ledger) -> None:
        self.site, self.ledger = site, ledger
        self.file = site.target.folder / LEDGER

    def strike(self) -> None:
        """Makes the ledger fail."""

    def cure(self) -> None:
        """What the person does whom the message told."""


class Full(Fault):
    says = r"its disk is full \(SQLITE_FULL\)"

    def strike(self) -> None:
        event.listen(self.ledger.database.engine, "checkout", self._fill)

    def _fill(self, connection: sqlite3.Connection, *_rest: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # as many as there are


class Locked(Fault):
    says = r"another process keeps it locked \(SQLITE_BUSY\)"

    def strike(self) -> None:
        self.other = sqlite3.connect(self.file)
        self.other.execute("BEGIN IMMEDIATE")

    def cure(self) -> None:
        self.other.close()


class FolderGone(Fault):
    says = "its file was removed or replaced"

    def strike(self) -> None:
        self.file.parent.rename(self.file.parent.with_name("elsewhere"))

    def cure(self) -> None:
        self.file.parent.with_name("elsewhere").rename(self.file.parent)


class FileGone(Fault):
    says = "its file was removed or replaced"

    def strike(self) -> None:
        self.file.rename(self.file.with_name("elsewhere"))

    def cure(self) -> None:
        self.file.with_name("elsewhere").rename(self.file)


class Replaced(FileGone):
    def strike(self) -> None:
        super().strike()
        shutil.copy(self.file.with_name("elsewhere"), self.file)


class ReadOnly(Fault):
    says = r"it is read-only \(SQLITE_READONLY\)"

    def strike(self) -> None:
        with self.ledger.database.engine.connect() as connection:
            connection.execute(text("PRAGMA query_only=ON"))


class Terminated(Fault):
    says = r"server can't be reached or ended the connection"
    statement = (
        b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^run'"
    )

    def strike(self) -> None:
        url = str(secret(Settings.of(self.site.project).triage_ledger_url))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(self.statement)


class ReadOnlyServer(Fault):
    says = r"it is read-only \(25006\)"

    def strike(self) -> None:
        with self.ledger.database.transaction() as connection:
            connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))


FAULTS: dict[type[Fault], Kind] = {
    Full: "sqlite",
    Locked: "sqlite",
    FolderGone: "sqlite",
    FileGone: "sqlite",
    Replaced: "sqlite",
    ReadOnly: "sqlite",
    Terminated: "postgres",
    ReadOnlyServer: "postgres",
}
CASES = [
    (Full, ("Received", 1)),  # what comes later may be little enough for the room that is left
    *((fault, ("Done", 1)) for fault in FAULTS if fault is not Full),
    (FolderGone, ("Intended", 1)),
    (Terminated, ("Intended", 9)),
    (FolderGone, ("Done", 9)),
]
"""What happens, and at the append that holds the how manieth event of a kind."""


@pytest.mark.parametrize(
    ("fault", "at"),
    CASES,
    ids=lambda of: of.__name__ if isinstance(of, type) else "-".join(map(str, of)),
)
def test_a_ledger_that_fails_in_a_run(
    open_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    fault: type[Fault],
    at: tuple[str, int],
) -> None:
    """Whatever left was recorded before; after the cure the next run completes everything."""
    monkeypatch.setattr(sqlite, "PATIENCE", 20)
    site = open_site(LEADS, kind=FAULTS[fault])
    with site.parts() as parts:
        happens = fault(site, parts.ledger)
        monkeypatch.setattr(parts.ledger, "append", _failing(happens, *at))
        with pytest.raises(LedgerFailed, match=fault.says) as failed:
            sweep(parts)
    happens.cure()
    written, intended, faults = _written(site), _intended(site), site.faults()
    site.sweep()

    assert 1 == failed.value.exit_code
    assert written <= intended
    assert (at[0] == "Done") == bool(written) or at == ("Intended", 2)
    assert [] == faults == site.faults()
    _all_is_done_once(site)


def _failing(fault: Fault, kind: str, at: int) -> Callable[..., None]:
    """Appends to a ledger that fails from the one on which holds the `at`-th event of a kind."""
    append, seen = fault.ledger.append, 0

    def counted(run: str, moment: datetime, new: Sequence[tuple[str, Event]]) -> None:
        nonlocal seen
        before, seen = seen, seen + sum(event.kind == kind for _, event in new)
        if before < at <= seen:
            fault.strike()
        append(run, moment, new)

    return counted


def _written(site: Site) -> set[str]:
    """The key of every write that the sandbox took; a lead's tag stands for its update."""
    tagged = {lead for lead, fields in site.leads().items() if fields.get("Triage_Category__c")}
    items = {item: _record(site, item) for item in site.streams() if is_item(item)}
    updates = {f"{item}.tag" for item, record in items.items() if record in tagged}

    assert len(updates) == len(tagged)
    return {*site.tasks(), *site.messages(), *updates}


def _record(site: Site, item: str) -> str:
    received = site.events(item)[0].event
    assert received.kind == "Received"
    return received.record_id


def _intended(site: Site) -> set[str]:
    events = (happened.event for stream in site.streams() for happened in site.events(stream))
    return {event.key for event in events if event.kind == "Intended"}


def _all_is_done_once(site: Site) -> None:
    """Every lead has its tag, and a task or a message; that none is there twice `Site` holds."""
    outcomes = [task["WhoId"] for task in site.tasks().values()]
    outcomes += [_record(site, key.partition(".")[0]) for key in site.messages()]

    assert sorted(site.leads()) == sorted(outcomes)
    assert all(lead.get("Triage_Category__c") for lead in site.leads().values())
    assert [] == site.sweep().items


def test_a_disk_that_fills_up(open_site: Callable[..., Site]) -> None:
    """The program ends with exit 1 and a sentence that names file and cure; then it goes on."""
    site = open_site(LEADS)
    copied(site.project)
    words = ["run", "--sandbox-url", site.url, "--project", str(site.project)]
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", LIMITED, str(160_000), *words],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        check=False,
    )
    written, intended = _written(site), _intended(site)
    site.sweep()

    assert 1 == ran.returncode
    assert re.search(r"the ledger \S+/ledger.db can't be used: .*SQLITE_", ran.stderr)
    assert "Traceback" not in ran.stderr
    assert written <= intended
    _all_is_done_once(site)


def test_the_first_error_is_not_hidden(
    open_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """Where Salesforce fails and then the ledger, too, the run ends with Salesforce's error."""
    site = open_site(LEADS[:1], kind=kind)
    nobody = Credentials("http://127.0.0.1:1", access_token="sandbox")
    client = SalesforceClient(nobody, CallLog(), passes, lambda _seconds: None)
    fault = FolderGone if kind == "sqlite" else Terminated
    with site.parts() as parts:
        happens = fault(site, parts.ledger)
        monkeypatch.setattr(parts.ledger, "append", _failing(happens, "Broke", 1))
        down = replace(parts, salesforce=client)
        with capture_logs() as logs, pytest.raises(Unavailable, match="SALESFORCE_INSTANCE_URL"):
            sweep(down)
    happens.cure()

    assert ["error"] == [line["log_level"] for line in logs]
    assert "can't be used" in logs[0]["ledger"]
    assert [] == site.streams()
