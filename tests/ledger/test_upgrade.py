"""A ledger of the first release is upgraded: nothing is lost, and all of it is sealed anew."""

import json
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from importlib import import_module
from itertools import zip_longest
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import inspect, text

from tests.conftest import Kind, NewLedger
from tests.ledger.conftest import CALL, EXAMPLES, MOMENT, Kept
from tests.ledger.history import SETTLED, drafted, received
from tests.ledger.old_format import OldLedger, make_tables
from tests.postgres import Cluster
from triage_agent.decision import events
from triage_agent.decision.events import Event, Happened
from triage_agent.decision.story import Story
from triage_agent.decision.values import private_fields
from triage_agent.ledger import migrations
from triage_agent.ledger.chain import check
from triage_agent.ledger.erasure import expire
from triage_agent.ledger.migrate import NEWEST
from triage_agent.ledger.projection import projected, unlike_events
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.verify import verify

pytestmark = pytest.mark.long


@pytest.fixture
def database(request: pytest.FixtureRequest, kind: Kind, new_ledger: NewLedger) -> Kept:
    """A database without tables."""
    if kind == "sqlite":
        return Kept(new_ledger(kind))
    cluster: Cluster = request.getfixturevalue("cluster")
    return Kept(cluster.new_database(template="template1"))


def revision(database: Kept) -> str:
    ((found,),) = database.rows("SELECT version_num FROM alembic_version")
    return str(found)


def _called(cost: float | None) -> Event:
    return events.ModelCalled(call=CALL.model_copy(update={"cost_usd": cost}))


def _stopped(*rules: str) -> Event:
    """Of each rule, or `rule.topic`; of legal matters by an order to the agent."""
    fired = (
        events.FiredRule(rule=rule, topic=topic or None, source="floor", order=topic == "legal")
        for rule, _, topic in (one.partition(".") for one in rules)
    )
    return events.Stopped(rules=tuple(fired))


WRITTEN = datetime(2026, 9, 1, 10, 0, tzinfo=timezone(timedelta(hours=2)))
OLD_STORIES: dict[str, tuple[Event, ...]] = {
    "settled": (received("1", "Müller & Søn\u2028\n"), drafted("Dear you"), SETTLED),
    "open": (received("2", "We ask."),),
    "shadow": (received("3", "We ask.", "shadow"), SETTLED),
    "escalated": (
        received("4", "We will sue."),
        EXAMPLES["Stopped"],
        EXAMPLES["Planned"],
        events.Permitted(action="escalate", line="may.escalate"),
        events.Intended(action="escalate", key="k", system="slack"),
        events.Done(action="escalate", key="k", reference="C1 1.2"),
    ),
    "erased": (received("5", "ada@northwind.example"), SETTLED),
}
STATUSES = {
    "settled": "settled",
    "open": "open",
    "shadow": "settled",
    "escalated": "escalated",
    "erased": "settled",
}


def old_ledger(database: Kept) -> None:
    """What the first release left: five items, two runs in turn; the texts of one are gone."""
    with database.begun() as connection:
        make_tables(connection)
        old = OldLedger(connection)
        for number, steps in enumerate(zip_longest(*OLD_STORIES.values())):
            run, at = f"run-{number % 2}", WRITTEN + timedelta(minutes=number)
            new = [(item, step) for item, step in zip(OLD_STORIES, steps, strict=True) if step]
            old.append(run, at, new)
        old.append("run-0", WRITTEN, [("run-0", EXAMPLES["Called"])] * 1100)
        for item, told in OLD_STORIES.items():
            happened = [Happened(at=WRITTEN, run="", event=step) for step in told]
            old.project(item, Story.of(happened))
        old.erase("erased")
        connection.execute(text("INSERT INTO belongs_to VALUES ('Salesforce org', '00D1')"))


def without_texts(steps: Iterable[Event]) -> list[Event]:
    return [step.model_copy(update=dict.fromkeys(private_fields(type(step)))) for step in steps]


def test_an_old_ledgers_events_come_out_the_same(database: Kept) -> None:
    """With their texts, moments and runs; what had no text any more has none."""
    old_ledger(database)
    with closing(Ledger.open(database.url)) as ledger:
        kept = {item: [one.event for one in ledger.events(item)] for item in OLD_STORIES}
        first = [(one.at, one.run) for one in ledger.events("settled")]

        assert {**OLD_STORIES, "erased": without_texts(OLD_STORIES["erased"])} == {
            item: tuple(told) if item != "erased" else told for item, told in kept.items()
        }
        assert [(WRITTEN + timedelta(minutes=n), f"run-{n % 2}") for n in range(3)] == first
        assert [EXAMPLES["Called"]] * 1100 == [one.event for one in ledger.events("run-0")]
        assert [*OLD_STORIES, "run-0"] == ledger.streams()


def test_an_old_ledgers_items_come_out_the_same(database: Kept) -> None:
    """Their rows say what their events say, and whose ledger it is."""
    old_ledger(database)
    with closing(Ledger.open(database.url)) as ledger:
        stories = {item: ledger.story(item).status for item in OLD_STORIES}

        assert STATUSES == stories
        assert "00D1" == ledger.identity("Salesforce org")
        assert ["open"] == ledger.unfinished("live")
        assert [("escalated", 6)] == ledger.waiting("live")
    assert [
        ("settled", "1", "live", "settled", 3, 0),
        ("open", "2", "live", "open", 1, 0),
        ("shadow", "3", "shadow", "settled", 2, 0),
        ("escalated", "4", "live", "escalated", 6, 1),
        ("erased", "5", "live", "settled", 2, 0),
    ] == database.rows(
        "SELECT name, record_id, mode, status, length, waits FROM items "
        "JOIN streams ON id = stream ORDER BY id",
    )


