"""What the page gives may leave, and nothing else, whoever asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from triage_agent.authority import soql
from triage_agent.authority.wire import Request, System, Wire
from triage_agent.operating_model.loading import OperatingModel

DATA = "/services/data/v62.0"
LEAD, USER = "00Q000000000001AAA", "005000000000002AAA"
HOSTS: dict[System, frozenset[str]] = {
    "salesforce": frozenset({"org.my.salesforce.com"}),
    "slack": frozenset({"slack.com"}),
    "model": frozenset({"api.openai.com"}),
}
COLLECTIONS = f"{DATA}/composite/sobjects"
TASKS = f"{COLLECTIONS}/Task/Triage_Key__c"
TAG = {"attributes": {"type": "Lead"}, "id": LEAD, "Triage_Category__c": "pricing_question"}
TASK = {"attributes": {"type": "Task"}, "Subject": "Call", "WhoId": LEAD, "Triage_Key__c": "k"}
ACCOUNT = {"attributes": {"type": "Account"}, "id": "001000000000001AAA", "Name": "Ours"}
MESSAGE = {"channel": "C0SALESDEV1", "text": "hi", "blocks": [], "unfurl_links": False}
LIKE = (
    "SELECT Id, Company, LastName FROM Lead "
    "WHERE (Company LIKE '%50\\%%' OR LastName LIKE '%50\\%%') "
    "ORDER BY CreatedDate DESC, Id DESC"
)


@pytest.fixture(scope="session")
def live(model: OperatingModel) -> Wire:
    return Wire(model.page, HOSTS, live=True)


@pytest.fixture(scope="session")
def shadow(model: OperatingModel) -> Wire:
    return Wire(model.page, HOSTS, live=False)


def crm(method: str, path: str, body: Any = None, **query: str) -> Request:  # noqa: ANN401 - JSON
    asked = {name: [value] for name, value in query.items()}
    return Request("salesforce", method, "org.my.salesforce.com", path, asked, body)


def rows(*records: dict[str, Any]) -> dict[str, Any]:
    return {"allOrNone": False, "records": list(records)}


def slack(method: str, **given: Any) -> Request:  # noqa: ANN401 - JSON
    return Request("slack", "POST", "slack.com", f"/api/{method}", {}, given)


def ask(query: str, path: str = "query") -> Request:
    return crm("GET", f"{DATA}/{path}", q=query)


def composite(*parts: Request) -> Request:
    return replace(crm("POST", f"{DATA}/composite"), parts=parts)


MODEL = Request("model", "POST", "api.openai.com", "/v1/chat/completions")
READS: dict[str, Request] = {
    "whose org": ask(soql.ORGANIZATION),
    "whose credentials": crm("GET", f"{DATA}/"),
    "more rows, deleted ones, too": crm("GET", f"{DATA}/queryAll/01g000000000001-2000"),
    "more rows": crm("GET", f"{DATA}/query/01g000000000001-2000"),
    "what a lead is": crm("GET", f"{DATA}/sobjects/Lead/describe"),
    "what a task is": crm("GET", f"{DATA}/sobjects/Task/describe"),
    "a login": crm("POST", "/services/oauth2/token"),
    "a login by password": crm("POST", "/services/Soap/u/62.0"),
    "tasks by their keys": ask(format_soql(soql.by_key("Task", "Triage_Key__c"), ["a.b", "it's"])),
    "records that somebody looks for": ask(f"{LIKE} LIMIT 5"),
    "a record that somebody looks for": ask(
        "SELECT Id, Company, LastName FROM Lead WHERE Id = '00Q000000000001AAA'"
    ),
    "several queries": composite(ask(soql.ORGANIZATION), ask(soql.ORGANIZATION)),
    "who the bot is": slack("auth.test"),
    "where to listen": slack("apps.connections.open", token="xapp"),
    "what was posted": slack("conversations.history", channel="C0SALESDEV1", limit="200"),
    "what was replied": slack("conversations.replies", channel="C0SALESDEV1", ts="1.2"),
    "a word to the owner": slack("chat.postMessage", channel="U0DANA00001", text="paused"),
    "a question": MODEL,
}
WRITES: dict[str, Request] = {
    "a tag": crm("PATCH", COLLECTIONS, rows(TAG, TAG)),
    "a task by its key": crm("PATCH", TASKS, rows(TASK)),
    "a task": crm("POST", COLLECTIONS, rows(TASK)),
    "both": composite(crm("PATCH", COLLECTIONS, rows(TAG)), crm("PATCH", TASKS, rows(TASK))),
    "an answer to somebody of the page": slack(
        "chat.postMessage", channel="U0PRIYA0004", text="hi", blocks=[]
    ),
    "a hand-over": slack("chat.postMessage", **MESSAGE),
    "a word to a member": slack("chat.postMessage", channel="U0MAYA00002", text="it waits"),
    "a word to the deputy": slack("chat.postMessage", channel="U0OMAR00006", text="it waits"),
    "a hand-over that was claimed": slack(
        "chat.update", channel="C0SALESDEV1", ts="1.2", text="hi", blocks=[]
    ),
}
REFUSED: dict[str, tuple[Request, str]] = {
    "what is below the interface itself": (crm("GET", f"{DATA}/limits"), "is no read of the page"),
    "a history with the query of what is left": (
        ask("SELECT Id, LeadId FROM LeadHistory WHERE CreatedDate >= 2026-11-20T09:00:00+00:00"),
        "no template of the page",
    ),
    "another history": (
        ask(
            "SELECT Id, CaseId, Field, OldValue, NewValue, CreatedById, CreatedDate "
            "FROM CaseHistory WHERE CreatedDate >= 2026-11-20T09:00:00+00:00",
            "queryAll",
        ),
        "no template of the page",
    ),
    "another host": (replace(MODEL, host="evil.example"), "evil.example is not the host of model"),
    "a host of another system": (replace(MODEL, host="slack.com"), "slack.com is not the host"),
    "a lead is deleted": (crm("DELETE", f"{DATA}/sobjects/Lead/{LEAD}"), "otherwise than in"),
    "an account is updated": (crm("PATCH", COLLECTIONS, rows(ACCOUNT)), "a row is no Lead"),
    "one row among many": (crm("PATCH", COLLECTIONS, rows(TAG, ACCOUNT)), "a row is no Lead"),
    "a field that isn't listed": (
        crm("PATCH", COLLECTIONS, rows({**TAG, "Email": "x"})),
        "Lead.Email is not among the fields",
    ),
    "an owner of the lead": (
        crm("PATCH", COLLECTIONS, rows({**TAG, "OwnerId": USER})),
        "Lead.OwnerId is not among the fields",
    ),
    "what is to be asked first": (
        crm("PATCH", COLLECTIONS, rows({**TAG, "Status": "Working - Contacted"})),
        "Lead.Status is not among the fields",
    ),
    "a value that isn't the page's": (
        crm("PATCH", TASKS, rows({**TASK, "Status": "Completed"})),
        "Task.Status has another value than the page's",
    ),
    "by another key": (crm("PATCH", f"{COLLECTIONS}/Task/Subject", rows(TASK)), "is no write of"),
    "a lead is created": (crm("POST", COLLECTIONS, rows(TAG)), "a row is no Task"),
    "one record by itself": (
        crm("PATCH", f"{DATA}/sobjects/Lead/{LEAD}", {"Triage_Category__c": "x"}),
        "writes otherwise than in collections",
    ),
    "more than records": (
        crm("PATCH", COLLECTIONS, {**rows(TAG), "graphs": []}),
        "writes otherwise than in collections",
    ),
    "one part among several": (
        composite(ask(soql.ORGANIZATION), crm("DELETE", f"{DATA}/sobjects/Lead/{LEAD}")),
        "DELETE sobjects/Lead",
    ),
    "a deletion with parts that read": (
        replace(crm("DELETE", f"{DATA}/sobjects/Lead/{LEAD}"), parts=(ask(soql.ORGANIZATION),)),
        "DELETE sobjects/Lead",
    ),
    "a write with parts that read": (
        replace(crm("PATCH", COLLECTIONS, rows(ACCOUNT)), parts=(ask(soql.ORGANIZATION),)),
        "a row is no Lead",
    ),
    "a composite with more beside its parts": (
        replace(composite(ask(soql.ORGANIZATION)), body={"compositeRequest": [], "graphs": []}),
        "otherwise than in collections",
    ),
    "a method hidden in the address": (
        crm("POST", COLLECTIONS, rows(TASK), _HttpMethod="DELETE"),
        "says more in its address",
    ),
    "a composite with a hidden method": (
        replace(composite(ask(soql.ORGANIZATION)), query={"_HttpMethod": ["DELETE"]}),
        "says more in its address",
    ),
    "a channel in the address": (
        replace(slack("chat.postMessage", **MESSAGE), query={"channel": ["C0GENERAL01"]}),
        "has arguments in its address",
    ),
    "an empty composite": (composite(), "otherwise than in collections"),
    "all fields": (ask("SELECT FIELDS(ALL) FROM Lead LIMIT 200"), "no template of the page"),
    "another object": (ask("SELECT Id FROM Case"), "no template of the page"),
    "no query": (crm("GET", f"{DATA}/query"), "no template of the page"),
    "two queries": (
        replace(ask(soql.ORGANIZATION), query={"q": [soql.ORGANIZATION] * 2}),
        "no template of the page",
    ),
    "deleted records": (ask(soql.ORGANIZATION, "queryAll"), "makes this queryAll"),
    "a condition smuggled into a value": (
        ask(soql.by_key("Task", "Triage_Key__c").replace("{}", "('a') OR Name != null")),
        "no template of the page",
    ),
    "another description": (crm("GET", f"{DATA}/sobjects/User/describe"), "is no read of the page"),
    "a record by its id": (crm("GET", f"{DATA}/sobjects/Lead/{LEAD}"), "is no read of the page"),
    "another service": (crm("GET", "/services/apexrest/Hello"), "is no path of the page"),
    "a login that reads": (crm("GET", "/services/oauth2/token"), "a login is a POST"),
    "somebody is invited": (
        slack("conversations.invite", channel="C0SALESDEV1", users="U1"),
        "conversations.invite is no method",
    ),
    "another channel": (
        slack("chat.postMessage", channel="C0GENERAL01"),
        "a channel that the page",
    ),
    "another person": (slack("chat.postMessage", channel="U0TESS00010"), "a channel that the page"),
    "no channel": (slack("chat.postMessage"), "a channel that the page doesn't give"),
    "another channel's history": (
        slack("conversations.history", channel="U0DANA00001"),
        "conversations.history is for a channel",
    ),
    "a message elsewhere, changed": (
        slack("chat.update", channel="U0DANA00001", ts="1.2", text="hi"),
        "chat.update is for a channel",
    ),
    "a note with an attachment": (
        slack("chat.postEphemeral", channel="C0SALESDEV1", user="U1", text="hi", attachments=[]),
        "chat.postEphemeral with attachments",
    ),
    "a note elsewhere": (
        slack("chat.postEphemeral", channel="C0GENERAL01", user="U1", text="hi"),
        "a channel that the page doesn't give",
    ),
    "an answer to a stranger": (
        slack("chat.postMessage", channel="U0TESS00010", text="Paused."),
        "a channel that the page doesn't give",
    ),
    "more records than are told": (
        ask(f"{LIKE} LIMIT 6"),
        "no template of the page",
    ),
    "records by another field": (
        ask(LIKE.replace("LastName LIKE", "Email LIKE") + " LIMIT 5"),
        "no template of the page",
    ),
    "another name": (slack("chat.postMessage", **MESSAGE, username="Dana"), "with username"),
    "a file": (Request("model", "GET", "api.openai.com", "/v1/files"), "asks for no completion"),
}


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_what_the_page_gives_may_leave(live: Wire, name: str) -> None:
    """Each request that the agent makes passes."""
    assert live.refuses({**READS, **WRITES}[name]) is None


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_may_not(live: Wire, name: str) -> None:
    """Another host, method, path, object, field, value or query is refused, and named."""
    request, reason = REFUSED[name]

    assert reason in str(live.refuses(request))


ASKED = {"attributes": {"type": "Lead"}, "id": LEAD, "Status": "Working - Contacted"}


def test_what_asks_leaves_only_as_approved(live: Wire) -> None:
    """Somebody's yes lets one row pass, to the last value, and only for as long as it takes."""
    others = (
        {**ASKED, "id": "00Q000000000002AAA"},
        {**ASKED, "Status": "Closed - Not Converted"},
        {**ASKED, "Triage_Category__c": "x"},
        {key: value for key, value in ASKED.items() if key != "Status"} | {"Status": None},
    )
    before = live.refuses(crm("PATCH", COLLECTIONS, rows(ASKED)))
    with live.approved([ASKED]):
        during = live.refuses(crm("PATCH", COLLECTIONS, rows(TAG, ASKED)))
        refused = [live.refuses(crm("PATCH", COLLECTIONS, rows(other))) for other in others]
    after = live.refuses(crm("PATCH", COLLECTIONS, rows(ASKED)))

    assert during is None
    assert ["nobody has approved this Lead"] * 2 == [before, after]
    assert None not in refused


