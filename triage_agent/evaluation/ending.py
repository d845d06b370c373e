"""What the systems and the ledger hold of each case once the agent has been at work on it.

Read through the systems' own interfaces, so that it doesn't matter who stands behind them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from triage_agent.authority import soql
from triage_agent.connectors.salesforce.client import SalesforceClient
from triage_agent.connectors.slack import SlackConnector, key_of
from triage_agent.decision.events import Happened
from triage_agent.decision.story import Story
from triage_agent.ledger.store import Ledger
from triage_agent.operating_model.grants import channels
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

Fields = Mapping[str, Scalar]
Snapshot = Mapping[str, Mapping[str, Fields]]
"""What an org holds: by object, by id."""
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Said:
    """A message of the agent: in which channel, of which action, and every word of it."""

    channel: str
    action: str
    text: str


@dataclass
class Ending:
    """What became of a case's record.

    `made`: the records that are new, each with its object. `strange`: what was changed besides.
    `events`: none where no item was made of it.
    """

    record_id: str
    before: Fields
    after: Fields
    story: Story = field(default_factory=Story)
    item: str = ""
    events: Sequence[Happened] = ()
    made: list[tuple[str, Fields]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def snapshot(org: SalesforceClient, page: Page) -> Snapshot:
    """Every record that the page knows of, as far as it does."""
    return {
        name: {row["Id"]: {**row} for row in org.query(query)}
        for name, query in soql.whole(page).items()
    }


def in_order(org: SalesforceClient, page: Page) -> list[str]:
    """The ids of the items' records, the first case's first."""
    return [row["Id"] for row in org.query(soql.oldest_first(page))]


def endings(
    ids: Sequence[str],
    before: Snapshot,
    after: Snapshot,
    ledger: Ledger,
    slack: SlackConnector,
    page: Page,
) -> list[Ending]:
    """What became of each, in their order."""
    name = page.workflow.item.object
    found = {one: Ending(one, before[name][one], after[name].get(one, {})) for one in ids}
    for one, items in ledger.known("live", ids).items():
        events = ledger.events(items[-1])
        found[one].item, found[one].events = items[-1], events
        found[one].story = Story.of(events)
    _compare(found, before, after)
    by_item = {one.item: one for one in found.values() if one.item}
    for item, said in _said(slack, page):
        if item in by_item:
            by_item[item].said.append(said)
    return list(found.values())


def _compare(found: Mapping[str, Ending], before: Snapshot, after: Snapshot) -> None:
    """Gives each new or changed record to the case that it is about, or was read for."""
    for name, records in after.items():
        for record_id, fields in records.items():
            if record_id in found:
                continue
            was = before[name].get(record_id)
            if was is None:
                whose = next((found[str(v)] for v in fields.values() if str(v) in found), None)
                if whose:
                    whose.made.append((name, fields))
                else:
                    _strange(found, record_id, f"made a {name} that is about nobody")
            elif was != fields:
                _strange(found, record_id, f"changed {name} {record_id}")
    for name, records in before.items():
        for record_id in records.keys() - after[name].keys():
            _strange(found, record_id, f"{name} {record_id} is gone")


def _strange(found: Mapping[str, Ending], record_id: str, what: str) -> None:
    theirs = [found[record_id]] if record_id in found else []
    theirs += [e for e in found.values() if record_id in {one.id for one in e.story.related}]
    for ending in theirs or [*found.values()][:1]:
        ending.strange.append(what)


def _said(slack: SlackConnector, page: Page) -> Iterator[tuple[str, Said]]:
    """Each message about an item, with the item."""
    for channel in dict.fromkeys(channels(page).values()):
        for message in slack.said(channel, _EPOCH):
            if key := key_of(message):
                item, _, action = key.partition(".")
                yield item, Said(channel, action, " ".join(_texts(message)))


def _texts(part: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Every text of a message that a person sees, links included."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name in ("text", "url", "user_id") and isinstance(value, str):
                yield value
            elif name != "metadata":
                yield from _texts(value)
    elif isinstance(part, list):
        for one in part:
            yield from _texts(one)
