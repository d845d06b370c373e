"""Modals: how an app opens and changes them, what it is told, and what Slack checks by itself."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_people import (
    BUTTONS,
    MAYA,
    SALES,
    App,
    Json,
    Person,
    listening,
    modal,
    no_answer,
    option,
    plain,
)
from triage_agent.sandbox.server import running
from triage_agent.sandbox.slack.timing import Timing

Start = Callable[..., str]
REQUIRED = {"why": "Please complete this required field."}


@pytest.fixture(scope="module")
def listener() -> Iterator[App]:
    with listening() as found:
        yield found


@pytest.fixture(scope="module")
def base(listener: App) -> Iterator[str]:
    """One sandbox for all, as nothing that is open in it hinders the next modal."""
    with running(state=None, leads=None, request_url=listener.url) as url:
        yield url


@pytest.fixture
def app(listener: App) -> App:
    """An app that was told nothing yet, and acknowledges all."""
    listener.told.clear()
    listener.answer = no_answer
    return listener


@pytest.fixture
def bot(base: str) -> WebClient:
    return WebClient("xoxb-sandbox", base_url=f"{base}/api/")


@pytest.fixture
def maya(base: str) -> Person:
    return Person(base, MAYA)


def trigger(app: App, bot: WebClient, person: Person) -> str:
    """A trigger of a click that was just made."""
    ts = bot.chat_postMessage(channel=SALES, text="x", blocks=[BUTTONS])["ts"]
    assert person.click(str(ts)) is None
    return str(app.told[-1]["trigger_id"])


def opened(app: App, bot: WebClient, person: Person, view: Json) -> Any:  # noqa: ANN401 - JSON
    return bot.views_open(trigger_id=trigger(app, bot, person), view=view)["view"]


def error(call: Callable[..., object], **arguments: object) -> tuple[str, Sequence[str]]:
    """The error that a call is refused with, and what is said about it."""
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    answer = refused.value.response
    return answer["error"], answer.get("response_metadata", {}).get("messages", [])


def test_a_modal_is_opened_as_documented(app: App, bot: WebClient, maya: Person) -> None:
    """The answer holds what was given and what Slack adds, and the person sees just that."""
    given = modal(callback_id="back", private_metadata="{}", close=plain("No"))
    view = opened(app, bot, maya, given)

    assert view == maya.view()
    assert given == {name: view[name] for name in given}
    assert {
        "team_id": "T0BRIGHT001",
        "app_id": "A0TRIAGE001",
        "bot_id": "B0TRIAGE001",
        "app_installed_team_id": "T0BRIGHT001",
        "external_id": "",
        "previous_view_id": None,
        "root_view_id": view["id"],
        "clear_on_close": False,
        "notify_on_close": False,
        "state": {"values": {"why": {"text": {"type": "plain_text_input", "value": None}}}},
    } == {name: v for name, v in view.items() if name not in {*given, "id", "hash"}}


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


def test_a_choice_in_a_modal_is_told(app: App, bot: WebClient, maya: Person) -> None:
    """A button, a menu and an input that asks for it are told at once; other inputs wait."""
    menu = {"type": "static_select", "action_id": "menu", "options": [option("a")]}
    acts = {**BUTTONS, "elements": [*BUTTONS["elements"], menu]}
    inputs = [
        {
            "type": "input", "block_id": name, "label": plain("?"),
            "dispatch_action": name == "loud",
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
        for name in ("loud", "quiet")
    ]  # fmt: skip
    view = opened(app, bot, maya, modal(acts, *inputs))
    before = len(app.told)
    for block, action, chosen in (
        ("acts", "claim", None), ("quiet", "text", "so"), ("loud", "text", "ho"),
        ("acts", "menu", "a"),
    ):  # fmt: skip
        act = {"view_id": view["id"], "block_id": block, "action_id": action, "chosen": chosen}
        assert maya.act("choose", **act)["trouble"] is None
    told = app.told[before:]
    values = told[-1]["view"]["state"]["values"]

    assert ["claim", "text", "menu"] == [t["actions"][0]["action_id"] for t in told]
    assert {"type": "view", "view_id": view["id"]} == told[0]["container"]
    assert not {"channel", "message", "response_url", "state"} & told[0].keys()
    assert ("so", "ho") == (values["quiet"]["text"]["value"], values["loud"]["text"]["value"])
    assert "ho" == told[1]["actions"][0]["value"]


@pytest.mark.parametrize(
    ("act", "trouble"),
    [
        ({"view_id": "V0"}, "This isn't there any more."),
        ({"action_id": "x"}, "This isn't there any more."),
        (
            {"block_id": "menus", "action_id": "menu", "chosen": "b"},
            "Nothing like that can be chosen here.",
        ),
    ],
)
def test_what_is_not_there_cannot_be_chosen(
    app: App, bot: WebClient, maya: Person, act: Json, trouble: str
) -> None:
    """Nobody is told, and the person sees why."""
    menu = {"type": "static_select", "action_id": "menu", "options": [option("a")]}
    menus = {"type": "actions", "block_id": "menus", "elements": [menu]}
    view = opened(app, bot, maya, modal(BUTTONS, menus))
    whole = {"view_id": view["id"], "block_id": "acts", "action_id": "claim", **act}

    assert trouble == maya.act("choose", **whole)["trouble"]
    assert 1 == len(app.told)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, []),
        ({"notify_on_close": True}, [False]),
        ({"notify_on_close": True, "clear_on_close": True}, [True]),
    ],
)
def test_a_closed_modal_is_told_on_request(
    app: App, bot: WebClient, maya: Person, more: Json, told: Sequence[bool]
) -> None:
    """With the view as it was, and whether all others went with it."""
    view = opened(app, bot, maya, modal(**more))
    maya.act("close", view_id=view["id"])
    closed = app.told[1:]

    assert maya.view() is None
    assert told == [payload["is_cleared"] for payload in closed]
    assert all(payload["view"]["id"] == view["id"] for payload in closed)
    assert not any("trigger_id" in payload for payload in closed)


def test_a_closed_modal_needs_no_app(start: Start, app: App) -> None:
    """That nobody hears of it doesn't matter to the person, nor does closing it twice."""
    app.answer = lambda told: (500 if told["type"] == "view_closed" else 200, None)
    url = start(request_url=app.url)
    maya = Person(url, MAYA)
    bot = WebClient("xoxb-sandbox", base_url=f"{url}/api/")
    view = opened(app, bot, maya, modal(notify_on_close=True))

    assert {"trouble": None} == maya.act("close", view_id=view["id"])
    assert {"trouble": None} == maya.act("close", view_id=view["id"])


