"""Erasure: a person's texts are gone for good, nobody else's are, and the chain is what it was."""

import secrets
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.conftest import HAND_OVER, MOMENT, Kept
from tests.ledger.history import SETTLED
from triage_agent.decision import events
from triage_agent.decision.actions import PostHandOver
from triage_agent.decision.events import Event
from triage_agent.decision.item import Record
from triage_agent.decision.progress import Nothing, step_of
from triage_agent.errors import WrongUsage
from triage_agent.ledger import sqlite
from triage_agent.ledger.chain import check
from triage_agent.ledger.erasure import Erasure, Left, erase, items_naming
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.verify import faults_of, verify
from triage_agent.operating_model.schema import Person

pytestmark = pytest.mark.long

ADA = "ada@northwind.example"
DANA = Person(role="owner", name="Dana Reyes", login="dana", slack="U0DANA00001")
LATER = MOMENT + timedelta(days=1)
STOPPED = events.Stopped(
    rules=(events.FiredRule(rule="restricted_topic", topic="legal", source="floor"),)
)


def about(record: str, **fields: str) -> Event:
    """An item begins."""
    kept = Record(object="Lead", id=record, fields=dict(fields))
    return events.Received(mode="live", object="Lead", record_id=record, record=kept)


def said(text: str) -> Event:
    return events.Drafted(action="draft_reply", words=2, text=text)


def erased(ledger: Ledger, address: str = ADA) -> Erasure:
    return erase(ledger, address, DANA, LATER)


def texts(database: Kept) -> list[tuple[object, ...]]:
    """Which items still have texts, and how many."""
    return database.rows(
        "SELECT name, count(*) FROM payloads JOIN streams ON id = stream GROUP BY name ORDER BY 1"
    )


@pytest.mark.parametrize(
    "text",
    [
        ADA,
        "Ada@Northwind.EXAMPLE",
        f"<{ADA}>",
        f"Write to {ADA}.",
        f"Regards\n{ADA}\nNorthwind",
        f"\t{ADA}\r\n",
        f"Ada,{ADA};Bob",
        f"mailto:{ADA}?subject=x",
        f'{{"quote": "Regards\\n{ADA}", "of": "\\u003c{ADA}"}}',
        f"'{ADA}'",
        f'"{ADA}"',
        f"\u2028{ADA}\u00a0",
    ],
)
def test_an_address_is_found_in_any_text(ledger: Ledger, text: str) -> None:
    """However it is written and whatever stands around it."""
    ledger.append("run-1", MOMENT, [("a", about("1", Description=text)), ("b", about("2"))])

    assert ["a"] == items_naming(ledger, ADA)


@pytest.mark.parametrize(
    "text",
    [
        f"x{ADA}",
        f"x.{ADA}",
        f"o'{ADA}",
        f"r&{ADA}",
        f"jo-{ADA}",
        f"ada+{ADA}",
        f"{ADA}.org",
        f"{ADA}s",
        f"{ADA}-works",
        "ada@northwind-example",
        "adaXnorthwind.example",
        "ada@northwind",
        "Ada, Northwind",
    ],
)
def test_a_longer_address_is_another_persons(ledger: Ledger, text: str) -> None:
    """What only contains the address, or resembles it, is nobody's business here."""
    ledger.append("run-1", MOMENT, [("a", about("1", Description=text))])

    assert [] == items_naming(ledger, ADA)
    assert Erasure(0, 0, (), scrubbed=True) == erased(ledger)


@pytest.mark.parametrize("event", [
    events.Read(
        looked_at=(), record_ids=(),
        related=(Record(object="Contact", id="3", fields={"Email": ADA}),),
    ),
    events.ModelCalled(
        call=events.Call(
            purpose="assess", key="k", asked="m", answered_by="m", outcome="answered",
            input_tokens=1, cached_tokens=0, output_tokens=1, cost_usd=None, seconds=0.1,
        ),
        answer=f'{{"summary": "{ADA} asks."}}',
    ),
    said(f"Dear {ADA}"),
    events.Outcome(
        name="n", object="Lead", record_id="1", happened_at=MOMENT, by=None, field="Email",
        change=events.Change(was=ADA, became="x"),
    ),
])  # fmt: skip
def test_an_address_is_found_in_any_event(ledger: Ledger, event: Event) -> None:
    """Also in records around an item, in answers of the model, in drafts, in later changes."""
    ledger.append("run-1", MOMENT, [("a", about("1")), ("b", about("2")), ("a", event)])

    assert ["a"] == items_naming(ledger, ADA)


