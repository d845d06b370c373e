"""Leads for `make bench` and `make prove`, and a sandbox and runs in processes of their own."""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from triage_agent.sandbox.leads import SAMPLE

ROOT = Path(__file__).parents[1]
PROGRAM = [sys.executable, "-m", "triage_agent"]


@dataclass(frozen=True)
class Bench:
    """A project in a temporary folder and a sandbox that serves leads to it."""

    project: Path
    url: str

    def state(self) -> Any:  # noqa: ANN401 - JSON
        """All that the sandbox holds and has been asked."""
        with urlopen(f"{self.url}/sandbox/state") as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a run against the sandbox."""
        return subprocess.Popen(  # noqa: S603 - our own program
            [*PROGRAM, "run", "--sandbox-url", self.url, "--json", *arguments],
            cwd=self.project,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self) -> tuple[Any, float]:
        """A whole run: its report, and the CPU seconds that it took."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = self.start()
        out, _ = process.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
        return json.loads(out), cpu


@contextmanager
def bench(leads: int) -> Iterator[Bench]:
    """A sandbox with so many leads, variations of the samples, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        shutil.copy(ROOT / "operating_model.yaml", project)
        shutil.copytree(ROOT / "prompts", project / "prompts")
        file = project / "leads.jsonl"
        file.write_text("\n".join(json.dumps(lead) for lead in varied(leads)), encoding="utf-8")
        port = _free_port()
        command = [*PROGRAM, "sandbox", "--leads", str(file), "--port", str(port)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(  # noqa: S603 - our own program
            command,
            cwd=project,
            env=environment,
            stderr=subprocess.DEVNULL,
        ) as sandbox:
            found = Bench(project, f"http://127.0.0.1:{port}")
            _wait_for(found.url)
            try:
                yield found
            finally:
                sandbox.terminate()


def varied(leads: int) -> Iterator[dict[str, Any]]:
    """The sample leads over and over, each time from other people."""
    samples = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    for number in range(leads):
        sample = json.loads(json.dumps(samples[number % len(samples)]))
        if email := sample["lead"].get("Email"):
            sample["lead"]["Email"] = f"n{number}.{email}"
            for contact in sample.get("context", {}).get("Contact", []):
                if contact.get("Email") == email:
                    contact["Email"] = f"n{number}.{email}"
        yield sample


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urlopen(url).close()  # noqa: S310 - loopback
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"the sandbox at {url} does not start")