def test_no_yes_lets_pass_what_the_page_does_not_have(live: Wire) -> None:
    """A field or a value that the page doesn't give stays kept back, whoever approved it."""
    for strange in ({"Status": "Closed"}, {"Status": "Working - Contacted", "OwnerId": USER}):
        row = {"attributes": {"type": "Lead"}, "id": LEAD, **strange}
        with live.approved([row]):
            assert live.refuses(crm("PATCH", COLLECTIONS, rows(row))) is not None


@pytest.mark.parametrize("name", WRITES)
def test_nothing_is_written_in_shadow(shadow: Wire, name: str) -> None:
    """A guard that is compiled for a shadow run lets no write leave, and all reads."""
    assert shadow.refuses(WRITES[name])
    assert [] == [read for read, request in READS.items() if shadow.refuses(request)]


def test_a_form_for_one_person(live: Wire, shadow: Wire) -> None:
    """Who pressed a button is asked also while the agent is paused, but never in shadow."""
    form = slack("views.open", trigger_id="1.2", view={})

    assert live.refuses(form) is None
    assert not live.writes(form)
    assert "no method that the page needs" in str(shadow.refuses(form))


def test_a_note_to_one_person(live: Wire, shadow: Wire) -> None:
    """Who clicked is answered also while the agent is paused, but never in shadow."""
    said = {"text": "Only these can.", "blocks": []}
    note = slack("chat.postEphemeral", channel="C0SALESDEV1", user="U1", **said)

    assert live.refuses(note) is None
    assert not live.writes(note)
    assert "no method that the page needs" in str(shadow.refuses(note))


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_writes_are_known(live: Wire, name: str) -> None:
    """While the agent is paused, exactly what changes something is held back."""
    assert (name in WRITES) == live.writes({**READS, **WRITES}[name])


