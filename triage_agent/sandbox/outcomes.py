"""What became of the requests, kept beside the documented list of them, and cheap to ask."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.types import Message, Send

_KEPT = 2_000  # bytes of an answer
_SLACKS_REFUSAL = b'{"ok":false'  # Slack refuses with 200, too


@dataclass
class Outcomes:
    """`failures`: by a request's number, from 1, what was answered; nothing where it was cut off.

    A batch that was answered is no failure, whatever became of its rows.
    """

    made: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    waiting: set[int] = field(default_factory=set)
    failures: dict[int, str] = field(default_factory=dict)

    @contextmanager
    def watched(self, number: int, entry: dict[str, Any], send: Send) -> Iterator[Send]:
        """Passes an answer on; its status is the entry's."""
        parts: list[bytes] = []

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            elif not parts:
                parts.append(message.get("body", b"")[:_KEPT])
            await send(message)

        self.begin(number, entry)
        try:
            yield answer
        finally:
            self.end(number, entry, b"".join(parts))

    def begin(self, number: int, entry: dict[str, Any]) -> None:
        """It is on its way."""
        self.made[entry["system"]] += 1
        self.waiting.add(number)

    def end(self, number: int, entry: dict[str, Any], answer: bytes = b"") -> None:
        """Nothing more will come of it; `answer`: what was said, or how that began."""
        self.waiting.discard(number)
        status = entry["status"]
        if status and status < HTTPStatus.BAD_REQUEST and not answer.startswith(_SLACKS_REFUSAL):
            return
        self.failed[entry["system"]] += 1
        self.failures[number] = answer.decode(errors="replace")
