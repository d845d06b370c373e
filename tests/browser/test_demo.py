"""The whole loop as visitors see it: what they write, click and switch, and what comes of it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.sandbox.slack_people import DANA, MAYA, SALES, TESS

pytestmark = pytest.mark.long

DEMO = {
    "FirstName": "Ida",
    "LastName": "Holm",
    "Company": "Holm Elevators",
    "Email": "ida@holm-elevators.example",
    "Description": "We have 38 technicians on the road. Could you show us your planning board?",
}
LETTER = {
    "LastName": "Abel",
    "Company": "Abel & Partners",
    "Email": "ruth@abel-partners.example",
    "Description": "You lost our data. We will take legal action.",
}
JONAS = "U0JONAS0003"
MARK = "document.documentElement.dataset.same = 'yes'"
"""Set on a page, it is gone when the page was loaded again."""


def is_same(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.dataset.same == 'yes'"))


def test_a_request_is_triaged_before_its_senders_eyes(demo: str, visit: Visit) -> None:
    """It shows among what came in, without a reload; its record tells what the agent wrote."""
    page = visit(demo)
    write(page, **DEMO)
    mine = page.locator("#feed .yours")
    page.evaluate(MARK)
    expect(mine).to_contain_text("task made")
    same, title = is_same(page), mine.locator("a").inner_text()
    mine.locator("a").click()
    letter = page.locator("#agent .letter")

    assert (True, "Holm Elevators") == (same, title)
    assert "Could you show us your planning board?" == page.locator("#agent .summary").inner_text()
    assert "Not sent" == letter.locator(".stamp").text_content()
    assert "Draft of a reply, not sent:" in letter.inner_text()


def test_what_must_stop_is_handed_over_at_once(demo: str, visit: Visit) -> None:
    """The message appears in a page of Slack that was open already."""
    slack, page = visit(f"{demo}/slack/{SALES}"), visit(demo)
    slack.evaluate(MARK)
    write(page, **LETTER)
    row = slack.locator("#messages > .row").last
    expect(row).to_contain_text("Needs a person: Abel & Partners")
    expect(page.locator("#feed .yours")).to_contain_text("stopped")

    assert is_same(slack)
    assert "You lost our data. We will take legal action." == row.locator("pre").inner_text()
    assert row.get_by_role("button", name="Claim").is_visible()


def test_a_rep_claims_it(demo: str, visit: Visit) -> None:
    """The message says who has it, before everybody, and nobody else can claim it any more."""
    maya, dana = (visit(f"{demo}/slack/{SALES}", person=one) for one in (MAYA, DANA))
    first = maya.locator("#messages > .row").filter(has=maya.get_by_role("button", name="Claim"))
    spot = first.last.get_attribute("id")
    seen = [page.locator(f"[id='{spot}']") for page in (maya, dana)]
    for page in (maya, dana):
        page.evaluate(MARK)
    seen[0].get_by_role("button", name="Claim").click()
    for row in seen:
        expect(row).to_contain_text("Claimed by @Maya Lindqvist")

    assert [True, True] == [is_same(page) for page in (maya, dana)]
    assert [0, 0] == [row.get_by_role("button", name="Claim").count() for row in seen]


def test_a_rep_has_the_agent_go_on(demo: str, visit: Visit) -> None:
    """What kind of request it is is asked first; then the task is there, in the rep's name."""
    page = visit(f"{demo}/slack/{SALES}", person=MAYA)
    handed = page.locator("#messages > .row").filter(has=page.get_by_role("button", name="Release"))
    row = page.locator(f"[id='{handed.last.get_attribute('id')}']")
    row.get_by_role("button", name="Release").click()
    form = page.get_by_role("dialog")
    form.get_by_label("What kind of request is it?").select_option(label="Partnership")
    form.get_by_role("button", name="Release").click()
    expect(row).to_contain_text("Released by @Maya Lindqvist")
    with page.expect_popup() as opened:
        row.get_by_role("link", name="open the record").click()
    agent = opened.value.locator("#agent")
    expect(agent).to_contain_text("Inbound request (partnership)")

    assert 0 == row.get_by_role("button").count()
    assert "A task for a person: Maya Lindqvist" in agent.inner_text()
    assert "NOT SENT" in agent.inner_text().upper()


