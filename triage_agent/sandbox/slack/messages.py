"""`chat.*`: posting, changing and linking to messages."""

import re

from triage_agent.sandbox.slack import blocks, parts
from triage_agent.sandbox.slack.call import Json, SlackCall
from triage_agent.sandbox.slack.refusal import SlackError
from triage_agent.sandbox.slack.workspace import Workspace
from triage_agent.sandbox.store import Message

_LONGEST_TEXT = 40_000
_EVENT_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,254}")


def post_message(call: SlackCall) -> Json:
    channel = call.open_channel()
    content = said(call)
    thread = call.text("thread_ts")
    if thread:
        parent = _parent(call, channel, thread)
        content.update(thread_ts=thread, parent_user_id=parent["user"])
    message = made(call.workspace, content)
    call.workspace.store.put_message(channel, message)
    return {"channel": channel, "ts": message["ts"], "message": without_metadata(message)}


def post_ephemeral(call: SlackCall) -> Json:
    """A note lasts as long as the sandbox runs; nobody but that person ever sees it."""
    channel = call.open_channel()
    user = call.text("user")
    if not call.workspace.is_member(user, channel):
        raise SlackError("user_not_in_channel")
    content = said(call)
    if call.text("thread_ts"):
        content["thread_ts"] = call.text("thread_ts")
    note = {**made(call.workspace, content), "is_ephemeral": True}
    call.workspace.live.notes.put(user, channel, note)
    return {"message_ts": note["ts"]}


def update(call: SlackCall) -> Json:
    """What isn't given stays as it is; an empty list or object takes it away."""
    channel = call.open_channel()
    if call.workspace.store.message(channel, call.text("ts")) is None:
        raise SlackError("message_not_found")
    content = _content(call)
    if not content:
        raise SlackError("no_text")
    message = change(call.workspace, channel, call.text("ts"), content)
    shown = without_metadata(message)
    return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": shown}


def said(call: SlackCall) -> Json:
    """The content of a message that is to say something."""
    content = _content(call)
    if not content.get("text") and not content.get("blocks"):
        raise SlackError("no_text")
    return content


def made(workspace: Workspace, content: Json) -> Message:
    """A message of the bot's, from now."""
    bot = workspace.bot
    by = {"user": bot["user_id"], "bot_id": bot["bot_id"], "app_id": bot["app_id"]}
    head = {"type": "message", "ts": workspace.next_ts(), **by, "team": workspace.team["id"]}
    return {**head, "text": "", **content}


def change(workspace: Workspace, channel: str, ts: str, content: Json) -> Message:
    """Another content for a message of the bot's."""
    before = workspace.store.message(channel, ts)
    if before is None:
        raise SlackError("message_not_found")
    bot = workspace.bot
    if before.get("bot_id") != bot["bot_id"]:
        raise SlackError("cant_update_message")
    edited = {"user": bot["user_id"], "ts": workspace.next_ts()}
    message = {**before, **content, "edited": edited}
    workspace.store.put_message(channel, message)
    return message


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


def _valid_blocks(given: object) -> list[Json]:
    if given == []:
        return []
    problems = blocks.problems(given)
    if problems:
        raise SlackError(
            "invalid_blocks", errors=problems, response_metadata={"messages": problems}
        )
    assert isinstance(given, list), "the checks refuse all else"
    return parts.identified(given)


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
