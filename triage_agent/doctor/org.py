"""The page against a Salesforce org as its credentials see it. Pure.

Each check yields a finding for what it sees wrong, and nothing where all is well.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from triage_agent.connectors.salesforce.inspecting import (
    BY_RIGHT,
    HISTORY,
    OPEN,
    RIGHTS,
    SHARED,
    FieldSeen,
    ObjectSeen,
    OrgSeen,
)
from triage_agent.doctor.finding import Finding, Kind, some
from triage_agent.operating_model.action_rules import is_fixed
from triage_agent.operating_model.grants import Grant, grants, tracked
from triage_agent.operating_model.kinds import Scalar
from triage_agent.operating_model.schema import Page

Found = Iterator[Finding]

DEPLOY = "deploy deploy/salesforce, and assign its permission set to the agent's user"
ONLY = "leave its user the permission set of deploy/salesforce alone"
MAILS = "ask its owner whether it mails anybody, or refuses a change, when the agent writes"
_ADMIN = "ask an administrator to look in Setup"


def _row(kind: Kind, check: str, what: str, cure: str) -> Finding:
    return Finding(kind=kind, check=check, system="salesforce", what=what, cure=cure)


too_much, too_little, different, question, held = (partial(_row, kind) for kind in Kind)


def findings(page: Page, seen: OrgSeen) -> Found:
    """All that is to be said of the org, by kind."""
    for check in _CHECKS:
        yield from check(page, seen)


def _visible(page: Page, seen: OrgSeen) -> Iterator[tuple[Grant, ObjectSeen]]:
    """What the page needs of each object, beside what can be seen of it."""
    for name, grant in grants(page).items():
        if name in seen.objects:
            yield grant, seen.objects[name]


def _missing_objects(page: Page, seen: OrgSeen) -> Found:
    for name in grants(page):
        if name not in seen.objects:
            yield too_little("object", f"{name} can't be read", DEPLOY)


def _missing_fields(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        for name in grant.sees:
            if name not in there.fields:
                ours = name in grant.sets and name.endswith("__c")
                cure = DEPLOY if ours else f"{DEPLOY}; or take it off the page, if it isn't there"
                yield too_little("field", f"{there.name}.{name} is hidden or isn't there", cure)


def _missing_rights(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        right = BY_RIGHT.get(there.name)
        wanted = {"create": grant.create, "edit": grant.edit}
        for name in [name for name, granted in wanted.items() if granted]:
            if name not in there.may:
                why = f", as the user permission {right} is missing" if right else ""
                yield too_little("object_right", f"may not {name} {there.name}{why}", DEPLOY)
            elif fixed := [f.name for f in _set(grant, there) if not _can(f, name)]:
                what = f"may not set {some(fixed)} of {there.name}"
                yield too_little("field_right", what, DEPLOY)


def _set(grant: Grant, there: ObjectSeen) -> list[FieldSeen]:
    return [there.fields[name] for name in grant.sets if name in there.fields]


def _can(one: FieldSeen, what: str) -> bool:
    return one.may_create if what == "create" else one.may_edit


def _hidden_records(page: Page, seen: OrgSeen) -> Found:
    """Records that sharing hides: a conflict with one of them would go unseen."""
    everything = seen.rights & {"ViewAllData", "ModifyAllData"}
    for name in grants(page):
        if seen.models.get(name) != "Private" or everything or name in seen.views_all:
            continue
        what = f"{name} is shared privately: records of others are hidden, and conflicts with them"
        if SHARED in seen.unseen:
            cure = f"{_ADMIN} whether the permission set has View All for {name}"
            yield question("sharing", f"{what}, unless View All is given", cure)
        else:
            yield too_little("sharing", what, DEPLOY)


def _untracked(page: Page, seen: OrgSeen) -> Found:
    item = page.workflow.item.object
    if item not in seen.objects or HISTORY in seen.unseen:
        return
    there = seen.objects[item].fields
    if missing := [name for name in tracked(page) if name in there and name not in seen.tracked]:
        what = f"{item} keeps no history of {some(missing)}, so outcomes can't be told from it"
        cure = f"in Setup, Object Manager, {item}: set history tracking for them"
        yield too_little("history", what, cure)


def _excess_objects(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        if there.name in OPEN or there.name in BY_RIGHT:
            continue
        needed = {*(["create"] if grant.create else []), *(["edit"] if grant.edit else [])}
        if excess := sorted(there.may - needed):
            what = f"may {' and '.join(excess)} {there.name}, which the page never does"
            yield too_much("object_right", what, ONLY)


def _excess_fields(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        if there.name in OPEN:
            continue
        wholes = {there.fields[name].part_of for name in grant.sees if name in there.fields}
        securable = [
            one for one in there.fields.values()
            if one.securable and (one.part_of is None or one.part_of not in wholes)
        ]  # fmt: skip
        shown = [one.name for one in securable if one.name not in grant.sees]
        if shown:
            what = f"sees of {there.name} beyond the page: {some(shown)}"
            yield too_much("field", what, ONLY)
        settable = [
            one.name for one in securable
            if one.name in grant.sees and one.name not in grant.sets and _settable(one, there)
        ]  # fmt: skip
        if settable:
            what = f"may set {some(settable)} of {there.name}, which the page never does"
            yield too_much("field_right", what, ONLY)


def _settable(one: FieldSeen, there: ObjectSeen) -> bool:
    return (one.may_create and "create" in there.may) or (one.may_edit and "edit" in there.may)


def _excess_others(_page: Page, seen: OrgSeen) -> Found:
    for name, may in seen.others.items():
        rights = ", ".join(["read", *sorted(may)])
        yield too_much("other_object", f"may {rights} {name}, which isn't on the page", ONLY)


def _excess_rights(_page: Page, seen: OrgSeen) -> Found:
    for name in sorted(seen.rights & RIGHTS.keys()):
        yield too_much("user_right", f"has {name}: may {RIGHTS[name]}", ONLY)
    for name in sorted(seen.changes_all):
        what = f"has Modify All for {name}: may change and delete every record of it"
        yield too_much("user_right", what, ONLY)


def _picklists(page: Page, seen: OrgSeen) -> Found:
    for name, column, wanted in dict.fromkeys(_named_values(page)):
        there = seen.objects.get(name)
        known = there.fields.get(column) if there else None
        if there is None or known is None or not known.values or not isinstance(wanted, str):
            continue
        if wanted not in known.values:
            what = f"{name}.{column} has no value {wanted!r}, which the page names"
            cure = f"write one that it has on the page: {some([*known.values])}"
            yield different("picklist", what, cure)
        elif wanted in there.lacks.get(column, ()):
            what = f"{name}.{column}: its record type {there.record_type} lacks {wanted!r}"
            cure = f"add the value to the record type {there.record_type}, or name another"
            yield different("record_type", what, cure)


def _named_values(page: Page) -> Iterator[tuple[str, str, Scalar]]:
    item = page.workflow.item
    yield from ((item.object, column, value) for column, value in item.new_when.items())
    for name, grant in grants(page).items():
        for column, values in grant.sets.items():
            yield from ((name, column, value) for value in values if is_fixed(value))
    for conflict in page.stops_when.conflicting_information.conflicts:
        for place, values in conflict.values.items():
            name, _, column = place.partition(".")
            yield from ((name, column, value) for value in values)


def _members(page: Page, seen: OrgSeen) -> Found:
    for name, team in page.teams.items():
        for member in team.members:
            if member.salesforce[:15] not in seen.users:
                what = f"{member.name} of {name}: no active user has the id {member.salesforce}"
                yield different("member", what, "correct the id on the page, or take them off it")


def _required(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        if grant.create and (
            missing := [
                one.name for one in there.fields.values()
                if one.required and one.name not in grant.sets
            ]
        ):  # fmt: skip
            what = f"a new {there.name} needs {some(missing)}, which the page doesn't set"
            cure = "set it on the page, or let the org not require it of the agent's user"
            yield different("required_field", what, cure)


def _record_types(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        if grant.create and there.record_type:
            what = f"a new {there.name} gets the record type {there.record_type}"
            cure = "ask whether that is meant; the default is set by the user's profile"
            yield question("record_type", what, cure)


def _rules(_page: Page, seen: OrgSeen) -> Found:
    for rule in seen.rules:
        yield question("automation", f"{rule.object} has the {rule.kind} {rule.name}", MAILS)


def _upserts(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        for key in grant.keys:
            if key in there.fields and not there.fields[key].key:
                what = f"{there.name} takes no upsert by {key}: keys are looked up before a write"
                cure = "works so, with a request more a batch; make the field an external id"
                yield question("upsert", what, cure)


def _shared_edits(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        closed = seen.models.get(there.name) in ("Private", "Read")
        if grant.edit and closed and there.name not in seen.changes_all:
            what = f"{there.name} is not open to changes by everybody: others' records may refuse"
            cure = f"open the {there.name} records that it works on to the user by a sharing rule"
            yield question("sharing", what, cure)


def _unseen(page: Page, seen: OrgSeen) -> Found:
    if seen.unseen:
        written = [grant.object for grant in grants(page).values() if grant.sets]
        what = f"these credentials can't see {some([*seen.unseen])}"
        cure = f"{_ADMIN} for those on {some(written)}, and what they do when the agent writes"
        yield question("unseen", what, cure)


def _held(page: Page, seen: OrgSeen) -> Found:
    for grant, there in _visible(page, seen):
        if not grant.sets:
            continue
        open_fields = [
            one.name for one in there.fields.values()
            if not one.securable and _settable(one, there) and one.name not in grant.sets
        ]  # fmt: skip
        fixed = [name for name, values in grant.sets.items() if any(map(is_fixed, values))]
        if open_fields:
            what = f"Salesforce can't keep {some(open_fields)} of {there.name} from being set"
            yield held("fields", what, _HELD)
        if fixed:
            what = f"Salesforce can't keep {some(fixed)} of {there.name} to the page's values"
            yield held("values", what, _HELD)
        if there.name in BY_RIGHT and there.may & {"delete", "edit"}:
            what = f"{BY_RIGHT[there.name]} lets it change and delete every {there.name} it sees"
            yield held("deletion", what, _HELD)


_HELD = "held by the wire guard"

_CHECKS: Sequence[Callable[[Page, OrgSeen], Found]] = (
    _excess_rights, _excess_objects, _excess_fields, _excess_others,
    _missing_objects, _missing_fields, _missing_rights, _hidden_records, _untracked,
    _picklists, _members, _required,
    _record_types, _rules, _upserts, _shared_edits, _unseen,
    _held,
)  # fmt: skip
