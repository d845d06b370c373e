"""A day in Slack: what people press and read there, and the ledger that tells the same of it."""

import re
from collections.abc import Callable, Iterable

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.working_day import Clock
from tests.review.at_terminal import switch
from tests.review.conftest import Desk
from tests.sandbox.slack_people import MAYA, SALES, TESS
from triage_agent import wiring

pytestmark = pytest.mark.long

JONAS, LENA = "U0JONAS0003", "U0LENA00005"
NAMES = {MAYA: "Maya Lindqvist", JONAS: "Jonas Weber"}
LEADS = "C0OPSSUMM01"
HANDED, STATUS, RATING = "Needs a person", "set status", "set rating"
REPS = "Only these can decide it, by the operating model: Maya Lindqvist, Jonas Weber, Priya Nair."

AWAY = "Object.defineProperty(document, 'hidden', {value: true, configurable: true})"
"""Somebody looks at another tab: when they are back they have before them what they had."""
BACK_TO_PRESS = "(button) => { delete document.hidden; button.click(); }"
SLOW = "faults: [{fault: latency, system: slack, path: chat.update, seconds: 4}]"
"""Slack takes its time to show everybody what one of them has done."""
PEOPLE = ("Claimed", "Released", "Corrected", "Rejected", "Approved", "Edited", "Paused", "Resumed")
TIME = ("FellBack", "Expired", "Voided")
CARRIED_OUT = "Done"

Come = Callable[..., Page]
Story = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def come(desk: Desk, visit: Visit) -> Come:
    """Somebody opens a channel: `come(MAYA)`."""
    return lambda person, channel=SALES: visit(f"{desk.url}/slack/{channel}", person=person)


@pytest.fixture
def ledger(desk: Desk, clock: Clock) -> Story:
    """What happened since the test began, and by whom: `ledger("Holm Elevators", "set_status")`.

    Without an action it is about the hand-over, or the agent itself.
    """
    began = clock()

    def told(about: str, action: str | None = None) -> list[tuple[str, str]]:
        wanted = about if about == "agent" else lead(desk, about)["Id"]
        (timeline,) = wiring.timeline(desk.target, wanted)
        since = [one for one in timeline.happened if began <= one.at]
        moments = [one.at for one in since]

        assert moments == sorted(moments)
        assert moments[-1] <= clock()
        return [
            (one.event.kind, getattr(one.event, "by", ""))
            for one in since
            if one.event.kind in (*PEOPLE, *TIME, CARRIED_OUT)
            and getattr(one.event, "action", None) in (action, action or "escalate")
        ]

    return told


def lead(desk: Desk, company: str) -> dict[str, str]:
    """The record in the org."""
    leads = requests.get(f"{desk.url}/sandbox/state", timeout=10).json()["salesforce"]["Lead"]
    (found,) = [one for one in leads if one["Company"] == company]
    return dict(found)


def message(page: Page, what: str, company: str) -> Locator:
    titled = re.compile(f"^(May I )?{what}.*{company}", re.IGNORECASE)
    title = page.get_by_role("heading", name=titled)
    return page.get_by_label("Messages, oldest first").get_by_role("listitem").filter(has=title)


def press(shown: Locator, name: str) -> None:
    shown.get_by_role("button", name=name, exact=True).click()


def note(page: Page) -> Locator:
    """What the agent told somebody alone last."""
    alone = page.get_by_text("Only visible to you")
    return page.get_by_role("listitem").filter(has=alone).last


def send(page: Page, button: str, fields: dict[str, str]) -> None:
    """Fills in the form that somebody has before them, by what its fields are called."""
    form = page.get_by_role("dialog")
    for label, value in fields.items():
        field = form.get_by_label(label)
        if field.evaluate("one => one.matches('select')"):
            field.select_option(label=value)
        else:
            field.fill(value)
    form.get_by_role("button", name=button, exact=True).click()
    expect(form).to_have_count(0)


def type_in(page: Page, command: str) -> None:
    box = page.get_by_role("textbox", name="A command in")
    box.fill(command)
    box.press("Enter")


def all_see(pages: Iterable[Page], what: str, company: str, words: str) -> None:
    """Without a reload, and with nothing left to press."""
    for page in pages:
        shown = message(page, what, company)
        expect(shown).to_contain_text(words)
        expect(shown.get_by_role("button")).to_have_count(0)
        expect(shown).not_to_contain_text("Good until")


