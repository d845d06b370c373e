"""The ledger's commands: they check it, hand it over, erase from it and anchor it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.conftest import HOME
from tests.ledger.conftest import MOMENT, Kept
from tests.ledger.history import History, drafted, filled, received
from triage_agent.decision import events
from triage_agent.ledger.store import AGENT, Ledger

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Ran, TypeIn

ADA = "ada@northwind.example"
CHANGE = "UPDATE events SET body = (SELECT body FROM events WHERE number = 5) WHERE number = 3"
CHANGED = "item-1 event 1: it isn't what was sealed here"
GONE = "DELETE FROM payloads WHERE stream = 3 AND sequence = 0"


@pytest.fixture
def folder(project: Path) -> Path:
    """Where the embedded sandbox's ledger lies."""
    folder = project / ".triage" / "sandbox"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def history(folder: Path) -> Iterator[History]:
    """A ledger with two anchored runs, and an item of Ada's that wrote something and intends to."""
    database = Kept(f"sqlite:///{folder / 'ledger.db'}")
    with closing(Ledger.open(database.url)) as ledger:
        history = filled(ledger, database, folder)
        history.append(3, ("item-4", received("4", f"Regards\n{ADA}")), ("item-4", drafted("Hush")))
        for action in ("tag", "task"):
            intended = events.Intended(action=action, key=f"i.{action}", system="salesforce")
            history.append(3, ("item-4", intended))
        history.append(3, ("item-4", events.Done(action="tag", key="i.tag", reference="00Q4")))
        history.anchor(3)
        yield history


@pytest.fixture
def on(type_in: TypeIn, project: Path, history: History) -> TypeIn:
    """Types a command about the sandbox's ledger."""

    def typed(*words: str | Path, sandbox: bool = True) -> Ran:
        where = ["--sandbox"] if sandbox else []
        return type_in("ledger", *words, *where, "--project", project)

    return typed


def test_a_whole_ledger(on: TypeIn) -> None:
    """`verify` says so, and up to which anchor; the exit code is 0."""
    ran = on("verify")
    told = json.loads(on("verify", "--json").out)

    assert 0 == ran.code
    assert "20 events in 7 streams: whole." in ran.out
    assert "up to that of run-3:\n  2026-11-23 11:30 UTC, 19 events" in ran.out
    assert f"digest\n  {told['anchor']['anchored']['digest']}\n" in ran.out
    assert "a missing one would not show: 1." in ran.out
    assert 80 >= max(map(len, ran.out.splitlines()))
    assert (20, 7, [], 1) == tuple(told[n] for n in ("events", "streams", "faults", "since"))
    assert "heads" not in told["anchor"]


def test_a_ledger_with_faults(on: TypeIn, history: History) -> None:
    """`verify` names each of them, and ends with 1, as people read it and as JSON."""
    history.change(CHANGE, GONE)
    ran, as_json = on("verify"), on("verify", "--json")
    faults = [CHANGED, "item-2 event 0: its private text is missing, without an erasure"]

    assert (1, 1) == (ran.code, as_json.code)
    assert faults == json.loads(as_json.out)["faults"]
    assert "2 faults." in ran.out
    assert [f"  {fault}" for fault in faults] == ran.out.splitlines()[1:3]


def test_a_ledger_without_anchors(on: TypeIn, folder: Path, project: Path) -> None:
    """Where the page wants no file of them, it is said what can't show."""
    page = project / "operating_model.yaml"
    page.write_text(page.read_text().replace("anchors_to: [file, owner]", "anchors_to: [owner]"))
    (folder / "ledger.db-anchors.jsonl").unlink()
    ran = on("verify")

    assert 0 == ran.code
    assert "no anchor to hold it against" in ran.out
    assert json.loads(on("verify", "--json").out)["anchor"] is None


def test_the_export_is_checked_without_this_program(on: TypeIn) -> None:
    """What `export` prints passes the script that is shipped; texts are in it on request alone."""
    bare, full = on("export"), on("export", "--with-texts")
    command = [sys.executable, "-I", str(HOME / "deploy" / "ledger" / "verify_export.py")]
    said = [
        subprocess.run(command, input=ran.out, text=True, capture_output=True, check=True).stdout  # noqa: S603 - our own script
        for ran in (bare, full)
    ]

    assert (0, 0) == (bare.code, full.code)
    assert said[0] == said[1]
    assert said[0].startswith("20 events in 7 streams, digest ")
    assert (False, True) == (ADA in bare.out, ADA in full.out)


def test_a_person_is_erased(on: TypeIn, history: History) -> None:
    """At the word of whom the page names; what is left elsewhere is listed, and the rest whole."""
    ran = on("erase", "--person", f" {ADA.upper()} ", "--as", "Dana Reyes")
    again = on("erase", "--person", ADA, "--as", "omar")
    told = history.ledger.events("item-4")[-1].event

    assert (0, 0) == (ran.code, again.code)
    assert "Erased 2 texts of 1 items." in ran.out
    assert ["Lead 4", "Lead 4"] == [
        line[:6] for line in ran.out.splitlines() if line.startswith("Lead")
    ]
    assert "00Q4" in ran.out
    assert "key i.task (perhaps)" in ran.out
    assert events.Erased(by="Dana Reyes", login="dana", texts=2) == told
    assert "Erased 0 texts of 0 items." in again.out
    assert 0 == on("verify").code


