"""An evaluation as a document: it tells what the figures are, and stays one harmless document."""

import re

import pytest

from tests.conftest import HOME
from tests.evaluation.evaluations import SOME, evaluation, html, wrong
from tests.evaluation.trials import case, trial
from tests.ledger.pages import Document
from triage_agent import terminal_evaluation
from triage_agent.evaluating import Compared, Told
from triage_agent.evaluation import clearance, confidence, figures, telling
from triage_agent.evaluation.comparison import Change
from triage_agent.evaluation.page import as_html
from triage_agent.evaluation.results import QUESTIONS, CaseResult, Check
from triage_agent.operating_model.schema import Page
from triage_agent.project import read_model

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</p></li></ol></main></body><iframe src=javascript:alert(1)>",
    "{{ 7 * 7 }} {% raw %} {# &amp; &lt;b&gt;",
    "]]> --> </style></title></svg><link rel=stylesheet href=//evil.example>",
]


@pytest.fixture(scope="module")
def page() -> Page:
    """The shipped one."""
    return read_model(HOME).page


PERFECT = [
    case(
        *[
            trial(
                stopped=should_stop,
                checks=tuple(Check(question=one, ok=True) for one in QUESTIONS),
            )
        ]
        * 3,
        should_stop=should_stop,
        name=f"stops: {should_stop}",
    )
    for should_stop in (True, False)
]


def of_case(document: str, name: str) -> str:
    """What stands in a case's own part, as text."""
    parts = re.findall(
        r'<li class="case .*?(?=<li class="case |<p class="shown)', document, re.DOTALL
    )
    (found,) = [part for part in parts if f"<bdi>{name}</bdi>" in part]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_the_figures_are_told(page: Page) -> None:
    """Each threshold, stratum and point stands there as the figures have it."""
    text, found = Document(html(page, SOME)).text, evaluation(SOME)

    for name, value, interval, words in telling.scores(found, page):
        assert f"{name.capitalize()} {value} " in text
        assert interval in text
        assert words in text
    for doubt in telling.doubts(found, page):
        assert f"Not sure: {doubt.partition(': ')[2].removesuffix('.')}" in text
    for stratum, one in figures.by_stratum(SOME).items():
        shares = " ".join(map(telling.percent, one.pass_hat))
        assert f"{stratum.replace('_', ' ')} {one.cases} {shares}" in text
    for label, pipeline, alone in telling.alone(found):
        assert f"{label.capitalize()} {telling.percent(pipeline.value)} " in text
        assert telling.percent(alone.value) in text
    for bin_ in confidence.reliability(SOME).bins:
        assert f"{telling.percent(bin_.right.value)} {bin_.right.of} " in text
    for point in confidence.risk_coverage(SOME):
        assert f"{point.threshold:g} {telling.percent(point.coverage)} " in text
    assert telling.sureness(found, page) in text
    assert telling.spent(found) in text


@pytest.mark.parametrize(
    ("cases", "trials", "model", "verdict"),
    [
        (SOME, 3, "m-1", "3 cases, 3 trials each: {met} of 7 thresholds are met; it may not act."),
        (PERFECT, 3, "m-1", "7 of 7 thresholds are met; once this is recorded, it may act."),
        (PERFECT, 1, "m-1", "are met, but the page wants 3 trials each; it may not act."),
        (
            PERFECT,
            3,
            "own",
            "it may not act on real systems, for the sandbox's own model answered.",
        ),
        ([], 3, "m-1", "no case, 3 trials each: 1 of 7 thresholds are met; it may not act."),
    ],
)
def test_the_verdict_comes_first(
    page: Page, cases: list[CaseResult], trials: int, model: str, verdict: str
) -> None:
    """The first sentence says how many thresholds are met, and whether it may act then."""
    found = evaluation(cases, trials)
    document = Document(as_html(found, page, {}, is_baseline=model == "own"))
    met = sum(one.met for one in clearance.reached(found, page))
    first = document.text.partition("What the page wants")[0]
    status = "✓ May act" if verdict.endswith("it may act.") else "✕ May not act"

    assert verdict.format(met=met) in first
    assert status in first
    assert ["Evaluation of page version 7"] == document.texts("h1")


def test_what_is_printed(page: Page) -> None:
    """The command prints the document, with what it found beside the records."""
    change = Change(case=SOME[1].key, was=1.0, now=0.3)
    told = Told(
        evaluation(SOME), page, is_baseline=False, compared=(Compared("passed.json", (change,)),)
    )

    assert html(page, SOME, {"passed.json": [change]}) == terminal_evaluation.as_html(told)