def test_all_items_of_the_record_go(ledger: Ledger, database: Kept) -> None:
    """A request that was changed or tried twice has several items; others keep their texts."""
    ledger.append("run-1", MOMENT, [("a", about("1", Email="old@x.example")), ("b", about("2"))])
    ledger.append("run-1", MOMENT, [("c", about("1", Email=ADA)), ("c", said("Dear Ada"))])

    found = erased(ledger)

    assert (2, 3) == (found.items, found.texts)
    assert [("b", 1)] == texts(database)
    assert ["Received", "Erased"] == [happened.event.kind for happened in ledger.events("a")]
    assert events.Erased(by="Dana Reyes", login="dana", texts=2) == ledger.events("c")[-1].event


def test_what_is_left_elsewhere_is_listed(ledger: Ledger) -> None:
    """What was written, and what was about to be; not what came to nothing, or never began."""
    ledger.append("run-1", MOMENT, [("a", about("1", Email=ADA)), ("b", about("2"))])
    for action in ("tag", "task", "post", "other"):
        key, system = f"a.{action}", "salesforce"
        intended = events.Intended(action=action, key=key, system="salesforce")
        ledger.append("run-1", MOMENT, [("a", intended), ("b", intended)])
        assert system == intended.system
    done = events.Done(action="tag", key="a.tag", reference="00Q1")
    failed = events.Failed(action="post", code="X", reason="no")
    missing = events.NotFound(action="other", key="a.other")
    ledger.append("run-1", MOMENT, [("a", done), ("a", failed), ("a", missing)])

    assert (
        Left("a", "Lead 1", "tag", "00Q1", certain=True),
        Left("a", "Lead 1", "task", "key a.task", certain=False),
    ) == tuple(sorted(erased(ledger).left, key=lambda left: not left.certain))


def test_events_and_chain_are_unharmed(ledger: Ledger) -> None:
    """All events are there with their hashes, only without their texts; nothing is a fault."""
    ledger.append("run-1", MOMENT, [("a", about("1", Email=ADA)), ("a", SETTLED)])
    before = ledger.sealed("a")
    erased(ledger)
    after = ledger.sealed("a")

    assert [link.hash for link in before] == [link.hash for link in after[:-1]]
    assert [link.private for link in before] == [link.private for link in after[:-1]]
    assert [] == [link for link in after if link.payload]
    assert [] == [*check(after), *verify(ledger, None).faults, *faults_of(ledger, ["a"])]


def test_erasing_again_changes_nothing(ledger: Ledger, database: Kept) -> None:
    """There is nothing left that names anybody."""
    ledger.append("run-1", MOMENT, [("a", about("1", Email=ADA))])
    erased(ledger)
    before = database.rows("SELECT * FROM events")

    assert Erasure(0, 0, (), scrubbed=True) == erased(ledger)
    assert before == database.rows("SELECT * FROM events")


def test_a_text_that_comes_after_an_erasure_is_looked_for(ledger: Ledger, database: Kept) -> None:
    """What an erasure explains is what came before it."""
    ledger.append("run-1", MOMENT, [("a", about("1", Email=ADA)), ("a", SETTLED)])
    erased(ledger)
    ledger.append("run-2", LATER, [("a", said("Dear you"))])
    whole = verify(ledger, None).faults
    database.change("DELETE FROM payloads")
    gone = ["a event 3: its private text is missing, without an erasure"]

    assert () == whole
    assert gone == list(verify(ledger, None).faults)
    assert gone == faults_of(ledger, ["a"])


@pytest.mark.parametrize("address", ["", " ", "ada", "@", "a@", "@b", "ada@x y", f"{ADA} {ADA}"])
def test_what_is_no_address_erases_nothing(ledger: Ledger, database: Kept, address: str) -> None:
    """It would match what is nobody's, or everybody's."""
    ledger.append("run-1", MOMENT, [("a", about("1", Description="ada @ b, a@"))])
    with pytest.raises(WrongUsage, match="no e-mail address; nothing was erased"):
        erased(ledger, address)

    assert [("a", 1)] == texts(database)


