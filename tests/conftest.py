"""What all tests stand on: no settings of the machine's own, a project's copy, a command line."""

import gc
import os
import shutil
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
import structlog

from tests import postgres
from triage_agent.authority.wire import Request
from triage_agent.cli import main

HOME = Path(__file__).parent.parent
"""The repository: the project that is shipped."""

FEW_PATTERNS = """\
free_mail: [mail.example]
fillers: [n/a]
topics:
  billing:
    - {match: 'dispute', hits: [I dispute it.], misses: [I ask.]}
orders: {}
policies: {}
consequential: {}
claims: {}
never_state: {prices: [], discounts: [], dates: [], legal_terms: [], internal_rules: []}
"""

REAL = {
    "SALESFORCE_INSTANCE_URL": "https://acme.my.salesforce.com",
    "SALESFORCE_CLIENT_ID": "id",
    "SALESFORCE_CLIENT_SECRET": "hush-client",
    "SLACK_BOT_TOKEN": "xoxb-hush",
    "OPENAI_API_KEY": "sk-hush",
}
"""What the environment holds where real systems are meant."""

MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108 - pytest makes folders of its own in it
"""Where Linux keeps files in memory, and how many bytes the tests want free there."""

_OURS = ("OPENAI_", "SLACK_", "SALESFORCE_", "TRIAGE_", "OTEL_", "PG")

Kind = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")
"""What a ledger may lie in."""


def pytest_configure() -> None:
    """Temporary files lie in memory where there is room: a ledger's commit waits for the disk."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection_finish() -> None:
    """What is there now stays: nothing of it is looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_tls_context() -> Iterator[None]:
    """The machine's certificates are read once, not by each client, of which none speaks TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """No credentials, addresses or proxies of the machine that the tests run on."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_OURS) or name.upper().endswith("_PROXY"):
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """A command line that was set up in one test logs nothing in the next."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the shipped project, to be changed at will."""
    return copied(tmp_path / "project")


def copied(folder: Path) -> Path:
    """The shipped page and prompts in a new folder; with few patterns, which are read quickly."""
    shutil.copytree(HOME / "prompts", folder / "prompts")
    shutil.copy(HOME / "operating_model.yaml", folder)
    (folder / "prompts" / "patterns.yaml").write_text(FEW_PATTERNS)
    return folder


def passes(_request: Request) -> None:
    """A guard that lets everything leave, for tests of what happens then."""


@dataclass(frozen=True)
class Ran:
    """What a command came to: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


TypeIn = Callable[..., Ran]


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> TypeIn:
    """Runs the program in this process, on a terminal of 80 columns: `type_in("run", "--json")`."""
    monkeypatch.setenv("COLUMNS", "80")

    def typed(*words: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["triage-agent", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return typed


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server, started by the first test that needs it."""
    with postgres.running() as started:
        yield started


NewLedger = Callable[[Kind], str]


@pytest.fixture(scope="session")
def new_ledger(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> NewLedger:
    """The URL of a ledger that nobody has used: `new_ledger("postgres")`."""

    def made(kind: Kind) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}"
        cluster: postgres.Cluster = request.getfixturevalue("cluster")
        return cluster.new_database()

    return made