@pytest.mark.parametrize(
    ("what", "company", "button", "done"),
    [
        (HANDED, "Abel & Partners", "Claim", "Claimed"),
        (STATUS, "Holm Elevators", "Approve", "Approved"),
    ],
)
def test_two_reps_press_at_once(
    come: Come, ledger: Story, desk: Desk, what: str, company: str, button: str, done: str
) -> None:
    """It was one of them: everybody sees who, and the other one is told so alone.

    An outsider who pressed before them has only learnt who may.
    """
    reps, tess = {name: come(person) for person, name in NAMES.items()}, come(TESS)
    press(message(tess, what, company), button)
    expect(note(tess)).to_contain_text(REPS)
    for page in reps.values():
        expect(message(page, what, company)).to_be_visible()
        page.evaluate(AWAY)
    switch(desk, SLOW)
    for page in reps.values():
        message(page, what, company).get_by_role("button", name=button).evaluate(BACK_TO_PRESS)
    switch(desk, "faults: []")
    for page in (*reps.values(), tess):
        expect(message(page, what, company)).to_contain_text(f"{done} by @")
        expect(message(page, what, company).get_by_role("button", name=button)).to_have_count(0)
    first, *more = ledger(company, "set_status" if what == STATUS else None)
    (loser,) = {*NAMES.values()} - {first[1]}
    expect(note(reps[loser])).to_contain_text(f"{first[1]} has ")

    assert done == first[0]
    assert [] == [one for one in more if one[0] in PEOPLE]
    assert f"{done} by @{first[1]}" in message(tess, what, company).inner_text()
    assert 0 == note(reps[first[1]]).count()


def test_a_rep_releases_what_they_claimed(come: Come, ledger: Story, desk: Desk) -> None:
    """It is theirs alone from the claim on; in the end the agent makes the task in their name."""
    maya, jonas = come(MAYA), come(JONAS)
    where = HANDED, "Northgate Lifts"
    press(message(maya, *where), "Claim")
    expect(message(jonas, *where)).to_contain_text("Claimed by @Maya Lindqvist")
    press(message(jonas, *where), "Release")
    expect(note(jonas)).to_contain_text("Maya Lindqvist has it already.")
    press(message(maya, *where), "Release")
    send(maya, "Release", {"What kind of request is it?": "Partnership"})
    all_see((maya, jonas), *where, "Released by @Maya Lindqvist")
    maya.goto(f"{desk.url}/crm/Lead/{lead(desk, where[1])['Id']}")
    agent = maya.locator("#agent")
    expect(agent).to_contain_text("A task for a person: Maya Lindqvist")
    expect(agent).to_contain_text("Inbound request (partnership)")

    assert [("Claimed", NAMES[MAYA]), ("Released", NAMES[MAYA])] == ledger(where[1])


def test_a_rep_corrects_and_another_sets_aside(come: Come, ledger: Story) -> None:
    """What was wrong is told, and the item is still anybody's; then it is nobody's any more."""
    maya, jonas = come(MAYA), come(JONAS)
    where = HANDED, "Pell Roofing"
    press(message(jonas, *where), "Correct")
    wrong = {"What is wrong?": "The category is another one"}
    send(jonas, "Correct", {**wrong, "What kind of request is it? (optional)": "Support misroute"})
    expect(message(maya, *where)).to_contain_text("the category is another one (support misroute)")
    press(message(maya, *where), "Not useful")
    send(maya, "Not useful", {"Why?": "Their lawyer has called already."})
    all_see((maya, jonas), *where, "Set aside by @Maya Lindqvist")

    assert [("Corrected", NAMES[JONAS]), ("Rejected", NAMES[MAYA])] == ledger(where[1])


def test_a_rep_has_it_otherwise(come: Come, ledger: Story, desk: Desk) -> None:
    """Of the page's values another one is chosen; that is written, and the message says by whom."""
    maya, jonas = come(MAYA), come(JONAS)
    where = STATUS, "Marsh Plumbing"
    expect(message(jonas, *where)).to_contain_text("Open - Not Contacted → Working - Contacted")
    press(message(jonas, *where), "Edit")
    send(jonas, "Approve as edited", {"Status": "Closed - Not Converted"})
    all_see((maya, jonas), *where, "Done")
    expect(message(maya, *where)).to_contain_text("Changed by @Jonas Weber")

    assert "Closed - Not Converted" == lead(desk, where[1])["Status"]
    assert [
        ("Edited", NAMES[JONAS]),
        ("Approved", NAMES[JONAS]),
        (CARRIED_OUT, ""),
    ] == ledger(where[1], "set_status")


