"""Makes requests for somebody's word, each with what the record holds at that moment."""

from collections.abc import Sequence
from datetime import datetime

from triage_agent.connectors.salesforce.writing import Writer
from triage_agent.decision.actions import UpdateRecord
from triage_agent.decision.asking import Asking
from triage_agent.decision.events import Failed, Overtaken
from triage_agent.decision.review_events import Asked
from triage_agent.effects.deliver import Entry
from triage_agent.errors import ConnectorError
from triage_agent.operating_model.schema import Page

ASK = "ask "
"""Before an action's name: the step that asks for it."""


def ask(writer: Writer, page: Page, some: Sequence[Asking], now: datetime) -> list[Entry]:
    """`Asked` for each whose record still is what was judged; its message is posted afterwards."""
    records = {one.item.record.id: one.item.record for one in some}
    try:
        standing = writer.standing(page, list(records.values()))
    except ConnectorError as exc:
        return [
            (one.item.id, Failed(action=f"{ASK}{one.action.name}", code=exc.code, reason=str(exc)))
            for one in some
        ]
    entries: list[Entry] = []
    for one in some:
        name, found = one.action.name, standing[one.item.record.id]
        if found.change:
            gone = Overtaken(action=name, key=f"{one.item.id}.{name}", how=found.change)
            entries.append((one.item.id, gone))
            continue
        is_update = isinstance(one.action, UpdateRecord)
        was = {field: found.fields[field] for field in one.action.fields} if is_update else {}
        approval = one.approval(was, now)
        asked = Asked(
            action=name,
            number=one.number,
            who=approval.who,
            digest=approval.digest,
            expires_at=approval.expires_at,
            approval=approval,
        )
        entries.append((one.item.id, asked))
    return entries
