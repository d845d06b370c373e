"""The long proofs: `make prove`. Runs are killed at random; nothing is lost, nothing doubled."""

import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.harness import Bench, bench
from triage_agent.ledger.chain import check
from triage_agent.ledger.store import Ledger

LEADS, ROUNDS, KILLS = 500, 5, 5
MOMENT = (1.5, 4.5)  # seconds after its start at which a run is killed: while it works


def main() -> int:
    """Kills runs at random moments; 1 where anything is lost or doubled."""
    table = Table(
        "round", "kills", "leads", "outcomes", "lost", "tasks twice", "messages twice", "open"
    )
    failed = False
    for number in range(ROUNDS):
        with bench(LEADS) as found:
            kills = sum(_killed(found, random.Random(100 * number + kill)) for kill in range(KILLS))  # noqa: S311
            found.run()
            counts = [*_counts(found.state()), _unfinished(found)]
        failed |= counts != [LEADS, LEADS, 0, 0, 0, 0]
        table.add_row(str(number), str(kills), *map(str, counts))
    Console().print(table)
    return 1 if failed else 0


def _killed(found: Bench, chance: random.Random) -> bool:
    """Starts a run and kills it at a random moment; False where it ended before."""
    process = found.start()
    try:
        process.wait(timeout=chance.uniform(*MOMENT))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def _counts(state: Any) -> list[int]:  # noqa: ANN401 - JSON
    """Leads, those with an outcome, lost ones, tasks and messages that are there twice."""
    leads = [lead["Id"] for lead in state["salesforce"]["Lead"]]
    tagged = {lead["Id"] for lead in state["salesforce"]["Lead"] if lead.get("Triage_Category__c")}
    tasks = Counter(task.get("Triage_Key__c") for task in state["salesforce"]["Task"])
    del tasks[None]
    messages = Counter(
        message["metadata"]["event_payload"]["key"]
        for channel in state["slack"].values()
        for message in channel
        if message["metadata"]["event_type"] == "triage_hand_over"
    )
    twice = [sum(count > 1 for count in counter.values()) for counter in (tasks, messages)]
    return [len(leads), len(tagged), len(leads) - len(tagged), *twice]


def _unfinished(found: Bench) -> int:
    """Items that the ledger doesn't know to have ended, and streams whose chain is broken."""
    (file,) = found.project.glob(".triage/*/ledger.db")
    with closing(Ledger.open(f"sqlite:///{file}")) as ledger:
        records = [lead["Id"] for lead in found.state()["salesforce"]["Lead"]]
        items = [item for known in ledger.known("live", records).values() for item in known]
        broken = sum(any(check(ledger.sealed(item))) for item in items)
        return len(records) - len(items) + len(ledger.unfinished("live")) + broken


if __name__ == "__main__":
    sys.exit(main())
