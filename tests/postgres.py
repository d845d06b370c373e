"""A PostgreSQL of the tests' own: on a socket in a temporary folder, gone when they end."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

from triage_agent.ledger.store import Ledger

_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
}
_PATIENCE = 30.0
"""Seconds that the server may take to answer, on a machine with much else to do."""


@dataclass
class Cluster:
    """A running server."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """How the ledger's URL names one of its databases."""
        return f"postgresql://triage@/{database}?host={self.folder}"

    def new_database(self, template: str = "migrated") -> str:
        """The URL of a database that nobody has used: with the ledger's tables, or without."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def emptied_database(self) -> str:
        """The URL of one database, emptied each time: quicker than a new one."""
        others = "datname = 'emptied' AND pid <> pg_backend_pid()"
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608
        with psycopg.connect(self.url("emptied"), autocommit=True) as connection:
            connection.execute(
                "TRUNCATE streams, events, payloads, items, belongs_to RESTART IDENTITY",
            )
        return self.url("emptied")

    def execute(self, statement: str) -> None:
        """Carries something out as the server's master."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running() -> Iterator[Cluster]:
    """A new server, stopped and removed at the end; skips where PostgreSQL isn't installed."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path is short
    try:
        as_user = _as_nobody(folder)
        made = [f"{programs}/initdb", f"--pgdata={folder}/data", "--username=triage"]
        how = ["--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        subprocess.run([*as_user, *made, *how], check=True, capture_output=True, cwd=folder)  # noqa: S603
        options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
        where = [f"{programs}/postgres", "-D", f"{folder}/data"]
        options.append(f"--unix_socket_directories={folder}")
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen(  # noqa: S603 - found by us
                [*as_user, *where, *options], stderr=log, cwd=folder
            ) as server,
        ):
            try:
                yield _ready(Cluster(folder), server)
            finally:
                server.send_signal(signal.SIGQUIT)  # at once: nothing of it is to be kept
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """Where the server's programs lie: Debian keeps them out of the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve())
    if found:
        return found[-1].parent
    told = "PostgreSQL isn't installed (Debian's package postgresql)"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


def _as_nobody(folder: Path) -> list[str]:
    """What makes root's command somebody else's, who then owns the folder: root may not serve."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    who = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return ["setpriv", *who, "--pdeathsig=QUIT"]


def _ready(cluster: Cluster, server: subprocess.Popen[bytes]) -> Cluster:
    """Waits for the first answer, and makes the template with the ledger's tables."""
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            cluster.execute("CREATE DATABASE migrated")
            break
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > ends:
                pytest.fail((cluster.folder / "log").read_text())
            time.sleep(0.05)
    Ledger.open(cluster.url("migrated")).close()
    cluster.execute("CREATE DATABASE emptied TEMPLATE migrated")
    return cluster
