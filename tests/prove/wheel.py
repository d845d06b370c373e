"""The wheel, as somebody has it who installs it under any Python and types in an empty folder.

`python -m tests.prove.wheel python3.12` tries that one; without a name, all that are found. What is
typed knows no settings of this machine's; pip, which fetches what the wheel needs, does.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from signal import SIGINT
from tempfile import TemporaryDirectory, mkdtemp
from zipfile import ZipFile

import requests
from rich.console import Console
from rich.table import Table

from triage_agent.project import EXAMPLE, PARTS

ROOT = Path(__file__).parents[2]
VERSIONS = ("python3.11", "python3.12", "python3.13")
PACKAGE = "triage_agent"
PLANTED = ("deploy/docker/.env", "deploy/beyond/__pycache__/day.pyc", "prompts/.triage/ledger.db")
"""What may lie in somebody's folder, and is nobody else's."""
TRIED: tuple[tuple[str, Path, int, str], ...] = (
    ("check", EXAMPLE, 0, "cases "),
    ("sandbox --reset", EXAMPLE, 0, "empty again"),
    ("run --sandbox", EXAMPLE, 0, "60 received"),
    ("evaluate", EXAMPLE, 0, "bad_data"),
    ("--help", Path(), 0, "Usage"),
    ("run --sandbox", Path(), 2, "triage-agent demo"),
)
"""What is typed once the example is there, where, the exit code, and something that is said."""
TYPED = "import triage_agent\nreveal_type(triage_agent.__version__)\n"
PATIENCE = 120.0


def main(names: list[str]) -> int:
    """1 where the wheel, or anything that is typed, isn't what it should be."""
    table, good = Table("python", "installed", "first record", "what is typed"), True
    with TemporaryDirectory(prefix="prove-wheel-") as place:
        wheel = build(Path(place))
        good &= not (wrong := misplaced(wheel))
        for python in interpreters(names):
            missed: list[str] = []
            version, installed, first = tried(python, wheel, Path(place), missed.append)
            good &= not missed
            told = "\n".join(missed) or f"{len(TRIED) + 2} held"
            table.add_row(version, f"{installed:.1f} s", f"{first:.1f} s", told)
    console = Console(highlight=False, markup=False)
    console.print(table)
    console.print(*(f"MISSED in the wheel, or too much: {name}" for name in wrong), sep="\n")
    return int(not good)


def build(place: Path) -> Path:
    """The wheel of what git holds, made in a folder where other things lie as well."""
    tree = place / "tree"
    for name in _tracked():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    for name in PLANTED:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()
    _done(tree, sys.executable, "-m", "hatchling", "build", "--directory", place)
    (wheel,) = place.glob("*.whl")
    return wheel


def misplaced(wheel: Path) -> list[str]:
    """What the wheel has too much or too little of."""
    carried = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = {
        name if name.startswith(f"{PACKAGE}/") else f"{PACKAGE}/shipped/{name}"
        for name in _tracked()
        if name.partition("/")[0] in {PACKAGE, *PARTS}
    }
    return sorted(carried ^ tracked)


def _tracked() -> list[str]:
    return _done(ROOT, "git", "ls-files").splitlines()


def interpreters(names: list[str]) -> list[str]:
    """Those that are named, else those that are found; what pyenv holds is on the path as well."""
    if pyenv := shutil.which("pyenv"):
        held = _done(ROOT, pyenv, "versions", "--bare")
        os.environ["PYENV_VERSION"] = ":".join(held.split())
    return names or [name for name in VERSIONS if shutil.which(name)] or [sys.executable]


def tried(
    python: str, wheel: Path, place: Path, miss: Callable[[str], None]
) -> tuple[str, float, float]:
    """Its version; the seconds to install, and from `demo` to the first record that is triaged."""
    folder, environment = Path(mkdtemp(dir=place)), Path(mkdtemp(dir=place))
    begun = time.monotonic()
    _done(folder, python, "-m", "venv", environment)
    _done(folder, environment / "bin" / "pip", "install", "-qq", wheel)
    installed = time.monotonic() - begun
    program = environment / "bin" / "triage-agent"
    first = shown(program, folder, miss)
    for words, where, code, said in TRIED:
        ran = _run(folder / where, program, *words.split(), env={})
        if code != ran.returncode or said not in ran.stdout + ran.stderr:
            miss(f"{words}: {ran.returncode} {ran.stdout[-300:]}{ran.stderr[-600:]}")
    if 'Revealed type is "str"' not in (seen := _typed(environment, folder)):
        miss(f"mypy: {seen}")
    return _done(folder, environment / "bin" / "python", "--version"), installed, first


def _done(folder: Path, *command: str | Path) -> str:
    """What a command printed that has to work."""
    ran = _run(folder, *command)
    if ran.returncode:
        sys.exit(f"{command}\n{ran.stdout}{ran.stderr}")
    return ran.stdout.strip()


def _run(
    folder: Path, *command: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        command, cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def shown(program: Path, folder: Path, miss: Callable[[str], None]) -> float:
    """`demo` until its first sweep is told, and Ctrl-C; seconds to the first triaged record."""
    begun = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [program, "demo", "--port", "0"], cwd=folder, env={}, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    try:
        said = [process.stderr.readline(), process.stderr.readline()]
        (url,) = re.findall(r"http://\S+", said[1])
        while not _triaged(url) and time.monotonic() < begun + PATIENCE:
            time.sleep(0.1)
        first = time.monotonic() - begun
        requests.get(url, timeout=PATIENCE).raise_for_status()
        said.append(next((line for line in process.stderr if "taken up" in line), ""))
        process.send_signal(SIGINT)
        said.append(process.communicate(timeout=PATIENCE)[1])
    finally:
        process.kill()
    held = f"{EXAMPLE}/" in said[0] and said[2].startswith("60 taken up") and not said[3]
    if process.returncode or not held:
        miss(f"demo: {process.returncode} {''.join(said)}")
    return first


def _triaged(url: str) -> bool:
    state = requests.get(f"{url}/sandbox/state", timeout=PATIENCE).json()
    return any(lead.get("Triage_Category__c") for lead in state["salesforce"]["Lead"])


def _typed(environment: Path, folder: Path) -> str:
    """What mypy sees of the package as it was installed."""
    (folder / "script.py").write_text(TYPED, encoding="utf-8")
    by = ("--strict", "--python-executable", environment / "bin" / "python")
    return _run(folder, sys.executable, "-m", "mypy", *by, "script.py").stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
