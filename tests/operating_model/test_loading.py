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


SHAPES = [
    ("an unknown key", "  role: Head", "  rank: 1\n  role: Head", "rank: 1", "owner.rank: is no key of the page; remove it or correct its spelling"),
    ("an unknown section", "limits:\n", "wishes: {}\nlimits:\n", "wishes: {}", "wishes: is no key of the page; remove it or correct its spelling"),
    ("a missing answer", "  role: Head of Sales Development\n", "", "owner:   ", "owner.role: is missing; 'Who is the business owner?' is not answered"),
    ("an empty answer", "  role: Head of Sales Development", "  role:", "  role:", "owner.role: Input should be a valid string, got None"),
    ("a key that an action misspells", "    update: Lead", "    udpate: Lead", "  tag:", "may.tag.update: is missing; 'What can it write, and what may it do without asking?' is not answered"),
    ("an unknown key of an action", "    due_in: 4h", "    due_in: 4h\n    undo: no", "    undo: no", "may.create_task.undo: is no key of the page; remove it or correct its spelling"),
    ("an action that isn't alone", "    due_in: 4h\n    when: settled\n    alone: yes", "    due_in: 4h\n    when: settled\n    alone: maybe", "alone: maybe", "may.create_task.alone: Input should be 'yes', got 'maybe'"),
    ("a length of time without a unit", "due_in: 4h", "due_in: 4", "due_in: 4", "may.create_task.due_in: 4 is no length of time; write a number and m, h or d: 30d"),
    ("a length of time of nothing", "look_back: 30d", "look_back: 0d", "look_back: 0d", "workflow.item.look_back: '0d' is no length of time; write a number and m, h or d: 30d"),
    ("a length of time beyond reason", "look_back: 30d", "look_back: 99999999999d", "look_back: 9", "workflow.item.look_back: '99999999999d' is no length of time; write a number and m, h or d: 30d"),
    ("an unknown time zone", "zone: America/New_York", "zone: America/Atlantis", "zone: ", "workflow.time.zone: 'America/Atlantis' is no time zone; write one like America/New_York"),
    ("hours in words", "Mon-Fri 08:00-18:00", "weekdays", "working_hours", "workflow.time.working_hours: 'weekdays' are no working hours; write them as Mon-Fri 08:00-18:00"),
    ("hours that don't exist", "08:00-18:00", "08:00-25:00", "working_hours", "workflow.time.working_hours: hour must be in 0..23"),
    ("hours that end before they begin", "08:00-18:00", "18:00-08:00", "working_hours", "workflow.time.working_hours: 'Mon-Fri 18:00-08:00' ends before it begins"),
    ("days that end before they begin", "Mon-Fri", "Fri-Mon", "working_hours", "workflow.time.working_hours: 'Fri-Mon 08:00-18:00' ends before it begins"),
    ("a number in words", "max_words: 180", "max_words: many", "max_words", "drafts.max_words: Input should be a valid integer, got 'many'"),
    ("a confidence above one", "below: 0.75", "below: 75", "below: 75", "stops_when.low_confidence.below: Input should be less than or equal to 1, got 75"),
    ("a channel that is none", "channel: C0SALESDEV1", 'channel: "#sales"', "channel: ", "teams.sales_development.channel: String should match pattern '^[CG][A-Z0-9]{6,}$', got '#sales'"),
    ("a link without encryption", "[https://www.brightfield.example]", "[http://brightfield.example]", "allowed_links", "drafts.allowed_links.0: 'http://brightfield.example' is no https address"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "message"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])  # fmt: skip
def test_a_wrong_shape_is_named(shipped: str, old: str, new: str, at: str, message: str) -> None:
    """What is misspelt, missing or of a wrong kind is named with its line and the cure."""
    text = changed(shipped, old, new)

    assert f"{FILE}:{line_of(text, at)}: {message}" in problems_of(text)


