"""A prompt is checked when it is read; what strangers wrote stays data in it."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_agent.decision.assessment import assessment_schema
from triage_agent.decision.item import Item
from triage_agent.decision.prompts import FrontMatter, Prompt, Question, parse_prompt, question
from triage_agent.errors import WrongUsage
from triage_agent.operating_model.schema import Page

if TYPE_CHECKING:
    from tests.decision.conftest import Make

FRONT = "---\nmodel: a-model-2026\nmax_output_tokens: 100\ntimeout_seconds: 5\n---\n"
BODY = "{% block instructions %}Read.{% endblock %}{% block request %}{{ record }}{% endblock %}"

REPLY: dict[str, Any] = {"category": "new_business", "language": "en", "missing": []}


def asked(prompt: Prompt, item: Item, **context: object) -> Question:
    instructions = prompt.render("instructions", page=item.page)
    return question(prompt, instructions, item, "form", assessment_schema(item.page), **context)


def said(prompt: Prompt, item: Item) -> str:
    return asked(prompt, item).messages[-1]["content"]


def test_a_prompt_has_a_model_and_limits() -> None:
    """The front matter pins the model and says how much it may take."""
    front = FrontMatter(model="a-model-2026", max_output_tokens=100, timeout_seconds=5)

    assert front == parse_prompt(FRONT + BODY, "x.md").front


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "begin it with front matter", id="nothing"),
        pytest.param(BODY, "begin it with front matter", id="no front matter"),
        pytest.param("---\nmodel: [\n---\n", "begin it with front matter", id="no YAML"),
        pytest.param("---\n---\n" + BODY, "front matter is wrong: all of it", id="empty"),
        pytest.param(FRONT.replace("100", "many") + BODY, "max_output_tokens: Input", id="words"),
        pytest.param(FRONT.replace("100", "0") + BODY, "max_output_tokens: Input", id="no tokens"),
        pytest.param(FRONT.replace(": 5", ": 0") + BODY, "timeout_seconds: Input", id="no time"),
        pytest.param(FRONT.replace("model: a-model-2026\n", "") + BODY, "model: Field", id="none"),
        pytest.param(FRONT.replace("max", "heat: 1\nmax") + BODY, "heat: Extra", id="a key"),
        pytest.param(FRONT + "{% block instructions %}", "can't be read", id="torn"),
        pytest.param(FRONT + "{{ }}", "can't be read", id="no template"),
        pytest.param(FRONT, "there is no block instructions", id="no block"),
        pytest.param(FRONT + BODY.replace("request", "rest"), "no block request", id="one block"),
    ],
)
def test_a_wrong_prompt_is_refused(text: str, message: str) -> None:
    """What is wrong with a prompt file is said with the file's name."""
    with pytest.raises(WrongUsage, match=r"^x\.md: ") as refusal:
        parse_prompt(text, "x.md")

    assert message in str(refusal.value)


@pytest.mark.parametrize(
    "template",
    [
        "{{ recrod }}",
        "{{ page.nope }}",
        "{{ page.__class__.__mro__ }}",
        "{% include 'other' %}",
        "{{ 1 + 'a' }}",
    ],
)
@pytest.mark.parametrize("block", ["instructions", "request"])
def test_what_a_prompt_must_not_ask_for_is_refused(
    page: Page, make: "Make", block: str, template: str
) -> None:
    """A name that there isn't, and what the template's sandbox forbids, is wrong usage."""
    blocks = {"instructions": "", "request": "", block: template}
    body = "".join(f"{{% block {name} %}}{text}{{% endblock %}}" for name, text in blocks.items())
    prompt = parse_prompt(FRONT + body, "x.md")

    with pytest.raises(WrongUsage, match=rf"^x\.md: block {block} can't be rendered: "):
        prompt.render(block, page=page, boundary="b", record="r")


def test_the_instructions_are_the_same_for_all(
    prompt: Prompt, draft_prompt: Prompt, make: "Make"
) -> None:
    """Two items share the whole first message, and nothing of an item stands in it."""
    for each in (prompt, draft_prompt):
        first, second = (asked(each, make(Company=name), **REPLY) for name in ("Fjord", "Quartz"))

        assert first.messages[0] == second.messages[0]
        assert "Fjord" not in first.messages[0]["content"]
        assert "Fjord" in first.messages[1]["content"]


def test_the_writer_of_drafts_sees_no_rules(page: Page, draft_prompt: Prompt, make: "Make") -> None:
    """The second prompt names no stop rule, topic's meaning or threshold."""
    text = str(asked(draft_prompt, make(), **REPLY).messages)
    rules = page.stops_when
    meanings = [*rules.restricted_topic.topics.values(), *rules.outside_policy.policies.values()]

    assert [] == [word for word in [*type(rules).model_fields, *meanings] if word in text]
    assert str(rules.low_confidence.below) not in text


def test_the_writer_of_drafts_is_told_what_is_missing(
    page: Page, draft_prompt: Prompt, make: "Make"
) -> None:
    """Language and missing details stand beside the request; nothing is said of what isn't so."""
    means = page.drafts.asks_for["team_size"]
    told, silent = (
        asked(draft_prompt, make(), **{**REPLY, **more}).messages[1]["content"]
        for more in ({"missing": [means]}, {"language": ""})
    )

    assert f"\nIts language: en\nThey don't say:\n- {means}\nWrite the reply" in told
    assert "language" not in silent
    assert "don't say" not in silent


def test_only_shown_fields_are_told(prompt: Prompt, make: "Make") -> None:
    """Names, addresses and numbers that the page doesn't show are in no message."""
    text = str(asked(prompt, make()).messages)

    assert "Northwind Heating" in text
    assert [] == [word for word in ("Okafor", "ada@northwind", "555 0100") if word in text]


def test_each_item_has_its_boundary(prompt: Prompt, make: "Make") -> None:
    """The line around a request comes from the item's digest, so no sender can know it."""
    lines = [said(prompt, make(Description=text)).split("\n") for text in ("one", "two")]

    assert lines[0][1] == lines[0][-1]
    assert lines[0][1] != lines[1][1]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_request_stays_between_its_boundaries(
    prompt: Prompt, make: "Make", data: st.DataObject
) -> None:
    """Whatever a sender writes, template syntax and the boundary itself, is one JSON value."""
    item = make(Description="known to the sender")
    boundary = f"request-{item.id[:16]}"
    pieces = st.sampled_from([
        f"\n{boundary}\n", "\n", '"', "\\", "}", "{{ 7*7 }}", "{% raw %}", "{% endraw %}", "{#",
        "\ud800", "{{ page.owner }}", "{% endblock %}", "\u2028", "Fill the form",
    ])  # fmt: skip
    hostile = "".join(data.draw(st.lists(st.one_of(pieces, st.text(max_size=4)), max_size=8)))
    shown = {**item.record.fields, "Description": hostile, "Company": hostile}
    item = replace(item, record=item.record.model_copy(update={"fields": shown}))
    first, second, *inside, last = said(prompt, item).split("\n")

    assert f"Fill the form for the request between the two lines `{boundary}`." == first
    assert boundary == second == last
    assert boundary not in inside
    assert item.shown == json.loads("\n".join(inside))


def test_the_key_of_a_paid_answer(prompt: Prompt, make: "Make") -> None:
    """The same question has the same key; another model, request or form has another."""
    one = asked(prompt, make())

    assert one.key("a") == asked(prompt, make()).key("a")
    assert 4 == len({
        one.key("a"),
        one.key("b"),
        asked(prompt, make(Description="Something else.")).key("a"),
        replace(one, schema={}).key("a"),
    })  # fmt: skip
