"""The command line: what it prints, where it keeps things, and what it refuses with which code."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests

from tests.conftest import REAL
from triage_agent.connectors import patience
from triage_agent.decision.run_events import Broke
from triage_agent.jobs.report import RunReport
from triage_agent.ledger.store import Ledger
from triage_agent.sandbox.server import running

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import TypeIn

SCHEMA = Path(__file__).parent.parent / "deploy" / "run_report.schema.json"
QUESTIONS = [
    "What did the agent receive?",
    "What data did it look at?",
    "What tools did it call?",
    "What did it decide?",
    "What did it change?",
    "Who reviewed or approved?",
    "What happened after that?",
]
BUY = "We have 40 technicians and would like to buy your scheduling software. Please call us."


def _lead_file(path: Path, *companies: str) -> Path:
    lines = [
        {
            "lead": {
                "LastName": "Lind",
                "Company": name,
                "Email": "lind@heating.example",
                "Description": BUY,
            }
        }
        for name in companies
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a sandbox with two leads."""
    with running(state=None, leads=_lead_file(tmp_path / "leads.jsonl", "One", "Two")) as url:
        yield url


@pytest.fixture
def on(type_in: TypeIn, project: Path) -> TypeIn:
    """Types a command about the project."""
    return lambda *words: type_in(*words, "--project", project)


def _state(url: str) -> Any:  # noqa: ANN401 - JSON
    return requests.get(f"{url}/sandbox/state", timeout=10).json()


def _written(url: str) -> Any:  # noqa: ANN401 - JSON
    state = _state(url)
    return state["salesforce"], state["slack"]


def _broken(folder: Path) -> list[str]:
    """Why the runs of a target broke off."""
    with closing(Ledger.open(f"sqlite:///{folder / 'ledger.db'}")) as ledger:
        told = [h.event for stream in ledger.streams() for h in ledger.told(stream, "Broke")]
    return [event.reason for event in told if isinstance(event, Broke)]


def test_a_run_as_json(on: TypeIn, served: str) -> None:
    """`run --json` prints one object, as its published schema says, and nothing else."""
    ran = on("run", "--json", "--sandbox-url", served)
    report = json.loads(ran.out)
    schema = json.loads(SCHEMA.read_text())

    assert 0 == ran.code
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(report)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**report, "more": 1})
    assert (2, 2) == (report["totals"]["settled"], len(report["items"]))


def test_the_published_schema_is_fresh() -> None:
    """The schema in `deploy/` is the one that the report has."""
    published = json.loads(SCHEMA.read_text())
    about = {name: published.pop(name) for name in ("$schema", "$comment")}

    assert RunReport.model_json_schema(mode="serialization") == published
    assert "https://json-schema.org/draft/2020-12/schema" == about["$schema"]


def test_a_run_and_its_timelines(on: TypeIn, served: str) -> None:
    """A run tells what to type next; each of those is a timeline with all seven questions."""
    ran = on("run", "--sandbox-url", served)
    typed = [line.split() for line in ran.out.splitlines() if " timeline " in line]
    shown = [on(*words[1:]) for words in typed]
    as_json = [json.loads(on(*words[1:], "--format", "json").out) for words in typed]

    assert "2 received: 2 settled" in ran.out
    assert 2 == len(typed)
    assert [0, 0] == [one.code for one in shown]
    assert all(question in one.out for one in shown for question in QUESTIONS)
    assert [QUESTIONS] * 2 == [list(one["questions"]) for (one,) in as_json]
    item, run = (one["questions"] for (one,) in as_json)
    assert ["Received"] == [line["kind"] for line in item[QUESTIONS[0]]]
    assert {"Intended", "Done"} == {line["kind"] for line in item[QUESTIONS[4]]}
    assert ["Started", "Finished"] == [line["kind"] for line in run[QUESTIONS[0]]]


def test_a_shadow_run(on: TypeIn, served: str) -> None:
    """`--shadow` writes nothing to Salesforce and posts nothing to Slack."""
    before = _written(served)
    ran = on("run", "--shadow", "--json", "--sandbox-url", served)

    assert (0, "shadow") == (ran.code, json.loads(ran.out)["mode"])
    assert before == _written(served)


