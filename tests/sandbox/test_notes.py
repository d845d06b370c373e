"""What one person alone sees, and what an app says at a response URL."""

import json
from collections.abc import Callable

import pytest
import requests
from slack_sdk import WebClient

from tests.sandbox.slack_people import (
    BUTTONS,
    MAYA,
    PRIVATE,
    SALES,
    TESS,
    App,
    Json,
    Person,
    posted,
)
from triage_agent.sandbox.slack.timing import Timing

Start = Callable[..., str]


def test_a_note_is_for_one_person(app: App, bot: WebClient, told_url: str, maya: Person) -> None:
    """Only that person sees it; a click in it says so, and doesn't tell the note itself."""
    head = posted(bot)
    ts = bot.chat_postEphemeral(
        channel=SALES, user=MAYA, text="Sure?", blocks=[BUTTONS], thread_ts=head
    )["message_ts"]
    maya.click(ts)
    note = maya.notes()[-1]
    (told,) = app.told

    assert ("Sure?", ts, head, [BUTTONS]) == (
        note["text"],
        note["ts"],
        note["thread_ts"],
        note["blocks"],
    )
    assert [] == Person(told_url, TESS).notes()
    assert "This isn't there any more." == Person(told_url, TESS).click(ts)
    assert head == bot.conversations_history(channel=SALES)["messages"][0]["ts"]
    assert (
        {
            "type": "message",
            "message_ts": ts,
            "channel_id": SALES,
            "is_ephemeral": True,
            "thread_ts": head,
        },
        False,
    ) == (told["container"], "message" in told)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"channel": "C0NOWHERE00"}, "channel_not_found"),
        ({"channel": PRIVATE}, "user_not_in_channel"),
        ({"user": "U0NOBODY000"}, "user_not_in_channel"),
        ({"text": ""}, "no_text"),
        ({"blocks": [{"type": "poem"}]}, "invalid_blocks"),
    ],
)
def test_a_note_that_is_wrong_is_refused(bot: WebClient, arguments: Json, expected: str) -> None:
    """Each mistake gets its documented error."""
    given = {"channel": SALES, "user": TESS, "text": "x", **arguments}
    answer = requests.post(
        f"{bot.base_url}chat.postEphemeral",
        json=given,
        headers={"Authorization": "Bearer xoxb-sandbox"},
        timeout=5,
    ).json()

    assert expected == answer["error"]


def respond(app: App, **content: object) -> tuple[int, str]:
    answer = requests.post(app.told[-1]["response_url"], json=content, timeout=5)
    return answer.status_code, answer.text


def test_a_click_can_be_answered_at_its_response_url(
    app: App, bot: WebClient, maya: Person
) -> None:
    """With a note by default, with a message, or with another instead of the first; five times."""
    ts = posted(bot)
    maya.click(ts)
    answers = [
        respond(app, text="Noted"),
        respond(app, text="Said", response_type="in_channel", thread_ts=ts),
        respond(app, text="New", replace_original=True),
        respond(app),
        respond(app, delete_original=True),
        respond(app, text="Once more"),
    ]
    thread = bot.conversations_replies(channel=SALES, ts=ts)["messages"]

    assert [200, 200, 200, 400, 200, 404] == [status for status, _ in answers]
    assert ["no_text" in answers[3][1], "used_url" in answers[5][1]] == [True, True]
    assert "Noted" == maya.notes()[-1]["text"]
    assert ["This message was deleted.", "Said"] == [message["text"] for message in thread]


def test_a_note_can_be_replaced_and_taken_away(app: App, bot: WebClient, maya: Person) -> None:
    """Through the response URL of a click in it."""
    ts = bot.chat_postEphemeral(channel=SALES, user=MAYA, text="Sure?", blocks=[BUTTONS])
    maya.click(ts["message_ts"])
    respond(app, text="Done", replace_original=True)
    replaced = maya.notes()[-1]
    respond(app, delete_original=True)

    assert ("Done", ts["message_ts"]) == (replaced["text"], replaced["ts"])
    assert replaced["ts"] not in [note["ts"] for note in maya.notes()]


def test_a_response_url_is_good_for_a_while(start: Start, app: App) -> None:
    """An old one, and one that was never given, are refused."""
    url = start(request_url=app.url, timing=Timing(hook=0))
    maya = Person(url, MAYA)
    maya.click(posted(WebClient("xoxb-sandbox", base_url=f"{url}/api/")))
    status, text = respond(app, text="x")
    unknown = requests.post(f"{url}/hooks/actions/T0/1/a", json={}, timeout=5)

    assert (404, {"ok": False, "error": "expired_url"}) == (status, json.loads(text))
    assert (404, "invalid_url") == (unknown.status_code, unknown.json()["error"])


@pytest.mark.parametrize("body", ["{", "[]"])
def test_a_response_is_an_object(app: App, bot: WebClient, maya: Person, body: str) -> None:
    """Of JSON; anything else says nothing."""
    maya.click(posted(bot))
    answer = requests.post(app.told[-1]["response_url"], body, timeout=5)

    assert (400, "invalid_payload") == (answer.status_code, answer.json()["error"])