@given(st.text(), st.text())
def test_no_value_leads_out_of_its_template(model: OperatingModel, one: str, two: str) -> None:
    """Whatever a stranger writes, a filled template is recognised as one, and as no other."""
    keys = format_soql(soql.by_key("Task", "Triage_Key__c"), [one, two])
    mail = format_soql(soql.related(model.page, "Contact", "Email"), [one, two])
    like = str(soql.named_like(model.page)).replace("{}", "'%{:like}%'")
    wire = Wire(model.page, HOSTS, live=True)

    assert wire.refuses(ask(format_soql(like, one, two))) is None
    assert wire.refuses(ask(keys)) is None
    assert wire.refuses(ask(mail)) is None
    assert wire.refuses(ask(keys.replace("FROM Task", "FROM Case")))


def test_every_query_of_a_page_is_foreseen(model: OperatingModel, live: Wire) -> None:
    """The queries for new records and for what stands around them pass with their values."""
    item = model.page.workflow.item
    now = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
    new = format_soql(soql.new_items(model.page), *item.new_when.values(), now, now)
    around = [
        format_soql(soql.related(model.page, name, column), ["a", "b"])
        for name, read in model.page.reads.items()
        for alternative in read.match
        for column in alternative
    ]
    standing = [format_soql(soql.standing(model.page, merges=m), [LEAD]) for m in (True, False)]

    assert [] == [query for query in (new, *around) if live.refuses(ask(query))]
    assert [] == [query for query in standing if live.refuses(ask(query, "queryAll"))]
