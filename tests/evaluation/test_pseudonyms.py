"""In a case of a real item nothing of anybody is left that stands in a field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.conftest import HOME
from triage_agent.decision.item import ELSEWHERE, Record
from triage_agent.decision.missing import is_filler
from triage_agent.evaluation.cases import Case, Expected
from triage_agent.evaluation.from_people import made, pseudonyms_for
from triage_agent.evaluation.made_up import spellings
from triage_agent.evaluation.neutral_words import FIRMS, FIRST, LAST, ORDINARY, WEAK
from triage_agent.jobs.parts import Rules
from triage_agent.operating_model.kinds import Scalar
from triage_agent.project import read_rules

pytestmark = pytest.mark.long

ITEM = "3f" * 12
EXPECT = Expected(escalates="no")
LEAD, CONTACT, ACCOUNT = "00Q5g00000AbCdEEAZ", "0035g00000XyZabAAD", "0015g00000QrStUAAV"
TASK, DEAL, SOMEBODY = "00T5g00000KlMnOAAX", "0065g00000MnOpQAAV", "0055g00000UvWxYAAV"
FREE = "gmail.com"
WORDS = {"customer", "example", "hello", "from", "write", "call", "about", "record", "web", "head"}
"""What the records say besides; no name is one of these."""


@cache
def shipped() -> Rules:
    return read_rules(HOME)


@dataclass(frozen=True)
class Real:
    """Somebody of a firm, as they write of themselves."""

    first: str
    last: str
    firm: str
    domain: str
    local: str
    phone: str

    @property
    def email(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def text(self) -> str:
        return (
            f"Hello from {self.first.upper()} {self.last}, {self.firm.lower()}. {self.last}'s or "
            f"{self.first}_{self.last}: write to <{self.email.upper()}>, {self.local}@{FREE}, call "
            f"{self.phone} or see https://www.{self.domain}/{self.last}?of={self.first}. "
            f"{self.domain} about record {LEAD} ({ACCOUNT[:15]})."
        )

    def records(self) -> list[Record]:
        return [
            Record(
                object="Lead",
                id=LEAD,
                fields={
                    "FirstName": self.first,
                    "LastName": self.last,
                    "Company": self.firm,
                    "Email": self.email,
                    "Phone": ELSEWHERE,
                    "Website": f"www.{self.domain}",
                    "Title": f"Head of {self.firm}",
                    "Industry": "",
                    "NumberOfEmployees": 40,
                    "OwnerId": SOMEBODY,
                    "CreatedDate": "2026-11-19T09:00:00.000+0000",
                    "Description": self.text,
                },
            ),
            Record(
                object="Contact",
                id=CONTACT,
                fields={
                    "Name": f"{self.first} {self.last}",
                    "Email": self.email,
                    "AccountId": ACCOUNT,
                },
            ),
            Record(
                object="Account",
                id=ACCOUNT,
                fields={"Name": self.firm, "Type": "Customer", "Website": self.domain},
            ),
            Record(
                object="Opportunity",
                id=DEAL,
                fields={"Name": f"{self.firm} 60", "IsClosed": False, "AccountId": ACCOUNT},
            ),
            Record(
                object="Task",
                id=TASK,
                fields={"Subject": f"Call {self.first}", "WhoId": LEAD, "Description": self.phone},
            ),
            Record(object="User", id=SOMEBODY, fields={"Name": f"{self.last} {self.first}"}),
        ]


def case_of(records: list[Record], item: str = ITEM) -> Case:
    rules = shipped()
    names = pseudonyms_for(item, records, rules.page, rules.patterns)
    return made("from a day", records, EXPECT, rules.page, names, rules.patterns).case


def values(case: Case) -> Iterator[Scalar]:
    for fields in (case.fields, *(one for some in case.around.values() for one in some)):
        yield from fields.values()


def told(case: Case) -> str:
    return "\n".join(value for value in values(case) if isinstance(value, str))


LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéèñçøłåæ"
WORD = st.text(LETTERS, min_size=3, max_size=10).map(str.capitalize)
NAME = WORD | st.sampled_from([*FIRST[:5], *LAST[:5], "O'Brien", "Anne-Marie", "McAllister"])
TRADE = st.sampled_from(["", " Heating", " Lifts GmbH", " Group Ltd", " & Sons"])
LABEL = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=10)


@st.composite
def people(draw: st.DrawFn) -> Real:
    first, last, word = draw(NAME), draw(NAME), draw(WORD | st.sampled_from(FIRMS[:5]))
    ascii_ = [re.sub("[^a-z]", "", min(spellings(one))) for one in (first, last, word)]
    label = draw(st.sampled_from([ascii_[2], f"{ascii_[2]}-heating", f"{ascii_[1]}s"]) | LABEL)
    end = draw(st.sampled_from(["com", "co.uk", "example", "de"]))
    local = draw(
        st.sampled_from(
            [".".join(ascii_[:2]), "".join(ascii_[:2]), ascii_[0][:1] + ascii_[1], f"{ascii_[0]}7"]
        )
        | LABEL
    )
    digits = draw(st.text("0123456789", min_size=7, max_size=7))
    phone = f"+44 20 {digits[:3]} {digits[3:]}"
    real = Real(first, last, word + draw(TRADE), f"{label}.{end}", local, phone)
    rules = shipped().patterns
    parts = {*map(str.casefold, tokens(f"{first} {last} {word}")), label.partition("-")[0], local}
    assume(not any(is_filler(part, rules) for part in parts))
    nothing = WORDS | ORDINARY | WEAK | rules.legal_forms
    assume(not parts & nothing and min(map(len, ascii_)) > 2 and len({*ascii_}) == 3)
    assume(not any(one in other for one in parts for other in WORDS | {"wwwexample"}))
    return real


def tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@settings(deadline=None, max_examples=60)
@given(people())
def test_nothing_is_left(real: Real) -> None:
    """No name in any spelling, no address, domain, number or id."""
    text = told(case_of(real.records())).casefold()
    there = {key for token in tokens(text) for key in spellings(token)}
    names = {one for one in tokens(f"{real.first} {real.last} {real.firm}") if len(one) > 1}
    known = ORDINARY | shipped().patterns.legal_forms

    assert (
        not {key for one in names for key in spellings(one) if one.casefold() not in known} & there
    )
    assert real.email.casefold() not in text
    assert real.domain not in text
    assert f"{real.local}@" not in text
    assert re.sub(r"\D", "", real.phone)[-7:] not in re.sub(r"\D", "", text)
    for one in (LEAD, CONTACT, ACCOUNT, TASK, DEAL, SOMEBODY):
        assert one[:15].casefold() not in text


@settings(deadline=None, max_examples=60)
@given(people())
def test_the_same_stays_the_same(real: Real) -> None:
    """What matched by address, domain, id or name matches still, and free mail is free mail."""
    case = case_of(real.records())
    (contact,), (account,) = case.around["Contact"], case.around["Account"]
    (task,), (deal,) = case.around["Task"], case.around["Opportunity"]
    fields = {name: str(value) for name, value in case.fields.items()}
    host = fields["Email"].rpartition("@")[2]

    assert contact["Email"] == fields["Email"]
    assert account["Website"] == host
    assert fields["Website"] == f"www.{host}"
    assert host.endswith(".example")
    assert contact["Name"] == f"{fields['FirstName']} {fields['LastName']}"
    assert account["Name"] == fields["Company"]
    assert account["Id"] == contact["AccountId"] == deal["AccountId"]
    assert task["WhoId"] == fields["Id"]
    assert (str(account["Id"])[:3], fields["Id"][:3]) == ("001", "00Q")
    assert f"@{FREE}" in fields["Description"]
    assert fields["Email"].upper() in fields["Description"]
    assert f"{fields['LastName']}'s" in fields["Description"]
    assert fields["FirstName"].upper() in fields["Description"]
    assert str(task["Description"]) in fields["Description"]


@settings(deadline=None, max_examples=60)
@given(people())
def test_it_is_built_as_it_was(real: Real) -> None:
    """The same fields and records, but for what is empty, kept elsewhere or points at nobody."""
    records = real.records()
    case = case_of(records)
    left_out = {"Phone", "Industry", "OwnerId", "CreatedDate"}

    assert {*case.fields} == {"Id", *records[0].fields} - left_out
    assert [40, "Customer", False] == [
        case.fields["NumberOfEmployees"],
        case.around["Account"][0]["Type"],
        case.around["Opportunity"][0]["IsClosed"],
    ]
    assert {"Contact": 1, "Account": 1, "Opportunity": 1, "Task": 1} == case.expect.sees


@settings(deadline=None, max_examples=60)
@given(people())
def test_it_is_made_up_alike_each_time(real: Real) -> None:
    """By the item alone; another one's people are called otherwise."""
    records = real.records()

    assert case_of(records) == case_of(records)
    assert case_of(records) != case_of(records, "4e" * 12)


