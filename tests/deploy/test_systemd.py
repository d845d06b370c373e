"""`deploy/systemd/`, by systemd's own judgment of its units; no manager runs them here."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.conftest import HOME, REAL, NewLedger
from tests.deploy.typed import COMING, typed_in, unknown, unknown_settings
from triage_agent.project import read_model

TREE = HOME / "deploy" / "systemd"
NOTE = TREE / "README.md"
NAMES = sorted(path.name for path in TREE.iterdir() if path.suffix in {".service", ".timer"})
SERVICES = [name for name in NAMES if name.endswith(".service")]
PROGRAM = "/opt/triage-agent/.venv/bin/triage-agent"
LEAST = 12
"""The exposure that is reached, in tenths of systemd's; 100 is all of the machine."""


def _unit(name: str) -> ConfigParser:
    unit = ConfigParser(strict=False, interpolation=None, delimiters="=")
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(TREE / name, encoding="utf-8")
    return unit


OURS = [name for name in SERVICES if _unit(name)["Service"]["ExecStart"].startswith(PROGRAM)]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine's root, with the units installed and what they start in its place."""
    _installed()
    root = tmp_path_factory.mktemp("machine")
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    shutil.copytree(TREE, root / "etc/systemd/system")
    for program in (PROGRAM, "/usr/bin/curl"):
        path = root / program.lstrip("/")
        path.parent.mkdir(parents=True)
        path.touch(0o755)
    return root


def _installed() -> str:
    """Where systemd-analyze is; skips where it isn't installed, unless that must not be."""
    program = shutil.which("systemd-analyze")
    if program is None:
        told = "systemd-analyze isn't installed (Debian's package systemd)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return program


def _analyze(machine: Path, verb: str, name: str, *options: str) -> tuple[int, str]:
    """Its exit code, and what it complains of."""
    ran = subprocess.run(  # noqa: S603 - found by us
        [_installed(), verb, *options, f"--root={machine}", name.replace("@.", "@1.")],
        cwd=machine / "etc/systemd/system",
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stderr + (ran.stdout if ran.returncode else "")


@pytest.mark.parametrize("name", NAMES)
def test_systemd_finds_nothing_wrong(machine: Path, name: str) -> None:
    """It understands each key, and finds what the unit starts and refers to."""
    assert (0, "") == _analyze(machine, "verify", name, "--man=no")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_sees_and_may_little(machine: Path, name: str) -> None:
    """Its exposure is no more than what it can't do without: the network, and its own state."""
    told = _analyze(machine, "security", name, "--offline=yes", f"--threshold={LEAST}")

    assert (0, "") == told


@pytest.mark.parametrize("name", OURS)
def test_what_is_started_is_a_command(name: str) -> None:
    """The program knows the command with its options."""
    _, *words = shlex.split(_unit(name)["Service"]["ExecStart"])

    assert unknown(words) <= COMING


@pytest.mark.long
def test_a_worker_begins_and_ends_as_its_unit_has_it(project: Path, new_ledger: NewLedger) -> None:
    """Its line begins one, with a real machine's settings; stopped by systemd it ends well."""
    _, *words = shlex.split(_unit("triage-agent-worker@.service")["Service"]["ExecStart"])
    settings = REAL | {"PYTHONPATH": str(HOME), "TRIAGE_LEDGER_URL": new_ledger("postgres")}
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "triage_agent", *words],
        cwd=project,
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
    ) as worker:
        assert worker.stderr
        begun = worker.stderr.readline()
        worker.terminate()

    assert (b"Working off", 0) == (begun[:11], worker.returncode)


@pytest.mark.parametrize("name", OURS)
def test_secrets_come_from_a_file_that_root_reads(name: str) -> None:
    """No unit holds a setting, and each that works gets them from the same file."""
    assert "/etc/triage-agent/environment" == _unit(name)["Service"]["EnvironmentFile"]
    assert "Environment" not in _unit(name)["Service"]


def test_whoever_tells_of_a_failure_knows_no_secret_of_ours() -> None:
    """It has the address that it tells, and no settings."""
    service = _unit("triage-agent-failed@.service")["Service"]

    assert "EnvironmentFile" not in service
    assert "webhook:/etc/triage-agent/webhook" == service["LoadCredential"]


@pytest.mark.parametrize("name", OURS)
def test_a_failure_is_told_and_a_refusal_is_none(name: str) -> None:
    """What fails tells somebody; to be refused or stopped is no failure; 2 isn't tried again."""
    unit = _unit(name)
    service = unit["Service"]

    assert "triage-agent-failed@%N.service" == unit["Unit"]["OnFailure"]
    if service["Type"] == "oneshot":
        assert "3 SIGTERM" == service["SuccessExitStatus"]
    else:
        assert ("on-failure", "2") == (service["Restart"], service["RestartPreventExitStatus"])


@pytest.mark.parametrize("name", SERVICES)
def test_its_logs_reach_the_journal(name: str) -> None:
    """Errors aren't lost with the results: where these go nowhere, systemd sends those along."""
    service = _unit(name)["Service"]

    assert "StandardOutput" not in service or service["StandardError"] == "journal"


def test_no_unit_waits_for_a_network() -> None:
    """A target that says the network is there would hold up a boot, and says little."""
    assert not [name for name in NAMES if "network-online" in (TREE / name).read_text("utf-8")]


def test_the_week_is_told_by_the_pages_clock() -> None:
    """The timer's zone is the page's, so that work doesn't begin before it."""
    *_, zone = _unit("triage-agent-summary.timer")["Timer"]["OnCalendar"].split()

    assert read_model(HOME).page.workflow.time.zone.key == zone


def test_the_note_names_what_is_there() -> None:
    """Its units, commands and settings exist, and it names each unit."""
    named = set(re.findall(r"triage-agent-[a-z]+@?\d?\.(?:service|timer)", NOTE.read_text("utf-8")))

    assert set(NAMES) == {re.sub(r"@\d", "@", name) for name in named}
    assert set() == unknown_settings(TREE)
    assert all(unknown(words) <= COMING for words in typed_in(NOTE))
