"""The timeline: every event has its words and stands under one question."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.conftest import APPROVAL, Kept
from triage_agent.decision.cycle import CycleTime
from triage_agent.decision.events import Change, Event, Outcome, Received
from triage_agent.decision.values import private_fields
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.timeline import QUESTIONS, timelines
from triage_agent.ledger.words import cycle_in_words, words
from triage_agent.operating_model.loading import FILE, load

WORDS = {
    "Received": ("Lead 00Q000000000001AAA (live), after item earlier\nCompany: Müller & Søn\nN: 3"),
    "Read": "looked for Contact by Email; found 003",
    "ModelCalled": "asked model-1 to assess: answered; 10 + 3 tokens, $0.000120, 0.25 s",
    "Assessed": "the model says demo_request, confidence 0.90: Wants a demo.",
    "Stopped": "stopped by restricted_topic.legal (floor): we will sue",
    "Drafted": "a draft of 2 words:\nDear Ms Müller",
    "Planned": "category unclear; wants tag, escalate",
    "Permitted": "tag is allowed by may.tag (operating_model.yaml:92)",
    "Refused": "tag is refused by may.tag (operating_model.yaml:92): not so",
    "Intended": ("about to tag in salesforce, key abc.tag, as approved by digest aaaaaaaaaaaa"),
    "Done": "tag is done: 00Q000000000001AAA (found after an interruption)",
    "Failed": "tag failed: Salesforce refused the row",
    "NotFound": "tag had not happened; it may be done again",
    "Overtaken": "tag was left undone: since it was read, the record was deleted",
    "Unclear": "tag may have happened: slack: not let in (invalid_auth); look for abc.tag",
    "Outcome": (
        "status changed at 2026-11-23 09:30 by 005000000000002AAA "
        "(Lead 00Q000000000001AAA, from Open to Working, 88% of the draft kept)"
    ),
    "Claimed": "Maya Lindqvist (maya, in Slack U0MAYA00002) took it on themselves",
    "Released": (
        "Maya Lindqvist (maya, in Slack U0MAYA00002) has the agent go on in their name, "
        "as with demo_request"
    ),
    "Corrected": (
        "Maya Lindqvist (maya) says what is wrong: category, it is partnership: They resell."
    ),
    "Rejected": "Maya Lindqvist (maya) says no to set_status: Spam.",
    "Asked": (
        f"sales_development is asked for set_status, by digest {APPROVAL.digest[:12]}, "
        "for the 2. time, until 2026-11-23 09:30\nStatus: Working (was Open)"
    ),
    "Approved": (
        "Maya Lindqvist (maya, in Slack U0MAYA00002) says yes to set_status "
        "as of digest aaaaaaaaaaaa"
    ),
    "Edited": (
        "Maya Lindqvist (maya, in Slack U0MAYA00002) wants set_status otherwise: "
        "digest aaaaaaaaaaaa in place of bbbbbbbbbbbb\nStatus: Working (was Open)"
    ),
    "Expired": "nobody decided on set_status (digest aaaaaaaaaaaa) in time",
    "Voided": "set_status (digest aaaaaaaaaaaa) holds no more: Status changed",
    "Reminded": "sales_development was told that it waits (escalate)",
    "FellBack": "escalate fell back to the team: Maya Lindqvist had claimed it, and not decided",
    "Shown": "escalate tells of 1 decisions now",
    "Listening": "listening to Slack, by page version 4 (pppppppppppp)",
    "Erased": "Dana Reyes (dana) had its 7 texts erased",
    "RollbackStarted": (
        "Dana Reyes (dana) has what the agent did undone (run run-1), of 60 items"
        "\nwhat happened: odd tags\nhow it was found: A rep asked."
    ),
    "RollbackFinished": "170 things undone, 4 left for people, 1 could not be undone",
    "Withdrawn": ("Dana Reyes (dana) has had it rolled back; the agent does nothing more with it"),
    "Reversed": "tag is undone (Triage_Category__c), as it was already",
    "LeftAsIs": "tag is left for people (Triage_Summary__c): it was changed since",
    "HandedOut": "items 201 to 202 of 250 were handed out together",
    "GivenUp": "given up after 3 tries: it broke: ValueError; its items are worked off one by one",
    "RefusedToStart": "the run did not begin: the agent is paused",
    "FollowedUp": "asked what changed from 2026-11-23 09:30 on; 2 outcomes",
    "MeasuredBefore": (
        "of 40 records before the agent's time, 30 were touched: "
        "half of them within 95 minutes, nine of ten within 2 days"
    ),
    "Anchored": (
        "Dana Reyes: restored from the backup of Monday; "
        "anchored 1,200 events in 90 streams as dddddddddddddddd\nitem-1: 2 events are missing"
    ),
    "Verified": "1,200 events in 90 streams checked: faults: 1\nitem-1 event 3: …",
    "SummaryPosted": "owner was told of 2026-W47 (D0DANA00001/1.2)",
    "Reviewed": "Dana Reyes (dana) has read the summary of 2026-W47",
    "TextsExpired": "40 texts from before 2026-11-23 09:30 were erased, as the page says",
    "PageKept": "version 5 of the page is kept (pppppppppppp)",
    "Cleared": (
        "what runs passed on 2026-11-23, evaluated by dana in 3 trials of each case: "
        "must_escalate 0.97"
    ),
    "NotCleared": (
        "what would run hasn't passed, so nothing is changed: the prompts changed since 2026-11-20"
    ),
    "PageTried": (
        "dana asked what version 5 of the page (pppppppppppp) would have decided (run run-1): "
        "12 of 60 otherwise, 1 can't be told"
    ),
    "Requeued": "Dana Reyes (dana) has the next run take its record up afresh",
    "Rejudged": (
        "the model is asked what version 5 of the page (pppppppppppp) would have decided; "
        "nothing follows from it"
    ),
    "PageChanged": "the page changed from version 4 to version 5 (pppppppppppp)",
    "Started": (
        "live run on page version 4 (pppppppppppp), model model-1, 2 unfinished items taken up"
        "\nof Lead it reads Company, Email"
    ),
    "Called": "slack: POST /api/auth.test → 200",
    "Finished": (
        "6 received: 3 settled, 1 escalated, 1 failed, 1 deferred; 2 actions refused\n"
        "done: create_task 3, tag 4\n4,560 of the org's 5,000 requests a day were used"
    ),
    "Held": "set_status waits for sales_development, by may.set_status.ask",
    "Blocked": "slack: POST /api/files was kept back: no method",
    "Paused": "paused by Dana Reyes: odd tags",
    "Resumed": "resumed by Dana Reyes (dana)\nWhat went wrong? A pattern.",
    "ExcessAllowed": "dana let these credentials pass, though they\nmay edit Account",
    "Broke": "the run broke off: slack: can't be reached (CONNECT)",
}
ERASED = {
    "Received": "Lead 00Q000000000001AAA (live), after item earlier; its texts have been erased",
    "Assessed": "the model says demo_request, confidence 0.90",
    "Stopped": "stopped by restricted_topic.legal (floor)",
    "Drafted": "a draft of 2 words",
    "Corrected": "Maya Lindqvist (maya) says what is wrong: category, it is partnership",
    "Rejected": "Maya Lindqvist (maya) says no to set_status",
    "Asked": (
        f"sales_development is asked for set_status, by digest {APPROVAL.digest[:12]}, "
        "for the 2. time, until 2026-11-23 09:30"
    ),
    "Edited": (
        "Maya Lindqvist (maya, in Slack U0MAYA00002) wants set_status otherwise: "
        "digest aaaaaaaaaaaa in place of bbbbbbbbbbbb"
    ),
    "Outcome": (
        "status changed at 2026-11-23 09:30 by 005000000000002AAA "
        "(Lead 00Q000000000001AAA, 88% of the draft kept)"
    ),
}


def test_every_event_has_words(example: Event) -> None:
    """A person reads one or a few plain lines about each kind of event."""
    assert WORDS[example.kind] == words(example)


def test_erased_texts_leave_words(example: Event) -> None:
    """What is left of an event whose texts have been erased still says what happened."""
    erased = example.model_copy(update=dict.fromkeys(private_fields(type(example))))

    assert ERASED.get(example.kind, WORDS[example.kind]) == words(erased)


def test_every_kind_answers_one_question(examples: Mapping[str, Event]) -> None:
    """No kind of event is left out of the business's questions, and none stands twice."""
    kinds = [kind for some in QUESTIONS.values() for kind in some]

    assert sorted(examples) == sorted(kinds)


