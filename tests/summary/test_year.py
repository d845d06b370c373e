"""Many weeks of runs: what happened in a few is named, and quiet ones name nothing."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.jobs.conftest import HOME
from tests.summary import year
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.loading import load
from triage_agent.summary.reading import read

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage_agent.summary.reading import Summary

WEEKS = 30


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Summary]]:
    """The summary of every week."""
    url = f"sqlite:///{tmp_path_factory.mktemp('year') / 'ledger.db'}"
    page = load((HOME / "operating_model.yaml").read_text(encoding="utf-8")).page
    with closing(Ledger.open(url)) as ledger:
        year.fill(ledger, WEEKS)
        yield {number: read(ledger, page, "live", year.week(number)) for number in range(WEEKS)}


@pytest.mark.parametrize(
    ("number", "what", "evidence", "change"),
    [
        (
            9,
            "low confidence stops more than usual",
            "the page changed from version 7 to 8 on Tuesday",
            "--to-page VERSION tells what the page before would have decided",
        ),
        (15, "missing data stops more than usual", "of these by Web", "have the form require"),
        (20, "Maya Lindqvist decides far more than the others", "decisions, of ", "spread it"),
        (25, "job or vendor spam comes more than usual", ", usually ", "a form, or one sender"),
    ],
)
def test_what_happened_is_named(
    weeks: dict[int, Summary], number: int, what: str, evidence: str, change: str
) -> None:
    """Its cause comes first, with what shows it and what to do; nothing else is made of it."""
    (found,) = weeks[number].findings

    assert what == found.what
    assert evidence in found.evidence
    assert change in found.change


def test_quiet_weeks_name_nothing(weeks: dict[int, Summary]) -> None:
    """Neither chance, nor the seasons, nor the week after an odd one is told as something."""
    said = {number: one.findings for number, one in weeks.items() if number not in year.ODD}

    assert {} == {number: found for number, found in said.items() if found}
    volumes = [one.figure("received").now or 0 for one in weeks.values()]
    assert max(volumes) > 1.5 * min(volumes)
