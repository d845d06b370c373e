"""What the page's owner signs says what the page says, and all of it fits on one sheet."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chromium import chromium
from triage_agent.operating_model import rendering, sentences
from triage_agent.operating_model.loading import OperatingModel, load
from triage_agent.recovery import pause

Render = Callable[[OperatingModel], str]
QUESTIONS = [
    "What workflow does this agent own?",
    "Who is the business owner?",
    "What systems can it read?",
    "What systems can it write to?",
    "What actions can it take without approval?",
    "What actions always require human review?",
    "What are the stop rules?",
    "What gets logged?",
    "How will the agent be evaluated?",
    "How can it be paused or rolled back?",
]
ANSWERS = [
    "It takes up each new Lead",
    "Dana Reyes, Head of Sales Development.",
    "StageName",
    "Sales Development (C0SALESDEV1)",
    "It may create Task",
    "It asks Sales Development before it updates Lead (Status “Working - Contacted”)",
    "Email or Phone; Company or the domain of Lead.Email (no free mail); a request.",
    "For 400 days",
    "eval_cases",
    "Dana Reyes, Omar Haddad, Maya Lindqvist, Jonas Weber or Priya Nair may do that",
]
LEAVES = [
    ("version: 9", "version: 10"),
    ("name: Inbound sales requests", "name: Inbound questions"),
    ("mode: shadow", "mode: live"),
    ("look_back: 30d", "look_back: 36h"),
    ("working_hours: Mon-Fri", "working_hours: Mon-Sat"),
    ("IsConverted: false", "IsConverted: true"),
    (
        "needs support, not sales.\n      reply: none",
        "needs support, not sales.\n      reply: draft",
    ),
    ("name: Omar Haddad", "name: Ola Hansen"),
    ("StageName, IsClosed", "StageName, IsClosed, Amount"),
    ("Website: {domain_of: Email,", "Website: {domain_of: Website,"),
    ("channel: C0SALESDEV1", "channel: C0SALESDEV2"),
    ("remind_after: 15m", "remind_after: 20m"),
    ("claim_within: 30m", "claim_within: 1h"),
    ("then: owner", "then: deputy"),
    ("  by: [owner, deputy]", "  by: [sales_development]"),
    ("on: Monday", "on: Friday"),
    ("due_in: 4h", "due_in: 30m"),
    ("{set: {Status: Deferred}", "{set: {Status: Completed}"),
    ("note_in: Description}", "note_in: Subject}"),
    ("      who: sales_development", "      who: deputy"),
    ("expires_after: 20h", "expires_after: 9h"),
    ("instead: {Status: [Closed - Not Converted]}", "instead: {Status: [Nurturing]}"),
    ("Status: Working - Contacted", "Status: Nurturing"),
    ("quote_price", "quote_a_price"),
    ("below: 0.75", "below: 0.8"),
    ("[Prospect, Former Customer, Vendor]", "[Prospect, Vendor]"),
    ("name: Priya Nair", "name: Paula Noll"),
    ("max_words: 180", "max_words: 90"),
    ("cost_usd_per_run: 20", "cost_usd_per_run: 0.5"),
    ("promising_but_incomplete: ask ", "promising_but_incomplete: task "),
    ("promising_but_incomplete: ask ", "promising_but_incomplete: escalate "),
    ("masked_in_text: [email, phone, card]", "masked_in_text: [card]"),
    ("masked_in_text: [email, phone, card]", "masked_in_text: []"),
    ("    team_size:", "    size_of_team:"),
    ("{HasOptedOutOfEmail: true, ", "{HasOptedOutOfEmail: false, "),
    ("{HasOptedOutOfEmail: true, EmailBouncedReason: any, EmailBouncedDate: any}", "{}"),
    ("keeps: 400d", "keeps: 90d"),
    ("masks: [Phone]", "masks: []"),
    ("cases: eval_cases", "cases: other_cases"),
    ("within: 30d", "within: 31d"),
    ("contacted: {created: Task.WhoId,", "contacted: {created: Task.WhatId,"),
    ("said_in: Description}", "said_in: Subject}"),
    (", said_in: Description}", "}"),
    ("{changed: Lead.Status}", "{changed: Lead.Rating}"),
    ("{now: {Task.IsClosed: true}}", "{now: {Task.IsClosed: false}}"),
    ("task_deleted: {deleted: Task}", "task_deleted: {merged: Task}"),
    ("first_touch: [contacted, ", "first_touch: ["),
    ("[category_changed, task_reassigned, task_deleted]", "[]"),
    ("compared_with: 90d", "compared_with: 60d"),
    ("may_pause: [owner, deputy, sales_development]", "may_pause: [owner]"),
    ("may_roll_back: [owner, deputy]", "may_roll_back: [deputy]"),
    ("tell: [owner, deputy, sales_development]", "tell: [deputy]"),
    ("What went wrong, and how was it found?", "What went wrong?"),
]
HOSTILE = "<script>alert(1)</script> [x](javascript:x) **bold** & `code`"
both = pytest.mark.parametrize("render", [rendering.as_markdown, rendering.as_html])


@pytest.fixture(scope="session")
def model(shipped: str) -> OperatingModel:
    return load(shipped)


def _unsigned(rendered: str) -> str:
    """Without the digest of the page's text, which any change changes."""
    return re.sub(r"SHA-256 [0-9a-f]{12}", "", rendered)