def told_of(**fields: Scalar) -> Mapping[str, Scalar]:
    return case_of([Record(object="Lead", id=LEAD, fields=fields)]).fields


def test_who_is_on_the_page_keeps_their_id() -> None:
    """They are known to whoever reads the page; and our own site stays."""
    member = shipped().page.teams["sales_development"].members[0].salesforce
    link = f"{shipped().page.drafts.allowed_links[0]}/tour"

    assert {"OwnerId": member, "Description": f"I saw {link} today."} == told_of(
        OwnerId=member, Description=f"I saw {link} today."
    )


def test_what_says_nothing_says_nothing_still() -> None:
    """A filler in a field is why the agent stops: no name is made up for it."""
    fields = {"FirstName": "n/a", "LastName": "test", "Company": "-", "Description": "test, n/a"}

    assert fields == told_of(**fields)


def test_a_name_that_is_a_word_stays_a_word() -> None:
    """Where it is written small it is no name, and says what the sender wants."""
    new = told_of(FirstName="Will", LastName="Price", Description="Will Price. A price, will you?")

    assert new["Description"] == f"{new['FirstName']} {new['LastName']}. A price, will you?"


def test_a_firm_that_is_called_by_its_trade_is_replaced_as_a_whole() -> None:
    """Its words alone say what somebody does."""
    new = told_of(
        Company="Heating Services Ltd",
        Description="We at heating services Ltd sell heating and services.",
    )

    assert str(new["Company"]).endswith(" Ltd")
    assert "heating services" not in str(new).casefold()
    assert str(new["Description"]).endswith(" sell heating and services.")


