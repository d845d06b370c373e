"""People of the sandbox's Slack, and an app that listens for what they do."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs

import requests
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

Json = dict[str, Any]
Answer = Callable[[Json], tuple[int, object]]

MAYA, DANA, TESS = "U0MAYA00002", "U0DANA00001", "U0TESS00010"
SALES, PRIVATE = "C0SALESDEV1", "C0PRIVATE01"
SECRET = "sandbox-signing-secret"
BUTTON = {
    "type": "button",
    "action_id": "claim",
    "text": {"type": "plain_text", "text": "Claim"},
    "value": "lead-7",
    "style": "primary",
}
BUTTONS: Json = {"type": "actions", "block_id": "acts", "elements": [BUTTON]}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def modal(*blocks: Json, **more: object) -> Json:
    """A modal with one text to fill in, or with these blocks."""
    why: Json = {
        "type": "input",
        "block_id": "why",
        "label": plain("Why?"),
        "element": {"type": "plain_text_input", "action_id": "text", "max_length": 20},
    }
    head = {"type": "modal", "title": plain("Hand back"), "submit": plain("Send")}
    return {**head, "blocks": list(blocks) or [why], **more}


def no_answer(_payload: Json) -> tuple[int, object]:
    return 200, None


class Person:
    """Somebody who clicks and fills in: everything goes through the sandbox's own acts."""

    def __init__(self, url: str, user: str, channel: str = SALES) -> None:
        self._url = url
        self._user = user
        self._channel = channel

    def act(self, name: str, **act: object) -> Json:
        url = f"{self._url}/sandbox/slack/{name}"
        answer: Json = requests.post(url, json={"as": self._user, **act}, timeout=10).json()
        return answer

    def click(self, ts: str, place: Sequence[str] = ("acts", "claim"), **more: object) -> Any:  # noqa: ANN401 - a sentence or nothing
        where = {"channel": self._channel, "ts": ts, "block_id": place[0], "action_id": place[1]}
        return self.act("click", **{**where, **more})["trouble"]

    def submit(self, view_id: str, **values: str | list[str] | None) -> Json:
        """What came of it; `values` of the elements called text, by block_id."""
        given = {block: {"text": value} for block, value in values.items()}
        return self.act("submit", view_id=view_id, values=given)

    def type(self, text: str, channel: str | None = None) -> Any:  # noqa: ANN401 - a sentence or nothing
        """What they see after they typed a command."""
        return self.act("command", channel=channel or self._channel, text=text)["trouble"]

    def view(self) -> Any:  # noqa: ANN401 - a view or nothing
        return self.act("look", channel=self._channel)["view"]

    def notes(self, channel: str | None = None) -> list[Json]:
        notes: list[Json] = self.act("look", channel=channel or self._channel)["notes"]
        return notes


class App:
    """An app at a Request URL: what it was told, whether it was signed, and what it answers.

    An answer is bytes as they are, else JSON. With status 0 it hangs up instead.
    """

    def __init__(self) -> None:
        self.told: list[Json] = []
        self.headers: list[Json] = []
        self.genuine: list[bool] = []
        self.answer: Answer = no_answer
        self.url = ""

    def hear(self, body: bytes, headers: Json) -> tuple[int, bytes]:
        form = parse_qs(body.decode(), keep_blank_values=True)
        fields = {name: values[0] for name, values in form.items()}
        payload: Json = json.loads(fields["payload"]) if "payload" in fields else fields
        self.headers.append(headers)
        self.genuine.append(SignatureVerifier(SECRET).is_valid_request(body, headers))
        self.told.append(payload)
        status, content = self.answer(payload)
        if isinstance(content, bytes):
            return status, content
        return status, b"" if content is None else json.dumps(content).encode()


A = TypeVar("A", bound=App)


@contextmanager
def listening(app: A) -> Iterator[A]:
    """The app, at a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = app.hear(body, dict(self.headers))
            if not status:
                return
            with suppress(OSError):  # nobody waits any more
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass  # nothing to see

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        app.url = f"http://127.0.0.1:{server.server_port}/slack/events"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield app
        finally:
            server.shutdown()
            thread.join()


def trigger(app: App, bot: WebClient, person: Person) -> str:
    """A trigger of a click that was just made."""
    ts = bot.chat_postMessage(channel=SALES, text="x", blocks=[BUTTONS])["ts"]
    assert person.click(str(ts)) is None
    return str(app.told[-1]["trigger_id"])


def opened(app: App, bot: WebClient, person: Person, view: Json) -> Any:  # noqa: ANN401 - JSON
    return bot.views_open(trigger_id=trigger(app, bot, person), view=view)["view"]


def posted(bot: WebClient, *blocks: Json, **more: Any) -> str:  # noqa: ANN401 - the client's own keywords
    message = bot.chat_postMessage(
        channel=SALES, text="A lead", blocks=list(blocks) or [BUTTONS], **more
    )
    return str(message["ts"])
