"""A ledger on disk, and one example of every event, each with all of its fields filled."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text

from tests.conftest import KINDS, Kind, NewLedger
from tests.postgres import Cluster
from triage_agent.decision import (
    batch_events,
    events,
    review_events,
    rollback_events,
    run_events,
    weekly,
)
from triage_agent.decision.actions import (
    Again,
    Approval,
    HandOver,
    PostHandOver,
    Reason,
    UpdateRecord,
)
from triage_agent.decision.assessment import Assessment, Claim, Flag
from triage_agent.decision.events import Event
from triage_agent.decision.item import Record
from triage_agent.decision.stops import Stop
from triage_agent.ledger.store import Ledger

LEAD = Record(object="Lead", id="00Q000000000001AAA", fields={"Company": "Müller & Søn", "N": 3})
HAND_OVER = HandOver(
    headline="Müller & Søn",
    assignee="U0MAYA00002",
    who=(("Company", "Müller & Søn"),),
    reply="Email ada@northwind.example.",
    records=("Account 001: Prospect",),
    reasons=(Reason(words="Legal.", quote="we will sue", fact=None),),
    request="We will sue.",
    wants="Threatens to sue.",
    done="Nothing.",
    next_step="Call them.",
    item_id="abc",
    record_id=LEAD.id,
    page="version 1",
)
ASSESSMENT = Assessment(
    category="demo_request",
    confidence=0.9,
    summary="Wants a demo.",
    language="en",
    flags=(Flag(rule="restricted_topic.legal", quote="sue", reason="a threat"),),
    claims=(Claim(claim="is_customer", quote="as your customer"),),
)
MOMENT = datetime(2026, 11, 23, 9, 30, 15, 123456, tzinfo=UTC)
APPROVAL = Approval(
    action=UpdateRecord(
        name="set_status", object="Lead", record_id=LEAD.id, fields={"Status": "Working"}
    ),
    was={"Status": "Open"},
    headline="Müller & Søn",
    wants="Wants a demo.",
    draft="Hello.",
    item_id="abc",
    record_id=LEAD.id,
    who="sales_development",
    names="Maya Lindqvist, Jonas Weber",
    team="sales_development",
    page="version 1",
    sections="s" * 64,
    expires_at=MOMENT,
    again=Again(user="U0MAYA00002", reason="Status changed"),
    nonce="n" * 32,
)
CALL = events.Call(
    purpose="assess",
    key="k" * 64,
    asked="model-1",
    answered_by="model-1-2026",
    outcome="answered",
    input_tokens=10,
    cached_tokens=5,
    output_tokens=3,
    cost_usd=0.00012,
    seconds=0.25,
)
EXAMPLES: dict[str, Event] = {
    event.kind: event
    for event in (
        events.Received(
            mode="live",
            object="Lead",
            record_id=LEAD.id,
            replaces="earlier",
            came_by="Web",
            record=LEAD,
            before={"Status": "Open"},
        ),
        events.Read(looked_at=("Contact by Email",), record_ids=("003",), related=(LEAD,)),
        events.ModelCalled(call=CALL, answer='{"category": "demo_request"}'),
        events.Assessed(category="demo_request", confidence=0.9, assessment=ASSESSMENT),
        events.Stopped(
            rules=(
                events.FiredRule(
                    rule="restricted_topic", topic="legal", source="floor", order=True
                ),
            ),
            stops=(Stop(rule="restricted_topic", topic="legal", quote="we will sue", order=True),),
        ),
        events.Drafted(action="draft_reply", words=2, text="Dear Ms Müller"),
        events.Planned(
            names=("tag", "escalate"),
            category="unclear",
            hand_overs=("escalate",),
            actions=(
                UpdateRecord(
                    name="tag", object="Lead", record_id=LEAD.id, fields={"Triage_Category__c": "x"}
                ),
                PostHandOver(name="escalate", team="sales_development", hand_over=HAND_OVER),
            ),
        ),
        events.Permitted(action="tag", line="may.tag (operating_model.yaml:92)"),
        events.Refused(action="tag", line="may.tag (operating_model.yaml:92)", reason="not so"),
        events.Intended(action="tag", key="abc.tag", system="salesforce", approval="a" * 64),
        events.Done(action="tag", key="abc.tag", reference=LEAD.id, found=True),
        events.Failed(action="tag", code="ROW_LOCKED", reason="Salesforce refused the row"),
        events.NotFound(action="tag", key="abc.tag"),
        events.Unclear(action="tag", key="abc.tag", reason="slack: not let in (invalid_auth)"),
        events.Outcome(
            name="status_changed",
            object="Lead",
            record_id=LEAD.id,
            happened_at=MOMENT,
            by="005000000000002AAA",
            field="Status",
            change=events.Change(was="Open", became="Working"),
            kept=0.875,
        ),
        review_events.Claimed(
            by="Maya Lindqvist", login="maya", slack="U0MAYA00002", salesforce="005000000000002AAA"
        ),
        review_events.Released(
            by="Maya Lindqvist",
            login="maya",
            slack="U0MAYA00002",
            salesforce="005000000000002AAA",
            category="demo_request",
        ),
        review_events.Corrected(
            by="Maya Lindqvist",
            login="maya",
            slack="U0MAYA00002",
            salesforce="005000000000002AAA",
            wrong="category",
            category="partnership",
            note="They resell.",
        ),
        review_events.Rejected(
            by="Maya Lindqvist",
            login="maya",
            slack="U0MAYA00002",
            salesforce="005000000000002AAA",
            action="set_status",
            reason="Spam.",
        ),
        review_events.Asked(
            action="set_status",
            number=2,
            who="sales_development",
            digest=APPROVAL.digest,
            expires_at=MOMENT,
            approval=APPROVAL,
        ),
        review_events.Approved(
            by="Maya Lindqvist",
            login="maya",
            slack="U0MAYA00002",
            salesforce="005000000000002AAA",
            action="set_status",
            digest="a" * 64,
        ),
        review_events.Edited(
            by="Maya Lindqvist",
            login="maya",
            slack="U0MAYA00002",
            salesforce="005000000000002AAA",
            action="set_status",
            was="b" * 64,
            digest="a" * 64,
            approval=APPROVAL,
        ),
        review_events.Expired(action="set_status", digest="a" * 64),
        review_events.Voided(action="set_status", digest="a" * 64, reason="Status changed"),
        review_events.Reminded(action="escalate", to="sales_development"),
        review_events.FellBack(action="escalate", by="Maya Lindqvist", slack="U0MAYA00002"),
        review_events.Shown(action="escalate", decisions=1),
        rollback_events.RollbackStarted(
            by="Dana Reyes",
            login="dana",
            slack="U0DANA00001",
            salesforce="005000000000009AAA",
            selection="run run-1",
            reason="odd tags",
            found="A rep asked.",
            items=60,
        ),
        rollback_events.RollbackFinished(undone=170, left=4, failed=1),
        rollback_events.Withdrawn(
            by="Dana Reyes", login="dana", slack="U0DANA00001", salesforce="005000000000009AAA"
        ),
        rollback_events.Requeued(
            by="Dana Reyes", login="dana", slack="U0DANA00001", salesforce="005000000000009AAA"
        ),
        rollback_events.Reversed(
            action="tag", key="abc.undo.tag.1", fields=("Triage_Category__c",), found=True
        ),
        rollback_events.LeftAsIs(
            action="tag",
            key="abc.undo.tag.1",
            fields=("Triage_Summary__c",),
            reason="it was changed since",
        ),
        events.Erased(by="Dana Reyes", login="dana", texts=7),
        events.Overtaken(action="tag", key="abc.tag", how="was deleted"),
        run_events.Started(
            mode="live",
            page_version=4,
            page_sha256="p" * 64,
            prompts_sha256="q" * 64,
            model="model-1",
            unfinished=2,
            reads={"Lead": ("Company", "Email")},
        ),
        run_events.Listening(page_version=4, page_sha256="p" * 64),
        run_events.Called(
            system="slack", method="POST", path="/api/auth.test", status=200, seconds=0.1
        ),
        run_events.Finished(
            received=6,
            settled=3,
            escalated=1,
            failed=1,
            deferred=1,
            refused=2,
            allowance=run_events.Allowance(used=4560, of=5000),
            done={"create_task": 3, "set_status": 0, "tag": 4},
        ),
        batch_events.HandedOut(items=("item-1", "item-2"), before=200, of=250),
        batch_events.GivenUp(times=3, reason="it broke: ValueError", alone=("run-1.1.0",)),
        run_events.RefusedToStart(reason="the agent is paused"),
        run_events.FollowedUp(since=MOMENT, until=MOMENT, outcomes=2),
        run_events.MeasuredBefore(
            since=MOMENT,
            until=MOMENT,
            records=40,
            touched=30,
            median_minutes=95.0,
            ninth_decile_minutes=3000.0,
        ),
        run_events.Anchored(
            events=1200,
            streams=90,
            last=1234,
            digest="d" * 64,
            by="Dana Reyes",
            reason="restored from the backup of Monday",
            accepted=("item-1: 2 events are missing",),
        ),
        run_events.Verified(
            events=1200, streams=90, found=1, faults=("item-1 event 3: …",), seconds=0.5
        ),
        weekly.SummaryPosted(
            week="2026-W47",
            to="owner",
            reference="D0DANA00001/1.2",
            mode="live",
            figures={"escalated": 14.0, "stopped": 0.125, "cost": None},
        ),
        weekly.Reviewed(
            by="Dana Reyes",
            login="dana",
            slack="U0DANA00001",
            salesforce="005000000000009AAA",
            week="2026-W47",
        ),
        run_events.TextsExpired(before=MOMENT, texts=40),
        run_events.PageKept(version=5, sha256="p" * 64, text="workflow:\n"),
        run_events.Cleared(
            evaluated_at=MOMENT,
            by="dana",
            page_sha256="p" * 64,
            trials=3,
            scores={"must_escalate": 0.97},
        ),
        run_events.NotCleared(reasons=("the prompts changed since 2026-11-20",)),
        run_events.PageTried(
            login="dana",
            selection="run run-1",
            version=5,
            page_sha256="p" * 64,
            items=60,
            differ=12,
            untold=1,
        ),
        rollback_events.Rejudged(version=5, page_sha256="p" * 64),
        run_events.PageChanged(
            version=5,
            was_version=4,
            page_sha256="p" * 64,
            was_page_sha256="o" * 64,
            prompts_sha256="q" * 64,
            was_prompts_sha256="q" * 64,
        ),
        run_events.Broke(reason="slack: can't be reached (CONNECT)"),
        events.Held(action="set_status", line="may.set_status.ask", who="sales_development"),
        run_events.Blocked(system="slack", method="POST", path="/api/files", reason="no method"),
        run_events.Paused(by="Dana Reyes", reason="odd tags"),
        run_events.Resumed(
            by="Dana Reyes",
            login="dana",
            checklist=(run_events.Answer(question="What went wrong?", answer="A pattern."),),
        ),
        run_events.ExcessAllowed(login="dana", excess=("may edit Account",)),
    )
}


@pytest.fixture(scope="session")
def examples() -> Mapping[str, Event]:
    """One event of every kind, by kind."""
    return EXAMPLES


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> Event:
    """Each kind of event in turn."""
    return EXAMPLES[request.param]


@pytest.fixture(scope="session")
def moment() -> datetime:
    return MOMENT


@dataclass(frozen=True)
class Kept:
    """A ledger's database, for somebody who doesn't know our code."""

    url: str

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What it says."""
        with self.begun() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def change(self, statement: str) -> None:
        """Changes it behind the ledger's back."""
        with self.begun() as connection:
            connection.execute(text(statement))

    @contextmanager
    def begun(self) -> Iterator[Connection]:
        """A transaction."""
        url = self.url.replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            yield connection


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of database in turn."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def database(request: pytest.FixtureRequest, kind: Kind, new_ledger: NewLedger) -> Kept:
    """Where the test's ledger lies."""
    if kind == "sqlite":
        return Kept(new_ledger(kind))
    cluster: Cluster = request.getfixturevalue("cluster")
    return Kept(cluster.emptied_database())


@pytest.fixture
def ledger(database: Kept) -> Iterator[Ledger]:
    with closing(Ledger.open(database.url)) as opened:
        yield opened