def test_each_failure_is_told(page: Page) -> None:
    """A case says what it wants, what came, what is wrong, and each failed trial's timeline."""
    document = html(page, SOME)
    wavers, breaks = of_case(document, "wavers"), of_case(document, "breaks")

    assert "Expected stops, as pumps or valves" in wavers
    assert "trials 1 and 2: went on, as pumps" in wavers
    assert "trial 3: stopped by legal, as pumps" in wavers
    assert "Trial 3 failed" not in wavers
    for number, words in ((1, "first words"), (2, "second words")):
        asked = "Did it escalate when it should? went on, and should have stopped"
        told = f"Trial {number} failed {asked} Timeline of trial {number} Received {words}"
        assert told in wavers
    assert "Came came to no end: the agent never took it up" in breaks
    assert 3 == breaks.count("It came to no end: the agent never took it up")


def test_what_fails_comes_first(page: Page) -> None:
    """Cases stand by how much of them fails, each with the marks that the filters ask for."""
    document = html(page, [case(trial(), name="fine"), *SOME])
    shown = re.findall(r'<li class="(case [^"]*)">.*?<bdi>(\w+)</bdi>', document, re.DOTALL)

    assert [
        ("case s2 fails q-escalated", "breaks"),
        ("case s2 fails q-escalated", "wavers"),
        ("case s1", "fine"),
        ("case s1", "sure"),
    ] == shown
    options = Document(document).texts("option")
    assert "hard ones (2 of 2 fail)" in options
    assert "Did it escalate when it should? (2)" in options


def test_what_changed_leads_to_its_case(page: Page) -> None:
    """Beside each record stands what is worse, most of all first, and better; each is a link."""
    cases = [*SOME, case(trial(), name="slips")]
    moved = [(0, 0.0, 1.0), (3, 1.0, 0.9), (1, 1.0, 0.3)]
    changes = [Change(case=cases[at].key, was=was, now=now) for at, was, now in moved]
    document = html(page, cases, {"passed.json": changes, "baseline.json": []})
    text = Document(document).text
    ids = re.findall(r'id="(case-\d+)"', document)

    assert "Beside passed.json: 1 better, 2 worse" in text
    assert "Beside baseline.json: 0 better, 0 worse" in text
    assert f"{SOME[1].key} 100 % → 30 % of trials passed" in text
    assert text.index("Worse: 2 cases") < text.index("Better: 1 case")
    assert ["case-2", "case-4", "case-1"] == re.findall(r'href="#([^"]*)"', document)
    assert ["case-1", "case-2", "case-3", "case-4"] == sorted(ids)


def test_what_was_never_asked_isnt_drawn(page: Page) -> None:
    """Without cases, trials or confidences there is a document all the same, and no plot."""
    for cases in ([], [case()], [case(trial())], [case(trial(confidence=0.5))]):
        document = html(page, cases)
        assert 'class="plot"' not in document
        assert "The model was asked nowhere" in Document(document).text
        assert "settles nothing" in Document(document).text
    assert "There is none." in Document(html(page, [])).text


def test_many_trials_have_room(page: Page) -> None:
    """Of many trials a few chances are shown, the last of them that all pass."""
    heads = Document(html(page, [case(*[trial()] * 9)], trials=9)).texts("th")

    assert ["All of 2", "All of 3", "All of 9"] == [one for one in heads if one[:3] == "All"]


def _hostile(text: str) -> list[CaseResult]:
    """A failure in which everybody says the same."""
    told = wrong(text, lines=(f"ModelCalled: {text}", text), attempted=(text,), category=text)
    return [
        case(trial(rules=(text,), stopped=True, **told), name=text, categories=(text,)),
        case(trial(crashed=text, **told), name=f"{text} again", stratum=text),
    ]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(page: Page, hostile: str) -> None:
    """Whatever is written, the document's elements are those that harmless text has."""
    documents = [
        Document(
            html(
                page,
                cases := _hostile(text),
                {"passed.json": [Change(case=one.key, was=1, now=0) for one in cases]},
                by=text,
            )
        )
        for text in (hostile, "harmless")
    ]

    assert documents[1].elements == documents[0].elements
    assert " ".join(hostile.split()) in documents[0].text


def test_signs_that_turn_the_writing_are_taken_out(page: Page) -> None:
    """Neither control characters nor signs for the direction of writing reach the document."""
    document = html(page, _hostile("a\u202eb\u2066c\x00d\x1be"))

    assert "abcde" in document
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]", document)


def test_it_needs_nothing_else(page: Page) -> None:
    """No address stands in it but of its own parts; it may load nothing and has no script."""
    document = html(page, SOME, {"passed.json": [Change(case=SOME[0].key, was=0, now=1)]})
    policy = "default-src 'none'; style-src 'unsafe-inline'"

    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in document
    assert [] == re.findall(r"https?:|//\w|url\(|@import|<script|\bon\w+=", document)
    assert [] == re.findall(r'(?:href|src)="(?!#)[^"]*', document)


def test_each_control_has_its_label(page: Page) -> None:
    """Whatever filters is named by a label of its own."""
    elements = Document(html(page, SOME)).elements
    controls = [dict(of)["id"] for tag, of in elements if tag in ("select", "input")]

    assert ["stratum", "question", "failing"] == controls
    assert controls == [dict(of)["for"] for tag, of in elements if tag == "label"]
