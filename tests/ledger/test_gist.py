"""Five questions that everybody asks first have their answers, whatever became of an item."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.conftest import NewLedger
from tests.ledger.conftest import LEAD
from tests.ledger.pages import Book, Document, Examples, done, gists, planned, received, some
from triage_agent.decision.actions import PostHandOver, Reason
from triage_agent.decision.events import Done, Failed, FiredRule, Planned
from triage_agent.ledger.gist import Names
from triage_agent.ledger.store import Ledger

QUESTIONS = [
    "What came in?",
    "What did it see?",
    "Why did it stop?",
    "Who decided?",
    "What changed?",
]
SEEN = "1 related record; model-1-2026 was shown no field."


@pytest.fixture
def book(new_ledger: NewLedger) -> Iterator[Book]:
    """On SQLite: what is asked of the database is tested with the ledger."""
    with closing(Ledger.open(new_ledger("sqlite"))) as opened:
        yield Book(opened)


def test_the_questions_of_a_settled_item(book: Book, examples: Examples) -> None:
    """Five questions stand in their order, and each has its answer."""
    book.tell("run-1", examples["Started"])
    book.tell("item-1", received(examples, "Müller", "Please show\nit to us."))
    book.tell("item-1", *some(examples, "Read", "ModelCalled", "Assessed", "Drafted"))
    book.tell("item-1", planned(examples, "tag", "set_status"), *done(examples, "tag"))
    asked = Done(action="set_status.ask2", key="item-1.set_status.ask2", reference="C1/1.2")
    book.tell("item-1", examples["Held"], examples["Asked"], asked, examples["Outcome"])
    html = book.page(LEAD.id)

    assert QUESTIONS == [text for text in Document(html).texts("h2") if text.endswith("?")]
    assert [
        "Please show it to us.",
        SEEN,
        "It didn't: settled as demo request, confidence 0.90.",
        "The agent, within page version 4. Waits for the word of sales development on set status.",
        "Done: tag. Draft kept: draft reply. Waits: set status. Afterwards: status changed.",
    ] == gists(html)
    assert ["Müller"] == Document(html).texts("h1")


def test_the_questions_of_an_escalated_item(book: Book, examples: Examples) -> None:
    """A rule that stopped an item is told with its evidence, and who has the item now."""
    book.tell("item-1", received(examples, "Müller", "We will sue."), examples["Stopped"])
    book.tell("item-1", planned(examples, "escalate"), *done(examples, "escalate"))
    html = book.page("item-1")
    text = Document(html).text

    assert [
        "We will sue.",
        "No related record; no model asked.",
        "Restricted topic: legal.",
        "The agent stopped it.",
        "Done: escalate.",
    ] == gists(html)
    assert "Restricted topic: legal we will sue (a fixed rule)" in text
    assert "Handed to sales development. Call them." in text
    assert "5.00 s from received to escalated" in text


def test_several_rules_are_told_once_each(book: Book, examples: Examples) -> None:
    """A rule that fired for several reasons is named once, with what they are."""
    fired = ("missing_data", "Email"), ("low_confidence", None), ("missing_data", "request")
    rules = tuple(FiredRule(rule=rule, topic=topic, source="model") for rule, topic in fired)
    stopped = examples["Stopped"].model_copy(update={"rules": rules, "stops": None})
    book.tell("item-1", received(examples, "Müller"), stopped)

    assert "Missing data: Email and request; Low confidence." == gists(book.page("item-1"))[2]


def test_a_rule_has_the_words_that_the_page_had(book: Book, examples: Examples) -> None:
    """What a rule means is told as the hand-over told it, if that is about this very evidence."""
    plan = planned(examples, "escalate")
    assert isinstance(plan, Planned)
    (post,) = plan.actions or ()
    assert isinstance(post, PostHandOver)
    for item, quote in (("item-1", "we will sue"), ("item-2", "something else")):
        reason = Reason(words="Restricted topic: A legal threat.", quote=quote, fact=None)
        told = post.hand_over.model_copy(update={"reasons": (reason,)})
        action = post.model_copy(update={"hand_over": told})
        stopped = (received(examples, "Müller"), examples["Stopped"])
        book.tell(item, *stopped, plan.model_copy(update={"actions": (action,)}))
    first, second = (Document(book.page(item)).text for item in ("item-1", "item-2"))

    assert "Restricted topic: legal A legal threat. we will sue (a fixed rule)" in first
    assert "Restricted topic: legal we will sue (a fixed rule)" in second


def test_the_questions_of_a_failed_item(book: Book, examples: Examples) -> None:
    """What failed is told with its reason, though no rule stopped the item."""
    book.tell("item-1", received(examples, "Müller"), planned(examples, "tag"))
    book.tell("item-1", *some(examples, "Permitted", "Intended", "Failed"))
    book.tell("item-1", Failed(action="assess", code="torn", reason="the form is torn"))
    html = book.page("item-1")

    assert [
        "A record without a request.",
        "No related record; no model asked.",
        "No rule stopped it, but it failed.",
        "The agent.",
        "Failed: tag.",
    ] == gists(html)
    assert "Salesforce refused the row" in Document(html).text


def test_the_questions_of_an_erased_item(book: Book, examples: Examples) -> None:
    """Without its texts an item says so, who had them erased, and still what happened."""
    came = examples["Received"].model_copy(update={"record": None})
    stopped = examples["Stopped"].model_copy(update={"stops": None})
    book.tell("item-1", came, stopped, examples["Erased"])
    html = book.page("item-1")

    assert [
        "Its texts have been erased.",
        "No related record; no model asked.",
        "Restricted topic: legal.",
        "The agent stopped it. Erased by Dana Reyes.",
        "Nothing.",
    ] == gists(html)
    assert [f"Lead {LEAD.id}"] == Document(html).texts("h1")
    assert "Dana Reyes (dana) had its 7 texts erased" in Document(html).text


def test_the_questions_of_an_item_that_was_rolled_back(book: Book, examples: Examples) -> None:
    """Who had it undone, what is as it was, what is left, and that nothing waits any more."""
    book.tell("item-1", received(examples, "Müller"), examples["Assessed"])
    book.tell("item-1", planned(examples, "tag", "set_status"), *done(examples, "tag"))
    book.tell("item-1", *done(examples, "create_task"))
    book.tell("item-1", examples["Held"], examples["Asked"], examples["Withdrawn"])
    undoing = examples["Intended"].model_copy(update={"action": "undo tag"})
    left = examples["LeftAsIs"].model_copy(update={"action": "create_task"})
    book.tell("item-1", undoing, examples["Reversed"], left)
    text = Document(book.page("item-1")).text

    assert [
        "It didn't, but was rolled back.",
        "The agent. Withdrawn by Dana Reyes.",
        "Undone: tag. Left for people: create task. Left undone: set status.",
    ] == gists(book.page("item-1"))[2:]
    assert "undone (Triage_Category__c), as it was already" in text
    assert "left for people (Triage_Summary__c): it was changed since" in text
    assert "↶ Withdrawn" in text


def test_what_could_not_be_undone_is_told(book: Book, examples: Examples) -> None:
    """A failed undoing is told as that, not as a failure of what was done."""
    book.tell("item-1", received(examples, "Müller"), planned(examples, "tag"))
    book.tell("item-1", *done(examples, "tag"), examples["Withdrawn"])
    failed = Failed(action="undo tag", code="ROW_LOCKED", reason="Salesforce refused the row")
    book.tell("item-1", failed)

    assert "Not undone: tag." == gists(book.page("item-1"))[4]
    assert "could not be undone: Salesforce refused the row" in Document(book.page("item-1")).text


def test_without_the_page_a_record_has_its_id(book: Book, examples: Examples) -> None:
    """Where the page can't be read, nothing is taken for a name or a request."""
    book.tell("item-1", received(examples, "Müller", "Please show it."), examples["Planned"])
    html = book.page("item-1", Names())

    assert [f"Lead {LEAD.id}"] == Document(html).texts("h1")
    assert "A record; its fields stand in the story." == gists(html)[0]
    assert "Please show it." in Document(html).text
    assert "Meant for sales development." in Document(html).text


