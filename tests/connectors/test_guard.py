"""The vendors' own clients, called past our connectors: what the page doesn't give never leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.request import urlopen

import pytest

from triage_agent.authority.wire import System, Wire
from triage_agent.connectors.calls import CallLog
from triage_agent.connectors.guard import Guard
from triage_agent.connectors.model_client import ModelClient
from triage_agent.connectors.salesforce.client import Credentials, SalesforceClient
from triage_agent.connectors.slack import SlackConnector
from triage_agent.decision.run_events import Blocked
from triage_agent.errors import OutsidePage, Paused
from triage_agent.operating_model.schema import Page

LEAD = "00Q000000000001AAA"
"""Any id: no request about it arrives."""


class Clients:
    """The three vendor clients as the agent has them, on one sandbox."""

    def __init__(self, url: str, page: Page, *, live: bool = True, paused: bool = False) -> None:
        host = frozenset({url.removeprefix("http://")})
        hosts: dict[System, frozenset[str]] = dict.fromkeys(("salesforce", "slack", "model"), host)
        self.calls = CallLog()
        guard = Guard(Wire(page, hosts, live=live), self.calls, _held if paused else _released)
        credentials = Credentials(url, access_token="sandbox")
        self.connector = SalesforceClient(credentials, self.calls, guard)
        self.salesforce = self.connector._api  # noqa: SLF001 - it is what is guarded
        self.poster = SlackConnector("xoxb-sandbox", f"{url}/api/", "", self.calls, guard)
        self.slack = self.poster._client  # noqa: SLF001
        self.model = ModelClient("sandbox", f"{url}/v1", guard, self.calls)
        self.openai = self.model._client  # noqa: SLF001

    def close(self) -> None:
        self.connector.close()
        self.model.close()


def _released() -> None:
    pass


def _held() -> None:
    raise Paused("the agent is paused")


@pytest.fixture
def clients(url: str, page: Page) -> Iterator[Clients]:
    with closing(Clients(url, page)) as made:
        yield made


def arrived(url: str) -> list[str]:
    """What has arrived at the sandbox: the last step of each request's path."""
    with urlopen(f"{url}/sandbox/state") as answer:  # noqa: S310 - loopback
        paths = [request["path"].partition("?")[0] for request in json.load(answer)["requests"]]
        return [path.rstrip("/").rpartition("/")[2] for path in paths]


CALLS: dict[str, Callable[[Clients], object]] = {
    "a lead is deleted": lambda c: c.salesforce.restful(f"sobjects/Lead/{LEAD}", method="DELETE"),
    "an account is updated": lambda c: c.salesforce.restful(
        "sobjects/Account/001", method="PATCH", json={"Name": "Ours"}
    ),
    "a field that isn't listed": lambda c: c.salesforce.restful(
        "composite/sobjects",
        method="PATCH",
        json={"records": [{"attributes": {"type": "Lead"}, "id": LEAD, "Email": "x@y.example"}]},
    ),
    "every field": lambda c: c.salesforce.query("SELECT FIELDS(ALL) FROM Lead LIMIT 200"),
    "a search": lambda c: c.salesforce.search("FIND {Acme}"),
    "another host": lambda c: c.connector._session.get("https://evil.example/x"),  # noqa: SLF001
    "a Slack user is invited": lambda c: c.slack.conversations_invite(
        channel="C0SALESDEV1", users="U0DANA00001"
    ),
    "a message to a stranger": lambda c: c.slack.chat_postMessage(channel="U0TESS00010", text="x"),
    "a message is deleted": lambda c: c.slack.chat_delete(channel="C0SALESDEV1", ts="1.2"),
    "a file of the model's": lambda c: c.openai.files.list(),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_the_page_does_not_give_never_leaves(url: str, clients: Clients, name: str) -> None:
    """A vendor's client that is told to do more is stopped before a byte leaves, on record."""
    before = arrived(url)
    with pytest.raises(Exception) as refused:  # noqa: PT011 - the openai client wraps it
        CALLS[name](clients)
    (blocked,) = clients.calls.drain()

    assert isinstance(refused.value, OutsidePage) or isinstance(
        refused.value.__cause__, OutsidePage
    )
    assert isinstance(blocked, Blocked)
    assert before == arrived(url)


def test_a_shadow_run_writes_nothing(url: str, page: Page) -> None:
    """In shadow no record can be written and no team be told, whatever the code wants."""
    before = arrived(url)
    with closing(Clients(url, page, live=False)) as clients:
        tag = {"attributes": {"type": "Lead"}, "id": LEAD, "Triage_Summary__c": "x"}
        with pytest.raises(OutsidePage, match="in shadow"):
            clients.salesforce.restful(
                "composite/sobjects", method="PATCH", json={"records": [tag]}
            )
        with pytest.raises(OutsidePage, match="a channel that the page doesn't give"):
            clients.slack.chat_postMessage(channel="C0SALESDEV1", text="x")
        clients.poster.tell(page.owner.slack, "only the owner hears this")

    assert [*before, "chat.postMessage"] == arrived(url)


def test_a_paused_agent_writes_nothing(url: str, page: Page) -> None:
    """While the agent is paused nothing that changes anything leaves; the owner is still told."""
    before = arrived(url)
    with closing(Clients(url, page, paused=True)) as clients:
        with pytest.raises(Paused):
            clients.slack.chat_postMessage(channel="C0SALESDEV1", text="x")
        clients.connector.org()
        clients.poster.tell(page.owner.slack, "it is paused")

    assert [*before, "query", "chat.postMessage"] == arrived(url)


def test_every_system_has_its_own_hosts() -> None:
    """Credentials by certificate may also sign in where Salesforce signs in; nothing else may."""
    by_key = Credentials(
        "https://org.my.salesforce.com", username="a@b.example", private_key_file="key.pem"
    )

    assert {"org.my.salesforce.com", "login.salesforce.com"} == by_key.hosts
    assert {"127.0.0.1:1"} == Credentials("http://127.0.0.1:1", access_token="x").hosts
