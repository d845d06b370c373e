"""A sandbox that misbehaves as its faults file says, seen as a client sees it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from typer.testing import CliRunner

from tests import sandboxes
from tests.conftest import HOME
from triage_agent.cli import app
from triage_agent.errors import WrongUsage
from triage_agent.sandbox.fault_file import Arrival, read
from triage_agent.sandbox.faults import Faults
from triage_agent.sandbox.server import running

pytestmark = pytest.mark.long

Json = dict[str, Any]
Faulty = Callable[..., str]

DATA = "/services/data/v64.0"
LEADS = f"{DATA}/sobjects/Lead"
COLLECTION = f"{DATA}/composite/sobjects"
POST = "/api/chat.postMessage"
LOGIN = "/services/oauth2/token"
LEAD = {"LastName": "Ames", "Company": "Alpha"}
ROW = {"attributes": {"type": "Lead"}, **LEAD}
TASK = {"attributes": {"type": "Task"}, "Subject": "S"}
SIGNED = {"Authorization": "Bearer sandbox"}
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "sandbox",
    "client_secret": "sandbox",
}
REQUESTS: dict[str, tuple[str, str, str, object]] = {
    "salesforce": ("POST", LEADS, "sandbox", LEAD),
    "slack": ("POST", POST, "xoxb-sandbox", {"channel": "C0SALESDEV1", "text": "hi"}),
    "model": ("GET", "/v1/models", "sandbox", None),
}
SYSTEMS = tuple(REQUESTS)
LOCKED = {
    "success": False,
    "errors": [
        {
            "statusCode": "UNABLE_TO_LOCK_ROW",
            "message": "unable to obtain exclusive access to this record",
            "fields": [],
        }
    ],
}


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Faulty]:
    """Starts sandboxes with faults: `faulty("{fault: cut}", …, seed=…)`; its base URL."""
    with ExitStack() as stack:

        def started(*faults: str, seed: int = 0) -> str:
            path = written(tmp_path, *faults, seed=seed)
            return stack.enter_context(sandboxes.running(state=None, leads=None, faults=path))

        yield started


def written(folder: Path, *faults: str, seed: int = 0) -> Path:
    path = folder / "faults.yaml"
    path.write_text("\n  - ".join([f"seed: {seed}\nfaults:", *faults]))
    return path


def ask(url: str, system: str) -> requests.Response:
    """The request of a system, as plain HTTP; where the system can be written to, it writes."""
    method, path, token, body = REQUESTS[system]
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, url + path, headers=headers, json=body, timeout=20)


def salesforce(url: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - a JSON answer
    return requests.request(method, url + path, headers=SIGNED, json=body, timeout=20).json()


def log_in(url: str) -> int:
    return requests.post(url + LOGIN, data=CREDENTIALS, timeout=20).status_code


def state(url: str) -> Json:
    shown: Json = requests.get(f"{url}/sandbox/state", timeout=20).json()
    return shown


def statuses(url: str) -> list[int | None]:
    return [request["status"] for request in state(url)["requests"]]


def writes(url: str) -> int:
    """How many leads and messages there are."""
    shown = state(url)
    return len(shown["salesforce"]["Lead"]) + len(shown["slack"]["C0SALESDEV1"])


def bytes_of_answer(url: str, system: str) -> bytes:
    """All that comes back on a connection of its own, until it ends."""
    method, path, token, body = REQUESTS[system]
    content = json.dumps(body).encode() if body else b""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=20) as connection:
        connection.sendall(head.encode() + content)
        return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_cut_ends_the_connection(faulty: Faulty, system: str, *, carried_out: bool) -> None:
    """Not a byte is answered, the request is listed without a status, and done only if so said."""
    url = faulty(f"{{fault: cut, at: 1, carried_out: {str(carried_out).lower()}}}")
    answer = bytes_of_answer(url, system)
    seen, done = statuses(url), writes(url)
    after = ask(url, system)

    assert b"" == answer
    assert [None] == seen
    assert int(carried_out and system != "model") == done
    assert after.ok


def test_a_kept_connection_can_be_cut(faulty: Faulty) -> None:
    """A connection that answered before is cut at its second request, and can be made anew."""
    url = urlsplit(faulty("{fault: cut, at: 2}"))
    connection = HTTPConnection(str(url.hostname), url.port, timeout=20)
    connection.request("GET", f"{DATA}/limits", headers=SIGNED)
    first = connection.getresponse()
    first.read()
    connection.request("GET", f"{DATA}/limits", headers=SIGNED)
    with pytest.raises(RemoteDisconnected):
        connection.getresponse()
    connection.request("GET", f"{DATA}/limits", headers=SIGNED)
    third = connection.getresponse()
    connection.close()

    assert (200, 200) == (first.status, third.status)


def test_what_was_carried_out_lasts(tmp_path: Path) -> None:
    """A write whose answer was cut off is there when the sandbox starts anew on its state."""
    folder = tmp_path / "org"
    path = written(tmp_path, "{fault: cut, carried_out: true}")
    with running(state=folder, leads=None, faults=path) as url:
        bytes_of_answer(url, "salesforce")
    with running(state=folder, leads=None) as url:
        there = writes(url)

    assert 1 == there


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_torn_answer_breaks_the_json(faulty: Faulty, system: str) -> None:
    """The request is done, and the transfer whole with status 200, but its JSON breaks off."""
    url = faulty("{fault: torn, at: 1}")
    torn, whole = ask(url, system), ask(url, system)

    assert 200 == torn.status_code
    assert str(len(torn.content)) == torn.headers["Content-Length"]
    assert abs(len(whole.content) - 2 * len(torn.content)) <= 1
    assert whole.headers["Content-Type"] == torn.headers["Content-Type"]
    assert (0 if system == "model" else 2) == writes(url)
    with pytest.raises(json.JSONDecodeError):
        json.loads(torn.content)


def test_a_torn_empty_answer_is_empty(faulty: Faulty) -> None:
    """Where success has no body, none is what a client gets, and the change is made."""
    url = faulty("{fault: torn, method: PATCH}")
    made = ask(url, "salesforce").json()["id"]
    torn = requests.patch(f"{url}{LEADS}/{made}", json={"City": "Ulm"}, headers=SIGNED, timeout=20)

    assert (200, b"") == (torn.status_code, torn.content)
    assert "Ulm" == state(url)["salesforce"]["Lead"][0]["City"]


OPENAI_BROKEN = {
    "error": {
        "message": "The server had an error while processing your request.",
        "type": "server_error",
        "param": None,
        "code": None,
    }
}


@pytest.mark.parametrize(
    ("system", "status", "body"),
    [
        (
            "salesforce",
            500,
            [{"message": "An error occurred.", "errorCode": "UNKNOWN_EXCEPTION"}],
        ),
        (
            "salesforce",
            503,
            [
                {
                    "message": "The server is temporarily unavailable.",
                    "errorCode": "SERVER_UNAVAILABLE",
                }
            ],
        ),
        ("slack", 502, {"ok": False, "error": "internal_error"}),
        ("slack", 503, {"ok": False, "error": "service_unavailable"}),
        ("model", 500, OPENAI_BROKEN),
        ("model", 503, OPENAI_BROKEN),
    ],
)
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_server_error_is_worded_as_the_systems_do(
    faulty: Faulty, system: str, status: int, body: object, *, carried_out: bool
) -> None:
    """The status is the file's, the body the system's; what was asked is done only if so said."""
    done = str(carried_out).lower()
    url = faulty(f"{{fault: server_error, status: {status}, carried_out: {done}}}")
    answer = ask(url, system)

    assert (status, body) == (answer.status_code, answer.json())
    assert [status] == statuses(url)
    assert int(carried_out and system != "model") == writes(url)


@pytest.mark.parametrize(
    ("system", "body"),
    [
        ("slack", {"ok": False, "error": "ratelimited"}),
        (
            "model",
            {
                "error": {
                    "message": "Rate limit reached for requests.",
                    "type": "requests",
                    "param": None,
                    "code": "rate_limit_exceeded",
                }
            },
        ),
    ],
)
def test_a_rate_limit_says_when_to_come_again(faulty: Faulty, system: str, body: Json) -> None:
    """429 with Retry-After, nothing is done; Salesforce, which knows no such limit, goes on."""
    url = faulty("{fault: rate_limit, retry_after: 3}")
    answer, other = ask(url, system), ask(url, "salesforce")

    assert (429, body) == (answer.status_code, answer.json())
    assert "3" == answer.headers["Retry-After"]
    assert 201 == other.status_code
    assert 1 == writes(url)


def test_a_request_limit_says_no_time(faulty: Faulty) -> None:
    """Salesforce's daily limit is 403 without Retry-After; logins and other systems go on."""
    url = faulty("{fault: request_limit}")
    answer = ask(url, "salesforce")

    assert 403 == answer.status_code
    assert [
        {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    ] == answer.json()
    assert "Retry-After" not in answer.headers
    assert (200, 200, 200) == (
        log_in(url),
        ask(url, "slack").status_code,
        ask(url, "model").status_code,
    )


@pytest.mark.parametrize(
    ("system", "status", "body"),
    [
        (
            "salesforce",
            401,
            [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
        ),
        ("slack", 200, {"ok": False, "error": "invalid_auth"}),
        (
            "model",
            401,
            {
                "error": {
                    "message": "Incorrect API key provided.",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": "invalid_api_key",
                }
            },
        ),
    ],
)
def test_a_login_can_be_forgotten(faulty: Faulty, system: str, status: int, body: object) -> None:
    """Good credentials are refused as bad ones are, and nothing is done; a new login works."""
    url = faulty("{fault: unauthorized}")
    answer = ask(url, system)

    assert (status, body) == (answer.status_code, answer.json())
    assert 0 == writes(url)
    assert 200 == log_in(url)


def test_logins_fail_too(faulty: Faulty) -> None:
    """A login is a request to Salesforce, and can go wrong as such."""
    url = faulty("{fault: server_error, system: salesforce, path: oauth2, at: 1}")

    assert [500, 200] == [log_in(url), log_in(url)]


def test_the_sandbox_shows_itself_whatever_fails(faulty: Faulty) -> None:
    """Its own pages are no system's, and never fail."""
    url = faulty("{fault: cut}")

    assert [] == state(url)["requests"]
    assert requests.get(url, timeout=20).ok


def leads(url: str, count: int) -> list[str]:
    rows = salesforce(url, "POST", COLLECTION, {"records": [ROW] * count})
    return [row["id"] for row in rows]


def creating(_ids: list[str]) -> tuple[str, str, object]:
    return "POST", COLLECTION, {"records": [ROW] * 8}


def changing(ids: list[str]) -> tuple[str, str, object]:
    rows = [{"attributes": {"type": "Lead"}, "Id": one, "City": "Ulm"} for one in ids]
    return "PATCH", COLLECTION, {"records": rows}


def upserting(_ids: list[str]) -> tuple[str, str, object]:
    rows = [{**TASK, "Triage_Key__c": f"k{n}"} for n in range(8)]
    return "PATCH", f"{COLLECTION}/Task/Triage_Key__c", {"records": rows}


def deleting(ids: list[str]) -> tuple[str, str, object]:
    return "DELETE", f"{COLLECTION}?ids={','.join(ids)}", None


@pytest.mark.parametrize("asking", [creating, changing, upserting, deleting])
def test_a_bad_row_is_refused_alone(
    faulty: Faulty, asking: Callable[[list[str]], tuple[str, str, object]]
) -> None:
    """One row of a collection gets the code and isn't written; all the others are."""
    url = faulty("{fault: bad_row, code: UNABLE_TO_LOCK_ROW, at: 2}")
    method, path, body = asking(leads(url, 8))
    rows = salesforce(url, method, path, body)
    after = state(url)["salesforce"]
    changed = {
        creating: len(after["Lead"]) - 8,
        changing: [lead.get("City") for lead in after["Lead"]].count("Ulm"),
        upserting: len(after["Task"]),
        deleting: 8 - len(after["Lead"]),
    }

    assert [LOCKED] == [row for row in rows if not row["success"]]
    assert 8 == len(rows)
    assert 7 == changed[asking]


def test_a_bad_row_takes_all_or_none(faulty: Faulty) -> None:
    """With allOrNone the other rows are rolled back for it, as for any bad row."""
    url = faulty("{fault: bad_row, code: ENTITY_IS_LOCKED}")
    rows = salesforce(url, "POST", COLLECTION, {"allOrNone": True, "records": [ROW] * 3})
    codes = sorted(row["errors"][0]["statusCode"] for row in rows)

    assert ["ALL_OR_NONE_OPERATION_ROLLED_BACK"] * 2 + ["ENTITY_IS_LOCKED"] == codes
    assert 0 == writes(url)


def part(name: str, method: str, path: str, body: object = None) -> Json:
    return {"referenceId": name, "method": method, "url": path, "body": body}


def test_a_composite_has_one_bad_row(faulty: Faulty) -> None:
    """Of all the collections of a composite request one row is refused, and nothing else."""
    url = faulty("{fault: bad_row, code: UNABLE_TO_LOCK_ROW}")
    parts = [
        part("one", "POST", LEADS, LEAD),
        part("some", "POST", COLLECTION, {"records": [ROW] * 3}),
        part("more", "POST", COLLECTION, {"records": [ROW] * 3}),
        part("read", "POST", f"{COLLECTION}/Lead", {"ids": [], "fields": ["Id"]}),
    ]
    answers = salesforce(url, "POST", f"{DATA}/composite", {"compositeRequest": parts})
    bodies = {answer["referenceId"]: answer["body"] for answer in answers["compositeResponse"]}

    assert [LOCKED] == [row for row in bodies["some"] + bodies["more"] if not row["success"]]
    assert (True, []) == (bodies["one"]["success"], bodies["read"])
    assert 6 == writes(url)


def test_a_bad_row_needs_a_collection_write(faulty: Faulty) -> None:
    """Single records, reads and composites without a collection pass, and aren't counted."""
    url = faulty("{fault: bad_row, code: UNABLE_TO_LOCK_ROW, at: 1}")
    made = ask(url, "salesforce").json()["id"]
    read_back = salesforce(url, "GET", f"{COLLECTION}/Lead?ids={made}&fields=Id")
    posted = salesforce(url, "POST", f"{COLLECTION}/Lead", {"ids": [made], "fields": ["Id"]})
    composite = {"compositeRequest": [part("one", "POST", LEADS, LEAD)]}
    passed = salesforce(url, "POST", f"{DATA}/composite", composite)["compositeResponse"]
    rows = salesforce(url, "POST", COLLECTION, {"records": [ROW]})

    assert [made, made] == [read_back[0]["Id"], posted[0]["Id"]]
    assert [201] == [answer["httpStatusCode"] for answer in passed]
    assert [LOCKED] == rows


@pytest.mark.parametrize(
    ("fault", "hit"),
    [
        ("at: 2", [2]),
        ("at: [1, 4]", [1, 4]),
        ("rate: 0", []),
        ("rate: 1", [1, 2, 3, 4, 5]),
        ("path: sobjects/Lead", [1, 2, 4, 5]),
        ("path: sobjects/Lead, at: 3", [4]),
        ("path: fields=Id", [2]),
        ("method: GET", [2, 3]),
        ("method: GET, path: query", [3]),
        ("system: slack", []),
        ("system: salesforce, method: POST", [1, 4, 5]),
    ],
)
def test_a_fault_hits_what_it_names(faulty: Faulty, fault: str, hit: list[int]) -> None:
    """Counted from 1 among the requests that fit its system, method and path."""
    url = faulty(f"{{fault: server_error, status: 599, {fault}}}")
    for method, path in (
        ("POST", LEADS),
        ("GET", f"{LEADS}/00Q?fields=Id"),
        ("GET", f"{DATA}/query?q=SELECT+Id+FROM+Lead"),
        ("POST", LEADS),
        ("POST", LEADS),
    ):
        salesforce(url, method, path, LEAD if method == "POST" else None)

    assert hit == [n for n, status in enumerate(statuses(url), start=1) if status == 599]


def drawn(url: str) -> list[int | None]:
    for _ in range(40):
        ask(url, "slack")
    return statuses(url)


def test_a_seed_repeats_what_chance_did(faulty: Faulty) -> None:
    """The same file hits the same requests, another seed others, at about the rate."""
    fault = "{fault: rate_limit, rate: 0.3}"
    first, again, other = (drawn(faulty(fault, seed=seed)) for seed in (7, 7, 8))

    assert first == again
    assert first != other
    assert 4 <= first.count(429) <= 20


def test_the_first_fault_wins(faulty: Faulty) -> None:
    """Of several faults that hit a request the file's first happens; each counts for itself."""
    url = faulty(
        "{fault: server_error, status: 501, at: 2}",
        "{fault: server_error, status: 502, at: [2, 3]}",
    )
    answers = [ask(url, "slack").status_code for _ in range(4)]

    assert [200, 501, 502, 200] == answers


def test_requests_wait_side_by_side(faulty: Faulty) -> None:
    """A delayed request holds up no other: 32 of them wait at once, and all are answered."""
    url = faulty("{fault: latency, seconds: 1.5, system: model}")
    waiting = [0]
    with ThreadPoolExecutor(32) as pool:
        answers = [pool.submit(ask, url, "model") for _ in range(32)]
        while not all(answer.done() for answer in answers):
            waiting.append(statuses(url).count(None))

    assert 32 == max(waiting)
    assert [200] * 32 == [answer.result().status_code for answer in answers]


def test_a_delay_comes_with_another_fault(faulty: Faulty) -> None:
    """Latency is added to whatever else befalls a request."""
    url = faulty(
        "{fault: latency, seconds: 0.2}",
        "{fault: server_error}",
        "{fault: latency, seconds: [0.1, 0.2]}",
    )
    answer = ask(url, "slack")

    assert 500 == answer.status_code
    assert answer.elapsed.total_seconds() >= 0.3


def test_a_sandbox_stops_while_requests_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever still waits is cut off without an answer, and nothing of it is an error."""
    path = written(tmp_path, "{fault: latency, seconds: 60}")
    with ThreadPoolExecutor(1) as pool:
        with running(state=None, leads=None, faults=path) as url:
            answer = pool.submit(bytes_of_answer, url, "model")
            while not statuses(url):
                pass

        assert b"" == answer.result(timeout=20)
        assert "Exception" not in caplog.text


def arrival(path: str = POST) -> Arrival:
    return Arrival("slack", "POST", path, {})


def test_a_delay_is_drawn_by_the_seed(tmp_path: Path) -> None:
    """Delays of a range lie within it, differ, and are the same for the same seed."""
    file = read(written(tmp_path, "{fault: latency, seconds: [1, 2]}", seed=3))
    once, again = Faults(file), Faults(file)
    delays = [once.of(arrival()).delay for _ in range(20)]

    assert delays == [again.of(arrival()).delay for _ in range(20)]
    assert 20 == len(set(delays))
    assert all(1 <= delay <= 2 for delay in delays)


def test_a_second_holds_so_many_requests(tmp_path: Path) -> None:
    """More than `per_second` within any second are refused; who waits gets through."""
    now = [0.0]
    fault = "{fault: rate_limit, system: slack, path: postMessage, per_second: 2}"
    faults = Faults(read(written(tmp_path, fault)), clock=lambda: now[0])
    refused = []
    for moment in (0, 0.5, 0.9, 0.99, 1.0, 1.4, 1.5):
        now[0] = moment
        refused.append(faults.of(arrival()).fault is not None)
        assert faults.of(arrival("/api/conversations.history")).fault is None

    assert [False, False, True, True, False, True, False] == refused


def test_a_limit_a_second_answers_429(faulty: Faulty) -> None:
    """What comes too fast is told to wait a second, and isn't posted."""
    url = faulty("{fault: rate_limit, system: slack, path: chat.postMessage, per_second: 1}")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, [url] * 8, ["slack"] * 8))
    refused = [answer for answer in answers if answer.status_code == 429]

    assert refused
    assert {"1"} == {answer.headers["Retry-After"] for answer in refused}
    assert 8 - len(refused) == writes(url)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1: the file: write a mapping"]),
        ("- 1", ["1: the file: write a mapping"]),
        ("faults: [", ["can't be read"]),
        ("seed: 1\nseed: 2", ["can't be read", "duplicate key"]),
        ("seed: x\nmore: 1", ["1: seed: ", "got 'x'", "2: more: is no key here"]),
        ("faults: 3", ["1: faults: ", "list"]),
        ("faults:\n- {fault: cut}\n- hello", ["3: faults[1]: ", "got 'hello'"]),
        ("faults: [{at: 1}]", ["faults[0]: names no fault; write {fault: cut"]),
        ("faults: [{fault: explode}]", ["no fault 'explode'; write one of 'latency', 'cut'"]),
        ("faults:\n- fault: cut\n  att: 1", ["3: faults[0].att: is no key here"]),
        ("faults: [{fault: latency}]", ["faults[0].seconds: is missing; write it"]),
        ("faults: [{fault: latency, seconds: -1}]", ["seconds: ", "got -1"]),
        ("faults: [{fault: latency, seconds: .inf}]", ["seconds: ", "finite"]),
        ("faults: [{fault: latency, seconds: [1]}]", ["seconds: ", "got [1]"]),
        ("faults: [{fault: latency, seconds: [2, 1]}]", ["seconds: the range falls"]),
        ("faults: [{fault: cut, at: 0}]", ["at: ", "greater than 0, got 0"]),
        ("faults: [{fault: cut, at: [1, x]}]", ["at[1]: ", "got 'x'"]),
        ("faults: [{fault: cut, at: []}]", ["at: ", "got []"]),
        ("faults: [{fault: cut, rate: 2}]", ["rate: ", "less than or equal to 1, got 2"]),
        ("faults: [{fault: cut, at: 1, rate: 0.1}]", ["keep one of at, rate"]),
        ("faults: [{fault: cut, system: crm}]", ["system: ", "'salesforce', 'slack' or 'model'"]),
        ("faults: [{fault: cut, method: FETCH}]", ["method: ", "'GET'"]),
        ("faults: [{fault: cut, path: ''}]", ["path: ", "got ''"]),
        ("faults: [{fault: cut, carried_out: 1}]", ["carried_out: ", "got 1"]),
        ("faults: [{fault: torn, carried_out: true}]", ["carried_out: is no key here"]),
        ("faults: [{fault: server_error, status: 404}]", ["status: ", "got 404"]),
        ("faults: [{fault: rate_limit, retry_after: 0}]", ["retry_after: ", "got 0"]),
        ("faults: [{fault: rate_limit, at: 1, per_second: 1}]", ["keep one of at, rate"]),
        ("faults: [{fault: rate_limit, system: salesforce}]", ["write slack or model"]),
        ("faults: [{fault: request_limit, system: slack}]", ["write salesforce, or no system"]),
        ("faults: [{fault: bad_row, code: X, system: model}]", ["write salesforce"]),
        ("faults: [{fault: bad_row}]", ["code: is missing"]),
        ("faults: [{fault: bad_row, code: no}]", ["code: ", "got 'no'"]),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, problems: list[str]) -> None:
    """Nothing is served; file, line, place and cure are named."""
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(WrongUsage) as refusal:
        running(state=None, leads=None, faults=path).__enter__()
    message = str(refusal.value)

    assert all(line.startswith(f"{path}:") for line in message.splitlines())
    assert [] == [problem for problem in problems if problem not in message]


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    """One line for each problem of a file."""
    path = written(tmp_path, "{fault: cut, at: 0}", "{fault: torn, rate: 3}", "{fault: lost}")
    with pytest.raises(WrongUsage) as refusal:
        read(path)
    places = [line.split(": ")[0] for line in str(refusal.value).splitlines()]

    assert [f"{path}:{line}" for line in (3, 4, 5)] == places


def test_a_file_may_be_missing(tmp_path: Path) -> None:
    """A file that isn't there is named with what to give instead."""
    with pytest.raises(WrongUsage, match=r"none\.yaml: can't be read .* name a YAML file"):
        read(tmp_path / "none.yaml")


def test_the_command_takes_a_file(tmp_path: Path) -> None:
    """`sandbox --faults FILE` reads the file before anything is served."""
    path = written(tmp_path, "{fault: lost}")
    arguments = ["sandbox", "--port", "0", "--faults", str(path), "--project", str(HOME)]
    result = CliRunner().invoke(app, arguments)

    assert isinstance(result.exception, WrongUsage)
    assert "there is no fault 'lost'" in str(result.exception)
