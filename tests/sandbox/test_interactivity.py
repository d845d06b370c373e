"""What an app at a Request URL is told of clicks, by whom it is signed, and how it may answer."""

import threading
import time
from collections.abc import Callable

import pytest
import requests
from slack_sdk import WebClient

from tests.sandbox.slack_people import (
    BUTTON,
    BUTTONS,
    DANA,
    MAYA,
    PRIVATE,
    SALES,
    TESS,
    App,
    Json,
    Person,
    listening,
    option,
    plain,
    posted,
)
from triage_agent.errors import WrongUsage
from triage_agent.sandbox.server import running
from triage_agent.sandbox.slack.timing import Timing

Start = Callable[..., str]


def test_a_click_is_told_as_documented(app: App, bot: WebClient, maya: Person) -> None:
    """The payload says who clicked what, where, and how the message looks now."""
    metadata = {"event_type": "t", "event_payload": {}}
    ts = posted(bot, metadata=metadata)
    trouble = maya.click(ts)
    (told,) = app.told
    (message,) = bot.conversations_replies(channel=SALES, ts=ts)["messages"]
    (action,) = told.pop("actions")
    trigger, response_url = told.pop("trigger_id"), told.pop("response_url")

    assert trouble is None
    assert {
        "type": "block_actions",
        "team": {"id": "T0BRIGHT001", "domain": "brightfield"},
        "user": {"id": MAYA, "username": "maya", "name": "maya", "team_id": "T0BRIGHT001"},
        "api_app_id": "A0TRIAGE001",
        "token": "sandbox-verification-token",
        "enterprise": None,
        "is_enterprise_install": False,
        "container": {
            "type": "message",
            "message_ts": ts,
            "channel_id": SALES,
            "is_ephemeral": False,
        },
        "channel": {"id": SALES, "name": "sales-triage"},
        "message": message,
        "state": {"values": {}},
    } == told
    assert "metadata" not in message
    assert float(action.pop("action_ts")) > float(ts)
    assert {**BUTTON, "block_id": "acts"} == action
    assert 3 == len(trigger.split("."))
    assert "/hooks/actions/T0BRIGHT001/" in response_url


def test_a_click_is_signed(app: App, bot: WebClient, maya: Person) -> None:
    """The SDK's verifier finds it genuine, and it comes as Slack's own."""
    maya.click(posted(bot))
    headers = app.headers[-1]

    assert app.genuine[-1]
    assert "application/x-www-form-urlencoded" == headers["Content-Type"]
    assert headers["User-Agent"].startswith("Slackbot 1.0")


def test_what_can_be_chosen_is_told(app: App, bot: WebClient, maya: Person) -> None:
    """Options come whole, a person by id, and the state keeps what was chosen before."""
    menu = {
        "type": "static_select",
        "action_id": "menu",
        "option_groups": [{"label": plain("Few"), "options": [option("one"), option("two")]}],
    }
    who = {"type": "users_select", "action_id": "who", "initial_user": TESS}
    more = {"type": "overflow", "action_id": "more", "options": [option("park"), option("drop")]}
    days = {"type": "radio_buttons", "action_id": "days", "options": [option("now")]}
    boxes = {"type": "checkboxes", "action_id": "boxes", "options": [option("a"), option("b")]}
    ts = posted(
        bot, {"type": "actions", "block_id": "x", "elements": [menu, who, more, days, boxes]}
    )
    for name, chosen in {
        "menu": "two",
        "who": MAYA,
        "more": "drop",
        "days": "now",
        "boxes": "b",
    }.items():
        assert maya.click(ts, ("x", name), chosen=chosen) is None
    actions = [told["actions"][0] for told in app.told]

    assert [
        {"selected_option": option("two")},
        {"selected_user": MAYA},
        {"selected_option": option("drop")},
        {"selected_option": option("now")},
        {"selected_options": [option("b")]},
    ] == [{k: v for k, v in found.items() if k.startswith("selected_")} for found in actions]
    assert TESS == actions[1]["initial_user"]
    assert {
        "menu": {"type": "static_select", "selected_option": option("two")},
        "who": {"type": "users_select", "selected_user": MAYA},
        "days": {"type": "radio_buttons", "selected_option": option("now")},
        "boxes": {"type": "checkboxes", "selected_options": [option("b")]},
    } == app.told[-1]["state"]["values"]["x"]
    assert TESS == app.told[0]["state"]["values"]["x"]["who"]["selected_user"]
    assert "Nothing like that can be chosen here." == maya.click(ts, ("x", "menu"), chosen="three")


def test_parts_without_an_id_get_one(app: App, bot: WebClient, maya: Person) -> None:
    """Slack makes up ids that weren't given, keeps those that were, and tells them in clicks."""
    button = {"type": "button", "text": plain("Go")}
    section = {"type": "section", "text": plain("x"), "accessory": button}
    ts = posted(bot, section, {"type": "actions", "elements": [button, BUTTON]})
    (message,) = bot.conversations_replies(channel=SALES, ts=ts)["messages"]
    first, second = message["blocks"]
    made = [first["accessory"]["action_id"], second["elements"][0]["action_id"]]
    maya.click(ts, (first["block_id"], made[0]))
    maya.click(ts, (second["block_id"], "claim"))

    assert 4 == len({first["block_id"], second["block_id"], *made})
    assert BUTTON == second["elements"][1]
    assert [made[0], "claim"] == [told["actions"][0]["action_id"] for told in app.told]