@pytest.mark.parametrize("words", [(), ("review",), ("ledger",), ("cases",)])
def test_helps_are_whole(type_in: TypeIn, words: tuple[str, ...]) -> None:
    """On 80 columns no command's help is cut off."""
    told = type_in(*words, "--help").out

    assert "Commands:" in told
    assert "..." not in told.partition("Commands:")[2]


def test_help_is_quick() -> None:
    """The commands are known without what they work with being imported."""
    program = "import sys, triage_agent.cli; print({'pydantic', 'sqlalchemy'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)  # noqa: S603

    assert b"set()" == ran.stdout.strip()


def test_limit_and_item(on: TypeIn, served: str) -> None:
    """`--limit` leaves the rest for the next run, `--item` takes up one."""
    target = ("--sandbox-url", served, "--json")
    first = json.loads(on("run", "--limit", "1", *target).out)
    deferred = first["items"][1]["record_id"]
    second = json.loads(on("run", "--item", deferred, *target).out)

    assert (1, 1) == (first["totals"]["settled"], first["totals"]["deferred"])
    assert [deferred] == [item["record_id"] for item in second["items"]]


def test_each_target_has_a_ledger_of_its_own(on: TypeIn, project: Path, served: str) -> None:
    """What one sandbox's ledger knows the embedded one's doesn't; `--reset` forgets the latter."""
    embedded = json.loads(on("run", "--sandbox", "--limit", "1", "--json").out)
    other = json.loads(on("run", "--sandbox-url", served, "--json").out)
    folders = sorted(path.name for path in (project / ".triage").iterdir())
    strange = on("timeline", other["run_id"], "--sandbox")
    reset = on("sandbox", "--reset")

    assert ["sandbox", f"sandbox-127.0.0.1-{served.rpartition(':')[2]}"] == folders
    assert 1 == embedded["totals"]["settled"] + embedded["totals"]["escalated"]
    assert (2, True) == (strange.code, "another target" in strange.err)
    assert (0, "empty again") == (reset.code, reset.err.split("are ")[1][:11])
    assert [folders[1]] == sorted(path.name for path in (project / ".triage").iterdir())
    assert 2 == on("timeline", embedded["run_id"], "--sandbox").code


def test_a_sandbox_that_was_started_anew(on: TypeIn, project: Path, tmp_path: Path) -> None:
    """At the same address it gets a new ledger; the old one is put aside, not lost."""
    leads = _lead_file(tmp_path / "leads.jsonl", "One")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    reports = []
    for _ in range(2):
        with running(state=None, leads=leads, port=port) as url:
            reports.append(json.loads(on("run", "--sandbox-url", url, "--json").out))
    ledgers = sorted((project / ".triage" / f"sandbox-127.0.0.1-{port}").glob("*ledger.db"))

    assert [1, 1] == [report["totals"]["settled"] for report in reports]
    assert ["ledger.db", "until-"] == [path.name[:9].removesuffix("202") for path in ledgers]
    new, old = map(_items, ledgers)
    assert {report["items"][0]["item_id"] for report in reports[1:]} == new
    assert {report["items"][0]["item_id"] for report in reports[:1]} == old


def _items(ledger: Path) -> set[str]:
    with closing(sqlite3.connect(ledger)) as database:
        found = database.execute("SELECT name FROM items JOIN streams ON id = stream")
        return {item for (item,) in found}


def _remove_page(project: Path) -> None:
    (project / "operating_model.yaml").unlink()


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def replaced(project: Path) -> None:
        path = project / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return replaced


def _as_it_is(_project: Path) -> None:
    """Changes nothing."""