def test_an_old_ledgers_chain_is_sealed_anew(database: Kept) -> None:
    """It checks as a new one does, and names the texts that went without a word."""
    old_ledger(database)
    with closing(Ledger.open(database.url)) as ledger:
        faults = verify(ledger, None).faults

        assert ("erased event 0: its private text is missing, without an erasure",) == faults
        assert [] == [fault for item in OLD_STORIES for fault in check(ledger.sealed(item))]


def test_an_upgraded_ledger_goes_on(database: Kept) -> None:
    """Opening again changes nothing; new events follow the old ones; old texts expire as others."""
    old_ledger(database)
    with closing(Ledger.open(database.url)) as ledger:
        before = database.rows("SELECT * FROM events ORDER BY number")
        Ledger.open(database.url).close()
        again = database.rows("SELECT * FROM events ORDER BY number")
        ledger.append("run-2", MOMENT, [("open", SETTLED), ("new", received("7"))])
        expire(ledger, MOMENT, MOMENT)

        assert before == again
        assert () == verify(ledger, None).faults
        assert NEWEST == revision(database)


def test_an_old_escalation_stays_one_without_its_texts(database: Kept) -> None:
    """Which action hands an item over stood in the plan's private part alone."""
    old_ledger(database)
    with closing(Ledger.open(database.url)) as ledger:
        expire(ledger, MOMENT, MOMENT)
    with closing(Ledger.open(database.url)) as ledger:
        ledger.append("run-3", MOMENT, [("escalated", EXAMPLES["Outcome"])])

        assert "escalated" == ledger.story("escalated").status
        assert ["open"] == ledger.unfinished("live")


PAID = (None, 0.00012, 2.5e-8, 7.5e-8, 0.4)
"""Some of these lie between two hundred-millionths; of one the price isn't known."""
WEEKLY: dict[str, tuple[Event, ...]] = {
    "priced": (received("1"), *(_called(cost) for cost in PAID if cost is not None), SETTLED),
    "unpriced": (received("2"), *map(_called, PAID), SETTLED),
    "shadow": (received("3", None, "shadow"), SETTLED),
    "stopped": (
        received("4"),
        _stopped("restricted_topic.legal", "missing_data.Email", "missing_data", "missing_data"),
        _stopped(),
        EXAMPLES["Planned"],
        EXAMPLES["Released"],
        _stopped("conflicting_information.is_new"),
        events.Planned(names=(), category="partnership"),
    ),
    "open": (received("5"), EXAMPLES["Claimed"]),
    "erased": (received("6"), SETTLED, EXAMPLES["Erased"]),
}


def test_an_upgraded_ledgers_weeks_are_counted(database: Kept) -> None:
    """Each row of a ledger that knew nothing of weeks says what its events say, near and far."""
    with closing(Ledger.open(database.url)) as ledger:
        for number, (item, told) in enumerate(WEEKLY.items()):
            at = WRITTEN + timedelta(days=number)
            ledger.append(f"run-{number}", at, [(item, event) for event in told])
        said = weekly_rows(database)
    database.change("UPDATE streams SET id = id + 3000 WHERE name = 'open'")
    for table in ("events", "payloads", "items"):
        database.change(
            f"UPDATE {table} SET stream = stream + 3000 "  # noqa: S608 - our own names
            "WHERE stream = (SELECT id - 3000 FROM streams WHERE name = 'open')"
        )
    downgraded(database, "0003")

    with closing(Ledger.open(database.url)) as ledger, ledger.database.reading() as connection:
        assert [] == list(unlike_events(connection))
    assert said == weekly_rows(database)
    assert NEWEST == revision(database)


def weekly_rows(database: Kept) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT name, received_at, category, rules, tokens, cost FROM items "
        "JOIN streams ON id = stream ORDER BY name"
    )


def downgraded(database: Kept, to: str) -> None:
    """Takes a ledger back to an earlier revision."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.begun() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def test_a_downgrade_leaves_the_tables_of_before(database: Kept) -> None:
    """Columns and indexes of weeks are gone, the rows are there, and can be upgraded again."""
    with closing(Ledger.open(database.url)) as ledger:
        ledger.append("run-1", MOMENT, [("a", received("1")), ("a", SETTLED)])
    downgraded(database, "0003")
    with database.begun() as connection:
        looked = inspect(connection)
        columns = {column["name"] for column in looked.get_columns("items")}
        indexes = {one["name"] for name in ("items", "events") for one in looked.get_indexes(name)}

    assert not {"received_at", "category", "rules", "tokens", "cost"} & columns
    assert not {"ix_items_received", "ix_events_told"} & indexes
    assert [("a", "settled")] == database.rows(
        "SELECT name, status FROM items JOIN streams ON id = stream"
    )
    with closing(Ledger.open(database.url)) as ledger:
        assert "settled" == ledger.story("a").status


@example(usd=7.5e-8)
@given(usd=st.integers(0, 10**6).map(lambda half: half * 0.5e-8) | st.floats(0, 100))
def test_an_upgrade_rounds_as_the_ledger_does(usd: float) -> None:
    """What a call cost is the same number of hundred-millionths, also where it lies between two."""
    fields = json.loads(_called(usd).model_dump_json())
    one = {"tokens": 0, "cost": 0}
    import_module(f"{migrations.__name__}.versions.0004_weeks")._add(one, "ModelCalled", 0, fields)  # noqa: SLF001

    story = Story.of([Happened(at=WRITTEN, run="run-1", event=_called(usd))])

    assert projected(story)["cost"] == one["cost"]
