"""What one section of the page promises to another, held before anything runs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from triage_agent.operating_model.action_rules import (
    DECISION_VALUES,
    RECORD_OWNER,
    CreateAction,
    DraftAction,
    PostAction,
    UpdateAction,
    WritesRecords,
    is_fixed,
    placeholders,
)
from triage_agent.operating_model.kinds import DomainOf
from triage_agent.operating_model.schema import DEPUTY, FILE, OWNER, UNCLEAR, Page, several
from triage_agent.operating_model.stop_rules import Conflict

Path = tuple[str | int, ...]
Found = Iterator[tuple[Path, str]]


def contradictions(page: Page) -> Found:
    """Every place where the page doesn't fit itself, with what to write instead.

    Sections that aren't well formed are left out, and with them what they have to fit.
    """
    there = page.model_fields_set
    if {"workflow", "reads"} <= there and page.workflow.item.object not in page.reads:
        yield ("workflow", "item", "object"), f"{page.workflow.item.object} is not under reads"
        there = there - {"reads"}  # nothing about it can be judged before this
    for check, sections in _CHECKS.items():
        if sections <= there:
            yield from check(page)


def _item_is_read(page: Page) -> Found:
    item = page.workflow.item
    read = page.item_read
    for index, field in enumerate(item.request_text):
        if field not in read.shown_to_model:
            path = ("workflow", "item", "request_text", index)
            yield path, f"{field} is not in reads.{item.object}.shown_to_model"
    for field in item.came_by:
        if field not in read.fields:
            yield ("workflow", "item", "came_by", field), f"{field} is not read of {item.object}"


def _shown_is_read(page: Page) -> Found:
    for name, read in page.reads.items():
        for index, field in enumerate(read.shown_to_model):
            if name != page.workflow.item.object:
                yield ("reads", name, "shown_to_model"), "only the item itself is shown"
            elif field not in read.fields:
                yield ("reads", name, "shown_to_model", index), f"{field} is not among its fields"
        if read.masked_in_text and not read.shown_to_model:
            yield ("reads", name, "masked_in_text"), "nothing of it is shown to the model"


def _not_to_is_read(page: Page) -> Found:
    for field in page.drafts.not_to:
        if field not in _item_fields(page):
            yield ("drafts", "not_to", field), f"{field} is not read of {page.workflow.item.object}"


def _owner_and_headline_are_read(page: Page) -> Found:
    owner, path = page.workflow.item.owner, ("workflow", "item", "owner")
    if owner.is_ not in page.reads:
        yield (*path, "is"), f"{owner.is_} is not under reads"
    for field in owner.when:
        if owner.is_ in page.reads and field not in _fields(page, owner.is_):
            yield (*path, "when", field), f"{owner.is_}.{field} is not read"
    for name, read in page.reads.items():
        for index, field in enumerate(read.headline):
            if field not in read.fields:
                yield ("reads", name, "headline", index), f"{field} is not among its fields"


def _matches_are_read(page: Page) -> Found:
    item = page.workflow.item.object
    before: list[str] = []
    for name, read in page.reads.items():
        if name == item and read.match:
            yield ("reads", name, "match"), "the item itself is found by workflow.item"
        if name != item and not read.match:
            yield ("reads", name), "match is missing: how are its records found?"
        for index, alternative in enumerate(read.match):
            yield from _alternative(page, name, index, alternative, before)
        before.append(name)


def _alternative(
    page: Page,
    name: str,
    index: int,
    alternative: dict[str, str | list[str] | DomainOf],
    before: Sequence[str],
) -> Found:
    path: Path = ("reads", name, "match", index)
    if len(alternative) != 1:
        yield path, "an alternative matches exactly one field; write each as its own"
    for field, given in alternative.items():
        for source in several(given):
            written = source.domain_of if isinstance(source, DomainOf) else source
            other, dot, wanted = written.rpartition(".")
            if dot and other not in before:
                yield (*path, field), f"{other} is not read above {name}"
            elif wanted not in ("Id", *_fields(page, other or page.workflow.item.object)):
                yield (*path, field), f"{written} is not read"


def _needs_are_read(page: Page) -> Found:
    for index, need in enumerate(page.stops_when.missing_data.needs):
        for one in need if isinstance(need, list) else [need]:
            field = one.domain_of if isinstance(one, DomainOf) else one
            if field != "request" and field not in _item_fields(page):
                yield ("stops_when", "missing_data", "needs", index), f"{field} is not read"


def _conflicts_are_read(page: Page) -> Found:
    for index, conflict in enumerate(page.stops_when.conflicting_information.conflicts):
        path: Path = ("stops_when", "conflicting_information", "conflicts", index)
        key = "contradicted_by" if conflict.contradicted_by else "confirmed_by"
        for place in conflict.values:
            if not _is_read(page, place):
                yield (*path, key, place), f"{place} is not read"
        for field in conflict.given_in:
            if field not in _item_fields(page):
                yield (*path, "given_in"), f"{field} is not read of {page.workflow.item.object}"
        for name in conflict.unless_told_in:
            if name not in page.reads:
                yield (*path, "unless_told_in"), f"{name} is not under reads"
        yield from _differs(page, path, conflict)


def _differs(page: Page, path: Path, conflict: Conflict) -> Found:
    """A place reached over another record is one that some object is found by."""
    reached = conflict.differs_from or ""
    over, _, last = reached.rpartition(".")
    if "." in over:
        ends = [name for name, read in page.reads.items() if ("Id", over) in read.sources]
        if not any(last in _fields(page, name) for name in ends):
            yield (*path, "differs_from"), f"no object that reads {last} is found by {over}"
    elif reached and not _is_read(page, reached):
        yield (*path, "differs_from"), f"{reached} is not read"


def _is_read(page: Page, place: str) -> bool:
    name, _, field = place.partition(".")
    return field in _fields(page, name)


def _fields(page: Page, name: str) -> list[str]:
    return page.reads[name].fields if name in page.reads else []


def _item_fields(page: Page) -> list[str]:
    return _fields(page, page.workflow.item.object)


def _actions_are_whole(page: Page) -> Found:
    for name, rule in page.may.items():
        path: Path = ("may", name)
        if name in page.never:
            yield path, "stands under never as well"
        if isinstance(rule, UpdateAction) and rule.update != page.workflow.item.object:
            yield (*path, "update"), f"only the item itself, {page.workflow.item.object}, can be"
        if isinstance(rule, PostAction) and rule.post_to not in page.teams:
            yield (*path, "post_to"), f"{rule.post_to} is none of teams"
        if isinstance(rule, CreateAction):
            yield from _creates(page, path, rule)
        if isinstance(rule, UpdateAction | CreateAction):
            known = {*DECISION_VALUES, *_item_fields(page)}
            if isinstance(rule, UpdateAction):
                known -= {"assignee", "due_date"}
            for unknown in sorted(placeholders(rule.set) - known):
                yield (*path, "set"), f"<{unknown}> is neither of the decision nor read"
    if not any(isinstance(rule, PostAction) for rule in page.may.values()):
        yield ("may",), "nothing posts a stopped item to a team, so a stop would reach nobody"


def _creates(page: Page, path: Path, rule: CreateAction) -> Found:
    if rule.set.get(rule.key) != "<key>":
        yield (*path, "key"), f"set must give {rule.key} the value <key>"
    for index, receiver in enumerate(rule.for_):
        if receiver != RECORD_OWNER and receiver not in page.teams:
            yield (*path, "for", index), f"{receiver} is none of teams"
    if rule.for_[-1] == RECORD_OWNER:
        yield (*path, "for"), "ends with record_owner; end it with a team, somebody must get it"


def _posts_when_stopped(page: Page) -> Found:
    for name, rule in page.may.items():
        if isinstance(rule, PostAction) and rule.when != "stopped":
            yield ("may", name, "when"), "a message is a hand-over: write stopped"
        if isinstance(rule, CreateAction | DraftAction) and rule.when != "settled":
            yield ("may", name, "when"), "a stopped item gets no draft and no record: write settled"


def _categories_can_be_served(page: Page) -> Found:
    kinds = {type(rule) for rule in page.may.values()}
    for name, category in page.workflow.categories.items():
        path: Path = ("workflow", "categories", name)
        if name == UNCLEAR:
            yield path, "is what fits no category; name another"
        if category.reply == "draft" and DraftAction not in kinds:
            yield (*path, "reply"), "no action under may drafts a reply; add one, or write none"
        if category.task == "yes" and CreateAction not in kinds:
            yield (*path, "task"), "no action under may creates a record; add one, or write no"
        if category.reply == "draft" and category.task == "no":
            yield (*path, "task"), "nobody would receive its draft; write yes, or reply: none"


def _costly_pairs_are_categories(page: Page) -> Found:
    path: Path = ("stops_when", "low_confidence", "costly_pairs")
    for index, pair in enumerate(page.stops_when.low_confidence.costly_pairs):
        for place, name in enumerate(pair):
            if name not in page.workflow.categories:
                yield (*path, index, place), f"{name} is none of the categories"
        if len({*pair}) == 1:
            yield (*path, index), "is one category twice; write two that must not be confused"


_VAGUE = re.compile(
    r"\b(?:team|department|dept|division|group|committee|everyone|everybody|all)\b", re.IGNORECASE
)


def _owner_is_a_person(page: Page) -> Found:
    """The role may say which team they lead: `Head of …`."""
    for path, person in ((OWNER,), page.owner), ((OWNER, DEPUTY), page.owner.deputy):
        if vague := _VAGUE.search(person.name):
            yield (*path, "name"), f"{vague[0]} is nobody in particular; name a person"
    if page.owner.deputy.login == page.owner.login:
        yield (OWNER, DEPUTY, "login"), "is the owner's own; a deputy is somebody else"


def _people_are_known(page: Page) -> Found:
    recovery, logs = page.recovery, page.logs
    told = [name if name != FILE else OWNER for name in logs.anchors_to]
    for section, key, names in (
        ("recovery", "may_pause", recovery.may_pause),
        ("recovery", "may_roll_back", recovery.may_roll_back),
        ("recovery", "tell", recovery.tell),
        ("logs", "anchors_to", told),
        ("logs", "may_erase", logs.may_erase),
        ("weekly_review", "by", page.weekly_review.by),
    ):
        for index, name in enumerate(names):
            if not page.people(name):
                or_file = f", or {FILE}" if key == "anchors_to" else ""
                yield (section, key, index), f"{name} is nobody: {_SOMEBODY}{or_file}"


def _approvers_are_known(page: Page) -> Found:
    for name, rule in page.may.items():
        ask = rule.ask if isinstance(rule, WritesRecords) else None
        if ask and not page.people(ask.who):
            yield ("may", name, "ask", "who"), f"{ask.who} is nobody: {_SOMEBODY}"


def _choices_are_whole(page: Page) -> Found:
    """Something else may be written only where the page itself spells out what is."""
    for name, rule in page.may.items():
        ask = rule.ask if isinstance(rule, WritesRecords) else None
        for field, others in ask.instead.items() if ask else ():
            path: Path = ("may", name, "ask", "instead", field)
            assert isinstance(rule, WritesRecords)
            if field not in rule.set or not is_fixed(rule.set[field]):
                yield path, f"set gives {field} no value of the page's own"
            elif not others or any(others.count(one) > 1 for one in others):
                yield path, "name each other value once"
            elif rule.set[field] in others or not all(map(is_fixed, others)):
                yield path, "write other values than set does, spelled out"


def _records_can_be_withdrawn(page: Page) -> Found:
    """Only what the agent itself wrote is set otherwise, and to what the page spells out."""
    for name, rule in page.may.items():
        if not isinstance(rule, CreateAction):
            continue
        path, undo = ("may", name, "undo"), rule.undo
        for field, value in undo.set.items():
            if field not in rule.set or field in (rule.key, undo.note_in):
                yield (*path, "set", field), "is no field of set, or that of its key or its note"
            elif not is_fixed(value) or value == rule.set[field]:
                yield (*path, "set", field), "write another value than set does, spelled out"
        if undo.note_in not in rule.set or undo.note_in == rule.key:
            yield (*path, "note_in"), f"set gives {undo.note_in} no text that a note can stand in"


def _waiting_is_told(page: Page) -> Found:
    for name, team in page.teams.items():
        if team.then == name:
            yield ("teams", name, "then"), f"{name} has been told before: {_SOMEBODY} but itself"
        elif not page.people(team.then):
            yield ("teams", name, "then"), f"{team.then} is nobody: {_SOMEBODY}"
        if team.claim_within <= team.remind_after:
            yield ("teams", name, "claim_within"), "ends before remind_after; write more than that"


_SOMEBODY = "write owner, deputy or one of teams"


def _masks_hide_nothing_needed(page: Page) -> Found:
    """Of a masked field it is known whether it is there, and nothing else."""
    item, read = page.workflow.item, page.item_read
    needed = {*read.shown_to_model, *read.headline, *item.request_text, *item.new_when}
    needed |= {*item.came_by}
    needed |= {*page.drafts.not_to}
    for rule in page.may.values():
        needed |= placeholders(rule.set) if isinstance(rule, WritesRecords) else set()
        needed |= {*rule.set} if isinstance(rule, UpdateAction) else set()
    for conflict in page.stops_when.conflicting_information.conflicts:
        needed |= {*conflict.given_in}
    for need in page.stops_when.missing_data.needs:
        for one in need if isinstance(need, list) else [need]:
            needed |= {one.domain_of} if isinstance(one, DomainOf) else set()
    for index, field in enumerate(page.logs.masks):
        if field not in read.fields:
            yield ("logs", "masks", index), f"{field} is not read of {item.object}"
        elif field in needed:
            yield ("logs", "masks", index), f"{field} is needed elsewhere, so it can't be masked"


def _outcomes_can_be_seen(page: Page) -> Found:
    """Records of the item's object, and of what actions create, are all that is looked at."""
    made: dict[str, set[str]] = {}
    for rule in page.may.values():
        if isinstance(rule, CreateAction):
            made.setdefault(rule.create, set()).update(rule.set)
    item = page.workflow.item.object
    for name, seen in page.outcomes.seen_as.items():
        path: Path = ("outcomes", "seen_as", name, seen.way)
        if seen.object != item and seen.object not in made:
            yield path, f"{seen.object} is neither the item's object nor made by an action"
        elif seen.changed and seen.object != item and seen.field not in made[seen.object]:
            yield path, f"no action sets {seen.changed}, so nobody knows what it was"
        elif seen.changed and seen.object == item and seen.field in page.logs.masks:
            yield path, f"{seen.field} is masked in the logs, so its changes can't be told"
        elif seen.said_in and not page.draft_holders:
            yield (
                (*path[:-1], "said_in"),
                "no action creates a record with a <draft> to compare with",
            )