def test_an_update_keeps_what_was_filled_in(app: App, bot: WebClient, maya: Person) -> None:
    """Where block_id and action_id stay; a hash that is no longer current is a conflict."""
    view = opened(app, bot, maya, modal(external_id="mine"))
    place = {"view_id": view["id"], "block_id": "why", "action_id": "text"}
    maya.act("choose", **place, chosen="so")
    other = modal(*view["blocks"], BUTTONS, external_id="mine", title=plain("Other"))
    after = bot.views_update(external_id="mine", hash=view["hash"], view=other)["view"]

    assert (view["id"], "Other") == (after["id"], after["title"]["text"])
    assert "so" == after["state"]["values"]["why"]["text"]["value"]
    assert after == maya.view()
    assert (
        "hash_conflict"
        == error(bot.views_update, view_id=view["id"], hash=view["hash"], view=other)[0]
    )
    assert "not_found" == error(bot.views_update, view_id="V0", view=other)[0]
    assert (
        "invalid_arguments"
        == error(bot.api_call, api_method="views.update", json={"view": other})[0]
    )


def test_three_modals_are_the_most(app: App, bot: WebClient, maya: Person) -> None:
    """Each pushed one knows the one below and the first; a fourth is refused."""
    root = opened(app, bot, maya, modal(BUTTONS))
    views = [root]
    for _ in range(2):
        maya.act("choose", view_id=views[-1]["id"], block_id="acts", action_id="claim")
        name = app.told[-1]["trigger_id"]
        views.append(bot.views_push(trigger_id=name, view=modal(BUTTONS))["view"])
    maya.act("choose", view_id=views[-1]["id"], block_id="acts", action_id="claim")
    last = app.told[-1]["trigger_id"]

    assert [root["id"]] * 2 == [view["root_view_id"] for view in views[1:]]
    assert [root["id"], views[1]["id"]] == [view["previous_view_id"] for view in views[1:]]
    assert "push_limit_reached" == error(bot.views_push, trigger_id=last, view=modal(BUTTONS))[0]
    assert views[2]["id"] == maya.view()["id"]


