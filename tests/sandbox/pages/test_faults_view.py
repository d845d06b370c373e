"""The page of faults: what a visitor switches there is what the agent's requests meet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from simple_salesforce.exceptions import SalesforceError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from triage_agent.sandbox.fault_file import Arrival
from triage_agent.sandbox.faults import Faults
from triage_agent.sandbox.pages.switches import Switches, troubles

if TYPE_CHECKING:
    from tests.sandbox.conftest import Connect, Start

CHANNEL = "C0SALESDEV1"


@pytest.fixture
def url(start: Start) -> str:
    """A sandbox of a test's own, since faults are for all of it."""
    return start()


def switch(url: str, **fields: str) -> requests.Response:
    return requests.post(f"{url}/faults", data=fields, timeout=20)


def write(url: str, text: str) -> requests.Response:
    return switch(url, text=text)


def page(url: str, path: str = "/faults") -> str:
    return requests.get(url + path, timeout=20).text


def post(url: str) -> str:
    """Slack's word for a message: ok, or what is wrong."""
    client = WebClient("xoxb-sandbox", base_url=f"{url}/api/", retry_handlers=[])
    try:
        client.chat_postMessage(channel=CHANNEL, text="hi")
    except SlackApiError as error:
        return str(error.response["error"])
    return "ok"


def test_a_switch_holds_from_the_next_request(url: str, connect: Connect) -> None:
    """On, Salesforce refuses as its daily limit does, and others go on; off, it serves again."""
    salesforce = connect(url)
    salesforce.limits()
    switch(url, on="daily_limit")
    with pytest.raises(SalesforceError) as refusal:
        salesforce.limits()
    others = post(url)
    switch(url, off="daily_limit")

    assert 403 == refusal.value.status
    assert "ok" == others
    assert salesforce.limits()


def test_the_frame_tells_on_every_page(url: str) -> None:
    """How many faults are on stands on all pages, as long as any is."""
    before = page(url, "/")
    switch(url, on="daily_limit")
    one = page(url, "/")
    switch(url, on="slow_down")
    two = page(url)
    switch(url, all="off")
    after = page(url)

    assert "1 fault on" in one
    assert "2 faults on" in two
    assert 'aria-pressed="true"' in two
    assert not any(told in shown for shown in (before, after) for told in ("fault on", "faults on"))
    assert 'aria-pressed="true"' not in after


@pytest.mark.parametrize("name", troubles())
def test_every_ready_made_trouble_can_happen(name: str) -> None:
    """Each hits some request of an agent's, and tells what goes wrong and what the agent does."""
    trouble = troubles()[name]
    faults = Faults(trouble)
    rows = {"records": [{"attributes": {"type": "Lead"}}]}
    mishaps = [
        faults.of(arrival)
        for arrival in (
            Arrival("salesforce", "POST", "/services/data/v64.0/composite/sobjects", rows),
            Arrival("slack", "POST", "/api/chat.postMessage", {}),
            Arrival("model", "POST", "/v1/chat/completions", {}),
        )
        for _ in range(20)
    ]

    assert [mishap for mishap in mishaps if mishap.fault or mishap.delay]
    assert trouble.title
    assert trouble.goes_wrong.endswith(".")
    assert trouble.agent_does.endswith(".")


def test_faults_of_ones_own(url: str) -> None:
    """What is written as in a faults file happens, is kept while it is off, and counts anew."""
    text = "faults:\n- {fault: unauthorized, system: slack, at: 2}"
    write(url, text)
    first = [post(url) for _ in range(3)]
    switch(url, off="own")
    off = [post(url) for _ in range(3)]
    kept = page(url)
    write(url, text)
    again = [post(url) for _ in range(3)]

    assert ["ok", "invalid_auth", "ok"] == first == again
    assert ["ok"] * 3 == off
    assert "{fault: unauthorized, system: slack, at: 2}" in kept


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("faults:\n- {fault: cut}\n- {fault: cut, at: 0}", "your faults:3: faults[1].at: Input"),
        ("faults: [", "your faults: can&#39;t be read"),
        ("seed: 1\norg: []", "your faults:2: org: how a system is set up can&#39;t change"),
        ("<script>: 1", "your faults:1: &lt;script&gt;: is no key here"),
    ],
)
def test_what_is_written_wrong_is_told(url: str, text: str, told: str) -> None:
    """With the line and the words of a faults file; the text stays, and what was on stays on."""
    write(url, "faults: [{fault: unauthorized}]")
    answer = write(url, text)

    assert 422 == answer.status_code
    assert told in answer.text
    assert text.partition("\n")[0].replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert "1 fault on" in answer.text
    assert "invalid_auth" == post(url)


def test_no_text_is_no_fault(url: str) -> None:
    """Who empties the field has switched off what stood there."""
    write(url, "faults: [{fault: unauthorized}]")
    write(url, " \n")

    assert "ok" == post(url)
    assert "fault on" not in page(url)


def test_what_it_was_started_with_stays(start: Start, tmp_path: Path) -> None:
    """It is shown, goes on beside others, and can be switched off and on like them."""
    path = tmp_path / "faults.yaml"
    path.write_text(
        "faults: [{fault: unauthorized, path: chat.post}]\n"
        "org: [{fault: clock, system: slack, minutes: 3}]"
    )
    url = start(faults=path)
    at_first, shown = post(url), page(url)
    switch(url, on="daily_limit")
    beside = post(url)
    switch(url, off="started")
    off = post(url)
    switch(url, on="started")

    assert "{fault: unauthorized, path: chat.post}" in shown
    assert "{fault: clock, system: slack, minutes: 3}" in shown
    assert ("invalid_auth", "invalid_auth", "ok") == (at_first, beside, off)
    assert "invalid_auth" == post(url)


def test_an_unknown_switch_changes_nothing(url: str) -> None:
    """A name that no switch has is not found, and becomes no markup."""
    answer = switch(url, on="<b>")

    assert 404 == answer.status_code
    assert "called &lt;b&gt;" in answer.text
    assert "fault on" not in page(url)


def test_another_site_switches_nothing(url: str) -> None:
    """A form that a page of somebody else's sends is refused."""
    origin = {"Origin": "https://elsewhere.example"}
    refusal = requests.post(f"{url}/faults", data={"on": "daily_limit"}, headers=origin, timeout=20)

    assert 403 == refusal.status_code
    assert "fault on" not in page(url)


def drawn(arranged: Callable[[Switches], None]) -> list[bool]:
    faults = Faults()
    switches = Switches(troubles()["slow_down"], faults)
    arranged(switches)
    arrival = Arrival("slack", "POST", "/api/chat.postMessage", {})
    return [faults.of(arrival).fault is not None for _ in range(40)]


def test_troubles_of_one_rate_hit_different_requests() -> None:
    """Chance draws for each of them anew, and again the same when it is switched on again."""

    def one(switches: Switches) -> None:
        switches.all_off()
        switches.switch("slow_down", on=True)

    def two(switches: Switches) -> None:
        one(switches)
        switches.switch("lost_answers", on=True)

    assert drawn(one) == drawn(one)
    assert sum(drawn(two)) > sum(drawn(one))
