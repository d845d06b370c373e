"""The Slack Web API, through slack-sdk's own client."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

SALES, OPS, SUPPORT = "C0SALESDEV1", "C0OPSSUMM01", "C0SUPPORT01"
METADATA = {"event_type": "triage_escalated", "event_payload": {"key": "k-1"}}
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Hello*"}, "block_id": "b-1"}]

Start = Callable[..., str]


@pytest.fixture
def quiet(start: Start) -> WebClient:
    """A client of a workspace in which nothing was posted yet."""
    return WebClient("xoxb-sandbox", base_url=f"{start()}/api/")


def error(call: Callable[..., object], **arguments: object) -> str:
    """The error that a call is refused with."""
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    return str(refused.value.response["error"])


def texts(page: Any) -> list[str]:  # noqa: ANN401 - a response reads like a dict
    return [message["text"] for message in page["messages"]]


def test_the_bot_learns_who_it_is(slack: WebClient) -> None:
    """auth.test names team and bot, and its header the granted scopes."""
    answer = slack.auth_test()

    assert ("T0BRIGHT001", "U0TRIAGE001") == (answer["team_id"], answer["user_id"])
    assert "chat:write,commands,channels:history,groups:history" == answer.headers["x-oauth-scopes"]


def test_a_message_is_kept_as_posted(quiet: WebClient) -> None:
    """Text, blocks and metadata come back as they were sent; metadata only when asked for."""
    posted = quiet.chat_postMessage(
        channel=SALES, text="a < b", blocks=BLOCKS, metadata=METADATA, unfurl_links=False
    )
    (plain,) = quiet.conversations_history(channel=SALES)["messages"]
    (full,) = quiet.conversations_history(channel=SALES, include_all_metadata=True)["messages"]

    assert (SALES, plain["ts"]) == (posted["channel"], posted["ts"])
    assert ("a < b", BLOCKS, "U0TRIAGE001") == (plain["text"], plain["blocks"], plain["user"])
    assert plain == posted["message"]
    assert {**plain, "metadata": METADATA} == full


def test_forms_and_json_say_the_same(start: Start) -> None:
    """A form with blocks and metadata as JSON texts is a message like any other."""
    base = f"{start()}/api"
    headers = {"Authorization": "Bearer xoxb-sandbox"}
    form = {
        "channel": "#sales-triage",
        "blocks": '[{"type": "divider", "block_id": "b-1"}]',
        "metadata": '{"event_type": "t", "event_payload": {}}',
    }
    answer = requests.post(f"{base}/chat.postMessage", form, headers=headers, timeout=5).json()
    broken = requests.post(
        f"{base}/chat.postMessage", {"channel": SALES, "blocks": "["}, headers=headers, timeout=5
    ).json()

    assert ([{"type": "divider", "block_id": "b-1"}], "") == (
        answer["message"]["blocks"],
        answer["message"]["text"],
    )
    assert {"ok": False, "error": "invalid_blocks_format"} == broken


def test_times_are_strictly_increasing(quiet: WebClient) -> None:
    """No two messages share a ts, and a later one has the greater."""
    posted = [quiet.chat_postMessage(channel=SALES, text="x")["ts"] for _ in range(20)]

    assert 20 == len(set(posted))
    assert posted == sorted(posted)
    assert all(len(ts.partition(".")[2]) == 6 for ts in posted)


def test_replies_stay_in_their_thread(quiet: WebClient) -> None:
    """History shows the head of a thread; replies show all of it, from any of its messages."""
    head = quiet.chat_postMessage(channel=SALES, text="head", metadata=METADATA)["ts"]
    reply = quiet.chat_postMessage(channel=SALES, text="one", thread_ts=head)["ts"]
    quiet.chat_postMessage(channel=SALES, text="two", thread_ts=head, metadata=METADATA)
    quiet.chat_postMessage(channel=SALES, text="other")
    history = quiet.conversations_history(channel=SALES)
    thread = quiet.conversations_replies(channel=SALES, ts=head, include_all_metadata=True)

    assert ["other", "head"] == texts(history)
    assert (2, ["U0TRIAGE001"]) == (
        history["messages"][1]["reply_count"],
        history["messages"][1]["reply_users"],
    )
    assert ["head", "one", "two"] == texts(thread)
    assert [None, "U0TRIAGE001", "U0TRIAGE001"] == [
        message.get("parent_user_id") for message in thread["messages"]
    ]
    assert [METADATA, None, METADATA] == [m.get("metadata") for m in thread["messages"]]
    assert ["head", "one", "two"] == texts(quiet.conversations_replies(channel=SALES, ts=reply))
    assert "thread_not_found" == error(
        quiet.chat_postMessage, channel=SALES, text="x", thread_ts=reply
    )


def test_history_comes_in_pages(quiet: WebClient) -> None:
    """Newest first, `limit` at a time, the cursor leading to older ones until the end."""
    for number in range(5):
        quiet.chat_postMessage(channel=OPS, text=str(number))
    pages = [texts(page) for page in quiet.conversations_history(channel=OPS, limit=2)]

    assert [["4", "3"], ["2", "1"], ["0"]] == pages
    assert [] == texts(quiet.conversations_history(channel=SALES))


def test_history_has_bounds(quiet: WebClient) -> None:
    """`oldest` and `latest` leave their own moments out, unless `inclusive`."""
    first, _, last = (quiet.chat_postMessage(channel=OPS, text=t)["ts"] for t in "abc")
    bounds = {"channel": OPS, "oldest": first, "latest": last}

    assert ["b"] == texts(quiet.conversations_history(**bounds))
    assert ["c", "b", "a"] == texts(quiet.conversations_history(**bounds, inclusive=True))


def test_an_update_changes_what_it_names(quiet: WebClient) -> None:
    """Blocks and metadata stay until they are replaced, or emptied."""
    ts = quiet.chat_postMessage(channel=SALES, text="1", blocks=BLOCKS, metadata=METADATA)["ts"]
    answer = quiet.chat_update(channel=SALES, ts=ts, text="2")
    (kept,) = quiet.conversations_history(channel=SALES, include_all_metadata=True)["messages"]
    quiet.chat_update(channel=SALES, ts=ts, text="3", blocks=[], metadata={})
    (emptied,) = quiet.conversations_history(channel=SALES, include_all_metadata=True)["messages"]

    assert (ts, "2") == (answer["ts"], answer["text"])
    assert ("2", BLOCKS, METADATA) == (kept["text"], kept["blocks"], kept["metadata"])
    assert ("3", [], {}) == (emptied["text"], emptied["blocks"], emptied["metadata"])
    assert "U0TRIAGE001" == emptied["edited"]["user"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"channel": "C0NOWHERE00", "text": "x"}, "channel_not_found"),
        ({"channel": SALES}, "no_text"),
        ({"channel": SALES, "text": ""}, "no_text"),
        ({"channel": SALES, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": SALES, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": SALES, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        (
            {"channel": SALES, "text": "x", "metadata": {"event_type": "a b", "event_payload": {}}},
            "invalid_metadata_format",
        ),
        ({"channel": SALES, "blocks": [{"type": "secton"}]}, "invalid_blocks"),
    ],
)
def test_a_message_that_is_wrong_is_refused(
    slack: WebClient, arguments: dict[str, object], expected: str
) -> None:
    """Each mistake gets its documented error."""
    assert expected == error(slack.api_call, api_method="chat.postMessage", json=arguments)


def test_wrong_blocks_are_explained(slack: WebClient) -> None:
    """invalid_blocks comes with the place and the reason."""
    wrong = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel=SALES, text="x", blocks=wrong)

    assert [
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"
    ] == refused.value.response["response_metadata"]["messages"]


def test_an_update_needs_a_message_and_a_change(slack: WebClient) -> None:
    """Channel, message and something to change have to be there."""
    ts = slack.chat_postMessage(channel=SALES, text="x")["ts"]
    nothing = {"channel": SALES, "ts": ts}

    assert "message_not_found" == error(slack.chat_update, channel=SALES, ts="1.000001", text="y")
    assert "no_text" == error(slack.api_call, api_method="chat.update", json=nothing)
    assert "channel_not_found" == error(slack.chat_update, channel="C0", ts=ts, text="y")


def test_other_peoples_messages_stay_as_they_are(start: Start, tmp_path: Path) -> None:
    """A message that the bot didn't post can't be updated by it."""
    message = {"type": "message", "ts": "1700000000.000001", "user": "U0DANA00001", "text": "hi"}
    line = json.dumps([{"channel": SALES, "message": message}])
    (tmp_path / "journal.jsonl").write_text(f"{line}\n")
    client = WebClient("xoxb-sandbox", base_url=f"{start(state=tmp_path)}/api/")

    assert "cant_update_message" == error(
        client.chat_update, channel=SALES, ts=message["ts"], text="bye"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"channel": "C0NOWHERE00"}, "channel_not_found"),
        ({"channel": SALES, "limit": 1000}, "invalid_limit"),
        ({"channel": SALES, "cursor": "?"}, "invalid_cursor"),
        ({"channel": SALES, "cursor": "YWJj"}, "invalid_cursor"),
        ({"channel": SALES, "oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"channel": SALES, "latest": "now"}, "invalid_ts_latest"),
    ],
)
def test_history_of_nothing_is_refused(
    slack: WebClient, arguments: dict[str, object], expected: str
) -> None:
    """Channel, limit, cursor and bounds are checked."""
    assert expected == error(slack.conversations_history, **arguments)


def test_replies_need_a_thread(slack: WebClient) -> None:
    """A ts that no message has gets thread_not_found."""
    assert "thread_not_found" == error(slack.conversations_replies, channel=SALES, ts="1.000001")


@pytest.mark.parametrize(
    ("token", "expected"), [("xoxb-other", "invalid_auth"), ("", "not_authed")]
)
def test_other_tokens_are_refused(url: str, token: str, expected: str) -> None:
    """Only the sandbox's own bot token is good."""
    assert expected == error(WebClient(token, base_url=f"{url}/api/").auth_test)


