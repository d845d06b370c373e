"""What a run takes up and what it leaves: shadow, limit, one item, one run at a time."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.conftest import passes
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.salesforce.client import Credentials, SalesforceClient
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.run_events import RefusedToStart
from triage_agent.errors import AnotherOrg, RunRefused, Unavailable, WrongUsage
from triage_agent.jobs.sweep import sweep

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Kind
    from tests.jobs.conftest import Json, Site
    from triage_agent.jobs.report import RunReport

SETTLES, STOPS = {"Company": "Lind Heating"}, {"Company": "Lund Plumbing", "Email": None}


def _written(site: Site) -> Json:
    """All that can be changed from outside."""
    state = site.state()
    return {name: state[name] for name in ("salesforce", "slack")}


def _methods(request: Json) -> list[str]:
    """What a request does in Salesforce, or each of those that travelled together."""
    if request["system"] != "salesforce":
        return []
    if request["path"].rstrip("/").endswith("/composite"):
        return [part["method"] for part in request["body"]["compositeRequest"]]
    return [request["method"]]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_shadow_changes_nothing(open_site: Callable[..., Site]) -> None:
    """A shadow run judges, writes nothing anywhere, and a live run afterwards starts afresh."""
    site = open_site([SETTLES, STOPS])
    before = _written(site)
    shadow = site.sweep("shadow")
    after = _written(site)
    methods = {method for r in site.state()["requests"] for method in _methods(r)}
    posted = [r for r in site.state()["requests"] if r["path"] == "/api/chat.postMessage"]
    live = site.sweep("live")

    assert before == after
    assert ({"GET"}, []) == (methods, posted)
    assert {"settled", "escalated"} == {item.status for item in shadow.items}
    states = {a.state for i in shadow.items for a in i.actions if a.action != "draft_reply"}
    assert {"recorded", "held"} == states
    assert {i.record_id for i in shadow.items} == {i.record_id for i in live.items}
    assert {i.item_id for i in shadow.items}.isdisjoint(i.item_id for i in live.items)
    assert (1, 1) == (len(site.tasks()), len(site.messages()))


def test_a_second_shadow_run_finds_nothing_new(open_site: Callable[..., Site]) -> None:
    """What was judged in the shadow isn't judged there again."""
    site = open_site([SETTLES, STOPS])
    site.sweep("shadow")

    assert [] == site.sweep("shadow").items


def test_a_limit_defers_the_rest(open_site: Callable[..., Site]) -> None:
    """Beyond the limit items are reported as deferred, oldest first, and taken by later runs."""
    dates = [f"2026-11-19T09:00:0{n}.000+0000" for n in range(5)]
    site = open_site([{**STOPS, "CreatedDate": date} for date in dates])
    order = list(site.leads())
    runs = [site.sweep(limit=2), site.sweep(limit=2), site.sweep()]

    assert [(2, 3), (2, 1), (1, 0)] == [(r.totals.received, r.totals.deferred) for r in runs]
    assert [set(order[:2]), set(order[2:4]), {order[4]}] == [_taken(run) for run in runs]
    assert 5 == len(site.messages())


def _taken(run: RunReport) -> set[str]:
    return {item.record_id for item in run.items if item.status != "deferred"}


def test_one_item_alone(open_site: Callable[..., Site]) -> None:
    """A record's or an item's id takes up that one and leaves the others for another run."""
    site = open_site([SETTLES, STOPS, {"Company": "Third"}])
    first, second, _ = site.leads()
    by_record = site.sweep(only=first)
    shadow = site.sweep("shadow")
    (item,) = (i.item_id for i in shadow.items if i.record_id == second)
    again = site.sweep("shadow", only=item)
    rest = site.sweep()

    assert {first} == _taken(by_record)
    assert [] == again.items
    assert 2 == rest.totals.received