def test_a_call_tells_what_the_model_was_shown(examples: Mapping[str, Event]) -> None:
    """The fields and masks of a question are named; a price that isn't known is told as such."""
    call = examples["ModelCalled"]
    assert call.kind == "ModelCalled"
    told = words(
        call.model_copy(
            update={
                "shown": ("Company", "Description"),
                "masked": ("email",),
                "call": call.call.model_copy(update={"cost_usd": None}),
            }
        )
    )

    assert (
        "asked model-1 to assess, shown Company, Description (masked: email): answered; "
        "10 + 3 tokens, unknown cost, 0.25 s"
    ) == told


def test_a_timeline_holds_every_event_once(
    ledger: Ledger, examples: Mapping[str, Event], moment: datetime
) -> None:
    """An item's timeline names it and has each of its events, whole, under its question."""
    ledger.append("run-1", moment, [("item-1", event) for event in examples.values()])
    (timeline,) = timelines(ledger, "00Q000000000001AAA")
    lines = [line for some in timeline.questions.values() for line in some]

    assert ("item-1", "Lead 00Q000000000001AAA, live") == (timeline.stream, timeline.about)
    assert list(QUESTIONS) == list(timeline.questions)
    assert sorted(examples) == sorted(line.kind for line in lines)
    assert {
        kind: event.model_dump(mode="json", exclude={"kind"}) for kind, event in examples.items()
    } == {line.kind: line.event for line in lines}
    assert {("run-1", moment)} == {(line.run, line.at) for line in lines}


