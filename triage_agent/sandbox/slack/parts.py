"""The parts of blocks that people act on: where they are, what was chosen in them, how it is told.

A part's place is the pair of its block's block_id and its own action_id.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = dict[str, Any]
Place = tuple[str, str]
Chosen = str | Sequence[str] | None

_OPTION, _OPTIONS = "selected_option", "selected_options"
# Under which key each kind of element tells what was chosen; a button has nothing to choose.
_KEYS: Mapping[str, str] = {
    "checkboxes": _OPTIONS,
    "datepicker": "selected_date",
    "multi_static_select": _OPTIONS,
    "overflow": _OPTION,
    "plain_text_input": "value",
    "radio_buttons": _OPTION,
    "static_select": _OPTION,
    "users_select": "selected_user",
}
_TOLD = ("text", "value", "style", "placeholder", "confirm")
_ID_LENGTH = 5


class UnknownChoice(Exception):
    """Nothing like that can be chosen there."""


def placed(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Each part that people act on, after its block."""
    for block in blocks:
        for part in _of(block):
            yield block, part


def found(blocks: Sequence[Json], place: Place) -> tuple[Json, Json] | None:
    """The part at a place, after its block."""
    return next(
        ((b, p) for b, p in placed(blocks) if (b["block_id"], p["action_id"]) == place), None
    )


def identified(blocks: Sequence[Json]) -> list[Json]:
    """The blocks, where each block has a block_id, and each part that people act on an action_id.

    Slack makes up those that weren't given.
    """
    taken = {block.get("block_id") for block in blocks}
    taken |= {part.get("action_id") for _, part in placed(blocks)}
    return [_identified(block, taken) for block in blocks]


def action(block: Json, part: Json, chosen: Chosen, ts: str) -> Json:
    """What a person did, as an entry of `actions`."""
    initial = [name for name in part if name.startswith("initial_")]
    told = {name: part[name] for name in (*_TOLD, *initial) if name in part}
    names = {"type": part["type"], "action_id": part["action_id"], "block_id": block["block_id"]}
    picked = entry(part, chosen) if part["type"] in _KEYS else {}
    return {**names, **told, **picked, "action_ts": ts}


def values(blocks: Sequence[Json], given: Mapping[Place, Json]) -> Json:
    """`state.values`: of each part that keeps what is chosen, that, or what it began with."""
    state: Json = {}
    for block, part in placed(blocks):
        if keeps_its_choice(part):
            place = (block["block_id"], part["action_id"])
            now = given.get(place, {})
            if now.get("type") != part["type"]:
                now = _first(part)
            state.setdefault(place[0], {})[place[1]] = now
    return state


def keeps_its_choice(part: Json) -> bool:
    return part["type"] in _KEYS and part["type"] != "overflow"


def entry(part: Json, chosen: Chosen) -> Json:
    """What was chosen in a part, as `state.values` tells it."""
    key = _KEYS[part["type"]]
    if key == _OPTIONS:
        several = [chosen] if isinstance(chosen, str) else chosen or []
        return {"type": part["type"], key: [_option(part, value) for value in several]}
    if chosen is not None and not isinstance(chosen, str):
        raise UnknownChoice
    if key == _OPTION and chosen is not None:
        return {"type": part["type"], key: _option(part, chosen)}
    return {"type": part["type"], key: chosen or None}


def content(entry: Json) -> Any:  # noqa: ANN401 - text, an option or several of them
    """What an entry of `state.values` holds; nothing where nothing was chosen."""
    return entry[_KEYS[entry["type"]]]


def _of(block: Json) -> list[Json]:
    match block["type"]:
        case "actions":
            return list(block["elements"])
        case "input":
            return [block["element"]]
        case "section":
            accessory = block.get("accessory", {"type": "image"})
            return [] if accessory["type"] == "image" else [accessory]
    return []


def _identified(block: Json, taken: set[str | None]) -> Json:
    block = {**block, "block_id": block.get("block_id") or _new(taken)}
    match block["type"]:
        case "actions":
            return {**block, "elements": [_named(part, taken) for part in block["elements"]]}
        case "input":
            return {**block, "element": _named(block["element"], taken)}
        case "section" if _of(block):
            return {**block, "accessory": _named(block["accessory"], taken)}
    return block


def _named(part: Json, taken: set[str | None]) -> Json:
    return {**part, "action_id": part.get("action_id") or _new(taken)}


def _new(taken: set[str | None]) -> str:
    made = None
    while made is None or made in taken:
        made = secrets.token_urlsafe(_ID_LENGTH)[:_ID_LENGTH]
    taken.add(made)
    return made


def _first(part: Json) -> Json:
    key = _KEYS[part["type"]]
    empty: list[Json] | None = [] if key == _OPTIONS else None
    initial = "initial_" + key.removeprefix("selected_")
    return {"type": part["type"], key: part.get(initial) or empty}


def _option(part: Json, value: str) -> Json:
    groups = part.get("option_groups", [])
    options = [*part.get("options", []), *(o for group in groups for o in group["options"])]
    for option in options:
        if option["value"] == value:
            return dict(option)
    raise UnknownChoice
