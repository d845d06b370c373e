"""A page loads whole, or says at once everything that is wrong with it, and where."""
# ruff: noqa: E501 - a case stands on one line, as in a table

import hashlib

import pytest

from triage_agent.errors import BadPage
from triage_agent.operating_model.loading import FILE, QUESTIONS, load
from triage_agent.operating_model.schema import Page


def problems_of(text: str) -> list[str]:
    with pytest.raises(BadPage) as refusal:
        load(text)
    return [str(problem) for problem in refusal.value.problems]


def changed(text: str, old: str, new: str) -> str:
    assert 1 == text.count(old), old
    return text.replace(old, new)


def line_of(text: str, words: str) -> int:
    """The one line of a text on which the words stand."""
    (line,) = [number for number, line in enumerate(text.splitlines(), 1) if words in line]
    return line


def place_of(text: str, words: str) -> str:
    """Where the words begin, which stand there once; a blank before them isn't counted."""
    assert 1 == text.count(words), words
    above, _, left = text[: text.index(words) + len(words) - len(words.lstrip())].rpartition("\n")
    return f"{FILE}:{above.count(chr(10)) + 2}:{len(left) + 1}"


def test_the_shipped_page_loads(shipped: str) -> None:
    """The page that the project ships can be enforced, and is known by its content."""
    model = load(shipped)

    assert "Lead" == model.page.workflow.item.object
    assert hashlib.sha256(shipped.encode()).hexdigest() == model.sha256


def test_every_question_has_its_section() -> None:
    """Each section of the page answers a question; only its version is none."""
    assert {*QUESTIONS, "version"} == {*Page.model_fields}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("may", "tag"), "  tag:"),
        (("may", "create_task", "for"), "    for: [record_owner"),
        (("may", "create_task", "set", "WhoId"), "WhoId: <record_id>"),
        (("never", 0), "never: [send_message"),
        (("teams", "sales_development", "members", 1), "name: Jonas Weber"),
        (("stops_when", "conflicting_information", "conflicts", 1, "claim"), "claim: is_partner"),
    ],
)
def test_a_line_is_named(shipped: str, path: tuple[str | int, ...], words: str) -> None:
    """Any part of the page can be named, with the line on which it stands."""
    dotted = ".".join(map(str, path))

    assert f"{dotted} ({FILE}:{line_of(shipped, words)})" == load(shipped).line(*path)


