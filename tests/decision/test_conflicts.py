"""What speaks against a claim, and what only looks as if it did, kind by kind."""
# ruff: noqa: E501 - a case stands on one line, as in a table

from typing import TYPE_CHECKING, Any

import pytest

from triage_agent.decision.assessment import Claim
from triage_agent.decision.item import Record
from triage_agent.decision.likeness import differ
from triage_agent.decision.patterns import PatternFile
from triage_agent.decision.stops import Stop, stops_with_model, stops_without_model
from triage_agent.operating_model.kinds import Scalar

if TYPE_CHECKING:
    from tests.decision.conftest import Form, Make

JONAS, PRIYA = "005000000000003AAA", "005000000000004AAA"
PLAIN = "We dispatch 40 technicians and look for scheduling software."


def account(number: int = 1, **fields: Any) -> Record:  # noqa: ANN401 - a field's value
    return Record(
        object="Account",
        id=f"00100000000000{number}AAA",
        fields={"Name": "Northwind Heating Ltd", **fields},
    )


def opportunity(*, closed: bool) -> Record:
    return Record(object="Opportunity", id="006000000000001AAA", fields={"IsClosed": closed})


def contact(name: str) -> Record:
    return Record(object="Contact", id="003000000000001AAA", fields={"Name": name})


def task(subject: str, description: str | None = None) -> Record:
    fields = {"Subject": subject, "Description": description}
    return Record(object="Task", id="00T000000000001AAA", fields=fields)


OWNED = (
    account(Type="Customer", OwnerId=JONAS),
    Record(object="User", id=JONAS, fields={"Name": "Jonas Weber"}),
)
Case = tuple[str, dict[str, Any], tuple[Record, ...], str | None]


def says(text: str, related: tuple[Record, ...], claim: str | None) -> Case:
    return (text, {"Description": text}, related, claim)


CASES: list[Case] = [
    *(says(text, (account(Type="Prospect"),), "is_customer") for text in (
        "We've been customers of yours for years.", "We are already on Brightfield with two depots.",
        "Please extend our licences, they run out in March.", "Wir nutzen Ihre Software seit zwei Jahren.",
        "Nous sommes clients chez vous.", "Somos clientes suyos y queremos más licencias.", "Siamo vostri clienti.",
        "Wij zijn klant bij jullie.", "Já somos clientes.", "御社のサービスを利用しております。",
    )),
    *(says(text, (account(Type="Prospect"),), None) for text in (
        "We want to become a customer.", "Our customers call us day and night.", "A customer of yours told us about you.",
        "Wir möchten Ihre Software nutzen.", "No somos clientes.", "We would like to use your app in the field.",
    )),
    says("We are already a customer of yours.", (account(Type="Former Customer"),), "is_customer"),
    says("We are already a customer of yours.", (account(Type="Customer"),), None),
    says("We are already a customer of yours.", (account(Type=None),), None),
    says("We are already a customer of yours.", (account(Type="Prospect"), account(2, Type="Customer")), None),
    says("We are already a customer of yours.", (), None),
    says("As your reseller in Spain we would like training.", (account(Type="Customer"),), "is_partner"),
    says("As your reseller in Spain we would like training.", (account(Type="Reseller"),), None),
    says("We're a reseller of boilers.", (account(Type="Customer"),), None),
    says("We have never bought anything from you.", (account(Type="Customer"),), "is_new"),
    says("We've never spoken with Brightfield before.", (account(Type="Prospect"), opportunity(closed=True)), "is_new"),
    says("We have never bought anything from you.", (account(Type="Prospect"),), None),
    says("We have never used scheduling software.", (account(Type="Customer"),), None),
    says("We were a customer until 2022.", (account(Type="Customer"),), "was_customer"),
    says("We were a customer until 2022.", (account(Type="Former Customer"),), None),
    says("Thank you for your quote of last week.", (account(), opportunity(closed=True)), "has_offer"),
    says("Thank you for your quote of last week.", (account(),), "has_offer"),
    says("Thank you for your quote of last week.", (account(), opportunity(closed=False)), None),
    says("Thank you for your quote of last week.", (account(), opportunity(closed=True), opportunity(closed=False)), None),
    says("Thank you for your quote of last week.", (), None),
    says("Could you make us an offer for 30 users?", (account(),), None),
    says("Priya Nair is our account manager.", OWNED, "account_manager"),
    says("Unsere Ansprechpartnerin ist Frau Nair.", OWNED, "account_manager"),
    says("Jonas is our account manager.", OWNED, None),
    says("Who is our account manager?", OWNED, None),
    says("Priya Nair is our account manager.", (*OWNED, task("Handover from Priya Nair")), None),
    says("Priya Nair is our account manager.", OWNED[1:], None),
    says("We are a company of 4,000 employees.", (account(NumberOfEmployees=12),), "company_size"),
    says("Small firm of six people here.", (account(NumberOfEmployees=2400),), "company_size"),
    says("We have 900 technicians.", (account(NumberOfEmployees=40),), "company_size"),
    says("We have 22 technicians.", (account(NumberOfEmployees=400),), None),
    says("We are a company of 45 employees.", (account(NumberOfEmployees=40),), None),
    says("Our branch in York has 15 employees.", (account(NumberOfEmployees=900),), None),
    says("We look after 4,000 lifts.", (account(NumberOfEmployees=30),), None),
    ("the form says 9", {"NumberOfEmployees": 9}, (account(NumberOfEmployees=2600),), "company_size"),
    ("the form says 48", {"NumberOfEmployees": 48}, (account(NumberOfEmployees=60),), None),
    ("the form says 48, we nothing", {"NumberOfEmployees": 48}, (account(NumberOfEmployees=None),), None),
    ("another country", {"Country": "Australia"}, (account(BillingCountry="Canada"),), "company_country"),
    ("nearly the same words", {"Country": "United States"}, (account(BillingCountry="United Kingdom"),), "company_country"),
    ("a country's code", {"Country": "DE"}, (account(BillingCountry="Germany"),), None),
    ("a country's other name", {"Country": "USA"}, (account(BillingCountry="United States"),), None),
    ("no country that we know", {"Country": "Bavaria"}, (account(BillingCountry="Germany"),), None),
    says("We are based in Portugal.", (account(BillingCountry="Norway"),), "company_country"),
    says("We have customers in Portugal.", (account(BillingCountry="Canada"),), None),
    ("a branch", {"Country": "France", "Description": "Our subsidiary in Lyon needs software."}, (account(BillingCountry="Canada"),), None),
    ("another firm's address", {"Company": "Borealis Freight"}, (account(),), "company_name"),
    ("a firm's short name", {"Company": "NH"}, (account(),), None),
    ("a firm that is spelt otherwise", {"Company": "Nordwind Heatings"}, (account(),), None),
    ("a firm without a name", {"Company": "-"}, (account(),), None),
    ("somebody else's address", {}, (contact("Robert Miles"),), "sender_name"),
    ("their own address", {}, (contact("Ada Okafor"),), None),
    ("a new last name", {}, (contact("Ada Miles"),), None),
    ("a name that is spelt otherwise", {}, (contact("Adah Okaphor"),), None),
    ("a name in another script", {"FirstName": "美咲", "LastName": "佐々木"}, (contact("Misaki Sasaki"),), None),
    ("an explained change", {}, (contact("Robert Miles"), task("New contact", "Ms Okafor has taken over.")), None),
    ("a task of something else", {}, (contact("Robert Miles"), task("Send the price list")), "sender_name"),
]  # fmt: skip


