"""What an evaluation asks of the systems changes nothing, whoever asks it for more."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_agent.authority.looking import Looking
from triage_agent.authority.wire import Request, System

DATA = "/services/data/v62.0"
HOSTS: dict[System, frozenset[str]] = {
    "salesforce": frozenset({"org.my.salesforce.com"}),
    "slack": frozenset({"slack.com"}),
    "model": frozenset({"api.openai.com"}),
}
LOOKS = Looking(HOSTS)


def crm(method: str, path: str, body: Any = None, **query: str) -> Request:  # noqa: ANN401 - JSON
    asked = {name: [value] for name, value in query.items()}
    return Request("salesforce", method, "org.my.salesforce.com", path, asked, body)


def slack(method: str, **given: Any) -> Request:  # noqa: ANN401 - JSON
    return Request("slack", "POST", "slack.com", f"/api/{method}", {}, given)


PASSES = [
    crm("GET", f"{DATA}/query", q="SELECT Id, Name FROM Account"),
    crm("GET", f"{DATA}/query/01g000000000001AAA-2000"),
    crm("POST", "/services/oauth2/token", {"grant_type": "client_credentials"}),
    slack("auth.test"),
    slack("conversations.history", channel="C0SALESDEV1", oldest="0"),
    slack("conversations.replies", channel="C0SALESDEV1", ts="1.2"),
]
REFUSED = [
    crm("POST", f"{DATA}/query", q="SELECT Id FROM Account"),
    crm("PATCH", f"{DATA}/composite/sobjects", {"records": []}),
    crm("DELETE", f"{DATA}/sobjects/Account/001000000000001AAA"),
    crm("POST", f"{DATA}/composite", {"compositeRequest": []}),
    crm("GET", "/services/oauth2/token"),
    crm("GET", "/services/apexrest/query"),
    slack("chat.postMessage", channel="C0SALESDEV1", text="hi"),
    slack("chat.update", channel="C0SALESDEV1", ts="1.2", text="hi"),
    slack("conversations.open", users="U0DANA00001"),
    Request("model", "POST", "api.openai.com", "/v1/chat/completions", {}, {}),
]


@pytest.mark.parametrize("request_", PASSES, ids=lambda one: f"{one.method} {one.path}")
def test_it_may_look(request_: Request) -> None:
    """Queries, logins and what was said in channels pass, and no pause holds them back."""
    assert LOOKS.refuses(request_) is None
    assert not LOOKS.writes(request_)


@pytest.mark.parametrize("request_", REFUSED, ids=lambda one: f"{one.method} {one.path}")
def test_it_may_do_nothing_else(request_: Request) -> None:
    """Whatever writes, says something, or asks the model is refused by the name of what it is."""
    told = LOOKS.refuses(request_)

    assert told == f"{request_.method} {request_.path} does more than look"


@pytest.mark.parametrize("request_", PASSES, ids=lambda one: f"{one.method} {one.path}")
def test_only_at_the_systems_own_hosts(request_: Request) -> None:
    """What may be asked of one system may be asked of no other host."""
    for host in ("elsewhere.example", "api.openai.com"):
        told = LOOKS.refuses(replace(request_, host=host))

        assert told == f"{host} is not the host of {request_.system}"


@given(st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]), st.text(max_size=40), st.text())
def test_no_path_makes_a_write_a_look(method: str, path: str, body: str) -> None:
    """Of Salesforce's data, whatever the path, only a GET passes."""
    assert LOOKS.refuses(crm(method, f"{DATA}/{path}", {"q": body}))


@given(st.text(max_size=30))
def test_no_other_method_of_slack_passes(name: str) -> None:
    """Of all methods just three pass, and only by their whole name."""
    known = {one.path for one in PASSES if one.system == "slack"}
    asked = slack(name)

    assert (LOOKS.refuses(asked) is None) == (f"/api/{name.rpartition('/api/')[2]}" in known)