def test_a_run_lists_its_items(
    ledger: Ledger, examples: Mapping[str, Event], moment: datetime
) -> None:
    """A run's timeline has no status of its own, but the items that it worked on."""
    ledger.append("run-1", moment, [("b", examples["Received"]), ("a", examples["Received"])])
    ledger.append("run-1", moment, [("run-1", examples["Started"])])
    (timeline,) = timelines(ledger, "run-1")

    assert ("a run", None, ["b", "a"]) == (timeline.about, timeline.status, timeline.items)


def test_a_run_has_its_items_with_all_that_happened(
    ledger: Ledger, examples: Mapping[str, Event], moment: datetime
) -> None:
    """What other runs did to an item is there, too; texts only of the kinds that are wanted."""
    received, stopped, planned = (examples[kind] for kind in ("Received", "Stopped", "Planned"))
    ledger.append("run-1", moment, [("b", received), ("other", received)])
    ledger.append("run-2", moment, [("run-2", examples["Started"]), ("a", received)])
    ledger.append("run-2", moment, [("b", stopped), ("b", planned)])
    found = ledger.worked_on("run-2", "Received", "Planned")
    bare = stopped.model_copy(update={"stops": None})

    assert ["a", "b"] == list(found)
    assert [received, bare, planned] == [one.event for one in found["b"]]


def test_an_item_knows_its_runs(
    ledger: Ledger, examples: Mapping[str, Event], moment: datetime
) -> None:
    """By which page each run went is told; what is in no run that began has none."""
    ledger.append("run-1", moment, [("run-1", examples["Started"]), ("a", examples["Received"])])
    ledger.append("by-hand", moment, [("a", examples["Erased"])])
    (timeline,) = timelines(ledger, "a")

    assert {"run-1": examples["Started"]} == timeline.runs
    assert ["Received", "Erased"] == [one.event.kind for one in timeline.happened]
    assert "happened" not in timeline.model_dump()