def test_an_outsider_is_told_who_can(demo: str, visit: Visit) -> None:
    """Nobody else sees what they are told, and the message keeps its button."""
    tess, maya = (visit(f"{demo}/slack/{SALES}", person=one) for one in (TESS, MAYA))
    tess.get_by_role("button", name="Claim").last.click()
    note = tess.locator(".row.note")
    expect(note).to_contain_text("Only these can decide it")
    maya.reload()

    assert note.inner_text().startswith("Only visible to you")
    assert "Maya Lindqvist" in note.inner_text()
    assert 0 == maya.get_by_text("Only these can decide it").count()
    assert maya.get_by_role("button", name="Claim").last.is_visible()


def test_a_visitor_becomes_somebody_else(demo: str, visit: Visit) -> None:
    """Whoever was chosen is who clicks, on whatever page the visitor goes to."""
    page = visit(demo)
    before = page.locator("#person").input_value()
    with page.expect_navigation():
        page.locator("#person").select_option(
            label="Jonas Weber · Sales Development Representative"
        )
    with page.expect_navigation():  # not before all of it is there is its last button the last
        page.locator(".bar nav").get_by_role("link", name="Slack").click()
    spot = page.get_by_role("button", name="Claim").last.get_attribute("id")
    button = page.locator(f"[id='{spot}']")
    button.click()
    expect(button).to_have_count(0)
    expect(page.locator("#messages")).to_contain_text("Claimed by @Jonas Weber")

    assert (MAYA, JONAS) == (before, page.locator("#person").input_value())


def test_half_typed_text_stays(demo: str, visit: Visit) -> None:
    """What others send shows meanwhile; the text, the caret and the focus are as they were."""
    page, other = visit(demo), visit(demo)
    page.locator("#Description").click()
    page.keyboard.type("We are twenty")
    page.keyboard.press("ArrowLeft")
    write(other, **{**DEMO, "Company": "Other Lifts"})
    expect(page.locator("#feed")).to_contain_text("Other Lifts")
    page.keyboard.type("-")

    assert "We are twent-y" == page.locator("#Description").input_value()


def test_what_is_open_in_the_log_stays_open(demo: str, visit: Visit) -> None:
    """Its numbers go on, and new requests wait until it is closed."""
    page, other = visit(f"{demo}/log"), visit(demo)
    made = page.locator("#tile-all b")
    count = made.inner_text()
    opened = f"#{page.locator('#requests details').first.get_attribute('id')}"
    page.locator(opened).locator("summary").click()
    write(other, **{**DEMO, "Company": "More Lifts"})
    expect(made).not_to_have_text(count)
    newest = page.locator("#requests details").first.get_attribute("id")
    stays = page.locator(opened).evaluate("one => one.open")
    page.locator(opened).locator("summary").click()
    expect(page.locator("#requests details").first).not_to_have_id(opened[1:])

    assert (True, opened[1:]) == (stays, newest)


def test_a_fault_shows_and_the_agent_gets_through(demo: str, visit: Visit) -> None:
    """Every page says that one is on; the request that it struck is in the log, then it is off."""
    page = visit(f"{demo}/faults")
    fault = "faults: [{fault: server_error, status: 503, system: salesforce, at: 1}]"
    page.locator("#own-text").fill(fault)
    page.get_by_role("button", name="Switch these on").click()
    told = []
    for path in ("/faults", "/crm", f"/slack/{SALES}", "/log", "/"):
        page.goto(demo + path)
        told.append(page.locator(".bar .pill").all_inner_texts())
    write(page, **DEMO)
    expect(page.locator("#feed .yours")).to_contain_text("task made")
    page.goto(f"{demo}/log?failed=yes")
    failed = page.locator("#requests .status").all_inner_texts()
    page.goto(f"{demo}/faults")
    page.get_by_role("button", name="All off").click()
    expect(page.locator(".bar .pill")).to_have_count(0)

    assert [["1 fault on"]] * 5 == told
    assert ["503"] == failed
