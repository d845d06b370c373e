"""The workspace as its people see it: channels, messages, threads, and what is open before them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.slack import markup
from triage_agent.sandbox.pages.slack.acts import Acts, interactivity_of
from triage_agent.sandbox.pages.slack.blocks import Where, place
from triage_agent.sandbox.pages.slack.mentions import Names
from triage_agent.sandbox.pages.slack.rows import Row, Talk, block_order, by_day, row, talk
from triage_agent.sandbox.store import Message

_ON_A_PAGE = 50


def routes() -> Iterable[Route]:
    acts = Acts()
    channel = partial(_channel, acts)
    yield site.route("/slack", _first)
    yield site.route("/slack/act", acts.click, "POST")
    yield site.route("/slack/modal", acts.modal, "POST")
    yield site.route("/slack/type", acts.type, "POST")
    yield site.route("/slack/{channel}", channel)
    yield site.route("/slack/{channel}/{ts}", channel)


async def _first(request: Request) -> Response:
    """To the first channel in which anything was said."""
    workspace = site.workspace_of(request)
    spoken = (channel for channel in workspace.channels if any(workspace.store.messages(channel)))
    return site.back(f"/slack/{next(spoken, next(iter(workspace.channels)))}")


async def _channel(acts: Acts, request: Request) -> Response:
    """A channel, and beside it a thread if one is asked for."""
    workspace, person = site.workspace_of(request), site.person(request)
    channel, ts = request.path_params["channel"], request.path_params.get("ts")
    direct = workspace.channel(person.slack)
    if workspace.channel(channel) != channel:
        return site.missing(request, "There is no such channel.")
    if channel not in workspace.channels and channel != direct:
        return site.back(f"/slack/{direct}")  # whoever the visitor is now has another
    notes = interactivity_of(request).notes_for(person.slack, channel)
    said = talk(workspace.store.messages(channel), notes)
    head = next((one for one in said.heads if one["ts"] == ts), None)
    if ts and head is None:
        return site.missing(request, "There is no such message.")
    page = _Page(acts, request, channel, said)
    return site.shown(
        request,
        "slack.html",
        **page.frame(),
        **page.messages(),
        thread=page.thread(head) if head else [],
        modal=page.modal(),
        box=page.box(),
        is_address=markup.is_address,
        beside=markup.beside,
        host=markup.host,
        place=place,
    )


class _Page:
    def __init__(self, acts: Acts, request: Request, channel: str, said: Talk) -> None:
        self._acts = acts
        self._request = request
        self._workspace = site.workspace_of(request)
        self._person = site.person(request).slack
        self._channel = channel
        self._said = said
        query = request.url.query
        self._here = request.url.path + (f"?{query}" if query else "")

    def frame(self) -> dict[str, Any]:
        """The channels, with how much was said in each, and the one that is open."""
        names = self._workspace.channels
        direct = self._workspace.channel(self._person)
        assert direct, "everybody has one"
        counted = {
            channel: sum(1 for _ in self._workspace.store.messages(channel))
            for channel in (*names, direct)
        }
        return {
            "channel": self._channel,
            "channels": names,
            "direct": direct,
            "app": self._workspace.bot["user"],
            "title": names.get(self._channel, self._workspace.bot["user"]),
            "counted": counted,
            "private": self._workspace.private,
            "archived": self._workspace.archived,
        }

    def messages(self) -> dict[str, Any]:
        """The newest, or those before the one that the address names."""
        before = self._request.query_params.get("before", "")
        heads = [one for one in self._said.heads if not before or one["ts"] < before]
        shown = heads[-_ON_A_PAGE:]
        return {
            "days": by_day(self._rows(shown, "m")),
            "earlier": shown[0]["ts"] if len(shown) < len(heads) else "",
            "before": before,
        }

    def thread(self, head: Message) -> Sequence[Row]:
        return self._rows([head, *self._said.threads.get(head["ts"], ())], "t")

    def modal(self) -> tuple[object, Where] | None:
        """What is open before the person, and where."""
        view = interactivity_of(self._request).view_of(self._person)
        if view is None:
            return None
        where = self._where(f"view-{view['id']}")
        wrong = block_order(self._acts.wrong(self._person, view["id"]), view["blocks"])
        return view, replace(where, view=view["id"], state=view["state"]["values"], wrong=wrong)

    def box(self) -> dict[str, str] | None:
        """Where something can be typed: what was last, if it came to nothing, and how many were."""
        if not interactivity_of(self._request).commands.may_type(self._person, self._channel):
            return None
        return {
            "trouble": "",
            "text": "",
            "number": "0",
            **self._acts.wrong(self._person, self._channel),
        }

    def _rows(self, messages: Iterable[Message], prefix: str) -> list[Row]:
        return [self._row(message, f"{prefix}-{message['ts']}") for message in messages]

    def _row(self, message: Message, spot: str) -> Row:
        ts = message["ts"]
        wrong = self._acts.wrong(self._person, self._channel, ts)
        where = replace(self._where(spot), channel=self._channel, ts=ts, wrong=wrong)
        return row(self._workspace, message, where, self._said.threads.get(ts, ()))

    def _where(self, spot: str) -> Where:
        names = Names(self._workspace.everybody, self._workspace.channels)
        return Where(names, self._workspace.users, f"{self._here}#{spot}", spot)