PAGE, ASSESS, PATTERNS = "operating_model.yaml", "prompts/assess.md", "prompts/patterns.yaml"
SANDBOX = ("run", "--sandbox")


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        (_remove_page, SANDBOX, ["no operating_model.yaml", "--project DIR"]),
        (_replace(PAGE, "owner:", "ownr:"), SANDBOX, ["operating_model.yaml:", "ownr", "owner"]),
        (_replace(PAGE, "version: 9", "version: ["), SANDBOX, ["operating_model.yaml", "no YAML"]),
        (_replace(ASSESS, "model: ", "modle: "), SANDBOX, ["prompts/assess.md", "front matter"]),
        (_replace(ASSESS, "{% endblock %}", ""), SANDBOX, ["prompts/assess.md", "template"]),
        (_replace(PATTERNS, "never_state:", "never_stat:"), SANDBOX, ["prompts/patterns.yaml"]),
        (_replace(PATTERNS, "match: '", "match: '("), SANDBOX, ["patterns.yaml", "expression"]),
        (_replace("prompts/prices.yaml", "input: 0,", "input: x,"), SANDBOX, ["prices.yaml"]),
        (_as_it_is, ("run",), ["no credentials", "Salesforce, Slack and the model", "--sandbox"]),
        (_as_it_is, (*SANDBOX, "--sandbox-url", "http://127.0.0.1:1"), ["give one of them"]),
        (_as_it_is, ("run", "--sandbox-url", "http://example.com"), ["http://127.0.0.1:8000"]),
        (_as_it_is, ("timeline", "nobody", "--sandbox"), ["'nobody'", "--sandbox-url"]),
        (_as_it_is, (*SANDBOX, "--limit", "0"), ["--limit"]),
        (_as_it_is, ("run", "--no-such"), ["--no-such"]),
    ],
)
def test_wrong_usage(
    on: TypeIn,
    project: Path,
    change: Callable[[Path], None],
    words: tuple[str, ...],
    said: list[str],
) -> None:
    """What is wrong is named with its place and its cure; nothing is printed, or begun."""
    change(project)
    ran = on(*words)

    assert 2 == ran.code
    assert "" == ran.out
    assert "Traceback" not in ran.err
    assert [] == [word for word in said if word not in ran.err]
    assert not (project / ".triage" / "real").exists()


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"SLACK_BOT_TOKEN": None}, ["SLACK_BOT_TOKEN"]),
        ({"OPENAI_API_KEY": None}, ["OPENAI_API_KEY"]),
        ({"SALESFORCE_INSTANCE_URL": None}, ["SALESFORCE_INSTANCE_URL"]),
        ({"SALESFORCE_CLIENT_SECRET": None}, ["SALESFORCE_CLIENT_SECRET"]),
        (
            {"SALESFORCE_CLIENT_ID": None, "SALESFORCE_CLIENT_SECRET": None, "SLACK_BOT_TOKEN": ""},
            ["SALESFORCE_ACCESS_TOKEN", "SLACK_BOT_TOKEN"],
        ),
    ],
)
def test_half_of_the_credentials(
    on: TypeIn,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str | None],
    missing: list[str],
) -> None:
    """The missing ones are named, and no others, and no secret is."""
    for name, value in {**REAL, **settings}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    ran = on("run")
    named = ran.err.partition("missing: ")[2].partition(";")[0]

    assert 2 == ran.code
    assert missing == sorted(named.split(", "))
    assert "hush" not in ran.err


