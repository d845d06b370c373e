"""With `--again` the next run takes up afresh what was wholly undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.recovery.conftest import STOPS, back, change, resume, with_page
from triage_agent import rolling_back
from triage_agent.decision.events import Received
from triage_agent.recovery.rollback import Selection

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from tests.jobs.conftest import Site


@pytest.fixture
def site(open_site: Any) -> Site:  # noqa: ANN401 - as the fixture
    return with_page(open_site([{}, STOPS]))


def run_after(site: Site, run: str, *, again: bool = True) -> tuple[str, list[str]]:
    """What the run after a rollback received: its name, and the items."""
    back(site, Selection(run=run), again=again)
    resume(site)
    report = site.sweep()
    return report.run_id, [one.item_id for one in report.items]


def test_they_are_new_items(site: Site) -> None:
    """Each comes after the one that was withdrawn, has a task of its own, and comes once."""
    run = site.sweep().run_id
    (first,) = site.tasks().values()
    second, items = run_after(site, run)
    tasks = {one["Id"]: one["Status"] for one in site.tasks().values()}
    received = [site.events(item)[0].event for item in items]
    with site.ledger() as ledger:
        before = ledger.items_of(run)

    assert 2 == len(items)
    assert {*items}.isdisjoint(before)
    assert {*before} == {one.replaces for one in received if isinstance(one, Received)}
    assert "Deferred" == tasks.pop(first["Id"])
    assert ["Not Started"] == [*tasks.values()]
    assert [] == site.sweep().items
    assert [] == site.faults()

    third, more = run_after(site, second)
    assert {*more}.isdisjoint([*items, *before])
    assert 2 == len(more)
    assert third != second


def test_of_what_something_is_left_stays_with_people(site: Site) -> None:
    """Where a person has changed what the agent did, the agent doesn't begin anew."""
    run = site.sweep().run_id
    (task,) = site.tasks().values()
    change(site, "Task", task["Id"], Status="In Progress")
    _, items = run_after(site, run)

    assert 1 == len(items)
    assert task["WhoId"] not in {site.events(item)[0].event.record_id for item in items}  # type: ignore[union-attr]


def test_nobody_wants_them_again(site: Site) -> None:
    """Without `--again` they stay with people, until somebody says so later."""
    run = site.sweep().run_id
    _, none = run_after(site, run, again=False)
    _, both = run_after(site, run)

    assert ([], 2) == (none, len(both))


def test_the_note_tells(site: Site) -> None:
    """Those who are told of the rollback learn how many come again."""
    back(site, Selection(run=site.sweep().run_id), again=True)

    assert "Taken up afresh: 2 items." in rolling_back.incident(site.target, None, as_json=False)
