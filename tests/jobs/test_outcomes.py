"""What people make of the agent's work is told at the next run's start, once, on the right item."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from structlog.testing import capture_logs

from tests.jobs.conftest import Site
from triage_agent.decision.events import Outcome
from triage_agent.decision.run_events import FollowedUp, MeasuredBefore
from triage_agent.jobs.outcomes import OVERLAP
from triage_agent.jobs.sweep import sweep
from triage_agent.ledger.store import AGENT, is_item
from triage_agent.operating_model.loading import OperatingModel
from triage_agent.operating_model.outcome_rules import Seen

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from triage_agent.decision.events import Happened
    from triage_agent.operating_model.schema import Page

    OpenSite = Callable[..., Site]

MAYA, JONAS = "005000000000002AAA", "005000000000003AAA"
WORKING = "Working - Contacted"


@dataclass(frozen=True)
class Somebody:
    """A person of the org, by a session of their own."""

    site: Site
    id: str

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        headers = {"Authorization": f"Bearer sandbox-{self.id}", "Sforce-Auto-Assign": "FALSE"}
        url = f"{self.site.url}/services/data/v62.0/sobjects/{path}"
        answer = requests.request(method, url, json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def changes(self, name: str, record: str, **fields: object) -> None:
        self._ask("PATCH", f"{name}/{record}", fields)

    def makes(self, name: str, **fields: object) -> str:
        return str(self._ask("POST", name, fields)["id"])

    def deletes(self, name: str, record: str) -> None:
        self._ask("DELETE", f"{name}/{record}")

    def acts(self, **what: object) -> None:
        """Does what only the user interface can do."""
        body = {"as": self.id, **what}
        answer = requests.post(f"{self.site.url}/sandbox/people", json=body, timeout=10)
        answer.raise_for_status()


def lead(site: Site, company: str) -> str:
    """The id of a company's lead, also of one that is gone by now."""
    with site.ledger() as ledger:
        for stream in ledger.streams():
            record = ledger.story(stream).record if is_item(stream) else None
            if record and record.fields["Company"] == company:
                return record.id
    (found,) = [one["Id"] for one in site.leads().values() if one["Company"] == company]
    return str(found)


def task(site: Site, company: str) -> str:
    """The agent's own task about a lead."""
    record = lead(site, company)
    (found,) = [one["Id"] for one in site.tasks().values() if one["WhoId"] == record]
    return str(found)


def told(site: Site, company: str) -> list[Outcome]:
    """The outcomes on the streams of a lead's items, oldest item first."""
    record = lead(site, company)
    with site.ledger() as ledger:
        return [one for item in ledger.find(record) for one in outcomes_of(ledger.events(item))]


def outcomes_of(events: Sequence[Happened]) -> list[Outcome]:
    return [happened.event for happened in events if isinstance(happened.event, Outcome)]


def all_told(site: Site) -> Counter[str]:
    with site.ledger() as ledger:
        streams = ledger.streams()
        return Counter(one.name for s in streams for one in outcomes_of(ledger.events(s)))


def followed_up(site: Site, run: str) -> list[FollowedUp]:
    events = [happened.event for happened in site.events(run)]
    return [event for event in events if isinstance(event, FollowedUp)]


COMPANIES = (
    "Contacted", "Moved", "Sorted anew", "Taken", "Handed on", "Done", "Lost task", "Gone",
    "Winner", "Loser", "Converted", "Left alone",
)  # fmt: skip


@pytest.fixture(scope="module")
def followed(open_site: OpenSite) -> Site:
    """A site whose leads were triaged, then acted on by Maya in every way, then followed up."""
    site: Site = open_site([{"Company": company} for company in COMPANIES])
    site.sweep()
    maya = Somebody(site, MAYA)
    maya.makes("Task", Subject="Called them", WhoId=lead(site, "Contacted"), Status="Completed")
    maya.changes("Lead", lead(site, "Moved"), Status=WORKING)
    maya.changes("Lead", lead(site, "Sorted anew"), Triage_Category__c="partnership")
    maya.changes("Lead", lead(site, "Taken"), OwnerId=MAYA)
    owner = {t["Id"]: t["OwnerId"] for t in site.tasks().values()}[task(site, "Handed on")]
    maya.changes("Task", task(site, "Handed on"), OwnerId=JONAS if owner == MAYA else MAYA)
    maya.changes("Task", task(site, "Done"), Status="Completed")
    maya.deletes("Task", task(site, "Lost task"))
    maya.deletes("Lead", lead(site, "Gone"))
    maya.acts(merge={"winner": lead(site, "Winner"), "loser": lead(site, "Loser")})
    maya.acts(convert={"lead": lead(site, "Converted")})
    site.sweep()
    return site


