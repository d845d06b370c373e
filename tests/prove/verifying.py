"""Verifies a ledger, and says what that took: `python -m tests.prove.verifying URL ANCHORS`."""

import json
import sys
import time
from contextlib import closing
from pathlib import Path

from triage_agent.ledger.anchors import AnchorFile
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.verify import verify


def main(url: str, anchors: Path) -> None:
    """One line of JSON."""
    with closing(Ledger.open(url, anchors)) as ledger:
        begun, cpu = time.monotonic(), time.process_time()
        verdict = verify(ledger, AnchorFile(anchors))
        told = {
            "events": verdict.events,
            "faults": verdict.faults[:5],
            "seconds": time.monotonic() - begun,
            "cpu": time.process_time() - cpu,
            "memory": memory(),
        }
    sys.stdout.write(json.dumps(told))


def memory() -> float:
    """The most that this program held, in MiB; what the system counts includes its parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (held,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(held) / 1024


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
