"""Which rules stopped an item, as its row tells it: `rule`, `rule.topic`, `rule.topic!`, by commas.

The last where the sender's words were an order to the agent. No name of a page holds these signs.
"""

from collections.abc import Iterable
from functools import lru_cache

from triage_agent.decision.events import FiredRule
from triage_agent.decision.values import Value


class Fired(Value):
    """A rule that stopped an item, what for, and whether to order the agent about."""

    rule: str
    topic: str | None = None
    order: bool = False


def written(rules: Iterable[FiredRule]) -> str | None:
    """What a row says; None where nothing stopped the item."""
    return ",".join(sorted({_one(rule) for rule in rules})) or None


def _one(fired: FiredRule) -> str:
    topic = f".{fired.topic}" if fired.topic else ""
    return f"{fired.rule}{topic}{'!' if fired.order else ''}"


@lru_cache(4096)
def read(text: str | None) -> tuple[Fired, ...]:
    """The same from a row; of many rows most say the same."""
    return tuple(map(_read, text.split(","))) if text else ()


def _read(text: str) -> Fired:
    rule, _, topic = text.removesuffix("!").partition(".")
    return Fired(rule=rule, topic=topic or None, order=text.endswith("!"))


@lru_cache(4096)
def names(fired: tuple[Fired, ...]) -> tuple[str, ...]:
    """Each rule once."""
    return tuple(dict.fromkeys(one.rule for one in fired))
