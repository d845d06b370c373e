"""The export: one event a line, and a script without this program says whether it is whole."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import HOME
from tests.ledger.conftest import MOMENT, Kept
from tests.ledger.history import History, drafted, filled, received
from tests.ledger.test_erasure import DANA
from triage_agent.ledger.anchors import measure
from triage_agent.ledger.chain import Payload, Sealed, check
from triage_agent.ledger.erasure import erase
from triage_agent.ledger.export import export
from triage_agent.ledger.store import Ledger

SCRIPT = HOME / "deploy" / "ledger" / "verify_export.py"
TEXTS = ["Lind one", "Dear one", "Lind two", "Dear two", "Lind three"]
Lines = list[dict[str, Any]]
Tamper = Callable[[Lines], Lines]


@pytest.fixture
def history(ledger: Ledger, database: Kept, tmp_path: Path) -> History:
    return filled(ledger, database, tmp_path)


def exported(history: History, *, texts: bool) -> Lines:
    return [json.loads(line) for line in export(history.ledger, texts=texts)]


def checked(lines: Lines) -> tuple[int, str]:
    """What the script says of an export: its exit code, and what it prints."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    command = [sys.executable, "-I", str(SCRIPT)]
    ran = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603 - our own script
    return ran.returncode, ran.stdout.decode()


def test_each_event_is_a_line(history: History) -> None:
    """In the order in which they were written, as they are sealed; the last line sums up."""
    *lines, last = exported(history, texts=True)
    streams = [line["stream"] for line in lines]
    whole = measure(history.ledger, None).anchored
    links = {name: [_sealed(line) for line in lines if line["stream"] == name] for name in streams}

    assert ["run-1", "item-1", "item-1", "item-2", "item-1"] == streams[:5]
    assert {"events": whole.events, "digest": whole.digest} == last
    assert {name: history.ledger.sealed(name) for name in streams} == links
    assert [] == [fault for stream in links.values() for fault in check(stream)]


def _sealed(line: dict[str, Any]) -> Sealed:
    kept = {name: value for name, value in line.items() if name not in ("salt", "text")}
    payload = Payload(line["salt"], line["text"]) if "salt" in line else None
    return Sealed(**kept, payload=payload)


@pytest.mark.parametrize("texts", [True, False])
def test_a_whole_export(history: History, texts: bool) -> None:  # noqa: FBT001 - a parameter
    """The script passes it, and names the count and digest that an anchor names."""
    whole = measure(history.ledger, None).anchored
    code, out = checked(exported(history, texts=texts))

    assert (0, f"14 events in 5 streams, digest {whole.digest}, 0 faults\n") == (code, out)


def test_the_digest_of_the_first_lines_is_an_anchors(history: History) -> None:
    """Cut off behind as many events as an anchor counts, an export has that anchor's digest."""
    lines = exported(history, texts=False)
    anchors = [anchor.anchored for anchor in history.file.all()]
    said = [checked(lines[: anchor.events])[1] for anchor in anchors]

    assert [7, 13] == [anchor.events for anchor in anchors]
    assert [anchor.digest in out for anchor, out in zip(anchors, said, strict=True)] == [True] * 2


def test_without_texts_none_is_in_it(history: History) -> None:
    """Neither a private text nor a salt, by which one could be guessed."""
    bare, full = ("".join(export(history.ledger, texts=texts)) for texts in (False, True))
    salts = [line["salt"] for line in exported(history, texts=True) if "salt" in line]

    assert 5 == len(salts)
    assert [] == [secret for secret in [*TEXTS, *salts] if secret in bare]
    assert [] == [secret for secret in [*TEXTS, *salts] if secret not in full]


def test_the_erased_are_not_in_it(history: History) -> None:
    """What was taken out is nowhere, and the script finds nothing wrong with that."""
    history.append(3, ("item-4", received("4", "ada@northwind.example")), ("item-4", drafted("x")))
    erase(history.ledger, "ada@northwind.example", DANA, MOMENT)
    lines = exported(history, texts=True)

    assert "northwind" not in json.dumps(lines)
    assert [] == [line for line in lines if line.get("stream") == "item-4" and "text" in line]
    assert "Lind one" in json.dumps(lines)
    assert 0 == checked(lines)[0]