def test_an_open_item_and_a_shadow_one(book: Book, examples: Examples) -> None:
    """What hasn't ended is told as such; in shadow nothing changes, but it is told what would."""
    shadow = received(examples, "Müller").model_copy(update={"mode": "shadow"})
    book.tell("item-1", received(examples, "Müller"))
    book.tell("item-2", shadow, planned(examples, "tag", "escalate"), examples["Permitted"])

    assert "It hasn't stopped; it hasn't come to an end either." in gists(book.page("item-1"))
    assert "it is still open" in Document(book.page("item-1")).text
    assert ["The agent, in shadow.", "Nothing: a shadow run records what it would do."] == (
        gists(book.page("item-2"))[3:]
    )
    assert "It would tag, escalate" in Document(book.page("item-2")).text


@pytest.mark.parametrize("kind", ["Unclear", "NotFound", "Overtaken", "Refused", "Intended"])
def test_what_became_of_an_action(book: Book, examples: Examples, kind: str) -> None:
    """The last that is known of an action is what counts."""
    says = {
        "Unclear": "Unclear: tag.",
        "NotFound": "Not done yet: tag.",
        "Overtaken": "Left undone: tag.",
        "Refused": "Refused: tag.",
        "Intended": "Under way: tag.",
    }
    book.tell("item-1", received(examples, "Müller"), planned(examples, "tag"))
    book.tell("item-1", examples["Intended"], examples[kind])

    assert says[kind] == gists(book.page("item-1"))[4]
