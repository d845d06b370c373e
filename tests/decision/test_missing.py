"""What is missing, what only fills a field, and what is enough."""
# ruff: noqa: E501 - cases of one kind stand on few lines, as in a table

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision.item import ELSEWHERE
from triage_agent.decision.missing import is_filler, lacking, says_nothing
from triage_agent.decision.patterns import PatternFile

if TYPE_CHECKING:
    from tests.decision.conftest import Make

NO_REQUEST = [
    "hi", "Hello!", "Hey there", "Good morning team", "asdf", "qwerty qwerty", "sdfsdfsdf", "test",
    "Testing 123", "this is a test, please ignore", "...", "?!", "n/a", "N/A - none", "[not provided]",
    "(no message)", "xxxxxx", "aaaaaaaa", "lkjhlkjh", "https://northwind.example", "www.northwind.example/about",
    "Brightfield", "Brightfield Scheduler", "Northwind Heating", "Ada Okafor", "12345", "0", "Hello?", "Thanks",
    "Kind regards,\nAda Okafor\nNorthwind Heating\n+1 555 0100", "Hi,\n\nBest regards\nAda", "Sent from my iPhone",
    "Guten Tag,\n\nmit freundlichen Grüßen\nA. Okafor", "Bonjour", "Hola, buenas tardes", "keine Angabe", "néant",
    "sin comentarios", "こんにちは", "テスト", "よろしくお願いします。", "<p>&nbsp;</p>", "I have a question", "jfkdjfkdls",
    "please see attached", "hi\nada@northwind.example", "Ciao", "Olá, bom dia", "geen", "nessuno", "prueba", "😀😀",
    "Hello\n--\nAda Okafor, the long way to say who writes",
]  # fmt: skip
REQUESTS = [
    "How much?", "how much does it cost", "Price?", "Pricing", "Demo please", "Call me", "quote pls", "Interested",
    "works offline?", "Was kostet das?", "Preisliste bitte", "Bitte Rückruf", "Tarifs svp", "¿Cuánto cuesta?",
    "Quanto costa?", "Wat kost het?", "Quanto custa?", "価格を教えてください", "デモ希望", "資料請求", "価格は\uff1f", "Hi, demo?",
    "App is down", "Nothing works!", "can't log in", "renew", "Unsubscribe", "Do you have an API?",
    "Test account possible? We would like to try it for a week.", "40 techs, price?",
    "Best regards to you all. Which of your plans suits 40 technicians?",
]  # fmt: skip
NO_WAY_TO_ANSWER: list[dict[str, Any]] = [
    {"Email": None, "Phone": None}, {"Email": "", "Phone": "n/a"}, {"Email": None, "Phone": "0000000"},
    {"Email": None, "Phone": "1234567"}, {"Email": None, "Phone": "12345"}, {"Email": None, "Phone": "call me"},
    {"Email": "none", "Phone": None}, {"Email": "ada(at)northwind", "Phone": None}, {"Email": "ada@northwind", "Phone": None},
    {"Email": "test@test.com", "Phone": "-"}, {"Email": "asdf@gmail.com", "Phone": "+1 000 000 0000"},
]  # fmt: skip
A_WAY: list[dict[str, Any]] = [
    {"Phone": None}, {"Email": None, "Phone": "(555) 123-4567"}, {"Email": None, "Phone": "01632 960455"},
    {"Email": "o.neil+web@northwind.co.example", "Phone": None}, {"Email": "jkl@northwind.example", "Phone": None},
    {"Email": None, "Phone": ELSEWHERE},
]  # fmt: skip
NOBODY = [
    None, "-", "[not provided]", "Unknown", "private", "asdasd", "None", "xxxx", "TEST", "test test", "keine", "なし",
    "N.A.", ".", "no company", "aaaa", "qwertz", "x", "Company Name", "12345678",
]  # fmt: skip
SOMEBODY = [
    "3M", "KPMG", "Test GmbH", "H&M", "1&1", "Nil Heating", "Papa Johns", "株式会社みなと", "Were Lifts",
    "Private Jet Services", "None Such Farms", "Ada Okafor", "Trew & Sons",
]  # fmt: skip


@pytest.mark.parametrize("request_text", NO_REQUEST)
def test_nothing_is_asked(make: "Make", patterns: PatternFile, request_text: str) -> None:
    """A greeting, a signature, a filler, an address or a name is no request."""
    assert [("request", "no request")] == [*lacking(make(Description=request_text), patterns)]


@pytest.mark.parametrize("request_text", REQUESTS)
def test_a_few_words_ask(make: "Make", patterns: PatternFile, request_text: str) -> None:
    """A short clear question is a request, in any language."""
    assert [] == [*lacking(make(Description=request_text), patterns)]


@pytest.mark.parametrize("fields", NO_WAY_TO_ANSWER)
def test_nobody_can_be_answered(make: "Make", patterns: PatternFile, fields: dict[str, Any]) -> None:  # fmt: skip
    """What is no address and no number is no way to answer."""
    found = [*lacking(make(**fields), patterns)]

    assert ("Email", "no Email or Phone") in found


@pytest.mark.parametrize("fields", A_WAY)
def test_somebody_can_be_answered(make: "Make", patterns: PatternFile, fields: dict[str, Any]) -> None:  # fmt: skip
    """One way to answer is enough; a masked one is there."""
    assert [] == [*lacking(make(**fields), patterns)]


@pytest.mark.parametrize("company", NOBODY)
def test_who_asks_is_unknown(make: "Make", patterns: PatternFile, company: str | None) -> None:
    """A filler is no company where the address is one that anybody can have."""
    found = [*lacking(make(Company=company, Email="ada@gmail.com"), patterns)]

    assert [("Company", "no Company or own domain in Email")] == found


@pytest.mark.parametrize("company", NOBODY)
def test_an_own_domain_is_enough(make: "Make", patterns: PatternFile, company: str | None) -> None:
    """Whatever stands for the company, a domain of its own tells who asks."""
    assert [] == [*lacking(make(Company=company), patterns)]


@pytest.mark.parametrize("company", SOMEBODY)
def test_odd_names_are_names(make: "Make", patterns: PatternFile, company: str) -> None:
    """A name that has a filler in it, or is short, is a name."""
    assert [] == [*lacking(make(Company=company, Email="ada@gmail.com"), patterns)]


def test_optional_data_may_be_missing(make: "Make", patterns: PatternFile) -> None:
    """What the page doesn't need may be empty, or filled with anything."""
    item = make(FirstName=None, LastName="-", Title="n/a", Industry=None, Country="?", Website=None)

    assert [] == [*lacking(item, patterns)]


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_judged(make: "Make", patterns: PatternFile, text: str) -> None:
    """Whatever is written, it is judged; adding a plain request to it makes it one."""
    plain = "\nCould you tell us what your software costs for forty technicians?"
    before = [*lacking(make(Description=text), patterns)]

    assert before in ([], [("request", "no request")])
    assert [] == [*lacking(make(Description=text + plain), patterns)]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(NOBODY[1:]), st.sampled_from(["{}", " {} ", "({})", "[{}]", "{}.", "* {} *"]), st.sampled_from([str.upper, str.lower, str.title]))  # fmt: skip
def test_a_filler_in_disguise_is_one(patterns: PatternFile, filler: str, around: str, written: Any) -> None:  # fmt: skip # noqa: ANN401
    """Case, brackets and signs around a filler don't make it say anything."""
    assert is_filler(around.format(written(filler)), patterns)
    assert says_nothing("Company", around.format(written(filler)), patterns)
