"""What a run does for the record: it checks what it builds on, anchors, verifies, forgets."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import HOME
from triage_agent import custody, holding
from triage_agent.decision import events, run_events
from triage_agent.decision.run_events import PageChanged, Verified
from triage_agent.errors import NotWhole, Paused
from triage_agent.jobs.sweep import sweep
from triage_agent.ledger.anchors import AnchorFile
from triage_agent.ledger.store import AGENT
from triage_agent.operating_model.loading import load

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.jobs.conftest import Site
    from triage_agent.decision.item import Mode
    from triage_agent.jobs.report import RunReport

LEADS: list[dict[str, Any]] = [{"Company": "Buyer"}, {"Company": "Nobody", "Email": None}]
DAY = timedelta(days=1)


def run(site: Site, mode: Mode = "live", *, after: timedelta = timedelta()) -> RunReport:
    """A run as it would be some time later."""
    with site.parts(mode) as parts:
        return sweep(replace(parts, clock=lambda: datetime.now(UTC) + after))


def anchors_to(site: Site, *names: str) -> None:
    """Has the site's page want its anchors told to these."""
    page = site.rules.page
    logs = page.logs.model_copy(update={"anchors_to": [*names]})
    model = replace(site.rules.model, page=page.model_copy(update={"logs": logs}))
    site.rules = replace(site.rules, model=model)


def tamper(site: Site, *statements: str) -> None:
    """Changes the ledger behind its back."""
    with closing(sqlite3.connect(site.target.folder / "ledger.db")) as database, database:
        for statement in statements:
            database.execute(statement)


def written(site: Site) -> list[str]:
    """The requests of this site that changed anything."""
    requests = site.state()["requests"]
    return [r["path"] for r in requests if "chat." in r["path"] or r["method"] == "PATCH"]


