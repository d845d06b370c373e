"""What the agent did is undone, where nobody has changed it since; and nothing else is."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.recovery.conftest import (
    STOPS,
    Boundaries,
    Killed,
    back,
    change,
    create,
    messages,
    resume,
    with_page,
)
from triage_agent import rolling_back
from triage_agent.connectors.salesforce.writing import Creates, Row, Updates, Writer
from triage_agent.connectors.slack import Posted, SlackConnector
from triage_agent.decision.events import Failed
from triage_agent.decision.rollback_events import LeftAsIs, Reversed
from triage_agent.errors import AnswerLost, NotAllowed, Paused, RunRefused, WrongUsage
from triage_agent.recovery.rollback import Selection
from triage_agent.sandbox.leads import SAMPLE
from triage_agent.wiring import now

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.jobs.conftest import Site
    from triage_agent.decision.incident import Incident

TAG = ("Triage_Category__c", "Triage_Confidence__c", "Triage_Summary__c")
HANDED = [*({"Company": f"Settled {n}", "Email": f"a@settled{n}.example"} for n in range(2)), STOPS]


def open_run(open_site: Any, leads: Any = HANDED) -> tuple[Site, str]:  # noqa: ANN401 - as the fixture
    """A site on which the agent has run once, and the run."""
    site = with_page(open_site(leads))
    return site, site.sweep().run_id


def told(site: Site, *kinds: type) -> list[Any]:
    """What happened of some kinds to any item."""
    return [
        one.event
        for stream in site.streams()
        for one in site.events(stream)
        if isinstance(one.event, kinds)
    ]


def there(site: Site) -> tuple[Any, Any]:
    """All that Salesforce and Slack hold."""
    state = site.state()
    return state["salesforce"], state["slack"]


def another(owner: str) -> str:
    """A rep who isn't this one."""
    return next(
        f"00500000000000{n}AAA" for n in (2, 3) if not owner.startswith(f"00500000000000{n}")
    )


