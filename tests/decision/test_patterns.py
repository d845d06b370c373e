"""Every pattern finds what its examples say, and nothing of what they exclude."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from triage_agent.decision.patterns import Pattern, PatternFile, Patterns
from triage_agent.decision.text import normalised
from triage_agent.operating_model.schema import Page

FILE = Path(__file__).parents[2] / "prompts" / "patterns.yaml"
PATTERNS = PatternFile.model_validate(YAML(typ="safe").load(FILE.read_text(encoding="utf-8")))
KINDS = {
    "topics": PATTERNS.topics,
    "orders": PATTERNS.orders,
    "policies": PATTERNS.policies,
    "consequential": PATTERNS.consequential,
    "claims": PATTERNS.claims,
    "never_state": PATTERNS.never_state,
}
GROUPS = [
    pytest.param(group, id=f"{kind}.{name}")
    for kind, groups in KINDS.items()
    for name, group in groups.items()
]


@pytest.mark.parametrize("group", GROUPS)
def test_hits_are_found(group: Patterns) -> None:
    """Each pattern finds every one of its hits."""
    missed = [
        text
        for pattern in group
        for text in pattern.hits
        if not pattern.expression.search(normalised(text))
    ]

    assert [] == missed


@pytest.mark.parametrize("group", GROUPS)
def test_misses_are_not_found(group: Patterns) -> None:
    """No pattern finds any of its misses."""
    found = [
        text
        for pattern in group
        for text in pattern.misses
        if pattern.expression.search(normalised(text))
    ]

    assert [] == found


TEXTS = sorted(
    {
        text
        for groups in KINDS.values()
        for group in groups.values()
        for pattern in group
        for text in pattern.hits + pattern.misses
    }
)


@pytest.mark.parametrize("group", GROUPS)
@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(TEXTS), max_size=4), st.sampled_from([str, str.upper, str.title]))
def test_the_quick_look_loses_nothing(
    group: Patterns, texts: list[str], written: Callable[[str], str]
) -> None:
    """What a search for all patterns at once passes over, none of them alone would find."""
    text = normalised(" ".join(map(written, texts)))
    alone = [pattern for pattern in group if pattern.expression.search(text)]

    assert bool(alone) == bool(group.first_hit(text))


@pytest.mark.parametrize("text", ["a pear", "green apple", "the other plum"])
@pytest.mark.parametrize(
    "match",
    [r"\b(?=[a])apple|\bpear|plum", r"\b(?=[ap])(?:apple|pear|plum)", r"\b(?:apple|pear|plum)"],
)
def test_one_alternative_hides_no_other(match: str, text: str) -> None:
    """A beginning that only one alternative of an expression has hides none of the others."""
    patterns = Patterns((Pattern(match=match, hits=("apple",), misses=("no",)),))

    assert patterns.first_hit(text)


@pytest.mark.parametrize("text", ["\u017fue you", "sue yoU", "SUE YOU", "we do, \u0131gnore it"])
def test_letters_that_count_as_others_are_found(text: str) -> None:
    """The quick look is for plain letters alone; others are looked at pattern by pattern."""
    pattern = Pattern(match=r"\bsue you|\bignore", hits=("sue you",), misses=("no",))

    assert Patterns((pattern,)).first_hit(text)


def test_the_page_has_its_patterns(page: Page) -> None:
    """Each topic, policy, consequence and conflict of the page has patterns on the floor."""
    rules = page.stops_when
    conflicts = rules.conflicting_information.conflicts
    claims = {one.claim for one in conflicts if not one.given_in}
    claims |= {one.unless for one in conflicts if one.unless}

    assert set() == {*rules.restricted_topic.topics} - {*PATTERNS.topics}
    assert set() == {*rules.outside_policy.policies} - {*PATTERNS.policies}
    assert set() == {*rules.consequential_request.about} - {*PATTERNS.consequential}
    assert set() == claims - {*PATTERNS.claims}
    assert set() == {*page.drafts.never_state} - {*PATTERNS.never_state}


@pytest.mark.parametrize(
    "value", ["n/a", "N/A", " - ", "Test", "\uff34\uff25\uff33\uff34", "te\u200bst", "0", 0]
)
def test_fillers_say_nothing(value: object) -> None:
    """What people type to get past a field counts as nothing, in any case and disguise."""
    assert PATTERNS.is_filler(value)


@pytest.mark.parametrize("value", ["Test GmbH", "Nil Heating", "We test boilers."])
def test_names_are_no_fillers(value: str) -> None:
    """A name or sentence that has such a word in it says something."""
    assert not PATTERNS.is_filler(value)


@pytest.mark.parametrize("match", ["(", r"\b(", "a)", r"\ba{2,1}"])
def test_a_pattern_must_compile(match: str) -> None:
    """A pattern that is no regular expression is refused with the reason."""
    broken = Pattern(match=match, hits=("a",), misses=("b",))

    with pytest.raises(ValidationError, match="' is no regular expression: "):
        Patterns((broken,))


def test_orders_are_about_a_topic_of_the_page(page: Page) -> None:
    """What is looked for as an order can stop a request: its topic is on the page."""
    assert {*PATTERNS.orders} <= {*page.stops_when.restricted_topic.topics}


def test_a_start_stays_quick() -> None:
    """Every pattern is compiled at the start, so there are only so many: broad ones, not more."""
    assert 270 >= len([*PATTERNS.everything()])
