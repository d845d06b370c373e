"""Sites to pause and to roll back on: as those that jobs run on, with a page of their own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.jobs.conftest import HOME, USUAL, Json, open_site, rules
from triage_agent import holding, rolling_back
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.guard import Guard
from triage_agent.ledger.store import Ledger
from triage_agent.recovery.rollback import Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.conftest import Site
    from triage_agent.rolling_back import Undone

__all__ = ["open_site", "rules"]
STOPS = {"Description": "We will take legal action against you unless you answer us."}


def with_page(site: Site) -> Site:
    """The site, with the shipped page in its project."""
    shutil.copy(HOME / "operating_model.yaml", site.project)
    return site


def back(site: Site, what: Selection, named: str = "dana", **options: Any) -> Undone:  # noqa: ANN401 - the time, and sleep
    """Rolls back at once, as somebody."""
    return rolling_back.roll_back(
        site.target,
        what,
        named,
        reason="The page was wrong",
        found="Maya saw it",
        **{"sleep": lambda _seconds: None, **options},
    )


def resume(site: Site) -> None:
    """Answers the page's checklist."""
    holding.resume(site.target, "dana", lambda questions: ["Yes."] * len(questions))


def change(site: Site, name: str, record_id: str, **fields: object) -> None:
    """Changes a record as a person would in the CRM."""
    requests.patch(
        f"{site.url}/services/data/v62.0/sobjects/{name}/{record_id}",
        json=fields,
        headers={"Authorization": "Bearer sandbox"},
        timeout=10,
    ).raise_for_status()


def create(site: Site, fields: Json) -> str:
    """Puts in a lead as a web form would; its id."""
    made = requests.post(
        f"{site.url}/services/data/v62.0/sobjects/Lead",
        json={**{name: value for name, value in USUAL.items() if name != "CreatedDate"}, **fields},
        headers={"Authorization": "Bearer sandbox", "Sforce-Auto-Assign": "FALSE"},
        timeout=10,
    )
    made.raise_for_status()
    return str(made.json()["id"])


def messages(site: Site) -> list[Json]:
    """What was posted in the team's channel with a key, oldest first."""
    kinds = ("triage_hand_over", "triage_approval")
    return [one for kind in kinds for one in site.posted(kind).values()]


class Killed(BaseException):
    """The process has ended here."""


@dataclass
class Boundaries:
    """Counts what passes, and ends the process at the one with a number."""

    at: int | None = None
    passed: int = field(default=0)

    def cross(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Killed


@pytest.fixture
def boundaries(monkeypatch: pytest.MonkeyPatch) -> Boundaries:
    """Each request before it leaves and once it is answered, each append before and after it."""
    found = Boundaries()

    def around(kind: type, name: str, *, before: bool, after: bool) -> None:
        whole: Callable[..., object] = getattr(kind, name)

        def crossing(self: object, *given: object, **options: object) -> object:
            if before:
                found.cross()
            result = whole(self, *given, **options)
            if after:
                found.cross()
            return result

        monkeypatch.setattr(kind, name, crossing)

    around(Guard, "__call__", before=True, after=False)
    around(CallLog, "add", before=False, after=True)
    around(Ledger, "append", before=True, after=True)
    return found