@pytest.mark.parametrize(
    ("company", "names"),
    [
        ("Contacted", {"contacted"}),
        ("Moved", {"status_changed"}),
        ("Sorted anew", {"category_changed"}),
        ("Taken", {"reassigned"}),
        ("Handed on", {"task_reassigned"}),
        ("Done", {"task_closed"}),
        ("Lost task", {"task_deleted"}),
        ("Gone", {"deleted"}),
        ("Winner", set()),
        ("Loser", {"merged"}),
        ("Converted", {"converted", "status_changed"}),
        ("Left alone", set()),
    ],
)
def test_each_outcome_is_on_its_item(followed: Site, company: str, names: set[str]) -> None:
    """What a person did stands on the item of the record that they did it to, with who and when."""
    found = told(followed, company)

    assert sorted(names) == sorted(one.name for one in found)
    assert {MAYA} >= {one.by for one in found}
    now = datetime.now(UTC)
    assert all(now - timedelta(minutes=5) < one.happened_at <= now for one in found)


def test_the_record_that_shows_it_is_named(followed: Site) -> None:
    """Object, record and field are those that were looked at, with the ids of owners."""
    (done,), (taken,) = told(followed, "Done"), told(followed, "Taken")
    (handed_on,) = told(followed, "Handed on")

    assert ("Task", task(followed, "Done"), "IsClosed") == (done.object, done.record_id, done.field)
    assert ("Lead", lead(followed, "Taken")) == (taken.object, taken.record_id)
    assert taken.change
    assert MAYA == taken.change.became
    assert handed_on.change
    assert {MAYA, JONAS} >= {handed_on.change.became}
    assert handed_on.change.was != handed_on.change.became


def test_a_run_says_that_it_looked(followed: Site) -> None:
    """The run has how far back it looked and how much it found; the first had nothing to ask."""
    with followed.ledger() as ledger:
        first, second, *_ = [s for s in ledger.streams() if s.startswith("run-")]
        received = min(h.at for item in ledger.items_of(first) for h in ledger.events(item)[:1])
    (event,) = followed_up(followed, second)

    assert [] == followed_up(followed, first)
    assert 11 == event.outcomes
    assert received - OVERLAP == event.since


def test_a_third_run_adds_nothing(followed: Site) -> None:
    """What overlapping looks find twice is told once; the agent's own tags are no outcomes."""
    before = all_told(followed)
    report = followed.sweep()
    (event,) = followed_up(followed, report.run_id)

    assert before == all_told(followed)
    assert 0 == event.outcomes
    assert event.until - event.since < timedelta(hours=1)
    assert [] == followed.faults()


def test_requests_are_few_however_many_items(open_site: OpenSite) -> None:
    """Who the agent is, and one composite request: no query an item."""
    site = open_site([{"Company": f"Acme {number}"} for number in range(30)])
    site.sweep()
    before = len(site.state()["requests"])
    site.sweep()
    new = [r for r in site.state()["requests"][before:] if r["system"] == "salesforce"]
    paths = Counter(r["path"].partition("?")[0].partition("/v62.0/")[2].rstrip("/") for r in new)

    assert 1 == paths[""]
    assert 1 == paths["composite"]
    assert 2 == paths["query"]  # whose org it is, and which records are new


def test_a_run_without_items_asks_nothing(open_site: OpenSite) -> None:
    """With nothing in the page's window no request is made, and no run says that it looked."""
    site = open_site([{"Company": "Acme"}])
    site.sweep()
    site.rules = with_outcomes(site, within=timedelta(microseconds=1))
    before = len(site.state()["requests"])
    report = site.sweep()

    assert [] == followed_up(site, report.run_id)
    assert not any(r["method"] == "POST" and "composite" in r["path"]
                   for r in site.state()["requests"][before:])  # fmt: skip


def test_a_shadow_run_follows_its_own_items(open_site: OpenSite) -> None:
    """Also before the agent may write it is told what people do; a live run has its own items."""
    site = open_site([{"Company": "Acme"}])
    site.sweep("shadow")
    Somebody(site, MAYA).changes("Lead", lead(site, "Acme"), Status=WORKING)
    live = site.sweep()
    shadow = site.sweep("shadow")

    assert [] == followed_up(site, live.run_id)
    assert [1] == [event.outcomes for event in followed_up(site, shadow.run_id)]
    assert ["status_changed"] == [one.name for one in told(site, "Acme")]


