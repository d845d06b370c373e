"""Every way known to have something done that nobody approved; none of them writes anything.

The acceptance list is that of ADR 0030 in microsoft/agent-governance-toolkit, as far as it applies
to one approver and one stage.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.review.conftest import SETTLED, Clock, Desk, HandedOver, Listen, Open, soon
from tests.review.test_approving import CLOSED, JONAS, NEW, WORKING, approval_of, path, status
from tests.sandbox.slack_people import DANA, MAYA, TESS
from triage_agent import wiring
from triage_agent.authority.approvals import Wanted, outdated, void
from triage_agent.decision.review_events import Approved, Asked, Expired, Voided
from triage_agent.decision.run_events import Answer, Paused, Resumed
from triage_agent.decision.story import Story
from triage_agent.project import read_model
from triage_agent.review import approving
from triage_agent.review.approving import Reference, Room
from triage_agent.review.deciding import Clicked
from triage_agent.settings import Settings

pytestmark = pytest.mark.long

WHO_MAY = "Only these can decide it, by the operating model: Maya Lindqvist, Jonas Weber, Priya"
OLD = "This isn't what is asked any more"


@pytest.fixture(scope="module")
def asking(open_desk: Open, start_listening: Listen) -> Desk:
    """A desk at which the agent has asked about each of its leads, and somebody listens."""
    opened = open_desk(lead=SETTLED, of=16)
    start_listening(opened)
    return opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def unheard(open_desk: Open, clock: Clock) -> Desk:
    """A desk at which nobody listens: what is decided there waits for the next run."""
    return open_desk(clock=clock, lead=SETTLED, of=1)


def answered(
    one: HandedOver, user: str = MAYA, digest: str | None = None, at: datetime | None = None
) -> str | None:
    """What somebody is told who approves it, also without any listener; None: it is approved."""
    desk, approval = one.desk, approval_of(one)
    reference = Reference(one.item, "set_status", digest or approval.digest)
    clicked = Clicked(one.item, user, "run-x", at or desk.clock())
    with closing(wiring.open_ledger(desk.target)) as ledger:
        room = Room(ledger, read_model(desk.target.project), None)
        return approving.approve(room, clicked, reference)


def voids(one: HandedOver) -> list[str]:
    """Why what was asked about it didn't hold."""
    return [event.reason for event in one.told("Voided") if isinstance(event, Voided)]


def is_asked_afresh(one: HandedOver, before: str) -> bool:
    """Whether another message asks under another digest, and nothing was written."""
    asked = one.told("Asked")
    digests = [event.digest for event in asked if isinstance(event, Asked)]
    messages = [m for m in one.desk.posted("triage_approval") if one.item in str(m["metadata"])]
    return len({*digests}) == len(messages) == 2 and digests[0] == before


@pytest.mark.parametrize("user", [TESS, DANA])
@pytest.mark.parametrize("button", ["approve", "edit", "reject"])
def test_a_wrong_user(asking: Desk, user: str, button: str) -> None:
    """Whoever isn't of the team learns, alone, who can; the owner isn't either."""
    one = asking.question() if button == "approve" else HandedOver(asking, 0, "triage_approval")
    told = len(asking.notes(user))
    asking.click(user, one.ts, button)

    assert soon(lambda: len(asking.notes(user)) > told)
    assert WHO_MAY in asking.notes(user)[0]
    assert [] == [note for rep in (MAYA, JONAS) for note in asking.notes(rep) if WHO_MAY in note]
    assert ["Held", "Asked"] == path(one)
    assert NEW == status(one)


@pytest.mark.parametrize("digest", ["0" * 64, "", "x"])
def test_a_made_up_digest(asking: Desk, digest: str) -> None:
    """A button that is about anything else than what was asked decides nothing."""
    one = asking.question()

    assert OLD in str(answered(one, digest=digest or " "))
    assert ["Held", "Asked"] == path(one)


def test_a_double_click(asking: Desk) -> None:
    """The second of two clicks by the same person changes nothing more, and they are told so."""
    one = asking.question()
    ts = one.ts
    for _ in range(2):
        asking.click(MAYA, ts, "approve")

    assert soon(lambda: "Done" in one.text)
    assert ["Held", "Asked", "Approved", "Intended", "Done"] == path(one)


def test_a_click_on_what_was_decided(asking: Desk) -> None:
    """A no holds against a later yes."""
    one = asking.question()
    view = asking.form(MAYA, one, "reject")
    assert view is not None
    asking.send(MAYA, view, note="Not now.")
    assert soon(lambda: one.told("Rejected"))

    assert "Maya Lindqvist has rejected it already." == answered(one, JONAS)
    asking.run()
    assert ["Held", "Asked", "Rejected"] == path(one)
    assert NEW == status(one)


def test_while_it_is_paused(asking: Desk) -> None:
    """Nothing is approved, whoever wants it is told, and the buttons stay for afterwards."""
    one = asking.question()
    paused = asking.target.project / "PAUSED"
    paused.touch()
    asking.click(MAYA, one.ts, "approve")

    assert soon(lambda: any("the agent is paused" in note for note in asking.notes(MAYA)))
    assert ["Held", "Asked"] == path(one)

    paused.unlink()
    asking.click(MAYA, one.ts, "approve")
    assert soon(lambda: status(one) == WORKING)


