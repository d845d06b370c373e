"""A desk in the middle of a working day, whatever the machine's clock says, and who sits at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conftest import copied
from tests.jobs.conftest import written
from tests.review.conftest import UNHURRIED, Desk
from tests.sandboxes import running
from triage_agent import wiring
from triage_agent.operating_model.loading import FILE
from triage_agent.targets import Target

OFTEN = 0.05
"""Seconds between the listener's looks at what waits for people."""
LEGAL = "You lost our data. Unless you answer by Friday we will take legal action."
HANDED_OVER = {
    "Abel & Partners": LEGAL,
    "Northgate Lifts": LEGAL,
    "Pell Roofing": LEGAL,
}
ASKED_ABOUT = (
    "Holm Elevators",
    "Marsh Plumbing",
    "Quay Fire Safety",
    "Lind Heating",
    "Tarn Cooling",
    "Vale Solar",
)
_LENA = "{name: Lena Ortiz, slack: U0LENA00005, salesforce: 005000000000005AAA, login: lena}"
_RATING = """\
  set_rating:
    update: Lead
    set: {Rating: Hot}
    when: settled
    ask: {who: sales_leads, expires_after: 2h, instead: {Rating: [Warm, Cold]}}
    undo: restore
  escalate:
"""
_LEADS = f"""\
teams:
  sales_leads:
    channel: C0OPSSUMM01
    remind_after: 15m
    claim_within: 30m
    then: owner
    members: [{_LENA}]
"""


@dataclass
class Clock:
    """The machine's, until a test lets more time pass."""

    passed: timedelta = timedelta()

    def __call__(self) -> datetime:
        return wiring.now() + self.passed

    def passes(self, **span: int) -> None:
        self.passed += timedelta(**span)


@contextmanager
def working_day(folder: Path, clock: Clock) -> Iterator[Desk]:
    """A desk after the agent's first run, about requests that stop and some that it asks about."""
    project = copied(folder / "project")
    page = project / FILE
    page.write_text(_in_the_office(page.read_text()))
    stops = [{"Company": name, "Description": said} for name, said in HANDED_OVER.items()]
    leads = written(folder / "leads.jsonl", [*stops, *({"Company": name} for name in ASKED_ABOUT)])
    with running(state=None, leads=leads, timing=UNHURRIED) as url:
        desk = Desk(Target(project, sandbox_url=url), url, clock)
        desk.run()
        yield desk


def _in_the_office(page: str) -> str:
    """The shipped page, with a team of sales leads, one member, whose word on a rating is wanted.

    Its office is where it is eleven in the morning, so that no test meets a night or a holiday.
    """
    changes = {
        "zone: America/New_York": f"zone: Etc/GMT{datetime.now(UTC).hour - 11:+d}",
        "Mon-Fri 08:00-18:00": "Mon-Sun 00:00-23:59",
        "holidays: [2026-11-26, 2026-12-25, 2027-01-01]": "holidays: []",
        "expires_after: 20h": "expires_after: 2h",
        "  escalate:\n": _RATING,
        "teams:\n": _LEADS,
        "may_pause: [owner,": "may_pause: [owner, sales_leads,",
    }
    for shipped, here in changes.items():
        assert 1 == page.count(shipped), shipped
        page = page.replace(shipped, here)
    return page
