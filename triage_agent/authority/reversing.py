"""The wire while something is rolled back: it opens exactly what is undone, and nothing else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from triage_agent.authority import soql
from triage_agent.authority.wire import CHANGE, MESSAGE, Hosts, Request, Wire
from triage_agent.operating_model.schema import Page

_LOOKS = ("auth.test", "conversations.history", "conversations.replies")


class ReversingWire(Wire):
    """Reads as in any run; of writes, only the rows and messages that are opened, while they are.

    Those whom the page wants told of it are. Nothing else is posted, and no record created.
    """

    def __init__(self, page: Page, hosts: Hosts) -> None:
        super().__init__(page, hosts, live=True)
        templates = (soql.values(page, name) for name in soql.written(page))
        self._with_deleted += tuple(map(soql.filled, templates))
        self._messages: list[str] = []
        self._tells = {page.channel_of(name) for name in page.recovery.tell}

    @contextmanager
    def message(self, reference: str) -> Iterator[None]:
        """Lets just the message with this reference be changed, for as long."""
        self._messages.append(reference)
        try:
            yield
        finally:
            self._messages.remove(reference)

    def refuses(self, request: Request) -> str | None:
        if request.system == "model":
            return "a rollback asks no model"
        return super().refuses(request)

    def writes(self, request: Request) -> bool:  # noqa: ARG002 - whatever it is
        """A pause holds nothing back here: the agent is paused all the while."""
        return False

    def _writes(self, method: str, path: str, body: Any) -> str | None:  # noqa: ANN401 - JSON
        records = body.get("records") if isinstance(body, dict) else None
        if (method, path) != ("PATCH", "composite/sobjects") or not isinstance(records, list):
            return f"{method} {path} undoes nothing"
        if not {*body} <= {"allOrNone", "records"}:
            return f"{method} {path} says more than it needs"
        if any(record not in self._approved for record in records):
            return f"{method} {path} changes a record otherwise than to undo what was done"
        return None

    def _calls(self, called: str, given: Mapping[str, Any]) -> str | None:
        if called in _LOOKS:
            return super()._calls(called, given)
        if called == "chat.update":
            is_open, known = f"{given.get('channel')}/{given.get('ts')}" in self._messages, CHANGE
        else:
            tells = called == "chat.postMessage" and given.get("channel") in self._tells
            is_open, known = tells, MESSAGE
        if not is_open:
            return f"{called} is nothing that a rollback needs"
        strange = sorted({*given} - known)
        return f"{called} with {', '.join(strange)}" if strange else None