@pytest.mark.parametrize("name", ["SALESFORCE_INSTANCE_URL", "SLACK_API_URL", "OPENAI_BASE_URL"])
def test_plain_http_stays_on_loopback(
    on: TypeIn,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """An address without encryption is refused by its setting's name, also for the sandbox."""
    for setting, value in {**REAL, name: "http://acme.example"}.items():
        monkeypatch.setenv(setting, value)
    ran, sandboxed = on("run"), on("run", "--sandbox")

    assert (2, 2) == (ran.code, sandboxed.code)
    assert f"{name}: 'http://acme.example'" in ran.err


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, served: str) -> dict[str, str]:
    """Settings that lead to a served sandbox as if it were real; a test changes some."""
    settings = {
        "SALESFORCE_INSTANCE_URL": served,
        "SALESFORCE_USERNAME": "triage@brightfield.example",
        "SALESFORCE_PASSWORD": "sandbox",
        "SALESFORCE_SECURITY_TOKEN": "sandbox",
        "SLACK_BOT_TOKEN": "xoxb-sandbox",
        "SLACK_API_URL": f"{served}/api/",
        "OPENAI_BASE_URL": f"{served}/v1",
        "OPENAI_API_KEY": "sandbox",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


def test_real_systems(on: TypeIn, project: Path, real: dict[str, str]) -> None:
    """With all credentials a run works on real systems, in the page's mode: shadow."""
    _replace(ASSESS, "gpt-4.1-mini-2025-04-14", "baseline")(project)
    _replace("prompts/draft.md", "gpt-4.1-mini-2025-04-14", "baseline")(project)
    before = _written(real["SALESFORCE_INSTANCE_URL"])
    ran = on("run", "--json")
    report = json.loads(ran.out)

    assert (0, "shadow") == (ran.code, report["mode"])
    assert 2 == report["totals"]["settled"]
    assert before == _written(real["SALESFORCE_INSTANCE_URL"])
    assert (project / ".triage" / "real" / "ledger.db").exists()


@pytest.mark.parametrize(
    "case",
    [
        ({"SALESFORCE_PASSWORD": "wrong-hush"}, 2, "Salesforce refuses the login (INVALID_LOGIN)"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong-hush"}, 2, "Slack refuses SLACK_BOT_TOKEN (invalid_auth)"),
        ({"OPENAI_API_KEY": "wrong-hush"}, 2, "refuses OPENAI_API_KEY"),
        ({"SLACK_API_URL": "http://127.0.0.1:1/api/"}, 1, "slack: can't be reached"),
    ],
    ids=lambda case: next(iter(case[0])),
)
def test_systems_that_refuse(
    on: TypeIn,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    real: dict[str, str],
    case: tuple[dict[str, str], int, str],
) -> None:
    """The run ends, says why without a secret, is on the ledger, and has written nothing."""
    changes, code, said = case
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0)
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    before = _written(real["SALESFORCE_INSTANCE_URL"])
    ran = on("run")
    (reason,) = _broken(project / ".triage" / "real")

    assert code == ran.code
    assert said in ran.err
    assert said in reason
    assert "hush" not in ran.err + ran.out + reason
    assert before == _written(real["SALESFORCE_INSTANCE_URL"])


def test_items_that_fail(on: TypeIn, monkeypatch: pytest.MonkeyPatch, served: str) -> None:
    """A run whose items fail shows why, and exits with 1."""
    monkeypatch.setattr("triage_agent.connectors.patience.FIRST_PAUSE", 0.0)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    ran = on("run", "--sandbox-url", served)

    assert 1 == ran.code
    assert "2 received: 0 settled, 0 escalated, 2 failed, 0 deferred" in ran.out
    assert "2: model: can't be reached, or was cut off (CONNECT)" in ran.out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"lead": {"LastName": "Lind"', "not JSON"),
        ('{"led": {}}', "no lead"),
        ('{"lead": {}, "context": {"Account": {}}}', "context is"),
        ('{"lead": {"LastName": "Lind", "Email": "none"}}', "invalid email address"),
    ],
)
def test_lead_files_with_broken_lines(
    on: TypeIn,
    tmp_path: Path,
    line: str,
    said: str,
) -> None:
    """The line is named, and no sandbox is served."""
    path = _lead_file(tmp_path / "leads.jsonl", "One")
    path.write_text(path.read_text() + line + "\n")
    with socket.create_server(("127.0.0.1", 0)) as listener:  # so that nothing can be served
        ran = on("sandbox", "--leads", path, "--port", str(listener.getsockname()[1]))

    assert 2 == ran.code
    assert f"{path}:2: " in ran.err
    assert said in ran.err


def test_only_an_app_on_this_machine_is_told(on: TypeIn) -> None:
    """A Request URL elsewhere is refused, and no sandbox is served."""
    ran = on("sandbox", "--port", "0", "--request-url", "https://app.example/slack")

    assert 2 == ran.code
    assert "--request-url https://app.example/slack" in ran.err
    assert "this machine alone" in ran.err


def test_page_is_printed_to_be_signed(on: TypeIn, project: Path) -> None:
    """It needs nothing but the page; Markdown unless HTML is asked for."""
    for other in (project / "prompts").iterdir():
        other.unlink()

    markdown, html = on("page"), on("page", "--format", "html")

    assert (0, 0) == (markdown.code, html.code)
    assert markdown.out.startswith("# Inbound sales requests\n")
    assert html.out.startswith("<!doctype html>\n")
    assert html.out.endswith("</html>\n")
