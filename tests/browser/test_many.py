"""A CRM with thousands of leads can be browsed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.sandboxes import running

pytestmark = pytest.mark.long

LEADS = 4_000
SOUGHT = 40
"""As many as hold a word that is searched for."""


def line(number: int) -> str:
    lead = {
        "LastName": f"Visitor {number:04}",
        "Company": f"Company {number:04}",
        "Email": f"visitor{number}@company{number}.example",
        "Description": "We have technicians on the road and would like to plan them. " * 5
        + ("Zeppelins, too." if number % (LEADS // SOUGHT) == 0 else ""),
        "CreatedDate": f"2026-01-{number % 28 + 1:02}T12:00:00.000+0000",
    }
    return json.dumps({"lead": lead})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    leads = Path(tmp_path_factory.mktemp("many") / "leads.jsonl")
    leads.write_text("\n".join(map(line, range(LEADS))))
    with running(state=None, leads=leads) as url:
        yield url


@pytest.mark.parametrize(
    ("query", "counted", "rows"),
    [
        ("", "4,000, newest first", 50),
        ("page=40", "4,000, newest first", 50),
        ("q=zeppelins", "40 found for “zeppelins” · show all", 40),
    ],
)
def test_thousands_are_browsed(
    base: str, visit: Visit, query: str, counted: str, rows: int
) -> None:
    """Each page says how many there are, and shows a page of them; `make bench` times it."""
    page = visit(f"{base}/crm/Lead?{query}")

    assert counted == page.locator(".count").inner_text()
    assert rows == page.locator(".records tbody tr").count()
