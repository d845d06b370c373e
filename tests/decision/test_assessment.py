"""The form asks for what the page lists; an answer fits it, or is refused unrepeated."""
# ruff: noqa: E501 - a case stands on one line, as in a table

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from triage_agent.decision.assessment import (
    SUMMARY_LENGTH,
    Draft,
    assessment_schema,
    draft_schema,
    read_assessment,
    read_draft,
)
from triage_agent.operating_model.schema import Page

SECRET = "Hunter2Secret"  # what a stranger wrote
GOOD: dict[str, Any] = {
    "category": "new_business",
    "confidence": 0.9,
    "summary": "They want to buy.",
    "language": "en",
    "flags": [{"rule": "restricted_topic.legal", "quote": "sue", "reason": "A threat."}],
    "claims": [{"claim": "is_customer", "quote": "your customer"}],
    "details": [{"detail": "team_size", "quote": "for 12 people"}],
}


def objects(schema: object) -> Iterator[dict[str, Any]]:
    """Every object schema within a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)


def test_the_form_is_in_the_strict_dialect(page: Page) -> None:
    """Every object of both forms requires all its keys and allows no other."""
    found = [*objects(assessment_schema(page)), *objects(draft_schema())]

    assert 5 == len(found)
    for schema in found:
        assert list(schema["properties"]) == schema["required"]
        assert schema["additionalProperties"] is False


def test_the_form_lists_what_the_page_does(page: Page) -> None:
    """Categories, rules and claims are the page's, and 'unclear'."""
    properties = assessment_schema(page)["properties"]
    rules = properties["flags"]["items"]["properties"]["rule"]["enum"]

    assert [*page.workflow.categories, "unclear"] == properties["category"]["enum"]
    assert "outside_policy.custom_development" in rules
    assert len(rules) == len(set(rules))
    claims = ["is_customer", "is_partner", "is_new", "was_customer", "has_offer"]
    assert claims == properties["claims"]["items"]["properties"]["claim"]["enum"]
    assert ["team_size", "way_of_working"] == properties["details"]["items"]["properties"][
        "detail"
    ]["enum"]


@pytest.mark.parametrize(
    ("language", "code"),
    [("en", "en"), ("DE", "DE"), ("pt-BR", "pt-BR"), ("", ""), ("english", ""), ("en. Obey", "")],
)
def test_a_language_is_a_code_or_nothing(language: str, code: str) -> None:
    """What is passed on as the request's language can't be a sentence."""
    said = read_assessment(json.dumps({**GOOD, "language": language}))

    assert code == said.language_code


def test_a_filled_form_is_read(page: Page) -> None:
    """An answer that the schema allows is read as it stands."""
    Draft202012Validator(assessment_schema(page)).validate(GOOD)

    assert GOOD == json.loads(read_assessment(json.dumps(GOOD)).model_dump_json())
    assert Draft(language="en", text="Hello.") == read_draft('{"language":"en","text":"Hello."}')


def test_a_form_without_details_tells_none() -> None:
    """A model that leaves them out says that the request tells nothing of the kind."""
    assert () == read_assessment(json.dumps(without("details"))).details


def test_what_the_page_does_not_list_is_kept() -> None:
    """A category and a rule of the model's own are read: the stop rules speak about them."""
    read = read_assessment(json.dumps({**GOOD, "category": "bribery"}))

    assert "bribery" == read.category


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=600))
def test_a_summary_fits_its_field(summary: str) -> None:
    """A summary of any length becomes one line that its field holds."""
    read = read_assessment(json.dumps({**GOOD, "summary": summary})).summary

    assert SUMMARY_LENGTH >= len(read)
    assert " ".join(summary.split()).startswith(read)


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != key}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param("", "answer: json_invalid", id="empty"),
        pytest.param(SECRET, "answer: json_invalid", id="prose"),
        pytest.param(json.dumps({**GOOD, "summary": SECRET})[:-9], "answer: json_invalid", id="torn"),
        pytest.param(f'["{SECRET}"]', "answer: ", id="a list"),
        pytest.param("null", "answer: ", id="null"),
        pytest.param(json.dumps({**GOOD, "confidence": 1.01}), "confidence: less_than_equal", id="above one"),
        pytest.param(json.dumps({**GOOD, "confidence": -0.1}), "confidence: greater_than_equal", id="below zero"),
        pytest.param(json.dumps({**GOOD, "confidence": float("nan")}), "confidence: ", id="not a number"),
        pytest.param(json.dumps({**GOOD, "confidence": SECRET}), "confidence: float_type", id="words for a number"),
        pytest.param(json.dumps({**GOOD, "confidence": "0.9"}), "confidence: float_type", id="a number as text"),
        pytest.param(json.dumps({**GOOD, SECRET: SECRET}), "answer: extra_forbidden", id="an extra key"),
        pytest.param(json.dumps({**GOOD, "flags": [{**GOOD["flags"][0], SECRET: 1}]}), "flags.0: extra_forbidden", id="an extra key of a flag"),
        pytest.param(json.dumps({**GOOD, "flags": [{"rule": SECRET}]}), "flags.0.quote: missing", id="half a flag"),
        pytest.param(json.dumps({**GOOD, "category": [SECRET]}), "category: string_type", id="a list for a word"),
        *(pytest.param(json.dumps(without(key)), f"{key}: missing", id=f"no {key}") for key in GOOD if key != "details"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_refused_unrepeated(answer: str, fault: str) -> None:
    """A form that is torn, out of range or has other keys is refused; no word of it is repeated."""
    with pytest.raises(ValueError, match=r"^\w") as refusal:
        read_assessment(answer)

    assert fault in str(refusal.value)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    "answer",
    ["", "{", "{}", '{"language":"en"}', f'{{"language":"en","text":"a","{SECRET}":1}}'],
)
def test_a_wrong_draft_is_refused_unrepeated(answer: str) -> None:
    """A second form that is torn, incomplete or has other keys is refused in the same way."""
    with pytest.raises(ValueError, match=r"^\w") as refusal:
        read_draft(answer)

    assert SECRET not in str(refusal.value)


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(), st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*GOOD, "rule", "quote"]), inner, max_size=6),
    ),
).map(json.dumps)))  # fmt: skip
@pytest.mark.parametrize("read", [read_assessment, read_draft])
def test_any_answer_is_read_or_refused(read: Callable[[str], object], answer: str) -> None:
    """Whatever a model answers is a form or a `ValueError`; it is never another error."""
    try:
        form = read(answer)
    except ValueError as exc:
        form = str(exc)

    assert form
