"""What the notes say of ports and paths is where the program answers."""

import re
from typing import Any

import pytest

from tests.conftest import HOME
from tests.deploy.typed import read
from triage_agent.connectors.serving import METRICS, Address, Watch

TREES = HOME / "deploy"
STAYING = ("listen", "worker")


def _typed(tree: str, name: str) -> list[str]:
    """The words by which what stays is begun."""
    if tree == "docker":
        words: list[str] = read(TREES / tree / "compose.yaml")[0]["services"][name]["command"]
        return words
    pod: dict[str, Any] = read(TREES / tree / f"{name}.yaml")[0]["spec"]["template"]["spec"]
    return list(pod["containers"][0]["args"])


@pytest.mark.parametrize("tree", ["docker", "kubernetes"])
def test_what_stays_is_watched_where_the_note_says(tree: str) -> None:
    """At the port of its command, and there at every path that is served."""
    note = (TREES / tree / "README.md").read_text(encoding="utf-8")
    ports = {name: Address.of(*_typed(tree, name)[-2:]).port for name in STAYING}
    paths = {route.path for route in Watch(dict, int, bytes, "").routes()}

    assert {(name, str(port), METRICS) for name, port in ports.items()} == {
        *re.findall(r"`(\w+):(\d+)(/\w+)`", note)
    }
    assert all(f"`{path}`" in note for path in paths - {METRICS})
