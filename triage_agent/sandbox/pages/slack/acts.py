"""What a visitor does in Slack: clicks in messages, and modals filled in and closed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from triage_agent.sandbox.pages import site
from triage_agent.sandbox.pages.slack.blocks import place
from triage_agent.sandbox.slack import parts
from triage_agent.sandbox.slack.interactivity import Interactivity
from triage_agent.sandbox.slack.parts import Json, Place

_SEVERAL = ("checkboxes", "multi_static_select")


@dataclass(frozen=True)
class Acts:
    """`told`: what each person was last told where they acted, by block_id; "" where by none.

    Where they typed, it is the `number` of what they typed, and its `trouble` with its `text`.
    """

    told: dict[tuple[str, ...], Mapping[str, str]] = field(default_factory=dict)

    def wrong(self, *where: str) -> Mapping[str, str]:
        """What there is to tell somebody beside a message or in a modal."""
        return self.told.get(where, {})

    async def click(self, request: Request) -> Response:
        """On a button, or on an option, of a message."""
        given = await site.fields(request)
        names = ("channel", "ts", "block_id", "action_id", "back")
        form = dict.fromkeys(names, "") | dict(given)
        channel, ts, block_id, action_id, back = (form[name] for name in names)
        person = site.person(request).slack
        found = parts.found(_blocks(request, person, channel, ts), (block_id, action_id))
        chosen = _chosen(found[1], given, "value") if found else None
        trouble = await interactivity_of(request).click(
            person, channel, ts, block_id, action_id, chosen
        )
        self.told[person, channel, ts] = {block_id: trouble} if trouble else {}
        return site.back(back)

    async def type(self, request: Request) -> Response:
        """In a channel's box; what came to nothing stays there to be put right."""
        form = dict.fromkeys(("channel", "text", "back"), "") | await site.form(request)
        channel, text, back = form["channel"], form["text"], form["back"]
        person = site.person(request).slack
        trouble = await interactivity_of(request).commands.type(person, channel, text)
        number = int(self.wrong(person, channel).get("number", 0)) + 1
        wrong = {"trouble": trouble, "text": text} if trouble else {}
        self.told[person, channel] = {"number": str(number), **wrong}
        return site.back(back)

    async def modal(self, request: Request) -> Response:
        """Sent off, closed, or clicked in."""
        given = await site.fields(request)
        form = dict(given)
        person = site.person(request).slack
        interactivity = interactivity_of(request)
        view = interactivity.view_of(person)
        if view is not None and view["id"] == form.get("view_id"):
            self.told.pop((person, view["id"]), None)
            if form.get("do") == "close":
                await interactivity.close(person, view["id"])
            else:
                told = await _taken(interactivity, person, view, given)
                self.told[person, view["id"]] = told
        return site.back(form.get("back", ""))


def interactivity_of(request: Request) -> Interactivity:
    interactivity: Interactivity = request.app.state.interactivity
    return interactivity


async def _taken(
    interactivity: Interactivity,
    person: str,
    view: Mapping[str, Any],
    given: Sequence[tuple[str, str]],
) -> Mapping[str, str]:
    """What there is to tell about a modal that was clicked in or sent off."""
    clicked = dict(given).get("choose")
    values = dict(_values(view["blocks"], given))
    if clicked is None:
        told = await interactivity.submit(person, view["id"], values)
        return {"": told} if isinstance(told, str) else told or {}
    for block, part in parts.placed(view["blocks"]):
        spot = (block["block_id"], part["action_id"])
        if block["type"] == "input" and spot in values and not block.get("dispatch_action"):
            # So that what was typed is still there when the app answers the click.
            await interactivity.choose(person, view["id"], *spot, values[spot])
    trouble = None
    for spot, chosen in _clicked(view["blocks"], clicked, given):
        trouble = await interactivity.choose(person, view["id"], *spot, chosen)
    return {"": trouble} if trouble else {}


def _values(
    blocks: Sequence[Json], given: Sequence[tuple[str, str]]
) -> Iterator[tuple[Place, str | list[str] | None]]:
    """All that a modal's form holds, by block_id and action_id."""
    for block, part in parts.placed(blocks):
        if parts.keeps_its_choice(part):
            yield (block["block_id"], part["action_id"]), _chosen(part, given, place(block, part))


def _clicked(
    blocks: Sequence[Json], clicked: str, given: Sequence[tuple[str, str]]
) -> Iterator[tuple[Place, str | list[str] | None]]:
    """The place of the button or element that was clicked, and what was chosen with it."""
    for block, part in parts.placed(blocks):
        spot = (block["block_id"], part["action_id"])
        options = [option["value"] for option in part.get("options", ())]
        if clicked == place(block, part):
            yield spot, _chosen(part, given, clicked)
        elif part["type"] == "overflow":
            yield from ((spot, one) for one in options if clicked == place(block, part, one))


def _chosen(part: Json, given: Sequence[tuple[str, str]], name: str) -> str | list[str] | None:
    several = [value for field_name, value in given if field_name == name]
    if part["type"] in _SEVERAL:
        return several
    return several[-1] if several and several[-1] else None


def _blocks(request: Request, person: str, channel: str, ts: str) -> Sequence[Json]:
    """Those of a message, or of a note to that person."""
    notes = interactivity_of(request).notes_for(person, channel)
    stored = site.workspace_of(request).store.message(channel, ts)
    message = stored or next((note for note in notes if note["ts"] == ts), {})
    blocks: Sequence[Json] = message.get("blocks", ())
    return blocks
