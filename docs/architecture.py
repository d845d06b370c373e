"""The rooms as layers, with an arrow for each use of one by another: `python -m docs.architecture`.

Places are set here by hand; arrows come from the code's imports. What follows from other arrows
is left out: whoever uses the jobs uses what these use.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

CODE = Path(__file__).parents[1] / "triage_agent"
WIDTH, HEIGHT = 880, 674
LEAVES = frozenset({"chance", "chunks", "errors"})
"""Modules that any room may use: they are no rooms."""
_HIGH = 42
_BUS = 15
"""How far below its users the line runs that leads to the ledger."""


@dataclass(frozen=True)
class Box:
    """A room: where it stands, and what it is for."""

    x: int
    y: int
    width: int
    does: str

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


_ROWS = (16, 84, 152, 232, 324, 402, 480, 548, 616)
_LEFT, _RIGHT, _SYSTEMS = 150, 862, 722
_SIX = {
    "jobs": "the sweep",
    "review": "decisions",
    "recovery": "undoing",
    "summary": "the week",
    "evaluation": "six scores",
    "doctor": "credentials",
}
ROOMS = {
    "commands": Box(_LEFT, _ROWS[0], _RIGHT - _LEFT, "what people type, and what they see of it"),
    "wiring": Box(_LEFT, _ROWS[1], _RIGHT - _LEFT, "settings and project; parts put together"),
    "watch": Box(338, _ROWS[2], 180, "how it stands now"),
    "forking": Box(526, _ROWS[2], 86, "new projects"),
    **{
        name: Box(_LEFT + 94 * n, _ROWS[3], 86, does) for n, (name, does) in enumerate(_SIX.items())
    },
    "sandbox": Box(_SYSTEMS, _ROWS[3], _RIGHT - _SYSTEMS, "plays all three"),
    "effects": Box(180, _ROWS[4], 338, "intended, delivered, looked up by key"),
    "ledger": Box(_LEFT, _ROWS[5], 180, "events in a chain"),
    "connectors": Box(
        338, _ROWS[5], 368, "the only room with vendors' clients; the guard under them"
    ),
    "authority": Box(_LEFT, _ROWS[6], 556, "gate and wire guard: may it?"),
    "decision": Box(_LEFT, _ROWS[7], 556, "stop rules, plan, what comes next"),
    "operating_model": Box(_LEFT, _ROWS[8], 556, "the page as code"),
}
"""Each room, from above."""

_STYLE = """
svg { font-family: system-ui, -apple-system, 'Segoe UI', sans-serif; font-size: 12px }
.sheet { fill: #fff } .name { fill: #14202e; font-weight: 600; font-size: 13.5px } .does { fill: #526073 }
.room { fill: #eef3f8; stroke: #b9c6d4 } .pure { fill: #e2f3ec; stroke: #8fc3ae }
.outside { fill: #fdf3df; stroke: #d9bd83 } .line { fill: none; stroke: #6d7f93; stroke-width: 1.4 }
.head { fill: #6d7f93 } .kept { stroke: #a3478a } .kept-head { fill: #a3478a }
.dashed { stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
.sheet { fill: #10161e } .name { fill: #e8eef5 } .does { fill: #a3b1c2 }
.room { fill: #1c2733; stroke: #3d4e60 } .pure { fill: #14332a; stroke: #2f6b57 }
.outside { fill: #372c15; stroke: #7d6632 } .line { stroke: #8798aa } .head { fill: #8798aa }
.kept { stroke: #d58cc2 } .kept-head { fill: #d58cc2 }
}"""


class Arrow(NamedTuple):
    """One room that uses another."""

    user: str
    used: str


def room_of(module: str) -> str | None:
    """The room of a module of the package, by its first name; None: it is of none."""
    if module in LEAVES or module.startswith("__"):
        return None
    if (CODE / module).is_dir():
        return module
    return "commands" if module.startswith(("cli", "terminal")) else "wiring"


@cache
def uses() -> Mapping[str, set[str]]:
    """Which rooms each room imports from, by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in CODE.rglob("*.py"):
        room = room_of(path.relative_to(CODE).parts[0].removesuffix(".py"))
        if room:
            found[room] |= {used for used in map(room_of, _imported(path)) if used} - {room}
    return found


def _imported(path: Path) -> Iterator[str]:
    """The first names, below the package's own, of what a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, _, rest = node.module.partition(".")
            if package == CODE.name:
                yield from [rest.split(".")[0]] if rest else [one.name for one in node.names]


def arrows(found: Mapping[str, set[str]]) -> list[Arrow]:
    """The uses that don't follow from others."""
    return sorted(
        Arrow(user, used)
        for user, some in found.items()
        for used in some
        if not any(used in reached(found, other) for other in some - {used})
    )


def reached(found: Mapping[str, set[str]], room: str) -> set[str]:
    """All that a room uses, at however many removes."""
    seen: set[str] = set()
    waiting = [*found.get(room, ())]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += found.get(one, ())
    return seen


def drawn() -> str:
    """An SVG document."""
    about = "The rooms of triage-agent as layers; each uses only those below it"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{about}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="sheet" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        *(_path(arrow) for arrow in arrows(uses())),
        *(_box(name, box) for name, box in ROOMS.items()),
        *_beside(),
    ]
    return "\n".join(parts) + "\n</svg>\n"


def _box(name: str, box: Box) -> str:
    kind = "pure" if box.y >= _ROWS[6] else "room"
    return _card(box, kind, name, box.does)


def _card(box: Box, kind: str, name: str, does: str) -> str:
    return (
        f'<rect class="{kind}" x="{box.x}" y="{box.y}" width="{box.width}" height="{_HIGH}" rx="6"/>'
        f'<text class="name" x="{box.middle}" y="{box.y + 18}" text-anchor="middle">{name}</text>'
        f'<text class="does" x="{box.middle}" y="{box.y + 34}" text-anchor="middle">{does}</text>'
    )


def _path(arrow: Arrow) -> str:
    """Straight down; to the ledger by one line that all its users share."""
    user, used = ROOMS[arrow.user], ROOMS[arrow.used]
    below, above = user.y + _HIGH, used.y
    named = f'data-user="{arrow.user}" data-used="{arrow.used}"'
    if arrow.used == "ledger":
        x, trunk = user.x + 16, _LEFT + 10
        points = f"M{x} {below}V{below + _BUS}H{trunk}V{above - 7}"
        return f'<path class="line kept" {named} d="{points}"/>{_head(trunk, above, "kept-head")}'
    x = _between(user, used)
    return f'<path class="line" {named} d="M{x} {below}V{above - 7}"/>{_head(x, above, "head")}'


def _between(user: Box, used: Box) -> int:
    """Where a line from one meets the other, in the middle of the narrower one."""
    left, right = max(user.x, used.x), min(user.x + user.width, used.x + used.width)
    return (left + right) // 2


def _head(x: int, y: int, kind: str) -> str:
    return f'<path class="{kind}" d="M{x} {y}l-4.5 -8h9z"/>'


def _beside() -> Iterator[str]:
    """The page, and the three systems."""
    for n, name in enumerate(("Salesforce", "Slack", "the model")):
        box = Box(742, 342 + 54 * n, 120, "")
        yield (
            f'<rect class="outside" x="{box.x}" y="{box.y}" width="{box.width}" height="38" rx="6"/>'
            f'<text class="name" x="{box.middle}" y="{box.y + 24}" text-anchor="middle">{name}</text>'
        )
    middle = ROOMS["connectors"].y + 21
    for y in (361, 415, 469):
        yield f'<path class="line" d="M706 {middle}H722V{y}H733"/>'
        yield f'<path class="head" d="M742 {y}l-8 -4.5v9z"/>'
    yield f'<path class="line dashed" d="M802 {_ROWS[3] + _HIGH}V334"/>{_head(802, 342, "head")}'
    page = Box(14, _ROWS[8], 112, "ten questions")
    yield _card(page, "outside", "the page", page.does)
    yield f'<path class="line" d="M126 {page.y + 21}H143"/>'
    yield f'<path class="head" d="M{_LEFT} {page.y + 21}l-8 -4.5v9z"/>'
    for y, words in _LABELS:
        yield f'<text class="does" x="136" y="{y}" text-anchor="end">{words}</text>'
    yield f'<text class="does" x="722" y="{_ROWS[7] + 18}">these three decide:</text>'
    yield f'<text class="does" x="722" y="{_ROWS[7] + 34}">no input or output</text>'


_LABELS = (
    (_ROWS[0] + 25, "the program"),
    (_ROWS[3] + 25, "what it does"),
    (_ROWS[4] + 25, "how it acts"),
    (_ROWS[5] + 18, "what it speaks to,"),
    (_ROWS[5] + 34, "what it keeps"),
    (_ROWS[6] + 25, "what it may"),
    (_ROWS[7] + 25, "what follows"),
)

if __name__ == "__main__":
    print(drawn(), end="")
