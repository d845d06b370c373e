"""Slack's blocks and modals as somebody with a browser meets them."""

import time
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect
from slack_sdk import WebClient

from tests.browser import in_page
from tests.browser.conftest import Visit
from tests.browser.working_day import ASKED_ABOUT, HANDED_OVER, Clock
from tests.review.conftest import Desk, soon
from tests.sandbox.pages.every_block import every_block
from tests.sandbox.slack_people import (
    BUTTONS,
    MAYA,
    SALES,
    App,
    Json,
    listening,
    modal,
    no_answer,
    option,
    plain,
)
from tests.sandboxes import running
from triage_agent import holding

pytestmark = pytest.mark.long

SUPPORT = "C0SUPPORT01"
OPTIONS = [option("a"), option("b")]
INPUTS: dict[str, Json] = {
    "one": {"type": "plain_text_input", "max_length": 20},
    "more": {"type": "plain_text_input", "multiline": True},
    "pick": {"type": "static_select", "options": OPTIONS},
    "picks": {"type": "multi_static_select", "options": OPTIONS},
    "radio": {"type": "radio_buttons", "options": OPTIONS},
    "ticks": {"type": "checkboxes", "options": OPTIONS},
    "who": {"type": "users_select"},
    "day": {"type": "datepicker"},
}
SCREENS: list[tuple[int, Literal["light", "dark"]]] = [(1280, "light"), (390, "dark")]
SHOWN = {
    ".headline": 1,
    ".section": 4,
    ".context": 1,
    "hr": 1,
    ".message > .picture": 1,
    ".message > .said:not(.context)": 2,  # of markdown, and of rich text
    ".actions": 2,
    ".input": 1,
    "blockquote": 1,
    "pre": 1,
    "ul": 1,
    "button:visible, summary.button": 8,
    "a.button:visible": 1,
    "select": 2,
    "fieldset": 3,
    "textarea": 1,
    "input[type=date]": 1,
}
"""How many there are of each part in a message with every block."""

FOCUSED = """
() => {
  const one = document.activeElement;
  if (one === document.body) return 'the browser';
  if (!one.closest('dialog')) return 'the page';
  return one.id.match(/-([a-z]+)-it(-[-0-9]+)?$/)?.[1] ?? 'the modal';
}
"""
"""Where the focus is: in which input, or where else."""


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with listening(App()) as found:
        yield found


@pytest.fixture(scope="module")
def base(app: App) -> Iterator[str]:
    with running(state=None, leads=None, request_url=app.url) as url:
        yield url


@pytest.fixture(scope="module")
def bot(base: str) -> WebClient:
    return WebClient("xoxb-sandbox", base_url=f"{base}/api/")


@pytest.fixture
def opener(app: App, bot: WebClient) -> Iterator[App]:
    """Answers a click in a message with a modal of every input."""
    blocks = [
        {
            "type": "input",
            "block_id": name,
            "label": plain(name.title()),
            "optional": name != "one",
            "element": {**element, "action_id": "it"},
        }
        for name, element in INPUTS.items()
    ]

    def answer(payload: Json) -> tuple[int, object]:
        if payload["type"] == "block_actions":
            bot.views_open(trigger_id=payload["trigger_id"], view=modal(*blocks))
        return 200, None

    app.told.clear()
    app.answer = answer
    yield app
    app.answer = no_answer


def opened(visit: Visit, base: str, bot: WebClient, **more: Any) -> Page:  # noqa: ANN401 - visit's own
    """A page on which somebody has just clicked on what opens the modal."""
    ts = bot.chat_postMessage(channel=SALES, text="x", blocks=[BUTTONS])["ts"]
    page = visit(f"{base}/slack/{SALES}", **more)
    page.locator(f"[id='m-{ts}-acts-claim']").click()
    page.locator("dialog").wait_for()
    return page


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_every_block_is_there(
    base: str, bot: WebClient, visit: Visit, width: int, scheme: str
) -> None:
    """Each with its parts, none without a box of its own, and all of it can be read."""
    bot.chat_postMessage(channel=SUPPORT, text="x", blocks=every_block("Some words"))
    page = visit(f"{base}/slack/{SUPPORT}", width=width, scheme=scheme)
    row = page.locator("#messages > .row").last
    there = {selector: row.locator(selector).count() for selector in SHOWN}

    assert SHOWN == there
    assert [] == row.evaluate(in_page.LOST)
    assert [] == page.evaluate(in_page.FAINT)
    assert not page.evaluate(in_page.IS_TOO_WIDE)


def test_a_modal_has_the_focus_and_keeps_it(
    opener: App, base: str, bot: WebClient, visit: Visit
) -> None:
    """All of its inputs are there; Tab doesn't leave it, Escape closes it, and one is back."""
    page = opened(visit, base, bot)
    dialog = page.locator("dialog")
    labels = dialog.locator(".input > label, .label").all_inner_texts()
    flaws = [dialog.evaluate(in_page.LOST), *map(page.evaluate, (in_page.UNNAMED, in_page.FAINT))]
    reached = []
    for _ in range(30):
        reached.append(page.evaluate(FOCUSED))
        page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    back = page.evaluate("document.activeElement.textContent")

    assert ["One", *(f"{name.title()} (optional)" for name in [*INPUTS][1:])] == labels
    assert [[], [], []] == flaws
    assert "one" == reached[0]
    assert {*INPUTS, "the modal", "the browser"} == set(reached)
    assert "Claim" == back


