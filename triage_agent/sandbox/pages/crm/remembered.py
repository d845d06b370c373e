"""What is worked out of each record or message, once: they are replaced, never changed in place."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from triage_agent.sandbox.store import Store

Made = TypeVar("Made")


class Remembered(Generic[Made]):
    """Lasts as long as the store. Without it a page over thousands of records takes too long."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Store, dict[Hashable, tuple[Mapping[str, Any], Made]]] = (
            WeakKeyDictionary()
        )

    def of(
        self, store: Store, key: Hashable, thing: Mapping[str, Any], make: Callable[[], Made]
    ) -> Made:
        """`key`: which thing it is, though it may be another one than last time."""
        known = self._known.setdefault(store, {})
        if key not in known or known[key][0] is not thing:
            known[key] = (thing, make())
        return known[key][1]