CONTRADICTIONS = [
    ("the request isn't shown", "request_text: [Description]", "request_text: [Phone]", "request_text", "workflow.item.request_text.0: Phone is not in reads.Lead.shown_to_model"),
    ("shown, not read", "shown_to_model: [Company, ", "shown_to_model: [Rating, Company, ", "shown_to_model", "reads.Lead.shown_to_model.0: Rating is not among its fields"),
    ("another object is shown", "fields: [Name, IsActive]", "fields: [Name, IsActive]\n    shown_to_model: [Name]", "shown_to_model: [Name]", "reads.User.shown_to_model: only the item itself is shown"),
    ("an owner's condition isn't read", "when: {IsActive: true}", "when: {IsHere: true}", "owner: {is: User", "workflow.item.owner: User.IsHere is not read"),
    ("an owner isn't read", "owner: {is: User,", "owner: {is: Boss,", "owner: {is: Boss", "workflow.item.owner: Boss.IsActive is not read"),
    ("a headline isn't read", "headline: [Company, LastName]", "headline: [Company, Salutation]", "headline", "reads.Lead.headline.1: Salutation is not among its fields"),
    ("the item is matched", "    headline: [Company", "    match: [{Email: Email}]\n    headline: [Company", "    match: [{Email: Email}]\n    headline", "reads.Lead.match: the item itself is found by workflow.item"),
    ("an object isn't matched", "    match: [{WhoId: Id}]\n", "", "  Task:", "reads.Task: match is missing: how are its records found?"),
    ("two fields match at once", "[{WhoId: Id}]", "[{WhoId: Id, Status: Id}]", "{WhoId: Id", "reads.Task.match.0: an alternative matches exactly one field; write each as its own"),
    ("matched by what is read later", "[{Id: OwnerId}]", "[{Id: Vehicle.OwnerId}]", "Vehicle", "reads.User.match.0.Id: Vehicle is not read above User"),
    ("matched by what isn't read", "[{Id: OwnerId}]", "[{Id: BossId}]", "BossId", "reads.User.match.0.Id: BossId is not read"),
    ("matched by a domain that isn't read", "domain_of: Email", "domain_of: Mail", "domain_of", "reads.Account.match.1.Website: Mail is not read"),
    ("a need isn't read", "needs: [[Email, Phone]", "needs: [[Email, Pager]", "needs:", "stops_when.missing_data.needs.0: Pager is not read"),
    ("a conflict isn't read", "{Account.Type: [Prospect, Former", "{Account.Rank: [Prospect, Former", "Account.Rank", "stops_when.conflicting_information.conflicts.0.contradicted_by.Account.Rank: Account.Rank is not read"),
    ("never and may", "never: [", "never: [tag, ", "  tag:", "may.tag: stands under never as well"),
    ("another record is updated", "    update: Lead", "    update: Account", "update: Account", "may.tag.update: only the item itself, Lead, can be"),
    ("a post to nobody", "post_to: sales_development", "post_to: support", "post_to: support", "may.escalate.post_to: support is none of teams"),
    ("a post of what is settled", "    post_to: sales_development\n    when: stopped", "    post_to: sales_development\n    when: always", "when: always\n    alone: yes\n\nnever", "may.escalate.when: a message is a hand-over: write stopped"),
    ("nobody is told", "  escalate:\n    post_to: sales_development\n    when: stopped\n    alone: yes\n", "", "may:   ", "may: nothing posts a stopped item to a team, so a stop would reach nobody"),
    ("a draft of what stopped", "    draft: reply                    # kept with the task; nobody but a person sends it\n    when: settled", "    draft: reply\n    when: always", "when: always\n    alone: yes\n  create_task", "may.draft_reply.when: a stopped item gets no draft and no record: write settled"),
    ("a record of what stopped", "    due_in: 4h\n    when: settled", "    due_in: 4h\n    when: stopped", "when: stopped\n    alone: yes\n  escalate", "may.create_task.when: a stopped item gets no draft and no record: write settled"),
    ("an unknown placeholder", "WhoId: <record_id>", "WhoId: <wish>", "    set:\n      Subject", "may.create_task.set: <wish> is neither of the decision nor read"),
    ("an update with a due date", "Triage_Category__c: <category>", "Triage_Category__c: <due_date>", "    set:\n      Triage", "may.tag.set: <due_date> is neither of the decision nor read"),
    ("an update with an assignee", "Triage_Category__c: <category>", "Triage_Category__c: <assignee>", "    set:\n      Triage", "may.tag.set: <assignee> is neither of the decision nor read"),
    ("a record without its key", "Triage_Key__c: <key>", "Triage_Key__c: mine", "key: Triage_Key__c", "may.create_task.key: set must give Triage_Key__c the value <key>"),
    ("a record for nobody", "for: [record_owner, sales_development]", "for: [support, sales_development]", "for: [support", "may.create_task.for.0: support is none of teams"),
    ("a record for an owner alone", "for: [record_owner, sales_development]", "for: [record_owner]", "for: [record_owner]", "may.create_task.for: ends with record_owner; end it with a team, somebody must get it"),
    ("unclear is a category", "    demo_request:\n", "    unclear: {means: Anything., reply: none, task: no}\n    demo_request:\n", "    unclear:", "workflow.categories.unclear: is what fits no category; name another"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "message"), [row[1:] for row in CONTRADICTIONS], ids=[row[0] for row in CONTRADICTIONS])  # fmt: skip
