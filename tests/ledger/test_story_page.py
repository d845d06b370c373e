"""The timeline as a document: it tells everything, and stays one harmless document."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chromium import chromium
from tests.conftest import NewLedger, TypeIn
from tests.ledger.conftest import LEAD
from tests.ledger.pages import Book, Document, Examples, done, gists, planned, received, some
from tests.sandboxes import running
from triage_agent.decision.events import Event
from triage_agent.decision.output import spaced
from triage_agent.ledger import phrases
from triage_agent.ledger.store import AGENT, Ledger
from triage_agent.ledger.words import words

pytestmark = pytest.mark.long

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</p></li></ol></main></body><iframe src=javascript:alert(1)>",
    "{{ 7 * 7 }} {% raw %} {# &amp; &lt;b&gt;",
    "]]> --> </style></title><link rel=stylesheet href=//evil.example>",
]


@pytest.fixture
def book(new_ledger: NewLedger) -> Iterator[Book]:
    """On SQLite: what is asked of the database is tested with the ledger."""
    with closing(Ledger.open(new_ledger("sqlite"))) as opened:
        yield Book(opened)


def test_every_event_is_told(book: Book, examples: Examples, example: Event) -> None:
    """Whatever can happen stands on the page: its kind as a word, and all that is said of it."""
    book.tell("item-1", examples["Received"], example)
    text = Document(book.page("item-1")).text

    assert spaced(example.kind).capitalize() in text
    assert [] == [piece for piece in re.split(r"\n|: ", words(example)) if piece not in text]


@pytest.mark.parametrize("wanted", ["run-1", AGENT])
def test_every_event_of_a_run_and_of_the_agent_is_told(
    book: Book, examples: Examples, example: Event, wanted: str
) -> None:
    """A stream that isn't an item's tells whatever stands in it as well."""
    book.tell(wanted, example)
    about = Document(book.page(wanted))

    if example.kind != "Received":  # a stream in which something came in is an item's
        assert spaced(example.kind).capitalize() in about.text


def test_a_record_with_two_items_tells_both(book: Book, examples: Examples) -> None:
    """The latest is answered first; the story has all, in order, with the time between runs."""
    book.tell("run-1", examples["Started"])
    book.tell("item-1", received(examples, "Old name", "first words"), examples["Stopped"])
    book.now += timedelta(days=3)
    book.tell("run-2", examples["Started"], run="run-2")
    book.tell("item-1", examples["Outcome"], run="run-2")
    book.tell("item-2", received(examples, "New name", "other words"), run="run-2")
    html = book.page(LEAD.id)
    about = Document(html)

    assert (["New name"], "other words") == (about.texts("h1"), gists(html)[0])
    assert ["Item 1 of 2", "Item 2 of 2"] == about.texts("h3")
    assert ["run-1", "run-2", "run-2"] == about.texts("h4")
    assert "first words" in about.text.partition("Item 1 of 2")[2].partition("Item 2 of 2")[0]
    assert "+3 d" in about.text
    assert "the latest of its 2 items" in about.text


def test_a_run_counts(book: Book, examples: Examples) -> None:
    """A run tells what it came to, what it asked of whom, and its items in a row each."""
    error = examples["Called"].model_copy(update={"status": None})
    book.tell("run-1", *some(examples, "Started", "Called", "Blocked"), error)
    book.tell("item-1", received(examples, "One"), *some(examples, "ModelCalled", "Stopped"))
    book.tell("item-1", planned(examples, "escalate"), *done(examples, "escalate"))
    book.tell("item-2", received(examples, "Two"), *some(examples, "ModelCalled", "ModelCalled"))
    book.tell("item-2", examples["ModelCalled"], run="run-2")
    book.now += timedelta(minutes=40)
    book.tell("run-1", examples["Finished"])
    about = Document(book.page("run-1"))

    assert "received 6 settled 3 escalated 1 failed 1 deferred 1 refused 2" in about.text
    assert "Took 40 min Model 3 calls, 30 + 9 tokens, 0.75 s Cost $0.0004" in about.text
    assert "Categories demo request 1 Stopped by restricted topic 1 Done escalate 1" in about.text
    assert "slack 2 1 1 0.20 s model 3 0 0 0.75 s" in about.text
    assert (
        f"One {LEAD.id} ▲ Escalated demo request Restricted topic: legal escalate $0.0001 "
        f"Two {LEAD.id} … Open $0.0002"
    ) in about.text


@pytest.mark.parametrize("kind", ["Broke", "GivenUp", "RefusedToStart"])
def test_a_run_that_went_wrong_says_why_first(book: Book, examples: Examples, kind: str) -> None:
    """What broke a run off, or kept it from beginning, stands at the top."""
    why = {
        "Broke": "Broke off slack: can't be reached (CONNECT)",
        "RefusedToStart": "Did not begin the agent is paused",
        "GivenUp": "Given up it broke: ValueError",
    }
    book.tell("run-1", examples[kind])

    assert why[kind] in Document(book.page("run-1")).text.partition("In numbers")[0]


def test_a_run_that_goes_on(book: Book, examples: Examples) -> None:
    """A run without an end is under way, or was killed; nothing is made up about it."""
    book.tell("run-1", examples["Started"])

    assert "Under way" in Document(book.page("run-1")).text


def test_the_agent_is_paused_or_not(book: Book, examples: Examples) -> None:
    """The agent's own stream says at the top which of the two was the last."""
    book.tell(AGENT, examples["Resumed"], examples["Paused"])
    paused = Document(book.page(AGENT)).text
    book.tell(AGENT, examples["Resumed"])

    assert "▲ Paused" in paused.partition("As it stands")[0]
    assert "✓ Not paused" in Document(book.page(AGENT)).text.partition("As it stands")[0]


