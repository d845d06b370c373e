"""The page of requests: what the vendors' clients asked, and what became of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import pytest
import requests
from openai import OpenAI
from simple_salesforce.exceptions import SalesforceError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from triage_agent.sandbox.outcomes import Outcomes
from triage_agent.sandbox.pages import log
from triage_agent.sandbox.pages.told import told

if TYPE_CHECKING:
    from tests.sandbox.conftest import Connect, Start

CHANNEL = "C0SALESDEV1"
DATA = "/services/data/v64.0"
COLLECTION = f"{DATA}/composite/sobjects"
ROW = {"attributes": {"type": "Lead"}, "LastName": "Ames", "Company": "Alpha"}


@pytest.fixture
def url(start: Start) -> str:
    """A sandbox that nobody else asks anything."""
    return start()


def client(url: str) -> WebClient:
    return WebClient("xoxb-sandbox", base_url=f"{url}/api/", retry_handlers=[])


def page(url: str, path: str = "/log") -> str:
    return requests.get(url + path, timeout=20).text


def lines(html: str) -> list[str]:
    """What each request's line says, without its time."""
    summaries = re.findall(r"<summary.*?</time>(.*?)</summary>", html, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]*>", " ", one)).split()) for one in summaries]


def numbers(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'<details id="request-(\d+)"', html)]


def link(html: str, name: str) -> str:
    found = re.search(f'id="{name}" href="([^"]*)"', html)
    return unescape(found[1]) if found else ""


def ask_all(url: str, connect: Connect) -> None:
    """One request of each system, by the client that each vendor offers."""
    connect(url).query("SELECT Id FROM Lead")
    client(url).chat_postMessage(channel=CHANNEL, text="Hello <b>there</b>")
    OpenAI(api_key="sandbox", base_url=f"{url}/v1").models.list()


def test_newest_first_in_plain_words(url: str, connect: Connect) -> None:
    """Each line names system, method, what was asked, and the status."""
    ask_all(url, connect)

    assert [
        "Model GET models 200",
        f"Slack POST chat.postMessage in {CHANNEL}: Hello <b>there</b> 200",
        "Salesforce GET query: SELECT Id FROM Lead 200",
    ] == lines(page(url))


def test_what_was_written_is_no_markup(url: str, connect: Connect) -> None:
    """Text of strangers stands there as they wrote it."""
    ask_all(url, connect)
    pages = [page(url, path) for path in ("/log", "/log/2", "/log/%3Cb%3E", "/log?q=<b>")]

    assert not [html for html in pages if "<b>there" in html or "called <b>" in html]
    assert "Hello &lt;b&gt;there" in pages[0]


def test_a_visitor_sees_one_system(url: str, connect: Connect) -> None:
    """The header counts all requests by system, whatever is shown of them."""
    ask_all(url, connect)
    client(url).auth_test()
    html = page(url, "/log?system=slack")
    tiles = re.findall(r'class="name">(\w+).*?<b>(\d+)</b>', html, re.DOTALL)

    assert [4, 2] == numbers(html)
    assert [("All", "4"), ("Salesforce", "1"), ("Slack", "2"), ("Model", "1")] == tiles


def test_what_failed(start: Start, connect: Connect, tmp_path: Path) -> None:
    """Refused, never answered, or an error of Slack's, which has status 200; with what was said."""
    path = tmp_path / "faults.yaml"
    path.write_text("faults: [{fault: cut, path: api.test}]")
    url = start(faults=path)
    ask_all(url, connect)
    with suppress(SlackApiError):
        client(url).chat_postMessage(channel="C0NOWHERE01", text="hi")
    with suppress(SalesforceError):
        connect(url).query("SELECT")
    with suppress(requests.ConnectionError):
        requests.post(f"{url}/api/api.test", timeout=20)
    html = page(url, "/log?failed=yes")

    assert [
        "Slack POST api.test no answer",
        "Salesforce GET query: SELECT 400",
        "Slack POST chat.postMessage in C0NOWHERE01: hi channel_not_found",
    ] == lines(html)
    assert "MALFORMED_QUERY" in html
    assert "Answered, with status 200" in html
    assert "2 failed" in html


def test_the_state_shows_what_is_documented(url: str, connect: Connect) -> None:
    """What the log knows besides stands in no request's entry."""
    ask_all(url, connect)
    with suppress(SlackApiError):
        client(url).chat_postMessage(channel="C0NOWHERE01", text="hi")
    seen = requests.get(f"{url}/sandbox/state", timeout=20).json()["requests"]

    assert {("system", "method", "path", "body", "status", "at")} == {tuple(one) for one in seen}


def test_a_search_reads_paths_and_bodies(url: str, connect: Connect) -> None:
    """Whatever its case; the SOQL of a path counts as it reads."""
    ask_all(url, connect)

    assert [2] == numbers(page(url, "/log?q=hello+<B>there"))
    assert [1] == numbers(page(url, "/log?q=id+from+LEAD"))
    assert [] == numbers(page(url, "/log?q=hello&system=model"))
    assert "Nothing like that was asked." in page(url, "/log?q=nowhere")


def test_a_hundred_a_page(url: str) -> None:
    """Older ones follow where the page ended, also when new ones came in between."""
    slack = client(url)
    for _ in range(205):
        slack.auth_test()
    first = page(url)
    slack.auth_test()
    second = page(url, link(first, "older"))
    third = page(url, link(second, "older"))

    assert list(range(205, 105, -1)) == numbers(first)
    assert list(range(105, 5, -1)) == numbers(second)
    assert [5, 4, 3, 2, 1] == numbers(third)
    assert "" == link(third, "older")
    assert "/log" == link(third, "newest")