def test_a_record_has_a_timeline_for_each_of_its_items(
    ledger: Ledger, examples: Mapping[str, Event], moment: datetime
) -> None:
    """All versions of a request are told, oldest first; what is unknown has no timeline."""
    ledger.append("run-1", moment, [("b", examples["Received"]), ("a", examples["Received"])])
    found = timelines(ledger, "00Q000000000001AAA")

    assert ["b", "a"] == [timeline.stream for timeline in found]
    assert [] == timelines(ledger, "00Q000000000002AAA")


def test_an_erased_item_has_its_timeline(
    ledger: Ledger, examples: Mapping[str, Event], moment: datetime, database: Kept
) -> None:
    """After an erasure the timeline still stands, and none of the texts is in it."""
    ledger.append("run-1", moment, [("item-1", event) for event in examples.values()])
    ledger.forget("item-1")
    database.change("DELETE FROM payloads")
    (timeline,) = timelines(ledger, "item-1")

    assert len(examples) == sum(map(len, timeline.questions.values()))
    assert "Müller" not in timeline.model_dump_json()


@pytest.mark.parametrize(
    ("cycle", "said"),
    [
        (
            {"first_touch": "status_changed", "minutes": 42.2, "clean_up": ("task_deleted",)},
            "first touched by a person 42 minutes after it was created; clean-up: task deleted",
        ),
        ({"clean_up": ("task_deleted", "given_away")}, "clean-up: task deleted, given away"),
        ({}, ""),
    ],
)
def test_a_cycle_has_its_words(cycle: dict[str, Any], said: str) -> None:
    """How soon somebody came, and what they put right; nothing where nothing of it happened."""
    whole = {"first_touch": None, "minutes": None, "counted_from": "created", "clean_up": ()}

    assert said == cycle_in_words(CycleTime(**{**whole, **cycle}))


def test_people_of_the_page_are_called_by_their_names(ledger: Ledger, moment: datetime) -> None:
    """Whoever is on the page has a name in what people read; the data keeps the other's id."""
    page = load((Path(__file__).parents[2] / FILE).read_text(encoding="utf-8")).page
    maya, stranger = "005000000000002AAA", "005000000000077AAA"
    received = Received(mode="live", object="Lead", record_id="00Q1")
    given = Outcome(
        name="task_reassigned", object="Task", record_id="00T1", by=maya, happened_at=moment,
        change=Change(was=maya, became=stranger),
    )  # fmt: skip
    ledger.append("run-1", moment, [("item", received), ("item", given)])
    (told,) = timelines(ledger, "item", page)
    (line,) = told.questions["What happened after that?"]

    assert f"by Maya Lindqvist (Task 00T1, from Maya Lindqvist to {stranger})" in line.words
    assert maya == line.event["by"]


def test_a_timeline_counts_what_the_page_counts(ledger: Ledger, moment: datetime) -> None:
    """With the page an item's timeline has its cycle; without it, and of a run, it has none."""
    page = load((Path(__file__).parents[2] / FILE).read_text(encoding="utf-8")).page
    received = Received(mode="live", object="Lead", record_id="00Q1")
    touched = Outcome(
        name="contacted", object="Task", record_id="00T1", by="005",
        happened_at=moment + timedelta(minutes=7),
    )  # fmt: skip
    ledger.append("run-1", moment, [("item", received), ("item", touched)])
    (told,) = timelines(ledger, "item", page)
    (plain,) = timelines(ledger, "item")

    assert told.cycle
    assert ("contacted", 7, "received") == (
        told.cycle.first_touch, told.cycle.minutes, told.cycle.counted_from,
    )  # fmt: skip
    assert plain.cycle is None
