"""A fork: a folder with another page, its prompts, and records to try it on. No code of its own."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.jobs.report import ItemReport, RunReport
from triage_agent.ledger import chain
from triage_agent.targets import Target

SUPPORT_CASES = Path(__file__).parent / "support_cases"

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
    with running(state=None, leads=folder / "cases.jsonl") as url:
        target = Target(folder, sandbox_url=url)
        report = wiring.run(
            target, shadow=False, limit=None, only=None, progress=lambda _ended, _of: None
        )
        state = requests.get(f"{url}/sandbox/state", timeout=10).json()
        yield Swept(target, report, state)


def copied(folder: Path) -> Path:
    """The fork in a folder of its own: a run keeps its ledger there."""
    return Path(shutil.copytree(SUPPORT_CASES, folder / "support_cases"))