HANDED_OVER = (
    STOPPED,
    events.Planned(
        names=("escalate",),
        category="unclear",
        hand_overs=("escalate",),
        actions=(PostHandOver(name="escalate", team="sales_development", hand_over=HAND_OVER),),
    ),
)
TOLD: dict[str, tuple[tuple[Event, ...], str]] = {
    "settled": ((SETTLED,), "settled"),
    "escalated": (
        (*HANDED_OVER, events.Done(action="escalate", key="k", reference="C1 1.2")),
        "escalated",
    ),
    "open": ((), "erased"),
    "intended": (
        (*HANDED_OVER, events.Intended(action="escalate", key="k", system="slack")),
        "erased",
    ),
    "failed": ((*HANDED_OVER, events.Failed(action="escalate", code="X", reason="no")), "erased"),
}


@pytest.mark.parametrize("name", TOLD)
def test_where_an_item_stands_afterwards(ledger: Ledger, database: Kept, name: str) -> None:
    """What had ended stays what it was; what had not can't go on without its texts."""
    steps, status = TOLD[name]
    ledger.append("run-1", MOMENT, [("a", about("1", Email=ADA)), *(("a", s) for s in steps)])
    erased(ledger)
    with closing(Ledger.open(database.url)) as again:
        story = again.story("a")

        assert status == story.status
        assert Nothing(story.status) == step_of(story)
        assert [(status,)] == database.rows("SELECT status FROM items")
        assert [] == again.unfinished("live")
        assert () == verify(again, None).faults


def stored(database: Kept) -> bytes:
    """All bytes of a SQLite database: its file and its log."""
    path = Path(database.url.removeprefix("sqlite:///"))
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("size", [20, 3000, 20_000])
def test_no_byte_is_left_in_the_files(ledger: Ledger, database: Kept, size: int) -> None:
    """Neither in the database nor in its log, whatever the text's length; others' are there."""
    words = secrets.token_hex(size // 2)
    text, other = f"{words} {ADA}", secrets.token_hex(size // 2)
    ledger.append("run-1", MOMENT, [("a", about("1", Description=text))])
    ledger.append("run-1", MOMENT, [("b", about("2", Description=other))])
    (salt, kept), (salt_of_other, other_kept) = rows_of(database)
    pieces = [salt, *(kept[n : n + 12] for n in range(0, len(kept) - 12, 12))]
    before = stored(database)
    erased(ledger)
    after = stored(database)

    assert all(piece in before for piece in pieces if piece in kept[:200] or piece == salt)
    assert [] == [piece for piece in pieces if piece in after and piece not in other_kept]
    assert salt_of_other in after
    assert other_kept[:12] in after


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_log_that_somebody_reads_in(database: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be taken out of it yet is said, and is gone when the command is typed again."""
    monkeypatch.setattr(sqlite, "PATIENCE", 20)
    with closing(Ledger.open(database.url)) as ledger:
        ledger.append("run-1", MOMENT, [("a", about("1", Email=ADA))])
        ((salt, _),) = rows_of(database)
        with ledger.database.snapshot() as reading:
            reading.exec_driver_sql("SELECT count(*) FROM events")
            first = erased(ledger)
            held = stored(database)
        again = erased(ledger)
        after = stored(database)

    assert [] == texts(database)
    assert (1, False) == (first.items, first.scrubbed)
    assert Erasure(0, 0, (), scrubbed=True) == again
    assert (True, False) == (salt in held, salt in after)


def rows_of(database: Kept) -> list[tuple[bytes, bytes]]:
    found: Any = database.rows("SELECT salt, body FROM payloads ORDER BY stream")
    return [(bytes(salt), bytes(body)) for salt, body in found]


def test_texts_are_gone_from_the_table(ledger: Ledger, database: Kept) -> None:
    """On either database no row of a text is left of the person's items."""
    ledger.append("run-1", MOMENT, [("a", about("1", Email=ADA)), ("a", said("x"))])
    ledger.append("run-1", MOMENT, [("b", about("2", Email="b@x.example"))])
    kept = rows_of(database)[-1]
    erased(ledger)

    assert [kept] == rows_of(database)
