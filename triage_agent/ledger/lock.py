"""One sweep at a time. The lock dies with its process, so nobody has to clear it."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from triage_agent.errors import RunRefused


@contextmanager
def only_run(path: Path, run: str, now: datetime) -> Iterator[None]:
    """Holds the lock file; `RunRefused` names the run that holds it already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            file.seek(0)
            holder = file.read().strip() or "another run"
            raise RunRefused(f"{holder} holds the lock; it is released when that run ends") from exc
        file.truncate(0)
        file.write(f"{run} (process {os.getpid()} on {socket.gethostname()}, since {now:%H:%M:%S})")
        file.flush()
        yield