ASK = (
    "    ask:\n      who: sales_development\n      expires_after: 20h            # of working time, "
    "like all that waits for people\n      instead: {Status: [Closed - Not Converted]}\n"
)
SHAPES = [
    ("an unknown key", "  role: Head", "  rank: 1\n  role: Head", "rank: 1", "owner.rank: is no key of the page; remove it or correct its spelling"),
    ("an unknown section", "limits:\n", "wishes: {}\nlimits:\n", "wishes:", "wishes: is no key of the page; remove it or correct its spelling"),
    ("a missing answer", "  role: Head of Sales Development\n", "", "owner:   ", "owner.role: is missing; 'Who is the business owner?' is not answered; write words that people understand"),
    ("an empty answer", "  role: Head of Sales Development", "  role:", "role:\n  slack", "owner.role: is empty; 'Who is the business owner?' is not answered; write words that people understand"),
    ("a key that an action misspells", "  tag:\n    update: Lead", "  tag:\n    udpate: Lead", "  tag:", "may.tag: says none of update, create, post_to and draft, got {'udpate': 'Lead', 'set': {'Triage_Category__c': '<category>"),
    ("an action that is none", "    update: Lead\n    set:\n", "    set:\n", "  tag:", "may.tag: says none of update, create, post_to and draft, got {'set': {'Triage_Category__c': '<category>', 'Triage_Confide"),
    ("a misspelt key of an action", "    due_in: 4h", "    do_in: 4h", "  create_task:", "may.create_task.due_in: is missing; 'What can it write, and what may it do without asking?' is not answered; write a number and m, h or d, like 30d"),
    ("an unknown key of an action", "    due_in: 4h", "    due_in: 4h\n    redo: no", "    redo: no", "may.create_task.redo: is no key of the page; remove it or correct its spelling"),
    ("an action that isn't undone", "    undo: mark_withdrawn\n", "", "  escalate:", "may.escalate.undo: is missing; 'What can it write, and what may it do without asking?' is not answered; write restore or its keys set, note_in or mark_withdrawn"),
    ("a change that is undone otherwise", "    undo: restore                   #", "    undo: mark_withdrawn            #", "undo: mark_withdrawn  ", "may.tag.undo: Input should be 'restore', got 'mark_withdrawn'"),
    ("a record that isn't there any more", "undo: {set: {Status: Deferred}, note_in: Description}", "undo: delete", "undo: delete", "may.create_task.undo: Input should be a valid dictionary or instance of Withdrawal, got 'delete'"),
    ("a record that is undone by nothing", "{set: {Status: Deferred}, note_in", "{set: {}, note_in", "set: {}", "may.create_task.undo.set: Dictionary should have at least 1 item after validation, not 0, got {}"),
    ("a record that says nothing of it", ", note_in: Description}", "}", "undo: {set", "may.create_task.undo.note_in: is missing; 'What can it write, and what may it do without asking?' is not answered; write the API name of an object or field"),
    ("a message that is deleted", "undo: mark_withdrawn", "undo: delete", "undo: delete", "may.escalate.undo: Input should be 'mark_withdrawn', got 'delete'"),
    ("a draft that is undone", "    draft: reply  ", "    undo: restore\n    draft: reply  ", "    undo: restore\n    draft", "may.draft_reply.undo: is no key of the page; remove it or correct its spelling"),
    ("an action that isn't alone", "    due_in: 4h\n    when: settled\n    alone: yes", "    due_in: 4h\n    when: settled\n    alone: maybe", "alone: maybe", "may.create_task.alone: Input should be 'yes', got 'maybe'"),
    ("a length of time without a unit", "due_in: 4h", "due_in: 4", "due_in: 4", "may.create_task.due_in: 4 is no length of time; write a number and m, h or d: 30d"),
    ("a length of time of nothing", "look_back: 30d", "look_back: 0d", "look_back: 0d", "workflow.item.look_back: '0d' is no length of time; write a number and m, h or d: 30d"),
    ("a length of time beyond reason", "look_back: 30d", "look_back: 99999999999d", "look_back: 9", "workflow.item.look_back: '99999999999d' is no length of time; write a number and m, h or d: 30d"),
    ("an unknown time zone", "zone: America/New_York", "zone: America/Atlantis", "zone: ", "workflow.time.zone: 'America/Atlantis' is no time zone; write one like America/New_York"),
    ("hours in words", "Mon-Fri 08:00-18:00", "weekdays", "working_hours:", "workflow.time.working_hours: 'weekdays' are no working hours; write them as Mon-Fri 08:00-18:00"),
    ("hours that don't exist", "08:00-18:00", "08:00-25:00", "working_hours", "workflow.time.working_hours: hour must be in 0..23"),
    ("hours that end before they begin", "08:00-18:00", "18:00-08:00", "working_hours", "workflow.time.working_hours: 'Mon-Fri 18:00-08:00' ends before it begins"),
    ("days that end before they begin", "Mon-Fri", "Fri-Mon", "working_hours", "workflow.time.working_hours: 'Fri-Mon 08:00-18:00' ends before it begins"),
    ("a number in words", "max_words: 180", "max_words: many", "max_words:", "drafts.max_words: Input should be a valid integer, got 'many'"),
    ("a confidence above one", "below: 0.75", "below: 75", "below: 75", "stops_when.low_confidence.below: Input should be less than or equal to 1, got 75"),
    ("a channel that is none", "channel: C0SALESDEV1", 'channel: "#sales"', "channel: ", "teams.sales_development.channel: String should match pattern '^[CG][A-Z0-9]{6,}$', got '#sales'"),
    ("a link without encryption", "[https://www.brightfield.example]", "[http://brightfield.example]", "http://", "drafts.allowed_links.0: 'http://brightfield.example' is no https address"),
    ("a limit of zero", "refusals_per_run: 5", "refusals_per_run: 0", "refusals_per_run", "limits.refusals_per_run: a limit of zero lets nothing happen; write at least 1, or pause the agent"),
    ("a budget of zero", "cost_usd_per_run: 20", "cost_usd_per_run: 0.0", "cost_usd_per_run", "limits.cost_usd_per_run: a limit of zero lets nothing happen; write at least 1, or pause the agent"),
    ("a limit below zero", "refusals_per_run: 5", "refusals_per_run: -1", "refusals_per_run", "limits.refusals_per_run: Input should be greater than or equal to 1, got -1"),
    ("a limit that limits nothing", "cost_usd_per_run: 20", "cost_usd_per_run: .inf", "cost_usd_per_run", "limits.cost_usd_per_run: Input should be a finite number, got inf"),
    ("a limit that is none", "refusals_per_run: 5", "refusals_per_run: &all true", "refusals_per_run", "limits.refusals_per_run: Input should be a valid integer, got True"),
    ("more at once than it can", "concurrency: 32", "concurrency: 257", "concurrency:", "limits.concurrency: Input should be less than or equal to 256, got 257"),
    ("alone, and asking", "    ask:\n", "    alone: yes\n    ask:\n", "  set_status:", "may.set_status: write either alone: yes, or ask: {who: …}"),
    ("neither alone nor asking", ASK, "", "  set_status:", "may.set_status: write either alone: yes, or ask: {who: …}"),
    ("asking nobody", "      who: sales_development\n", "", "    ask:\n", "may.set_status.ask.who: is missing; 'What can it write, and what may it do without asking?' is not answered; write a name in small letters, like first_line"),
    ("a message that asks", "    post_to: sales_development\n", "    post_to: sales_development\n    ask: {who: owner}\n", "ask: {who: owner}", "may.escalate.ask: is no key of the page; remove it or correct its spelling"),
    ("an action's name in capitals", "  set_status:", "  SetStatus:", "SetStatus", "may.SetStatus: String should match pattern '^[a-z][a-z0-9_]*$', got 'SetStatus'"),
    ("an unknown key of a domain", "except: free_mail}}\n", "except: free_mail, or: not}}\n", "or: not", "reads.Account.match.1.Website.or: is no key of the page; remove it or correct its spelling"),
    ("a domain without its exception", ", except: free_mail}}\n", "}}\n", "Website: {", "reads.Account.match.1.Website.except: is missing; 'What systems can it read?' is not answered; write free_mail"),
    ("a need that is a number", "needs: [[Email, Phone]", "needs: [[Email, 3]", "3], [Company", "stops_when.missing_data.needs.0.1: Input should be a valid string, got 3"),
    ("an object called like a form", "  Contact:\n", "  UpdateAction: {fields: [Name], wish: 1}\n  Contact:\n", "wish: 1", "reads.UpdateAction.wish: is no key of the page; remove it or correct its spelling"),
    ("a conflict without its records", "        contradicted_by: {Account.Type: [Prospect, Customer, Vendor]}\n", "", "claim: was_customer", "stops_when.conflicting_information.conflicts.3: write one of contradicted_by, confirmed_by and differs_from"),
    ("a conflict with two", "        confirmed_by: {Opp", "        differs_from: User.Name\n        confirmed_by: {Opp", "claim: has_offer", "stops_when.conflicting_information.conflicts.4: write one of contradicted_by, confirmed_by and differs_from"),
    ("given where nothing is compared", "        confirmed_by: {Opp", "        given_in: [Company]\n        confirmed_by: {Opp", "claim: has_offer", "stops_when.conflicting_information.conflicts.4: given_in and unless_told_in go with differs_from"),
    ("a goal alone", "[safety, qualification quality, response speed, clean CRM data]", "[safety]", "when_goals_conflict", "owner.when_goals_conflict: List should have at least 2 items after validation, not 1, got ['safety']"),
    ("a login in capitals", "login: dana", "login: Dana", "login: Dana", "owner.login: String should match pattern '^[a-z_][a-z0-9_.-]*$', got 'Dana'"),
    ("a member without a login", ", login: maya}", "}", "{name: Maya", "teams.sales_development.members.0.login: is missing; 'Who takes over when it stops?' is not answered; write the name under which they log in, like dana"),
    ("no deputy", "  deputy: {", "  stand_in: {", "owner:   ", "owner.deputy: is missing; 'Who is the business owner?' is not answered; write its keys name, role, slack, login"),
    ("logs for ever", "keeps: 400d", "keeps: always", "keeps: always", "logs.keeps: 'always' is no length of time; write a number and m, h or d: 30d"),
    ("cases elsewhere", "cases: eval_cases", "cases: ../eval_cases", "cases: ..", "evaluation.cases: String should match pattern '^[a-z][a-z0-9_]*$', got '../eval_cases'"),
    ("an outcome that is seen in no way", "{deleted: Task}", "{}", "task_deleted: {", "outcomes.seen_as.task_deleted: write one of changed, created, now, deleted and merged"),
    ("an outcome that is seen in two", "{deleted: Task}", "{deleted: Task, merged: Task}", "task_deleted: {", "outcomes.seen_as.task_deleted: write one of changed, created, now, deleted and merged"),
    ("an outcome without its field", "{created: Task.WhoId,", "{created: Task,", "created: Task,", "outcomes.seen_as.contacted.created: String should match pattern '^[A-Za-z]\\w*\\.[A-Za-z]\\w*$', got 'Task'"),
    ("what was sent in what isn't made", "{deleted: Task}", "{deleted: Task, said_in: Description}", "task_deleted: {", "outcomes.seen_as.task_deleted: said_in stands only beside created: it is a field of what was created"),
    ("what was sent in no field", "said_in: Description}", "said_in: Task.Description}", "said_in: Task", "outcomes.seen_as.contacted.said_in: String should match pattern '^[A-Za-z][A-Za-z0-9_]*$', got 'Task.Description'"),
    ("outcomes for ever", "within: 30d ", "within: ever ", "within: ever", "outcomes.within: 'ever' is no length of time; write a number and m, h or d: 30d"),
    ("a touch that is none", "first_touch: [contacted, status_changed, reassigned, task_closed, converted]", "first_touch: []", "first_touch: []", "outcomes.first_touch: List should have at least 1 item after validation, not 0, got []"),
    ("nobody may pause it", "may_pause: [owner, deputy, sales_development]", "may_pause: []", "may_pause: []", "recovery.may_pause: List should have at least 1 item after validation, not 0, got []"),
    ("nobody is told of a week", "  by: [owner, deputy]", "  by: []", "by: []", "weekly_review.by: List should have at least 1 item after validation, not 0, got []"),
    ("no day to read it by", "  on: Monday  ", "  on: Weekend  ", "on: Weekend", "weekly_review.on: Input should be 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday' or 'Sunday', got 'Weekend'"),
    ("nobody may roll it back", "may_roll_back: [owner, deputy] ", "may_roll_back: [] ", "may_roll_back: []", "recovery.may_roll_back: List should have at least 1 item after validation, not 0, got []"),
    ("nobody is named who may roll it back", "  may_roll_back: [owner, deputy]  ", "  #  ", "recovery:  ", "recovery.may_roll_back: is missing; 'How can it be paused or rolled back?' is not answered; write a list"),
    ("nothing to answer before it goes on", "  before_resuming:", "  afterwards:", "recovery:  ", "recovery.before_resuming: is missing; 'How can it be paused or rolled back?' is not answered; write a list"),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("old", "new", "at", "message"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])  # fmt: skip