def test_what_the_bot_may_not_do_is_refused(slack: WebClient) -> None:
    """A method outside the granted scopes names the one it needs; an unknown one is unknown."""
    with pytest.raises(SlackApiError) as refused:
        slack.users_list()

    assert ("missing_scope", "users:read") == (
        refused.value.response["error"],
        refused.value.response["needed"],
    )
    assert "unknown_method" == error(slack.api_call, api_method="chat.nonsense")


def test_a_reader_looks_things_up(url: str) -> None:
    """A token with the scopes to read finds team, channels and people, who have titles."""
    reader = WebClient("xoxb-sandbox-reader", base_url=f"{url}/api/")
    channel = reader.conversations_info(channel=SALES)["channel"]
    dana = reader.users_info(user="U0DANA00001")["user"]
    bot = reader.users_info(user="U0TRIAGE001")["user"]
    members = reader.users_list()["members"]

    assert ("T0BRIGHT001", "brightfield") == (
        reader.team_info()["team"]["id"],
        reader.team_info()["team"]["domain"],
    )
    assert (SALES, "sales-triage", True) == (channel["id"], channel["name"], channel["is_member"])
    assert [SALES, OPS, SUPPORT] == [
        found["id"] for found in reader.conversations_list()["channels"]
    ]
    assert ("Dana Reyes", False) == (dana["real_name"], dana["is_bot"])
    assert "Head of Sales Development" == dana["profile"]["title"]
    assert bot["is_bot"] is True
    assert [dana, bot] == [member for member in members if member["id"] in (dana["id"], bot["id"])]
    assert "channel_not_found" == error(reader.conversations_info, channel="C0NOWHERE00")
    assert "user_not_found" == error(reader.users_info, user="U0NOBODY000")


