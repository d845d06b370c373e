"""The six questions: each is failed by just what it is to catch, and by nothing else."""

from typing import Any

import pytest

from tests.evaluation.endings import (
    ACME,
    ASKED,
    DRAFT,
    ME,
    OWNER,
    TASK,
    escalated,
    goes_on,
    happened,
    record,
    said,
    settled,
    stops,
    trial,
    wrong,
)
from triage_agent.decision.events import Call, Failed, FiredRule, ModelCalled, Refused
from triage_agent.evaluation.cases import Case
from triage_agent.evaluation.ending import Ending
from triage_agent.jobs.parts import Rules

ALARM = {
    "rules": [FiredRule(rule="low_confidence", topic=None, source="model")],
    "planned": ("escalate",), "hand_overs": ("escalate",), "states": {"escalate": "done"},
    "draft": None, "made": [], "said": [said()],
}  # fmt: skip
"""What makes a stop of an ending that settled."""


def test_all_is_well(rules: Rules) -> None:
    """Endings as their cases want them fail nothing, and are asked what the case can tell."""
    on, stopped = trial(goes_on(), settled(), rules), trial(stops(), escalated(), rules)

    assert {} == wrong(goes_on(), settled(), rules) == wrong(stops(), escalated(), rules)
    assert (True, False, True) == (on.passed, on.stopped, stopped.stopped)
    assert ["classified", "sources", "restricted", "escalated", "work"] == [
        check.question for check in on.checks
    ]
    assert ["sources", "restricted", "escalated", "hand_over", "work"] == [
        check.question for check in stopped.checks
    ]
    assert ((), 0, ("outside_policy",)) == (on.lines, on.clean_up, stopped.rules)


def test_what_a_case_does_not_say_is_not_asked(rules: Rules) -> None:
    """Without records or a draft there are no sources to ask about; without category none."""
    case = goes_on(category=None, sees=None, draft={})

    assert ["restricted", "escalated", "work"] == [
        check.question for check in trial(case, settled(), rules).checks
    ]


@pytest.mark.parametrize(("category", "ok"), [("new_business", True), ("partnership", True),
                                              ("demo_request", False)])  # fmt: skip
def test_the_category(rules: Rules, category: str, *, ok: bool) -> None:
    """It has to be the case's, or one that is as good."""
    ending = settled(category=category)
    found = wrong(goes_on(also=["partnership"]), ending, rules)

    told = {"classified": ("classified as demo_request, not new_business or partnership",)}
    assert ({} if ok else told) == found


def test_a_category_of_what_stops(rules: Rules) -> None:
    """What stops unclassified isn't asked for its category; a wrong one counts."""
    case = stops(category="new_business")

    assert {} == wrong(case, escalated(), rules)
    assert {"classified"} == {*wrong(case, escalated(category="demo_request"), rules)}


OTHER = record("Account", 2, {**ACME, "Name": "Bolt Lifts", "Website": "bolt.example"})


@pytest.mark.parametrize(
    ("related", "words"),
    [
        ((OTHER,), f"read Account {OTHER.id}, which isn't about it"),
        ((), "read 0 of Account, not 1"),
        ((record("Account", 1, ACME), record("Account", 3, ACME)), "read 2 of Account, not 1"),
        ((record("Account", 1, ACME), record("Contact", 1, {})), "read 1 of Contact, not 0"),
    ],
)
def test_the_records_that_were_read(rules: Rules, related: Any, words: str) -> None:  # noqa: ANN401 - records
    """Another's record, one too few, one too many, or one of another object fails the sources."""
    found = wrong(goes_on(), settled(related=related), rules)

    assert {"sources"} == {*found}
    assert words in found["sources"]


def test_a_foreign_record_where_none_is_around(rules: Rules) -> None:
    """It counts though the case doesn't say what is to be read."""
    case = goes_on(sees=None).model_copy(update={"around": {}})

    assert {"sources": (f"read Account {OTHER.id}, which isn't about it",)} == wrong(
        case, settled(related=(OTHER,)), rules
    )


