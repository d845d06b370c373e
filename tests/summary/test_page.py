"""A week as a document: it tells what the figures are, and stays one harmless document."""

import re
from pathlib import Path

import pytest

from tests.conftest import HOME
from tests.ledger.pages import Document
from tests.summary.weeks_told import tell_weeks
from triage_agent import terminal_summary
from triage_agent.ledger.store import Ledger
from triage_agent.project import read_model
from triage_agent.summary.findings import Finding
from triage_agent.summary.page import as_html
from triage_agent.summary.plots import Bars, columns
from triage_agent.summary.reading import Figure, Summary, read
from triage_agent.summary.telling import amount, rows_of, sentences
from triage_agent.summary.weeks import parsed

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</p></li></ol></main></body><iframe src=javascript:alert(1)>",
    "{{ 7 * 7 }} {% raw %} {# &amp; &lt;b&gt;",
    "]]> --> </style></title></svg><link rel=stylesheet href=//evil.example>",
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """A week in which much stood out, after four others."""
    return of_weeks(tmp_path_factory.mktemp("summary"), 5)


def of_weeks(folder: Path, weeks: int) -> Summary:
    """The last of so many weeks."""
    ledger = Ledger.open(f"sqlite:///{folder / 'ledger.db'}")
    tell_weeks(ledger, weeks=weeks)
    summary = read(ledger, read_model(HOME).page, "live", parsed("2026-W47"))
    ledger.close()
    return summary


def figure(name: str, *weeks: float | None, now: float | None = 1.0) -> Figure:
    """A figure made by hand."""
    before = weeks[0] if weeks else None
    return Figure(name=name, unit="items", now=now, before=before, mean=before, weeks=weeks)


def test_what_is_told(told: Summary) -> None:
    """The sentences, each finding with all of it, and every figure with its numbers stand there."""
    text = Document(as_html(told)).text

    assert "Week 2026-W47 ▲ To do " + " ".join(sentences(told)) in text
    assert 3 == len(told.findings)
    for one in told.findings:
        said = f"Evidence {one.evidence} Concerns {one.concerns} Change {one.change}"
        assert f"{one.what[0].upper()}{one.what[1:]} {said}" in text
        for item in one.items:
            assert f"triage-agent timeline {item}" in text
    shown = [one for one in told.figures if one.now or any(one.weeks)]
    for name, *numbers in rows_of([*told.categories, *told.rules]):
        assert f"{name.capitalize()} {' '.join(numbers)} " in text
    for _, *numbers in rows_of(shown):
        assert f" {' '.join(numbers)} " in text
    assert "None in any of these weeks: open, rolled back, hostile" in text


def test_the_weeks_are_drawn_and_told(told: Summary) -> None:
    """What came, stopped and failed is drawn from the earliest week on, and stands in a table."""
    document = as_html(told)
    received = re.search(r'<svg class="plot".*?</svg>', document, re.DOTALL)

    assert received
    assert "156 W43 153 W44 148 W45 160 W46 180 W47" == Document(received[0]).text
    numbers = "Week Received Stopped Failed 2026-W47 180 40.6 % 3 2026-W46 160 21.2 % 1"
    assert numbers in Document(document).text


def test_pictures_are_true_to_scale() -> None:
    """Heights and lengths are as the values; one that isn't known has none."""
    heights = [one.height for one in columns(figure("a", 4.0, 0.0, None, now=2.0))]
    bars = Bars([figure("a", 10.0, now=5.0), figure("b", None, now=0.0)])

    assert [0, 0, 74, 37] == heights
    assert [2, 120, 238] == [bars.x(value) for value in (0.0, 5.0, 10.0)]
    assert [0] == [one.height for one in columns(figure("a", now=0.0))]
    assert 2 == Bars([]).x(None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        *((0.0, "0"), (0.5, "0.5"), (1 / 3, "0.3"), (0.04, "0"), (4.0, "4"), (9.75, "9.8")),
        *((9.96, "10"), (10.75, "11"), (1204.5, "1,204"), (None, "-")),
    ],
)
def test_a_mean_of_few_has_a_decimal(value: float | None, said: str) -> None:
    """Half an item is neither none nor one; of many nobody needs it, of whole ones neither."""
    assert [said, said] == [amount(value, "items"), amount(value, "times")]


def test_few_weeks_and_none(tmp_path: Path) -> None:
    """The first week stands alone, and of a week without any run there is a document, too."""
    first = Document(as_html(of_weeks(tmp_path, 1))).text
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'empty.db'}")
    empty = Document(as_html(read(ledger, read_model(HOME).page, "live", parsed("2026-W47")))).text
    ledger.close()

    assert "it is the first week on record" in first
    assert "beside no week before" in first
    assert "✓ Nothing to do" in empty
    assert "No run ended in 2026-W47" in empty
    assert "Nothing in any of these weeks." in empty


def test_what_is_printed(told: Summary, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints the document."""
    terminal_summary.show(told, "html")

    assert f"{as_html(told)}\n" == capsys.readouterr().out


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(told: Summary, hostile: str) -> None:
    """Whatever is written, the document's elements are those that harmless text has."""
    documents = []
    for text in (hostile, "harmless"):
        finding = Finding(
            what=text, evidence=text, concerns=text, change=text, weight=1, items=(text,)
        )
        some = (figure(text, 2.0),)
        changes = {"findings": (finding,), "categories": some, "rules": some}
        documents.append(Document(as_html(told.model_copy(update=changes))))

    assert documents[1].elements == documents[0].elements
    assert " ".join(hostile.split()) in documents[0].text


def test_it_needs_nothing_else(told: Summary) -> None:
    """No address stands in it; it may load nothing and has no script."""
    document = as_html(told)
    policy = "default-src 'none'; style-src 'unsafe-inline'"

    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in document
    assert [] == re.findall(r"https?:|//\w|url\(|@import|<script|\bon\w+=|(?:href|src)=", document)
