from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from triage_agent.sandbox.salesforce.soql.grammar import (
    Comparison,
    Junction,
    Membership,
    Value,
    like_pattern,
    parse,
    unescaped,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_escaped_strings_come_back(text: str) -> None:
    """Whatever simple-salesforce quotes is read as the text it was."""
    where = parse(format_soql("SELECT Id FROM Lead WHERE City = {}", text)).where

    assert isinstance(where, Comparison)
    assert text == unescaped(where.value.text)


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_escaped_lists_come_back(texts: list[str]) -> None:
    """Whatever simple-salesforce makes of a list is read as the texts it held."""
    where = parse(format_soql("SELECT Id FROM Lead WHERE City IN {}", texts)).where

    assert isinstance(where, Membership)
    assert texts == [unescaped(value.text) for value in where.values]


@given(TEXT)
def test_escaped_patterns_match_only_themselves(text: str) -> None:
    """A text that was escaped for LIKE matches itself, wildcards and all."""
    where = parse(format_soql("SELECT Id FROM Lead WHERE City LIKE '{:like}'", text)).where

    assert isinstance(where, Comparison)
    assert like_pattern(where.value.text).fullmatch(text)
    assert not like_pattern(where.value.text).fullmatch(f"{text}x")


def test_conditions_keep_their_structure() -> None:
    """Parentheses decide what belongs together."""
    where = parse(
        "SELECT Id FROM Lead WHERE (City = 'a' OR City = null) AND DoNotCall = true"
    ).where

    assert (
        Junction(
            "AND",
            (
                Junction(
                    "OR",
                    (
                        Comparison("City", "=", Value("string", "a")),
                        Comparison("City", "=", Value("null", "")),
                    ),
                ),
                Comparison("DoNotCall", "=", Value("boolean", "true")),
            ),
        )
        == where
    )