def _outcomes_are_known(page: Page) -> Found:
    rules = page.outcomes
    for key, names in (("first_touch", rules.first_touch), ("clean_up", rules.clean_up)):
        for index, name in enumerate(names):
            if name not in rules.seen_as:
                yield ("outcomes", key, index), f"{name} is none of seen_as"


_CHECKS: Mapping[Callable[[Page], Found], frozenset[str]] = {
    check: frozenset(sections.split())
    for check, sections in {
        _item_is_read: "workflow reads",
        _shown_is_read: "workflow reads",
        _owner_and_headline_are_read: "workflow reads",
        _matches_are_read: "workflow reads",
        _needs_are_read: "workflow reads stops_when",
        _conflicts_are_read: "workflow reads stops_when",
        _actions_are_whole: "workflow reads may never teams",
        _posts_when_stopped: "may",
        _categories_can_be_served: "workflow may",
        _costly_pairs_are_categories: "workflow stops_when",
        _owner_is_a_person: "owner",
        _people_are_known: "owner teams recovery logs weekly_review",
        _approvers_are_known: "owner teams may",
        _choices_are_whole: "may",
        _records_can_be_withdrawn: "may",
        _waiting_is_told: "owner teams",
        _masks_hide_nothing_needed: "workflow reads may stops_when drafts logs",
        _not_to_is_read: "workflow reads drafts",
        _outcomes_can_be_seen: "workflow reads may outcomes logs",
        _outcomes_are_known: "outcomes",
    }.items()
}
"""Each check, and the sections that it looks at."""
