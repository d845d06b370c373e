"""What is wrong after a rollback, by comparing the sandbox with itself before, and the ledger."""

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from tests.prove.prepared import Json, Prepared, tasks_of
from tests.prove.site import Site
from triage_agent import wiring
from triage_agent.decision.events import Unclear
from triage_agent.decision.rollback_events import (
    LeftAsIs,
    Reversed,
    RollbackFinished,
)
from triage_agent.ledger.anchors import AnchorFile
from triage_agent.ledger.store import Ledger
from triage_agent.ledger.verify import verify
from triage_agent.project import read_model
from triage_agent.recovery.rollback import TELL
from triage_agent.settings import Settings
from triage_agent.targets import ANCHORS

STAMPS = ("LastModifiedDate", "LastModifiedById", "SystemModstamp")
"""What Salesforce itself sets at each change."""
WITHDRAWN, MARK = "Withdrawn by Dana Reyes, ", "Withdrawn by "
MARKED, NOTE = ("triage_hand_over", "triage_approval"), "triage_incident"


@dataclass(frozen=True)
class Withdrawal:
    """All but the last are to be nothing, and that no more than there were kills.

    Nobody looks at a message before it is marked, so one may be marked twice.
    """

    COLUMNS: ClassVar = (
        *("leads\nwrong", "tasks\nwrong", "posts\nwrong", "of\nreps", "made,\ngone"),
        *("undone\ntwice", "notes\ntwice", "notes\nlost", "counts\noff", "not\nheld"),
        *("ledger\nfaults", "posts\nagain"),
    )
    leads: int = 0
    tasks: int = 0
    messages: int = 0
    of_reps: int = 0
    made_or_gone: int = 0
    undone_twice: int = 0
    notes_twice: int = 0
    notes_missing: int = 0
    counts: int = 0
    not_paused: int = 0
    faults: int = 0
    marked_again: int = 0

    @property
    def holds(self) -> bool:
        *wrong, _ = vars(self).values()
        return not any(wrong)

    @staticmethod
    def cells(sums: list[int]) -> list[str]:
        """What a table says of some."""
        return [*map(str, sums)]


def finished(found: Site) -> list[RollbackFinished]:
    """How each rollback ended that has."""
    with closing(wiring.open_ledger(found.target)) as ledger:
        return _told(ledger, RollbackFinished)


def withdrawn(found: Site, prepared: Prepared, ends: list[RollbackFinished]) -> Withdrawal:
    """`ends`: how each rollback is to have ended.

    Of one note at most, that on whose way it was killed, the ledger may say that nobody knows.
    """
    before, after = prepared.told("before"), prepared.told("after")
    state, of_reps = found.state(), prepared.told("changes")
    with closing(wiring.open_ledger(found.target)) as ledger:
        brake = wiring.brake_of(found.target, Settings.of(found.folder), ledger)
        reversals, left = _told(ledger, Reversed), _told(ledger, LeftAsIs)
        counts = {one.undone == len(reversals) and one.left == len(left) for one in ends}
        notes, due = [*_notes(state)], _recipients(found, ledger)
        unclear = {one.key for one in _told(ledger, Unclear)}
        return Withdrawal(
            leads=_leads_wrong(before, state, of_reps),
            tasks=_tasks_wrong(after, state, of_reps),
            messages=_messages_wrong(after, state),
            of_reps=_of_reps_changed(after, state, of_reps),
            made_or_gone=len(_all(after) ^ _all(state)),
            undone_twice=_twice(one.key for one in reversals)
            + _twice((one.key, one.fields) for one in left)
            + _twice(_written(state)),
            notes_twice=_twice(notes) + len({*notes} - due),
            notes_missing=len(due - unclear - {*notes}) + max(0, len(unclear) - 1),
            counts=(_told(ledger, RollbackFinished) != ends) + (counts != {True}),
            not_paused=not brake.why(),
            faults=len(verify(ledger, AnchorFile(found.target.folder / ANCHORS)).faults),
            marked_again=_twice(_shown(state)),
        )


def _leads_wrong(before: Json, state: Json, of_reps: Json) -> int:
    """Those that aren't as they were, but for what reps set."""
    now = {lead["Id"]: _unstamped(lead) for lead in state["salesforce"]["Lead"]}
    return sum(
        now.get(lead["Id"]) != _unstamped({**lead, **of_reps.get(f"Lead/{lead['Id']}", {})})
        for lead in before["salesforce"]["Lead"]
    )


