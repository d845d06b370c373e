"""An action that asks: what was shown is what is approved, and what is approved is what is done."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import KINDS, Kind
from tests.review.conftest import SETTLED, Desk, HandedOver, Listen, Open, soon
from tests.sandbox.slack_people import MAYA
from triage_agent.decision.actions import Approval
from triage_agent.decision.review_events import Approved, Asked, Edited, Rejected

pytestmark = pytest.mark.long

JONAS = "U0JONAS0003"
NEW, WORKING, CLOSED = "Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"


@pytest.fixture(scope="module")
def asking(open_desk: Open, start_listening: Listen) -> Desk:
    """A desk at which the agent has asked about each of its leads, and somebody listens."""
    opened = open_desk(lead=SETTLED)
    start_listening(opened)
    return opened


def approval_of(one: HandedOver) -> Approval:
    """What was asked last about its item."""
    asked = one.told("Asked")[-1]
    assert isinstance(asked, Asked)
    assert asked.approval
    return asked.approval


def status(one: HandedOver) -> str:
    """What the CRM has of its lead."""
    found = one.desk.records("Lead")[approval_of(one).record_id]
    return str(found["Status"])


def path(one: HandedOver) -> list[str]:
    """What happened to its action, kind by kind."""
    events = one.told("Held", "Asked", "Approved", "Edited", "Rejected", "Intended", "Done")
    return [one.kind for one in events if getattr(one, "action", None) == "set_status"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_approved_is_done(open_desk: Open, start_listening: Listen, kind: Kind) -> None:
    """Once, in the name of whoever approved it; the message says so, and no button is left."""
    desk = open_desk(kind, lead=SETTLED, of=2)
    start_listening(desk)
    one, other = desk.question(), desk.question()
    before = status(one)

    assert desk.click(MAYA, one.ts, "approve") is None
    assert soon(lambda: status(one) == WORKING)
    assert soon(lambda: "Done" in one.text)
    assert (NEW, NEW) == (before, status(other))
    assert "'Approved by '" in one.text
    assert f"'user_id': '{MAYA}'" in one.text
    assert "'button'" not in one.text
    assert "'button'" in other.text
    digest = approval_of(one).digest
    approved = Approved(
        by="Maya Lindqvist",
        login="maya",
        slack=MAYA,
        salesforce="005000000000002AAA",
        action="set_status",
        digest=digest,
    )
    assert [approved] == one.told("Approved")
    assert ["Held", "Asked", "Approved", "Intended", "Done"] == path(one)
    used = [e.approval for e in one.told("Intended") if e.kind == "Intended" and e.approval]
    assert [digest] == used
    assert [] == desk.faults()


def test_what_is_shown(asking: Desk) -> None:
    """Field by field from what to what, the draft, who may, until when, and the record."""
    one = asking.question()
    approval, text = approval_of(one), one.text

    assert f"Status: {NEW} → {WORKING}" in text
    assert "May I set status? Acme" in text
    assert "Maya Lindqvist, Jonas Weber, Priya Nair" in text
    assert approval.draft
    assert approval.draft.splitlines()[0] in text
    assert approval.record_id in text
    assert "Good until" in text
    assert approval.digest[:16] in text
    assert {"Status": NEW} == approval.was


def test_an_edit_is_another_digest_in_the_editors_name(asking: Desk) -> None:
    """The page's other value is offered and done, as the editor's; what was asked first isn't."""
    one = asking.question()
    asked = approval_of(one)
    view = asking.form(JONAS, one, "edit")
    assert view is not None
    offered = [option["value"] for option in view["blocks"][1]["element"]["options"]]
    asking.send(JONAS, view, Status=CLOSED)

    assert [WORKING, CLOSED] == offered
    assert soon(lambda: status(one) == CLOSED)
    assert soon(lambda: "Done" in one.text)
    (edited,), (approved,) = one.told("Edited"), one.told("Approved")
    assert isinstance(edited, Edited)
    assert isinstance(approved, Approved)
    assert edited.approval
    assert (asked.digest, edited.approval.digest) == (edited.was, edited.digest)
    assert ("Jonas Weber", "Jonas Weber", edited.digest) == (
        edited.by, approved.by, approved.digest,
    )  # fmt: skip
    assert asked.digest != edited.digest
    assert ["Held", "Asked", "Edited", "Approved", "Intended", "Done"] == path(one)
    assert f"Status {CLOSED}" in one.text


