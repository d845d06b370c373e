"""Leads that come late, change, or go away while a run works on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from triage_agent.connectors.salesforce.rereading import Standing
from triage_agent.connectors.salesforce.writing import Writer
from triage_agent.jobs.sweep import sweep

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.jobs.conftest import Site
    from triage_agent.decision.item import Record
    from triage_agent.jobs.report import ItemReport, RunReport
    from triage_agent.operating_model.schema import Page

SETTLES, STOPS = {"Company": "Lind Heating"}, {"Company": "Lund Plumbing", "Email": None}
OTHER_TEXT = (
    "We have 90 technicians and look for scheduling software. "
    "Could your sales team contact us about buying it?"
)


def _swept_while(site: Site, meanwhile: Callable[[str], None], company: str) -> RunReport:
    """A run in which something happens to a lead after it was read and before it is written."""
    (lead,) = (key for key, lead in site.leads().items() if lead["Company"] == company)
    with site.parts() as parts:
        return sweep(parts, progress=lambda ended, _of: None if ended else meanwhile(lead))


def _states(item: ItemReport) -> dict[str, str]:
    ordinary = ("done", "held", "asked")
    return {action.action: action.state for action in item.actions if action.state not in ordinary}


def _how(site: Site, item: str) -> set[str]:
    events = (happened.event for happened in site.events(item))
    return {event.how for event in events if event.kind == "Overtaken"}


CHANGES: dict[str, tuple[Callable[[Site, str], None], str]] = {
    "another text": (lambda s, k: s.edit(k, Description=OTHER_TEXT), "has another Description"),
    "another company": (lambda s, k: s.edit(k, Company="Lund"), "has another Company"),
    "taken by a rep": (
        lambda s, k: s.edit(k, Status="Working - Contacted"),
        "is no longer new: Status changed",
    ),
    "deleted": (lambda s, k: s.delete(k), "was deleted"),
    "converted": (lambda s, k: s.convert(k), "is no longer new: Status, IsConverted changed"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_lead_that_changed_meanwhile_is_left_alone(
    open_site: Callable[..., Site], name: str
) -> None:
    """Neither tag nor task is written, the ledger says why, and other leads go on."""
    change, how = CHANGES[name]
    site = open_site([SETTLES, {"Company": "Stays"}])
    report = _swept_while(site, lambda lead: change(site, lead), "Lind Heating")
    (overtaken,) = (item for item in report.items if _states(item))

    assert {"tag": "overtaken", "create_task": "overtaken"} == _states(overtaken)
    assert {how} == _how(site, overtaken.item_id)
    assert (2, 0) == (report.totals.settled, report.totals.failed)
    assert [f"{i.item_id}.create_task" for i in report.items if i != overtaken] == list(
        site.tasks()
    )
    assert not any(
        lead.get("Triage_Category__c")
        for key, lead in site.leads().items()
        if key == overtaken.record_id
    )


def test_a_field_that_somebody_set_is_left_alone(open_site: Callable[..., Site]) -> None:
    """A tag that a rep wrote meanwhile stays as it is, with all of its row; the task is made."""
    site = open_site([SETTLES, {"Company": "Stays"}])
    theirs = "They bought from us in 2019."
    report = _swept_while(
        site, lambda lead: site.edit(lead, Triage_Summary__c=theirs), "Lind Heating"
    )
    (overtaken,) = (item for item in report.items if _states(item))
    leads = site.leads()
    left = leads.pop(overtaken.record_id)
    (other,) = leads.values()

    assert {"tag": "overtaken"} == _states(overtaken)
    assert {"has another Triage_Summary__c"} == _how(site, overtaken.item_id)
    assert (theirs, None) == (left["Triage_Summary__c"], left.get("Triage_Category__c"))
    assert other["Triage_Category__c"]
    assert 2 == len(site.tasks())
    assert (2, 0) == (report.totals.settled, report.totals.failed)


def test_a_merged_lead_is_left_alone(open_site: Callable[..., Site]) -> None:
    """The ledger names the lead that it went into, and that one has its own outcome."""
    site = open_site([SETTLES, {"Company": "Stays"}])
    (other,) = (key for key, lead in site.leads().items() if lead["Company"] == "Stays")
    report = _swept_while(site, lambda lead: site.merge(lead, other), "Lind Heating")
    (overtaken,) = (item for item in report.items if _states(item))

    assert {f"was merged into {other}"} == _how(site, overtaken.item_id)
    assert [other] == [task["WhoId"] for task in site.tasks().values()]


def test_another_text_is_taken_up_by_the_next_run(open_site: Callable[..., Site]) -> None:
    """The new version is an item of its own, linked to the old one, with the one task."""
    site = open_site([SETTLES])
    (first,) = _swept_while(
        site, lambda lead: site.edit(lead, Description=OTHER_TEXT), "Lind Heating"
    ).items
    (second,) = site.sweep().items
    received = site.events(second.item_id)[0].event

    assert received.kind == "Received"
    assert first.item_id == received.replaces
    assert [f"{second.item_id}.create_task"] == list(site.tasks())


def test_what_does_not_matter_changes_nothing(open_site: Callable[..., Site]) -> None:
    """A synchronised score or another phone number is no reason to leave a lead alone."""
    site = open_site([SETTLES])
    (item,) = _swept_while(site, lambda lead: site.edit(lead, Phone="1"), "Lind Heating").items

    assert {} == _states(item)
    assert 1 == len(site.tasks())


def test_a_stop_stands_whatever_becomes_of_the_lead(open_site: Callable[..., Site]) -> None:
    """A person is told of a request that stopped, also when its lead was deleted meanwhile."""
    site = open_site([STOPS])
    (item,) = _swept_while(site, site.delete, "Lund Plumbing").items

    assert ("escalated", {"tag": "overtaken"}) == (item.status, _states(item))
    assert [f"{item.item_id}.escalate"] == list(site.messages())


class Late(Writer):
    """A connector between whose look and whose write something happens."""

    def __init__(self, whole: Writer, meanwhile: Callable[[str], None]) -> None:
        self._whole, self._meanwhile, self._happened = whole, meanwhile, False
        self.prepared = whole.prepared  # type: ignore[method-assign]
        self.check = whole.check  # type: ignore[method-assign]
        self.write = whole.write  # type: ignore[method-assign]
        self.find = whole.find  # type: ignore[method-assign]

    def standing(self, page: Page, records: Sequence[Record]) -> dict[str, Standing]:
        """Looks; after the first look something happens to the first record."""
        found = self._whole.standing(page, records)
        if not self._happened:
            self._happened = True
            self._meanwhile(records[0].id)
        return found


@pytest.mark.parametrize("name", ["deleted", "converted"])
def test_a_lead_that_goes_away_at_the_last_moment(
    open_site: Callable[..., Site], name: str
) -> None:
    """The org refuses its rows; the next look tells why, and nothing is tried for ever."""
    site = open_site([SETTLES])
    change, how = CHANGES[name]
    with site.parts() as parts:
        late = Late(parts.writer, lambda lead: change(site, lead))
        (item,) = sweep(replace(parts, writer=late)).items

    assert ("settled", {"tag": "overtaken", "create_task": "overtaken"}) == (
        item.status,
        _states(item),
    )
    assert {how} == _how(site, item.item_id)
    assert {} == site.tasks()
    assert [] == site.sweep().items


def _stamp(days: int) -> str:
    """A moment so many days ago, as the org writes it."""
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%S.000+0000}"


def _taken(report: RunReport) -> list[str]:
    return [item.record_id for item in report.items]


def _only(site: Site, company: str) -> str:
    (found,) = (key for key, lead in site.leads().items() if lead["Company"] == company)
    return found


NEWEST = {"Company": "Newest", "CreatedDate": _stamp(0)}
"""What the dates of a lead file are counted from."""


def test_a_lead_that_appears_with_an_old_creation_date(open_site: Callable[..., Site]) -> None:
    """A lead that was created long ago, and is seen only now, is taken up."""
    created = _stamp(60)
    old = {"Company": "Old", "CreatedDate": created, "SystemModstamp": created}
    site = open_site([NEWEST, old])
    first = site.sweep()
    site.edit(_only(site, "Old"), Phone="2")  # an import touches it
    second = site.sweep()

    assert [_only(site, "Newest")] == _taken(first)
    assert [_only(site, "Old")] == _taken(second)


def test_a_lead_that_becomes_new_later(open_site: Callable[..., Site]) -> None:
    """A lead that a rep gives back to the queue is taken up then, however old it is."""
    site = open_site([NEWEST, {"Company": "Later", "Status": "Working - Contacted"}])
    first = site.sweep()
    site.edit(_only(site, "Later"), Status="Open - Not Contacted")
    second = site.sweep()

    assert [_only(site, "Newest")] == _taken(first)
    assert [_only(site, "Later")] == _taken(second)
    assert 2 == len(site.tasks())


def test_a_lead_from_before_the_agents_time(open_site: Callable[..., Site]) -> None:
    """What was created before the page's date stays with people, also when it is touched."""
    site = open_site([NEWEST, {"Company": "Backlog", "CreatedDate": _stamp(10)}])
    _begin(site, 5)
    first = site.sweep()
    site.edit(_only(site, "Backlog"), Description=OTHER_TEXT)

    assert [_only(site, "Newest")] == _taken(first)
    assert [] == site.sweep().items


def test_shadow_then_live(open_site: Callable[..., Site]) -> None:
    """Going live starts afresh for what was created since the page's date; the rest stays."""
    site = open_site([NEWEST, {"Company": "Judged", "CreatedDate": _stamp(10)}])
    shadow = site.sweep("shadow")
    _begin(site, 5)
    live = site.sweep()
    fresh = {item.item_id for item in live.items}

    assert {_only(site, "Newest"), _only(site, "Judged")} == {*_taken(shadow)}
    assert [_only(site, "Newest")] == _taken(live)
    assert fresh.isdisjoint(item.item_id for item in shadow.items)
    assert [f"{item}.create_task" for item in fresh] == list(site.tasks())


def _begin(site: Site, days: int) -> None:
    """Lets the agent's time begin so many days ago."""
    model = site.rules.model
    first = (datetime.now(UTC) - timedelta(days=days)).date()
    workflow = model.page.workflow.model_copy(update={"nothing_created_before": first})
    page: Any = model.page.model_copy(update={"workflow": workflow})
    site.rules = replace(site.rules, model=replace(model, page=page))
