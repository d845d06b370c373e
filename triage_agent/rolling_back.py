"""How people learn what came of undoing what a target's agent did."""

from contextlib import closing

from triage_agent.targets import Target
from triage_agent.wiring import open_ledger


def incident(target: Target, name: str | None, *, as_json: bool) -> str:
    """The note of a rollback, the last one where none is named: in Markdown, or as one object."""
    from triage_agent.project import read_model
    from triage_agent.recovery import incident as notes

    page = read_model(target.project).page
    with closing(open_ledger(target)) as ledger:
        told = notes.incident(ledger, page, name)
    return told.model_dump_json(indent=2) if as_json else notes.as_markdown(told, page).rstrip()