def test_an_edit_that_changes_nothing(asking: Desk) -> None:
    """Whoever sends the form as it was is told to approve; nothing is decided."""
    one = asking.question()
    view = asking.form(MAYA, one, "edit")
    assert view is not None
    asking.send(MAYA, view, Status=WORKING)

    assert soon(lambda: any("Nothing of it was changed" in note for note in asking.notes(MAYA)))
    assert ["Held", "Asked"] == path(one)


def test_what_is_rejected_stays_undone(asking: Desk) -> None:
    """The reason is kept and told in the channel; the agent doesn't ask again."""
    one, asked = asking.question(), len(asking.posted("triage_approval"))
    view = asking.form(MAYA, one, "reject")
    assert view is not None
    asking.send(MAYA, view, note="They called already.")

    assert soon(lambda: "Rejected by" in one.text)
    (rejected,) = one.told("Rejected")
    assert isinstance(rejected, Rejected)
    assert ("set_status", "They called already.") == (rejected.action, rejected.reason)
    assert "They called already." in one.text
    assert "'button'" not in one.text
    asking.run()
    assert (NEW, asked) == (status(one), len(asking.posted("triage_approval")))
    assert ["Held", "Asked", "Rejected"] == path(one)


def test_a_note_tells_a_second_click_who_was_first(asking: Desk) -> None:
    """Both reps press at about the same moment: one decides, the other learns who did."""
    one = asking.question()
    ts = one.ts
    asking.click(MAYA, ts, "approve")
    trouble = asking.click(JONAS, ts, "approve")

    assert soon(lambda: "Done" in one.text)
    (approved,) = one.told("Approved")
    assert isinstance(approved, Approved)
    other = JONAS if approved.slack == MAYA else MAYA
    told = f"{approved.by} has approved it"
    assert trouble or soon(lambda: any(told in note for note in asking.notes(other)))
    assert 1 == path(one).count("Intended")


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_clicks(open_desk: Open, start_listening: Listen, kind: Kind) -> None:
    """Three reps press all over the place, two listeners hear them: each is decided once."""
    each = 25 if kind == "sqlite" else 6  # and a few on the slower one
    desk = open_desk(kind, lead=SETTLED, of=4)
    start_listening(desk)
    start_listening(desk)
    questions = [desk.question() for _ in range(4)]
    places = [(one.ts, n) for n in range(each) for one in questions]
    team = (MAYA, JONAS, "U0PRIYA0004")

    def click(place: tuple[str, int]) -> str | None:
        return desk.click(team[place[1] % 3], place[0], "approve")

    with ThreadPoolExecutor(16) as pool:
        troubles = list(pool.map(click, places))

    assert 4 * each == len(troubles)
    assert soon(lambda: all("Done" in one.text for one in questions))
    for one in questions:
        assert ["Held", "Asked", "Approved", "Intended", "Done"] == path(one)
        assert WORKING == status(one)
    assert [] == desk.faults()


def test_an_interrupted_approval_is_carried_out_once(
    open_desk: Open, start_listening: Listen, tmp_path: Path
) -> None:
    """The write arrives, its answer is lost: it is found, and not taken for somebody else's."""
    faults = tmp_path / "faults.yaml"
    cut = "fault: cut, carried_out: true, system: salesforce, method: PATCH"
    faults.write_text(f"faults: [{{{cut}, path: /composite/sobjects, at: [1]}}]")
    desk = open_desk(lead=SETTLED, of=1, faults=faults)
    start_listening(desk)
    one = desk.question()
    desk.click(MAYA, one.ts, "approve")

    assert soon(lambda: "Done" in one.text)
    kinds = [e.kind for e in one.told("Approved", "Intended", "NotFound", "Done")]
    after = kinds[kinds.index("Approved") :]
    assert ["Approved", "Intended", "NotFound", "Intended", "Done"] == after
    assert WORKING == status(one)
