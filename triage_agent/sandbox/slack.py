"""Slack's part of the server: the methods of the Web API that it speaks, in one table."""

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.routing import Route

from triage_agent.sandbox import blocks
from triage_agent.sandbox.slack_call import Json, Method, SlackCall, SlackError, endpoint
from triage_agent.sandbox.store import Message

_LONGEST_TEXT = 40_000
_MOST_HISTORY = 999
_MOST_REPLIES = 1000
_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")
_EVENT_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,254}")


def auth_test(call: SlackCall) -> Json:
    team, bot = call.workspace.team, call.workspace.bot
    who = {"user": bot["user"], "user_id": bot["user_id"], "bot_id": bot["bot_id"]}
    where = {"url": team["url"], "team": team["name"], "team_id": team["id"]}
    return {**where, **who, "is_enterprise_install": False}


def post_message(call: SlackCall) -> Json:
    channel = call.channel()
    content = _content(call)
    if not content.get("text") and not content.get("blocks"):
        raise SlackError("no_text")
    thread = call.text("thread_ts")
    if thread:
        _parent(call, channel, thread)
        content["thread_ts"] = thread
    bot = call.workspace.bot
    by = {"user": bot["user_id"], "bot_id": bot["bot_id"], "app_id": bot["app_id"]}
    ts = call.workspace.next_ts()
    team = call.workspace.team["id"]
    message = {"type": "message", "ts": ts, **by, "team": team, "text": "", **content}
    call.workspace.store.put_message(channel, message)
    return {"channel": channel, "ts": ts, "message": _without_metadata(message)}


def update(call: SlackCall) -> Json:
    """What isn't given stays as it is; an empty list or object takes it away."""
    channel = call.channel()
    before = call.workspace.store.message(channel, call.text("ts"))
    if before is None:
        raise SlackError("message_not_found")
    bot = call.workspace.bot
    if before.get("bot_id") != bot["bot_id"]:
        raise SlackError("cant_update_message")
    content = _content(call)
    if not content:
        raise SlackError("no_text")
    edited = {"user": bot["user_id"], "ts": call.workspace.next_ts()}
    message = {**before, **content, "edited": edited}
    call.workspace.store.put_message(channel, message)
    shown = _without_metadata(message)
    return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": shown}


def history(call: SlackCall) -> Json:
    """Newest first, without thread replies."""
    channel = call.channel()
    within = _window(call)
    found = [
        message
        for message in call.workspace.store.messages(channel)
        if message.get("thread_ts", message["ts"]) == message["ts"] and within(message["ts"])
    ]
    limit = call.number("limit", 100, _MOST_HISTORY)
    return {**_page(call, channel, found[::-1], limit), "pin_count": 0}


def replies(call: SlackCall) -> Json:
    """A thread from its parent on, oldest first; `ts` may be any message of it."""
    channel = call.channel()
    message = call.workspace.store.message(channel, call.text("ts"))
    if message is None:
        raise SlackError("thread_not_found")
    thread = message.get("thread_ts", message["ts"])
    within = _window(call)
    parent = call.workspace.store.message(channel, thread)
    found = [parent] if parent else []
    found += [m for m in _threads(call, channel).get(thread, ()) if within(m["ts"])]
    return _page(call, channel, found, call.number("limit", _MOST_REPLIES, _MOST_REPLIES))


def _content(call: SlackCall) -> Json:
    """Text, blocks and metadata as given and found well formed."""
    found: Json = {}
    if call.given.get("text") is not None:
        found["text"] = call.text("text")
        if len(found["text"]) > _LONGEST_TEXT:
            raise SlackError("msg_too_long")
    given = call.structure("blocks", "invalid_blocks_format")
    if given is not None:
        found["blocks"] = _valid_blocks(given)
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata is not None:
        found["metadata"] = _valid_metadata(metadata)
    return found


def _valid_blocks(given: object) -> object:
    problems = blocks.problems(given) if given != [] else []
    if problems:
        raise SlackError(
            "invalid_blocks", errors=problems, response_metadata={"messages": problems}
        )
    return given