def test_a_wrong_shape_is_named(shipped: str, old: str, new: str, at: str, message: str) -> None:
    """What is misspelt, missing or of a wrong kind is named with its place and the cure."""
    text = changed(shipped, old, new)

    assert f"{place_of(text, at)}: {message}" in problems_of(text)


CONTRADICTIONS = [
    ("torn between what isn't there", "[support_misroute, existing_customer]", "[support_misroute, old_customer]", "old_customer", "stops_when.low_confidence.costly_pairs.1.1: old_customer is none of the categories"),
    ("torn between one and itself", "[support_misroute, existing_customer]", "[support_misroute, support_misroute]", "[support_misroute, support", "stops_when.low_confidence.costly_pairs.1: is one category twice; write two that must not be confused"),
    ("the request isn't shown", "request_text: [Description]", "request_text: [LeadSource]", "LeadSource]", "workflow.item.request_text.0: LeadSource is not in reads.Lead.shown_to_model"),
    ("how it came isn't read", "came_by: {LeadSource:", "came_by: {Channel__c:", "Channel__c:", "workflow.item.came_by.Channel__c: Channel__c is not read of Lead"),
    ("shown, not read", "shown_to_model: [Company, ", "shown_to_model: [Rating, Company, ", "Rating", "reads.Lead.shown_to_model.0: Rating is not among its fields"),
    ("another object is shown", "fields: [Name, IsActive]", "fields: [Name, IsActive]\n    shown_to_model: [Name]", "shown_to_model: [Name]", "reads.User.shown_to_model: only the item itself is shown"),
    ("an owner's condition isn't read", "when: {IsActive: true}", "when: {IsHere: true}", "IsHere: true", "workflow.item.owner.when.IsHere: User.IsHere is not read"),
    ("an owner isn't read", "owner: {is: User,", "owner: {is: Boss,", "is: Boss", "workflow.item.owner.is: Boss is not under reads"),
    ("a headline isn't read", "headline: [Company, LastName]", "headline: [Company, Salutation]", "Salutation", "reads.Lead.headline.1: Salutation is not among its fields"),
    ("the item is matched", "    headline: [Company", "    match: [{Email: Email}]\n    headline: [Company", "match: [{Email: Email}]\n    headline", "reads.Lead.match: the item itself is found by workflow.item"),
    ("an object isn't matched", "    match: [{WhoId: [Id, Contact.Id]}, {WhatId: Account.Id}]\n", "", "  Task:", "reads.Task: match is missing: how are its records found?"),
    ("two fields match at once", "[{WhoId: [Id, Contact.Id]}", "[{WhoId: Id, Status: Id}", "{WhoId: Id", "reads.Task.match.0: an alternative matches exactly one field; write each as its own"),
    ("matched by what is read later", "[{Id: [OwnerId, ", "[{Id: [Vehicle.OwnerId, ", "Id: [Vehicle", "reads.User.match.0.Id: Vehicle is not read above User"),
    ("matched by what isn't read", "[{Id: [OwnerId, ", "[{Id: [BossId, ", "Id: [BossId", "reads.User.match.0.Id: BossId is not read"),
    ("matched by a domain that isn't read", "Website: {domain_of: Email", "Website: {domain_of: Mail", "Website: {domain_of", "reads.Account.match.1.Website: Mail is not read"),
    ("a need isn't read", "needs: [[Email, Phone]", "needs: [[Email, Pager]", "[Email, Pager]", "stops_when.missing_data.needs.0: Pager is not read"),
    ("a need's domain isn't read", "[Company, {domain_of: Email", "[Company, {domain_of: Mail", "[Company, {", "stops_when.missing_data.needs.1: Mail is not read"),
    ("an offer isn't read", "confirmed_by: {Opportunity.IsClosed", "confirmed_by: {Opportunity.IsLate", "Opportunity.IsLate", "stops_when.conflicting_information.conflicts.4.confirmed_by.Opportunity.IsLate: Opportunity.IsLate is not read"),
    ("a size isn't read", "differs_from: Account.NumberOfEmployees", "differs_from: Account.Size", "differs_from: Account.Size", "stops_when.conflicting_information.conflicts.6.differs_from: Account.Size is not read"),
    ("a name isn't read there", "differs_from: Account.OwnerId.Name", "differs_from: Account.OwnerId.Nickname", "differs_from: Account.OwnerId.Nickname", "stops_when.conflicting_information.conflicts.5.differs_from: no object that reads Nickname is found by Account.OwnerId"),
    ("a reference that nothing is found by", "differs_from: Account.OwnerId.Name", "differs_from: Account.Website.Name", "differs_from: Account.Website.Name", "stops_when.conflicting_information.conflicts.5.differs_from: no object that reads Name is found by Account.Website"),
    ("what is given isn't read", "given_in: [Company]", "given_in: [Firm]", "given_in: [Firm]", "stops_when.conflicting_information.conflicts.8.given_in: Firm is not read of Lead"),
    ("what explains it isn't read", "differs_from: Contact.Name\n        unless_told_in: [Task]", "differs_from: Contact.Name\n        unless_told_in: [Note]", "unless_told_in: [Note]", "stops_when.conflicting_information.conflicts.9.unless_told_in: Note is not under reads"),
    ("what is needed is masked", "masks: [Phone]", "masks: [Email]", "Email]\n  anchors", "logs.masks.0: Email is needed elsewhere, so it can't be masked"),
    ("a conflict isn't read", "{Account.Type: [Prospect, Former", "{Account.Rank: [Prospect, Former", "Account.Rank", "stops_when.conflicting_information.conflicts.0.contradicted_by.Account.Rank: Account.Rank is not read"),
    ("never and may", "never: [", "never: [tag, ", "  tag:", "may.tag: stands under never as well"),
    ("another record is updated", "  tag:\n    update: Lead", "  tag:\n    update: Account", "update: Account", "may.tag.update: only the item itself, Lead, can be"),
    ("a post to nobody", "post_to: sales_development", "post_to: support", "post_to: support", "may.escalate.post_to: support is none of teams"),
    ("a post of what is settled", "    post_to: sales_development\n    when: stopped", "    post_to: sales_development\n    when: always", "when: always\n    alone: yes\n    undo: mark", "may.escalate.when: a message is a hand-over: write stopped"),
    ("nobody is told", "  escalate:\n    post_to: sales_development\n    when: stopped\n    alone: yes\n    undo: mark_withdrawn\n", "", "may:   ", "may: nothing posts a stopped item to a team, so a stop would reach nobody"),
    ("a draft of what stopped", "    draft: reply                    # kept with the task; nobody but a person sends it\n    when: settled", "    draft: reply\n    when: always", "when: always\n    alone: yes\n  create_task", "may.draft_reply.when: a stopped item gets no draft and no record: write settled"),
    ("a record of what stopped", "    due_in: 4h\n    when: settled", "    due_in: 4h\n    when: stopped", "when: stopped\n    alone: yes\n    undo: {set", "may.create_task.when: a stopped item gets no draft and no record: write settled"),
    ("an unknown placeholder", "WhoId: <record_id>", "WhoId: <wish>", "    set:\n      Subject", "may.create_task.set: <wish> is neither of the decision nor read"),
    ("an update with a due date", "Triage_Category__c: <category>", "Triage_Category__c: <due_date>", "    set:\n      Triage", "may.tag.set: <due_date> is neither of the decision nor read"),
    ("an update with an assignee", "Triage_Category__c: <category>", "Triage_Category__c: <assignee>", "    set:\n      Triage", "may.tag.set: <assignee> is neither of the decision nor read"),
    ("a record without its key", "Triage_Key__c: <key>", "Triage_Key__c: mine", "key: Triage_Key__c", "may.create_task.key: set must give Triage_Key__c the value <key>"),
    ("undone by what was not written", "{set: {Status: Deferred}", "{set: {Rating: Cold}", "Rating: Cold", "may.create_task.undo.set.Rating: is no field of set, or that of its key or its note"),
    ("undone by another key", "{set: {Status: Deferred}", "{set: {Triage_Key__c: none}", "Triage_Key__c: none", "may.create_task.undo.set.Triage_Key__c: is no field of set, or that of its key or its note"),
    ("undone in place of its note", "{set: {Status: Deferred}", "{set: {Description: Gone}", "Description: Gone", "may.create_task.undo.set.Description: is no field of set, or that of its key or its note"),
    ("undone by the same", "{set: {Status: Deferred}", "{set: {Status: Not Started}", "Status: Not Started}", "may.create_task.undo.set.Status: write another value than set does, spelled out"),
    ("undone by what is made up", "{set: {Status: Deferred}", "{set: {Status: <category>}", "Status: <cat", "may.create_task.undo.set.Status: write another value than set does, spelled out"),
    ("a note where nothing was written", "note_in: Description}", "note_in: Comments}", "note_in: Comments", "may.create_task.undo.note_in: set gives Comments no text that a note can stand in"),
    ("a note in the key", "note_in: Description}", "note_in: Triage_Key__c}", "note_in: Triage", "may.create_task.undo.note_in: set gives Triage_Key__c no text that a note can stand in"),
    ("a record for nobody", "for: [record_owner, sales_development]", "for: [support, sales_development]", "support, sales", "may.create_task.for.0: support is none of teams"),
    ("a record for an owner alone", "for: [record_owner, sales_development]", "for: [record_owner]", "for: [record_owner]", "may.create_task.for: ends with record_owner; end it with a team, somebody must get it"),
    ("unclear is a category", "    demo_request:\n", "    unclear: {means: Anything., reply: none, task: no}\n    demo_request:\n", "    unclear:", "workflow.categories.unclear: is what fits no category; name another"),
    ("a category that nobody receives", "talk to sales.\n      reply: draft\n      task: yes", "talk to sales.\n      reply: draft\n      task: no", "task: no\n    demo_request", "workflow.categories.new_business.task: nobody would receive its draft; write yes, or reply: none"),
    ("a department owns it", "name: Dana Reyes", "name: Sales Department", "name: Sales Dep", "owner.name: Department is nobody in particular; name a person"),
    ("a team owns it", "name: Dana Reyes", "name: the AI team", "name: the AI", "owner.name: team is nobody in particular; name a person"),
    ("a group stands in", "name: Omar Haddad", "name: The on-call group", "name: The on-call", "owner.deputy.name: group is nobody in particular; name a person"),
    ("an owner who stands in for themselves", "login: omar", "login: dana", "login: dana}", "owner.deputy.login: is the owner's own; a deputy is somebody else"),
    ("nobody may pause it", "may_pause: [owner, ", "may_pause: [boss, ", "boss", "recovery.may_pause.0: boss is nobody: write owner, deputy or one of teams"),
    ("nobody may roll it back", "may_roll_back: [owner, deputy]", "may_roll_back: [owner, boss]", "boss]", "recovery.may_roll_back.1: boss is nobody: write owner, deputy or one of teams"),
    ("nobody hears of it", "tell: [owner, deputy, sales_development]", "tell: [owner, support]", "support]", "recovery.tell.1: support is nobody: write owner, deputy or one of teams"),
    ("anchors for nobody", "anchors_to: [file, owner]", "anchors_to: [file, boss]", "boss]", "logs.anchors_to.1: boss is nobody: write owner, deputy or one of teams, or file"),
    ("nobody reads of a week", "  by: [owner, ", "  by: [boss, ", "boss", "weekly_review.by.0: boss is nobody: write owner, deputy or one of teams"),
    ("nobody may erase", "may_erase: [owner, ", "may_erase: [boss, ", "boss", "logs.may_erase.0: boss is nobody: write owner, deputy or one of teams"),
    ("a team is told twice", "then: owner", "then: sales_development", "then: sales", "teams.sales_development.then: sales_development has been told before: write owner, deputy or one of teams but itself"),
    ("nobody is told in the end", "then: owner", "then: boss", "then: boss", "teams.sales_development.then: boss is nobody: write owner, deputy or one of teams"),
    ("a claim that ends unreminded", "claim_within: 30m", "claim_within: 15m", "claim_within: 15m", "teams.sales_development.claim_within: ends before remind_after; write more than that"),
    ("another value for what is not set", "instead: {Status:", "instead: {Rating:", "Rating", "may.set_status.ask.instead.Rating: set gives Rating no value of the page's own"),
    ("another value for what is computed", "      instead: {Status: [Closed - Not Converted]}\n", "      instead: {Status: [Closed - Not Converted], Triage_Summary__c: [none]}\n", "Triage_Summary__c: [none]", "may.set_status.ask.instead.Triage_Summary__c: set gives Triage_Summary__c no value of the page's own"),
    ("no other value", "[Closed - Not Converted]", "[]", "Status: []", "may.set_status.ask.instead.Status: name each other value once"),
    ("another value twice", "[Closed - Not Converted]", "[Closed, Closed]", "Status: [Closed", "may.set_status.ask.instead.Status: name each other value once"),
    ("another value that is the same", "[Closed - Not Converted]", "[Working - Contacted]", "Status: [Working", "may.set_status.ask.instead.Status: write other values than set does, spelled out"),
    ("another value that is made up", "[Closed - Not Converted]", "[<category>]", "Status: [<", "may.set_status.ask.instead.Status: write other values than set does, spelled out"),
    ("nobody approves", "      who: sales_development\n", "      who: approvers\n", "who: approvers", "may.set_status.ask.who: approvers is nobody: write owner, deputy or one of teams"),
    ("a touch that isn't seen", "first_touch: [contacted,", "first_touch: [called,", "called,", "outcomes.first_touch.0: called is none of seen_as"),
    ("a clean-up that isn't seen", "task_reassigned, task_deleted]", "task_reassigned, task_lost]", "task_lost]", "outcomes.clean_up.2: task_lost is none of seen_as"),
    ("an outcome of another object", "{deleted: Task}", "{deleted: Contact}", "deleted: Contact", "outcomes.seen_as.task_deleted.deleted: Contact is neither the item's object nor made by an action"),
    ("a change of what nobody writes", "{changed: Task.OwnerId}", "{changed: Task.Type}", "changed: Task.Type", "outcomes.seen_as.task_reassigned.changed: no action sets Task.Type, so nobody knows what it was"),
    ("a change of what is masked", "{changed: Lead.Status}", "{changed: Lead.Phone}", "changed: Lead.Phone", "outcomes.seen_as.status_changed.changed: Phone is masked in the logs, so its changes can't be told"),
    ("what was sent without a draft", "        <draft>\n", "        none\n", "said_in: D", "outcomes.seen_as.contacted.said_in: no action creates a record with a <draft> to compare with"),
    ("masked, not read", "masks: [Phone]", "masks: [Phone, Pager]", "Pager", "logs.masks.1: Pager is not read of Lead"),
    ("masked and shown", "masks: [Phone]", "masks: [Industry]", "Industry]\n  anchors", "logs.masks.0: Industry is needed elsewhere, so it can't be masked"),
    ("masked and looked at before a draft", "masks: [Phone]", "masks: [HasOptedOutOfEmail]", "HasOptedOutOfEmail]\n  anchors", "logs.masks.0: HasOptedOutOfEmail is needed elsewhere, so it can't be masked"),
    ("nobody can see that they opted out", "{HasOptedOutOfEmail: true,", "{OptedOut__c: true,", "OptedOut__c: true", "drafts.not_to.OptedOut__c: OptedOut__c is not read of Lead"),
    ("masked, not shown", "fields: [Subject, Description, Status, WhoId]", "fields: [Subject, Description, Status, WhoId]\n    masked_in_text: [email]", "masked_in_text: [email]\n  User", "reads.Task.masked_in_text: nothing of it is shown to the model"),
    ("masked and told apart", "masks: [Phone]", "masks: [LeadSource]", "LeadSource]\n  anchors", "logs.masks.0: LeadSource is needed elsewhere, so it can't be masked"),
    ("masked and in the headline", "masks: [Phone]", "masks: [LastName]", "LastName]\n  anchors", "logs.masks.0: LastName is needed elsewhere, so it can't be masked"),
    ("masked and changed", "Triage_Summary__c: <summary>\n    when", "Phone: <summary>\n    when", "Phone]\n  anchors", "logs.masks.0: Phone is needed elsewhere, so it can't be masked"),
    ("masked and written", "Status: Not Started", "Status: <Phone>", "Phone]\n  anchors", "logs.masks.0: Phone is needed elsewhere, so it can't be masked"),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("old", "new", "at", "message"), [row[1:] for row in CONTRADICTIONS], ids=[row[0] for row in CONTRADICTIONS])  # fmt: skip
