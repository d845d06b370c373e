"""The incident note tells from the ledger alone what was undone, and what is left for whom."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from tests.conftest import KINDS, copied
from triage_agent import rolling_back
from triage_agent.decision.events import Done, Event, Failed, Intended, Received, Unclear
from triage_agent.decision.incident import Check, Concerned, Incident, Undone
from triage_agent.decision.rollback_events import (
    UNDO,
    LeftAsIs,
    Reversed,
    RollbackFinished,
    RollbackStarted,
    Withdrawn,
)
from triage_agent.decision.run_events import Answer, Listening, Paused, Resumed, Started
from triage_agent.errors import WrongUsage
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.operating_model.loading import load
from triage_agent.recovery.incident import LISTED, as_markdown, incident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Kind, NewLedger
    from tests.jobs.conftest import Site

PAGE = load((Path(__file__).parents[2] / "operating_model.yaml").read_text(encoding="utf-8")).page
BEGAN = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
RUN, LISTENER, ROLLBACK = "run-monday", "run-listener", "run-undone"
WHO = {"by": "Dana Reyes", "login": "dana", "slack": "U0DANA00001", "salesforce": None}
TASK, MESSAGE = "00T000000000009AAA", "C0SALESDEV1/1700000000.000100"
ANSWERS = ("A pattern was too wide.", "Yes, all.", "The pattern was mended.")
NOTE = """\
# Incident run-undone

Inbound sales requests. Told from the ledger; times are those of America/New_York.

## What happened

**In the words of Dana Reyes:** Spam was taken for requests.

Dana Reyes had it undone, Mon 30 Nov, 09:30: run run-monday. Finished Mon 30 Nov, 09:33.

## How it was found

**In the words of Dana Reyes:** Maya saw odd tags.

## Affected

- 3 items of 3 records
- done by run-listener, by page version 4 (qqqqqqqqqqqq)
- done by run-monday, by page version 5 (pppppppppppp)
- records: 00Q1, 00Q2, 00Q3

## Undone

- tag: 2, 1 of them already so
- set status: 1

## Left for people

| Record | Item | Action | What | Why |
|---|---|---|---|---|
| 00Q3 | item-3 | escalate | C0SALESDEV1/1700000000.000100 | could not be undone: was refused |
| 00Q1 | item-1 | set status | Rating, Stage Name | a person has changed it since |
| 00Q2 | item-2 | create task | 00T000000000009AAA | somebody has completed it |

## Before the agent goes on

- [ ] What went wrong, and how was it found?
- [ ] Which records were affected, and are they right again?
- [ ] What has been changed so that it does not happen again?

Nobody has let the agent go on since.
"""


@dataclass
class Told:
    """A ledger to which things happen, a minute after each other."""

    ledger: Ledger
    at: datetime = BEGAN - timedelta(hours=1)

    def tell(self, run: str, *events: tuple[str, Event]) -> None:
        self.ledger.append(run, self.at, events)
        self.at += timedelta(minutes=1)

    def note(self, name: str | None = None) -> Incident:
        return incident(self.ledger, PAGE, name)


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, new_ledger: NewLedger) -> Iterator[Ledger]:
    kind: Kind = request.param
    with closing(Ledger.open(new_ledger(kind))) as opened:
        yield opened


@pytest.fixture
def told(ledger: Ledger) -> Told:
    """A ledger on which a run has changed three records, one of them at somebody's word."""
    told = Told(ledger)
    told.tell(RUN, (RUN, started(5, "p")), *(received(n) for n in (1, 2, 3)))
    told.tell(RUN, *(did(n, "tag", f"00Q{n}") for n in (1, 2)), did(2, "create_task", TASK))
    told.tell(RUN, did(3, "escalate", MESSAGE))
    told.tell(LISTENER, (LISTENER, Listening(page_version=4, page_sha256="q" * 64)))
    told.tell(LISTENER, did(1, "set_status", "00Q1"))
    told.at = BEGAN
    return told


def started(version: int, sha256: str) -> Started:
    return Started(
        mode="live",
        page_version=version,
        page_sha256=sha256 * 64,
        prompts_sha256="s" * 64,
        model="model-1",
        unfinished=0,
    )


def received(number: int) -> tuple[str, Event]:
    return f"item-{number}", Received(mode="live", object="Lead", record_id=f"00Q{number}")


def did(number: int, action: str, reference: str) -> tuple[str, Event]:
    return f"item-{number}", Done(action=action, key=f"{number}.{action}", reference=reference)


def begins(
    reason: str = "Spam was taken for requests.", found: str = "Maya saw odd tags."
) -> Event:
    return RollbackStarted(selection=f"run {RUN}", reason=reason, found=found, items=3, **WHO)