def of_conflict(stops: tuple[Stop, ...]) -> list[Stop]:
    return [stop for stop in stops if stop.rule == "conflicting_information"]


@pytest.mark.parametrize(("fields", "related", "claim"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])  # fmt: skip
def test_claims_against_records(
    make: "Make",
    patterns: PatternFile,
    fields: dict[str, Any],
    related: tuple[Record, ...],
    claim: str | None,
) -> None:
    """A claim stops where what was found speaks against it, and nowhere else."""
    item = make(related=related, **{"Description": PLAIN, "Country": None, **fields})
    stops = of_conflict(stops_without_model(item, patterns))

    assert [claim] * bool(claim) == [stop.topic for stop in stops]


def test_evidence_is_in_plain_words(make: "Make", patterns: PatternFile) -> None:
    """A stop names the record, its field and value, and what is claimed, with the words for it."""
    related = (account(NumberOfEmployees=12),)
    item = make(related=related, Description="Hello. We are a company of 4,000 employees.")
    (stop,) = of_conflict(stops_without_model(item, patterns))

    assert "We are a company of 4,000 employees." == stop.quote
    assert "Account 001000000000001AAA: Number Of Employees is 12; they write 4,000" == stop.fact


def test_a_model_claims_as_the_floor_does(make: "Make", form: "Form", patterns: PatternFile) -> None:  # fmt: skip
    """A claim that a model names is held against the same records, by the pattern where it needs one."""
    text = "We count ourselves among yours. We are a company of 4,000 employees."
    item = make(related=(account(Type="Prospect", NumberOfEmployees=12),), Description=text)
    claims = (
        Claim(claim="is_customer", quote="We count ourselves among yours"),
        Claim(claim="company_size", quote="We are a company of 4,000 employees"),
        Claim(claim="company_size", quote="We count ourselves"),
        Claim(claim="company_country", quote="We count ourselves"),
    )
    stops = of_conflict(stops_with_model(item, patterns, form(claims=claims)))

    assert [("is_customer", "model"), ("company_size", "model")] == [
        (stop.topic, stop.source) for stop in stops
    ]


def test_what_explains_it_holds_for_a_model_too(make: "Make", form: "Form", patterns: PatternFile) -> None:  # fmt: skip
    """Words that explain a conflict do so wherever in the text they stand."""
    text = "We are a company of 4,000 employees. Our branch in York has 15."
    item = make(related=(account(NumberOfEmployees=12),), Description=text)
    claims = (Claim(claim="company_size", quote="We are a company of 4,000 employees"),)

    assert [] == of_conflict(stops_with_model(item, patterns, form(claims=claims)))


@pytest.mark.parametrize(
    ("claimed", "recorded", "expected"),
    [
        ("1,200", 300, True), ("1.200", 1100, False), ("1 200", 1200, False), ("a dozen", 900, True),
        ("0", 40, None), (40, 0, None), ("Germany", "Deutschland", False), ("Ada", "Ada Okafor", False),
        ("Müller", "Mueller", False), ("Acme Ltd", "Borealis Ltd", True), ("佐々木", "Sasaki", None),
    ],
)  # fmt: skip
def test_likeness(
    patterns: PatternFile,
    claimed: Scalar,
    recorded: Scalar,
    expected: bool | None,  # noqa: FBT001
) -> None:
    """Numbers far apart and names with nothing in common differ; some can't be compared."""
    assert expected is differ(claimed, recorded, patterns)