def test_errors_are_told_and_nothing_is_lost(
    opener: App, base: str, bot: WebClient, visit: Visit
) -> None:
    """The input that is wrong has the focus and says why; all that was chosen is still there."""
    page = opened(visit, base, bot)
    page.get_by_label("One").fill("First")
    page.get_by_label("More").fill("Second\nThird")
    page.get_by_label("Pick (").select_option("b")
    page.get_by_role("group", name="Radio").get_by_label("B").check()
    errors = {"response_action": "errors", "errors": {"one": "Say more."}}
    opener.answer = lambda _payload: (200, errors)
    page.locator("dialog footer").get_by_role("button", name="Send").click()
    wrong = page.locator("dialog [aria-invalid=true]")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_accessible_description("Say more.")
    kept = [page.get_by_label(name).input_value() for name in ("One", "More", "Pick (")]
    picked = page.get_by_role("group", name="Radio").get_by_label("B").is_checked()
    opener.answer = no_answer
    wrong.fill("Better")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_have_count(0)

    assert ["First", "Second\nThird", "b"] == kept
    assert picked
    assert ["block_actions", "view_submission", "view_submission"] == [
        one["type"] for one in opener.told
    ]
    assert "Better" == opener.told[-1]["view"]["state"]["values"]["one"]["it"]["value"]


@pytest.mark.parametrize("scripts", [True, False])
def test_something_is_chosen(
    app: App, base: str, bot: WebClient, visit: Visit, *, scripts: bool
) -> None:
    """At once where scripts run; where they don't, by a button beside it."""
    app.told.clear()
    select = {"type": "static_select", "action_id": "it", "options": OPTIONS}
    blocks = [{"type": "actions", "block_id": "acts", "elements": [select]}]
    bot.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
    page = visit(f"{base}/slack/{SUPPORT}", scripts=scripts)
    row = page.locator("#messages > .row").last
    button = row.get_by_role("button", name="Choose")
    has_button = button.is_visible()
    with page.expect_response("**/slack/act"):
        row.locator("select").select_option("b")
        if has_button:
            button.click()

    assert scripts is not has_button
    assert [option("b")] == [one["actions"][0]["selected_option"] for one in app.told]


def test_a_modal_needs_no_scripts(opener: App, base: str, bot: WebClient, visit: Visit) -> None:
    """It opens, is sent off, and closes."""
    page = opened(visit, base, bot, scripts=False)
    page.get_by_label("One").fill("Typed")
    page.locator("dialog footer").get_by_role("button", name="Send").click()
    expect(page.locator("dialog")).to_have_count(0)

    assert "Typed" == opener.told[-1]["view"]["state"]["values"]["one"]["it"]["value"]


def test_a_modal_closes_though_its_app_takes_its_time(
    opener: App, base: str, bot: WebClient, visit: Visit
) -> None:
    """What the page is sent meanwhile doesn't bring back what is being sent off."""
    select = {**INPUTS["pick"], "action_id": "it"}
    view = modal({"type": "input", "block_id": "pick", "label": plain("Pick"), "element": select})

    def answer(payload: Json) -> tuple[int, object]:
        if payload["type"] == "block_actions":
            bot.views_open(trigger_id=payload["trigger_id"], view=view)
        else:
            time.sleep(2)
        return 200, None

    opener.answer = answer
    page = opened(visit, base, bot)
    page.get_by_label("Pick").select_option("b")
    page.locator("dialog footer").get_by_role("button", name="Send").click()

    expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_what_the_agent_says_can_be_read(
    desk: Desk, clock: Clock, visit: Visit, width: int, scheme: str
) -> None:
    """Hand-overs, requests for a yes and a reminder; what would change is in sight as a whole."""
    clock.passes(minutes=16)
    assert soon(desk.told)
    page = visit(f"{desk.url}/slack/{SALES}", person=MAYA, width=width, scheme=scheme)
    rows = page.locator("#messages > .row")
    change = page.get_by_text("Status: Open - Not Contacted → Working - Contacted").first
    change.scroll_into_view_if_needed()
    messages = len(HANDED_OVER) + len(ASKED_ABOUT)
    reminder = page.get_by_role("heading", name=f"{messages} requests wait for a person")
    lost = [row.evaluate(in_page.LOST) for row in rows.all()]

    expect(reminder).to_be_visible()
    expect(change).to_be_in_viewport(ratio=1)
    assert [] == [flaw for flaws in lost for flaw in flaws]
    assert [] == page.evaluate(in_page.FAINT)
    assert not page.evaluate(in_page.IS_TOO_WIDE)


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_what_the_agent_asks_can_be_answered(
    desk: Desk, visit: Visit, width: int, scheme: str
) -> None:
    """Each of its forms is there as a whole, with a name for each field, and can be closed."""
    page = visit(f"{desk.url}/slack/{SALES}", person=MAYA, width=width, scheme=scheme)
    flaws: dict[str, list[Any]] = {}

    def look(form: str) -> None:
        dialog = page.get_by_role("dialog", name=form)
        dialog.wait_for()
        flaws[form] = [dialog.evaluate(in_page.LOST), page.evaluate(in_page.UNNAMED)]
        flaws[form] += [page.evaluate(in_page.FAINT), page.evaluate(in_page.IS_TOO_WIDE)]
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_have_count(0)

    for form in ("Release", "Correct", "Not useful", "Edit", "Reject"):
        page.get_by_role("button", name=form, exact=True).first.click()
        look(form)
    holding.pause(desk.target, "dana", "The tags look odd since this morning.")
    page.get_by_role("textbox").fill("/triage resume")
    page.get_by_role("button", name="Send").click()
    look("Resume")
    holding.resume(desk.target, "dana", lambda asked: ["It was nothing."] * len(asked))

    assert {form: [[], [], [], False] for form in flaws} == flaws
    assert 6 == len(flaws)
