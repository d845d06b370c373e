"""What `doctor` asks changes nothing, whoever asks it for more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from triage_agent.authority import inspection
from triage_agent.authority.inspection import Inspection
from triage_agent.authority.wire import Request, System
from triage_agent.operating_model.loading import OperatingModel

DATA = "/services/data/v62.0"
HOSTS: dict[System, frozenset[str]] = {
    "salesforce": frozenset({"org.my.salesforce.com"}),
    "slack": frozenset({"slack.com"}),
    "model": frozenset({"api.openai.com"}),
}


@pytest.fixture(scope="session")
def looks(model: OperatingModel) -> Inspection:
    return Inspection(model.page, HOSTS)


def crm(method: str, path: str, body: Any = None, **query: str) -> Request:  # noqa: ANN401 - JSON
    asked = {name: [value] for name, value in query.items()}
    return Request("salesforce", method, "org.my.salesforce.com", f"{DATA}/{path}", asked, body)


def slack(method: str, **given: Any) -> Request:  # noqa: ANN401 - JSON
    return Request("slack", "POST", "slack.com", f"/api/{method}", {}, given)


@pytest.mark.parametrize(
    "path",
    ["", "sobjects", "sobjects/Account/describe", "sobjects/UserPermissionAccess/describe",
     "ui-api/object-info/Task/picklist-values/012000000000000AAA/Status"],
)  # fmt: skip
def test_the_set_up_is_read(looks: Inspection, path: str) -> None:
    """What the org, its objects and picklists are like may be asked."""
    assert looks.refuses(crm("GET", path)) is None


@pytest.mark.parametrize("template", [inspection.ENTITIES, inspection.FLOWS, inspection.TRIGGERS])
def test_its_queries_are_templates(looks: Inspection, template: str) -> None:
    """A query of the set-up passes with any values, and with nothing added to it."""
    asked = format_soql(template, ["Lead", "O'Brien"])

    assert looks.refuses(crm("GET", "query", q=asked)) is None
    assert looks.refuses(crm("GET", "query", q=f"{asked} OR Id != null"))


def test_the_tooling_api_has_its_own(looks: Inspection) -> None:
    """Rules are asked of the tooling interface, and nothing else is."""
    rules = format_soql(inspection.VALIDATION_RULES, ["Lead"])

    assert looks.refuses(crm("GET", "tooling/query", q=rules)) is None
    assert looks.refuses(crm("GET", "query", q=rules))
    assert looks.refuses(crm("GET", "tooling/query", q="SELECT Body FROM ApexClass"))


@pytest.mark.parametrize(
    "request_",
    [
        crm("GET", "query", q="SELECT Id, Email FROM Lead"),
        crm("GET", "query", q="SELECT PermissionsEditTask FROM UserPermissionAccess, Lead"),
        crm("GET", "sobjects/Lead/00Q000000000001AAA"),
        crm("GET", "sobjects", _HttpMethod="DELETE"),
        crm("GET", "composite/sobjects/Lead"),
        slack("conversations.history", channel="C0SALESDEV1", cursor="x", token="y"),
        slack("conversations.history", channel="C0OTHER0001"),
        slack("users.list"),
        Request("model", "GET", "api.openai.com", "/v1/files"),
        Request("model", "POST", "elsewhere.example", "/v1/chat/completions"),
    ],
)
def test_records_and_everything_else_stay_closed(looks: Inspection, request_: Request) -> None:
    """No record, no channel beyond the page, no other method or host."""
    assert looks.refuses(request_)


def test_a_channel_of_the_page_is_looked_at(looks: Inspection) -> None:
    """Who the bot is, and whether it can read where the page posts; a model may be asked."""
    asked = Request("model", "POST", "api.openai.com", "/v1/chat/completions")

    assert looks.refuses(slack("auth.test")) is None
    assert looks.refuses(slack("conversations.history", channel="C0SALESDEV1", limit=1)) is None
    assert looks.refuses(asked) is None


def test_logging_in_is_a_post(looks: Inspection) -> None:
    """Without it nothing could be looked at; nothing else is posted to Salesforce."""
    path = "/services/oauth2/token"
    login = Request("salesforce", "POST", "org.my.salesforce.com", path)

    assert looks.refuses(login) is None
    assert looks.refuses(Request("salesforce", "GET", "org.my.salesforce.com", path))


PATHS = st.sampled_from(
    ["", "sobjects", "sobjects/Lead", "sobjects/Lead/describe", "composite/sobjects", "composite",
     "sobjects/Task/Triage_Key__c/1", "query", "tooling/sobjects/ApexClass", "jobs/ingest"],
)  # fmt: skip
METHODS = st.sampled_from(["POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"])
SAID = st.sampled_from(
    ["chat.postMessage", "chat.update", "chat.delete", "chat.postEphemeral", "conversations.join",
     "conversations.invite", "files.upload", "views.open", "reactions.add", "users.info"],
)  # fmt: skip


@given(method=METHODS, path=PATHS, body=st.none() | st.dictionaries(st.text(), st.text()))
def test_it_never_writes_to_salesforce(
    looks: Inspection, method: str, path: str, body: dict[str, str] | None
) -> None:
    """No method but GET leaves, whatever it is for."""
    assert looks.refuses(crm(method, path, body))


@given(method=SAID, channel=st.sampled_from(["C0SALESDEV1", "U0DANA00001", "C0OTHER0001"]))
def test_it_never_says_anything(looks: Inspection, method: str, channel: str) -> None:
    """No method of Slack leaves that could change what anybody sees."""
    assert looks.refuses(slack(method, channel=channel, text="hi"))


def test_a_pause_holds_none_of_it_back(looks: Inspection) -> None:
    """It only looks, so it works while the agent is paused."""
    assert not looks.writes(crm("GET", "sobjects"))