def test_an_unknown_item_is_named(open_site: Callable[..., Site]) -> None:
    """An id that is neither a new record nor an item is refused, with the id."""
    site = open_site([SETTLES])

    with pytest.raises(WrongUsage, match="--item 00QNOBODY: no new record and no item"):
        site.sweep(only="00QNOBODY")


def test_two_runs_at_once(open_site: Callable[..., Site], kind: Kind) -> None:
    """The second is refused, with the first one's name, and the first goes on."""
    site = open_site([SETTLES], kind=kind)
    refusals: list[RunRefused] = []

    def meanwhile(ended: int, _of: int) -> None:
        if not ended:
            with pytest.raises(RunRefused) as refused:
                site.sweep()
            refusals.append(refused.value)

    with site.parts() as parts:
        report = sweep(parts, progress=meanwhile)

    (refusal,) = refusals
    assert 3 == refusal.exit_code
    assert report.run_id in str(refusal)
    assert 1 == report.totals.settled
    first, second = (s for s in site.streams() if s.startswith("run-"))
    assert report.run_id == first
    assert RefusedToStart(reason=str(refusal)) == site.last_word(second)


def test_a_ledger_stays_with_its_org(open_site: Callable[..., Site]) -> None:
    """A ledger that began with one org refuses another, and nothing is written there."""
    one, other = open_site([SETTLES]), open_site([SETTLES])
    one.sweep()
    before = _written(other)
    with (
        other.parts() as parts,
        one.ledger() as ledger,
        pytest.raises(AnotherOrg, match="belongs to the Salesforce org"),
    ):
        sweep(replace(parts, ledger=ledger))

    assert before == _written(other)


def test_salesforce_is_down(open_site: Callable[..., Site]) -> None:
    """After a few tries the run says so and is on the ledger as broken; nothing is written."""
    site, slept = open_site([SETTLES]), list[float]()
    before = _written(site)
    nobody = Credentials(f"http://127.0.0.1:{_free_port()}", access_token="sandbox")
    client = SalesforceClient(nobody, CallLog(), passes, slept.append)
    with site.parts() as parts, pytest.raises(Unavailable, match="SALESFORCE_INSTANCE_URL") as down:
        sweep(replace(parts, salesforce=client))

    assert 1 == down.value.exit_code
    assert [0.5, 1.0, 2.0, 4.0] == slept
    assert before == _written(site)
    assert str(down.value) == _why_broken(site)


def test_slack_is_down(open_site: Callable[..., Site]) -> None:
    """The run says so and is on the ledger as broken; nothing is written."""
    site = open_site([SETTLES])
    before = _written(site)
    with site.parts() as parts:
        nobody = f"http://127.0.0.1:{_free_port()}/api/"
        slack = SlackConnector("xoxb-sandbox", nobody, "", CallLog(), passes, parts.sleep)
        with pytest.raises(Unavailable, match="SLACK_API_URL") as down:
            sweep(replace(parts, slack=slack))

    assert 1 == down.value.exit_code
    assert before == _written(site)
    assert str(down.value) == _why_broken(site)


def _why_broken(site: Site) -> str:
    (run,) = site.streams()
    last = site.last_word(run)
    assert last.kind == "Broke"
    return last.reason


def test_a_page_that_the_org_cannot_take(open_site: Callable[..., Site]) -> None:
    """A field that the org lacks stops a live run before anything is written, and names it."""
    site = open_site([SETTLES])
    before = _written(site)
    tag = site.rules.page.may["tag"].model_copy(update={"set": {"No_Such__c": "<category>"}})
    page = site.rules.page.model_copy(update={"may": {**site.rules.page.may, "tag": tag}})
    site.rules = replace(site.rules, model=replace(site.rules.model, page=page))
    with pytest.raises(WrongUsage, match=r"may\.tag\.set\.No_Such__c"):
        site.sweep()

    assert before == _written(site)
    assert "No_Such__c" in _why_broken(site)
