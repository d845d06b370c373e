"""Modals: how an app opens and changes them, what it is told, and what Slack checks by itself."""

from collections.abc import Callable, Sequence

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_people import (
    BUTTONS,
    DANA,
    MAYA,
    App,
    Json,
    Person,
    modal,
    opened,
    option,
    plain,
    trigger,
)
from triage_agent.sandbox.slack.timing import Timing

Start = Callable[..., str]


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


def test_an_external_id_is_one_views_own(
    app: App, bot: WebClient, maya: Person, told_url: str
) -> None:
    """Two open views can't share it, whoever has them before them."""
    opened(app, bot, maya, modal(external_id="mine"))
    dana = Person(told_url, DANA)
    name = trigger(app, bot, dana)

    assert (
        "duplicate_external_id"
        == error(bot.views_open, trigger_id=name, view=modal(external_id="mine"))[0]
    )