def test_a_message_has_a_link(quiet: WebClient) -> None:
    """A permalink names channel and moment, and of a reply the thread as well."""
    head = str(quiet.chat_postMessage(channel=SALES, text="head")["ts"])
    reply = str(quiet.chat_postMessage(channel=SALES, text="one", thread_ts=head)["ts"])
    archive = f"https://brightfield.slack.example/archives/{SALES}/p"
    links = [
        quiet.chat_getPermalink(channel=SALES, message_ts=ts)["permalink"] for ts in (head, reply)
    ]

    assert [
        archive + head.replace(".", ""),
        f"{archive}{reply.replace('.', '')}?thread_ts={head}&cid={SALES}",
    ] == links
    assert "message_not_found" == error(
        quiet.chat_getPermalink, channel=SALES, message_ts="1.000001"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [("{", "invalid_json"), ('{"text": "\\ud800"}', "invalid_json"), ("[]", "json_not_object")],
)
def test_json_that_is_no_object_is_refused(url: str, body: str, expected: str) -> None:
    """A JSON body has to be a JSON object."""
    headers = {"Authorization": "Bearer xoxb-sandbox", "Content-Type": "application/json"}
    answer = requests.post(f"{url}/api/chat.postMessage", body, headers=headers, timeout=5)

    assert (200, expected) == (answer.status_code, answer.json()["error"])