def test_a_trade_that_the_list_does_not_know_stays_where_it_is_written_small() -> None:
    """Of a firm's name the first word is its own; the whole is found in any case."""
    new = told_of(
        Company="Mulcahy Ferris Fitters",
        Description="We at MULCAHY FERRIS FITTERS or mulcahy send our fitters. Ferris too.",
    )
    whole = str(new["Company"])
    first, second, _ = whole.split()

    assert not {"mulcahy", "ferris"} & {*tokens(str(new).casefold())}
    assert new["Description"] == (
        f"We at {whole.upper()} or {first.lower()} send our fitters. {second} too."
    )


@pytest.mark.parametrize("spelled", ["Kj&aelig;r", "Kj&#230;r", "Kj=C3=A6r", "KJ&AELIG;R", "Kjaer"])
def test_a_name_is_found_as_machines_spell_it(spelled: str) -> None:
    """In markup, and in mail that nobody has decoded."""
    new = told_of(LastName="Kjær", Description=f"Regards, {spelled}, {spelled}'s office")

    assert str(new["Description"]).casefold() == (
        f"Regards, {new['LastName']}, {new['LastName']}'s office".casefold()
    )


def test_names_without_spaces_around_them_are_found() -> None:
    """As in scripts that tell no words apart."""
    new = told_of(
        FirstName="小明", LastName="王", Company="青山工業", Description="青山工業の王小明です。"
    )

    assert not {*"王青小"} & {*str(new)}
    assert str(new["Description"]).endswith("です。")


def test_what_is_made_up_was_not_there() -> None:
    """Whoever is called as the made-up ones are is called otherwise, too."""
    first = str(told_of(FirstName="Ada")["FirstName"])

    assert first not in str(told_of(FirstName=first, Description=f"I am {first}."))


def test_an_address_of_single_letters_is_another() -> None:
    """With free mail nothing else of it would be."""
    new = str(told_of(Email=f"m.k@{FREE}")["Email"])

    assert new != f"m.k@{FREE}"
    assert new.endswith(f"@{FREE}")


def test_what_follows_in_a_link_is_made_up() -> None:
    """It may name somebody who stands in no field; the same link is the same."""
    link = "https://social.example/in/jane-doe?id=7788"
    told = str(told_of(Description=f"See {link}, again: {link}.")["Description"])
    one, other = re.findall(r"https://\S+(?=[,.])", told)

    assert one == other
    assert not {"social", "jane", "doe", "7788"} & {*tokens(told)}


def test_a_domain_is_known_from_any_record() -> None:
    """Also one with an end that a word after a missing space might be."""
    text = "Find us at reiter.berlin, please.Thanks"
    records = [
        Record(object="Lead", id=LEAD, fields={"Description": text}),
        Record(object="Account", id=ACCOUNT, fields={"Website": "reiter.berlin"}),
    ]
    case = case_of(records)

    assert (
        f"Find us at {case.around['Account'][0]['Website']}, please.Thanks"
        == (case.fields["Description"])
    )


@pytest.mark.parametrize(
    "text",
    ["14 Baker Street", "Lindenstraße 5", "12 rue de Rivoli", "Via Roma 7", "4242 4242 4242 4242"],
)
def test_streets_and_cards_are_made_up(text: str) -> None:
    """In a text, as some languages write them; no field holds them."""
    new = str(told_of(Description=f"We are at {text}, come by.")["Description"])

    assert text not in new
    assert new.startswith("We are at ")
    assert new.endswith(", come by.")