def test_lines_with_any_characters(ledger: Ledger, database: Kept, tmp_path: Path) -> None:
    """Line separators and all that isn't ASCII stay within their lines."""
    history = filled(ledger, database, tmp_path)
    history.append(3, ("item-7", received("ä\u2028\u0085\r\n", "Müller\u2028& Søn\x0b\U0001f600")))

    assert 0 == checked(exported(history, texts=True))[0]


def changed(place: int, **fields: object) -> Tamper:
    return lambda lines: [
        line | fields if number == place % len(lines) else line for number, line in enumerate(lines)
    ]


def without(place: int) -> Tamper:
    return lambda lines: lines[:place] + lines[place + 1 :]


def swapped(one: int, other: int) -> Tamper:
    def tamper(lines: Lines) -> Lines:
        lines = [*lines]
        lines[one], lines[other] = lines[other], lines[one]
        return lines

    return tamper


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "a body": (changed(2, body="{}"), "item-1 event 1 isn't"),
    "a kind": (changed(2, kind="Refused"), "item-1 event 1 isn't"),
    "a moment": (changed(2, at="2020-01-01T00:00:00+00:00"), "item-1 event 1 isn't"),
    "a run": (changed(2, run="run-2"), "item-1 event 1 isn't"),
    "a stream": (changed(2, stream="item-2"), "item-2 event 1 isn't"),
    "a sequence": (changed(2, sequence=5), "item-1 event 5 isn't"),
    "a hash": (changed(2, hash="f" * 64), "item-1 event 1 isn't"),
    "a private digest": (changed(2, private="f" * 64), "item-1 event 1 isn't"),
    "a text": (changed(2, text="{}"), "item-1 event 1 isn't"),
    "a salt": (changed(2, salt="00" * 16), "item-1 event 1 isn't"),
    "a text where there was none": (changed(4, salt="00" * 16, text="{}"), "item-1 event 2 isn't"),
    "an event removed": (without(2), "item-1 event 2 isn't"),
    "an end removed": (without(4), "0 faults"),
    "an item removed": (
        lambda lines: [line for line in lines if line.get("stream") != "item-3"],
        "12 events in 4 streams",
    ),
    "a line twice": (lambda lines: [*lines[:3], *lines[2:]], "item-1 event 1 isn't"),
    "two events of a stream swapped": (swapped(1, 2), "item-1 event 1 isn't"),
    "two events of two streams swapped": (swapped(2, 3), "0 faults"),
    "the last lines cut off": (lambda lines: lines[:-3], "0 faults"),
    "the last line cut off": (lambda lines: lines[:-1], "0 faults"),
    "all lines cut off": (lambda _: [], "0 events"),
    "the digest": (changed(-1, digest="0" * 64), "0 faults"),
    "the count": (changed(-1, events=13), "0 faults"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", TAMPERED)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_changed_export(history: History, name: str) -> None:
    """Whatever is done to its lines, the script says so and ends with 1."""
    tamper, said = TAMPERED[name]
    code, out = checked(tamper(exported(history, texts=True)))

    assert 1 == code
    assert said in out


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite"])
def test_no_character_of_an_export_can_be_changed_unseen(history: History) -> None:
    """Whichever value of whichever line is another one, the script ends with 1."""
    lines = exported(history, texts=True)

    @settings(max_examples=25, deadline=None)
    @given(data=st.data())
    def holds(data: Any) -> None:  # noqa: ANN401 - hypothesis' own
        place = data.draw(st.integers(0, len(lines) - 1))
        name = data.draw(st.sampled_from(sorted(lines[place])))
        value = data.draw(st.one_of(st.integers(), st.text("0123456789abcdef", max_size=64)))
        if value != lines[place][name]:
            assert 1 == checked(changed(place, **{name: value})(lines))[0]

    holds()


def test_a_moment_is_seen(history: History) -> None:
    """What is appended while an export is being made isn't in it."""
    lines = export(history.ledger, texts=False)
    first = next(lines)
    history.append(3, ("item-9", received("9")))
    rest = [json.loads(line) for line in lines]

    assert {"events": 14, "digest": measure_of(history, 14)} == rest[-1]
    assert 0 == checked([json.loads(first), *rest])[0]


def measure_of(history: History, count: int) -> str:
    """The digest of the first events."""
    whole = exported(history, texts=False)
    return checked(whole[:count])[1].split("digest ")[1].split(",")[0]