def test_a_click_meets_the_message_as_it_is_now(app: App, bot: WebClient, maya: Person) -> None:
    """After an update that is the new one, still with its thread; a button that went is gone."""
    ts = posted(bot)
    reply = posted(bot, thread_ts=ts)
    other = {
        **BUTTONS,
        "elements": [{**BUTTON, "action_id": "release", "url": "https://x.example"}],
    }
    bot.chat_update(channel=SALES, ts=ts, text="Claimed", blocks=[other])
    gone = maya.click(ts)
    maya.click(ts, ("acts", "release"))
    maya.click(reply)
    head, below = app.told

    assert "This isn't there any more." == gone
    assert ("Claimed", 1, [other]) == (
        head["message"]["text"],
        head["message"]["reply_count"],
        head["message"]["blocks"],
    )
    assert (ts, reply) == (below["container"]["thread_ts"], below["message"]["ts"])
    assert "This isn't there any more." == maya.click("1.000001")


def test_a_direct_or_private_channel_is_not_named(
    app: App, told_url: str, bot: WebClient, maya: Person
) -> None:
    """Slack tells of those only what they are; who isn't in them can't click there."""
    dana = Person(told_url, DANA)
    gone = []
    for channel in (DANA, PRIVATE):
        answer = bot.chat_postMessage(channel=channel, text="x", blocks=[BUTTONS])
        dana.click(answer["ts"], channel=answer["channel"])
        gone.append(maya.click(answer["ts"], channel=answer["channel"]))

    assert ["directmessage", "privategroup"] == [told["channel"]["name"] for told in app.told]
    assert ["This isn't there any more."] * 2 == gone


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (204, None),
        (500, "The app answered with status 500."),
        (302, "The app answered with status 302."),
        (0, "The app can't be reached."),
    ],
)
def test_an_app_has_to_acknowledge(
    app: App, bot: WebClient, maya: Person, status: int, trouble: str | None
) -> None:
    """With a 2xx; else the person is warned."""
    app.answer = lambda _payload: (status, None)

    assert trouble == maya.click(posted(bot))


def test_an_app_has_to_be_quick(app: App, start: Start) -> None:
    """Who doesn't answer in time might as well not be there."""
    url = start(request_url=app.url, timing=Timing(answer=0.1))

    def answer(_payload: Json) -> tuple[int, object]:
        time.sleep(0.3)
        return 200, None

    app.answer = answer
    ts = posted(WebClient("xoxb-sandbox", base_url=f"{url}/api/"))

    assert "The app didn't answer within 0.1 seconds." == Person(url, MAYA).click(ts)


def test_nobody_may_listen(start: Start) -> None:
    """Without an app the person learns that there is none, or that it can't be reached."""
    with listening(App()) as app:
        gone = app.url
    for request_url, trouble in (
        (None, "No app listens: none holds a socket open, and there is no Request URL."),
        (gone, "The app can't be reached."),
    ):
        url = start(request_url=request_url)
        ts = posted(WebClient("xoxb-sandbox", base_url=f"{url}/api/"))

        assert trouble == Person(url, MAYA).click(ts)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1/",
        "http://app.example:80/",
        "http://127.0.0.1/",
        "x",
        "http://127.0.0.1:x",
    ],
)
def test_only_this_machine_is_told(start: Start, url: str) -> None:
    """A Request URL anywhere else is refused before anything is served."""
    with pytest.raises(WrongUsage) as refused:
        start(request_url=url)

    assert f"--request-url {url}" in str(refused.value)


def test_a_delivery_is_in_the_log(app: App, told_url: str, bot: WebClient, maya: Person) -> None:
    """With the keys of every other request, and without the token."""
    maya.click(posted(bot))
    entry = requests.get(f"{told_url}/sandbox/state", timeout=5).json()["requests"][-1]

    assert ["system", "method", "path", "body", "status", "at"] == list(entry)
    assert ("slack", "POST", "/slack/events", 200) == (
        entry["system"],
        entry["method"],
        entry["path"],
        entry["status"],
    )
    assert {name: v for name, v in app.told[0].items() if name != "token"} == entry["body"]


def test_acts_are_checked(told_url: str) -> None:
    """Who plays a person is told what is wrong with an act."""
    stranger = Person(told_url, "U0NOBODY000")

    assert "nobody of the workspace" in stranger.act("look", channel=SALES)["error"]
    assert "write one of click, choose" in stranger.act("dance")["error"]
    assert "view_id: Field required" == stranger.act("close")["error"]


def test_the_sandbox_ends_while_an_app_thinks(app: App) -> None:
    """Whoever waits for it is told, and nothing lingers."""
    thinking, thought = threading.Event(), threading.Event()

    def answer(_payload: Json) -> tuple[int, object]:
        thinking.set()
        thought.wait(5)
        return 200, None

    app.answer = answer
    troubles: list[object] = []
    with running(state=None, leads=None, request_url=app.url) as url:
        ts = posted(WebClient("xoxb-sandbox", base_url=f"{url}/api/"))
        maya = Person(url, MAYA)
        waiting = threading.Thread(target=lambda: troubles.append(maya.click(ts)))
        waiting.start()
        assert thinking.wait(5)
        began = time.monotonic()
    took = time.monotonic() - began
    thought.set()
    waiting.join()

    assert took < 2
    assert ["The sandbox ends."] == troubles
