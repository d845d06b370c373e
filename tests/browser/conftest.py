"""A real browser for the sandbox's pages, and the whole loop at work behind them."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect, sync_playwright

from tests.browser.working_day import OFTEN, Clock, working_day
from tests.chromium import OPTIONS, installed
from tests.conftest import copied
from tests.review.conftest import Desk, Listen, start_listening

__all__ = ["start_listening"]

PATIENCE = 20_000  # milliseconds, on a slow machine

Visit = Callable[..., Page]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """It ends with the module, since beside it no other test could use asyncio."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=installed(), args=OPTIONS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a page for a visitor of its own: `visit(url, person=…, width=…, scheme=…, scripts=…)`.

    In none of them may a script fail, something be refused, or a dialog open.
    """
    troubles: list[str] = []
    with ExitStack() as stack:

        def visited(
            url: str,
            *,
            person: str | None = None,
            width: int = 1280,
            scheme: Literal["light", "dark"] = "light",
            scripts: bool = True,
        ) -> Page:
            context = browser.new_context(
                viewport={"width": width, "height": 800},
                color_scheme=scheme,
                java_script_enabled=scripts,
            )
            page = stack.enter_context(context).new_page()
            page.set_default_timeout(PATIENCE)
            _watch(page, troubles)
            if person:
                context.add_cookies([{"name": "person", "value": person, "url": url}])
            page.goto(url)
            return page

        yield visited

    assert [] == troubles


def _watch(page: Page, troubles: list[str]) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(message.text)

    def asked(dialog: Dialog) -> None:
        troubles.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", said)
    page.on("dialog", asked)
    page.on("pageerror", lambda error: troubles.append(str(error)))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the whole loop, in a process of its own, once the samples are triaged."""
    project = copied(tmp_path_factory.mktemp("demo") / "project")
    command = [sys.executable, "-m", "triage_agent", "demo", "--port", "0"]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*command, "--project", str(project)], stderr=subprocess.PIPE, text=True
    )
    with process, ThreadPoolExecutor(1) as pool:
        assert process.stderr
        try:
            (url,) = re.findall(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
            assert any("taken up" in line for line in process.stderr)
            pool.submit(process.stderr.read)  # so that it never waits for a reader
            yield url
        finally:
            process.terminate()

    assert 0 == process.returncode


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def quiet_desk(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Desk]:
    """Nobody listens there."""
    with working_day(tmp_path_factory.mktemp("desk"), clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(quiet_desk: Desk, start_listening: Listen) -> Desk:
    """A desk at which somebody listens."""
    start_listening(quiet_desk, pause=OFTEN)
    return quiet_desk


def write(page: Page, **fields: str) -> None:
    """Sends a request by the form of the first page."""
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/?sent=*")
