"""What the agent did and reps have changed since: prepared once, copied for each rollback of it."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from logging import CRITICAL
from pathlib import Path
from typing import Any

import requests
import structlog

from tests.prove.agent import Agent
from tests.prove.generator import copied
from tests.prove.site import Site, site
from triage_agent import reviewing, wiring
from triage_agent.ledger.store import Ledger
from triage_agent.reviewing import Word
from triage_agent.sandbox.server import running
from triage_agent.targets import ANCHORS, LEDGER

Json = dict[str, Any]
KEY, CATEGORY = "Triage_Key__c", "Triage_Category__c"
_REPS = ("005000000000002AAA", "005000000000003AAA")
_WHY = ("--as", "dana", "--reason", "The page was wrong", "--found", "Maya saw it")


@dataclass(frozen=True)
class Prepared:
    """The folder that holds it all; `what`: is to be undone, in words of the command line.

    `database`: where the ledger is, if not in a file; a rollback has it for itself.
    """

    folder: Path
    what: tuple[str, ...]
    database: str | None = None

    @contextmanager
    def opened(self, folder: Path) -> Iterator[Site]:
        """All of it once more, with a sandbox of its own."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with running(state=folder / "org", leads=None) as url:
            found = Site(folder, url, url)
            (folder / "kept").rename(found.target.folder)
            if self.database:
                (folder / ".env").write_text(f"TRIAGE_LEDGER_URL={self.database}\n")
            yield found

    def moved(self, database: str) -> "Prepared":
        """The same, its ledger copied to an empty database."""
        kept = self.folder / "kept"
        file = Ledger.open(f"sqlite:///{kept / LEDGER}", kept / ANCHORS)
        with closing(file), closing(Ledger.open(database)) as ledger:
            copied(file, ledger)
        return Prepared(self.folder, self.what, database)

    def words(self, found: Site) -> list[str]:
        """The command that rolls it back."""
        return ["rollback", *self.what, "--apply", *_WHY, *found.where]

    def told(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """What the sandbox held `before` the agent came and `after` reps' `changes`; and these."""
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))


def prepare(folder: Path, leads: int, agent: Agent, *, approved: int) -> Prepared:
    """A run, after which people approve some statuses, and reps change three tasks and a lead.

    What is to be undone is the run; or where something was approved, all since it began.
    """
    folder.mkdir()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    with site(folder, leads, folder / "org") as found:
        _keep(folder / "before.json", found.state())
        ran = agent.run(found.words, folder / "run")
        assert not ran.code, ran.log
        with closing(wiring.open_ledger(found.target)) as ledger:
            (began,) = (ledger.told(run, "Started")[0] for run in [ledger.last_run() or ""])
        for task in islice(tasks_of(found.state()), 5, 5 + approved):
            yes = Word(task["WhoId"], "maya", None, lambda asked: asked.digest)
            reviewing.approve(found.target, yes)
        changes = _changes(found.state())
        for path, fields in changes.items():
            _change(found, path, fields)
        _keep(folder / "changes.json", changes)
        _keep(folder / "after.json", found.state())
        found.target.folder.rename(folder / "kept")
    what = ("--since", began.at.isoformat()) if approved else ("--run", began.run)
    return Prepared(folder, what)


def _keep(path: Path, state: Json) -> None:
    path.write_text(json.dumps(state), encoding="utf-8")


def tasks_of(state: Json) -> Iterator[Json]:
    """The tasks that the agent created."""
    return (task for task in state["salesforce"]["Task"] if task.get(KEY))


def _changes(state: Json) -> dict[str, Json]:
    """What reps change: a task's status, another's owner, another's text, a lead's category."""
    first, second, third = islice(tasks_of(state), 3)
    other = next(rep for rep in _REPS if rep != second["OwnerId"])
    category = "partnership"
    lead = next(
        lead for lead in state["salesforce"]["Lead"] if lead[CATEGORY] not in (None, category)
    )
    return {
        f"Task/{first['Id']}": {"Status": "In Progress"},
        f"Task/{second['Id']}": {"OwnerId": other},
        f"Task/{third['Id']}": {"Description": "Called them: they want a demo."},
        f"Lead/{lead['Id']}": {CATEGORY: category},
    }


def _change(found: Site, path: str, fields: Json) -> None:
    requests.patch(
        f"{found.sandbox}/services/data/v62.0/sobjects/{path}",
        json=fields,
        headers={"Authorization": "Bearer sandbox", "Sforce-Auto-Assign": "FALSE"},
        timeout=10,
    ).raise_for_status()
