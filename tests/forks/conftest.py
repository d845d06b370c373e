"""A fork: a folder with another page, its prompts, and records to try it on. No code of its own."""

import io
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import Ran
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.cli import main
from triage_agent.jobs.report import ItemReport, RunReport
from triage_agent.ledger import chain
from triage_agent.targets import Target

SUPPORT_CASES = Path(__file__).parent / "support_cases"
SUPPORT = "C0SUPPORT01"
NORA, SAMIR, INES = "U0NORA00007", "U0SAMIR0008", "U0INES00009"
"""Its team's channel, the team, and its owner, in Slack."""
NORAS, SAMIRS = "005000000000011AAA", "005000000000012AAA"
"""The team in the CRM."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Swept:
    """What a run over a fork's records came to, and what the sandbox showed afterwards."""

    target: Target
    report: RunReport
    state: Json

    def item(self, number: str) -> ItemReport:
        """The item of the case with this number."""
        wanted = self.case(number)["Id"]
        return next(item for item in self.report.items if item.record_id == wanted)

    def case(self, number: str) -> Json:
        """The case with this number."""
        cases: list[Json] = self.state["salesforce"]["Case"]
        return next(case for case in cases if case["CaseNumber"] == number)

    def tasks(self, number: str) -> list[Json]:
        """The tasks about a case."""
        wanted = self.case(number)["Id"]
        tasks: list[Json] = self.state["salesforce"]["Task"]
        return [task for task in tasks if task["WhatId"] == wanted]

    def messages(self, number: str, kind: str = "triage_hand_over") -> list[tuple[str, Json]]:
        """The messages of a kind about a case, each with its channel."""
        return [
            (channel, message)
            for channel, messages in self.state["slack"].items()
            for message in messages
            if number in message["text"] and message["metadata"]["event_type"] == kind
        ]

    def faults(self) -> list[str]:
        """What is wrong with the chain of any stream of the ledger."""
        with closing(wiring.open_ledger(self.target)) as ledger:
            streams = ledger.streams()
            assert len(streams) > len(self.report.items)
            return [fault for one in streams for fault in chain.check(ledger.sealed(one))]


@pytest.fixture
def support_cases(tmp_path: Path) -> Path:
    """A copy of the fork, to be changed at will."""
    return copied(tmp_path)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swept]:
    """One run of the fork over its sample cases, as `triage-agent run --sandbox-url` does it."""
    folder = copied(tmp_path_factory.mktemp("fork"))
    with running(state=None, leads=folder / "samples.jsonl") as url:
        target = Target(folder, sandbox_url=url)
        report = wiring.run(
            target, shadow=False, limit=None, only=None, progress=lambda _ended, _of: None
        )
        state = requests.get(f"{url}/sandbox/state", timeout=10).json()
        yield Swept(target, report, state)


def copied(folder: Path) -> Path:
    """The fork in a folder of its own: a run keeps its ledger there."""
    return Path(shutil.copytree(SUPPORT_CASES, folder / "support_cases"))


def typed(target: Target, *words: str) -> Ran:
    """Runs a command about a target, on a terminal of 80 columns; also in a module's fixture."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    where = ("--project", str(target.project), *target.arguments)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("COLUMNS", "80")
        patch.setattr(sys, "argv", ["triage-agent", *words, *where])
        with pytest.raises(SystemExit) as ended:
            main()
    said = [one.buffer.getvalue().decode() for one in (out, err)]
    return Ran(int(ended.value.code or 0), *said)


def act(url: str, user: str, method: str, path: str, **fields: str) -> None:
    """What a person of the org does."""
    headers = {"Authorization": f"Bearer sandbox-{user}"}
    where = f"{url}/services/data/v62.0/sobjects/{path}"
    requests.request(method, where, json=fields, headers=headers, timeout=10).raise_for_status()


def flat(text: str) -> str:
    """Without the line breaks that a narrow screen needs."""
    return " ".join(text.split())