def page_changes(desk: Desk) -> None:
    desk.rewrite(("expires_after: 20h", "expires_after: 19h"))


def approver_leaves(desk: Desk) -> None:
    page = (desk.target.project / "operating_model.yaml").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines(keepends=True) if "maya" in line]
    desk.rewrite((line, ""))


def another_value(desk: Desk) -> None:
    desk.rewrite((f"set: {{Status: {WORKING}}}", f"set: {{Status: {CLOSED}}}"))
    desk.rewrite((f"instead: {{Status: [{CLOSED}]}}", f"instead: {{Status: [{WORKING}]}}"))


def pause_and_resume(desk: Desk) -> None:
    with closing(wiring.open_ledger(desk.target)) as ledger:
        ledger.append("agent", desk.clock(), [("agent", Paused(by="Dana Reyes", reason="odd"))])
        answers = (Answer(question="What?", answer="Nothing."),)
        resumed = Resumed(by="Dana Reyes", login="dana", checklist=answers)
        ledger.append("agent", desk.clock(), [("agent", resumed)])


CHANGES: dict[str, tuple[Callable[[Desk], None], str]] = {
    "stale page": (page_changes, "the operating model has changed since"),
    "who approved may not any more": (approver_leaves, "the operating model has changed since"),
    "another value on the page": (another_value, "the operating model has changed since"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_before_the_click(unheard: Desk, name: str) -> None:
    """What was shown isn't what would be asked today: it is void, and asked afresh."""
    change, why = CHANGES[name]
    one = unheard.question()
    digest = approval_of(one).digest
    change(unheard)
    words = answered(one, JONAS)
    unheard.run()

    assert f"Nothing was approved, for {why}. You will be asked afresh." == words
    assert [why] == voids(one)
    assert is_asked_afresh(one, digest)
    assert ([], NEW) == (one.told("Approved"), status(one))
    assert OLD in str(answered(one, JONAS, digest))  # the old button


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_after_the_click(unheard: Desk, name: str) -> None:
    """An approval is looked at again just before the write; whoever gave it is told and asked."""
    change, why = CHANGES[name]
    one = unheard.question()
    digest = approval_of(one).digest

    assert answered(one) is None
    change(unheard)
    unheard.run()

    assert [why] == voids(one)
    assert is_asked_afresh(one, digest)
    assert ([], NEW) == ([e for e in path(one) if e == "Intended"], status(one))
    assert why in one.text
    assert "'button'" not in one.text
    again = HandedOver(unheard, one.number + 1, "triage_approval")
    assert "Asked again: " in again.text
    assert f"'user_id': '{MAYA}'" in again.text


def test_a_pause_between_click_and_write(unheard: Desk, clock: Clock) -> None:
    """What was approved before an incident is approved anew after it."""
    one = unheard.question()
    digest = approval_of(one).digest

    assert answered(one) is None
    clock.passes(1)
    pause_and_resume(unheard)
    unheard.run()

    assert ["the agent has been paused since"] == voids(one)
    assert is_asked_afresh(one, digest)
    assert NEW == status(one)


def test_the_record_changed_after_the_click(unheard: Desk) -> None:
    """A rep was faster in the CRM: nothing is written over what they did."""
    one = unheard.question()

    assert answered(one) is None
    unheard.change("Lead", approval_of(one).record_id, Status=CLOSED)
    unheard.run()

    assert CLOSED == status(one)
    assert ["Intended"] == [kind for kind in path(one) if kind in ("Intended", "Done")]
    assert "is no longer new: Status changed" in one.text
    assert "'button'" not in one.text


def test_the_values_that_were_shown_changed(open_desk: Open, clock: Clock) -> None:
    """A field that holds something else than was shown isn't changed; it is asked afresh."""
    desk = open_desk(clock=clock, lead={"Rating": "Cold"}, of=1, page=RATING)
    one = desk.question()
    digest, record = approval_of(one).digest, approval_of(one).record_id

    assert {"Rating": "Cold"} == approval_of(one).was
    assert answered(one) is None
    desk.change("Lead", record, Rating="Warm")
    desk.run()

    assert ["Rating changed since it was asked"] == voids(one)
    assert is_asked_afresh(one, digest)
    assert "Warm" == desk.records("Lead")[record]["Rating"]
    assert {"Rating": "Warm"} == approval_of(one).was
    assert answered(one) is None
    desk.run()
    assert "Hot" == desk.records("Lead")[record]["Rating"]


RATING = (
    ("set: {Status: Working - Contacted}", "set: {Rating: Hot}"),
    ("instead: {Status: [Closed - Not Converted]}", "instead: {Rating: [Warm]}"),
)


def test_what_comes_too_late(unheard: Desk, clock: Clock) -> None:
    """After twenty working hours nobody can say yes any more; that nobody did is no no."""
    one = unheard.question()
    clock.passes(3 * 24 * 60)  # Thanksgiving and its eve
    words = answered(one)
    unheard.run()

    assert "It has expired, so nothing was changed." == words
    assert [Expired(action="set_status", digest=approval_of(one).digest)] == one.told("Expired")
    assert [] == one.told("Rejected", "Approved")
    assert "Expired" in one.text
    assert "'button'" not in one.text
    assert NEW == status(one)


def test_nobody_says_anything(unheard: Desk, clock: Clock) -> None:
    """It expires by itself, with the next run, and is its own state on the record."""
    one = unheard.question()
    clock.passes(3 * 24 * 60)
    unheard.run()

    assert ["Expired"] == [event.kind for event in one.told("Expired", "Rejected", "Approved")]
    assert "Expired" in one.text
    with closing(wiring.open_ledger(unheard.target)) as ledger:
        story = ledger.story(one.item)
        assert ("expired", "settled") == (story.states["set_status"], story.status)


def test_a_yes_that_is_carried_out_too_late(unheard: Desk, clock: Clock) -> None:
    """No run came before it expired: it is void, and asked afresh."""
    one = unheard.question()
    digest = approval_of(one).digest

    assert answered(one) is None
    clock.passes(3 * 24 * 60)
    unheard.run()

    assert ["it could not be carried out in time"] == voids(one)
    assert is_asked_afresh(one, digest)
    assert NEW == status(one)


def test_in_shadow(unheard: Desk) -> None:
    """What was asked while the agent was live isn't approved where nothing would come of it."""
    one = unheard.question()
    model = read_model(unheard.target.project)
    clicked = Clicked(one.item, MAYA, "run-x", unheard.clock())
    reference = Reference(one.item, "set_status", approval_of(one).digest)
    real = replace(unheard.target, sandbox_url=None)  # by the page, which says shadow
    with closing(wiring.open_ledger(unheard.target)) as ledger:
        brake = wiring.brake_of(unheard.target, Settings.of(unheard.target.project), ledger)
        found = (
            wiring.held(unheard.target, model.page, brake),
            wiring.held(real, model.page, brake),
        )
        words = approving.approve(Room(ledger, model, found[1]), clicked, reference)

    assert found[0] is None
    assert "Nothing was approved, for the agent is in shadow" in str(words)
    assert ["Held", "Asked"] == path(one)


def test_an_empty_list_of_approvers(unheard: Desk) -> None:
    """A page on which nobody may say yes is refused whole; and nobody is everybody nowhere."""
    one = unheard.question()
    model = read_model(unheard.target.project)
    nobody = model.page.teams["sales_development"].model_copy(update={"members": []})
    page = model.page.model_copy(update={"teams": {"sales_development": nobody}})
    emptied = type(model)(page, model.sha256, model.marks)
    clicked = Clicked(one.item, MAYA, "run-x", datetime.now(UTC))
    reference = Reference(one.item, "set_status", approval_of(one).digest)
    with closing(wiring.open_ledger(unheard.target)) as ledger:
        words = approving.approve(Room(ledger, emptied, None), clicked, reference)

    assert "Only these can decide it, by the operating model: nobody." == words
    assert ["Held", "Asked"] == path(one)


def test_a_record_that_was_rewritten(unheard: Desk) -> None:
    """What was asked must be what its digest says, whoever has changed the record of it."""
    one = unheard.question()
    model = read_model(unheard.target.project)
    with closing(wiring.open_ledger(unheard.target)) as ledger:
        story = Story.of(ledger.events(one.item))
    question = story.question("set_status")
    assert question
    assert question.approval
    action = question.approval.action.model_copy(update={"fields": {"Status": CLOSED}})
    item = story.item(one.item, model.page)
    whole = outdated(Wanted(question, item, stopped=False), model)
    question.approval = question.approval.model_copy(update={"action": action})
    rewritten = outdated(Wanted(question, item, stopped=False), model)

    assert whole is None
    assert "what was asked isn't what the record says of it" == rewritten


def test_a_yes_to_something_else(unheard: Desk) -> None:
    """An approval of digest A carries out nothing whose digest is B."""
    one = unheard.question()
    model = read_model(unheard.target.project)
    with closing(wiring.open_ledger(unheard.target)) as ledger:
        story = Story.of(ledger.events(one.item))
    question = story.question("set_status")
    assert question
    yes = Approved(
        by="Maya Lindqvist", login="maya", slack=MAYA, salesforce=None, action="set_status",
        digest="0" * 64,
    )  # fmt: skip
    question.approved = yes, unheard.clock()
    wanted = Wanted(question, story.item(one.item, model.page), stopped=False)

    assert "nobody has approved this" == void(wanted, model, unheard.clock())


def test_an_approval_after_a_restart(unheard: Desk, start_listening: Listen) -> None:
    """Whoever listens next goes on with what the ledger has; the yes of before is carried out."""
    one = unheard.question()
    assert answered(one) is None
    start_listening(unheard)
    unheard.run()

    assert WORKING == status(one)
    assert 1 == path(one).count("Intended")