def test_an_erasure_as_json(on: TypeIn) -> None:
    """One object: how much, and what is left where."""
    ran = on("erase", "--person", ADA, "--as", "omar", "--json")
    left = {"item": "item-4", "record": "Lead 4"}

    assert {
        "items": 1,
        "texts": 2,
        "scrubbed": True,
        "left": [
            {**left, "action": "task", "place": "key i.task", "certain": False},
            {**left, "action": "tag", "place": "00Q4", "certain": True},
        ],
    } == json.loads(ran.out)


@pytest.mark.parametrize("whom", [("--as", "maya"), ("--as", "nobody"), ()])
def test_others_may_not_erase(on: TypeIn, history: History, whom: tuple[str, ...]) -> None:
    """Somebody whom the page doesn't name is refused, and told who could; nothing is done."""
    before = history.rows()
    ran = on("erase", "--person", ADA, *whom)

    assert 3 == ran.code
    assert "Dana Reyes (dana), Omar Haddad (omar)" in " ".join(ran.err.split())
    assert before == history.rows()


def test_nobody_plays_somebody_else_on_real_systems(on: TypeIn, project: Path) -> None:
    """Outside a sandbox people erase and accept as themselves."""
    for words in (("erase", "--person", ADA), ("anchor", "--reason", "x")):
        ran = on(*words, "--as", "dana", sandbox=False)

        assert 3 == ran.code
        assert "they have to do it themselves" in " ".join(ran.err.split())
    with closing(Ledger.open(f"sqlite:///{project}/.triage/real/ledger.db")) as ledger:
        assert [] == ledger.streams()


@pytest.mark.parametrize("person", ["", " ", "ada"])
def test_what_is_no_address(on: TypeIn, history: History, person: str) -> None:
    """It is wrong usage, and nothing is done."""
    before = history.rows()
    ran = on("erase", "--person", person, "--as", "dana")

    assert 2 == ran.code
    assert "no e-mail address; nothing was erased" in " ".join(ran.err.split())
    assert before == history.rows()


def test_an_anchor_by_hand(on: TypeIn, history: History) -> None:
    """It is told on the agent's stream and in the file, and printed to be written down."""
    ran = on("anchor")
    last = history.file.last()

    assert last
    assert 0 == ran.code
    assert ["Anchored 20 events in 7 streams.", f"Digest {last.anchored.digest}"] == (
        ran.out.splitlines()
    )
    assert (AGENT, None, 20) == (last.run, last.anchored.by, last.anchored.events)
    assert 0 == on("verify").code


def test_faults_are_not_anchored_away(on: TypeIn, history: History) -> None:
    """Without a reason a ledger with faults gets no anchor; each of them is named."""
    history.change(CHANGE)
    before = history.file.path.read_bytes()
    ran = on("anchor")

    assert 3 == ran.code
    assert f"with --reason:\n{CHANGED}" in ran.err
    assert before == history.file.path.read_bytes()


def test_faults_are_accepted_by_whom_the_page_names(on: TypeIn, history: History) -> None:
    """With their reason they stand, on record, and show no more."""
    history.change(CHANGE)
    refused = on("anchor", "--reason", "seen", "--as", "mallory")
    ran = on("anchor", "--reason", "Found by hand.", "--as", "maya")
    last = history.file.last()

    assert (3, 0) == (refused.code, ran.code)
    assert f"  stands as it is: {CHANGED}" in ran.out
    assert last
    assert ("Maya Lindqvist", "Found by hand.", (CHANGED,)) == (
        last.anchored.by,
        last.anchored.reason,
        last.anchored.accepted,
    )
    assert (0, 0) == (on("verify").code, on("anchor").code)


def test_a_file_of_anchors_that_was_moved_away(on: TypeIn, history: History) -> None:
    """A broken one stops all that goes by it; moved away, and with a reason, it begins anew."""
    history.file.path.write_text("broken\n")
    stopped = on("verify"), on("anchor", "--reason", "x", "--as", "dana")
    history.file.path.unlink()
    missing = on("verify")
    accepted = on("anchor", "--reason", "It was broken.", "--as", "dana")

    assert [1, 1] == [ran.code for ran in stopped]
    assert "a line of it is no anchor" in " ".join(stopped[0].err.split())
    assert 1 == missing.code
    assert "missing or empty, though there were some" in " ".join(missing.out.split())
    assert (0, 0) == (accepted.code, on("verify").code)


def test_while_a_run_is_under_way(on: TypeIn, history: History) -> None:
    """Reading goes on; erasing and anchoring wait for its end, and say for whose."""
    before = history.rows()
    with history.ledger.only_run("run-9", MOMENT):
        waiting = on("erase", "--person", ADA, "--as", "dana"), on("anchor")
        reading = on("verify"), on("export")

    assert [3, 3] == [ran.code for ran in waiting]
    assert [True, True] == ["run-9" in ran.err for ran in waiting]
    assert [0, 0] == [ran.code for ran in reading]
    assert before == history.rows()
