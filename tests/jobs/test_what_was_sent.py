"""What people make of drafts is told by the summary; of what they sent, only a share is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from tests.jobs.test_outcomes import MAYA, Somebody, lead, task, told
from tests.test_nothing_leaks import kept as kept_in
from triage_agent.summary.reading import read
from triage_agent.summary.telling import decided
from triage_agent.summary.weeks import of_day

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from structlog.typing import EventDict

    from tests.jobs.conftest import Site

    Followed = tuple[Site, Sequence[EventDict]]

COMPANIES = ("Used", "Edited", "Thrown away", "Called", "Deleted", "Used, then deleted", "Left")
SECRET = "Zanzibar"
"""It stands in all that is sent."""
OURS = f"{SECRET} is where we are, and our answer is quite another one."
QUOTED = f"\n\nMaya Lindqvist, {SECRET}\n\n> We have 40 technicians and look for software."


@pytest.fixture(scope="module")
def followed(open_site: Callable[..., Site]) -> Followed:
    """A site whose leads Maya wrote to in every way, then followed up; with what was logged."""
    site = open_site([{"Company": company} for company in COMPANIES])
    drafts = {item.record_id: str(item.draft) for item in site.sweep().items}
    maya = Somebody(site, MAYA)

    def writes(company: str, text: Callable[[str], str | None]) -> None:
        record = lead(site, company)
        own = drafts[record].rpartition("\n\n")[0]  # without the page's name beneath it
        body = {"WhoId": record, "TaskSubtype": "Email", "Description": text(own)}
        maya.makes("Task", Subject="Email: Re: your request", Status="Completed", **body)

    writes("Used", lambda draft: f"Hello,\n{draft}{QUOTED}")
    writes("Used, then deleted", lambda draft: f"{draft}{QUOTED}")
    writes("Edited", lambda draft: f"{half(draft)} {OURS}{QUOTED}")
    writes("Thrown away", lambda _draft: OURS)
    writes("Called", lambda _draft: None)
    for company in ("Deleted", "Used, then deleted"):
        maya.deletes("Task", task(site, company))
    with capture_logs() as logs:
        site.sweep()
    return site, logs


def half(draft: str) -> str:
    words = draft.split()
    return " ".join(words[: len(words) // 2])


def shares(site: Site, company: str) -> dict[str, float | None]:
    return {one.name: one.kept for one in told(site, company)}


def test_a_share_of_each_draft_is_known(followed: Followed) -> None:
    """All of what was sent as it was, some of an edited one, next to nothing of another answer."""
    site, _ = followed
    edited = shares(site, "Edited")["contacted"]

    assert {"contacted": 1} == shares(site, "Used")
    assert edited == pytest.approx(0.5, abs=0.1)
    assert (shares(site, "Thrown away")["contacted"] or 0) < 0.3
    assert {"contacted": None} == shares(site, "Called")
    assert {"task_deleted": 0} == shares(site, "Deleted")
    assert {"contacted": 1, "task_deleted": 0} == shares(site, "Used, then deleted")
    assert {} == shares(site, "Left")


def test_the_summary_tells_what_became_of_them(followed: Followed) -> None:
    """How many were used, edited and not used, with their items, and how much was changed."""
    site, _ = followed
    page = site.rules.page
    with site.ledger() as ledger:
        at = ledger.events(ledger.find(lead(site, "Used"))[0])[-1].at
        week = of_day(at.astimezone(page.workflow.time.zone).date())
        summary = read(ledger, page, "live", week)
        items = {company: ledger.find(lead(site, company)) for company in COMPANIES}
    lines = dict(decided(summary))

    assert {"used": 2, "not used": 2, "edited": 1} == {
        one.what: one.times for one in summary.people.drafts
    }
    assert [tuple(items["Edited"])] == [
        one.items for one in summary.people.drafts if one.what == "edited"
    ]
    assert "used 2, edited 1, not used 2" == lines["drafts"]
    assert lines["changed of those edited"].endswith(" % (median)")


def test_nothing_that_was_sent_is_kept(followed: Followed) -> None:
    """It stands in the CRM, and in no event, text, file or line of the log."""
    site, logs = followed

    assert SECRET in json.dumps(site.state())
    assert SECRET not in kept_in(site.project)
    assert SECRET not in repr(logs)
    assert SECRET not in repr([site.events(stream) for stream in site.streams()])


def test_in_shadow_nobody_has_a_draft(open_site: Callable[..., Site]) -> None:
    """What people write without having seen it says nothing of it."""
    site = open_site([{"Company": "Acme"}])
    (item,) = site.sweep("shadow").items
    Somebody(site, MAYA).makes("Task", Subject="Email", WhoId=item.record_id, Description=OURS)
    site.sweep("shadow")

    assert item.draft
    assert {"contacted": None} == shares(site, "Acme")