def test_a_rep_says_no(come: Come, ledger: Story, desk: Desk) -> None:
    """The reason is there for everybody, and the record as it was."""
    maya, jonas = come(MAYA), come(JONAS)
    where = STATUS, "Quay Fire Safety"
    press(message(maya, *where), "Reject")
    send(maya, "Reject", {"Why not?": "They asked us to wait until spring."})
    all_see((maya, jonas), *where, "Rejected by @Maya Lindqvist")
    expect(message(jonas, *where)).to_contain_text("They asked us to wait until spring.")

    assert "Open - Not Contacted" == lead(desk, where[1])["Status"]
    assert [("Rejected", NAMES[MAYA])] == ledger(where[1], "set_status")


def test_only_the_sales_lead_says_yes_to_a_rating(come: Come, ledger: Story, desk: Desk) -> None:
    """Neither a rep nor an outsider can, and both learn who can; then she has it otherwise."""
    lena, maya, tess = (come(person, LEADS) for person in (LENA, MAYA, TESS))
    where = RATING, "Tarn Cooling"
    for page, button in ((maya, "Approve"), (tess, "Edit")):
        press(message(page, *where), button)
        expect(note(page)).to_contain_text("by the operating model: Lena Ortiz.")
    press(message(lena, *where), "Edit")
    send(lena, "Approve as edited", {"Rating": "Warm"})
    all_see((lena, maya, tess), *where, "Done")

    assert 0 == note(lena).count()
    assert 0 == maya.get_by_role("dialog").count() + tess.get_by_role("dialog").count()
    assert "Warm" == lead(desk, where[1])["Rating"]
    assert [
        ("Edited", "Lena Ortiz"),
        ("Approved", "Lena Ortiz"),
        (CARRIED_OUT, ""),
    ] == ledger(where[1], "set_rating")


def test_the_sales_lead_pauses_and_resumes(come: Come, ledger: Story, desk: Desk) -> None:
    """An outsider can't; meanwhile nobody approves anything; what was asked holds afterwards."""
    lena, jonas, tess = (come(person) for person in (LENA, JONAS, TESS))
    where = STATUS, "Lind Heating"
    type_in(tess, "/triage pause I don't like it.")
    expect(note(tess)).to_contain_text("Only these can do that")
    type_in(lena, "/triage pause The tags look odd.")
    expect(note(lena)).to_contain_text("Paused by Lena Ortiz.")
    expect(jonas.get_by_text("Lena Ortiz has paused the agent: The tags look odd.")).to_be_visible()
    press(message(jonas, *where), "Approve")
    expect(note(jonas)).to_contain_text("Nothing was approved, for the agent is paused")
    paused = lead(desk, where[1])["Status"]
    type_in(lena, "/triage resume")
    asked = {
        "What went wrong, and how was it found?": "Nothing; a rep had tagged them.",
        "Which records were affected, and are they right again?": "Two, and they are.",
        "What has been changed so that it does not happen again?": "The rep knows.",
    }
    send(lena, "Resume", asked)
    expect(jonas.get_by_text("Lena Ortiz has resumed the agent.")).to_be_visible()
    press(message(jonas, *where), "Approve")
    all_see((lena, jonas), *where, "Done")

    assert "Open - Not Contacted" == paused
    assert "Working - Contacted" == lead(desk, where[1])["Status"]
    assert [("Paused", "Lena Ortiz"), ("Resumed", "Lena Ortiz")] == ledger("agent")
    assert [("Approved", NAMES[JONAS]), (CARRIED_OUT, "")] == ledger(where[1], "set_status")


def test_in_the_end_time_is_up(come: Come, ledger: Story, clock: Clock, desk: Desk) -> None:
    """What nobody decided expires, which is no no; who comes back to press learns it at once."""
    maya, jonas = come(MAYA), come(JONAS)
    where = STATUS, "Vale Solar"
    expect(message(jonas, *where)).to_be_visible()
    jonas.evaluate(AWAY)
    clock.passes(hours=2, minutes=1)
    all_see((maya,), *where, "Expired")
    message(jonas, *where).get_by_role("button", name="Approve").evaluate(BACK_TO_PRESS)
    expect(message(jonas, *where)).to_contain_text("This isn't there any more.")
    all_see((maya, jonas), *where, "nobody decided, and nothing was changed")
    expect(message(maya, HANDED, "Abel & Partners")).to_contain_text("Fell back from @")

    assert "Open - Not Contacted" == lead(desk, where[1])["Status"]
    assert [("Expired", "")] == ledger(where[1], "set_status")
    assert ["FellBack"] == [kind for kind, _ in ledger("Abel & Partners")]
    assert [] == desk.faults()
