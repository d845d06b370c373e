"""A week's document in a browser: anybody can read it, and it prints."""

import pytest

from tests.browser import in_page
from tests.browser.conftest import Visit
from tests.conftest import HOME
from tests.summary.weeks_told import tell_weeks
from triage_agent.ledger.store import Ledger
from triage_agent.project import read_model
from triage_agent.summary.page import as_html
from triage_agent.summary.reading import Figure, read
from triage_agent.summary.weeks import parsed

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the document about a week lies, in which a category has a long name."""
    folder = tmp_path_factory.mktemp("summary")
    ledger = Ledger.open(f"sqlite:///{folder / 'ledger.db'}")
    tell_weeks(ledger)
    told = read(ledger, read_model(HOME).page, "live", parsed("2026-W47"))
    ledger.close()
    wide = Figure(name="w" * 300, unit="items", now=1e9, before=1e9, mean=None)
    told = told.model_copy(update={"categories": (*told.categories, wide)})
    path = folder / "summary.html"
    path.write_text(as_html(told), encoding="utf-8")
    return path.as_uri()


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