def _tasks_wrong(after: Json, state: Json, of_reps: Json) -> int:
    """Those of the agent's that aren't as they were, but for the status, and a note on top."""
    now = {task["Id"]: task for task in tasks_of(state)}
    wrong = 0
    for task in tasks_of(after):
        if f"Task/{task['Id']}" not in of_reps:
            note, _, text = str(now[task["Id"]]["Description"]).partition("\n\n")
            withdrawn_so = {**now[task["Id"]], "Status": task["Status"], "Description": text}
            wrong += (
                not note.startswith(WITHDRAWN)
                or now[task["Id"]]["Status"] != "Deferred"
                or _unstamped(withdrawn_so) != _unstamped(task)
            )
    return wrong


def _of_reps_changed(after: Json, state: Json, of_reps: Json) -> int:
    """What they set isn't so any more; and of a task nothing at all may have been changed."""
    now = {task["Id"]: task for task in tasks_of(state)}
    return sum(
        any(
            record[name] != value for name, value in of_reps.get(f"Lead/{record['Id']}", {}).items()
        )
        for record in state["salesforce"]["Lead"]
    ) + sum(now[task["Id"]] != task for task in tasks_of(after) if f"Task/{task['Id']}" in of_reps)


def _messages_wrong(after: Json, state: Json) -> int:
    """Those that asked and don't say that they are withdrawn; of the others all that changed."""
    now = dict(_messages(state))
    return sum(
        not _is_marked(now.get(place, {})) if _kind(message) in MARKED else now[place] != message
        for place, message in _messages(after)
    )


def _is_marked(message: Json) -> bool:
    text = json.dumps(message)
    return MARK in text and '"actions"' not in text


def _all(state: Json) -> set[Hashable]:
    """Every record and message, but for incident notes and what Salesforce keeps of changes."""
    objects = ((name, some) for name, some in state["salesforce"].items() if "History" not in name)
    records = {(name, one["Id"]) for name, some in objects for one in some}
    return records | {place for place, message in _messages(state) if _kind(message) != NOTE}


def _messages(state: Json) -> Iterator[tuple[tuple[str, str], Json]]:
    for channel, some in state["slack"].items():
        yield from (((channel, message["ts"]), message) for message in some)


def _kind(message: Json) -> str | None:
    return (message.get("metadata") or {}).get("event_type")


def _notes(state: Json) -> Iterator[str]:
    """The keys of the incident notes."""
    for _, message in _messages(state):
        if _kind(message) == NOTE:
            yield message["metadata"]["event_payload"]["key"]


def _recipients(found: Site, ledger: Ledger) -> set[str]:
    """The keys of the notes that are due."""
    runs = {one.run for s in ledger.streams() for one in ledger.told(s, "RollbackStarted")}
    tell = read_model(found.folder).page.recovery.tell
    return {f"{run}.{TELL}{name}" for run in runs for name in tell}


def _written(state: Json) -> Iterator[Hashable]:
    """Each row that Salesforce was sent, by its record and the fields that it sets."""
    for request in _carried_out(state):
        for part in request["body"].get("compositeRequest", [request]):
            for row in part["body"]["records"] if part["method"] == "PATCH" else ():
                yield row["id"], *sorted(row)


def _shown(state: Json) -> Iterator[str]:
    """Each message that was changed."""
    for request in _carried_out(state):
        if request["path"].endswith("chat.update"):
            yield request["body"]["ts"]


def _carried_out(state: Json) -> Iterator[Json]:
    return (one for one in state["requests"] if one["body"] and one["status"] == 200)


Kind = TypeVar("Kind")


def _told(ledger: Ledger, kind: type[Kind]) -> list[Kind]:
    """What happened of a kind, wherever."""
    happened = (one for stream in ledger.streams() for one in ledger.told(stream, kind.__name__))
    return [one.event for one in happened if isinstance(one.event, kind)]


def _unstamped(record: Json) -> Json:
    """What people put in; a field that was emptied is as one that never held anything."""
    return {name: v for name, v in record.items() if name not in STAMPS and v is not None}


def _twice(keys: Iterable[Hashable]) -> int:
    """How often something is there once more."""
    return sum(count - 1 for count in Counter(keys).values())
