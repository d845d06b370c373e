"""`chat.*`: posting, changing and linking to messages."""

import re

from triage_agent.sandbox.slack import blocks
from triage_agent.sandbox.slack.call import Json, SlackCall, SlackError
from triage_agent.sandbox.store import Message

_LONGEST_TEXT = 40_000
_EVENT_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,254}")


def post_message(call: SlackCall) -> Json:
    channel = call.open_channel()
    content = _content(call)
    if not content.get("text") and not content.get("blocks"):
        raise SlackError("no_text")
    thread = call.text("thread_ts")
    if thread:
        parent = _parent(call, channel, thread)
        content.update(thread_ts=thread, parent_user_id=parent["user"])
    bot = call.workspace.bot
    by = {"user": bot["user_id"], "bot_id": bot["bot_id"], "app_id": bot["app_id"]}
    ts = call.workspace.next_ts()
    team = call.workspace.team["id"]
    message = {"type": "message", "ts": ts, **by, "team": team, "text": "", **content}
    call.workspace.store.put_message(channel, message)
    return {"channel": channel, "ts": ts, "message": without_metadata(message)}


def update(call: SlackCall) -> Json:
    """What isn't given stays as it is; an empty list or object takes it away."""
    channel = call.open_channel()
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
    shown = without_metadata(message)
    return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": shown}


def permalink(call: SlackCall) -> Json:
    """A reply's link names its thread as well."""
    channel = call.channel()
    message = call.workspace.store.message(channel, call.text("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"{call.workspace.team['url']}archives/{channel}/p{message['ts'].replace('.', '')}"
    thread = message.get("thread_ts", message["ts"])
    if thread != message["ts"]:
        link += f"?thread_ts={thread}&cid={channel}"
    return {"channel": channel, "permalink": link}


def without_metadata(message: Message) -> Json:
    return {name: value for name, value in message.items() if name != "metadata"}


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