def test_ten_questions_are_answered_in_order(model: OperatingModel) -> None:
    """The parts are the ten questions in their order, each with what the page answers."""
    parts = sentences.sections(model)
    told = [" ".join(f"{line.head} {line.rest} {line.items}" for line in p.lines) for p in parts]

    assert QUESTIONS == [part.question for part in parts]
    assert [] == [a for a, text in zip(ANSWERS, told, strict=True) if a not in text]


@both
def test_all_sentences_are_there(model: OperatingModel, render: Render) -> None:
    """Each form has every question, in order, under the workflow's name and its digest."""
    rendered = render(model)
    places = [rendered.index(question) for question in QUESTIONS]

    assert sorted(places) == places
    assert rendered.index(model.page.workflow.name) < rendered.index(model.sha256[:12]) < places[0]
    assert rendered.rindex("Dana Reyes, Head of Sales Development") > places[-1]


@pytest.mark.long
@pytest.mark.parametrize(("written", "other"), LEAVES)
def test_another_value_is_another_text(
    shipped: str, model: OperatingModel, written: str, other: str
) -> None:
    """Whatever an owner changes on the page changes what they sign."""
    assert 1 == shipped.count(written)
    changed = load(shipped.replace(written, other))

    for render in (rendering.as_markdown, rendering.as_html):
        assert _unsigned(render(model)) != _unsigned(render(changed))


def test_nothing_of_the_page_becomes_html(shipped: str) -> None:
    """Markup in a sentence of the page is shown as it was written."""
    html = rendering.as_html(load(_with_hostile_sentences(shipped)))

    assert 3 == html.count("&lt;script&gt;alert(1)&lt;/script&gt;")
    assert "<script" not in html


def test_html_asks_for_nothing(model: OperatingModel) -> None:
    """The document loads nothing and leads nowhere: no script, no link, no address."""
    html = rendering.as_html(model)

    assert [] == re.findall(r"<script|<link|<img|<a |src=|href=|url\(|@import", html)
    assert ["https://www.brightfield.example"] == re.findall(r"\w+://[\w.]+\w", html)


def test_markdown_has_no_markup_of_the_page(shipped: str) -> None:
    """Markdown has no raw HTML, and a sentence of the page neither links nor emphasises."""
    markdown = rendering.as_markdown(load(_with_hostile_sentences(shipped)))

    assert 3 == markdown.count(r"\<script\>alert(1)\</script\> \[x\](javascript:x) \*\*bold\*\*")
    assert [] == re.findall(r"(?<!\\)[<>&`\[\]]", markdown)


def _with_hostile_sentences(shipped: str) -> str:
    for sentence in ("We don't build features to order.", "Head of Sales Development"):
        shipped = shipped.replace(f": {sentence}", f": '{HOSTILE}'")
    return shipped


def test_ways_to_pause_are_those_that_work(model: OperatingModel) -> None:
    """The file and the setting that the page's reader is told of are those that pause."""
    markdown = rendering.as_markdown(model)

    assert f"a file named {pause.FILE} " in markdown
    assert f"the setting {pause.SETTING}." in markdown


def test_no_word_of_the_business_is_built_in() -> None:
    """The code would render the page of any other business."""
    words = re.compile(r"\b(?:lead|sales|account|opportunity|opportunities)s?\b", re.IGNORECASE)
    code = [Path(str(room.__file__)).read_text("utf-8") for room in (rendering, sentences)]

    assert [] == words.findall("\n".join(code))


def test_the_page_is_one_sheet(model: OperatingModel, tmp_path: Path) -> None:
    """Printed, the shipped page takes one sheet of A4, with letters of at least 8.4 points."""
    html = rendering.as_html(model)
    (tmp_path / "page.html").write_text(html, encoding="utf-8")

    printed = _printed(tmp_path)

    assert 1 == len(re.findall(rb"/Type /Page\b", printed))
    assert [(595, 842)] == [
        (round(float(width)), round(float(height)))
        for width, height in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    ]
    assert "font-size: 8.4pt" in html


def _printed(folder: Path) -> bytes:
    """`page.html` as a PDF."""
    options = ["--no-pdf-header-footer", f"--print-to-pdf={folder}/page.pdf"]
    chromium(folder, *options, f"{folder}/page.html")
    return (folder / "page.pdf").read_bytes()