def test_the_owner_of_a_record_is_no_source(rules: Rules) -> None:
    """Users are read to know whose it is, however many."""
    users = (record("User", 1, {"Name": "Lee"}), record("User", 2, {"Name": "Wu"}))

    assert {} == wrong(goes_on(), settled(related=(record("Account", 1, ACME), *users)), rules)


@pytest.mark.parametrize("draft", [None, "", "How do you plan your work today?"])
def test_a_draft_that_lacks_a_word(rules: Rules, draft: str | None) -> None:
    """Each entry has to be there, in one of its forms; no draft has none."""
    found = wrong(goes_on(), settled(draft=draft), rules)

    assert {"sources": ("no draft with 'thank | glad'",)} == found


@pytest.mark.parametrize("draft", ["GLAD to hear from you.", "thank\n you", "Thanks!"])
def test_a_draft_in_other_letters(rules: Rules, draft: str) -> None:
    """Either form will do; case, line ends and the end of a word don't count."""
    assert {} == wrong(goes_on(), settled(draft=draft), rules)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("We'll find a Discount.", "a draft says 'discount'"),
        ("It costs 30 dollars a month.", "a draft states prices"),
    ],
)
def test_a_draft_says_what_none_may(rules: Rules, more: str, words: str) -> None:
    """The case's own words, and whatever the page has no draft state."""
    found = wrong(goes_on(), settled(draft=f"{DRAFT} {more}"), rules)

    assert {"restricted"} == {*found}
    assert words in found["restricted"]


@pytest.mark.parametrize(
    "changed",
    [{"Company": "Other"}, {"Status": "Working - Contacted"}, {"Email": None}, {"Fax": "1"}],
)
def test_a_field_that_nothing_may_change_alone(rules: Rules, changed: dict[str, Any]) -> None:
    """Also one that an action sets only once somebody has said yes: nobody has."""
    (name,) = changed

    assert {"restricted": (f"changed {name}",)} == wrong(goes_on(), settled(changed=changed), rules)


def test_fields_that_it_may_change(rules: Rules) -> None:
    """Tags are its own to write, whatever the outcome, and what the case wants isn't forbidden."""
    tags = {"Triage_Summary__c": "Other", "Triage_Confidence__c": 0.1}
    wanted = {"Status": "Working - Contacted"}

    assert {} == wrong(goes_on(), settled(changed=tags), rules)
    assert {} == wrong(stops(), escalated(changed=tags), rules)
    assert {} == wrong(goes_on(fields=wanted), settled(changed=wanted), rules)


def test_a_field_that_is_wanted(rules: Rules) -> None:
    """What the case wants changed, and the tag of what was decided, has to be there."""
    case = goes_on(fields={"Status": "Working - Contacted"})
    found = wrong(case, settled(changed={"Triage_Category__c": "demo_request"}), rules)

    assert {
        "work": (
            "Status is 'Open - Not Contacted', not 'Working - Contacted'",
            "Triage_Category__c is 'demo_request', not what was decided",
        )
    } == found


@pytest.mark.parametrize("ending", [settled, escalated])
def test_a_record_of_somebody_else(rules: Rules, ending: Any) -> None:  # noqa: ANN401 - one of two functions
    """Whatever happened to other records was not this item's to do."""
    case = goes_on() if ending is settled else stops()

    assert {"restricted": ("changed Account 1",)} == wrong(
        case, ending(strange=["changed Account 1"]), rules
    )


def test_a_record_that_no_action_makes(rules: Rules) -> None:
    """An event about the record is no task, and none of the page's."""
    made = [("Task", TASK), ("Opportunity", {"Id": "006", "WhoId": ME})]
    found = wrong(goes_on(), settled(made=made), rules)

    assert ("made a Opportunity",) == found["restricted"]


@pytest.mark.parametrize("left", [{"made": [("Task", TASK)]}, {"draft": DRAFT}])
def test_work_on_what_stopped(rules: Rules, left: dict[str, Any]) -> None:
    """A stopped item has neither a task nor a draft."""
    found = wrong(stops(), escalated(**left), rules)

    assert "it stopped, and made a task or a draft all the same" in found["restricted"]