def undone(action: str, *fields: str, found: bool = False) -> Event:
    return Reversed(action=action, key="k", fields=fields, found=found)


def left(action: str, reason: str, *fields: str) -> Event:
    return LeftAsIs(action=action, key="k", fields=fields, reason=reason)


def intended(action: str) -> Event:
    return Intended(action=UNDO + action, key="k", system="salesforce")


def roll_back(told: Told) -> None:
    """All of it, some of which is left or fails."""
    told.tell(ROLLBACK, (ROLLBACK, begins()), (AGENT, Paused(by="Dana Reyes", reason="rollback")))
    told.tell(
        ROLLBACK,
        *((f"item-{n}", Withdrawn(**WHO)) for n in (1, 2, 3)),
        ("item-1", intended("tag")),
        ("item-1", undone("tag", "Rating")),
        ("item-1", undone("set_status", "Status")),
        ("item-1", left("set_status", "a person has changed it since", "Rating", "StageName")),
    )
    told.tell(
        ROLLBACK,
        ("item-2", undone("tag", "Rating", found=True)),
        ("item-2", left("create_task", "somebody has completed it")),
        ("item-3", intended("escalate")),
        ("item-3", Failed(action="undo escalate", code="X", reason="was refused")),
    )
    told.tell(ROLLBACK, (ROLLBACK, RollbackFinished(undone=3, left=2, failed=1)))


def test_what_the_note_tells(told: Told) -> None:
    """Who, what and why; by which runs and pages; what is undone, left, and couldn't be undone."""
    roll_back(told)
    note = told.note(ROLLBACK)

    assert (ROLLBACK, "Dana Reyes", BEGAN) == (note.name, note.by, note.at)
    assert BEGAN + timedelta(minutes=3) == note.finished_at
    assert ("item-1", "item-2", "item-3") == note.items
    assert ("00Q1", "00Q2", "00Q3") == note.records
    assert (
        Concerned(run=LISTENER, page_version=4, page_sha256="q" * 64),
        Concerned(run=RUN, page_version=5, page_sha256="p" * 64),
    ) == note.runs
    assert (
        Undone(action="tag", times=2, found=1),
        Undone(action="set_status", times=1, found=0),
    ) == note.undone
    assert [("00Q1", "item-1", ("Rating", "StageName")), (TASK, "item-2", ())] == [
        (one.reference, one.item, one.fields) for one in note.left
    ]
    assert [(MESSAGE, "00Q3", "escalate", "was refused")] == [
        (one.reference, one.record_id, one.action, one.reason) for one in note.failed
    ]
    assert [*map(question, PAGE.recovery.before_resuming)] == [*note.before_resuming]


def question(words: str) -> Check:
    return Check(question=words)


def test_the_note_in_markdown(told: Told) -> None:
    """Each heading with what stands beneath it, by the page's clock."""
    roll_back(told)

    assert NOTE == as_markdown(told.note(), PAGE)


def test_a_rollback_that_has_not_finished(told: Told) -> None:
    """It says how far it has come; what was begun and has no end is left for people."""
    told.tell(ROLLBACK, (ROLLBACK, begins()))
    told.tell(ROLLBACK, ("item-1", Withdrawn(**WHO)), ("item-1", intended("tag")))
    note = told.note()

    assert note.finished_at is None
    assert "This has not finished: it has come to 1 of 3 items." in as_markdown(note, PAGE)
    assert [("tag", "it was begun, and whether it was done is not known")] == [
        (one.action, one.reason) for one in note.failed
    ]
    assert () == note.undone


def test_a_later_try_takes_the_place_of_an_earlier_one(told: Told) -> None:
    """What failed or was unclear and is undone by now is undone, and counts once."""
    told.tell(ROLLBACK, (ROLLBACK, begins()), ("item-1", intended("tag")))
    told.tell(ROLLBACK, ("item-1", Unclear(action="undo tag", key="k", reason="no answer")))
    unclear = told.note().failed
    told.tell(ROLLBACK, ("item-1", undone("tag")), ("item-1", undone("tag", found=True)))
    told.tell(ROLLBACK, *[("item-1", left("tag", "changed since", "Rating"))] * 2)
    note = told.note()

    assert ["no answer"] == [one.reason for one in unclear]
    assert () == note.failed
    assert (Undone(action="tag", times=1, found=0),) == note.undone
    assert 1 == len(note.left)


def test_a_run_of_which_nothing_is_known(told: Told) -> None:
    """Where a run's stream tells no page, the note names the run alone."""
    told.tell("run-by-hand", did(3, "tag", "00Q3"))
    told.tell(ROLLBACK, (ROLLBACK, begins()), ("item-3", undone("tag")))
    note = told.note()

    assert (Concerned(run="run-by-hand", page_version=None, page_sha256=None),) == note.runs
    assert "- done by run-by-hand\n" in as_markdown(note, PAGE)
    assert "## Left for people\n\nNothing.\n" in as_markdown(note, PAGE)


