"""What people see: nothing that a stranger wrote can take hold of the terminal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent import terminal
from triage_agent.decision.cycle import CycleTime
from triage_agent.jobs.report import RunReport
from triage_agent.ledger.timeline import Line, Timeline

if TYPE_CHECKING:
    from tests.conftest import TypeIn

WIDTH = 80
HOSTILE = (
    "\x1b[2J\x1b[31mred\x07 \u202eright to left\u2066 \x9b5n \u200bzero\x00 [bold]not bold[/bold] "
    "\ttab\r\nnext\rover \U000e0041 \ufeff "
)
UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))


def _unsafe(text: str) -> set[str]:
    return {c for c in text if c != "\n" and unicodedata.category(c) in UNSAFE}


def _timeline(words: str) -> Timeline:
    moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    line = Line(at=moment, run="run-1", kind="Received", words=words, event={"text": words})
    return Timeline(
        stream="item-1",
        about="Lead 00Q000000000001AAA, live",
        status="escalated",
        questions={"What did the agent receive?": [line], "What did it change?": []},
    )


def test_a_timeline_ends_with_what_it_came_to(capsys: pytest.CaptureFixture[str]) -> None:
    """How soon a person came, in a line beneath the outcomes; without any there is no such line."""
    cycle = CycleTime(
        first_touch="contacted", minutes=42, counted_from="received", clean_up=("task_deleted",)
    )
    told = [_timeline("it"), _timeline("it").model_copy(update={"cycle": cycle})]
    terminal.show_timelines(told)
    out = " ".join(capsys.readouterr().out.split())

    assert 1 == out.count(
        "first touched by a person 42 minutes after it was received; clean-up: task deleted"
    )


def _report(**changes: object) -> RunReport:
    report = {
        "run_id": "run-20261123T090000-abcd",
        "mode": "live",
        "page": {"version": 1, "sha256": "0" * 64},
        "model": "baseline",
        "items": [
            {
                "item_id": "1" * 24,
                "record_id": "00Q000000000001AAA",
                "status": "failed",
                "category": None,
                "confidence": None,
                "stops": [],
                "actions": [],
                "draft": None,
                "failure": "salesforce: can't be reached; check its address " * 5,
            },
        ],
        "totals": {
            "received": 1,
            "settled": 0,
            "escalated": 0,
            "failed": 1,
            "deferred": 0,
            "refused": 0,
            "by_category": {f"a_rather_long_category_{n}": n for n in range(12)},
            "by_stop": {},
            "actions": {},
        },
        "model_calls": {"calls": 1, "input_tokens": 10, "output_tokens": 5, "cost_usd": None},
        "requests": {},
        "seconds": 1.5,
    }
    return RunReport.model_validate({**report, **changes})


@given(st.text())
def test_printable_text_is_printable(text: str) -> None:
    """Nothing that is left can move the cursor, colour the screen or turn the writing round."""
    assert set() == _unsafe(terminal.printable(text))


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Letters, digits, signs and emoji of any script are shown as they are."""
    shown = terminal.printable(text)

    assert [c for c in text if c.isprintable()] == [c for c in shown if c != "\ufffd" or c in text]
    assert len(text) == len(shown)


def test_hostile_text_in_a_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    """It is there to read, without its powers: no escape, no direction, no markup."""
    terminal.show_timelines([_timeline(HOSTILE)])
    shown = capsys.readouterr().out

    assert set() == _unsafe(shown)
    assert "[bold]not bold[/bold]" in " ".join(shown.split())
    assert "right to left" in shown
    assert "nothing yet" in shown


def test_long_words_are_folded(capsys: pytest.CaptureFixture[str]) -> None:
    """A timeline fits the terminal, and loses no letter of what has no place to break."""
    terminal.show_timelines([_timeline("x" * 500)])
    shown = capsys.readouterr().out

    assert 500 == shown.count("x")
    assert [] == [line for line in shown.splitlines() if len(line) > WIDTH]