def _hostile(examples: Examples, text: str) -> Iterable[Event]:
    """An item in which each stranger and the model say the same."""
    yield received(examples, text, text)
    yield from some(examples, "ModelCalled", "Assessed")
    stopped = json.loads(examples["Stopped"].model_dump_json())
    stopped["stops"][0] |= {"quote": text, "fact": text}
    yield type(examples["Stopped"]).model_validate(stopped)
    yield examples["Drafted"].model_copy(update={"text": text})
    yield examples["Refused"].model_copy(update={"reason": text, "line": text})


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(book: Book, examples: Examples, hostile: str) -> None:
    """Whatever is written, the document's elements are those that harmless text has."""
    for stream, text in (("1", hostile), ("2", "harmless")):
        book.tell(f"run-{stream}", examples["Started"], run=f"run-{stream}")
        book.tell(stream, *_hostile(examples, text), run=f"run-{stream}")

    for written, harmless in (("1", "2"), ("run-1", "run-2")):
        about = Document(book.page(written))
        assert Document(book.page(harmless)).elements == about.elements
        assert " ".join(hostile.split()) in about.text


def test_signs_that_turn_the_writing_round_are_taken_out(book: Book, examples: Examples) -> None:
    """Control characters and directions are left out; each text has its own direction."""
    book.tell("item-1", received(examples, "a\u202eb\x07c\x00d", "\u2067نعم\u2069"))
    html = book.page("item-1")

    assert ["abcd"] == Document(html).texts("h1")
    assert "نعم" in gists(html)
    assert [] == re.findall("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)


@pytest.mark.parametrize("wanted", ["item-1", "run-1", AGENT])
def test_the_document_needs_nothing_else(book: Book, examples: Examples, wanted: str) -> None:
    """Nothing is loaded, run or left for: the policy forbids it, and nothing tries."""
    for stream in ("item-1", "run-1", AGENT):
        book.tell(stream, *examples.values())
    html = book.page(wanted)
    about = Document(html)
    tags = {tag for tag, _ in about.elements}
    attributes = {name for _, some in about.elements for name, _ in some}

    assert html.startswith("<!doctype html>\n<html lang=")
    assert "default-src 'none'; style-src 'unsafe-inline'" in html.partition("<style>")[0]
    assert set() == tags & {"script", "link", "img", "iframe", "a", "form", "object", "svg", "base"}
    assert set() == attributes & {"src", "href", "style", "action", "srcset", "id"}
    assert [] == re.findall(r"url\(|@import", html)
    assert 1 == len(about.texts("h1"))


def test_it_fits_the_first_screen(book: Book, examples: Examples, tmp_path: Path) -> None:
    """On a laptop and on a phone nothing is wider than the screen, and five answers are on it."""
    book.tell("run-1", examples["Started"])
    book.tell("item-1", received(examples, "Müller & Søn", "We have 40 people. " * 30))
    book.tell("item-1", *(event for event in examples.values() if event.kind != "Received"))
    book.tell("item-2", *_hostile(examples, "W" * 10_000))

    for wanted in ("item-1", "item-2", "run-1"):
        assert [(390, 390), (1280, 1280)] == [
            (width, wide) for width, wide, _ in _measured(tmp_path, book.page(wanted))
        ]
    (_, _, phone), (_, _, laptop) = _measured(tmp_path, book.page("item-1"))
    assert laptop <= 720
    assert phone <= 844


_MEASURE = """\
<body><script>
addEventListener("load", () => {
  const told = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, last = [...page.querySelectorAll(".gist")].pop();
    const end = last ? last.getBoundingClientRect().bottom : 0;
    return [frame.width, page.documentElement.scrollWidth, Math.ceil(end)].join(" ");
  });
  document.title = told.join(";");
});
</script>
"""


def _measured(folder: Path, html: str) -> list[tuple[int, int, int]]:
    """Of a phone and a laptop: its width, how wide the page is, and where the answers end."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    frames = "".join(
        f'<iframe src="page.html" width="{width}" height="{height}" style="border:0"></iframe>'
        for width, height in ((390, 844), (1280, 720))
    )
    (folder / "frames.html").write_text(_MEASURE + frames, encoding="utf-8")
    dom = chromium(
        folder,
        "--hide-scrollbars",
        "--allow-file-access-from-files",
        "--dump-dom",
        f"file://{folder}/frames.html",
    )
    (told,) = re.findall("<title>(.*?)</title>", dom)
    found = [tuple(map(int, one.split())) for one in told.split(";")]
    return [(width, wide, end) for width, wide, end in found]


@pytest.fixture
def printed(type_in: TypeIn, project: Path, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """What the command line prints of the record, or else of the run, that it was told about."""
    lead = {"LastName": "Lind", "Company": "Heat & Co", "Email": "lind@heat.example"}
    leads = tmp_path / "leads.jsonl"
    leads.write_text(json.dumps({"lead": {**lead, "Description": "Please call us."}}) + "\n")
    with running(state=None, leads=leads) as url:
        target = ("--sandbox-url", url, "--project", project)
        ran = json.loads(type_in("run", "--json", *target).out)
        ids = {"record": ran["items"][0]["record_id"], "run": ran["run_id"]}
        yield lambda of: type_in("timeline", ids[of], "--format", "html", *target).out


def test_it_is_printed_by_the_command_line(printed: Callable[[str], str]) -> None:
    """`timeline --format html` prints one document, of a record and of a run, and nothing else."""
    record, run = printed("record"), printed("run")

    assert ["Heat & Co - Lind"] == Document(record).texts("h1")
    assert "Please call us." in gists(record)
    assert ["Heat & Co - Lind"] == Document(run).texts("bdi")


def test_it_is_printed_beside_a_broken_page(printed: Callable[[str], str], project: Path) -> None:
    """What happened can be told while nobody can say what may happen next."""
    (project / "operating_model.yaml").write_text("version: none\n")

    assert "Please call us." in Document(printed("record")).text


def test_lengths_of_time() -> None:
    """A length is told in the largest unit of which there are two."""
    lengths = [0.126, 9.99, 45, 119, 120, 7199, 7200, 172799, 172800]

    assert ["0.13 s", "9.99 s", "45 s", "119 s", "2 min", "120 min", "2 h", "48 h", "2 d"] == [
        phrases.length(seconds) for seconds in lengths
    ]
    assert ["no record", "1 record", "2 records"] == [phrases.count(n, "record") for n in range(3)]