def test_an_outcome_belongs_to_the_newest_item(open_site: OpenSite) -> None:
    """After a request was edited, what people do is about its new version; what was, stays."""
    site = open_site([{"Company": "Acme"}])
    (first,) = site.sweep().items
    Somebody(site, MAYA).changes("Lead", lead(site, "Acme"), Description="We want 90 seats.")
    (second,) = site.sweep().items
    Somebody(site, MAYA).changes("Lead", lead(site, "Acme"), Status=WORKING)
    site.sweep()
    with site.ledger() as ledger:
        items = [outcomes_of(ledger.events(one.item_id)) for one in (first, second)]

    assert [[], ["status_changed"]] == [[one.name for one in some] for some in items]


def test_what_is_refused_is_asked_by_the_next_run(open_site: OpenSite) -> None:
    """An org that refuses ends no run: it warns, doesn't say that it looked, and asks again."""
    site = open_site([{"Company": "Acme"}])
    site.sweep()
    Somebody(site, MAYA).changes("Lead", lead(site, "Acme"), Status=WORKING)
    rules = site.rules
    odd = {**rules.page.outcomes.seen_as, "odd": Seen(now={"Task.NoSuchField": True})}
    site.rules = with_outcomes(site, seen_as=odd)
    with capture_logs() as logs:
        refused = site.sweep()
    site.rules = rules
    report = site.sweep()

    assert ["outcomes can't be read; the next run asks again"] == [
        line["event"] for line in logs if line["log_level"] == "warning"
    ]
    assert [] == followed_up(site, refused.run_id)
    assert [1] == [event.outcomes for event in followed_up(site, report.run_id)]


def with_outcomes(site: Site, **changes: object) -> Any:  # noqa: ANN401 - the site's rules
    """The site's rules, with other outcomes on the page."""
    page: Page = site.rules.page
    outcomes = page.outcomes.model_copy(update=changes)
    return with_page(site, outcomes=outcomes)


def with_page(site: Site, **changes: object) -> Any:  # noqa: ANN401 - the site's rules
    model = site.rules.model
    other = OperatingModel(model.page.model_copy(update=changes), model.text, model.marks)
    return site.rules.__class__(**{**site.rules.__dict__, "model": other})


def before_the_agent(site: Site) -> list[MeasuredBefore]:
    events = [happened.event for happened in site.events(AGENT)]
    return [event for event in events if isinstance(event, MeasuredBefore)]


def test_response_times_before_the_agent_are_measured_once(open_site: OpenSite) -> None:
    """How soon people came to the leads of the days before the agent, from what they did."""
    hours = {"Moved": 11, "Called": 9, "Never": 12, "By the agent": 10}  # the last is now
    site = open_site(
        [
            {"Company": company, "CreatedDate": f"2026-11-19T{hour:02}:00:00.000+0000"}
            for company, hour in hours.items()
        ]
    )
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    maya = Somebody(site, MAYA)
    maya.changes("Lead", lead(site, "Moved"), Status=WORKING)
    maya.makes("Task", Subject="Called them", WhoId=lead(site, "Called"))
    site.edit(lead(site, "By the agent"), Status=WORKING)
    workflow = site.rules.page.workflow
    clock = datetime.now(UTC) + timedelta(days=2)
    site.rules = with_page(
        site, workflow=workflow.model_copy(update={"nothing_created_before": tomorrow})
    )
    for _ in range(2):
        with site.parts() as parts:
            sweep(replace(parts, clock=lambda: clock))
    (measured,) = before_the_agent(site)

    assert (4, 2) == (measured.records, measured.touched)
    assert measured.median_minutes == pytest.approx(120, abs=2)
    assert measured.ninth_decile_minutes == pytest.approx(180, abs=2)


def test_a_span_without_records_is_measured_once(open_site: OpenSite) -> None:
    """Where there was nobody before the agent, that is on record, too."""
    site = open_site([{"Company": "Acme"}])
    site.sweep()
    site.sweep()
    (measured,) = before_the_agent(site)

    assert (0, 0, None) == (measured.records, measured.touched, measured.median_minutes)
    assert timedelta(days=90) == measured.until - measured.since
