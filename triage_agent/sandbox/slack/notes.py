"""Messages that one person alone sees; they last as long as the sandbox runs."""

from collections import defaultdict

from triage_agent.sandbox.store import Message


class Notes:
    def __init__(self) -> None:
        self._notes: dict[tuple[str, str], dict[str, Message]] = defaultdict(dict)

    def of(self, user: str, channel: str) -> list[Message]:
        """All that a person sees in a channel, oldest first."""
        return list(self._notes[user, channel].values())

    def one(self, user: str, channel: str, ts: str) -> Message | None:
        return self._notes[user, channel].get(ts)

    def put(self, user: str, channel: str, note: Message) -> None:
        self._notes[user, channel][note["ts"]] = note

    def remove(self, user: str, channel: str, ts: str) -> None:
        self._notes[user, channel].pop(ts, None)