def test_a_long_body_is_whole_on_its_own_page(url: str) -> None:
    """The list shows 20,000 characters, and says how many more there are."""
    requests.post(f"{url}/api/api.test", json={"long": "x" * 30_000 + "end"}, timeout=20)
    html = page(url)

    assert "xend" not in html
    assert "10,019 characters more." in html
    assert "xend" in page(url, "/log/1")


@pytest.mark.parametrize("number", ["0", "2", "-1", "x", "²", "9" * 5000])
def test_a_request_that_never_was(url: str, number: str) -> None:
    """Its page isn't there; the number is told as it was asked."""
    client(url).auth_test()

    assert 404 == requests.get(f"{url}/log/{number}", timeout=20).status_code


def test_what_a_link_says_wrongly_is_ignored(url: str, connect: Connect) -> None:
    """Then all requests are shown."""
    ask_all(url, connect)

    assert [3, 2, 1] == numbers(page(url, "/log?system=crm&before=soon"))


def test_no_secret_is_shown(url: str) -> None:
    """Neither a login nor a token in a form shows its secret, in the list or alone."""
    secret = "tell-nobody"
    login = {"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": secret}
    requests.post(f"{url}/services/oauth2/token", data=login, timeout=20)
    requests.post(f"{url}/api/auth.test", data={"token": secret}, timeout=20)
    soap = f"<env><password>{secret}</password></env>"
    kind = {"Content-Type": "text/xml"}
    requests.post(f"{url}/services/Soap/u/64.0", data=soap, headers=kind, timeout=20)
    shown = [page(url, path) for path in ("/log", "/log/1", "/log/2", "/log/3")]

    assert [3, 2, 1] == numbers(shown[0])
    assert not [html for html in shown if secret in html]


def part(method: str, path: str, body: object = None) -> dict[str, object]:
    return {"method": method, "url": path, "body": body, "referenceId": "r"}


@pytest.mark.parametrize(
    ("system", "method", "path", "body", "words"),
    [
        ("salesforce", "POST", COLLECTION, {"records": [ROW] * 14}, "create 14 × Lead"),  # noqa: RUF001
        ("salesforce", "PATCH", f"{COLLECTION}/Task/K", {"records": [ROW]}, "upsert 1 × Lead"),  # noqa: RUF001
        ("salesforce", "DELETE", f"{COLLECTION}?ids=1,2", None, "delete 2 by id"),
        ("salesforce", "POST", f"{DATA}/sobjects/Lead", ROW, "create Lead"),
        ("salesforce", "PATCH", f"{DATA}/sobjects/Lead/00Q1", ROW, "change Lead 00Q1"),
        ("salesforce", "GET", f"{DATA}/sobjects/Lead/describe", None, "sobjects/Lead/describe"),
        ("salesforce", "GET", f"{DATA}/limits?a=b", None, "limits"),
        ("salesforce", "GET", f"{DATA}///[", None, f"{DATA}///["),
        ("salesforce", "POST", "/services/oauth2/token", {}, "log in"),
        ("slack", "GET", "/api/conversations.history?channel=C1", None, "in C1"),
        ("slack", "POST", "/api/chat.postMessage", "no object", "chat.postMessage"),
        (
            "slack",
            "POST",
            "/link",
            {"api_app_id": "A1", "command": "/triage", "text": "status", "user_name": "maya"},
            "to the app: /triage status of maya",
        ),
        ("model", "POST", "/v1/chat/completions", {"model": "m"}, "chat completion: m"),
        (
            "salesforce",
            "POST",
            f"{DATA}/composite",
            {
                "compositeRequest": [
                    part("GET", f"{DATA}/query?q=SELECT+Id+FROM+Lead"),
                    part("GET", f"{DATA}/query?q=SELECT+Id+FROM+Lead+LIMIT+1"),
                    part("PATCH", COLLECTION, {"records": [ROW] * 3}),
                ]
            },
            "composite: 2 × query Lead, 1 × change 3 × Lead",  # noqa: RUF001
        ),
    ],
)
def test_what_a_request_asks_for(
    system: str, method: str, path: str, body: object, words: str
) -> None:
    """In words, as far as they are plain; else its path."""
    assert told({"system": system, "method": method, "path": path, "body": body}).endswith(words)


class Many(Sequence[dict[str, Any]]):
    """100,000 requests, which count how often one is read."""

    read = 0

    def __len__(self) -> int:
        return 100_000

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[dict[str, Any]]: ...

    def __getitem__(self, at: int | slice) -> Any:
        self.read += 1
        return {"system": "slack", "method": "POST", "path": "/api/api.test", "body": None}


def test_of_many_requests_few_are_read() -> None:
    """Those that are shown, or those that failed; a search stops, and goes on where it stopped."""
    outcomes = Outcomes(failed=Counter(slack=2), failures={7: "", 99_000: ""})
    read = []
    for wanted in (
        log.Wanted(system="", failed=False, text="", before=None),
        log.Wanted(system="", failed=True, text="", before=None),
        log.Wanted(system="slack", failed=False, text="nowhere", before=None),
    ):
        many = Many()
        rows, older = log.found(many, outcomes, wanted)
        read.append((len(rows), older, many.read))

    assert [(100, 99_901, 101), (2, None, 2), (0, 99_001, 1_001)] == read
