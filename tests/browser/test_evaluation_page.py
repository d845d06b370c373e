"""An evaluation's document in a browser: its filters need no script, and anybody can read it."""

import pytest
from playwright.sync_api import expect

from tests.browser import in_page
from tests.browser.conftest import Visit
from tests.conftest import HOME
from tests.evaluation.evaluations import SOME, html, wrong
from tests.evaluation.trials import case, trial
from triage_agent.evaluation.comparison import Change
from triage_agent.project import read_model

pytestmark = pytest.mark.long

LONG = "w" * 3000
WIDE = case(trial(**wrong(LONG, question="work", lines=(f"Received: {LONG}",))), name=LONG)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the document about some cases lies, beside a record."""
    path = tmp_path_factory.mktemp("evaluation") / "evaluation.html"
    compared = {"passed.json": [Change(case=SOME[1].key, was=1.0, now=0.3)]}
    path.write_text(html(read_model(HOME).page, [*SOME, WIDE], compared), encoding="utf-8")
    return path.as_uri()


def test_filters_need_no_script(address: str, visit: Visit) -> None:
    """Each leaves out what it says; a link leads to its case all the same, and opens it."""
    page = visit(address, scripts=False)
    cases = page.locator(".case")

    def shown() -> list[int]:
        return [place for place, one in enumerate(cases.all()) if one.is_visible()]

    assert [0, 1, 2, 3] == shown()  # breaks, a wide one, wavers, sure
    page.get_by_label("Only those that fail").check()
    assert [0, 1, 2] == shown()
    page.get_by_label("Stratum").select_option("s2")
    assert [0, 2] == shown()
    page.get_by_label("Fails the question").select_option("work")
    assert [] == shown()
    page.get_by_label("Stratum").select_option("")
    assert [1] == shown()
    page.get_by_role("link", name="wavers").click()
    expect(page.get_by_text("first words")).to_be_visible()
    assert [1, 2] == shown()
    page.get_by_role("button", name="Show all").click()
    assert [0, 1, 2, 3] == shown()


def test_anybody_can_read_it(address: str, visit: Visit) -> None:
    """Its parts are named, its text stands out in light and dark, and no width is too narrow."""
    page = visit(address)
    page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
    wrong = [flaw for script in (in_page.UNNAMED, in_page.TWICE) for flaw in page.evaluate(script)]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        wrong += page.evaluate(in_page.FAINT)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        wrong += [f"too wide for {width}"] * page.evaluate(in_page.IS_TOO_WIDE)
    wanted = {"h1": 1, "body > header": 1, "body > main": 1, "img:not([alt])": 0}

    assert [] == wrong
    assert wanted == page.evaluate(in_page.COUNTED)