def test_a_report_fits_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """No line of a run's report is longer than the terminal is wide, however much it counts."""
    terminal.show_run(_report(), [])
    shown = capsys.readouterr().out

    assert [] == [line for line in shown.splitlines() if len(line) > WIDTH]
    assert "a_rather_long_category_11 11" in " ".join(shown.split())
    assert "unknown cost" in shown
    assert "can't be reached" in shown


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "odd [/bold] code", "[red]gone[/red] :smile:"],
    ids=["hostile", "unopened", "markup"],
)
def test_hostile_text_in_a_report(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """A failure's reason is shown as it is, without its powers; it can't end the program."""
    report = _report()
    terminal.show_run(_report(items=[{**report.items[0].model_dump(), "failure": text}]), [])
    shown = capsys.readouterr().out

    assert set() == _unsafe(shown)
    assert " ".join(terminal.printable(text).split()) in " ".join(shown.split())


def test_an_error_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    """What another system said in an error reaches the terminal without its powers."""
    terminal.complain(HOSTILE)
    shown = capsys.readouterr().err

    assert shown.startswith("triage-agent: ")
    assert set() == _unsafe(shown)


def test_an_empty_run(capsys: pytest.CaptureFixture[str]) -> None:
    """A run that found nothing says so."""
    terminal.show_run(_report(items=[]), [])

    assert "Nothing new" in capsys.readouterr().out


def test_hints_can_be_typed() -> None:
    """What is worth typing names a record or the run, and the target; at most three of them."""
    commands = [command.split()[1:] for command, _ in terminal.hints(_report(), ["--sandbox"])]

    assert ["timeline", "run-20261123T090000-abcd", "--sandbox"] in commands
    assert len(commands) <= terminal.WORTH_TYPING


def test_json_keeps_every_letter() -> None:
    """Timelines as JSON hold the text as it was, also what a terminal isn't shown."""
    (shown,) = json.loads(terminal.timelines_as_json([_timeline(HOSTILE)]))

    assert HOSTILE == shown["questions"]["What did the agent receive?"][0]["words"]


def test_logs_are_json_lines_away_from_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Each log entry is one line of JSON on stderr, whatever it holds."""
    import structlog  # noqa: PLC0415 - set up by the function that is tested

    terminal.set_up_logs(verbose=False)
    structlog.get_logger().warning("something\nodd", reason=HOSTILE)
    structlog.get_logger().debug("not shown")
    out, err = capsys.readouterr()

    assert "" == out
    assert 1 == len(err.splitlines())
    assert HOSTILE == json.loads(err)["reason"]
    assert set() == _unsafe(err)


def test_logs_on_a_terminal_have_no_controls(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal an entry is one line, and only its own colours are on it."""
    import structlog  # noqa: PLC0415 - set up by the function that is tested

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    terminal.set_up_logs(verbose=False)
    structlog.get_logger().warning(HOSTILE, reason="a\x1b[2Jb\u202e", other={"key": HOSTILE})
    _, err = capsys.readouterr()
    plain = re.sub(r"\x1b\[\d*m", "", err)

    assert 1 == len(err.splitlines())
    assert "\x1b[31m" not in err
    assert set() == _unsafe(plain)


@pytest.mark.parametrize(
    "command", [(), ("run",), ("timeline",), ("sandbox",), ("review",), ("review", "correct")]
)
def test_help(type_in: TypeIn, command: tuple[str, ...]) -> None:
    """Every command explains itself within 80 columns."""
    ran = type_in(*command, "--help")

    assert 0 == ran.code
    assert "Usage: " in ran.out
    assert [] == [line for line in ran.out.splitlines() if len(line) > 80]


def test_help_is_quick() -> None:
    """`--help` loads no vendor's client, no database and no server."""
    program = (
        "import sys; from triage_agent.cli import main; sys.argv = ['triage-agent', '--help']\n"
        "try: main()\n"
        "except SystemExit: print(*sorted(m.partition('.')[0] for m in sys.modules))"
    )
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.splitlines()[-1].split())

    heavy = {"openai", "sqlalchemy", "simple_salesforce", "slack_sdk", "uvicorn", "requests"}
    assert "triage_agent" in loaded
    assert set() == loaded & heavy