def _valid_metadata(given: object) -> object:
    if given == {}:
        return given
    well_formed = (
        isinstance(given, dict)
        and given.keys() == {"event_type", "event_payload"}
        and isinstance(given["event_type"], str)
        and _EVENT_TYPE.fullmatch(given["event_type"])
        and isinstance(given["event_payload"], dict)
    )
    if not well_formed:
        raise SlackError("invalid_metadata_format")
    return given


def _parent(call: SlackCall, channel: str, thread: str) -> Message:
    parent = call.workspace.store.message(channel, thread)
    if parent is None or parent.get("thread_ts", thread) != thread:
        raise SlackError("thread_not_found")
    return parent


def _threads(call: SlackCall, channel: str) -> Mapping[str, list[Message]]:
    """Each thread's replies, oldest first, by the ts of its head."""
    threads: dict[str, list[Message]] = defaultdict(list)
    for message in call.workspace.store.messages(channel):
        if message.get("thread_ts", message["ts"]) != message["ts"]:
            threads[message["thread_ts"]].append(message)
    return threads


def _threaded(message: Message, below: Sequence[Message]) -> Message:
    """A message as the head of its thread, if it has one."""
    if not below:
        return message
    people = list(dict.fromkeys(reply["user"] for reply in below))
    return {
        **message,
        "thread_ts": message["ts"],
        "reply_count": len(below),
        "reply_users": people,
        "reply_users_count": len(people),
        "latest_reply": below[-1]["ts"],
    }


def _window(call: SlackCall) -> Callable[[str], bool]:
    """Whether a ts lies between `oldest` and `latest`."""
    inclusive = call.flag("inclusive")
    oldest, latest = (_moment(call, name) for name in ("oldest", "latest"))

    def within(ts: str) -> bool:
        moment = _micros(ts)
        after = oldest is None or moment > oldest or (inclusive and moment == oldest)
        before = latest is None or moment < latest or (inclusive and moment == latest)
        return after and before

    return within


def _moment(call: SlackCall, name: str) -> int | None:
    text = call.text(name)
    if not text:
        return None
    if not _TS.fullmatch(text):
        raise SlackError(f"invalid_ts_{name}")
    return _micros(text)


def _micros(ts: str) -> int:
    seconds, _, rest = ts.partition(".")
    return int(seconds) * 1_000_000 + int(rest.ljust(6, "0"))


def _page(call: SlackCall, channel: str, found: Sequence[Message], limit: int) -> Json:
    start = _cursor(call.text("cursor"))
    threads = _threads(call, channel)
    shown = [_threaded(m, threads.get(m["ts"], ())) for m in found[start : start + limit]]
    if not call.flag("include_all_metadata"):
        shown = [_without_metadata(message) for message in shown]
    more = start + limit < len(found)
    page: Json = {"messages": shown, "has_more": more}
    if more:
        cursor = base64.b64encode(f"next:{start + limit}".encode()).decode()
        page["response_metadata"] = {"next_cursor": cursor}
    return page


def _cursor(text: str) -> int:
    try:
        _, _, start = base64.b64decode(text, validate=True).decode().partition("next:")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SlackError("invalid_cursor") from error
    if text and not start.isdigit():
        raise SlackError("invalid_cursor")
    return int(start or 0)


def _without_metadata(message: Mapping[str, Any]) -> Json:
    return {name: value for name, value in message.items() if name != "metadata"}


def _not_spoken(_call: SlackCall) -> Json:
    raise SlackError("unknown_method")


METHODS: Mapping[str, tuple[str, Method]] = {
    "auth.test": ("", auth_test),
    "chat.postMessage": ("chat:write", post_message),
    "chat.update": ("chat:write", update),
    "conversations.history": ("channels:history", history),
    "conversations.replies": ("channels:history", replies),
    # These are here only so that they are refused as Slack refuses them: the bot lacks the scope.
    "conversations.list": ("channels:read", _not_spoken),
    "conversations.info": ("channels:read", _not_spoken),
    "conversations.join": ("channels:join", _not_spoken),
    "users.info": ("users:read", _not_spoken),
    "users.list": ("users:read", _not_spoken),
    "reactions.add": ("reactions:write", _not_spoken),
}


def routes() -> list[Route]:
    return [Route("/api/{method}", endpoint(METHODS), methods=["GET", "POST"])]
