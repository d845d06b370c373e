"""Modals that are sent off: what Slack checks, what the app is told, and how it may answer."""

from collections.abc import Sequence

import pytest
from slack_sdk import WebClient

from tests.sandbox.slack_people import MAYA, App, Json, Person, modal, opened, option, plain


def test_a_submission_is_told_and_closes(app: App, bot: WebClient, maya: Person) -> None:
    """The app learns the view with what was filled in; an empty acknowledgement closes it."""
    view = opened(app, bot, maya, modal())
    came = maya.submit(view["id"], why="No budget")
    told = app.told[-1]

    assert {"trouble": None, "errors": {}} == came
    assert maya.view() is None
    assert ("view_submission", view["id"], []) == (
        told["type"],
        told["view"]["id"],
        told["response_urls"],
    )
    assert "No budget" == told["view"]["state"]["values"]["why"]["text"]["value"]
    assert {
        "type", "team", "user", "api_app_id", "token", "enterprise", "is_enterprise_install",
        "trigger_id", "view", "response_urls",
    } == told.keys()  # fmt: skip
    assert "This isn't there any more." == maya.submit(view["id"], why="x")["trouble"]


@pytest.mark.parametrize(
    ("element", "value", "wrong"),
    [
        ({}, None, "Please complete this required field."),
        ({}, "", "Please complete this required field."),
        ({"min_length": 5}, "abcd", "Please enter at least 5 characters."),
        ({"max_length": 3}, "abcd", "Please enter no more than 3 characters."),
        (
            {"type": "static_select", "options": [option("a")]},
            "b",
            "Please choose one of the options.",
        ),
        (
            {"type": "static_select", "options": [option("a")]},
            ["a"],
            "Please choose one of the options.",
        ),
        (
            {"type": "checkboxes", "options": [option("a")]},
            [],
            "Please complete this required field.",
        ),
    ],
)
def test_slack_looks_first(
    app: App,
    bot: WebClient,
    maya: Person,
    element: Json,
    value: str | list[str] | None,
    wrong: str,
) -> None:
    """What is missing or doesn't fit is told to the person, not to the app."""
    part = {"type": "plain_text_input", "action_id": "text", **element}
    block = {"type": "input", "block_id": "why", "label": plain("Why?"), "element": part}
    view = opened(app, bot, maya, modal(block))
    before = len(app.told)

    assert {"trouble": None, "errors": {"why": wrong}} == maya.submit(view["id"], why=value)
    assert (before, view["id"]) == (len(app.told), maya.view()["id"])


def test_every_kind_of_input_is_told(app: App, bot: WebClient, maya: Person) -> None:
    """Each in its own way; an optional one may stay empty, another keeps what it began with."""
    elements: dict[str, Json] = {
        "a": {"type": "multi_static_select", "options": [option("x"), option("y")]},
        "b": {"type": "datepicker"},
        "c": {"type": "users_select"},
        "d": {"type": "radio_buttons", "options": [option("x")], "initial_option": option("x")},
        "e": {"type": "plain_text_input", "initial_value": "as it was"},
        "f": {"type": "checkboxes", "options": [option("x")]},
    }
    blocks = [
        {
            "type": "input", "block_id": name, "label": plain("?"), "optional": name == "f",
            "element": {**element, "action_id": "text"},
        }
        for name, element in elements.items()
    ]  # fmt: skip
    view = opened(app, bot, maya, modal(*blocks))
    maya.submit(view["id"], a=["x", "y"], b="2027-01-31", c=MAYA)
    values = app.told[-1]["view"]["state"]["values"]

    assert [
        {"type": "multi_static_select", "selected_options": [option("x"), option("y")]},
        {"type": "datepicker", "selected_date": "2027-01-31"},
        {"type": "users_select", "selected_user": MAYA},
        {"type": "radio_buttons", "selected_option": option("x")},
        {"type": "plain_text_input", "value": "as it was"},
        {"type": "checkboxes", "selected_options": []},
    ] == [values[name]["text"] for name in elements]


@pytest.mark.parametrize(
    ("answer", "titles"),
    [
        ({"response_action": "clear"}, []),
        ({"response_action": "update", "view": modal(title=plain("Other"))}, ["Other"]),
        ({"response_action": "push", "view": modal(title=plain("Next"))}, ["Hand back", "Next"]),
    ],
)
def test_an_app_answers_a_submission(
    app: App, bot: WebClient, maya: Person, answer: Json, titles: Sequence[str]
) -> None:
    """It may clear all, put another view in its place, or one on top."""
    view = opened(app, bot, maya, modal())
    app.answer = lambda told: (200, answer if told["type"] == "view_submission" else None)
    came = maya.submit(view["id"], why="x")
    seen: list[str] = []
    while top := maya.view():
        seen.insert(0, top["title"]["text"])
        maya.act("close", view_id=top["id"])

    assert ({"trouble": None, "errors": {}}, titles) == (came, seen)


def test_an_app_may_find_errors(app: App, bot: WebClient, maya: Person) -> None:
    """They are shown at their inputs, the modal stays, and what was filled in stays in it."""
    view = opened(app, bot, maya, modal())
    app.answer = lambda _told: (200, {"response_action": "errors", "errors": {"why": "Too short"}})

    assert {"trouble": None, "errors": {"why": "Too short"}} == maya.submit(view["id"], why="x")
    assert "x" == maya.view()["state"]["values"]["why"]["text"]["value"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, None),
        (200, "ok"),
        (200, b"ok"),
        (200, {"response_action": "dance"}),
        (200, {"ok": True}),
        (200, {"response_action": "errors"}),
        (200, {"response_action": "errors", "errors": {"elsewhere": "x"}}),
        (200, {"response_action": "update"}),
        (200, {"response_action": "push", "view": {"type": "modal"}}),
    ],
)
def test_a_wrong_answer_is_trouble(
    app: App, bot: WebClient, maya: Person, status: int, answer: object
) -> None:
    """The person is asked to try again, and the modal stays."""
    view = opened(app, bot, maya, modal())
    app.answer = lambda _told: (status, answer)

    assert (
        "We had some trouble connecting. Try again?" == maya.submit(view["id"], why="x")["trouble"]
    )
    assert view["id"] == maya.view()["id"]
