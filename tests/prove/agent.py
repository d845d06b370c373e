"""The agent in processes of its own: each operation counted, and one of them its last.

Run as a program this is a fork server: it has imported everything, and turns each line that it
reads into a command in a new process. The seams lie in the libraries below the agent, so that
nothing of it has to be known here: commits, and requests to Salesforce, Slack and the model.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlsplit

ROOT = Path(__file__).parents[2]
COMMIT, MODEL, REPLY = "commit", "POST chat/completions", " (in a thread)"
ALL, REQUESTS = "all", "requests"
NOT_KILLED = "not killed"
_ID = re.compile(r"\b00[A-Za-z0-9]{13,16}\b")


@dataclass(frozen=True)
class Fate:
    """The how manieth boundary is fatal, among those of one name, all requests', or simply all.

    Threads change the order of a run's operations, so only a name is met again for sure.
    """

    at: int
    among: str = ALL
    stops: bool = False

    def counts(self, name: str) -> bool:
        """Whether a boundary is one of those."""
        return self.among in (ALL, name) or (self.among == REQUESTS and not name.endswith(COMMIT))


@dataclass(frozen=True)
class Ran:
    """How a run went: its exit code, the boundaries that it passed, and its log."""

    code: int
    passed: tuple[str, ...]
    log: str
    fate: Fate | None

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def hit(self) -> str:
        """The boundary at which the run was killed."""
        return self.passed[-1] if self.killed and self.passed else NOT_KILLED

    @property
    def asked(self) -> int:
        """The requests to the model that left."""
        begun = self.passed[:-1] if self.killed and self.fate else self.passed
        return begun.count(f"before {MODEL}")

    @property
    def requests(self) -> int:
        """The boundaries of requests that it passed."""
        return requests_in(self.passed)


def requests_in(passed: Sequence[str]) -> int:
    """How many of the boundaries are those of requests."""
    return sum(map(Fate(0, REQUESTS).counts, passed))


class Agent:
    """Starts runs, one after the other, through a fork server."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", __name__],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._process = 0

    def start(self, words: Sequence[str], files: Path, fate: Fate | None) -> None:
        """Starts a command whose trace and log are kept beside each other under this name."""
        assert self._server.stdin
        assert self._server.stdout
        self._files, self._fate = files, fate
        files.with_suffix(".trace").touch()
        order = {"words": words, "files": str(files), "fate": asdict(fate) if fate else None}
        print(json.dumps(order), file=self._server.stdin, flush=True)
        self._process = int(self._server.stdout.readline())

    def wait(self) -> Ran:
        """Waits until the command has ended."""
        assert self._server.stdout
        code = int(self._server.stdout.readline())
        trace, log = (self._files.with_suffix(suffix) for suffix in (".trace", ".log"))
        return Ran(code, tuple(trace.read_text().splitlines()), log.read_text(), self._fate)

    def run(self, words: Sequence[str], files: Path, fate: Fate | None = None) -> Ran:
        """A whole command."""
        self.start(words, files, fate)
        return self.wait()

    def kill(self) -> None:
        """Ends the command that runs."""
        os.kill(self._process, signal.SIGKILL)

    def passed(self) -> list[str]:
        """The boundaries that the command has passed so far."""
        return self._files.with_suffix(".trace").read_text().splitlines()

    def close(self) -> None:
        """Ends the fork server."""
        self._server.communicate()


class Seams:
    """Writes every boundary down as it is passed; at the fatal one the process ends itself."""

    def __init__(self, trace: int, fate: Fate | None) -> None:
        self._trace, self._fate = trace, fate
        self._counted = 0
        self._passing = threading.Lock()

    def around(self, owner: Any, name: str, named: Callable[..., str]) -> None:  # noqa: ANN401 - a class
        """Puts a boundary before and after every call of a method."""
        original = getattr(owner, name)

        def counted(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - passes all through
            what = named(*args)
            self._pass(f"before {what}")
            try:
                return original(*args, **options)
            finally:
                self._pass(f"after {what}")

        setattr(owner, name, counted)

    def _pass(self, name: str) -> None:
        with self._passing:
            os.write(self._trace, f"{name}\n".encode())
            if self._fate is None or not self._fate.counts(name):
                return
            self._counted += 1
            if self._counted == self._fate.at:
                os.kill(os.getpid(), signal.SIGSTOP if self._fate.stops else signal.SIGKILL)
                threading.Event().wait()  # a stop takes a moment to reach every thread


def _salesforce(_adapter: object, request: Any, *_: object) -> str:  # noqa: ANN401 - prepared by requests
    parts = urlsplit(request.url)
    path = re.sub(r"^/services/(data/v[\d.]+/)?", "", parts.path).rstrip("/")
    asked = re.search(r"\bFROM (\w+)", unquote_plus(parts.query))
    name = f"{request.method} {_ID.sub('ID', path)}"
    return f"{name} {asked[1]}" if asked else name


def _slack(_opener: object, request: Any, *_: object) -> str:  # noqa: ANN401 - urllib's
    body = request.data or b""
    kind = REPLY if b"thread_ts" in body else " (of a thread)" if b"overflow" in body else ""
    return f"POST {request.full_url.rpartition('/')[2]}{kind}"


def _become(order: dict[str, Any]) -> int:
    """Runs a command in this process, its operations counted."""
    from urllib.request import OpenerDirector  # noqa: PLC0415 - the server alone needs these

    from httpx2 import HTTPTransport  # noqa: PLC0415
    from requests.adapters import HTTPAdapter  # noqa: PLC0415
    from sqlalchemy.engine.default import DefaultDialect  # noqa: PLC0415

    from triage_agent import cli  # noqa: PLC0415

    files = Path(order["files"])
    trace = os.open(files.with_suffix(".trace"), os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    seams = Seams(trace, Fate(**order["fate"]) if order["fate"] else None)
    seams.around(DefaultDialect, "do_commit", lambda *_: COMMIT)
    seams.around(HTTPAdapter, "send", _salesforce)
    seams.around(OpenerDirector, "open", _slack)
    seams.around(HTTPTransport, "handle_request", lambda *_: MODEL)
    sys.argv = ["triage-agent", *order["words"]]
    try:
        cli.main()
    except SystemExit as exc:
        return int(exc.code or 0)
    except BaseException:  # noqa: BLE001 - it is told by the exit code and the log
        traceback.print_exc()
        return 70
    return 0


def _serve() -> None:
    """Turns each line into a process: its id, then its exit code."""
    import alembic.command  # noqa: F401, PLC0415 - imported once for all commands
    import rich.progress  # noqa: PLC0415
    import rich.table  # noqa: F401, PLC0415

    from triage_agent.connectors import model, slack  # noqa: F401, PLC0415
    from triage_agent.jobs import sweep  # noqa: F401, PLC0415
    from triage_agent.project import read_rules  # noqa: PLC0415

    read_rules(ROOT)
    for line in sys.stdin:
        order = json.loads(line)
        files = Path(order["files"])
        if not (child := os.fork()):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(os.open(files.with_suffix(".log"), os.O_CREAT | os.O_WRONLY), 2)
            code = _become(order)
            sys.stderr.flush()
            os._exit(code)
        print(child, flush=True)  # noqa: T201 - the answer
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - too


if __name__ == "__main__":
    _serve()