def test_a_contradiction_is_named(shipped: str, old: str, new: str, at: str, message: str) -> None:
    """A section that doesn't fit another is named with its place and the cure, and nothing else."""
    text = changed(shipped, old, new)

    assert [f"{place_of(text, at)}: {message}"] == problems_of(text)


def test_an_item_that_is_not_read_is_named(shipped: str) -> None:
    """An item's object that isn't read is named, without all that follows from it."""
    text = changed(shipped, "    object: Lead", "    object: Case")
    place = place_of(text, "object: Case")

    assert [f"{place}: workflow.item.object: Case is not under reads"] == problems_of(text)


def test_categories_need_actions_that_serve_them(shipped: str) -> None:
    """A page whose categories want drafts and tasks has actions for both."""
    start, end = shipped.index("  draft_reply:"), shipped.index("  escalate:")

    problems = problems_of(shipped[:start] + shipped[end:])

    assert 5 == sum("no action under may drafts a reply" in problem for problem in problems)
    assert 6 == sum("no action under may creates a record" in problem for problem in problems)


UNREADABLE = [
    ("nothing", "", "operating_model.yaml:1:1: the page: is empty"),
    ("comments", "# later\n", "operating_model.yaml:1:1: the page: is empty"),
    ("a word", "later", "operating_model.yaml:1:1: the page: is empty"),
    ("a list", "- version: 1", "operating_model.yaml:1:1: the page: is empty"),
    ("torn", "version: 1\nnever: [a, b\n", "operating_model.yaml:3:1: this is no YAML"),
    ("the same key twice", "version: 1\nversion: 2\n", "operating_model.yaml:2:1: this is no YAML: found duplicate key"),
    ("a pit", "[" * 1000, "operating_model.yaml: it is nested too deeply"),
    ("two pages", "version: 1\n---\nversion: 2\n", "operating_model.yaml:2:1: this is no YAML"),
    ("an unknown anchor", "version: *one\n", "operating_model.yaml:1:10: this is no YAML: found undefined alias"),
    ("no such date", "version: 2026-13-01\n", "operating_model.yaml: a value can't be read: month must be in"),
    ("a forbidden character", "version: \x00", "operating_model.yaml: a value can't be read: unacceptable character"),
    ("a comment that is in the way", "version: # 1\n  one\n\nnever: []\n", "operating_model.yaml: a comment stands where none can"),
    ("a word that is no truth", "version: !!bool x", "operating_model.yaml: a value can't be read: 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [row[1:] for row in UNREADABLE],
    ids=[row[0] for row in UNREADABLE],
)
def test_what_is_no_page_is_named(text: str, message: str) -> None:
    """What can't be read as YAML, or says nothing, is one problem that names the place."""
    (problem,) = problems_of(text)

    assert problem.startswith(message)


def test_an_empty_page_learns_the_questions() -> None:
    """Who has written nothing yet is told every question that the page answers."""
    (problem,) = problems_of("")

    assert [] == [question for question in QUESTIONS.values() if question not in problem]


@pytest.mark.parametrize("section", sorted(QUESTIONS))
def test_a_missing_section_names_its_question(shipped: str, section: str) -> None:
    """A section that is missing is named by the question that it leaves unanswered."""
    text = changed(f"\n{shipped}", f"\n{section}:", f"\nx_{section}:")

    said = f"{FILE}:1:1: {section}: is missing; '{QUESTIONS[section]}' is not answered; write "
    (found,) = [problem for problem in problems_of(text) if said in problem]
    assert "what the page foresees" not in found


TOGETHER = [
    ("shapes", ["an unknown time zone", "a missing answer", "a confidence above one", "a number in words", "an unknown section"]),
    ("contradictions", ["unclear is a category", "never and may", "a need isn't read", "a conflict isn't read"]),
    ("seven faults of seven kinds", ["a category that nobody receives", "a department owns it", "shown, not read", "an unknown placeholder", "nobody approves", "a need isn't read", "a limit of zero"]),
]  # fmt: skip


@pytest.mark.parametrize("names", [row[1] for row in TOGETHER], ids=[row[0] for row in TOGETHER])
def test_all_problems_come_at_once(shipped: str, names: list[str]) -> None:
    """Everything that is wrong with the page is said in one go, in its order, and counted."""
    rows = {row[0]: row[1:] for row in SHAPES + CONTRADICTIONS}
    text = shipped
    for name in names:
        text = changed(text, *rows[name][:2])
    expected = [
        f"{place_of(text, at)}: {message}" for _, _, at, message in (rows[name] for name in names)
    ]

    assert expected == problems_of(text)
    with pytest.raises(BadPage, match=rf"^the operating model has {len(names)} problems:\n"):
        load(text)


def test_an_unknown_key_hides_nothing(shipped: str) -> None:
    """A section with an unknown key is held against the others all the same."""
    text = changed(shipped, "  keeps: 400d", "  keeps: 400d\n  wishes: {}")
    text = changed(text, "masks: [Phone]", "masks: [Pager]")

    assert [
        f"{place_of(text, 'wishes')}: logs.wishes: is no key of the page; remove it or correct its spelling",
        f"{place_of(text, 'Pager')}: logs.masks.0: Pager is not read of Lead",
    ] == problems_of(text)


def test_what_is_merged_stands_where_it_is_merged(shipped: str) -> None:
    """A key that YAML merges in from elsewhere is named by the line that merges it."""
    text = changed(shipped, "    post_to: sales_development\n    when: stopped\n    alone: yes\n", "    post_to: sales_development\n    when: stopped\n    <<: {alone: yes}\n")  # fmt: skip
    model = load(text)

    assert "yes" == model.page.may["escalate"].alone
    assert model.marks["may", "escalate"] == model.marks["may", "escalate", "alone"]