def test_sixty_records(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """Of a run over sixty leads all is undone but what reps changed: three tasks, and one lead."""
    site, run = open_run(open_site, SAMPLE)
    before, tasks = site.leads(), [*site.tasks().values()]
    change(site, "Task", tasks[0]["Id"], Status="In Progress")
    change(site, "Task", tasks[1]["Id"], OwnerId=another(tasks[1]["OwnerId"]))
    change(site, "Task", tasks[2]["Id"], Description="Called them: they want a demo.")
    changed = next(one["Id"] for one in before.values() if one[TAG[0]] == "new_business")
    change(site, "Lead", changed, Triage_Category__c="partnership")
    undone = back(site, Selection(run=run))

    leads, after = site.leads(), {one["Id"]: one for one in site.tasks().values()}
    assert 60 == len(before)
    assert 4 == undone.left
    assert not undone.failed
    assert undone.undone == len(told(site, Reversed))
    assert {
        (tasks[0]["Id"], "In Progress"),
        (tasks[1]["Id"], "Not Started"),
        (tasks[2]["Id"], "Not Started"),
        *((one["Id"], "Deferred") for one in tasks[3:]),
    } == {(one["Id"], one["Status"]) for one in after.values()}
    assert "Called them: they want a demo." == after[tasks[2]["Id"]]["Description"]
    assert {("partnership", None, None), (None, None, None)} == {
        tuple(lead[name] for name in TAG) for lead in leads.values()
    }
    assert "partnership" == leads[changed]["Triage_Category__c"]
    assert {"Status": 1, "OwnerId": 1, "Description": 1, "Triage_Category__c": 1} == Counter(
        name for left in told(site, LeftAsIs) for name in left.fields
    )
    assert all("Withdrawn by" in json.dumps(one) for one in messages(site))
    assert all('"actions"' not in json.dumps(one["blocks"]) for one in messages(site))
    assert [] == site.faults()


def test_a_note_says_who_and_why(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """A withdrawn task keeps its text, under a note of who had it undone and why."""
    site, run = open_run(open_site)
    (first, *_) = site.tasks().values()
    back(site, Selection(run=run))

    task = next(one for one in site.tasks().values() if one["Id"] == first["Id"])
    note, _, text = task["Description"].partition("\n\n")
    assert note.startswith("Withdrawn by Dana Reyes, ")
    assert note.endswith(": The page was wrong")
    assert first["Description"] == text


def test_a_preview_changes_nothing(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """Without being told to, it says what it would undo, and the ledger and systems stay."""
    site, run = open_run(open_site)
    state, streams = there(site), {name: len(site.events(name)) for name in site.streams()}
    found = rolling_back.preview(site.target, Selection(run=run))

    assert {"tag": 3, "create_task": 2, "set_status.ask1": 2, "escalate": 1} == Counter(
        one.deed.name for one in found
    )
    assert state == there(site)
    assert streams == {name: len(site.events(name)) for name in site.streams()}


@pytest.mark.parametrize("whom", ["maya", "jonas", "mallory"])
def test_an_outsider(open_site: Any, whom: str) -> None:  # noqa: ANN401 - as the fixture
    """Whom the page doesn't name can't have anything undone, and nothing is even paused."""
    site, run = open_run(open_site, [{}])
    state = there(site)

    with pytest.raises(NotAllowed, match=r"Dana Reyes \(dana\), Omar Haddad \(omar\)"):
        back(site, Selection(run=run), whom)
    assert state == there(site)
    site.sweep()


def test_it_stays_paused(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """It is paused until the checklist is answered, and then leaves alone what was undone."""
    site, run = open_run(open_site)
    back(site, Selection(run=run))

    with pytest.raises(Paused, match="by Dana Reyes"):
        site.sweep()
    resume(site)
    state = there(site)
    report = site.sweep()
    assert not report.items
    assert state == there(site)


def test_one_item(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """Only what was done for the item, or the record, that is named is undone."""
    site, _ = open_run(open_site)
    (one, other) = site.tasks()
    back(site, Selection(item=one.partition(".")[0]))
    record = site.tasks()[other]["WhoId"]
    resume(site)
    before = site.tasks()[other]["Status"]
    back(site, Selection(item=record))

    assert "Not Started" == before
    assert {"Deferred"} == {task["Status"] for task in site.tasks().values()}


def test_since_a_moment(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """What was done before the moment stays."""
    site, run = open_run(open_site)

    assert [] == rolling_back.preview(site.target, Selection(since=now() + timedelta(hours=1)))
    started = site.events(run)[0].at
    assert 8 == len(rolling_back.preview(site.target, Selection(since=started)))


def test_once_more(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """What is undone isn't undone again, and what is left is told once."""
    site, run = open_run(open_site)
    (task, *_) = site.tasks().values()
    change(site, "Task", task["Id"], Status="In Progress")
    first = back(site, Selection(run=run))
    state = there(site)
    second = back(site, Selection(run=run))

    assert (first.undone, first.left) == (second.undone, second.left)
    assert 1 == len(told(site, LeftAsIs))
    assert state[0] == there(site)[0]


def test_what_a_record_held(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """A field gets back what it held before the agent came, be it empty or not."""
    site, run = open_run(open_site, [{"Triage_Summary__c": "Seen at a fair", "Company": "Fair"}])
    (record,) = site.leads()
    back(site, Selection(run=run))

    assert (None, None, "Seen at a fair") == tuple(site.leads()[record][name] for name in TAG)


@pytest.mark.parametrize(
    "selection", [Selection(run="run-1"), Selection(item="00Q1"), Selection(item="run-1")]
)
def test_what_nobody_knows(open_site: Any, selection: Selection) -> None:  # noqa: ANN401 - as the fixture
    """A run, item or record that isn't on record is named, and nothing is paused."""
    site, _ = open_run(open_site, [{}])

    with pytest.raises(WrongUsage, match=r"knows no (run|item or record) '"):
        back(site, selection)
    site.sweep()


def test_a_run_is_on(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """A run that doesn't end keeps the rollback waiting, and then from beginning; it is paused."""
    site, run = open_run(open_site, [{}])
    waits: list[float] = []
    with site.ledger() as ledger, ledger.only_run("run-2", now()), pytest.raises(RunRefused):
        back(site, Selection(run=run), sleep=waits.append)

    assert 29 == len(waits)
    with pytest.raises(Paused):
        site.sweep()


def test_another_one_was_interrupted(open_site: Any, boundaries: Boundaries) -> None:  # noqa: ANN401 - as the fixture
    """Until an interrupted rollback is done, no other one begins."""
    site, run = open_run(open_site)
    boundaries.at = boundaries.passed + 40
    with pytest.raises(Killed):
        back(site, Selection(run=run))
    boundaries.at = None

    with pytest.raises(WrongUsage, match=f"the rollback of run {run} by Dana Reyes was interrupt"):
        back(site, Selection(item=site.leads().popitem()[0]))


def test_it_is_killed_anywhere(open_site: Any, boundaries: Boundaries) -> None:  # noqa: ANN401 - as the fixture
    """Killed at one request or append in three and done once more, all is undone, once.

    `make prove` kills it at every one.
    """
    site, run = open_run(open_site, [{"Company": "First"}, STOPS])
    begun = boundaries.passed
    back(site, Selection(run=run))
    crossings = boundaries.passed - begun
    assert 40 < crossings
    for number in range(1, crossings + 1, 3):
        resume(site)
        _killed_at(site, number, boundaries)

    assert [] == site.faults()
    assert all(1 == count for count in Counter(one.key for one in told(site, Reversed)).values())


def _killed_at(site: Site, number: int, boundaries: Boundaries) -> None:
    settled, stopped = (
        create(site, {"Company": f"Number {number}", **more}) for more in ({}, STOPS)
    )
    selection = Selection(run=site.sweep().run_id)
    boundaries.passed, boundaries.at = 0, number
    with pytest.raises(Killed):
        back(site, selection)
    boundaries.at = None
    undone = back(site, selection)

    leads, tasks = site.leads(), site.tasks().values()
    (task,) = (one for one in tasks if one["WhoId"] == settled)
    assert (0, 0) == (undone.left, undone.failed), number
    assert {(None, None, None)} == {
        tuple(leads[one][name] for name in TAG) for one in (settled, stopped)
    }
    assert "Deferred" == task["Status"]
    assert 1 == task["Description"].count("Withdrawn by")
    assert all("Withdrawn by" in json.dumps(one) for one in messages(site))


def test_those_whom_the_page_names_are_told(open_site: Any) -> None:  # noqa: ANN401 - as the fixture
    """Owner, deputy and team get the note once: what happened, how it was found, what is left."""
    site, run = open_run(open_site)
    (task, *_) = site.tasks().values()
    change(site, "Task", task["Id"], Status="In Progress")
    back(site, Selection(run=run))
    slack = site.state()["slack"]
    notes = {
        channel: json.dumps(one)
        for channel, some in slack.items()
        for one in some
        if one.get("metadata", {}).get("event_type") == "triage_incident"
    }

    assert 3 == sum("triage_incident" in json.dumps(one) for some in slack.values() for one in some)
    assert 3 == len(notes)
    for note in notes.values():
        assert "The page was wrong" in note
        assert "Maya saw it" in note
        assert task["WhoId"] in note
        assert "has not finished" not in note


def test_an_answer_is_lost(
    open_site: Any,  # noqa: ANN401 - as the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was written while its answer was lost isn't told as failed: the next look finds it."""
    site, run = open_run(open_site)
    whole, lost = Writer.write, list[int]()

    def write(self: Writer, collections: Sequence[Updates | Creates]) -> list[list[Row]]:
        written = whole(self, collections)
        lost.append(sum(map(len, written)))
        if len(lost) == 1:
            raise AnswerLost("salesforce", "CUT", "the connection was cut")
        return written

    monkeypatch.setattr(Writer, "write", write)
    undone = back(site, Selection(run=run))

    assert [5] == lost
    assert (0, 0) == (undone.left, undone.failed)
    assert 5 == sum(one.found for one in told(site, Reversed))
    assert [] == told(site, Failed)


def test_a_note_was_interrupted(
    open_site: Any,  # noqa: ANN401 - as the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of whom nobody knows whether they have the note are named; they aren't sent it again."""
    site, run = open_run(open_site, [{}])
    whole, channels = SlackConnector.tell_incident, list[str]()

    def tell(self: SlackConnector, channel: str, key: str, note: Incident) -> Posted:
        posted = whole(self, channel, key, note)
        channels.append(channel)
        if len(channels) == 1:
            raise Killed
        return posted

    monkeypatch.setattr(SlackConnector, "tell_incident", tell)
    with pytest.raises(Killed):
        back(site, Selection(run=run))
    undone = back(site, Selection(run=run))

    assert ("owner",) == undone.untold
    assert 3 == len(channels) == len(set(channels))
