"""`deploy/docker/`, held without an engine. `tests.prove.image` goes further."""

import re
import subprocess
import sys
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from procrastinate.schema import SchemaManager

import triage_agent
from tests.conftest import HOME
from tests.deploy.typed import COMING, SETTINGS, read, typed_in, unknown, unknown_settings

TREE = HOME / "deploy" / "docker"
DOCKERFILE = (TREE / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = read(TREE / "compose.yaml")[0]
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if name != "ledger"}
LOCK = "requirements-containers.lock"


def test_the_compose_file_is_one() -> None:
    """It is valid by the Compose specification's own schema."""
    checker = Path(sys.executable).with_name("check-jsonschema")
    told = subprocess.run(  # noqa: S603 - our own file
        [checker, "--builtin-schema", "vendor.compose-spec", TREE / "compose.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == told.returncode, told.stdout


def test_the_dockerfile_is_one() -> None:
    """The linter of Dockerfiles finds nothing in it."""
    told = subprocess.run(  # noqa: S603 - our own file
        [Path(sys.executable).with_name("hadolint"), TREE / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (told.returncode, told.stdout)


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_more_than_it_needs(name: str) -> None:
    """Each is somebody by number who isn't root, on a disk that it can't write, without powers."""
    service = SERVICES[name]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True
    assert ["ALL"] == service["cap_drop"]
    assert ["no-new-privileges:true"] == service["security_opt"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & service.keys()
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert ":latest" not in service["image"]
    assert ":" in service["image"]


def test_only_the_state_can_be_written() -> None:
    """Page, prompts and cases are mounted to be read; the ledger's network has no way out."""
    for service in OURS.values():
        *read_only, state = service["volumes"]
        assert "state:/project/.triage" == state
        assert all(mount.endswith(":ro") for mount in read_only)
    assert ["inside"] == SERVICES["ledger"]["networks"]
    assert COMPOSE["networks"]["inside"]["internal"]


def test_image_and_services_agree() -> None:
    """The image's user, base and version are those of the services; only one of these builds it."""
    [user] = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    [base] = re.findall(r"^ARG BASE=(\S+)$", DOCKERFILE, re.MULTILINE)
    built = [one["build"] for one in OURS.values() if "build" in one]

    assert {user} == {one["user"] for one in OURS.values()}
    assert {f"triage-agent:{triage_agent.__version__}"} == {one["image"] for one in OURS.values()}
    assert ["${BASE:-" + base + "}"] == [one["args"]["BASE"] for one in built]
    assert 'ENTRYPOINT ["triage-agent"]' in DOCKERFILE


def test_its_commands_are_known() -> None:
    """Services and note type what the command line knows, but for what is coming."""
    typed = [*(one["command"] for one in OURS.values()), *typed_in(TREE / "README.md")]

    assert set().union(*map(unknown, typed)) == COMING


def test_its_settings_exist() -> None:
    """Nothing is called like a setting that isn't one."""
    assert set() == unknown_settings(TREE)


def test_settings_come_from_outside() -> None:
    """The listener, whose runs need all, is handed every setting; none has a value written down."""
    given = SERVICES["listen"]["environment"]
    fixed = {name for name, value in given.items() if value and not value.startswith("${")}

    assert SETTINGS - {"SLACK_API_URL", "SLACK_APP_TOKEN"} == given.keys() - {"PGPASSWORD"}
    assert {"TRIAGE_LEDGER_URL"} == fixed
    assert urlsplit(given["TRIAGE_LEDGER_URL"]).password is None


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
@pytest.mark.parametrize("name", ["listen", "worker"])
def test_health_is_what_health_says(name: str, status: int, code: int) -> None:
    """What stays is healthy while `/health`, at the port that it serves, answers 200."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None: ...

    service = SERVICES[name]
    *_, address = service["command"]
    _, _, port = address.partition(":")
    _, _, _, source = service["healthcheck"]["test"]
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        asked = source.replace(f":{port}/", f":{server.server_port}/")
        told = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=False)  # noqa: S603
        server.shutdown()

    assert asked != source
    assert code == told.returncode


def test_the_image_holds_what_is_sent_to_it() -> None:
    """What the Dockerfile copies is let through, and nothing else is, least of all secrets."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    first, *rest = [
        line
        for line in (TREE / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]

    assert "*" == first
    assert {f"!{name}" for words in copied for name in words.split()} == {*rest[:-2]}
    assert ["**/.env", "**/__pycache__"] == rest[-2:]


def test_the_lock_has_what_the_image_needs() -> None:
    """What the program needs, PostgreSQL's driver, and a worker's engine once there is one."""
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    extra = "scale" if "scale" in extras else "postgres"
    lock = (HOME / LOCK).read_text(encoding="utf-8")

    wanted = [*project["dependencies"], *extras["build"], *extras[extra]]
    names = {re.split(r"[^\w.-]", each)[0].replace(".", "-") for each in wanted}
    locked = re.findall(r"^([\w-]+)(?:\[[\w,]+\])?==\S+ \\$", lock, re.MULTILINE)

    assert names - {"triage-agent"} <= {*locked}
    assert f"--extra build --extra {extra} --constraint requirements.lock --output-file {LOCK}" in (
        (HOME / "Makefile").read_text(encoding="utf-8")
    )
    assert f"--requirement {LOCK}" in DOCKERFILE


def test_the_note_names_the_queues_newest_tables() -> None:
    """Whoever raises procrastinate has to look at whether its tables are to be upgraded."""
    newest = max(Path(SchemaManager.get_migrations_path()).glob("*.sql"))

    assert f"`{newest.name}`" in (TREE / "README.md").read_text(encoding="utf-8")
