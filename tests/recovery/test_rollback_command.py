"""`triage-agent rollback` shows first, and undoes when it is told to, by whom the page lets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.recovery.conftest import STOPS, change, with_page

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran, TypeIn
    from tests.jobs.conftest import Site

WHY = ("--reason", "The page was wrong", "--found", "Maya saw it")
HOSTILE = "\x1b[31mred\x1b[0m [bold]x[/bold] \u202eevil"


@pytest.fixture
def site(open_site: Any) -> Site:  # noqa: ANN401 - as the fixture
    return with_page(open_site([{}, STOPS]))


@pytest.fixture
def sweep(site: Site, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Has the agent run once, and names the run; what was logged is out of the way."""

    def swept() -> str:
        run = site.sweep().run_id
        capsys.readouterr()
        return run

    return swept


@pytest.fixture
def roll_back(site: Site, type_in: TypeIn) -> Callable[..., Ran]:
    """Types the command about that site."""
    where = ("--project", site.project, "--sandbox-url", site.url)
    return lambda *words: type_in("rollback", *words, *where)


def test_it_shows_and_undoes(
    site: Site, sweep: Callable[[], str], roll_back: Callable[..., Ran]
) -> None:
    """The first look names records, values and what is left; the second look finds nothing."""
    run = sweep()
    (task,) = site.tasks().values()
    change(site, "Task", task["Id"], Status="In Progress")
    shown = roll_back("--run", run)
    done = roll_back("--run", run, "--apply", "--as", "dana", *WHY)
    after = roll_back("--run", run)

    assert (0, 0, 0) == (shown.code, done.code, after.code)
    assert "Triage_Category__c: unclear → (empty)" in shown.out
    assert f"{task['Id']}" in shown.out
    assert "left: Status: it was changed since" in " ".join(shown.out.split())
    assert "Nothing was changed; --apply" in shown.out
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    assert "4 undone; of 1 something is left for people; 0 failed." in done.out
    assert "stays so until somebody resumes it" in done.out
    assert "left: Status: it was changed since" in " ".join(after.out.split())


def test_it_tells_machines(sweep: Callable[[], str], roll_back: Callable[..., Ran]) -> None:
    """With --json each look is one object."""
    run = sweep()
    would = json.loads(roll_back("--run", run, "--json").out)["would"]
    done = json.loads(roll_back("--run", run, "--apply", "--as", "omar", *WHY, "--json").out)

    assert {"tag", "create_task", "set_status.ask1", "escalate"} == {one["action"] for one in would}
    assert (5, 0, 0) == (done["undone"], done["left"], done["failed"])


def test_what_people_wrote_does_nothing(
    site: Site, sweep: Callable[[], str], roll_back: Callable[..., Ran]
) -> None:
    """What stands in a field is printed, and can't colour or turn what is on the screen."""
    (first, *_) = site.leads()
    change(site, "Lead", first, Triage_Summary__c=HOSTILE)
    run = sweep()
    shown = roll_back("--run", run)

    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out
    assert "[bold]x[/bold]" in shown.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "say what is to be undone, by one of --run, --item and --since"),
        (("--run", "run-1", "--item", "1"), 2, "by one of --run, --item and --since"),
        (("--since", "yesterday"), 2, "--since 'yesterday' is no moment; write 2026-11-23T09:30"),
        (("--since", "2026-11-23T09:30"), 2, "has no zone; write 2026-11-23T09:30Z or"),
        (("--run", "run-1", "--apply"), 2, "--apply needs --reason (what happened) and --found"),
        (("--run", "run-1"), 2, "knows no run 'run-1'"),
        (("--item", "00Q1"), 2, "knows no item or record '00Q1'"),
        (("--run", "run-1", "--apply", "--as", "maya", *WHY), 3, "maya is none of those whom the"),
    ],
)
def test_what_is_refused(
    roll_back: Callable[..., Ran], words: tuple[str, ...], code: int, said: str
) -> None:
    """What is missing or wrong is named, with what to write; whoever may not is told who may."""
    ran = roll_back(*words)

    assert code == ran.code
    assert said in " ".join(ran.err.split())
