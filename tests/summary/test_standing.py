"""How the agent stands when a week is over, and the form in which a week is printed."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.conftest import HOME
from triage_agent.decision import run_events
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.project import read_model
from triage_agent.summary.reading import read
from triage_agent.summary.standing import of_standing, standing
from triage_agent.summary.telling import schema_text, stands
from triage_agent.summary.weeks import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from triage_agent.decision.events import Event

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
PAGE = read_model(HOME).page
UNTIL = MONDAY + timedelta(days=7)
CLEARED = run_events.Cleared(
    evaluated_at=MONDAY, by="dana", page_sha256="p" * 64, trials=3, scores={}
)
NOT_CLEARED = run_events.NotCleared(reasons=("the prompts changed",))
ONCE: dict[str, Any] = {"events": 1, "streams": 1, "faults": (), "seconds": 0.1}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")) as opened:
        yield opened


def tell(ledger: Ledger, day: int, event: Event) -> None:
    """Something that happened on a day of the week."""
    ledger.append(AGENT, MONDAY + timedelta(days=day), [(AGENT, event)])


def test_what_was_told_last_counts(ledger: Ledger) -> None:
    """Whatever came after the week doesn't; nothing at all is nothing to see to."""
    nothing = standing(ledger, UNTIL)
    tell(ledger, 1, CLEARED)
    tell(ledger, 2, run_events.Verified(found=0, **ONCE))
    tell(ledger, 9, NOT_CLEARED)
    then, now = standing(ledger, UNTIL), standing(ledger, UNTIL + timedelta(days=7))

    assert (None, (), None) == (nothing.cleared, nothing.uncleared, nothing.verified)
    assert (MONDAY, ()) == (then.cleared, then.uncleared)
    assert ("the prompts changed",) == now.uncleared
    assert [] == [*of_standing(nothing, UNTIL), *of_standing(then, UNTIL)]


def test_what_somebody_had_better_see_to(ledger: Ledger) -> None:
    """Not cleared, not whole, or not verified for more than a week: each is told with its cure."""
    tell(ledger, 1, NOT_CLEARED)
    tell(ledger, 1, run_events.Verified(found=2, **ONCE))
    broken = [one.what for one in of_standing(standing(ledger, UNTIL), UNTIL)]
    tell(ledger, 2, run_events.Verified(found=0, **ONCE))
    late = [one.what for one in of_standing(standing(ledger, UNTIL), UNTIL + timedelta(days=7))]

    assert ["the agent is in shadow, though its page is live", "the record isn't whole"] == broken
    assert "the record wasn't verified this week" == late[-1]


def test_what_credentials_may_do_beyond_the_page(ledger: Ledger) -> None:
    """Who let that pass last, and when; what is let pass after the week isn't told of it."""
    tell(ledger, -9, run_events.ExcessAllowed(login="omar", excess=("may edit Case",)))
    before = standing(ledger, UNTIL)
    tell(ledger, 1, run_events.ExcessAllowed(login="dana", excess=("may edit Account", "mails")))
    tell(ledger, 8, run_events.ExcessAllowed(login="omar", excess=("may delete",)))
    now, week = standing(ledger, UNTIL), read(ledger, PAGE, "live", parsed("2026-W47"))

    assert before.excess
    assert ("omar", ("may edit Case",)) == (before.excess.by, before.excess.what)
    assert standing(ledger, MONDAY - timedelta(days=9)).excess is None
    for one, said in ((before, "2026-11-07: may edit Case"), (now, "may edit Account, and 1 more")):
        told = dict(stands(week.model_copy(update={"standing": one})))["credentials"]
        assert told.startswith("they can do more than the page, as ")
        assert told.endswith(said)
    assert "as dana let pass on 2026-11-17: " in told
    assert [] == [*of_standing(now, UNTIL)]


def test_the_schema_is_as_published() -> None:
    """The file in deploy/ is what the code says; `make generated` writes it."""
    published = (HOME / "deploy" / "summary.schema.json").read_text(encoding="utf-8")

    assert schema_text() == published
    assert {"sentences", "findings", "figures", "people"} <= set(json.loads(published)["required"])