def test_a_trigger_is_good_once_and_soon(
    app: App, bot: WebClient, maya: Person, start: Start
) -> None:
    """Used, old, unknown and missing ones are told apart; a push needs one from a modal."""
    used = trigger(app, bot, maya)
    bot.views_open(trigger_id=used, view=modal())
    fresh = trigger(app, bot, maya)
    slow = start(request_url=app.url, timing=Timing(trigger=0))
    late = WebClient("xoxb-sandbox", base_url=f"{slow}/api/")
    old = trigger(app, late, Person(slow, MAYA))
    nothing = {"view": modal()}

    assert "exchanged_trigger_id" == error(bot.views_open, trigger_id=used, view=modal())[0]
    assert "expired_trigger_id" == error(late.views_open, trigger_id=old, view=modal())[0]
    assert "invalid_trigger_id" == error(bot.views_open, trigger_id="1.2.a", view=modal())[0]
    assert "invalid_trigger_id" == error(bot.views_push, trigger_id=fresh, view=modal())[0]
    assert ("invalid_arguments", ["[ERROR] missing required field: trigger_id"]) == error(
        bot.api_call, api_method="views.open", json=nothing
    )
    assert ("invalid_arguments", ["[ERROR] missing required field: view"]) == error(
        bot.api_call, api_method="views.open", json={"trigger_id": "1.2.a"}
    )


def test_an_external_id_is_one_views_own(app: App, bot: WebClient, maya: Person, base: str) -> None:
    """Two open views can't share it, whoever has them before them."""
    opened(app, bot, maya, modal(external_id="mine"))
    dana = Person(base, "U0DANA00001")
    name = trigger(app, bot, dana)

    assert (
        "duplicate_external_id"
        == error(bot.views_open, trigger_id=name, view=modal(external_id="mine"))[0]
    )


TEXT = {"type": "plain_text_input", "action_id": "text"}
INPUT: Json = {"type": "input", "label": plain("?"), "element": TEXT}


@pytest.mark.parametrize(
    ("view", "pointer", "message"),
    [
        (modal(title=plain("x" * 25)), "/view/title/text", "less than 25"),
        (modal(submit=plain("x" * 25)), "/view/submit/text", "less than 25"),
        (modal(close=plain("x" * 25)), "/view/close/text", "less than 25"),
        (modal(callback_id="x" * 256), "/view/callback_id", "less than 256"),
        (modal(private_metadata="x" * 3001), "/view/private_metadata", "less than 3001"),
        (modal(external_id="x" * 256), "/view/external_id", "less than 256"),
        (modal(*[{"type": "divider"}] * 101), "/view/blocks", "no more than 100"),
        (modal(blocks=[]), "/view/blocks", "no fewer than 1"),
        (modal(type="home"), "/view/type", "unsupported type: home"),
        ({"type": "modal", "title": plain("x"), "blocks": [INPUT]}, "/view/submit", "missing"),
        (
            modal(INPUT | {"label": plain("x" * 2001)}),
            "/view/blocks/0/label/text",
            "less than 2001",
        ),
        (modal(INPUT | {"hint": plain("x" * 2001)}), "/view/blocks/0/hint/text", "less than 2001"),
        (
            modal(INPUT | {"element": TEXT | {"max_length": 3001}}),
            "/view/blocks/0/element/max_length",
            "between 1 and 3000",
        ),
        (
            modal(INPUT | {"element": TEXT | {"min_length": "1"}}),
            "/view/blocks/0/element/min_length",
            "must be an integer",
        ),
        (
            modal(INPUT | {"element": TEXT | {"placeholder": plain("x" * 151)}}),
            "/view/blocks/0/element/placeholder/text",
            "less than 151",
        ),
        (
            modal(INPUT | {"element": {"type": "static_select"}}),
            "/view/blocks/0/element",
            "missing required field: options or option_groups",
        ),
        (
            modal(INPUT | {"element": {"type": "radio_buttons", "options": [option("a")] * 11}}),
            "/view/blocks/0/element/options",
            "no more than 10",
        ),
        (
            modal(INPUT | {"element": {"type": "datepicker", "initial_date": "tomorrow"}}),
            "/view/blocks/0/element/initial_date",
            "must match",
        ),
        (
            modal(INPUT | {"element": BUTTONS["elements"][0]}),
            "/view/blocks/0/element/type",
            "unsupported type: button",
        ),
    ],
)
def test_a_view_that_is_wrong_is_explained(
    bot: WebClient, view: Json, pointer: str, message: str
) -> None:
    """invalid_arguments comes with the place and the reason."""
    found, (problem,) = error(bot.views_open, trigger_id="1.2.a", view=view)

    assert "invalid_arguments" == found
    assert problem.endswith(f"[json-pointer:{pointer}]")
    assert message in problem


def test_a_view_may_be_too_large(bot: WebClient) -> None:
    """250 kB is the most, whatever it is made of."""
    texts = [{"type": "section", "text": plain("x" * 2900)} for _ in range(100)]

    assert "view_too_large" == error(bot.views_open, trigger_id="1.2.a", view=modal(*texts))[0]
