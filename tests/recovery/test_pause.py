"""The agent is paused by whom the page names, holds at once, and goes on when all is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from tests.conftest import KINDS, copied
from triage_agent.authority.people import acting
from triage_agent.connectors.slack import SlackConnector
from triage_agent.errors import NotAllowed, OutsidePage, Paused, Unavailable, WrongUsage
from triage_agent.jobs.sweep import sweep
from triage_agent.ledger.store import AGENT
from triage_agent.recovery.pause import FILE
from triage_agent.watch.status import lines, status
from triage_agent.wiring import brake_of

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Kind, TypeIn
    from tests.jobs.conftest import Site

LEADS = [{"Company": f"Buyer {n}"} for n in range(3)]
ANSWERS = ["It tagged everything as spam.", "Yes, all four.", "A pattern was removed."]
"""To the three questions of the shipped page."""


def answered() -> list[str]:
    return [word for answer in ANSWERS for word in ("--answer", answer)]


def writes(site: Site) -> int:
    return len(site.tasks()) + len(site.messages())


@pytest.mark.parametrize("held_by", ["ledger", "file", "environment"])
def test_a_paused_agent_does_nothing(open_site: Callable[..., Site], held_by: str) -> None:
    """A run that begins while the agent is paused ends with exit code 3, and says why."""
    site = open_site(LEADS)
    if held_by == "file":
        (site.project / FILE).touch()
    if held_by == "environment":
        site.settings = site.settings.model_copy(update={"triage_paused": "holidays"})
    if held_by == "ledger":
        with site.ledger() as ledger:
            brake_of(site.target, site.settings, ledger).pause("Dana Reyes", "odd tags")
    with pytest.raises(Paused) as refused:
        site.sweep()

    assert 3 == refused.value.exit_code
    assert {"ledger": "Dana Reyes", "file": FILE, "environment": "holidays"}[held_by] in str(
        refused.value
    )
    assert "RefusedToStart" == site.last_word(site.streams()[-1]).kind
    assert 0 == writes(site)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_holds_a_running_sweep(open_site: Callable[..., Site], kind: Kind) -> None:
    """What was paused half-way writes nothing more, and is completed once after the resume."""
    site = open_site(LEADS, kind=kind)

    def meanwhile(ended: int, _of: int) -> None:
        if not ended:
            with site.ledger() as ledger:
                brake_of(site.target, site.settings, ledger).pause("Dana Reyes", "odd tags")

    with site.parts() as parts, pytest.raises(Paused):
        sweep(parts, progress=meanwhile)
    held = writes(site)
    with site.ledger() as ledger:
        brake = brake_of(site.target, site.settings, ledger)
        brake.resume(site.rules.page, site.rules.page.owner, ANSWERS)
    after = site.sweep()

    assert 0 == held
    assert ["settled"] * 3 == [item.status for item in after.items]
    assert 3 == len(site.tasks())
    assert [] == site.faults()


def test_resuming_takes_every_answer(open_site: Callable[..., Site]) -> None:
    """The page's checklist is walked: an answer that is missing or empty keeps the pause."""
    site = open_site(LEADS)
    page = site.rules.page
    with site.ledger() as ledger:
        brake = brake_of(site.target, site.settings, ledger)
        brake.pause("Dana Reyes", "odd tags")
        for answers in ([], ANSWERS[:2], [*ANSWERS[:2], " "], [*ANSWERS, "more"]):
            with pytest.raises(WrongUsage, match="What went wrong"):
                brake.resume(page, page.owner, answers)
            assert brake.why()
        brake.resume(page, page.owner, ANSWERS)
        (*_, resumed) = (happened.event for happened in ledger.events(AGENT))

        assert brake.why() is None
        assert resumed.kind == "Resumed"
        assert [*zip(page.recovery.before_resuming, ANSWERS, strict=True)] == [
            (line.question, line.answer) for line in resumed.checklist
        ]
        assert ("Dana Reyes", "dana") == (resumed.by, resumed.login)


def test_a_breaker_pauses_the_agent(open_site: Callable[..., Site]) -> None:
    """Beyond a limit of the page the run stops, the owner is told once, and it stays paused."""
    site = open_site(LEADS)
    limits = site.rules.page.limits.model_copy(update={"tokens_per_run": 1})
    page = site.rules.page.model_copy(update={"limits": limits})
    site.rules = replace(site.rules, model=replace(site.rules.model, page=page))
    with pytest.raises(Paused, match=r"limits\.tokens_per_run: .* are more than the 1 of the page"):
        site.sweep()
    with pytest.raises(Paused, match="paused: by the agent itself"):
        site.sweep()
    told = site.state()["slack"]["D0DANA00001"]

    assert ["tokens_per_run" in message["text"] for message in told] == [True]


