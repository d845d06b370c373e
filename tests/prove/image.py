"""The image, made as far as it goes without an engine: the Dockerfile's own lines, carried out.

In place of its base stand this machine's system and Python, in mounts that nobody else sees; so
this needs root. Then the program is tried as the image has it: as nobody by number, without powers,
on a disk that it can't write but for the state.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
SYSTEM = ("bin", "sbin", "lib", "lib64", "usr", "etc", "dev")
PROJECT = ("operating_model.yaml", "prompts", "eval_cases")
NOTHING: Mapping[str, str] = {}
WITHOUT_POWERS = ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
TRIED: tuple[tuple[str, str, int, str], ...] = (
    ("it starts", "triage-agent --help", 0, "Usage"),
    ("it finds the project", "triage-agent check", 0, "cases "),
    (
        "it has PostgreSQL's driver",
        "python -c 'import psycopg; print(psycopg.pq.version())'",
        0,
        "",
    ),
    ("it can't change itself", "touch /opt/triage-agent/x", 1, "Read-only file system"),
    ("it can't change the page", "touch operating_model.yaml", 1, "cannot touch"),
    ("it works", "triage-agent run --sandbox --limit 3", 0, "3 received"),
    ("it has no powers", "grep CapEff /proc/self/status", 0, "0000000000000000"),
    ("somebody touches PAUSED", "touch PAUSED", 0, ""),
    ("it is paused", "triage-agent run --sandbox", 3, "remove it to go on"),
)
"""What is tried, what is typed, the exit code, and something that is said."""


@dataclass
class Stage:
    """A stage of the build: a root of its own, and what its lines have set so far."""

    root: Path
    environment: dict[str, str]
    folder: str = "/"
    user: str = "0:0"

    def run(
        self, words: Sequence[str], more: Mapping[str, str] = NOTHING
    ) -> subprocess.CompletedProcess[str]:
        """Carries a command out in it, as its user; `more` is in the environment as well."""
        user, group = self.user.split(":")
        who = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        who += [] if user == "0" else WITHOUT_POWERS
        return subprocess.run(  # noqa: S603 - the repository's own lines
            ["/usr/sbin/chroot", self.root, "/usr/bin/env", f"--chdir={self.folder}", *who, *words],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )


def instructions() -> Iterator[tuple[str, str]]:
    """The Dockerfile's, one by one, without its comments."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def build(folder: Path) -> Stage:
    """Carries them out; the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(folder, {})
    for word, rest in instructions():
        if word == "FROM":
            name = rest.partition(" AS ")[2] or "last"
            stage = stages[name] = Stage(_base(folder / name), _path())
        elif word == "COPY":
            _copy(stages, stage, rest.split())
        elif word not in {"ARG", "HEALTHCHECK", "ENTRYPOINT", "CMD"}:
            _carry_out(stage, word, rest)
    return stage


def _carry_out(stage: Stage, word: str, rest: str) -> None:
    match word:
        case "RUN":
            ran = stage.run(["sh", "-ec", rest], _registry())
            if ran.returncode:
                sys.exit(f"{rest}\n{ran.stdout}{ran.stderr}")
        case "WORKDIR":
            stage.folder = rest
            (stage.root / rest[1:]).mkdir(parents=True, exist_ok=True)
        case "ENV":
            for pair in shlex.split(rest):
                name, _, value = pair.partition("=")
                stage.environment[name] = Template(value).substitute(stage.environment)
        case "USER":
            stage.user = rest
        case _:
            sys.exit(f"{DOCKERFILE}: {word} isn't known here")


def _registry() -> dict[str, str]:
    """How this machine's pip finds what it installs."""
    return {name: value for name, value in os.environ.items() if name.startswith(("PIP", "SSL"))}


def _path() -> dict[str, str]:
    return {"PATH": f"{sys.base_prefix}/bin:/usr/local/bin:/usr/bin:/bin", "HOME": "/"}


def _base(root: Path) -> Path:
    """A root with this machine's system and Python in it, to be read."""
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root)
    for name in SYSTEM:
        place = Path("/") / name
        if place.is_symlink():
            (root / name).symlink_to(place.readlink())
        elif place.is_dir():
            _bind(place, root / name)
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        _bind(Path(sys.base_prefix), root / sys.base_prefix[1:])
    _mount("-t", "proc", "proc", root / "proc")
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root / "tmp")
    return root


def _copy(stages: Mapping[str, Stage], stage: Stage, words: list[str]) -> None:
    """As an engine does: of a folder it is what lies in it that is copied."""
    source = ROOT
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")].root
    *names, target = words
    place = stage.root / os.path.join(stage.folder, target).lstrip("/")  # noqa: PTH118
    for name in names:
        one = source / name.lstrip("/")
        if one.is_dir():
            shutil.copytree(one, place, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(one, place)


def _bind(place: Path, target: Path) -> None:
    if place.is_file():
        target.touch()
    _mount("--bind", place, target)
    _mount("-o", "remount,bind,ro", target)


def _mount(*words: str | Path) -> None:
    if not Path(words[-1]).exists():
        Path(words[-1]).mkdir(parents=True)
    subprocess.run(["mount", *words], check=True)  # noqa: S603, S607


def contain(stage: Stage) -> None:
    """Mounts the project and its state, and lets nothing else be written."""
    for name in PROJECT:
        _bind(ROOT / name, stage.root / "project" / name)
    state = stage.root / "project" / ".triage"
    owner = f"uid={state.stat().st_uid},gid={state.stat().st_gid},mode=755"
    _mount("-t", "tmpfs", "-o", owner, "tmpfs", state)
    _mount("-o", "remount,ro", stage.root)


def prove(folder: Path) -> bool:
    """Makes the image in a folder, whose mounts end with this process, and tries it."""
    table, held = Table("the image", "exit", "expected", ""), True
    _mount("-t", "tmpfs", "tmpfs", folder)
    stage = build(folder)
    contain(stage)
    for what, typed, code, said in TRIED:
        ran = stage.run(shlex.split(typed))
        good = code == ran.returncode and said in ran.stdout + ran.stderr
        held &= good
        told = "held" if good else f"MISSED {ran.stdout[-200:]}{ran.stderr[-400:]}"
        table.add_row(what, f"{ran.returncode}", f"{code}", told)
    Console().print(table)
    return held


def main(arguments: list[str]) -> int:
    """1 where the image isn't what it should be."""
    if arguments:
        return int(not prove(Path(arguments[0])))
    if os.geteuid() != 0:
        sys.exit("the image is made in mounts of its own: only root may")
    folder = tempfile.mkdtemp()
    again = ["unshare", "--mount", sys.executable, "-m", "tests.prove.image", folder]
    try:
        return subprocess.run(again, check=False).returncode  # noqa: S603
    finally:
        Path(folder).rmdir()  # whatever was in it is gone with the mounts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
