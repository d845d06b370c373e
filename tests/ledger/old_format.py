"""A ledger as the first release wrote it: revision 0001 of the tables, format 1 of the chain."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from triage_agent.decision.events import Event
from triage_agent.decision.story import Story
from triage_agent.decision.values import canonical, private_fields
from triage_agent.ledger import migrations

ONLY_NEW = {"Planned": {"hand_overs"}}
"""Fields that the first release didn't have."""
EVENTS = text(
    "INSERT INTO events (stream, sequence, kind, at, run, body, hash, private) "
    "VALUES (:stream, :sequence, :kind, :at, :run, :body, :hash, :private)",
)
PAYLOADS = text("INSERT INTO payloads (digest, salt, body) VALUES (:digest, :salt, :body)")
ITEMS = text(
    "INSERT INTO items (item, object, record_id, mode, status, failures, length, head) VALUES "
    "(:item, :object, :record_id, :mode, :status, :failures, :length, :head)",
)


def make_tables(connection: Connection) -> None:
    """Revision 0001, and no more."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


class OldLedger:
    """Appends as the first release did."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._heads: dict[str, tuple[int, str]] = {}

    def append(self, run: str, at: datetime, new: Sequence[tuple[str, Event]]) -> None:
        for stream, event in new:
            self._add(run, at, stream, event)

    def _add(self, run: str, at: datetime, stream: str, event: Event) -> None:
        length, previous = self._heads.get(stream, (0, "0" * 64))
        public: dict[str, Any] = event.model_dump(mode="json", exclude=ONLY_NEW.get(event.kind))
        private = {
            name: value
            for name in private_fields(type(event))
            if (value := public.pop(name)) is not None
        }
        body: dict[str, Any] = {
            "v": 1,
            "stream": stream,
            "sequence": length,
            "previous": previous,
            "at": at.isoformat(),
            "run": run,
            "event": public,
        }
        if private:
            body["private"] = self._keep(private, f"{len(self._heads):016x}{length:016x}")
        row = {name: body[name] for name in ("stream", "sequence", "at", "run")}
        row |= {"kind": event.kind, "body": canonical(body).decode()}
        row |= {"hash": hashlib.sha256(canonical(body)).hexdigest(), "private": body.get("private")}
        self._connection.execute(EVENTS, row)
        self._heads[stream] = (length + 1, str(row["hash"]))

    def _keep(self, private: dict[str, Any], salt: str) -> str:
        kept = canonical(private)
        digest = hashlib.sha256(bytes.fromhex(salt) + kept).hexdigest()
        row = {"digest": digest, "salt": salt, "body": kept.decode()}
        self._connection.execute(PAYLOADS, row)
        return digest

    def erase(self, item: str) -> None:
        """Takes an item's texts out."""
        digests = text("SELECT private FROM events WHERE stream = :item AND private IS NOT NULL")
        for digest in self._connection.execute(digests, {"item": item}).scalars().all():
            gone = text("DELETE FROM payloads WHERE digest = :digest")
            self._connection.execute(gone, {"digest": digest})

    def project(self, item: str, story: Story) -> None:
        """An item's row."""
        length, head = self._heads[item]
        said = {name: getattr(story, name) for name in ("object", "record_id", "mode", "status")}
        row = {**said, "item": item, "failures": len(story.failures)}
        self._connection.execute(ITEMS, {**row, "length": length, "head": head})

    def bodies(self) -> list[Any]:
        """What is hashed, read."""
        query = text("SELECT body FROM events ORDER BY number")
        return [json.loads(body) for body in self._connection.execute(query).scalars()]