def test_the_answers_of_whoever_let_it_go_on(told: Told) -> None:
    """The first after the rollback counts: earlier and later ones are about other pauses."""

    def resumed(*answers: str) -> tuple[str, Event]:
        pairs = zip(PAGE.recovery.before_resuming, answers, strict=True)
        lines = tuple(Answer(question=asked, answer=answer) for asked, answer in pairs)
        return AGENT, Resumed(by="Omar Haddad", login="omar", checklist=lines)

    told.tell(AGENT, resumed("an", "earlier", "one"))
    roll_back(told)
    told.tell(AGENT, resumed(*ANSWERS))
    told.tell(AGENT, resumed("a", "later", "one"))
    note = told.note()
    text = as_markdown(note, PAGE)

    assert [*ANSWERS] == [check.answer for check in note.before_resuming]
    assert "- [x] What went wrong, and how was it found? **A pattern was too wide.**" in text
    assert "Omar Haddad let the agent go on, Mon 30 Nov, 09:35." in text


def test_the_last_one_or_the_one_that_is_named(told: Told) -> None:
    """Without a name it is the last; a name that is no rollback's, or none at all, is refused."""
    with pytest.raises(WrongUsage, match="nothing has been rolled back"):
        told.note()
    told.tell(ROLLBACK, (ROLLBACK, begins()))
    told.tell("run-later", ("run-later", begins(reason="again")))

    assert "run-later" == told.note().name
    assert ROLLBACK == told.note(ROLLBACK).name
    with pytest.raises(WrongUsage, match="run-monday: no rollback is called that"):
        told.note(RUN)


@pytest.mark.long
@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)> <script>",
        "[our documents](http://evil.example) ![x](http://evil.example/x.png)",
        "a | b \\| c |\n|---|---|\n| d | e |",
        "# heading\n\n## Undone\n- a list\n1. another\n> quote\n\n    code\n***",
        "`code` ```more``` **bold** _it_ ~~no~~ &lt; &amp;",
        "\u202eright to left\x1b[31m\x9b31m",
        "",
        "\\",
    ],
)
def test_what_people_wrote_is_no_markup(told: Told, hostile: str) -> None:
    """Whatever was written as a reason, the note has the same parts, and no other."""
    tame, wild = (rendered(told, name, text) for name, text in (("run-a", "x"), ("run-b", hostile)))

    assert shape(tame) == shape(wild)
    assert not {"\x1b", "\x9b", "\u202e"} & {*wild}


def rendered(told: Told, name: str, text: str) -> str:
    told.tell(name, (name, begins(text, text)), ("item-1", left("tag", text, "Rating")))
    told.tell(name, ("item-2", Failed(action="undo tag", code="X", reason=text)))
    return as_markdown(told.note(name), PAGE)


def shape(text: str) -> list[str]:
    """The kinds of its parts, in order; line breaks and plain text aside."""
    tokens = MarkdownIt().enable(["table", "strikethrough"]).parse(text)
    inner = [child.type for token in tokens for child in token.children or () if child.type]
    return [token.type for token in tokens] + [kind for kind in inner if "text" not in kind]


@pytest.mark.long
def test_many_records_are_counted(told: Told) -> None:
    """The first hundred ids are there, and how many there are besides."""
    many = range(10, LISTED + 15)
    told.tell(RUN, *(received(n) for n in many))
    told.tell(ROLLBACK, (ROLLBACK, begins()), *((f"item-{n}", undone("tag")) for n in many))
    note = told.note()
    text = as_markdown(note, PAGE)

    assert len(many) == len(note.records)
    assert "00Q109 and 5 more, in triage-agent incident run-undone --json\n" in text
    assert "00Q110" not in text


def test_the_command_prints_it(open_site: Callable[..., Site]) -> None:
    """In Markdown, or as one object; it is refused where nothing was rolled back."""
    site = open_site([])
    target = replace(site.target, project=copied(site.project))
    with pytest.raises(WrongUsage, match="nothing has been rolled back"):
        rolling_back.incident(target, None, as_json=False)
    with site.ledger() as ledger:
        Told(ledger).tell(ROLLBACK, (ROLLBACK, begins()))
    shown = rolling_back.incident(target, None, as_json=False)
    value = rolling_back.incident(target, ROLLBACK, as_json=True)

    assert shown.startswith("# Incident run-undone\n")
    assert "Maya saw odd tags." == json.loads(value)["found"]