TAMPERED = {
    "the pause was taken off": (
        ("DELETE FROM events WHERE kind = 'Verified'",),
        r"agent event \d: it isn't what was anchored, or is missing",
    ),
    "an item is gone without a trace": (
        (
            "DELETE FROM events WHERE stream = (SELECT max(stream) FROM items)",
            "DELETE FROM payloads WHERE stream = (SELECT max(stream) FROM items)",
            "DELETE FROM streams WHERE id = (SELECT max(stream) FROM items)",
            "DELETE FROM items WHERE stream = (SELECT max(stream) FROM items)",
        ),
        r"event \d+: it isn't what was anchored, or is missing",
    ),
    "the last run tells something else": (
        ("UPDATE events SET at = at + 1 WHERE kind = 'Finished'",),
        r"run-.* event \d+: it isn't what was sealed here",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_ledger_that_is_not_what_it_was_stops_the_agent(
    open_site: Callable[..., Site], how: str
) -> None:
    """The next run is refused with exit code 3, says why, pauses the agent and tells its owner."""
    site = open_site(LEADS)
    run(site)
    statements, why = TAMPERED[how]
    tamper(site, *statements)
    with pytest.raises(NotWhole, match=why) as refused:
        run(site)
    last = site.last_word(site.streams()[-1])
    told = site.state()["slack"]["D0DANA00001"]
    with pytest.raises(Paused):
        run(site)

    assert 3 == refused.value.exit_code
    assert "ledger anchor --reason" in str(refused.value)
    assert run_events.RefusedToStart(reason=str(refused.value)) == last
    assert ["The agent has paused itself: the ledger isn't what it was"] == [
        message["text"].split(":")[0] + ":" + message["text"].split(":")[1] for message in told
    ]


def test_somebody_lets_it_stand(open_site: Callable[..., Site]) -> None:
    """Anchored anew by a person with a reason, and resumed, the agent goes on."""
    site = open_site(LEADS)
    for name in ("operating_model.yaml", "prompts"):
        (site.project / name).symlink_to(HOME / name)
    run(site)
    tamper(site, "UPDATE events SET at = at + 1 WHERE kind = 'Finished'")
    with pytest.raises(NotWhole):
        run(site)
    anchor = custody.anchor(site.target, "dana", "a slip of the administrator's")
    holding.resume(site.target, "dana", lambda questions: ["done"] * len(questions))
    report = run(site)

    assert ("Dana Reyes", 1) == (anchor.anchored.by, len(anchor.anchored.accepted))
    assert 0 == report.totals.received
    assert () == custody.verify(site.target).faults


def test_an_unfinished_item_is_checked(open_site: Callable[..., Site]) -> None:
    """What a run would go on with isn't built on once its text was changed."""
    site = open_site(LEADS)
    report = run(site)
    item = next(one.item_id for one in report.items if one.status == "settled")
    told: list[tuple[str, events.Event]] = [
        (item, events.Planned(names=("tag",), category="unclear")),
        (item, events.Permitted(action="tag", line="may.tag")),
        (item, events.Failed(action="tag", code="X", reason="no")),
    ]
    with site.ledger() as ledger:
        ledger.append(report.run_id, datetime.now(UTC), told)
    tamper(site, "UPDATE events SET at = at + 1 WHERE kind = 'Drafted'")
    with pytest.raises(NotWhole, match=rf"{item} event \d+: it isn't what was sealed here"):
        run(site)


def test_the_file_of_anchors_can_not_be_taken_away(open_site: Callable[..., Site]) -> None:
    """A ledger that was anchored in a file isn't built on without it."""
    site = open_site(LEADS)
    run(site)
    (site.target.folder / "ledger.db-anchors.jsonl").unlink()
    with pytest.raises(NotWhole, match=r"anchors.jsonl: this file of anchors is missing"):
        run(site)


def test_anchors_are_told_where_the_page_says(open_site: Callable[..., Site]) -> None:
    """In the file at each run's end, to people once a day; in neither where the page names none."""
    site = open_site(LEADS)
    anchors_to(site, "file", "owner")
    zone = site.rules.page.workflow.time.zone
    now = datetime.now(zone)
    noon = now.replace(hour=12, minute=0) + DAY - now  # two runs an hour apart are on one day
    for hours in (0, 24, 25, 48):
        run(site, after=noon + timedelta(hours=hours))
    with site.ledger() as ledger:
        file = AnchorFile.of(ledger, site.rules.page)
        assert file
        kept = list(file.all())
    texts = (message["text"] for message in site.state()["slack"]["D0DANA00001"])
    told = [text for text in texts if text.startswith("the anchor of")]  # not what waits for her
    quiet = open_site(LEADS)
    anchors_to(quiet, "deputy")
    for days in range(3):
        run(quiet, "shadow", after=days * DAY)

    assert 4 == len(kept)
    assert 2 == len(told)
    assert f"{kept[1].anchored.events:,} events in {kept[1].anchored.streams:,} streams" in told[0]
    assert kept[1].anchored.digest in told[0]
    assert kept[3].anchored.digest in told[1]
    assert not (quiet.target.folder / "ledger.db-anchors.jsonl").exists()
    assert not any(quiet.state()["slack"].values())  # in shadow the owner alone is told anything


def test_an_anchor_that_can_not_be_told_stops_nobody(open_site: Callable[..., Site]) -> None:
    """Where Slack refuses, the run ends as it would have, and the next one tells it."""
    site = open_site(
        LEADS, faults="faults: [{fault: server_error, path: chat.postMessage, rate: 1}]"
    )
    anchors_to(site, "file", "owner")
    run(site, "shadow")
    report = run(site, "shadow", after=DAY)

    assert 0 == report.totals.failed
    assert "Finished" in [h.event.kind for h in site.events(report.run_id)]


def test_all_of_it_is_verified_once_a_week(open_site: Callable[..., Site]) -> None:
    """The first run of a week checks every event; what it finds pauses the agent."""
    site = open_site(LEADS)
    for days in (0, 0, 7, 7):
        run(site, after=days * DAY)
    tamper(site, "UPDATE events SET at = at + 1 WHERE kind = 'Drafted'")
    run(site, after=14 * DAY)
    with site.ledger() as ledger:
        told = [h.event for h in ledger.told(AGENT, "Verified", "Paused")]
    *whole, broken, paused = told

    assert [0, 0] == [event.found for event in whole if isinstance(event, Verified)]
    assert isinstance(broken, Verified)
    assert 1 == broken.found
    assert isinstance(paused, run_events.Paused)
    assert broken.faults[0] in paused.reason


def test_texts_expire_as_the_page_says(open_site: Callable[..., Site]) -> None:
    """Texts older than the page keeps them are gone; what happened stays, and checks."""
    site = open_site(LEADS)
    report = run(site)
    run(site, after=399 * DAY)
    kept = [site.events(item.item_id)[0].event for item in report.items]
    run(site, after=402 * DAY)
    gone = [site.events(item.item_id)[0].event for item in report.items]
    with site.ledger() as ledger:
        expired = [h.event for h in ledger.told(AGENT, "TextsExpired")]

    assert [True, True] == [isinstance(e, events.Received) and bool(e.record) for e in kept]
    assert [True, True] == [isinstance(e, events.Received) and not e.record for e in gone]
    assert 1 == len(expired)
    assert [] == site.faults()
    assert {"settled": 1, "escalated": 1} == _counts(site)


def _counts(site: Site) -> dict[str, int]:
    with site.ledger() as ledger:
        return ledger.counts("live")


def test_another_page_is_on_record(open_site: Callable[..., Site]) -> None:
    """A run by another page than the one before says so, once, and both pages are kept."""
    site = open_site(LEADS)
    before = site.rules.model.sha256
    run(site)
    another = load(f"{site.rules.model.text}# Changed.\n")
    site.rules = replace(site.rules, model=another)
    run(site)
    run(site)
    with site.ledger() as ledger:
        (changed,) = [h.event for h in ledger.told(AGENT, "PageChanged")]
        kept = [h.event.text for h in ledger.told(AGENT, "PageKept") if h.event.kind == "PageKept"]

    assert isinstance(changed, PageChanged)
    assert (before, another.sha256) == (changed.was_page_sha256, changed.page_sha256)
    assert [another.text.removesuffix("# Changed.\n"), another.text] == kept


LOST = """
faults:
  - {fault: cut, carried_out: true, path: chat.postMessage, at: 1}
  - {fault: server_error, path: conversations.history, at: 1}
  - {fault: server_error, path: conversations.history, at: 2}
  - {fault: server_error, path: conversations.history, at: 3}
  - {fault: server_error, path: conversations.history, at: 4}
  - {fault: server_error, path: conversations.history, at: 5}
"""


def test_what_can_not_be_found_out_is_shown_and_then_resolved(
    open_site: Callable[..., Site],
) -> None:
    """A message that may have been posted is unclear in the report; a later run finds it."""
    site = open_site([{"Company": "Nobody", "Email": None}], faults=LOST)
    report = run(site)
    (item,) = report.items
    unclear = [h.event for h in site.events(item.item_id)][-1]
    later = run(site)
    told = [h.event.kind for h in site.events(item.item_id)]

    assert isinstance(unclear, events.Unclear)
    assert "escalate" == unclear.action
    assert "failed" == item.status
    assert "it can't be found out whether this happened: escalate" == item.failure
    assert "unclear" in [action.state for action in item.actions]
    assert "escalated" == later.items[0].status
    assert 1 == len(site.messages())
    assert ["Unclear", "Done"] == told[-2:]


def test_an_open_message_of_a_run_that_died_is_looked_up(open_site: Callable[..., Site]) -> None:
    """The message for further hand-overs is found, or found missing, by the run that follows."""
    site = open_site(LEADS)
    first = run(site)
    with site.ledger() as ledger:
        meant = events.Intended(action="sales_development.thread", key="k", system="slack")
        ledger.append(first.run_id, datetime.now(UTC), [(first.run_id, meant)])
    run(site)
    told = [h.event for h in site.events(first.run_id)]

    thread = "sales_development.thread"
    assert events.NotFound(action=thread, key=f"{first.run_id}.{thread}") in told
