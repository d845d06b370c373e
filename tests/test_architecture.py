"""The picture of the rooms is what the code's imports make of it."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

from docs.architecture import LEAVES, ROOMS, drawn, reached, room_of, uses

ROOT = Path(__file__).parents[1]


def test_the_picture_is_fresh() -> None:
    """The one in docs/ is what the script draws; `make generated` writes it."""
    assert drawn() == (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")


def test_arrows_are_the_codes_imports() -> None:
    """Each arrow is an import; each import is an arrow, or a way over several."""
    shown = re.findall(r'data-user="(\w+)" data-used="(\w+)"', drawn())
    found, ways = uses(), dict[str, set[str]]()
    for user, used in shown:
        ways.setdefault(user, set()).add(used)

    assert {"jobs", "ledger"} <= found["wiring"]
    assert all(some <= found[room] for room, some in ways.items())
    assert all(some <= reached(ways, room) for room, some in found.items())


def test_rooms_stand_as_the_contract_has_them() -> None:
    """Each room of import-linter's layers is drawn, none above one that is over it there."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    rooms = [
        {room for one in layer.split("|") if (room := room_of(one.strip().split(".")[1]))}
        for layer in layers
    ]
    heights = [{ROOMS[room].y for room in some} for some in rooms if some]

    assert {*ROOMS} == set().union(*rooms)
    assert len(LEAVES) == len(layers[-1].split("|"))
    assert all(max(above) <= min(below) for above, below in pairwise(heights))