def test_a_breaker_pauses_while_slack_is_down(
    open_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the owner can't be told the agent is paused all the same, and the log says so."""
    site = open_site(LEADS)
    limits = site.rules.page.limits.model_copy(update={"tokens_per_run": 1})
    page = site.rules.page.model_copy(update={"limits": limits})
    site.rules = replace(site.rules, model=replace(site.rules.model, page=page))

    def down(*_: object) -> None:
        raise Unavailable("slack", "CONNECT", "can't be reached")

    monkeypatch.setattr(SlackConnector, "tell", down)
    with capture_logs() as logs, pytest.raises(Paused) as paused:
        site.sweep()

    assert 3 == paused.value.exit_code
    assert "tokens_per_run" in str(paused.value)
    assert ["the owner can not be told of the pause"] == [
        line["event"] for line in logs if line["log_level"] == "error"
    ]
    with pytest.raises(Paused, match="paused: by the agent itself"):
        site.sweep()


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_only_people_of_the_page(
    type_in: TypeIn, open_site: Callable[..., Site], command: str
) -> None:
    """In a sandbox anybody may play a person of the page; nobody may be a stranger."""
    site = open_site(LEADS)
    at = ("--sandbox-url", site.url, "--project", copied(site.project))
    more = ["--reason", "odd tags"] if command == "pause" else answered()
    stranger = type_in(command, *more, "--as", "Mallory", *at)
    nobody = type_in(command, *more, *at)
    known = type_in(command, *more, "--as", "maya", *at)

    assert (3, 3, 0) == (stranger.code, nobody.code, known.code)
    assert "Mallory is none of those" in stranger.err
    assert "Dana Reyes (dana)" in stranger.err


def test_pause_and_resume_by_hand(type_in: TypeIn, open_site: Callable[..., Site]) -> None:
    """Who may is told at once, `status` says so in six lines, and `run` refuses meanwhile."""
    site = open_site(LEADS)
    at = ("--sandbox-url", site.url, "--project", copied(site.project))
    paused = type_in("pause", "--reason", "odd tags", "--as", "Dana Reyes", *at)
    shown, refused = type_in("status", *at), type_in("run", *at)
    silent = type_in("resume", "--as", "omar", *at)
    resumed = type_in("resume", *answered(), "--as", "omar", *at)
    ran = type_in("run", *at)
    told = site.state()["slack"]

    assert (0, 0, 3, 2, 0, 0) == tuple(
        one.code for one in (paused, shown, refused, silent, resumed, ran)
    )
    assert 6 == len(shown.out.splitlines())
    assert [] == [line for line in shown.out.splitlines() if len(line) > 80]
    assert "odd tags" in shown.out
    assert "What went wrong" in silent.err
    assert 2 == len(told["D0DANA00001"])
    assert ["odd tags" in told["C0SALESDEV1"][0]["text"]] == [True]


def test_on_real_systems_the_login_decides(open_site: Callable[..., Site]) -> None:
    """Who names somebody else is refused where the systems are real."""
    page = open_site([]).rules.page
    allowed = page.recovery.may_pause

    assert "Maya Lindqvist" == acting(page, allowed, None, "maya", playing=False).name
    assert "Dana Reyes" == acting(page, allowed, "Dana Reyes", "dana", playing=False).name
    with pytest.raises(NotAllowed, match="you are logged in as maya"):
        acting(page, allowed, "dana", "maya", playing=False)


def test_status_before_the_first_run(open_site: Callable[..., Site]) -> None:
    """A new ledger has a status, too."""
    site = open_site([])
    with site.ledger() as ledger:
        brake = brake_of(site.target, site.settings, ledger)
        told = lines(status(site.rules.model, "live", ledger, brake))

    assert ["Page", "State", "Last run", "Items", "Limits", "Next"] == [*told]
    assert "may work" == told["State"]
    assert "none yet" == told["Last run"]


def test_what_the_guard_keeps_back_is_on_record(open_site: Callable[..., Site]) -> None:
    """A request beyond the page that breaks a run off at its start stands on the ledger."""
    site = open_site(LEADS)
    with site.parts() as parts:
        elsewhere = replace(parts, check_pause=lambda: parts.salesforce.get("limits"))
        with pytest.raises(OutsidePage, match="GET limits is no read of the page"):
            sweep(elsewhere)
    kinds = [happened.event.kind for happened in site.events(site.streams()[-1])]

    assert ["Blocked", "Broke", "Anchored"] == kinds