def test_a_contradiction_is_named(shipped: str, old: str, new: str, at: str, message: str) -> None:
    """A section that doesn't fit another is named with its line and the cure, and nothing else."""
    text = changed(shipped, old, new)
    line = text[: text.index(at)].count("\n") + 1

    assert [f"{FILE}:{line}: {message}"] == problems_of(text)


def test_an_item_that_is_not_read_is_named(shipped: str) -> None:
    """An item's object that isn't read is named, without all that follows from it."""
    text = changed(shipped, "    object: Lead", "    object: Case")
    line = line_of(text, "object: Case")

    assert [f"{FILE}:{line}: workflow.item.object: Case is not under reads"] == problems_of(text)


def test_categories_need_actions_that_serve_them(shipped: str) -> None:
    """A page whose categories want drafts and tasks has actions for both."""
    start, end = shipped.index("  draft_reply:"), shipped.index("  escalate:")

    problems = problems_of(shipped[:start] + shipped[end:])

    assert 5 == sum("no action under may drafts a reply" in problem for problem in problems)
    assert 6 == sum("no action under may creates a record" in problem for problem in problems)


UNREADABLE = [
    ("nothing", "", "operating_model.yaml:1: the page is empty"),
    ("comments", "# later\n", "operating_model.yaml:1: the page is empty"),
    ("a word", "later", "operating_model.yaml:1: the page is empty"),
    ("a list", "- version: 1", "operating_model.yaml:1: the page is empty"),
    ("torn", "version: 1\nnever: [a, b\n", "operating_model.yaml:3: this is no YAML"),
    ("the same key twice", "version: 1\nversion: 2\n", "operating_model.yaml:2: this is no YAML: found duplicate key"),
    ("a pit", "[" * 1000, "operating_model.yaml: it is nested too deeply"),
    ("two pages", "version: 1\n---\nversion: 2\n", "operating_model.yaml:2: this is no YAML"),
    ("an unknown anchor", "version: *one\n", "operating_model.yaml:1: this is no YAML: found undefined alias"),
    ("no such date", "version: 2026-13-01\n", "operating_model.yaml: a value can't be read: month must be in"),
    ("a forbidden character", "version: \x00", "operating_model.yaml: a value can't be read: unacceptable character"),
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

    assert (
        f"{FILE}:1: {section}: is missing; '{QUESTIONS[section]}' is not answered"
        in problems_of(text)
    )


def test_all_problems_come_at_once(shipped: str) -> None:
    """Everything that is wrong with the page is said in one go, and counted."""
    rows = [row for row in SHAPES if row[0] in ("a missing answer", "an unknown section", "a number in words")]  # fmt: skip
    rows += [row for row in SHAPES if row[0] in ("an unknown time zone", "a confidence above one")]
    text = shipped
    for _, old, new, _, _ in rows:
        text = changed(text, old, new)
    found = problems_of(text)

    assert {message for *_, message in rows} == {problem.split(": ", 1)[1] for problem in found}
    with pytest.raises(BadPage, match=r"^the operating model has 5 problems:\n"):
        load(text)


def test_all_contradictions_come_at_once(shipped: str) -> None:
    """Sections that don't fit each other are found in one go, too."""
    rows = [row for row in CONTRADICTIONS if row[0] in ("a need isn't read", "a conflict isn't read", "unclear is a category", "never and may")]  # fmt: skip
    text = shipped
    for _, old, new, _, _ in rows:
        text = changed(text, old, new)

    assert {message for *_, message in rows} == {
        problem.split(": ", 1)[1] for problem in problems_of(text)
    }


def test_what_is_merged_stands_where_it_is_merged(shipped: str) -> None:
    """A key that YAML merges in from elsewhere is named by the line that merges it."""
    text = changed(shipped, "    post_to: sales_development\n    when: stopped\n    alone: yes\n", "    post_to: sales_development\n    when: stopped\n    <<: {alone: yes}\n")  # fmt: skip
    model = load(text)

    assert "yes" == model.page.may["escalate"].alone
    assert model.lines["may", "escalate"] == model.lines["may", "escalate", "alone"]
