"""Leads for `make bench` and `make prove`, and a sandbox and runs in processes of their own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from triage_agent.sandbox.leads import SAMPLE

ROOT = Path(__file__).parents[1]
PROGRAM = [sys.executable, "-m", "triage_agent"]


Lead = dict[str, Any]


@dataclass(frozen=True)
class Spent:
    """What a process took: CPU and wall seconds, and the most memory that it held, in MiB."""

    cpu: float
    wall: float
    memory: float


@dataclass(frozen=True)
class Bench:
    """A project in a temporary folder and a sandbox that serves leads to it."""

    project: Path
    url: str

    def state(self) -> Any:  # noqa: ANN401 - JSON
        """All that the sandbox holds and has been asked."""
        with urlopen(f"{self.url}/sandbox/state") as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def run(self) -> tuple[Any, Spent]:
        """A whole run: its report, and what it took."""
        arguments = ["run", "--sandbox-url", self.url, "--json"]
        return measured([*PROGRAM, *arguments], self.project)


def measured(command: list[str], folder: Path) -> tuple[Any, Spent]:
    """Runs a command that prints JSON, or nothing; what it printed, and what it took."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
        _, code, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
        wall = time.monotonic() - begun
        out.seek(0)
        text = out.read()
    spent = Spent(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)
    return json.loads(text) if text.startswith("{") else None, spent


@contextmanager
def bench(leads: Iterable[Lead], faults: str = "", items: int = 2000) -> Iterator[Bench]:
    """A sandbox with these leads, in a process of its own, that fails as `faults` say.

    `items`: how many of them one run may take up.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        page = (ROOT / "operating_model.yaml").read_text(encoding="utf-8")
        page = page.replace("items_per_run: 2000", f"items_per_run: {items}")
        for limit in ("failures_per_run: 20", "tokens_per_run: 5000000"):
            assert limit in page, limit
            page = page.replace(limit, f"{limit}0000")  # no breaker: the whole run is measured
        (project / "operating_model.yaml").write_text(page, encoding="utf-8")
        shutil.copytree(ROOT / "prompts", project / "prompts")
        file, broken = project / "leads.jsonl", project / "faults.yaml"
        file.write_text("\n".join(json.dumps(lead) for lead in leads), encoding="utf-8")
        broken.write_text(f"faults:\n{faults}" if faults else "faults: []\n", encoding="utf-8")
        with _sandbox(project, ["--leads", str(file), "--faults", str(broken)]) as url:
            yield Bench(project, url)


@contextmanager
def _sandbox(project: Path, arguments: list[str]) -> Iterator[str]:
    port = free_port()
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "sandbox", "--port", str(port), *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    ) as sandbox:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(url)
            yield url
        finally:
            sandbox.terminate()


def samples() -> list[Lead]:
    """The sample leads, as their file has them."""
    return [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


def varied(leads: int, of: Sequence[Lead] = ()) -> Iterator[Lead]:
    """Some leads, or the samples, over and over, each time from other people."""
    known = of or samples()
    for number in range(leads):
        lead = json.loads(json.dumps(known[number % len(known)]))
        if email := lead["lead"].get("Email"):
            lead["lead"]["Email"] = f"n{number}.{email}"
            for contact in lead.get("context", {}).get("Contact", []):
                if contact.get("Email") == email:
                    contact["Email"] = f"n{number}.{email}"
        yield lead


def free_port() -> int:
    """A port of this machine on which nothing listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    """Returns once something answers there."""
    for _ in range(1200):
        try:
            urlopen(url).close()  # noqa: S310 - loopback
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"the sandbox at {url} does not start")
