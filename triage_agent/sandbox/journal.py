"""What was answered as done is in the journal, whatever happens next.

One line is one answered request: a JSON list of the things it changed, each in its new state. A
line is with the operating system before the answer leaves, so a killed process loses nothing; a
line that a kill cut off was never answered, and is dropped. Proved by `test_server.py`.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from triage_agent.errors import WrongUsage

Change = dict[str, Any]


class Journal:
    """The file that makes a state directory last; one process at a time holds it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "journal.jsonl"
        self._lock = _locked(directory)
        self._out: int | None = None

    def changes(self) -> Iterator[Change]:
        """Everything that was written, oldest first, up to the first line that is cut off."""
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    return
                yield from self._parsed(line, number)

    def start_over(self, changes: Iterable[Change]) -> None:
        """Replace what is there by its outcome: one line each, in one step, then go on from it."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as out:
            out.writelines(_line([change]) for change in changes)
        fresh.replace(self._path)
        self._out = os.open(self._path, os.O_WRONLY | os.O_APPEND)

    def append(self, changes: Sequence[Change]) -> None:
        assert self._out is not None, "a journal is started over before it goes on"
        rest = memoryview(_line(changes).encode())
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def close(self) -> None:
        if self._out is not None:
            os.close(self._out)
        os.close(self._lock)

    def _parsed(self, line: bytes, number: int) -> Sequence[Change]:
        try:
            changes: Sequence[Change] = json.loads(line)
        except ValueError as error:
            raise WrongUsage(
                f"{self._path}:{number}: not a line that the sandbox wrote ({error}); "
                "start with another state directory, or with an empty one"
            ) from error
        return changes


def _line(changes: Sequence[Change]) -> str:
    return json.dumps(changes, separators=(",", ":"), ensure_ascii=False) + "\n"


def _locked(directory: Path) -> int:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise WrongUsage(
            f"{directory}: no place for the sandbox's state ({error.strerror}); "
            "name a directory that can be written to"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise WrongUsage(
            f"{directory}: another process runs a sandbox on this state; "
            "stop it, use it by its URL, or name another state directory"
        ) from error
    return lock