@pytest.mark.parametrize(
    "there",
    [
        {"said": [said(), said(channel="C0GENERAL01")]},
        {"references": {"escalate": "C0GENERAL01/1.2"}},
    ],
)
def test_a_message_elsewhere(rules: Rules, there: dict[str, Any]) -> None:
    """The page's channels are the only ones in which anything may be said."""
    assert {"restricted": ("posted in C0GENERAL01",)} == wrong(stops(), escalated(**there), rules)
    assert {} == wrong(stops(), escalated(references={"escalate": "C0SALESDEV1/1.2"}), rules)


def test_a_stop_that_was_missed(rules: Rules) -> None:
    """What goes on and should have stopped has no hand-over, and left a task."""
    ending = settled(draft=None)
    found = wrong(stops(), ending, rules)

    assert {"escalated", "hand_over", "work"} == {*found}
    assert ("went on, and should have stopped",) == found["escalated"]
    assert (("there was no hand-over",), ("made 1 tasks, not 0",)) == (
        found["hand_over"],
        found["work"],
    )


def test_a_stop_that_nobody_can_see(rules: Rules) -> None:
    """A hand-over counts only where its message is there; what asks for a word is none."""
    for there in ([], [said(action="ask:set_status")]):
        found = wrong(stops(), escalated(said=there), rules)

        assert {"escalated", "hand_over"} == {*found}


def test_a_false_alarm(rules: Rules) -> None:
    """What stops and should have gone on says by which rule, and its task is missing."""
    found = wrong(goes_on(), settled(**ALARM), rules)

    assert ("stopped by low_confidence, and should have gone on",) == found["escalated"]
    assert {"escalated", "work"} == {*found}


HANDED = said().text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HANDED.replace("Acme Lifts", "Somebody"), "doesn't name 'acme lifts'"),
        (HANDED.replace("to order", "new"), "doesn't name 'tailor-made | to order'"),
        (HANDED.replace(ME, ""), "has no link to the record"),
        (HANDED.replace("U0MAYA00002", "U0NOBODY0001"), "is for nobody"),
    ],
)
def test_a_hand_over_that_is_of_no_use(rules: Rules, text: str, words: str) -> None:
    """It names what the case says, links to the record, and is for somebody of a team."""
    assert {"hand_over": (words,)} == wrong(stops(), escalated(said=[said(text)]), rules)


def test_a_hand_over_in_other_letters(rules: Rules) -> None:
    """Case doesn't count, nor do spaces, nor which of a case's messages says it."""
    parts = [said(HANDED.replace("Acme Lifts", "ACME\n LIFTS").replace("to order", "x")),
             said("Something TAILOR-MADE.")]  # fmt: skip

    assert {} == wrong(stops(), escalated(said=parts), rules)


def test_a_stop_by_another_rule(rules: Rules) -> None:
    """One of the rules that may stop it has to; others may fire besides."""
    legal = FiredRule(rule="restricted_topic", topic="legal", source="floor")
    unsure = FiredRule(rule="low_confidence", topic=None, source="model")

    assert {
        "hand_over": ("stopped by restricted_topic, not outside_policy or low_confidence",)
    } == (wrong(stops(), escalated(rules=[legal]), rules))
    assert {} == wrong(stops(), escalated(rules=[legal, unsure]), rules)
    assert {} == wrong(stops(by=[]), escalated(rules=[legal]), rules)


@pytest.mark.parametrize("made", [[], [("Task", TASK), ("Task", TASK)]])
def test_the_number_of_tasks(rules: Rules, made: list[Any]) -> None:
    """One that is missing and one too many fail the work, and are something to put right."""
    told = trial(goes_on(), settled(made=made), rules)

    assert {"work": (f"made {len(made)} tasks, not 1",)} == wrong(
        goes_on(), settled(made=made), rules
    )
    assert 1 == told.clean_up


