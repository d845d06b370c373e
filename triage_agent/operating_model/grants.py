"""What the page grants its credentials: of each object, the fields that they may see and set."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from triage_agent.operating_model.action_rules import (
    CreateAction,
    PostAction,
    UpdateAction,
    WritesRecords,
    allowed,
)
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import DEPUTY, FILE, OWNER, Page, is_own


@dataclass
class Grant:
    """One object. `sets`: its fields that actions set, each with all that the page writes there.

    `keys`: those of them that carry an item's key. What waits for somebody's word is granted, too.
    """

    object: str
    sees: list[str] = field(default_factory=list)
    sets: dict[str, list[Scalar]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    create: bool = False
    edit: bool = False


def grants(page: Page) -> dict[str, Grant]:
    """What is granted of each object, by its name, in the page's order."""
    granted = {name: Grant(name, sees=[*read.fields]) for name, read in page.reads.items()}
    for name, column in _looked_up(page):
        granted[name].sees.append(column)
    for rule in page.may.values():
        if isinstance(rule, UpdateAction):
            grant = granted.setdefault(rule.update, Grant(rule.update))
            grant.edit = True
        elif isinstance(rule, CreateAction):
            grant = granted.setdefault(rule.create, Grant(rule.create))
            grant.create = True
            grant.keys.append(rule.key)
            for column, value in rule.undo.set.items():
                grant.sets.setdefault(column, []).append(value)
        else:
            continue
        for column in rule.set:
            grant.sees.append(column)
            grant.sets.setdefault(column, []).extend(allowed(rule, column))
    for seen in page.outcomes.seen_as.values():
        shown = [name for name in (seen.field, seen.said_in) if name]
        if shown:
            granted.setdefault(seen.object, Grant(seen.object)).sees.extend(shown)
    for grant in granted.values():
        grant.sees = list(dict.fromkeys(one for one in grant.sees if one != "Id"))
    return granted


def channels(page: Page) -> dict[str, str]:
    """The channels that anything is said in, by the name of whoever is there: teams and people."""
    told = [name for name in page.logs.anchors_to if name != FILE]
    told += (team.then for team in page.teams.values())
    names = (*_deciding(page), *page.recovery.tell, *page.weekly_review.by, *told, OWNER)
    return {name: page.channel_of(name) for name in names}


def posted_in(page: Page) -> frozenset[str]:
    """The channels that people decide in: where items are handed over, and asked about."""
    return frozenset(page.teams[team].channel for team in _deciding(page))


def _deciding(page: Page) -> Iterator[str]:
    """The teams in whose channels people decide."""
    for rule in page.may.values():
        if isinstance(rule, PostAction):
            yield rule.post_to
        elif isinstance(rule, WritesRecords) and rule.ask:
            yield page.team_asked(rule.ask.who)


def everybody(page: Page) -> list[str]:
    """All names of the page behind which there are people."""
    return [OWNER, DEPUTY, *page.teams]


def _looked_up(page: Page) -> Iterator[tuple[str, str]]:
    """The fields that records are found by, without being read."""
    item = page.workflow.item
    yield from ((item.object, column) for column in item.new_when)
    yield from ((item.owner.is_, column) for column in item.owner.when)
    for name, read in page.reads.items():
        for column, source in read.sources:
            yield name, column
            if is_own(source):
                yield item.object, source


def tracked(page: Page) -> list[str]:
    """The item's fields whose history is needed: outcomes are told from their changes."""
    own = page.outcomes.of(page.workflow.item.object)
    return list(dict.fromkeys(seen.field for _, seen in own if seen.changed and seen.field))
