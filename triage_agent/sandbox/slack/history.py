"""`conversations.history` and `.replies`: what was said, a page at a time."""

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from triage_agent.sandbox.slack.call import Json, SlackCall
from triage_agent.sandbox.slack.messages import without_metadata
from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.store import Message, Store

_MOST_HISTORY = 999
_MOST_REPLIES = 1000
_TS = re.compile(r"\d{1,12}(\.\d{1,6})?")


def history(call: SlackCall) -> Json:
    """Newest first, without thread replies."""
    channel = call.joined_channel()
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
    channel = call.joined_channel()
    message = call.workspace.store.message(channel, call.text("ts"))
    if message is None:
        raise SlackError("thread_not_found")
    thread = message.get("thread_ts", message["ts"])
    within = _window(call)
    parent = call.workspace.store.message(channel, thread)
    found = [parent] if parent else []
    found += [m for m in _threads(call.workspace.store, channel).get(thread, ()) if within(m["ts"])]
    return _page(call, channel, found, call.number("limit", _MOST_REPLIES, _MOST_REPLIES))


def as_shown(store: Store, channel: str, message: Message) -> Message:
    """A message as the history shows it when nobody asks for metadata."""
    return without_metadata(_threaded(message, _threads(store, channel).get(message["ts"], ())))


def _threads(store: Store, channel: str) -> Mapping[str, list[Message]]:
    """Each thread's replies, oldest first, by the ts of its head."""
    threads: dict[str, list[Message]] = defaultdict(list)
    for message in store.messages(channel):
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
    threads = _threads(call.workspace.store, channel)
    shown = [_threaded(m, threads.get(m["ts"], ())) for m in found[start : start + limit]]
    if not call.flag("include_all_metadata"):
        shown = [without_metadata(message) for message in shown]
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