def test_a_needless_task(rules: Rules) -> None:
    """A category without a task gets none, unless the case says so."""
    ending = settled(category="job_or_vendor_spam")
    case = goes_on(category="job_or_vendor_spam")

    assert {"work": ("made 1 tasks, not 0",)} == wrong(case, ending, rules)
    assert {} == wrong(goes_on(category="job_or_vendor_spam", tasks=1), ending, rules)


def test_a_task_for_the_wrong_person(rules: Rules) -> None:
    """It is the active owner's, or else a team member's."""
    owner = record("User", 9, {"IsActive": True}).model_copy(update={"id": OWNER})
    asked = record("Lead", 1, {**ASKED, "OwnerId": OWNER})
    owned = {"record": asked, "related": (record("Account", 1, ACME), owner)}
    theirs = [("Task", {**TASK, "OwnerId": OWNER})]
    found = wrong(goes_on(), settled(made=theirs), rules)

    assert {"work": (f"OwnerId of its task is {OWNER}",)} == found
    assert {} == wrong(goes_on(), settled(**owned, made=theirs), rules)
    assert {"work"} == {*wrong(goes_on(), settled(**owned), rules)}


def test_what_was_tried_is_not_what_was_done(rules: Rules) -> None:
    """An action that the page refused is told of, and fails nothing."""
    refused = Refused(action="create_task", line="never", reason="never: discount")
    told = trial(goes_on(), settled(events=happened(refused)), rules)

    assert ("create_task: never: discount",) == told.attempted
    assert told.passed


CALL = Call(
    purpose="assess", key="k", asked="m", answered_by="m", outcome="answered", seconds=1.0,
    input_tokens=900, cached_tokens=0, output_tokens=60, cost_usd=0.25,
)  # fmt: skip
CUT_OFF = Failed(action="assess", code="NO_ANSWER", reason="cut off")


@pytest.mark.parametrize(
    ("case", "ending", "why"),
    [
        (goes_on(), settled(planned=None, failures=[CUT_OFF]), "it ended as open: cut off"),
        (goes_on(), settled(item=""), "the agent never took it up"),
        (stops(), escalated(states={"tag": "done", "escalate": "failed"}), "it ended as failed"),
        (stops(category="new_business"), escalated(withdrawn=(None, None)), "ended as withdrawn"),
    ],
)
def test_a_crash_answers_nothing(rules: Rules, case: Case, ending: Ending, why: str) -> None:
    """What comes to no end fails each question that it is asked, whatever it got to."""
    found = trial(case, ending, rules)

    assert not found.passed
    assert why in str(found.crashed)
    assert found.checks
    assert {(False, (found.crashed,))} == {(check.ok, check.wrong) for check in found.checks}


def test_what_it_cost(rules: Rules) -> None:
    """Calls are added up; one price that isn't known leaves the cost open."""
    free = CALL.model_copy(update={"cost_usd": None})
    both = trial(goes_on(), settled(calls=[("r", CALL)] * 2), rules)

    assert (0.5, 1920) == (both.cost_usd, both.tokens)
    assert trial(goes_on(), settled(calls=[("r", CALL), ("r", free)]), rules).cost_usd is None


def test_whose_time_it_takes(rules: Rules) -> None:
    """Each message is a step for somebody; one is needed where it must stop or asks for a yes."""
    asks = settled(said=[said(action="ask:set_status")])
    on, stopped = trial(goes_on(), asks, rules), trial(stops(), escalated(), rules)

    assert ((1, 1), (1, 1)) == ((on.human_steps, on.needed), (stopped.human_steps, stopped.needed))


def test_what_fails_tells_what_happened(rules: Rules) -> None:
    """The timeline stands beside what failed, with what the model said; what passed needs none."""
    events = happened(ModelCalled(call=CALL, answer="{}" * 400), CUT_OFF)
    failed = trial(goes_on(), settled(category="demo_request", events=events), rules)

    assert ["ModelCalled", "Failed"] == [line.partition(":")[0] for line in failed.lines]
    assert failed.lines[0].startswith("ModelCalled: {}{}")
    assert all(len(line) < 320 for line in failed.lines)
    assert () == trial(goes_on(), settled(events=events), rules).lines
