"""What holds on all pages: hostile text stays text, anybody can read and reach everything."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser import in_page
from tests.browser.conftest import Visit, write
from tests.sandbox.slack_people import SALES

pytestmark = pytest.mark.long

SCRIPT = "<script>alert(1)</script>"
PICTURE = "<img src=x onerror=alert(1)>"
HOSTILE = {
    "FirstName": SCRIPT,
    "LastName": f"{PICTURE}<!channel>\"'&amp;",
    "Company": f"{PICTURE} <https://evil.example|x> \N{RIGHT-TO-LEFT OVERRIDE}& Sons",
    "Title": f"</p></main>{SCRIPT}{PICTURE}<!here> \"'",
    "Email": "hostile@sons.example",
    "Phone": "<b>'\">",
    "Description": f"{SCRIPT}{PICTURE} <!channel> <https://evil.example|x> \"'&lt; "
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{LEFT-TO-RIGHT ISOLATE}We would like a demo for 20 cleaners. "
    f"We will take legal action. {'w' * 5000}",
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TURNING = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))


def sent(page: Page, url: str) -> str:
    """The path of the record of a hostile request that was handed over."""
    page.goto(url)
    write(page, **HOSTILE)
    mine = page.locator("#feed .yours")
    expect(mine).to_contain_text("stopped")
    return str(mine.locator("a").get_attribute("href"))


def flaws(page: Page) -> list[str]:
    """What a hostile text has done to a page, at any width."""
    text = page.locator("body").inner_text()
    found = ["an element"] * page.evaluate(in_page.BROUGHT)
    found += [f"turned round by {ord(sign):X}" for sign in TURNING if sign in text]
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"too wide for {width}"] * page.evaluate(in_page.IS_TOO_WIDE)
    return found


def test_hostile_text_stays_text(demo: str, visit: Visit) -> None:
    """Wherever it shows it is read as it was written, brings nothing, and makes no page wide."""
    page = visit(demo)
    record = sent(page, demo)
    page.goto(demo + record)
    message = str(page.locator("#agent .note a").first.get_attribute("href"))
    page.goto(f"{demo}/log?system=model")
    request = str(page.locator("#requests a").first.get_attribute("href"))
    shows = {
        "/": PICTURE,
        "/crm/Lead": PICTURE,
        record: SCRIPT,
        message.rpartition("/")[0]: SCRIPT,
        message: SCRIPT,
        "/log?system=model": "chat completion",
        request: SCRIPT,
    }
    unread, wrong = [], []
    for path, text in shows.items():
        page.goto(demo + path)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => one.open = true)")
        unread += [path] * (not page.get_by_text(text).last.is_visible())
        wrong += [(path, flaw) for flaw in flaws(page)]

    assert [] == unread
    assert [] == wrong


def every_page(page: Page, url: str) -> list[str]:
    """The paths of one page of each kind."""
    found = ["/", "/crm/Lead", "/crm/Task", "/log", "/log/1", "/faults"]
    found += [f"/slack/{SALES}", "/slack/D0MAYA00002"]
    lists = {"/crm/Lead": ".named a", "/crm/Task": ".named a", f"/slack/{SALES}": ".by a"}
    for path, links in lists.items():
        page.goto(url + path)
        found.append(str(page.locator(links).first.get_attribute("href")))
    return found


def test_everybody_can_read_it(demo: str, visit: Visit) -> None:
    """Each page has one heading and its landmarks; each control is named; all text stands out."""
    page = visit(demo)
    counted, wrong = {}, []
    for path in every_page(page, demo):
        page.goto(demo + path)
        counted[path] = page.evaluate(in_page.COUNTED)
        for script in (in_page.UNNAMED, in_page.TWICE):
            wrong += [(path, flaw) for flaw in page.evaluate(script)]
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            wrong += [(f"{path}, {scheme}", flaw) for flaw in page.evaluate(in_page.FAINT)]
    wanted = {"h1": 1, "body > header": 1, "body > main": 1, "img:not([alt])": 0}

    assert dict.fromkeys(counted, wanted) == counted
    assert [] == wrong


def tabbed(page: Page, most: int) -> list[dict[str, object]]:
    """What Tab leads to, one after another, until the page's end."""
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(in_page.FOCUSED)
        if focused is None:
            break
        found.append(focused)
    return found


def test_the_focus_is_seen(demo: str, visit: Visit) -> None:
    """Whatever Tab leads to, on any page, shows that it has the focus, within the window."""
    page = visit(demo)
    unseen = []
    for path in every_page(page, demo):
        page.goto(demo + path)
        unseen += [(path, one["html"]) for one in tabbed(page, 25) if not one["shown"]]

    assert [] == unseen


def test_a_request_is_sent_by_keyboard(demo: str, visit: Visit) -> None:
    """Tab leads past the navigation to the form, in the order one reads; Enter sends it."""
    page = visit(demo)
    reached = [one["name"] for one in tabbed(page, 24)]
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    skipped_to = page.evaluate(in_page.FOCUSED)["name"]
    page.keyboard.press("Tab")
    first = page.evaluate(in_page.FOCUSED)["name"]
    while page.evaluate(in_page.FOCUSED)["name"] != "LastName":
        page.keyboard.press("Tab")
    page.keyboard.type("Keys")
    page.keyboard.press("Tab")
    page.keyboard.type("Keys & Boards")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?sent=*")
    expect(page.locator("#feed .yours")).to_contain_text("Keys & Boards")

    navigation = ["Try it", "CRM", "Slack", "Log", "Faults"]
    fields = ["FirstName", "LastName", "Company", "Title", "Email", "Phone", "Description", "Send"]
    assert "Skip to the content" == reached[0]
    assert navigation == reached[2:7]
    assert fields == reached[reached.index("FirstName") :][:8]
    assert ("main", "CRM") == (skipped_to, first)
