"""The box in which somebody types a command, as they meet it with a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import in_page
from tests.browser.conftest import Visit
from tests.sandbox.slack_people import SALES, App, listening
from tests.sandboxes import running

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with listening(App()) as found:
        found.answer = lambda _: (200, {"text": "All is well"})
        yield found


@pytest.fixture(scope="module")
def base(app: App) -> Iterator[str]:
    with running(state=None, leads=None, request_url=app.url) as url:
        yield url


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scripts", [True, False])
def test_a_command_is_typed(base: str, visit: Visit, app: App, width: int, scripts: bool) -> None:  # noqa: FBT001 - a case
    """What is no command is told there, and stays; one that was taken leaves the box empty.

    Whoever typed with a script goes on where they were.
    """
    page = visit(f"{base}/slack/{SALES}", width=width, scripts=scripts)
    box = page.get_by_label("A command in sales-triage")
    notes, told = page.locator(".note"), len(app.told)
    before = notes.count()
    box.fill("Hello")
    box.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("Only commands can be typed here")
    expect(box).to_have_value("Hello")
    expect(box).to_have_attribute("aria-invalid", "true")

    for times in (1, 2):
        box.fill("/triage status")
        page.get_by_role("button", name="Send").click()
        expect(notes).to_have_count(before + times)
        expect(box).to_have_value("")
    if scripts:
        expect(box).to_be_focused()

    expect(notes.last).to_contain_text("All is well")
    assert ["status"] * 2 == [one["text"] for one in app.told[told:]]
    expect(page.get_by_role("alert")).to_have_count(0)
    assert not page.evaluate(in_page.IS_TOO_WIDE)
    assert box.is_visible()
